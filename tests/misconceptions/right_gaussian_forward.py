"""Right answers of another make: the Gaussian forward process, its limit and its posterior."""

from autograder.misconceptions.writing import right

TASK = "diffusion.gaussian.forward_step"


@right("all in float64, and the result is cast")
def forward_step_in_double(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev).to(x_prev.device)
    x_t = torch.sqrt(1.0 - beta) * x_prev.double() + torch.sqrt(beta) * noise.double()
    return x_t.to(x_prev.dtype)


@right("a Python loop over the samples with math.sqrt")
def forward_step_sample_by_sample(x_prev, t, betas, noise):
    import math

    times = torch.as_tensor(t).expand(len(x_prev)).tolist()
    steps = []
    for x, z, time in zip(x_prev, noise, times, strict=True):
        beta = betas[time].item()
        steps.append(math.sqrt(1 - beta) * x + math.sqrt(beta) * z)
    return torch.stack(steps)


@right("torch.func.vmap over the batch")
def forward_step_by_vmap(x_prev, t, betas, noise):
    def one(x, z, beta):
        return (1 - beta).sqrt().to(x.dtype) * x + beta.sqrt().to(x.dtype) * z

    beta = betas[torch.as_tensor(t, device=betas.device)].to(x_prev.device)
    return torch.func.vmap(one)(x_prev, noise, beta.expand(x_prev.shape[0]))


@right("einsum of coefficients with the stack of data and noise")
def forward_step_by_einsum_again(x_prev, t, betas, noise):
    beta = betas[torch.as_tensor(t, device=betas.device)].expand(len(x_prev))
    factors = torch.stack([1 - beta, beta]).sqrt().to(x_prev)
    return torch.einsum("kb,kb...->b...", factors, torch.stack([x_prev, noise]))


TASK = "diffusion.gaussian.q_sample"


@right("tables of square roots and an `extract`, as in guided-diffusion and denoising-diffusion-pytorch")
def gauss_q_sample_by_extract(x_0, t, alphas_cumprod, noise):
    def extract(table, times, shape):
        values = table.to(times.device).gather(-1, times).to(x_0.dtype)
        return values.reshape(len(times), *((1,) * (len(shape) - 1))).broadcast_to(shape)

    times = torch.as_tensor(t, device=x_0.device).expand(len(x_0))
    signal = extract(torch.sqrt(alphas_cumprod), times, x_0.shape)
    return signal * x_0 + extract(torch.sqrt(1.0 - alphas_cumprod), times, x_0.shape) * noise


@right("a Python loop over the samples, float64 inside")
def gauss_q_sample_sample_by_sample(x_0, t, alphas_cumprod, noise):
    times = torch.as_tensor(t).expand(len(x_0))
    x_t = []
    for i in range(len(x_0)):
        share = float(alphas_cumprod[int(times[i])])
        x_t.append((x_0[i].double() * share**0.5 + noise[i].double() * (1 - share) ** 0.5).to(x_0.dtype))
    return torch.stack(x_t, dim=0)


@right("turns data into noise by an angle: cos and sin instead of square roots")
def gauss_q_sample_by_angle(x_0, t, alphas_cumprod, noise):
    share = schedules.at(alphas_cumprod, t, x_0).to(x_0.device)
    angle = torch.atan2((1 - share).sqrt(), share.sqrt())
    return angle.cos().to(x_0.dtype) * x_0 + angle.sin().to(x_0.dtype) * noise


@right("from the log signal-to-noise ratio by two sigmoids, added with addcmul")
def gauss_q_sample_by_log_snr(x_0, t, alphas_cumprod, noise):
    share = alphas_cumprod[torch.as_tensor(t, device=alphas_cumprod.device)]
    half_log_snr = torch.log(share) - torch.log1p(-share)  # infinite at t = 0
    to_data, to_noise = (torch.sigmoid(s * half_log_snr).sqrt() for s in (1, -1))
    if share.ndim:
        to_data, to_noise = (c.reshape(-1, *[1] * (x_0.ndim - 1)) for c in (to_data, to_noise))
    return torch.addcmul(to_data.to(x_0) * x_0, to_noise.to(x_0), noise)


TASK = "diffusion.gaussian.prior_kl"


@right("torch.distributions.kl_divergence of two Normals")
def prior_kl_by_distributions_again(x_0, alphas_cumprod):
    from torch.distributions import Normal, kl_divergence

    signal = alphas_cumprod[-1].to(x_0.device, torch.float64)
    end = Normal(signal.sqrt() * x_0.double(), (1 - signal).sqrt())
    kl = kl_divergence(end, Normal(torch.zeros_like(signal), torch.ones_like(signal)))
    return kl.reshape(len(x_0), -1).sum(-1).to(x_0.dtype)


@right("a loop over the samples: squared norm of the mean, and d times the part of the variance")
def prior_kl_by_norms(x_0, alphas_cumprod):
    import math

    signal = float(alphas_cumprod[-1])
    each = -signal - math.log1p(-signal)
    kls = []
    for x in x_0:
        x = x.double().reshape(-1)
        kls.append((signal * torch.dot(x, x) + len(x) * each) / 2)
    return torch.stack(kls).to(x_0.dtype)


@right("vmap of the general closed form with mean and log-variance, as normal_kl in guided-diffusion")
def prior_kl_by_vmap_of_normal_kl(x_0, alphas_cumprod):
    def normal_kl(mean, logvar):
        return torch.sum(0.5 * (-1.0 - logvar + torch.exp(logvar) + mean**2))

    last = alphas_cumprod[-1].double().to(x_0.device)
    mean = last.sqrt() * x_0.to(torch.float64)
    return torch.func.vmap(normal_kl, in_dims=(0, None))(mean, torch.log1p(-last)).to(x_0.dtype)


@right("cross-entropy minus entropy, summed over all axes but the first")
def prior_kl_by_cross_entropy_minus_entropy(x_0, alphas_cumprod):
    import math

    share = alphas_cumprod[-1].item()
    x = x_0.double()
    cross = 0.5 * (math.log(2 * math.pi) + (math.sqrt(share) * x).square() + (1 - share))
    entropy = 0.5 * (math.log(2 * math.pi) + 1 + math.log(1 - share))
    kl = cross - entropy
    while kl.ndim > 1:
        kl = kl.sum(dim=-1)
    return kl.type_as(x_0)


TASK = "diffusion.gaussian.posterior"


@right("tables of the two coefficients and the variance for all times, as in guided-diffusion")
def gauss_posterior_by_tables(x_t, x_0, t, betas, alphas_cumprod):
    before = torch.cat([alphas_cumprod[:1], alphas_cumprod[:-1]])
    rest = (1.0 - alphas_cumprod).clamp(min=1e-300)  # index 0 is never asked for
    tables = [
        betas * torch.sqrt(before) / rest,
        (1.0 - before) * torch.sqrt(1.0 - betas) / rest,
        betas * (1.0 - before) / rest,
    ]
    coef1, coef2, variance = (schedules.at(table, t, x_t).to(x_t) for table in tables)
    return coef1 * x_0 + coef2 * x_t, variance


@right("as a Kalman filter: x_{t-1} given x_0 is the prior, x_t its noisy measurement")
def gauss_posterior_by_kalman_gain(x_t, x_0, t, betas, alphas_cumprod):
    noise = schedules.at(betas, t, x_t).to(x_t.device)
    scale = (1 - noise).sqrt()
    signal = schedules.at(alphas_cumprod, t - 1, x_t).to(x_t.device)
    spread = 1 - signal
    prior = signal.sqrt() * x_0.double()
    gain = spread * scale / (scale**2 * spread + noise)
    mean = prior + gain * (x_t.double() - scale * prior)
    variance = spread * noise / (scale**2 * spread + noise)
    return mean.to(x_t.dtype), variance.to(x_t.dtype)


@right("sample by sample, from alphas_cumprod alone: the beta of a step is 1 - a / a_prev")
def gauss_posterior_from_cumulative_alphas_alone(x_t, x_0, t, betas, alphas_cumprod):
    means, variances = [], []
    for x, clean, time in zip(x_t, x_0, torch.as_tensor(t).expand(len(x_t)).tolist(), strict=True):
        a, a_prev = float(alphas_cumprod[time]), float(alphas_cumprod[time - 1])
        alpha = a / a_prev
        to_clean, to_x = a_prev**0.5 * (1 - alpha) / (1 - a), alpha**0.5 * (1 - a_prev) / (1 - a)
        means.append(to_clean * clean + to_x * x)
        variances.append((1 - a_prev) / (1 - a) * (1 - alpha))
    variance = torch.tensor(variances, dtype=x_t.dtype, device=x_t.device)
    if isinstance(t, int):
        return torch.stack(means), variance[0].clone()
    return torch.stack(means), variance.reshape(-1, *[1] * (x_t.ndim - 1))


@right("through the noise: (x_t - beta / sqrt(1 - a) eps) / sqrt(alpha), variance in log space")
def gauss_posterior_through_noise(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t).to(x_t.device)
    a, a_prev = (schedules.at(alphas_cumprod, time, x_t).to(x_t.device) for time in (t, t - 1))
    eps = (x_t.double() - a.sqrt() * x_0.double()) * torch.rsqrt(1 - a)
    mean = (x_t.double() - beta * torch.rsqrt(1 - a) * eps) * torch.rsqrt(1 - beta)
    log_variance = torch.log1p(-a_prev) - torch.log1p(-a) + torch.log(beta)  # -inf at t = 1
    return mean.to(x_t.dtype), log_variance.exp().to(x_t.dtype)
