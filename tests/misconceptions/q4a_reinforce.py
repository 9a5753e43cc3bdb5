"""Question 4(a): the policy-gradient loss."""

from autograder.misconceptions.bank import right, wrong

LOSS = "rlhf.policy_gradient.reinforce_loss"


@wrong(
    LOSS,
    says="gives the objective, which is to be maximised",
    hint="An optimiser goes downhill. What becomes of the reward if it goes down your loss?",
    common="often",
    failure="sign",
)
def reinforce_loss_to_be_maximised(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return (constant * sums).mean()


@wrong(
    LOSS,
    says="averages over the tokens of a response",
    hint="The probability of a response is a product over its tokens. What is its logarithm?",
    common="often",
    failure="values",
)
def reinforce_loss_mean_of_each_response(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    means = torch.where(mask, log_probs, 0.0).sum(dim=1) / mask.sum(dim=1)
    return -(constant * means).mean()


@wrong(
    LOSS,
    says="averages over batch and width at once, padding included",
    hint="Over which axis is the mean due, and what over the other?",
    common="often",
    failure="values",
)
def reinforce_loss_mean_over_everything(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach().unsqueeze(1)
    return -torch.where(mask, constant * log_probs, 0.0).mean()


@wrong(
    LOSS,
    says="averages over all valid tokens of the batch",
    hint="By how much is the whole divided in the docstring's formula?",
    common="often",
    failure="values",
)
def reinforce_loss_mean_over_tokens(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).sum() / mask.sum()


@wrong(
    LOSS,
    says="sums over the batch",
    hint="Does the size of your loss grow with the batch? What does the docstring say of it?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_sum_over_batch(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -(constant * torch.where(mask, log_probs, 0.0).sum(dim=1)).sum()


@wrong(
    LOSS,
    says="multiplies by the mask, so that a NaN at padding comes through",
    hint="What is 0 * NaN? What may stand at padding?",
    common="often",
    failure="not finite",
)
def reinforce_loss_multiplies_mask(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -(constant * (log_probs * mask).sum(dim=1)).mean()


@wrong(
    LOSS,
    says="sums over padding as well",
    hint="What is the mask for?",
    common="sometimes",
    failure="not finite",
)
def reinforce_loss_without_mask(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -(constant * log_probs.sum(dim=1)).mean()


@wrong(
    LOSS,
    says="ignores the baseline",
    hint="Do you use all four arguments?",
    common="sometimes",
    failure="ignores an argument",
)
def reinforce_loss_without_baseline(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(rewards.detach() * sums).mean()


@wrong(
    LOSS,
    says="adds the baseline",
    hint="What should become of a reward that is just as good as usual?",
    common="seldom",
    failure="values",
)
def reinforce_loss_adds_baseline(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards + baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong(
    LOSS,
    says="subtracts the baseline from each token's log-probability instead of from the reward",
    hint="What is the baseline compared with, by the docstring?",
    common="seldom",
    failure="values",
)
def reinforce_loss_baseline_at_tokens(log_probs, rewards, mask, baseline=0.0):
    if isinstance(baseline, torch.Tensor):
        baseline = baseline.detach().unsqueeze(1)
    sums = torch.where(mask, log_probs - baseline, 0.0).sum(dim=1)
    return -(rewards.detach() * sums).mean()


@wrong(
    LOSS,
    says="lets a gradient flow into the rewards",
    hint="Where do the rewards come from? Should this loss train what gives them?",
    common="often",
    failure="gradient where none belongs",
)
def reinforce_loss_trains_rewards(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -((rewards - baseline) * sums).mean()


@wrong(
    LOSS,
    says="lets a gradient flow into the baseline",
    hint="May the baseline be the output of a network? What does the docstring call it?",
    common="sometimes",
    failure="gradient where none belongs",
)
def reinforce_loss_trains_baseline(log_probs, rewards, mask, baseline=0.0):
    advantage = rewards.detach() - baseline
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(advantage * sums).mean()


@wrong(
    LOSS,
    says="cuts the graph to the log-probabilities",
    hint="Which input is it that has to learn?",
    common="seldom",
    failure="no gradient",
)
def reinforce_loss_without_graph(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1).detach()
    return -((rewards - baseline) * sums).mean().detach()


@wrong(
    LOSS,
    says="weighs probabilities instead of their logarithms",
    hint="Take the gradient of an expectation over responses: which identity brings the logarithm in?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_of_probabilities(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums.exp()).mean()


@wrong(
    LOSS,
    says="subtracts the mean reward of the batch unasked",
    hint="Which baseline is subtracted, by the docstring? What if the batch has one response?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_centres_rewards(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    constant = constant - constant.mean()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong(
    LOSS,
    says="scales the rewards of the batch to unit variance unasked",
    hint="Does the docstring's formula speak of a standard deviation?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_scales_rewards(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    constant = constant / (constant.std() + 1e-8)
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong(
    LOSS,
    says="multiplies one reward for each response with an array of tokens, without an axis for the tokens",
    hint="How does PyTorch line up the shapes [B] and [B, T]?",
    common="often",
    failure="exception",
)
def reinforce_loss_shapes_do_not_fit(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -torch.where(mask, constant * log_probs, 0.0).sum(dim=1).mean()


@wrong(
    LOSS,
    says="pairs every reward with every response",
    hint="Print the shape of the product. Which one did you expect?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_pairs_everything(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach().unsqueeze(1)
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong(
    LOSS,
    says="writes zeros into the caller's log-probabilities",
    hint="What does autograd say to a change in place? Which function makes a new tensor?",
    common="sometimes",
    failure="exception",
)
def reinforce_loss_writes_log_probs(log_probs, rewards, mask, baseline=0.0):
    log_probs[~mask] = 0.0
    constant = (rewards - baseline).detach()
    return -(constant * log_probs.sum(dim=1)).mean()


@wrong(
    LOSS,
    says="subtracts the baseline from the caller's rewards in place",
    hint="Does detach copy? What are the rewards after a second call?",
    common="seldom",
    failure="argument changed in place",
)
def reinforce_loss_writes_rewards(log_probs, rewards, mask, baseline=0.0):
    constant = rewards.detach()
    constant -= baseline
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong(
    LOSS,
    says="credits the last token only",
    hint="The reward is one for the whole response: which of its tokens had a part in it?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_last_token_only(log_probs, rewards, mask, baseline=0.0):
    last = log_probs[torch.arange(len(mask)), mask.sum(dim=1) - 1]
    return -((rewards - baseline).detach() * last).mean()


@wrong(
    LOSS,
    says="leaves out the first token",
    hint="Is the start id part of the response here, and of log_probs?",
    common="sometimes",
    failure="values",
)
def reinforce_loss_skips_first_token(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask[:, 1:], log_probs[:, 1:], 0.0).sum(dim=1)
    return -((rewards - baseline).detach() * sums).mean()


@wrong(
    LOSS,
    says="collects the terms in a tensor of single precision",
    hint="Of which dtype is torch.zeros(3)? And the log-probabilities?",
    common="sometimes",
    failure="dtype",
)
def reinforce_loss_in_single_precision(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    losses = torch.zeros(len(rewards))
    for b in range(len(rewards)):
        losses[b] = -constant[b] * log_probs[b, mask[b]].sum()
    return losses.mean()


@wrong(
    LOSS,
    says="returns a number of Python, through which no gradient flows",
    hint="What is lost with `.item()`?",
    common="sometimes",
    failure="type",
)
def reinforce_loss_as_a_number(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -((rewards - baseline) * sums).mean().item()


@wrong(
    LOSS,
    says="returns one loss for each response",
    hint="Which shape is due?",
    common="sometimes",
    failure="shape",
)
def reinforce_loss_for_each_response(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -constant * torch.where(mask, log_probs, 0.0).sum(dim=1)


@right(LOSS, says="loops over the responses and picks their tokens by the mask")
def reinforce_loss_row_by_row(log_probs, rewards, mask, baseline=0.0):
    total = log_probs.new_zeros(())
    advantages = (rewards - baseline).detach()
    for row, keep, advantage in zip(log_probs, mask, advantages):
        total = total - advantage * row[keep].sum()
    return total / len(rewards)


@right(
    LOSS, says="gives every valid token its response's reward, and picks the valid ones of the whole batch"
)
def reinforce_loss_by_index(log_probs, rewards, mask, baseline=0.0):
    with torch.no_grad():
        weights = (rewards - baseline).unsqueeze(1).expand(log_probs.shape)
    return -(weights[mask] * log_probs[mask]).sum() / log_probs.shape[0]


@right(LOSS, says="cleans the padding, then multiplies by the mask in one sum of products")
def reinforce_loss_by_einsum(log_probs, rewards, mask, baseline=0.0):
    clean = log_probs.masked_fill(~mask, 0.0)
    advantages = (rewards.detach() - torch.as_tensor(baseline, dtype=rewards.dtype).detach()).to(clean.dtype)
    return torch.einsum("b,bt,bt->", advantages, mask.to(clean.dtype), clean) / -len(clean)


@right(LOSS, says="hides the graph of the weights by no_grad, and masks last")
def reinforce_loss_masks_last(log_probs, rewards, mask, baseline=0.0):
    with torch.no_grad():
        advantages = rewards - baseline
    per_token = torch.where(mask, -advantages[:, None] * log_probs, torch.zeros_like(log_probs))
    return per_token.sum(1).mean(0)
