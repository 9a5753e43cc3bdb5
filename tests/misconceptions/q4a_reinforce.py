"""Question 4(a): the policy-gradient loss."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.policy_gradient.reinforce_loss"


@wrong("returns the objective, which must be maximised", often="sign")
@hint("An optimiser makes the loss smaller. What happens to the reward when your loss gets smaller?")
def reinforce_loss_to_be_maximised(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return (constant * sums).mean()


@wrong("averages over the tokens of a response", often="values")
@hint("The probability of a response is a product over its tokens. What is its logarithm?")
def reinforce_loss_mean_of_each_response(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    means = torch.where(mask, log_probs, 0.0).sum(dim=1) / mask.sum(dim=1)
    return -(constant * means).mean()


@wrong("averages over batch and width at once, including the padding", often="values")
@hint("Over which axis should you take the mean, and what should you do over the other axis?")
def reinforce_loss_mean_over_everything(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach().unsqueeze(1)
    return -torch.where(mask, constant * log_probs, 0.0).mean()


@wrong("averages over all valid tokens of the batch", often="values")
@hint("By which number does the docstring's formula divide the sum?")
def reinforce_loss_mean_over_tokens(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).sum() / mask.sum()


@wrong("sums over the batch", sometimes="values")
@hint("Does the size of your loss grow with the batch? What does the docstring say about that?")
def reinforce_loss_sum_over_batch(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -(constant * torch.where(mask, log_probs, 0.0).sum(dim=1)).sum()


@wrong("multiplies by the mask, so that a NaN at padding stays NaN", often="not finite")
@hint("What is 0 * NaN? Which values may padding hold?")
def reinforce_loss_multiplies_mask(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -(constant * (log_probs * mask).sum(dim=1)).mean()


@wrong("sums over padding as well", sometimes="not finite")
@hint("What is the mask for?")
def reinforce_loss_without_mask(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -(constant * log_probs.sum(dim=1)).mean()


@wrong("ignores the baseline", sometimes="ignores an argument")
@hint("Do you use all four arguments?")
def reinforce_loss_without_baseline(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(rewards.detach() * sums).mean()


@wrong("adds the baseline", rarely="values")
@hint("What should happen to a response whose reward is just as good as usual?")
def reinforce_loss_adds_baseline(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards + baseline).detach()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong("subtracts the baseline from each token's log-probability instead of from the reward", rarely="values")
@hint("According to the docstring, what is the baseline compared with?")
def reinforce_loss_baseline_at_tokens(log_probs, rewards, mask, baseline=0.0):
    if isinstance(baseline, torch.Tensor):
        baseline = baseline.detach().unsqueeze(1)
    sums = torch.where(mask, log_probs - baseline, 0.0).sum(dim=1)
    return -(rewards.detach() * sums).mean()


@wrong("lets a gradient flow into the rewards", often="gradient where none belongs")
@hint("Where do the rewards come from? Should this loss train what produces them?")
def reinforce_loss_trains_rewards(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -((rewards - baseline) * sums).mean()


@wrong("lets a gradient flow into the baseline", sometimes="gradient where none belongs")
@hint("May the baseline be the output of a network? What does the docstring call it?")
def reinforce_loss_trains_baseline(log_probs, rewards, mask, baseline=0.0):
    advantage = rewards.detach() - baseline
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(advantage * sums).mean()


@wrong("cuts the autograd graph to the log-probabilities", rarely="no gradient")
@hint("Which input comes from the network that must learn?")
def reinforce_loss_without_graph(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1).detach()
    return -((rewards - baseline) * sums).mean().detach()


@wrong("uses the probabilities of the tokens instead of their logarithms", sometimes="values")
@hint("Take the gradient of an expectation over responses. Which identity introduces the logarithm?")
@edit("(constant * sums).mean()", "-(constant * sums.exp()).mean()", of="reinforce_loss_to_be_maximised")
def reinforce_loss_of_probabilities(): ...


@wrong("subtracts the mean reward of the batch, which the docstring does not ask for", sometimes="values")
@hint("Which baseline does the docstring subtract? What happens if the batch has only one response?")
def reinforce_loss_centres_rewards(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    constant = constant - constant.mean()
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong(
    "scales the rewards of the batch to unit variance, which the docstring does not ask for",
    sometimes="values",
)
@hint("Does the docstring's formula contain a standard deviation?")
@edit("constant - constant.mean()", "constant / (constant.std() + 1e-8)", of="reinforce_loss_centres_rewards")
def reinforce_loss_scales_rewards(): ...


@wrong(
    "multiplies one reward per response with one value per token, without an axis for the tokens",
    often="exception",
)
@hint("How does PyTorch broadcast the shapes [B] and [B, T]?")
def reinforce_loss_shapes_do_not_fit(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -torch.where(mask, constant * log_probs, 0.0).sum(dim=1).mean()


@wrong("pairs every reward with every response", sometimes="values")
@hint("Print the shape of the product. Which one did you expect?")
def reinforce_loss_pairs_everything(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach().unsqueeze(1)
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong("writes zeros into the caller's log-probabilities", sometimes="exception")
@hint("What does autograd say about a change in place? Which function makes a new tensor?")
def reinforce_loss_writes_log_probs(log_probs, rewards, mask, baseline=0.0):
    log_probs[~mask] = 0.0
    constant = (rewards - baseline).detach()
    return -(constant * log_probs.sum(dim=1)).mean()


@wrong("subtracts the baseline from the caller's rewards in place", rarely="argument changed in place")
@hint("Does detach make a copy? What are the rewards after a second call?")
def reinforce_loss_writes_rewards(log_probs, rewards, mask, baseline=0.0):
    constant = rewards.detach()
    constant -= baseline
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sums).mean()


@wrong("gives the reward to the last token only", sometimes="values")
@hint("There is one reward for the whole response. Which of its tokens contributed to it?")
def reinforce_loss_last_token_only(log_probs, rewards, mask, baseline=0.0):
    last = log_probs[torch.arange(len(mask)), mask.sum(dim=1) - 1]
    return -((rewards - baseline).detach() * last).mean()


@wrong("leaves out the first token", sometimes="values")
@hint("Is the start id part of the response here, and of log_probs?")
def reinforce_loss_skips_first_token(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask[:, 1:], log_probs[:, 1:], 0.0).sum(dim=1)
    return -((rewards - baseline).detach() * sums).mean()


@wrong("collects the terms in a tensor of single precision", sometimes="dtype")
@hint("Which dtype does torch.zeros(3) have? Which dtype do the log-probabilities have?")
def reinforce_loss_in_single_precision(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    losses = torch.zeros(len(rewards))
    for b in range(len(rewards)):
        losses[b] = -constant[b] * log_probs[b, mask[b]].sum()
    return losses.mean()


@wrong("returns a Python number, through which no gradient flows", sometimes="type")
@hint("What is lost with `.item()`?")
def reinforce_loss_as_a_number(log_probs, rewards, mask, baseline=0.0):
    sums = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -((rewards - baseline) * sums).mean().item()


@wrong("returns one loss for each response", sometimes="shape")
@hint("Which shape should the result have?")
def reinforce_loss_for_each_response(log_probs, rewards, mask, baseline=0.0):
    constant = (rewards - baseline).detach()
    return -constant * torch.where(mask, log_probs, 0.0).sum(dim=1)


@right("loops over the responses and selects their tokens with the mask")
def reinforce_loss_row_by_row(log_probs, rewards, mask, baseline=0.0):
    total = log_probs.new_zeros(())
    advantages = (rewards - baseline).detach()
    for row, keep, advantage in zip(log_probs, mask, advantages):
        total = total - advantage * row[keep].sum()
    return total / len(rewards)


@right("gives every valid token the reward of its response, and selects all valid tokens of the batch")
def reinforce_loss_by_index(log_probs, rewards, mask, baseline=0.0):
    with torch.no_grad():
        weights = (rewards - baseline).unsqueeze(1).expand(log_probs.shape)
    return -(weights[mask] * log_probs[mask]).sum() / log_probs.shape[0]


@right("sets the padding to zero, then multiplies by the mask in one sum of products")
def reinforce_loss_by_einsum(log_probs, rewards, mask, baseline=0.0):
    clean = log_probs.masked_fill(~mask, 0.0)
    advantages = (rewards.detach() - torch.as_tensor(baseline, dtype=rewards.dtype).detach()).to(clean.dtype)
    return torch.einsum("b,bt,bt->", advantages, mask.to(clean.dtype), clean) / -len(clean)


@right("calculates the weights under no_grad, and applies the mask last")
def reinforce_loss_masks_last(log_probs, rewards, mask, baseline=0.0):
    with torch.no_grad():
        advantages = rewards - baseline
    per_token = torch.where(mask, -advantages[:, None] * log_probs, torch.zeros_like(log_probs))
    return per_token.sum(1).mean(0)
