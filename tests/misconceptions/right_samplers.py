"""Right answers of another make: whole reverse chains, and the times that they visit."""

from autograder.misconceptions.writing import right

TASK = "diffusion.samplers.ancestral_sample"


@right("fair coins from randint, and a tensor for the whole chain that is filled step by step")
def ancestral_sample_into_buffer(network, shape, num_steps, generator, device, return_all):
    chain = torch.empty(num_steps + 1, *shape, dtype=torch.float32, device=device)
    chain[0] = torch.randint(0, 2, tuple(shape), generator=generator, device=device) * 2.0 - 1.0
    for k, t in enumerate(reversed(range(1, num_steps + 1))):
        chain[k + 1] = binary.ancestral_step(network, chain[k], t, generator=generator)
    return chain if return_all else chain[-1].clone()


@right("itertools.accumulate over the times")
def ancestral_sample_accumulated(network, shape, num_steps, generator, device, return_all):
    import itertools

    halves = torch.full(tuple(shape), 0.5, dtype=torch.float32, device=device)
    y = 2 * torch.bernoulli(halves, generator=generator) - 1
    steps = itertools.accumulate(
        range(num_steps, 0, -1), lambda y_t, t: binary.ancestral_step(network, y_t, t, generator), initial=y
    )
    states = list(steps)
    return torch.stack(states, dim=0) if return_all else states[-1]


@right("the sign of a normal number as the coin of Y_T; the steps are written out with bernoulli")
def ancestral_sample_with_own_steps(network, shape, num_steps, generator, device, return_all):
    z = torch.randn(tuple(shape), generator=generator, device=device, dtype=torch.float32)
    y = torch.ones_like(z).copysign(z)
    states = [y]
    with torch.no_grad():
        while len(states) <= num_steps:
            t = num_steps + 1 - len(states)
            up = network(y, torch.full((shape[0],), t, dtype=torch.long, device=device)).double().sigmoid()
            y = torch.bernoulli(up, generator=generator).float().mul(2).sub(1)
            states.append(y)
    return torch.stack(states) if return_all else y


@right("a Python generator hands out the states, as sampling loops with progress do")
def ancestral_sample_progressive(network, shape, num_steps, generator, device, return_all):
    from collections import deque

    def states():
        coins = torch.rand(tuple(shape), generator=generator, device=device, dtype=torch.float32)
        y = (coins >= 0.5).float() * 2 - 1
        yield y
        for t in torch.arange(num_steps, 0, -1).tolist():
            y = binary.ancestral_step(network, y, t, generator=generator)
            yield y

    kept = deque(states(), maxlen=None if return_all else 1)
    return torch.stack(list(kept)) if return_all else kept.pop()


TASK = "diffusion.samplers.strided_times"


@right("rounds evenly spaced float64 numbers")
def strided_times_by_rounded_linspace(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64)
    return times.round().to(torch.long)


@right("all the longer gaps come first: divmod and a cumulative sum")
def strided_times_longer_gaps_first(num_steps, num_sampling_steps):
    gap, longer = divmod(num_steps, num_sampling_steps)
    gaps = torch.full((num_sampling_steps,), gap, dtype=torch.long)
    gaps[:longer] += 1
    return torch.cat([torch.tensor([num_steps]), num_steps - gaps.cumsum(0)])


@right("Bresenham's line: a Python loop that carries the remainder along")
def strided_times_by_bresenham(num_steps, num_sampling_steps):
    times, remainder = [num_steps], 0
    for _ in range(num_sampling_steps):
        remainder += num_steps
        times.append(times[-1] - remainder // num_sampling_steps)
        remainder %= num_sampling_steps
    return torch.tensor(times, dtype=torch.long)


@right("numpy.array_split of 1..T: each part starts one step after a time; reversed")
def strided_times_by_array_split(num_steps, num_sampling_steps):
    import numpy as np

    parts = np.array_split(np.arange(1, num_steps + 1), num_sampling_steps)
    ends = [0, *(int(part[-1]) for part in parts)]
    return torch.tensor(ends[::-1], dtype=torch.int64)


TASK = "diffusion.samplers.ddpm_sample"


@right("all noise is drawn at the start, as one tensor")
def ddpm_sample_with_noise_from_start(network, shape, betas, variance, clip, generator, device, return_all):
    last = len(betas) - 1
    a = schedules.cumulative_alphas(betas)
    x, *noises = torch.randn(last, *shape, generator=generator, device=device, dtype=torch.float32)
    states = [x.clone()]
    for t, noise in zip(range(last, 0, -1), [*noises, None], strict=True):
        with torch.no_grad():
            eps_hat = network(states[-1], torch.tensor([t] * shape[0], device=device))
            states.append(
                gaussian.ddpm_step(
                    eps_hat, states[-1], t, betas, a, noise=noise, variance=variance, clip=clip
                )
            )
    return torch.stack(states) if return_all else states[-1]


@right("p_sample_loop_progressive: a generator of states; the step written out with log-variances")
def ddpm_sample_progressive(network, shape, betas, variance, clip, generator, device, return_all):
    a = torch.cumprod(1 - betas.double(), dim=0)

    @torch.no_grad()
    def p_sample(x, t):
        beta, now, before = (float(v) for v in (betas[t], a[t], a[t - 1]))
        eps = network(x, torch.full((len(x),), t, device=device, dtype=torch.long))
        x_0 = (x - (1 - now) ** 0.5 * eps) / now**0.5
        if clip is not None:
            x_0 = x_0.clamp(-clip, clip)
        mean = before**0.5 * beta / (1 - now) * x_0 + (1 - beta) ** 0.5 * (1 - before) / (1 - now) * x
        z = torch.randn(tuple(shape), generator=generator, device=device, dtype=torch.float32)
        chosen = beta if variance == "beta" else beta * (1 - before) / (1 - now)
        return mean + chosen**0.5 * z if t > 1 else mean

    def states():
        x = torch.randn(tuple(shape), generator=generator, device=device, dtype=torch.float32)
        yield x
        for t in range(len(betas) - 1, 0, -1):
            x = p_sample(x, t)
            yield x

    chain = list(states())
    return torch.stack(chain) if return_all else chain[-1]


@right("the chain is kept in float64; the network sees float32; inference mode with a copy outside")
def ddpm_sample_in_double_again(network, shape, betas, variance, clip, generator, device, return_all):
    a = schedules.cumulative_alphas(betas)
    with torch.inference_mode():
        x = torch.randn(tuple(shape), generator=generator, device=device, dtype=torch.float64)
        chain = [x.float()]
        for t in reversed(range(1, len(a))):
            times = torch.ones(len(x), dtype=torch.long, device=device).mul(t)
            eps_hat = network(chain[-1], times).double()
            z = torch.empty_like(x).normal_(generator=generator)
            x = gaussian.ddpm_step(eps_hat, x, t, betas, a, z, variance, clip)
            chain.append(x.float())
    return torch.stack(chain).clone() if return_all else chain[-1].clone()


@right("recursion by halves: the way from t to 0 is the way to the middle and on from there")
def ddpm_sample_by_recursion(network, shape, betas, variance, clip, generator, device, return_all):
    num_steps = betas.numel() - 1
    a = schedules.cumulative_alphas(betas)

    def normal():
        return torch.randn(*shape, generator=generator, device=device, dtype=torch.float32)

    def states_after(x, t, end):
        if t - end > 1:
            first = states_after(x, t, (t + end) // 2)
            return first + states_after(first[-1], (t + end) // 2, end)
        noise = normal() if t > 1 else None
        eps_hat = network(x, torch.full((shape[0],), t, device=device))
        return [gaussian.ddpm_step(eps_hat, x, t, betas, a, noise, variance, clip)]

    with torch.no_grad():
        start = normal()
        chain = [start, *states_after(start, num_steps, 0)]
    return torch.stack(chain) if return_all else chain[-1]
