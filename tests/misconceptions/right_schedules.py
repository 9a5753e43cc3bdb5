"""Right answers of another make: noise schedules."""

from autograder.misconceptions.writing import right

TASK = "diffusion.schedules.linear_betas"


@right("numpy's linspace, as guided-diffusion has it")
def linear_betas_by_numpy(num_steps, beta_start, beta_end):
    import numpy as np

    scale = 1000 / num_steps
    betas = np.linspace(scale * beta_start, scale * beta_end, num_steps, dtype=np.float64)
    return torch.from_numpy(np.concatenate([[0.0], np.minimum(betas, 0.999)]))


@right("a Python loop weighs the two ends for each step")
def linear_betas_by_weighing_ends(num_steps, beta_start, beta_end):
    values = [0.0]
    for k in range(num_steps):
        share = k / max(num_steps - 1, 1)
        value = ((1 - share) * beta_start + share * beta_end) * 1000 / num_steps
        values.append(min(value, 0.999))
    return torch.tensor(values, dtype=torch.float64)


@right("spaces the unscaled values, scales them afterwards, and pads the zero")
def linear_betas_scaled_after_spacing(num_steps, beta_start, beta_end):
    from torch.nn import functional as F

    betas = torch.linspace(beta_start, beta_end, steps=num_steps, dtype=torch.double)
    betas.mul_(1000).div_(num_steps)
    return F.pad(torch.minimum(betas, torch.full_like(betas, 0.999)), (1, 0))


@right("torch.lerp between the ends, written into a vector of zeros")
def linear_betas_by_lerp(num_steps, beta_start, beta_end):
    first = torch.tensor(beta_start / num_steps * 1000, dtype=torch.float64)
    last = torch.tensor(beta_end / num_steps * 1000, dtype=torch.float64)
    betas = torch.zeros(num_steps + 1, dtype=torch.float64)
    weights = torch.arange(num_steps, dtype=torch.float64) / max(1, num_steps - 1)
    betas[1:] = torch.lerp(first, last, weights).clamp_max(0.999)
    return betas


TASK = "diffusion.schedules.cosine_betas"


@right("betas_for_alpha_bar of guided-diffusion: a loop that calls alpha_bar at two times")
def cosine_betas_for_alpha_bar(num_steps, s, max_beta):
    def alpha_bar(share):
        return math.cos((share + s) / (1 + s) * math.pi / 2) ** 2

    betas = [0.0]
    for i in range(num_steps):
        t1 = i / num_steps
        t2 = (i + 1) / num_steps
        betas.append(min(1 - alpha_bar(t2) / alpha_bar(t1), max_beta))
    return torch.tensor(betas, dtype=torch.float64)


@right("numpy; the difference of two squared cosines as a product of sines")
def cosine_betas_by_product_of_sines(num_steps, s, max_beta):
    import numpy as np

    angles = (np.arange(num_steps + 1) / num_steps + s) / (1 + s) * np.pi / 2
    before, now = angles[:-1], angles[1:]
    betas = np.zeros(num_steps + 1)
    betas[1:] = np.minimum(np.sin(now + before) * np.sin(now - before) / np.cos(before) ** 2, max_beta)
    return torch.from_numpy(betas)


@right("vmap over the times; the addition theorem gives the ratio of cosines from one tangent")
def cosine_betas_by_tangent(num_steps, s, max_beta):
    step = math.pi / 2 / num_steps / (1 + s)

    def beta(t):
        angle = ((t - 1) / num_steps + s) / (1 + s) * (math.pi / 2)
        ratio = math.cos(step) - torch.tan(angle) * math.sin(step)
        return torch.clamp(1 - ratio.square(), max=max_beta)

    times = torch.arange(1, num_steps + 1, dtype=torch.float64)
    return torch.hstack((torch.zeros(1, dtype=torch.float64), torch.func.vmap(beta)(times)))


@right("in log space: -expm1 of the difference of two log-cosines")
def cosine_betas_in_log_space(num_steps, s, max_beta):
    share = torch.linspace(0, 1, num_steps + 1, dtype=torch.float64)
    log_f = 2 * torch.log(torch.cos(torch.pi * (share + s) / (2 * (1 + s))))
    betas = -torch.expm1(torch.diff(log_f, prepend=log_f[:1]))
    return torch.minimum(betas, betas.new_tensor(max_beta))


TASK = "diffusion.schedules.cumulative_alphas"


@right("itertools.accumulate over Python floats")
def cumulative_alphas_accumulated(betas):
    import itertools

    kept = itertools.accumulate(betas.tolist(), lambda left, beta: left * (1.0 - beta), initial=1.0)
    next(kept)
    return torch.tensor(list(kept), dtype=betas.dtype, device=betas.device)


@right("exp of the cumulative sum of log1p(-beta), in float64")
def cumulative_alphas_in_log_space(betas):
    return torch.log1p(-betas.double()).cumsum(dim=0).exp().to(betas.dtype)


@right("a scan by doubling: each round multiplies by the product of the entries before")
def cumulative_alphas_by_doubling(betas):
    product = 1 - betas
    reach = 1
    while reach < len(product):
        product = torch.cat([product[:reach], product[reach:] * product[:-reach]])
        reach *= 2
    return product


@right("a lower-triangular table of factors and the product of each row")
def cumulative_alphas_by_triangle(betas):
    alphas = torch.ones_like(betas) - betas
    rows = torch.ones(len(betas), len(betas), dtype=torch.bool, device=betas.device).tril()
    return torch.where(rows, alphas[None, :], 1).prod(dim=1)
