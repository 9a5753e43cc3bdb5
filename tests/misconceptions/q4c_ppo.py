"""Question 4(c): the policy's loss."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "rlhf.ppo.clipped_surrogate_loss"


@base
def clipped_surrogate_loss_plain(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("takes the smaller of the two losses", often="values")
@hint("The paper takes the minimum of an objective. You changed the sign. What does the minimum become?")
@edit("torch.maximum", "torch.minimum", of="clipped_surrogate_loss_plain")
def clipped_surrogate_loss_optimistic(): ...


@wrong("returns the objective, which must be maximised, without the minus sign", often="sign")
@hint("An optimiser minimises what you return. Is that what the paper does with its equation 7?")
def clipped_surrogate_loss_objective(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.minimum(weights * ratio, weights * clipped), mask)


@wrong("uses only the clipped term", sometimes="values")
@hint("A bad token has become more likely. What does your loss do about it?")
def clipped_surrogate_loss_always_clipped(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    return statistics.masked_mean(-weights * ratio.clamp(1 - clip_eps, 1 + clip_eps), mask)


@wrong("does not clip", sometimes="ignores an argument")
@hint("Which of the arguments does your code not use?")
def clipped_surrogate_loss_never_clipped(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    return -statistics.masked_mean(weights * ratio, mask)


@wrong("clips the logarithm of the ratio", sometimes="values")
@hint("Which quantity may be up to clip_eps away from 1?")
def clipped_surrogate_loss_clips_logarithm(log_probs, old_log_probs, advantages, mask, clip_eps):
    log_ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0)
    weights = torch.where(mask, advantages.detach(), 0.0)
    ratio, clipped = log_ratio.exp(), log_ratio.clamp(-clip_eps, clip_eps).exp()
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("clips the ratio around 0", sometimes="values")
@hint("What is the ratio when the policy has not moved?")
@edit("1 - clip_eps", "-clip_eps", of="clipped_surrogate_loss_plain")
@edit("1 + clip_eps", "clip_eps", of="clipped_surrogate_loss_plain")
def clipped_surrogate_loss_clips_around_zero(): ...


@wrong("averages over all places, including the padding", often="values")
@hint("How many tokens should the mean include?")
def clipped_surrogate_loss_over_all_places(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return torch.maximum(-weights * ratio, -weights * clipped).mean()


@wrong("averages over the tokens of each response first, then over responses", sometimes="values")
@hint("In your version, how much does the token of a one-token response count?")
def clipped_surrogate_loss_by_response(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    losses = torch.maximum(-weights * ratio, -weights * clipped)
    return (losses.sum(dim=1) / mask.sum(dim=1)).mean()


@wrong("lets a gradient flow into the old log-probabilities", often="gradient where none belongs")
@hint("Which of the inputs are constants? How does autograd know this?")
@edit("old_log_probs.detach()", "old_log_probs", of="clipped_surrogate_loss_plain")
def clipped_surrogate_loss_old_policy_learns(): ...


@wrong("lets a gradient flow into the advantages", often="gradient where none belongs")
@hint("Where do advantages come from? Should the value function learn from the policy's loss?")
@edit("advantages.detach()", "advantages", of="clipped_surrogate_loss_plain")
def clipped_surrogate_loss_advantages_learn(): ...


@wrong(
    "masks only at the end: the value is right, but NaN at the padding comes back in the gradient",
    often="not finite",
)
@hint("What does the backward pass multiply by the zero of a masked place?")
def clipped_surrogate_loss_masks_late(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    weights = advantages.detach()
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("multiplies by the mask, so that NaN at the padding stays NaN", often="not finite")
@hint("What is 0 * NaN?")
def clipped_surrogate_loss_times_mask(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    weights = advantages.detach()
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return (torch.maximum(-weights * ratio, -weights * clipped) * mask).sum() / mask.sum()


@wrong("divides log-probabilities instead of probabilities", sometimes="values")
@hint("Which two quantities does the ratio compare? Which quantities do your inputs hold?")
def clipped_surrogate_loss_ratio_of_logarithms(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs, 1.0) / torch.where(mask, old_log_probs.detach(), 1.0)
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("inverts the ratio: it divides the old probability by the new one", sometimes="values")
@hint("A token has become more likely. Is your ratio above 1 or below?")
def clipped_surrogate_loss_inverse_ratio(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, old_log_probs.detach() - log_probs, 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("multiplies the log-probabilities by a ratio that it treats as a constant", sometimes="values")
@hint("A ratio with the value 1 is not a constant. What does the docstring's formula differentiate?")
def clipped_surrogate_loss_weighted_log_probs(log_probs, old_log_probs, advantages, mask, clip_eps):
    logs = torch.where(mask, log_probs, 0.0)
    ratio = torch.where(mask, log_probs - old_log_probs, 0.0).exp().detach()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return -statistics.masked_mean(torch.minimum(weights * ratio, weights * clipped) * logs, mask)


@wrong("calculates one ratio for a whole response", sometimes="values")
@hint("Does the ratio in the docstring belong to a token or to a response?")
def clipped_surrogate_loss_of_whole_responses(log_probs, old_log_probs, advantages, mask, clip_eps):
    log_ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0)
    ratio = log_ratio.sum(dim=1, keepdim=True).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("sums over the tokens", sometimes="values")
@hint("How does your result change when the batch contains every row twice?")
@edit("mean()", "sum()", of="clipped_surrogate_loss_over_all_places")
def clipped_surrogate_loss_summed(): ...


@wrong("whitens the advantages itself", sometimes="values")
@hint("Does the docstring's formula change the advantages?")
def clipped_surrogate_loss_whitens(log_probs, old_log_probs, advantages, mask, clip_eps):
    ratio = torch.where(mask, log_probs - old_log_probs.detach(), 0.0).exp()
    weights = statistics.masked_whiten(advantages.detach(), mask)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@wrong("cuts the autograd graph of the policy that must learn", rarely="no gradient")
@hint("Which of the two policies is the constant?")
def clipped_surrogate_loss_detached(log_probs, old_log_probs, advantages, mask, clip_eps):
    with torch.no_grad():
        ratio = torch.where(mask, log_probs - old_log_probs, 0.0).exp()
    weights = torch.where(mask, advantages.detach(), 0.0)
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return statistics.masked_mean(torch.maximum(-weights * ratio, -weights * clipped), mask)


@right("negates the smaller objective, averaged over the valid tokens only")
def clipped_surrogate_loss_by_selection(log_probs, old_log_probs, advantages, mask, clip_eps):
    weights = advantages[mask].detach()
    ratio = torch.exp(log_probs[mask] - old_log_probs[mask].detach())
    objective = torch.min(ratio * weights, torch.clip(ratio, 1 - clip_eps, 1 + clip_eps) * weights)
    return -objective.mean()


@right("clips the ratio only on the side that matters, which depends on the sign of the advantage")
def clipped_surrogate_loss_by_sign(log_probs, old_log_probs, advantages, mask, clip_eps):
    old, weights = (x.detach().masked_fill(~mask, 0.0) for x in (old_log_probs, advantages))
    ratio = torch.exp(log_probs.masked_fill(~mask, 0.0) - old)
    bounded = torch.where(weights >= 0, ratio.clamp(max=1 + clip_eps), ratio.clamp(min=1 - clip_eps))
    return -(weights * bounded).sum() / mask.sum()
