"""Question 2(c): the reverse chain in fewer steps."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.samplers.ddim_sample"


@base
def ddim_sample_plain(network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


# ---------------------------------------------------------------------------- the times


@wrong("goes to t - 1 instead of to the next time that is visited", often="distribution")
@hint("At which time is x when the network is called next? And at the very end?")
@edit("t, t_prev in zip(times[:-1], times[1:], strict=True)", "t in times[:-1]", of="ddim_sample_plain")
@edit("x, t, t_prev", "x, t, t - 1", of="ddim_sample_plain")
def ddim_sample_steps_to_the_time_before(): ...


@wrong("stops at the last time before 0", sometimes="shape")
@hint("Where does the last step go? Print the pairs of times that you visit.")
@edit("tolist()", "tolist()[:-1]", of="ddim_sample_plain")
def ddim_sample_without_the_last_step(): ...


@wrong("gives the network a time that is 1 too small, as if time were counted from 0", sometimes="exception")
@hint("At which time is the x that the network gets? Time is 1-based in this project.")
@edit(
    "torch.full((len(x),), t, device=device)",
    "torch.full((len(x),), t - 1, device=device)",
    of="ddim_sample_plain",
)
def ddim_sample_tells_the_time_before(): ...


@wrong("gives the network the number of steps that are left instead of the time", sometimes="distribution")
@hint("With which times was the network trained: 1..T, or 1..S?")
def ddim_sample_tells_the_number_of_the_step(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for k in range(num_sampling_steps):
            eps_hat = network(x, torch.full((len(x),), num_sampling_steps - k, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, times[k], times[k + 1], alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("gives the network one time for the whole batch, not one for each sample", often="exception")
@hint("Which shape does the docstring give for the network's t?")
def ddim_sample_one_number_for_the_time(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(network(x, t), x, t, t_prev, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("makes all T steps, even if fewer steps are requested", sometimes="shape")
@hint("How often may the network be called? Where does your code use num_sampling_steps?")
def ddim_sample_takes_all_steps(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t - 1, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("goes through the times from 0 upwards", rarely="exception")
@hint("In which order does `strided_times` give the times, and in which order does your loop use them?")
@edit(
    "strided_times(len(betas) - 1, num_sampling_steps).tolist()",
    "strided_times(len(betas) - 1, num_sampling_steps).flip(0).tolist()",
    of="ddim_sample_plain",
)
def ddim_sample_upwards(): ...


@wrong("uses the length of betas as T", often="exception")
@hint("betas has an entry for clean data too. How long is it when there are T steps?")
@edit("len(betas) - 1", "len(betas)", of="ddim_sample_plain")
def ddim_sample_one_time_too_many(): ...


@wrong(
    "uses the share that one step keeps instead of the share that all steps up to t keep",
    sometimes="exception",
)
@hint("What does `ddim_step` expect as alphas_cumprod? There is a function for it in schedules.py.")
@edit("alphas_cumprod = schedules.cumulative_alphas(betas)", "alphas = 1 - betas", of="ddim_sample_plain")
@edit("alphas_cumprod, eta", "alphas, eta", of="ddim_sample_plain")
def ddim_sample_alphas_without_product(): ...


# ---------------------------------------------------------------------------- what is passed on and returned


@wrong("does not pass `clip` to the step", sometimes="ignores an argument")
@hint("Which of your arguments does `ddim_step` get?")
@edit("noise, clip", "noise", of="ddim_sample_plain")
def ddim_sample_ignores_clip(): ...


@wrong("clamps the samples only at the very end", sometimes="distribution")
@hint("Look at `gaussian.ddim_step`: what is clamped there, and in how many of the steps?")
def ddim_sample_clamps_at_the_end(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise)
            if t_prev == 0 and clip is not None:
                x = x.clamp(-clip, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("keeps the autograd graph of the whole chain", often="gradient where none belongs")
@hint("Which context manager tells torch not to keep a graph?")
def ddim_sample_keeps_the_graph(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    for t, t_prev in zip(times[:-1], times[1:], strict=True):
        eps_hat = network(x, torch.full((len(x),), t, device=device))
        noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
        x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
        chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("samples in double precision, the dtype of the schedule", sometimes="exception")
@hint("Which dtype does the docstring promise for the samples?")
def ddim_sample_in_double(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device).to(betas)
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device).to(x) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("returns the chain without x_0", sometimes="shape")
@hint("How many states do S steps pass through, including the first and the last?")
def ddim_sample_chain_without_the_end(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = []
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            chain.append(x)
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
    return torch.stack(chain) if return_all else x


@wrong("returns only the samples, even when the whole chain is requested", sometimes="shape")
@hint("What does return_all promise?")
def ddim_sample_ignores_return_all(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
    return x


@wrong("returns a pair when the whole chain is requested", rarely="type")
@hint("What does the docstring promise with return_all: one tensor, or two?")
@edit("torch.stack(chain)", "(x, torch.stack(chain))", of="ddim_sample_plain")
def ddim_sample_returns_a_pair(): ...


# ---------------------------------------------------------------------------- right ones


@right("keeps the chain in one tensor, and draws noise for the last step too")
def ddim_sample_fills_a_tensor(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    shares = torch.cumprod(1 - betas, dim=0)
    draws = torch.randn(*shape, generator=generator, device=device)[None]
    if eta > 0:
        fresh = torch.randn(num_sampling_steps, *shape, generator=generator, device=device)
        draws = torch.cat([draws, fresh])
    chain = torch.empty(num_sampling_steps + 1, *shape, device=device)
    chain[0] = draws[0]
    pairs = strided_times(len(betas) - 1, num_sampling_steps).unfold(0, 2, 1).tolist()
    for k, (t, t_prev) in enumerate(pairs):
        with torch.no_grad():
            eps_hat = network(chain[k], torch.full((shape[0],), t, device=device))
        noise = draws[k + 1] if eta > 0 else torch.zeros(*shape, device=device)
        chain[k + 1] = gaussian.ddim_step(eps_hat, chain[k], t, t_prev, shares, eta, noise, clip)
    return chain if return_all else chain[-1]


@right("draws no noise for the last step, and cuts the graph by hand")
def ddim_sample_last_step_without_noise(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    t = times.pop(0)
    x = torch.empty(tuple(shape), device=device).normal_(generator=generator)
    chain = [x]
    while times:
        t_prev, noise = times.pop(0), None
        eps_hat = network(x, torch.tensor([t], device=device).repeat(len(x))).detach()
        if eta > 0 and t_prev > 0:
            noise = torch.empty_like(x).normal_(generator=generator)
        x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
        chain, t = [*chain, x], t_prev
    return torch.stack(chain) if return_all else x
