"""Question 4(c): the policy's loss."""

from autograder.misconceptions.bank import right, wrong

SURROGATE = "rlhf.ppo.clipped_surrogate_loss"


@wrong(
    SURROGATE,
    says="takes the smaller of the two losses",
    hint="The paper takes a minimum, of an objective. You have turned the sign: what becomes of the minimum?",
    common="often",
    failure="values",
)
def clipped_surrogate_loss_optimistic(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.minimum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="returns the objective, which is to be maximised, without the minus",
    hint="An optimiser minimises what you return. Is that what the paper does with its equation 7?",
    common="often",
    failure="sign",
)
def clipped_surrogate_loss_objective(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.minimum(weights * ratio, weights * clipped), mask)


@wrong(
    SURROGATE,
    says="takes the clipped term alone",
    hint="A bad token has become likelier. What does your loss do about it?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_always_clipped(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    return statistics.masked_mean(-weights * ratio.clamp(1 - clip_eps, 1 + clip_eps), mask)


@wrong(
    SURROGATE,
    says="does not clip",
    hint="Which of the arguments does your code not read?",
    common="sometimes",
    failure="ignores an argument",
)
def clipped_surrogate_loss_never_clipped(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    return -statistics.masked_mean(weights * ratio, mask)


@wrong(
    SURROGATE,
    says="clips the logarithm of the ratio",
    hint="What is it that may go clip_eps away from 1?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_clips_logarithm(log_probs, old_log_probs, advantages, mask, clip_eps):
    log_ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0)
    weights = torch.where(mask, advantages.detach(), 0.0)
    ratio, clipped = log_ratio.exp(), log_ratio.clamp(-clip_eps, clip_eps).exp()
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="clips the ratio around 0",
    hint="What is the ratio when the policy has not moved?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_clips_around_zero(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(-clip_eps, clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="averages over all places, padding included",
    hint="Over how many tokens is the mean?",
    common="often",
    failure="values",
)
def clipped_surrogate_loss_over_all_places(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return torch.maximum(-weights * ratio, -weights * clipped).mean()


@wrong(
    SURROGATE,
    says="averages over the tokens of each response first, then over responses",
    hint="How much does the token of a one-token response weigh in yours?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_by_response(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    losses = torch.maximum(-weights * ratio, -weights * clipped)
    return (losses.sum(dim=1) / mask.sum(dim=1)).mean()


@wrong(
    SURROGATE,
    says="lets a gradient flow into the old log-probabilities",
    hint="Which of the inputs are constants? What tells autograd so?",
    common="often",
    failure="gradient where none belongs",
)
def clipped_surrogate_loss_old_policy_learns(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs, 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="lets a gradient flow into the advantages",
    hint="Where do advantages come from? Should the value function learn from the policy's loss?",
    common="often",
    failure="gradient where none belongs",
)
def clipped_surrogate_loss_advantages_learn(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages, 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="masks only at the end: the value is right, but NaN at the padding comes back in the gradient",
    hint="What does the backward pass multiply by the zero of a masked place?",
    common="often",
    failure="not finite",
)
def clipped_surrogate_loss_masks_late(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    weights = advantages.detach()
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="multiplies by the mask, and NaN at the padding survives that",
    hint="What is 0 * NaN?",
    common="often",
    failure="not finite",
)
def clipped_surrogate_loss_times_mask(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    weights = advantages.detach()
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return (torch.maximum(-weights * ratio, -weights * clipped) * mask).sum() / mask.sum()


@wrong(
    SURROGATE,
    says="divides log-probabilities where probabilities are to be divided",
    hint="Of what is the ratio a ratio? What do you have in hand?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_ratio_of_logarithms(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs, 1.0) / torch.where(mask, old_log_probs.detach(), 1.0)
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="has the ratio upside down, old by new",
    hint="A token has become likelier. Is your ratio above 1 or below?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_inverse_ratio(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, old_log_probs.detach() - log_probs, 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="weighs the log-probabilities by a ratio that is a constant",
    hint="A ratio of 1 is no constant. What does the docstring's formula differentiate?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_weighted_log_probs(log_probs, old_log_probs, advantages, mask, clip_eps):
    logs = torch.where(mask, log_probs, 0.0)
    ratio = torch.where(mask, log_probs - old_log_probs, 0.0).exp().detach()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return -statistics.masked_mean(torch.minimum(weights * ratio, weights * clipped) * logs, mask)


@wrong(
    SURROGATE,
    says="makes one ratio of a whole response",
    hint="Is the docstring's ratio that of a token or of a response?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_of_whole_responses(log_probs, old_log_probs, advantages, mask, clip_eps):
    log_ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0)
    ratio = log_ratio.sum(dim=1, keepdim=True).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="sums over the tokens",
    hint="What becomes of yours when the batch comes twice?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_summed(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return torch.maximum(-weights * ratio, -weights * clipped).sum()


@wrong(
    SURROGATE,
    says="whitens the advantages itself",
    hint="Does the docstring's formula change the advantages?",
    common="sometimes",
    failure="values",
)
def clipped_surrogate_loss_whitens(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = statistics.masked_whiten(advantages.detach(), mask)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong(
    SURROGATE,
    says="cuts the graph of the policy that is to learn",
    hint="Which of the two policies is the constant?",
    common="seldom",
    failure="no gradient",
)
def clipped_surrogate_loss_detached(log_probs, old_log_probs, advantages, mask, clip_eps):
    with torch.no_grad():
        ratio = torch.where(mask, log_probs - old_log_probs, 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@right(SURROGATE, says="is minus the smaller objective, over the valid tokens alone")
def clipped_surrogate_loss_by_selection(log_probs, old_log_probs, advantages, mask, clip_eps):
    weights = advantages[mask].detach()
    ratio = torch.exp(log_probs[mask] - old_log_probs[mask].detach())
    objective = torch.min(ratio * weights, torch.clip(ratio, 1 - clip_eps, 1 + clip_eps) * weights)
    return -objective.mean()


@right(SURROGATE, says="bounds the ratio from the one side that matters, by the sign of the advantage")
def clipped_surrogate_loss_by_sign(log_probs, old_log_probs, advantages, mask, clip_eps):
    old, weights = (x.detach().masked_fill(~mask, 0.0) for x in (old_log_probs, advantages))
    ratio = torch.exp(log_probs.masked_fill(~mask, 0.0) - old)
    bounded = torch.where(weights >= 0, ratio.clamp(max=1 + clip_eps), ratio.clamp(min=1 - clip_eps))
    return -(weights * bounded).sum() / mask.sum()
