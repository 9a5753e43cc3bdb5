"""Right answers of another make: the DDIM sampler."""

from autograder.misconceptions.writing import right

TASK = "diffusion.samplers.ddim_sample"


@right("all noise is drawn at the start; pairs of times by itertools.pairwise")
def ddim_sample_with_noise_from_start(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    import itertools

    a = schedules.cumulative_alphas(betas)
    pairs = itertools.pairwise(strided_times(len(betas) - 1, num_sampling_steps).tolist())
    draws = num_sampling_steps + 1 if eta > 0 else 1
    x, *noises = torch.randn(draws, *shape, generator=generator, device=device, dtype=torch.float32)
    states = [x.clone()]
    for (t, t_prev), noise in itertools.zip_longest(pairs, noises):
        with torch.no_grad():
            eps_hat = network(states[-1], torch.tensor([t] * len(x), device=device))
            states.append(gaussian.ddim_step(eps_hat, states[-1], t, t_prev, a, eta, noise, clip))
    return torch.stack(states) if return_all else states[-1]


@right("as in denoising-diffusion-pytorch: steps written out, a step to 0 ends at x_0_hat without noise")
def ddim_sample_written_out(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    alphas = torch.cumprod(1 - betas.double(), dim=0).tolist()
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    img = torch.randn(tuple(shape), generator=generator, device=device, dtype=torch.float32)
    imgs = [img]
    with torch.no_grad():
        for time, time_next in zip(times[:-1], times[1:], strict=True):
            alpha, alpha_next = alphas[time], alphas[time_next]
            pred_noise = network(img, torch.full((shape[0],), time, device=device, dtype=torch.long))
            x_start = (img - (1 - alpha) ** 0.5 * pred_noise) / alpha**0.5
            if clip is not None:
                x_start = x_start.clamp(-clip, clip)
                pred_noise = (img - alpha**0.5 * x_start) / (1 - alpha) ** 0.5
            if time_next == 0:
                img = x_start
            else:
                sigma = eta * ((1 - alpha / alpha_next) * (1 - alpha_next) / (1 - alpha)) ** 0.5
                c = max(1 - alpha_next - sigma**2, 0) ** 0.5
                img = x_start * alpha_next**0.5 + c * pred_noise
                if eta > 0:
                    img = img + sigma * torch.empty_like(img).normal_(generator=generator)
            imgs.append(img)
    return torch.stack(imgs, dim=0) if return_all else img


@right("the chain is kept in float64; the network sees float32")
def ddim_sample_in_double_again(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    a = schedules.cumulative_alphas(betas.double())
    times = strided_times(len(betas) - 1, num_sampling_steps)
    x = torch.randn(tuple(shape), generator=generator, device=device, dtype=torch.float64)
    chain = torch.empty(num_sampling_steps + 1, *shape, dtype=torch.float32, device=device)
    chain[0] = x
    for k in range(1, len(times)):
        with torch.no_grad():
            t, t_prev = int(times[k - 1]), int(times[k])
            eps_hat = network(chain[k - 1].clone(), times[k - 1].to(device).repeat(len(x))).to(x.dtype)
            z = None
            if eta > 0:
                z = torch.randn(x.shape, generator=generator, device=device, dtype=x.dtype)
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, a, eta=eta, noise=z, clip=clip)
            chain[k] = x
    return chain if return_all else chain[-1].clone()


@right("an endless stream of noise, and functools.reduce over the pairs of times")
def ddim_sample_by_reduce(
    network, shape, betas, num_sampling_steps, eta, clip, generator, device, return_all
):
    from functools import reduce

    a = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()

    def stream():
        while True:
            yield torch.randn(*shape, generator=generator, device=device, dtype=torch.float32)

    draws = stream()

    @torch.no_grad()
    def extend(chain, pair):
        t, t_prev = pair
        eps_hat = network(chain[-1], torch.full((shape[0],), t, device=device))
        noise = next(draws) if eta > 0 and t_prev > 0 else None
        return [*chain, gaussian.ddim_step(eps_hat, chain[-1], t, t_prev, a, eta, noise, clip)]

    chain = reduce(extend, zip(times[:-1], times[1:], strict=True), [next(draws)])
    return torch.stack(chain) if return_all else chain[-1]
