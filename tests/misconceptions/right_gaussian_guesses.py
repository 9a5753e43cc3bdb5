"""Right answers of another make: x_0 and noise from each other, and the loss of the noise prediction."""

from autograder.misconceptions.writing import right

TASK = "diffusion.gaussian.predict_x_0"


@right("sqrt(1/a) x_t - sqrt(1/a - 1) eps, as in guided-diffusion")
def predict_x_0_by_reciprocals(x_t, eps_hat, t, alphas_cumprod):
    recip = torch.reciprocal(schedules.at(alphas_cumprod, t, x_t))
    return recip.sqrt().to(x_t) * x_t - (recip - 1).sqrt().to(x_t) * eps_hat


@right("k-diffusion: x_t / sqrt(a) has noise of standard deviation sigma; all in float64")
def predict_x_0_by_sigmas(x_t, eps_hat, t, alphas_cumprod):
    a = schedules.at(alphas_cumprod, t, x_t).to(x_t.device)
    sigma = ((1 - a) / a) ** 0.5
    scaled = x_t.double() * torch.sqrt(sigma**2 + 1)
    return (scaled - sigma * eps_hat.double()).to(dtype=x_t.dtype)


@right("a Python loop over the samples with numpy's square root")
def predict_x_0_sample_by_sample(x_t, eps_hat, t, alphas_cumprod):
    import numpy as np

    result = []
    for k, time in enumerate(torch.as_tensor(t).expand(len(x_t)).tolist()):
        a = alphas_cumprod[time].item()
        result.append((x_t[k] - float(np.sqrt(1 - a)) * eps_hat[k]) / float(np.sqrt(a)))
    return torch.stack(result)


@right("vmap, with the coefficients of the inverse from a log signal-to-noise ratio")
def predict_x_0_by_vmap_over_log_snr(x_t, eps_hat, t, alphas_cumprod):
    a = alphas_cumprod[torch.as_tensor(t, device=alphas_cumprod.device)].to(x_t.device).expand(len(x_t))

    def one(x, eps, log_snr):
        wide, noisy = torch.log1p(torch.exp(-log_snr)) / 2, -log_snr / 2
        return torch.exp(wide).to(x.dtype) * x - torch.exp(noisy).to(x.dtype) * eps

    return torch.func.vmap(one)(x_t, eps_hat, torch.log(a / (1 - a)))


TASK = "diffusion.gaussian.predict_noise"


@right("(sqrt(1/a) x_t - x_0) / sqrt(1/a - 1), as in guided-diffusion and denoising-diffusion-pytorch")
def predict_noise_by_reciprocals(x_t, x_0, t, alphas_cumprod):
    recip = 1.0 / schedules.at(alphas_cumprod, t, x_t)
    return (recip.sqrt().to(x_t) * x_t - x_0) / (recip - 1.0).sqrt().to(x_t)


@right("einsum of two coefficients with the stack of x_t and x_0")
def predict_noise_by_einsum(x_t, x_0, t, alphas_cumprod):
    a = alphas_cumprod[torch.as_tensor(t, device=alphas_cumprod.device)].double().expand(len(x_t))
    weights = torch.stack([torch.rsqrt(1 - a), -torch.sqrt(a / (1 - a))], dim=-1).to(x_t.device)
    pair = torch.stack((x_t, x_0), dim=1).double()
    return torch.einsum("bk,bk...->b...", weights, pair).to(x_t.dtype)


@right("a Python loop over the samples, float64 inside")
def predict_noise_sample_by_sample(x_t, x_0, t, alphas_cumprod):
    import math

    def one(x, clean, a):
        return torch.sub(x.double(), clean.double(), alpha=math.sqrt(a)) / math.sqrt(1 - a)

    times = [t] * len(x_t) if isinstance(t, int) else t.tolist()
    noises = [one(x_t[i], x_0[i], float(alphas_cumprod[times[i]])) for i in range(len(x_t))]
    return torch.stack(noises).to(x_t.dtype)


@right("by the angle between data and noise: (x_t - cos(angle) x_0) / sin(angle), under vmap")
def predict_noise_by_angle(x_t, x_0, t, alphas_cumprod):
    share = alphas_cumprod[torch.as_tensor(t, device=alphas_cumprod.device)].to(x_t.device)
    angles = torch.atan2((1 - share).sqrt(), share.sqrt()).broadcast_to(x_t.shape[:1])

    def undo(x, clean, angle):
        return (x - torch.cos(angle).to(x.dtype) * clean) * (1 / torch.sin(angle)).to(x.dtype)

    return torch.func.vmap(undo)(x_t, x_0, angles)


TASK = "diffusion.gaussian.noise_prediction_loss"


@right("draws the noise before the times; the mean as a sum divided by the number of entries")
def noise_loss_noise_before_times(network, x_0, alphas_cumprod, generator):
    eps = torch.empty_like(x_0, requires_grad=False).normal_(generator=generator)
    t = torch.randint(len(alphas_cumprod) - 1, (len(x_0),), generator=generator, device=x_0.device) + 1
    error = eps - network(q_sample(x_0, t, alphas_cumprod, eps), t)
    return error.pow(2).sum() / error.numel()


@right("times from floor(T * uniform) + 1; mean over each sample first, then over the batch")
def noise_loss_mean_by_sample(network, x_0, alphas_cumprod, generator):
    num_steps = alphas_cumprod.shape[0] - 1
    u = torch.rand(x_0.shape[0], generator=generator, dtype=torch.float64, device=x_0.device)
    t = (u * num_steps).floor().long() + 1
    noise = torch.randn(x_0.shape, generator=generator, dtype=torch.float64, device=x_0.device).to(x_0.dtype)
    eps_hat = network(q_sample(x_0, t, alphas_cumprod, noise), t)
    return (noise - eps_hat).square().reshape(len(x_0), -1).mean(dim=1).mean(dim=0)


@right("times from torch.multinomial, and x_t sample by sample without q_sample")
def noise_loss_sample_by_sample_again(network, x_0, alphas_cumprod, generator):
    chances = torch.ones(len(alphas_cumprod), device=x_0.device)
    chances[0] = 0
    t = torch.multinomial(chances, len(x_0), replacement=True, generator=generator)
    noise, noisy = [], []
    for x, time in zip(x_0, t.tolist(), strict=True):
        a = float(alphas_cumprod[time])
        noise.append(torch.randn(x.shape, generator=generator, dtype=x_0.dtype, device=x_0.device))
        noisy.append(a**0.5 * x + (1 - a) ** 0.5 * noise[-1])
    eps_hat = network(torch.stack(noisy), t)
    return F.mse_loss(eps_hat, torch.stack(noise), reduction="sum") / eps_hat.numel()


@right("the squared norm of all errors as one dot product; the noise is flat until it gets its shape")
def noise_loss_by_dot_product(network, x_0, alphas_cumprod, generator):
    last = alphas_cumprod.numel() - 1
    t = torch.zeros(len(x_0), dtype=torch.long, device=x_0.device).random_(1, last + 1, generator=generator)
    flat = torch.randn(x_0.numel(), generator=generator, dtype=x_0.dtype, device=x_0.device)
    x_t = q_sample(x_0, t, alphas_cumprod, flat.reshape(x_0.shape))
    miss = network(x_t, t).reshape(-1) - flat
    return torch.dot(miss, miss) / len(flat)
