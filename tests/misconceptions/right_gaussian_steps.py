"""Right answers of another make: one reverse step of DDPM and of DDIM."""

from autograder.misconceptions.writing import right

TASK = "diffusion.gaussian.ddpm_step"


@right("step of Diffusers' DDPMScheduler, from alphas_cumprod alone")
def ddpm_step_of_diffusers(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    alpha_prod_t = float(alphas_cumprod[t])
    alpha_prod_t_prev = float(alphas_cumprod[t - 1])
    beta_prod_t = 1 - alpha_prod_t
    beta_prod_t_prev = 1 - alpha_prod_t_prev
    current_alpha_t = alpha_prod_t / alpha_prod_t_prev
    current_beta_t = 1 - current_alpha_t

    pred_original = (x_t - beta_prod_t**0.5 * eps_hat) / alpha_prod_t**0.5
    if clip is not None:
        pred_original = pred_original.clamp(min=-clip, max=clip)
    original_coeff = alpha_prod_t_prev**0.5 * current_beta_t / beta_prod_t
    current_coeff = current_alpha_t**0.5 * beta_prod_t_prev / beta_prod_t
    pred_prev = original_coeff * pred_original + current_coeff * x_t
    if t > 1 and noise is not None:
        small = max(beta_prod_t_prev / beta_prod_t * current_beta_t, 1e-20)
        pred_prev = pred_prev + {"posterior": small, "beta": current_beta_t}[variance] ** 0.5 * noise
    return pred_prev


@right("p_mean_variance of guided-diffusion: log-variances, and the standard deviation as exp(log / 2)")
def ddpm_step_by_log_variance_again(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    a, a_prev, beta = alphas_cumprod[t], alphas_cumprod[t - 1], betas[t]

    def as_factor(coefficient):
        return coefficient.to(device=x_t.device, dtype=x_t.dtype)

    x_start = as_factor(torch.rsqrt(a)) * x_t - as_factor(torch.sqrt(1 / a - 1)) * eps_hat
    if clip is not None:
        x_start = torch.clip(x_start, -clip, clip)
    mean = as_factor(beta * a_prev.sqrt() / (1 - a)) * x_start
    mean = mean + as_factor((1 - a_prev) * (1 - beta).sqrt() / (1 - a)) * x_t
    if t == 1 or noise is None:
        return mean
    log_variance = torch.log(beta)
    if variance == "posterior":
        log_variance = log_variance + torch.log1p(-a_prev) - torch.log1p(-a)
    return mean + as_factor((log_variance / 2).exp()) * noise


@right("algorithm 2 with eps, float64 inside; clipping turns into another eps")
def ddpm_step_by_eps_in_double(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    import math

    a, beta = float(alphas_cumprod[t]), float(betas[t])
    x, eps = x_t.double(), eps_hat.double()
    if clip is not None:
        clean = ((x - math.sqrt(1 - a) * eps) / math.sqrt(a)).clamp(-clip, clip)
        eps = (x - math.sqrt(a) * clean) / math.sqrt(1 - a)
    x_prev = (x - beta / math.sqrt(1 - a) * eps) / math.sqrt(1 - beta)
    if noise is not None and t != 1:
        share = (1 - float(alphas_cumprod[t - 1])) / (1 - a) if variance == "posterior" else 1.0
        x_prev = x_prev + math.sqrt(share * beta) * noise.double()
    return x_prev.to(x_t.dtype)


@right(
    "x_{t-1} as the guess moved one forward step behind x_t: a DDIM step with eta = 1 and its own variance"
)
def ddpm_step_as_ddim(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    clean = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        clean = torch.minimum(torch.maximum(clean, clean.new_tensor(-clip)), clean.new_tensor(clip))
        eps_hat = predict_noise(x_t, clean, t, alphas_cumprod)
    a, a_prev, beta = (float(v) for v in (alphas_cumprod[t], alphas_cumprod[t - 1], betas[t]))
    posterior_variance = beta * (1 - a_prev) / (1 - a)
    towards_eps = max(1 - a_prev - posterior_variance, 0.0) ** 0.5
    x_prev = clean * a_prev**0.5 + eps_hat * towards_eps
    if t > 1 and noise is not None:
        std = posterior_variance**0.5 if variance == "posterior" else beta**0.5
        x_prev = torch.add(x_prev, noise, alpha=std)
    return x_prev


TASK = "diffusion.gaussian.ddim_step"


@right("step of Diffusers' DDIMScheduler with Python floats")
def ddim_step_of_diffusers(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    alpha_prod_t, alpha_prod_t_prev = alphas_cumprod[t].item(), alphas_cumprod[t_prev].item()
    beta_prod_t, beta_prod_t_prev = 1 - alpha_prod_t, 1 - alpha_prod_t_prev
    pred_original = (x_t - beta_prod_t**0.5 * eps_hat) / alpha_prod_t**0.5
    if clip is not None:
        pred_original = pred_original.clamp(-clip, clip)
        eps_hat = (x_t - alpha_prod_t**0.5 * pred_original) / beta_prod_t**0.5
    variance = beta_prod_t_prev / beta_prod_t * (1 - alpha_prod_t / alpha_prod_t_prev)
    std_dev_t = eta * variance**0.5
    direction = max(1 - alpha_prod_t_prev - std_dev_t**2, 0) ** 0.5 * eps_hat
    prev_sample = alpha_prod_t_prev**0.5 * pred_original + direction
    if eta > 0 and noise is not None:
        prev_sample = prev_sample + std_dev_t * noise
    return prev_sample


@right("k-diffusion: x / sqrt(a) moves along sigma, with sigma_down and sigma_up")
def ddim_step_by_sigmas(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    a, a_prev = alphas_cumprod[t].double().to(x_t.device), alphas_cumprod[t_prev].double().to(x_t.device)
    sigma, sigma_next = (1 / a - 1).sqrt(), (1 / a_prev - 1).sqrt()
    scaled = x_t.double() / a.sqrt()
    denoised = scaled - sigma * eps_hat.double()
    if clip is not None:
        denoised = denoised.clamp(-clip, clip)
    sigma_up = eta * (sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2).sqrt()
    sigma_down = (sigma_next**2 - sigma_up**2).clamp(min=0).sqrt()
    derivative = (scaled - denoised) / sigma
    scaled = denoised + derivative * sigma_down
    if noise is not None:
        scaled = scaled + noise.double() * sigma_up
    return (scaled * a_prev.sqrt()).to(x_t.dtype)


@right("one linear map of x_t and x_0_hat, with the coefficients in float64; sample by sample")
def ddim_step_as_blend_sample_by_sample(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    import math

    a, a_prev = float(alphas_cumprod[t]), float(alphas_cumprod[t_prev])
    sigma = eta * math.sqrt((1 - a_prev) / (1 - a) * (1 - a / a_prev))
    ratio = math.sqrt(max(1 - a_prev - sigma * sigma, 0.0) / (1 - a))  # of the noise of x_t, this much stays
    result = []
    for i in range(x_t.shape[0]):
        x = x_t[i].double()
        clean = (x - eps_hat[i].double() * math.sqrt(1 - a)) / math.sqrt(a)
        if clip is not None:
            clean = clean.clamp_min(-clip).clamp_max(clip)
        x_prev = ratio * x + (math.sqrt(a_prev) - ratio * math.sqrt(a)) * clean
        if noise is not None:
            x_prev = x_prev + sigma * noise[i].double()
        result.append(x_prev.to(x_t.dtype))
    return torch.stack(result)


@right("vmap of a function of one sample; the noise is zeros where none is given")
def ddim_step_by_vmap(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    a, a_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * torch.sqrt((1 - a_prev) / (1 - a)) * torch.sqrt(1 - a / a_prev)
    along = torch.relu(1 - a_prev - sigma.square()).sqrt()
    root_a, root_rest, root_prev, sigma, along = (
        c.to(x_t) for c in (a.sqrt(), (1 - a).sqrt(), a_prev.sqrt(), sigma, along)
    )

    def one(eps, x, z):
        clean = (x - root_rest * eps) / root_a
        if clip is not None:
            clean = torch.clamp(clean, -clip, clip)
            eps = (x - root_a * clean) / root_rest
        return root_prev * clean + along * eps + sigma * z

    return torch.func.vmap(one)(eps_hat, x_t, torch.zeros_like(x_t) if noise is None else noise)
