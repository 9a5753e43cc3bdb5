"""Right answers of another make: masked statistics and advantages."""

from autograder.misconceptions.writing import right

TASK = "rlhf.advantages.masked_mean"


@right("mean of the selected values")
def masked_mean_of_selected(x, mask):
    return x[mask].mean()


@right("masked_fill, sum, and the count in the dtype of x")
def masked_mean_fill_and_count(x, mask):
    return x.masked_fill(~mask, 0).sum() / mask.sum().to(x.dtype)


@right("row by row in double precision")
def masked_mean_rows_in_double(x, mask):
    total, count = x.new_zeros((), dtype=torch.float64), 0
    for row, valid in zip(x, mask, strict=True):
        total = total + row.masked_select(valid).double().sum()
        count += int(valid.sum())
    return (total / count).to(x.dtype)


@right("dot product of clean values with weights that add up to 1")
def masked_mean_dot_with_weights(x, mask):
    weights = mask.to(x.dtype) / torch.count_nonzero(mask)
    clean = torch.where(mask, x, torch.zeros_like(x))
    return torch.einsum("bt,bt->", clean, weights)


TASK = "rlhf.advantages.masked_whiten"


@right("TRL style: masked mean and masked variance, rsqrt, masked_fill")
def whiten_like_trl(x, mask, eps=1e-8):
    def mean_of(values):
        return (values * mask).sum() / mask.sum()

    clean = x.masked_fill(~mask, 0.0)
    mean = mean_of(clean)
    variance = mean_of((clean - mean) ** 2)
    return ((clean - mean) * torch.rsqrt(variance + eps)).masked_fill(~mask, 0.0)


@right("layer_norm of the valid values as one vector")
def whiten_layer_norm_of_valid(x, mask, eps=1e-8):
    valid = x[mask]
    white = torch.nn.functional.layer_norm(valid, valid.shape, eps=eps)
    return torch.zeros_like(x).masked_scatter(mask, white)


@right("var_mean without correction in double precision, written back by index")
def whiten_var_mean_in_double(x, mask, eps=1e-8):
    valid = x.double()[mask]
    variance, mean = torch.var_mean(valid, correction=0)
    white = torch.zeros(x.shape, dtype=x.dtype, device=x.device)
    white[mask] = ((valid - mean) / (variance + eps).sqrt()).to(x.dtype)
    return white


@right("Python loops over rows and tokens")
def whiten_python_loops(x, mask, eps=1e-8):
    import math

    where = mask.nonzero().tolist()
    rows = x.tolist()
    values = [rows[b][t] for b, t in where]
    mean = math.fsum(values) / len(values)
    scale = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values) + eps)
    white = torch.zeros_like(x, requires_grad=False)
    for (b, t), value in zip(where, values, strict=True):
        white[b, t] = (value - mean) / scale
    return white


TASK = "rlhf.advantages.gae"


@right("spinningup style: numpy's discounted sum over each row, cut to its length")
def gae_discounted_sum_in_numpy(rewards, values, mask, gamma, gae_lambda):
    import numpy as np

    def discount_cumsum(x, discount):
        sums = np.zeros(len(x) + 1)
        for t in range(len(x) - 1, -1, -1):
            sums[t] = x[t] + discount * sums[t + 1]
        return sums[:-1]

    r, v = (x.detach().double().cpu().numpy() for x in (rewards, values))
    advantages, returns = np.zeros(r.shape), np.zeros(r.shape)
    for b, n in enumerate(mask.sum(dim=1).tolist()):
        following = np.append(v[b, :n], 0.0)[1:]
        deltas = r[b, :n] + gamma * following - v[b, :n]
        advantages[b, :n] = discount_cumsum(deltas, gamma * gae_lambda)
        returns[b, :n] = advantages[b, :n] + v[b, :n]
    first, second = (torch.from_numpy(x).to(rewards) for x in (advantages, returns))
    return first, second


@right("one product with the matrix of the powers of gamma * lambda")
def gae_matrix_of_powers(rewards, values, mask, gamma, gae_lambda):
    r = rewards.detach().masked_fill(~mask, 0.0)
    v = values.detach().masked_fill(~mask, 0.0)
    steps = torch.arange(v.shape[1], device=v.device)
    ahead = steps[:, None] - steps[None, :]  # [later, earlier]
    decay = torch.full(ahead.shape, float(gamma * gae_lambda), dtype=v.dtype, device=v.device)
    powers = torch.where(ahead >= 0, decay ** ahead.clamp(min=0), 0.0)
    following = torch.cat([v[:, 1:], torch.zeros_like(v[:, :1])], dim=1)
    advantages = (r + gamma * following - v) @ powers
    return advantages.masked_fill(~mask, 0.0), (advantages + v).masked_fill(~mask, 0.0)


@right("CleanRL style: backwards with `nextnonterminal` from the mask")
def gae_like_cleanrl(rewards, values, mask, gamma, gae_lambda):
    rewards, values = rewards.detach(), values.detach()
    length = rewards.shape[1]
    advantages = torch.zeros_like(rewards)
    last = torch.zeros_like(rewards[:, 0])
    for t in reversed(range(length)):
        if t == length - 1:
            nextvalues = torch.zeros_like(last)
        else:
            nextvalues = torch.where(mask[:, t + 1], values[:, t + 1], 0.0)
        delta = rewards[:, t] + gamma * nextvalues - values[:, t]
        last = torch.where(mask[:, t], delta + gamma * gae_lambda * last, 0.0)
        advantages[:, t] = last
    return advantages, torch.where(mask, advantages + values, 0.0)


@right("lambda-returns first; the advantage is what they exceed the value by")
def gae_from_lambda_returns(rewards, values, mask, gamma, gae_lambda):
    advantages = torch.zeros_like(rewards, requires_grad=False)
    returns = torch.zeros_like(rewards, requires_grad=False)
    for b, length in enumerate(mask.sum(dim=1).tolist()):
        r, v = rewards[b, :length].tolist(), values[b, :length].tolist()
        g, next_value = 0.0, 0.0
        for t in range(length - 1, -1, -1):
            g = r[t] + gamma * ((1 - gae_lambda) * next_value + gae_lambda * g)
            next_value = v[t]
            returns[b, t] = g
            advantages[b, t] = g - v[t]
    return advantages, returns
