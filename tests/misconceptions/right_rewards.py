"""Right answers of another make: a reward for each token, and its price of divergence."""

from autograder.misconceptions.writing import right

TASK = "rlhf.rewards.shaped_rewards"


@right("TRL style: adds the scores at (row, last) by advanced indexing")
def shaped_rewards_like_trl(scores, log_probs, ref_log_probs, mask, kl_coef):
    kl = (log_probs - ref_log_probs).detach()
    rewards = (-kl_coef * kl).masked_fill(~mask, 0.0)
    ends = mask.sum(dim=1) - 1
    rewards[torch.arange(len(rewards), device=rewards.device), ends] += scores.detach().to(rewards)
    return rewards


@right("Python loop over the rows")
def shaped_rewards_loop_over_rows(scores, log_probs, ref_log_probs, mask, kl_coef):
    rewards = torch.zeros_like(log_probs, requires_grad=False)
    with torch.no_grad():
        for b in range(len(scores)):
            n = int(mask[b].sum())
            rewards[b, :n] = kl_coef * (ref_log_probs[b, :n] - log_probs[b, :n])
            rewards[b, n - 1] += scores[b]
    return rewards


@right("the last token is a valid one before one that is not")
def shaped_rewards_end_from_neighbours(scores, log_probs, ref_log_probs, mask, kl_coef):
    scores, p, q = scores.detach(), log_probs.detach(), ref_log_probs.detach()
    goes_on = torch.nn.functional.pad(mask[:, 1:], (0, 1), value=False)
    price = torch.where(mask, kl_coef * (p - q), 0.0)
    return torch.where(mask & ~goes_on, scores.unsqueeze(1).to(p.dtype), 0.0) - price


@right("one_hot of the end, in double precision")
def shaped_rewards_one_hot_in_double(scores, log_probs, ref_log_probs, mask, kl_coef):
    with torch.no_grad():
        end = torch.nn.functional.one_hot(mask.sum(dim=1) - 1, mask.shape[1])
        gap = log_probs.double() - ref_log_probs.double()
        rewards = gap.masked_fill(~mask, 0.0).mul(-kl_coef)
        return torch.addcmul(rewards, end.double(), scores.double()[:, None]).to(log_probs.dtype)


@right("numpy")
def shaped_rewards_numpy(scores, log_probs, ref_log_probs, mask, kl_coef):
    import numpy as np

    s, p, q = (x.detach().double().cpu().numpy() for x in (scores, log_probs, ref_log_probs))
    valid = mask.cpu().numpy()
    rewards = np.zeros(valid.shape)
    rewards[valid] = -kl_coef * (p[valid] - q[valid])
    rewards[np.arange(len(s)), valid.sum(axis=1) - 1] += s
    return torch.from_numpy(rewards).to(log_probs.dtype).to(log_probs.device)


TASK = "rlhf.rewards.adaptive_kl_coef"


@right("TRL style: numpy's clip, and a factor")
def adaptive_kl_like_trl(kl_coef, observed_kl, target_kl, num_steps, horizon):
    import numpy as np

    proportional_error = np.clip(observed_kl / target_kl - 1, -0.2, 0.2)
    mult = 1 + proportional_error * num_steps / horizon
    return float(kl_coef * mult)


@right("three cases")
def adaptive_kl_three_cases(kl_coef, observed_kl, target_kl, num_steps, horizon):
    share = num_steps / horizon
    if observed_kl > 1.2 * target_kl:
        return kl_coef + 0.2 * share * kl_coef
    if observed_kl < 0.8 * target_kl:
        return kl_coef - 0.2 * share * kl_coef
    return kl_coef + kl_coef * share * (observed_kl - target_kl) / target_kl


@right("the median of the error and its two bounds")
def adaptive_kl_median(kl_coef, observed_kl, target_kl, num_steps, horizon):
    _, error, _ = sorted((-0.2, (observed_kl - target_kl) / target_kl, 0.2))
    return kl_coef * (horizon + error * num_steps) / horizon


@right("a clamp of torch in double precision")
def adaptive_kl_torch_clamp(kl_coef, observed_kl, target_kl, num_steps, horizon):
    relative = torch.tensor(observed_kl / target_kl, dtype=torch.float64)
    error = (relative - 1.0).clamp(-0.2, 0.2)
    return kl_coef * (1.0 + error * (num_steps / horizon)).item()
