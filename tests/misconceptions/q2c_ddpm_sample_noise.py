"""Question 2(c): all steps of the reverse chain, and the noise that they draw."""

from autograder.misconceptions.bank import wrong

SAMPLE = "diffusion.samplers.ddpm_sample"


@wrong(
    SAMPLE,
    says="adds no noise in any step",
    hint="What does `ddpm_step` return without noise? Is that a draw?",
    common="sometimes",
    failure="distribution",
)
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


@wrong(
    SAMPLE,
    says="uses one noise for all steps",
    hint="How often does the docstring want fresh noise? In which line is yours drawn?",
    common="sometimes",
    failure="distribution",
)
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


@wrong(
    SAMPLE,
    says="gives all samples of a step the same noise",
    hint="How many random numbers does a step of B samples need?",
    common="seldom",
    failure="distribution",
)
def ddpm_sample_one_noise_for_all_samples(
    network, shape, betas, variance, clip, generator, device, return_all
):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape[1:], generator=generator, device=device)
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong(
    SAMPLE,
    says="adds the first noise, x_T itself, once more in every step",
    hint="Is your noise independent of the state that it is added to?",
    common="seldom",
    failure="distribution",
)
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


@wrong(
    SAMPLE,
    says="starts from uniform noise",
    hint="Which law does x_T have? None of your starting values is negative.",
    common="sometimes",
    failure="distribution",
)
def ddpm_sample_uniform_start(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.rand(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device)
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong(
    SAMPLE,
    says="draws everything from torch's global random state and not from the generator",
    hint="Call it twice with generators of the same seed. Where should all of the randomness come from?",
    common="often",
    failure="ignores an argument",
)
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


@wrong(
    SAMPLE,
    says="hands the generator to the first draw only",
    hint="Does randn_like take a generator? Which function does?",
    common="often",
    failure="distribution",
)
def ddpm_sample_steps_without_generator(network, shape, betas, variance, clip, generator, device, return_all):
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, torch.randn_like(x), variance, clip)
            chain.append(x)
    return torch.stack(chain) if return_all else x


@wrong(
    SAMPLE,
    says="seeds a generator of its own, so that every call gives the same samples",
    hint="Who chooses the seed? What do two calls in a row return?",
    common="sometimes",
    failure="ignores an argument",
)
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
