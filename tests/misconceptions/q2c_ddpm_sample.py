"""Question 2(c): all steps of the reverse chain."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.samplers.ddpm_sample"


@base
def ddpm_sample_plain(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device)
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


# ---------------------------------------------------------------------------- the times


@wrong("runs from T - 1 down to 0, as if time were counted from 0", often="exception")
@hint("Time is 1-based in this project: where does the chain start, and at which t is its last step?")
@edit("range(len(betas) - 1, 0, -1)", "reversed(range(len(betas) - 1))", of="ddpm_sample_plain")
def ddpm_sample_zero_based(): ...


@wrong("stops before the last step", sometimes="shape")
@hint("Which of its ends does a range not contain? At which time is your result?")
@edit("range(len(betas) - 1, 0, -1)", "range(len(betas) - 1, 1, -1)", of="ddpm_sample_plain")
def ddpm_sample_without_the_last_step(): ...


@wrong("leaves out the first step and uses pure noise as x at time T - 1", sometimes="shape")
@hint("betas has T + 1 entries. What is T, and at which time is there nothing but noise?")
@edit("len(betas) - 1", "len(betas) - 2", of="ddpm_sample_plain")
def ddpm_sample_without_the_first_step(): ...


@wrong("gives the network the time at which the step ends", sometimes="exception")
@hint("At which time is the x that the network gets?")
@edit(
    "torch.full((len(x),), t, device=device)",
    "torch.full((len(x),), t - 1, device=device)",
    of="ddpm_sample_plain",
)
def ddpm_sample_tells_the_time_before(): ...


@wrong("gives the network one time for the whole batch, not one for each sample", often="exception")
@hint("Which shape does the docstring give for the network's t?")
@edit("torch.full((len(x),), t, device=device)", "torch.tensor(t, device=device)", of="ddpm_sample_plain")
def ddpm_sample_one_number_for_the_time(): ...


@wrong(
    "uses the share that one step keeps instead of the share that all steps up to t keep",
    sometimes="distribution",
)
@hint("What does `ddpm_step` expect as alphas_cumprod? There is a function for it in schedules.py.")
@edit("alphas_cumprod = schedules.cumulative_alphas(betas)", "alphas = 1 - betas", of="ddpm_sample_plain")
@edit("alphas_cumprod, noise", "alphas, noise", of="ddpm_sample_plain")
def ddpm_sample_alphas_without_product(): ...


# ---------------------------------------------------------------------------- what is passed on and returned


@wrong("does not pass `variance` to the step", sometimes="ignores an argument")
@hint("Which of your arguments does `ddpm_step` get?")
@edit("variance, clip", "clip=clip", of="ddpm_sample_plain")
def ddpm_sample_ignores_variance(): ...


@wrong("does not pass `clip` to the step", sometimes="ignores an argument")
@hint("Which of your arguments does `ddpm_step` get?")
@edit("variance, clip", "variance", of="ddpm_sample_plain")
def ddpm_sample_ignores_clip(): ...


@wrong("clamps the samples only at the very end", sometimes="distribution")
@hint("Look at `gaussian.ddpm_step`: what is clamped there, and in how many of the steps?")
def ddpm_sample_clamps_at_the_end(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device)
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance)
            if t == 1 and clip is not None:
                x = x.clamp(-clip, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("clamps the samples to [-1, 1], although no clamp is requested", sometimes="distribution")
@hint("What does clip=None mean? Not all data is in [-1, 1].")
@edit(
    "return torch.stack(chain) if return_all else x",
    "chain[-1] = chain[-1].clamp(-1, 1)\nreturn torch.stack(chain) if return_all else chain[-1]",
    of="ddpm_sample_plain",
)
def ddpm_sample_clamps_unasked(): ...


@wrong("keeps the autograd graph of the whole chain", often="gradient where none belongs")
@hint("Which context manager tells torch not to keep a graph?")
def ddpm_sample_keeps_the_graph(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    for t in range(len(betas) - 1, 0, -1):
        eps_hat = network(x, torch.full((len(x),), t, device=device))
        noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None
        x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
        chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("samples in double precision, the dtype of the schedule", sometimes="exception")
@hint("Which dtype does the docstring promise for the samples?")
def ddpm_sample_in_double(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device, dtype=betas.dtype)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device, dtype=betas.dtype)
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("returns the chain from x_0 to x_T", sometimes="distribution")
@hint("Which of the states has index 0?")
def ddpm_sample_chain_from_the_end(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain).flip(0) if return_all else x


@wrong("returns the chain without x_T", often="shape")
@hint("How many states do T steps pass through, including the first one?")
def ddpm_sample_chain_without_the_start(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = []
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("returns the chain as a list", sometimes="type")
@hint("Which shape does the docstring promise with return_all?")
@edit("torch.stack(chain).flip(0)", "chain", of="ddpm_sample_chain_from_the_end")
def ddpm_sample_chain_as_a_list(): ...


# ---------------------------------------------------------------------------- right ones


@right("draws everything in advance, in one tensor, and keeps the whole chain in one tensor too")
def ddpm_sample_draws_in_advance(network, shape, betas, variance, clip, generator, device, return_all):
    last = len(betas) - 1
    alphas_cumprod = schedules.cumulative_alphas(betas)
    draws = torch.randn(last + 1, *shape, generator=generator, device=device)
    chain = draws.clone()
    for t in range(last, 0, -1):
        x = chain[last - t]
        with torch.no_grad():
            eps_hat = network(x, torch.tensor([t] * len(x), device=device))
        chain[last - t + 1] = gaussian.ddpm_step(
            eps_hat, x, t, betas, alphas_cumprod, draws[t], variance, clip
        )
    return chain if return_all else chain[-1].clone()


@right("cuts the graph by hand in each step and draws with normal_")
def ddpm_sample_detaches_each_step(network, shape, betas, variance, clip, generator, device, return_all):
    shares = torch.cumprod(1 - betas, dim=0)
    chain = [torch.empty(tuple(shape), device=device).normal_(generator=generator)]
    times = torch.full((shape[0],), len(betas) - 1, dtype=torch.int64, device=device)
    for t in torch.arange(len(betas) - 1, 0, -1).tolist():
        noise = torch.empty_like(chain[0]).normal_(generator=generator)
        eps_hat = network(chain[-1], times).detach()
        chain.append(gaussian.ddpm_step(eps_hat, chain[-1], t, betas, shares, noise, variance, clip))
        times = times - 1
    return torch.stack(chain, dim=0) if return_all else chain.pop()
