"""Question 2(c): one step of the reverse chain, which may skip times."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.gaussian.ddim_step"


@base
def ddim_step_plain(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    return x_prev if noise is None else x_prev + sigma.to(x_t) * noise


# ---------------------------------------------------------------------------- the times


@wrong("always goes to t - 1, whatever t_prev is", often="ignores an argument")
@hint("Where does your code use t_prev?")
@edit("t_prev", "t - 1", of="ddim_step_plain")
def ddim_step_to_the_time_before(): ...


@wrong("computes the guess of the data as if x_t were already at t_prev", sometimes="exception")
@hint("At which time is x_t? Try a step that ends at time 0.")
@edit(
    "predict_x_0(x_t, eps_hat, t, alphas_cumprod)",
    "predict_x_0(x_t, eps_hat, t_prev, alphas_cumprod)",
    of="ddim_step_plain",
)
@edit("x_t, x_0_hat, t", "x_t, x_0_hat, t_prev", of="ddim_step_plain")
def ddim_step_guesses_at_the_wrong_time(): ...


@wrong("shrinks the guess of the data as at time t", sometimes="values")
@hint("How much of x_0 does x_{t_prev} contain? The docstring has the formula.")
@edit("signal_prev.sqrt", "signal.sqrt", of="ddim_step_plain")
def ddim_step_data_as_at_t(): ...


@wrong("adds as much noise again as there was at time t", sometimes="values")
@hint("How much noise does x_{t_prev} contain? Try a step that ends at time 0.")
@edit("1 - signal_prev - sigma**2", "1 - signal - sigma**2", of="ddim_step_plain")
def ddim_step_noise_as_at_t(): ...


# ---------------------------------------------------------------------------- the clamp


@wrong("keeps the network's noise although it has clamped the data", often="values")
@hint("Put the clamped guess and your noise into `q_sample`: does it return x_t?")
def ddim_step_keeps_the_old_noise(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    return x_prev if noise is None else x_prev + sigma.to(x_t) * noise


@wrong("never clamps its guess", sometimes="ignores an argument")
@hint("Where does your code use `clip`?")
def ddim_step_ignores_clip(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    return x_prev if noise is None else x_prev + sigma.to(x_t) * noise


@wrong("clamps the result of the step instead of the guess of the clean data", sometimes="values")
@hint("Which of the quantities has the range of the data: x_0_hat or x_{t_prev}?")
def ddim_step_clamps_the_result(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    if noise is not None:
        x_prev = x_prev + sigma.to(x_t) * noise
    return x_prev if clip is None else x_prev.clamp(-clip, clip)


# ---------------------------------------------------------------------------- precision, memory and gradients


@wrong("scales the caller's noise in place", rarely="argument changed in place")
@hint("What does `*=` do to a tensor that somebody else uses too?")
def ddim_step_scales_in_place(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    if noise is not None:
        noise *= sigma.to(x_t)
        x_prev = x_prev + noise
    return x_prev


@wrong("computes the coefficients in single precision", sometimes="values")
@hint("In which dtype must coefficients be computed, according to the module's docstring?")
def ddim_step_single_inside(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t].float(), alphas_cumprod[t_prev].float()
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt() * x_0_hat + direction * eps_hat
    return x_prev if noise is None else x_prev + sigma * noise


@wrong("casts the schedule to the dtype of the data before it takes differences from 1", sometimes="values")
@hint("After a tiny first step alphas_cumprod is nearly 1. How many digits of the rest are left in float32?")
@edit(
    "alphas_cumprod[t].float(), alphas_cumprod[t_prev].float()",
    "alphas_cumprod[t].to(x_t), alphas_cumprod[t_prev].to(x_t)",
    of="ddim_step_single_inside",
)
def ddim_step_casts_too_early(): ...


@wrong("keeps no autograd graph, like a sampler", sometimes="no gradient")
@hint("Results of this module are differentiable in the data. Which functions should keep no graph?")
def ddim_step_without_gradient(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    with torch.no_grad():
        x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
        if clip is not None:
            x_0_hat = x_0_hat.clamp(-clip, clip)
            eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
        signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
        sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
        direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
        x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
        return x_prev if noise is None else x_prev + sigma.to(x_t) * noise


# ---------------------------------------------------------------------------- right ones


@right("computes with plain numbers, and always computes the noise again")
def ddim_step_by_numbers(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    a, a_prev = alphas_cumprod[t].item(), alphas_cumprod[t_prev].item()
    limit = float("inf") if clip is None else clip
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod).clamp(-limit, limit)
    eps = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    variance = eta**2 * (1 - a_prev) / (1 - a) * (1 - a / a_prev)
    x_prev = a_prev**0.5 * x_0_hat + max(1 - a_prev - variance, 0.0) ** 0.5 * eps
    return x_prev if noise is None else x_prev + variance**0.5 * noise


@right("moves x_t along eps_hat instead of combining x_0_hat and eps_hat again")
def ddim_step_along_the_noise(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    if clip is not None:
        x_0_hat = torch.clip(predict_x_0(x_t, eps_hat, t, alphas_cumprod), min=-clip, max=clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    a, a_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * torch.sqrt(1 - a_prev) * torch.sqrt(a_prev - a) / torch.sqrt((1 - a) * a_prev)
    along = torch.relu(1 - a_prev - sigma**2).sqrt() - (a_prev / a * (1 - a)).sqrt()
    moved = x_t.double() * (a_prev / a).sqrt() + eps_hat.double() * along
    if noise is not None:
        moved = moved + sigma * noise.double()
    return moved.to(x_t.dtype)
