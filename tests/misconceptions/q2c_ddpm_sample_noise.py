"""Question 2(c): all steps of the reverse chain, and the noise that they draw."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.samplers.ddpm_sample"


@wrong("adds no noise in any step", sometimes="distribution")
@hint("What does `ddpm_step` return without noise? Is that a draw?")
def ddpm_sample_without_noise(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, variance=variance, clip=clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("uses the same noise for all steps", sometimes="distribution")
@hint("How often does the docstring want new noise? Which line of your code draws it?")
def ddpm_sample_one_noise_for_all_steps(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    noise = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("gives all samples of a step the same noise", rarely="distribution")
@hint("How many random numbers does a step of B samples need?")
@edit(
    "noise = torch.randn(*shape, generator=generator, device=device)",
    "noise = torch.randn(*shape[1:], generator=generator, device=device)",
    of="ddpm_sample_plain",
)
def ddpm_sample_one_noise_for_all_samples(): ...


@wrong("adds the first noise, x_T itself, again in every step", rarely="distribution")
@hint("Is your noise independent of the state that it is added to?")
def ddpm_sample_start_as_noise(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    noise = torch.randn(*shape, generator=generator, device=device)
    x, chain = noise, [noise]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("starts from uniform noise", sometimes="distribution")
@hint("Which distribution does x_T have? None of your starting values is negative.")
@edit("x = torch.randn", "x = torch.rand", of="ddpm_sample_plain")
def ddpm_sample_uniform_start(): ...


@wrong(
    "draws everything from torch's global random state and not from the generator",
    often="ignores an argument",
)
@hint("Call it twice with generators of the same seed. Where should all of the randomness come from?")
def ddpm_sample_ignores_generator(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, torch.randn_like(x), variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong("uses the generator only for the first draw", often="distribution")
@hint("Does randn_like take a generator? Which function takes one?")
@edit("variance=variance, clip=clip", "torch.randn_like(x), variance, clip", of="ddpm_sample_without_noise")
def ddpm_sample_steps_without_generator(): ...


@wrong(
    "seeds its own generator, so that every call returns the same samples", sometimes="ignores an argument"
)
@hint("Who chooses the seed? What do two calls in a row return?")
def ddpm_sample_reseeds(network, shape, betas, variance, clip, generator, device, return_all):
    generator = torch.Generator(device).manual_seed(0)
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
