"""Question 4(c): a reward for each token."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "rlhf.rewards.shaped_rewards"


@wrong("adds the score at the last column, even if it is padding", often="values")
@hint("Where does each row end? What does the last column of a short row hold?")
def shaped_rewards_score_at_last_column(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
        rewards[:, -1] += scores
        return rewards


@wrong("adds the score at every token of the response", often="values")
@hint("How many times does a response of five tokens receive its score?")
def shaped_rewards_score_everywhere(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = scores[:, None] - kl_coef * (log_probs - ref_log_probs)
        return torch.where(mask, rewards, 0.0)


@wrong("multiplies by the mask, so that NaN at the padding stays NaN", often="not finite")
@hint("What is 0 * NaN?")
def shaped_rewards_times_mask(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = -kl_coef * (log_probs - ref_log_probs) * mask
        rewards[torch.arange(len(mask)), mask.sum(dim=1) - 1] += scores
        return rewards


@wrong("rewards the policy for leaving the reference instead of making it pay the price", often="values")
@hint("Should a policy earn or pay when it draws a token that is unlikely under the reference?")
def shaped_rewards_pays_divergence(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, kl_coef * (log_probs - ref_log_probs), 0.0)
        last = mask.sum(dim=1, keepdim=True) - 1
        return rewards.scatter_add(1, last, scores[:, None])


@wrong(
    "keeps the autograd graph to the log-probabilities and the scores", often="gradient where none belongs"
)
@hint("Rewards are data for the update. Look for 'constant' in the docstring.")
def shaped_rewards_keeps_graph(scores, log_probs, ref_log_probs, mask, kl_coef):
    rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
    last = mask.sum(dim=1, keepdim=True) - 1
    return rewards.scatter_add(1, last, scores[:, None])


@wrong("treats the log-probabilities as constants, but not the scores", rarely="gradient where none belongs")
@hint("Where do scores come from? Should a policy's update train the reward model?")
def shaped_rewards_scores_learn(scores, log_probs, ref_log_probs, mask, kl_coef):
    log_ratio = log_probs.detach() - ref_log_probs.detach()
    rewards = torch.where(mask, -kl_coef * log_ratio, 0.0)
    rewards[torch.arange(len(mask)), mask.sum(dim=1) - 1] += scores
    return rewards


@wrong("replaces the last token's price by the score", often="values")
@hint("Does the last token pay the price, too?")
def shaped_rewards_score_overwrites(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
        rewards[torch.arange(len(mask)), mask.sum(dim=1) - 1] = scores
        return rewards


@wrong("never uses the coefficient of the price", sometimes="ignores an argument")
@hint("Which of the arguments does your code not use?")
@edit(
    "kl_coef * (log_probs - ref_log_probs)", "ref_log_probs - log_probs", of="shaped_rewards_pays_divergence"
)
def shaped_rewards_ignores_coefficient(): ...


@wrong("charges the price of the whole response at its last token", sometimes="values")
@hint("Which tokens pay, and for what?")
def shaped_rewards_charges_at_end(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        divergence = torch.where(mask, log_probs - ref_log_probs, 0.0).sum(dim=1)
        rewards = torch.zeros_like(log_probs)
        rewards[torch.arange(len(mask)), mask.sum(dim=1) - 1] = scores - kl_coef * divergence
        return rewards


@wrong("looks for the last token one place too late", sometimes="exception")
@hint("Indices begin at 0. Where is the last token of a row of length 1?")
def shaped_rewards_one_place_too_late(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
        return rewards.scatter_add(1, mask.sum(dim=1, keepdim=True), scores[:, None])


@wrong("adds every score to every row, at the last places of all rows", often="values")
@hint("What does rewards[:, last] select when `last` is a tensor with one place for each row?")
def shaped_rewards_indexes_columns_only(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
        last = mask.sum(dim=1) - 1
        rewards[:, last] += scores
        return rewards


@wrong("charges for the absolute value of the log-ratio, whatever its sign is", sometimes="values")
@hint("What does a token get that is more likely under the reference than under the policy?")
def shaped_rewards_absolute_price(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs).abs(), 0.0)
        last = mask.sum(dim=1, keepdim=True) - 1
        return rewards.scatter_add(1, last, scores[:, None])


@wrong("charges k3, although the docstring charges the log-ratio itself", sometimes="values")
@hint("Which of the three estimators is in the docstring's formula?")
def shaped_rewards_charges_k3(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        _, _, k3 = kl_estimates(log_probs, ref_log_probs)
        rewards = torch.where(mask, -kl_coef * k3, 0.0)
        last = mask.sum(dim=1, keepdim=True) - 1
        return rewards.scatter_add(1, last, scores[:, None])


@wrong("divides the score by the length of the response", rarely="values")
@hint("How much of the score does the docstring add at the last token?")
def shaped_rewards_score_by_length(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        rewards = torch.where(mask, -kl_coef * (log_probs - ref_log_probs), 0.0)
        lengths = mask.sum(dim=1, keepdim=True)
        return rewards.scatter_add(1, lengths - 1, scores[:, None] / lengths)


@wrong("calculates in single precision, whatever the dtype of the input is", sometimes="dtype")
@hint("Which dtype do the inputs and the result have? torch.zeros does not know your inputs.")
def shaped_rewards_in_single_precision(scores, log_probs, ref_log_probs, mask, kl_coef):
    rewards = torch.zeros(mask.shape)
    for b in range(len(mask)):
        length = int(mask[b].sum())
        for t in range(length):
            rewards[b, t] = -kl_coef * (log_probs[b, t] - ref_log_probs[b, t]).item()
        rewards[b, length - 1] += scores[b].item()
    return rewards


@wrong("overwrites the padding of the caller's own log-probabilities", rarely="argument changed in place")
@hint("Whose tensor do you write into?")
def shaped_rewards_cleans_arguments(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        log_probs[~mask] = 0.0
        ref_log_probs[~mask] = 0.0
        rewards = -kl_coef * (log_probs - ref_log_probs)
        last = mask.sum(dim=1, keepdim=True) - 1
        return rewards.scatter_add(1, last, scores[:, None])


@right("finds the last token by comparing places with lengths")
def shaped_rewards_by_places(scores, log_probs, ref_log_probs, mask, kl_coef):
    place = torch.arange(mask.shape[1], device=mask.device)
    is_last = place == mask.sum(dim=1)[:, None] - 1
    price = torch.where(mask, kl_coef * (log_probs - ref_log_probs), 0.0)
    return (torch.where(is_last, scores[:, None], 0.0) - price).detach()


@right("goes from row to row")
def shaped_rewards_row_by_row(scores, log_probs, ref_log_probs, mask, kl_coef):
    rows = []
    for score, new, old, valid in zip(scores.detach(), log_probs.detach(), ref_log_probs.detach(), mask):
        row = torch.zeros_like(new)
        row[valid] = kl_coef * (old[valid] - new[valid])
        row[int(valid.sum()) - 1] += score
        rows.append(row)
    return torch.stack(rows)
