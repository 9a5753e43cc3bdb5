"""Question 4(c): the value function's loss."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "rlhf.ppo.clipped_value_loss"


@wrong("uses the smaller of the two errors", often="values")
@hint("Which of the two errors does the docstring use?")
def clipped_value_loss_takes_smaller(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(torch.minimum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong("leaves out the factor 1/2", often="constant factor")
@hint("Compare your code with the docstring, factor by factor.")
def clipped_value_loss_not_halved(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return statistics.masked_mean(torch.maximum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong("uses the plain squared error and never clips", sometimes="ignores an argument")
@hint("Which of the arguments does your code not use?")
def clipped_value_loss_never_clipped(values, old_values, returns, mask, clip_eps):
    values, target = torch.where(mask, values, 0.0), torch.where(mask, returns.detach(), 0.0)
    return 0.5 * statistics.masked_mean((values - target) ** 2, mask)


@wrong("uses only the error of the clipped value", sometimes="values")
@hint("How many errors does the docstring compare?")
def clipped_value_loss_always_clipped(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean((clipped - target) ** 2, mask)


@wrong("clips the returns instead of the values", sometimes="values")
@hint("Which step is bounded: the step of the prediction, or the step of its target?")
def clipped_value_loss_clips_returns(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (target - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(torch.maximum((values - target) ** 2, (values - clipped) ** 2), mask)


@wrong("clips the value itself to a range around 0", sometimes="ignores an argument")
@hint("Does the docstring clip the value itself, or how far it has moved?")
def clipped_value_loss_clips_around_zero(values, old_values, returns, mask, clip_eps):
    values, target = torch.where(mask, values, 0.0), torch.where(mask, returns.detach(), 0.0)
    clipped = values.clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(torch.maximum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong("clips the value in proportion to the old one, as if it were a ratio", sometimes="values")
@hint("Is clip_eps a fraction of the old value here, or a distance? What if the old value is 0 or negative?")
def clipped_value_loss_clips_ratio(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = torch.clamp(values, old * (1 - clip_eps), old * (1 + clip_eps))
    return 0.5 * statistics.masked_mean(torch.maximum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong("clips the error instead of the value", rarely="ignores an argument")
@hint("Which quantity must not move by more than clip_eps?")
def clipped_value_loss_clips_error(values, old_values, returns, mask, clip_eps):
    values, target = torch.where(mask, values, 0.0), torch.where(mask, returns.detach(), 0.0)
    error = values - target
    return 0.5 * statistics.masked_mean(error.clamp(-clip_eps, clip_eps) ** 2, mask)


@wrong("averages over all places, including the padding", often="values")
@hint("How many tokens should the mean include?")
def clipped_value_loss_over_all_places(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * torch.maximum((values - target) ** 2, (clipped - target) ** 2).mean()


@wrong("averages over the tokens of each response first, then over responses", sometimes="values")
@hint("In your version, how much does the token of a one-token response count?")
def clipped_value_loss_by_response(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    losses = torch.maximum((values - target) ** 2, (clipped - target) ** 2)
    return 0.5 * (losses.sum(dim=1) / mask.sum(dim=1)).mean()


@wrong("uses the larger of two means instead of the mean of the larger errors", often="values")
@hint("Is the larger error chosen for each token, or once for the batch?")
def clipped_value_loss_larger_mean(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    plain = statistics.masked_mean((values - target) ** 2, mask)
    return 0.5 * torch.maximum(plain, statistics.masked_mean((clipped - target) ** 2, mask))


@wrong("uses absolute errors and does not square them", rarely="values")
@hint("Which power of the error is in the docstring?")
def clipped_value_loss_absolute(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(
        torch.maximum((values - target).abs(), (clipped - target).abs()), mask
    )


@wrong("lets a gradient flow into the returns", often="gradient where none belongs")
@hint("The returns are calculated from values. What if the target moves towards its own prediction?")
def clipped_value_loss_returns_learn(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values.detach(), returns))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(torch.maximum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong("lets a gradient flow into the old values", often="gradient where none belongs")
@hint("Which of the inputs are constants? How does autograd know this?")
def clipped_value_loss_old_values_learn(values, old_values, returns, mask, clip_eps):
    values, old, target = (torch.where(mask, x, 0.0) for x in (values, old_values, returns.detach()))
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(torch.maximum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong(
    "masks only at the end: the value is right, but NaN at the padding comes back in the gradient",
    often="not finite",
)
@hint("What does the backward pass multiply by the zero of a masked place?")
def clipped_value_loss_masks_late(values, old_values, returns, mask, clip_eps):
    old, target = old_values.detach(), returns.detach()
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    return 0.5 * statistics.masked_mean(torch.maximum((values - target) ** 2, (clipped - target) ** 2), mask)


@wrong("multiplies by the mask, so that NaN at the padding stays NaN", often="not finite")
@hint("What is 0 * NaN?")
def clipped_value_loss_times_mask(values, old_values, returns, mask, clip_eps):
    old, target = old_values.detach(), returns.detach()
    clipped = old + (values - old).clamp(-clip_eps, clip_eps)
    losses = torch.maximum((values - target) ** 2, (clipped - target) ** 2)
    return 0.5 * (losses * mask).sum() / mask.sum()


@wrong("clips with plain Python numbers, which have no autograd graph", rarely="no gradient")
@hint("How can a gradient flow through .item()?")
def clipped_value_loss_through_numbers(values, old_values, returns, mask, clip_eps):
    losses = torch.zeros_like(returns)
    for b, t in mask.nonzero().tolist():
        value, old, target = values[b, t].item(), old_values[b, t].item(), returns[b, t].item()
        clipped = min(max(value, old - clip_eps), old + clip_eps)
        losses[b, t] = max((value - target) ** 2, (clipped - target) ** 2) / 2
    return losses[mask].mean()


@right("clips the value itself to the range around the old value")
def clipped_value_loss_by_bounds(values, old_values, returns, mask, clip_eps):
    value, old, target = values[mask], old_values[mask].detach(), returns[mask].detach()
    near = torch.max(torch.min(value, old + clip_eps), old - clip_eps)
    return torch.stack([value - target, near - target]).square().amax(dim=0).mean() / 2


@right("goes token by token")
def clipped_value_loss_token_by_token(values, old_values, returns, mask, clip_eps):
    losses = []
    for b, t in mask.nonzero().tolist():
        value, old, target = values[b, t], old_values[b, t].detach(), returns[b, t].detach()
        step = torch.clamp(value - old, min=-clip_eps, max=clip_eps)
        losses.append(torch.max(torch.square(value - target), torch.square(old + step - target)))
    return sum(losses) / len(losses) * 0.5
