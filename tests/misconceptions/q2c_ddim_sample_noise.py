"""Question 2(c): the reverse chain in fewer steps, and the noise that it draws."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.samplers.ddim_sample"


@wrong("does not pass `eta` to the step", sometimes="ignores an argument")
@hint("Which of your arguments does `ddim_step` get, and under which name?")
def ddim_sample_ignores_eta(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, clip=clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("leaves room for new noise, but passes no noise to the step", sometimes="distribution")
@hint("What does `ddim_step` do without noise when eta is not 0?")
@edit("clip=clip", "eta, clip=clip", of="ddim_sample_ignores_eta")
def ddim_sample_without_noise(): ...


@wrong(
    "draws the noise of all steps in advance, although eta = 0 needs none, so that x_T depends on S",
    sometimes="distribution",
)
@hint("What does the docstring say about the draws at eta = 0? Try two numbers of steps with the same seed.")
def ddim_sample_draws_for_nothing(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    noises = torch.randn(num_sampling_steps, *shape, generator=generator, device=device)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t, t_prev, noise in zip(times[:-1], times[1:], noises, strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("uses the same noise for all steps", sometimes="distribution")
@hint("How often does the docstring want new noise? Which line of your code draws it?")
def ddim_sample_one_noise_for_all_steps(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong(
    "draws everything from torch's global random state and not from the generator",
    often="ignores an argument",
)
@hint("Call it twice with generators of the same seed. Where should all of the randomness come from?")
def ddim_sample_ignores_generator(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, device=device)
    chain = [x]
    with torch.no_grad():
        for t, t_prev in zip(times[:-1], times[1:], strict=True):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn_like(x) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("uses the generator only for the first draw", often="distribution")
@hint("Does randn_like take a generator? Which function takes one?")
@edit(
    "torch.randn(*shape, generator=generator, device=device) if eta > 0 else None",
    "torch.randn_like(x) if eta > 0 else None",
    of="ddim_sample_plain",
)
def ddim_sample_steps_without_generator(): ...


@wrong(
    "seeds its own generator, so that every call starts from the same noise", sometimes="ignores an argument"
)
@hint("Who chooses the seed? What do two calls in a row return?")
def ddim_sample_reseeds(network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all):
    generator = torch.Generator(device).manual_seed(0)
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


@wrong("starts from uniform noise", sometimes="distribution")
@hint("Which distribution does x_T have? None of your starting values is negative.")
@edit("x = torch.randn", "x = torch.rand", of="ddim_sample_plain")
def ddim_sample_uniform_start(): ...
