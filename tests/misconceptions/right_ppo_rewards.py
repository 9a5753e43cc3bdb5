"""Right answers of another make: the losses of PPO, and rewards with a price of divergence."""

from autograder.misconceptions.writing import right

TASK = "rlhf.ppo.clipped_surrogate_loss"


@right("spinningup style: negative mean of the smaller objective over valid tokens")
def surrogate_negative_min(log_probs, old_log_probs, advantages, mask, clip_eps):
    advantage = advantages.detach()[mask]
    ratio = torch.exp(log_probs[mask] - old_log_probs.detach()[mask])
    clip_adv = torch.clamp(ratio, 1 - clip_eps, 1 + clip_eps) * advantage
    return -torch.min(ratio * advantage, clip_adv).mean()


@right("limit that depends on the sign of the advantage")
def surrogate_limit_by_sign(log_probs, old_log_probs, advantages, mask, clip_eps):
    advantage = advantages.detach().masked_fill(~mask, 0.0)
    difference = (log_probs - old_log_probs.detach()).masked_fill(~mask, 0.0)
    limit = torch.where(advantage >= 0, (1 + clip_eps) * advantage, (1 - clip_eps) * advantage)
    objective = torch.minimum(difference.exp() * advantage, limit)
    return -objective.sum() / mask.sum()


@right("says for each token whether the clip holds, in double precision")
def surrogate_piecewise_in_double(log_probs, old_log_probs, advantages, mask, clip_eps):
    a = advantages[mask].detach().double()
    ratio = (log_probs[mask].double() - old_log_probs[mask].detach().double()).exp()
    low, high = 1 - clip_eps, 1 + clip_eps
    bound = torch.where(a > 0, torch.full_like(a, high), torch.full_like(a, low))
    held = ((a > 0) & (ratio > high)) | ((a < 0) & (ratio < low))
    return (-a * torch.where(held, bound, ratio)).mean().to(log_probs.dtype)


@right("Python loop over the valid tokens")
def surrogate_loop_over_tokens(log_probs, old_log_probs, advantages, mask, clip_eps):
    total, count = log_probs.new_zeros(()), 0
    for b, t in mask.nonzero().tolist():
        ratio = torch.exp(log_probs[b, t] - old_log_probs[b, t].detach())
        weight = advantages[b, t].detach()
        clipped = ratio.clip(1 - clip_eps, 1 + clip_eps)
        total = total + torch.max(-weight * ratio, -weight * clipped)
        count += 1
    return total / count


TASK = "rlhf.ppo.clipped_value_loss"


@right("TRL style: clamps the value between old - eps and old + eps")
def value_loss_clamped_around_old(values, old_values, returns, mask, clip_eps):
    v, old, target = values[mask], old_values[mask].detach(), returns[mask].detach()
    v_clipped = torch.clamp(v, old - clip_eps, old + clip_eps)
    losses = torch.max((v - target) ** 2, (v_clipped - target) ** 2)
    return 0.5 * losses.mean()


@right("mse_loss without reduction, and a choice of the larger one")
def value_loss_mse_and_where(values, old_values, returns, mask, clip_eps):
    mse = torch.nn.functional.mse_loss
    v = values.masked_fill(~mask, 0.0)
    old = old_values.detach().masked_fill(~mask, 0.0)
    target = returns.detach().masked_fill(~mask, 0.0)
    plain = mse(v, target, reduction="none")
    limited = mse(old + (v - old).clamp(-clip_eps, clip_eps), target, reduction="none")
    larger = torch.where(plain >= limited, plain, limited)
    return larger.sum() / (2 * mask.sum())


@right("square of the larger distance, in double precision")
def value_loss_square_of_larger_distance(values, old_values, returns, mask, clip_eps):
    v = values[mask].double()
    old, target = (x.detach()[mask].double() for x in (old_values, returns))
    step = torch.minimum(torch.maximum(v - old, v.new_tensor(-clip_eps)), v.new_tensor(clip_eps))
    distance = torch.maximum((v - target).abs(), (old + step - target).abs())
    return (distance.square().mean() / 2).to(values.dtype)


@right("vmap over all tokens, then the mean of the valid ones")
def value_loss_vmapped(values, old_values, returns, mask, clip_eps):
    def one(v, old, target):
        limited = old + torch.clamp(v - old, min=-clip_eps, max=clip_eps)
        return 0.5 * torch.maximum((v - target).square(), (limited - target).square())

    rows = (values[mask], old_values.detach()[mask], returns.detach()[mask])
    return torch.func.vmap(one)(*rows).mean()


TASK = "rlhf.rewards.kl_estimates"


@right("from the other ratio, as in Schulman's note, in double precision")
def kl_from_the_ratio_in_double(log_probs, ref_log_probs):
    logr = ref_log_probs.detach().double() - log_probs.double()
    k1, k2, k3 = -logr, logr**2 / 2, (logr.exp() - 1) - logr
    return tuple(k.to(log_probs.dtype) for k in (k1, k2, k3))


@right("power series of k3 for small ratios, the formula for others")
def kl_series_for_small_ratios(log_probs, ref_log_probs):
    lr = log_probs.sub(ref_log_probs.detach())
    series = lr**2 * (1 / 2 - lr * (1 / 6 - lr * (1 / 24 - lr * (1 / 120 - lr / 720))))
    k3 = torch.where(lr.abs() < 0.03, series, torch.exp(-lr) - 1 + lr)
    return lr, 0.5 * lr.square(), k3


@right("half a squared error, and a Poisson loss")
def kl_from_other_losses(log_probs, ref_log_probs):
    F = torch.nn.functional
    ours, theirs = log_probs.double(), ref_log_probs.detach().double()
    k2 = 0.5 * F.mse_loss(ours, theirs, reduction="none")
    one = torch.ones_like(ours)
    k3 = F.poisson_nll_loss(theirs - ours, one, log_input=True, reduction="none") - 1
    k1 = log_probs - ref_log_probs.detach()
    return k1, k2.to(k1.dtype), k3.to(k1.dtype)


@right("vmap of a function of one token")
def kl_vmapped(log_probs, ref_log_probs):
    def one(p, q):
        return p - q, torch.square(p - q) / 2, torch.special.expm1(q - p) - (q - p)

    flat = log_probs.reshape(-1), ref_log_probs.detach().reshape(-1)
    k1, k2, k3 = torch.func.vmap(one)(*flat)
    shape = log_probs.shape
    return k1.reshape(shape), k2.reshape(shape), k3.reshape(shape)
