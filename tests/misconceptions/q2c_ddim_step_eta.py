"""Question 2(c): one step of the reverse chain, which may skip times, and how random the step is."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.gaussian.ddim_step"


@wrong("makes a deterministic step, whatever eta is", sometimes="ignores an argument")
@hint("Where does your code use eta?")
def ddim_step_ignores_eta(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal_prev = alphas_cumprod[t_prev]
    return signal_prev.sqrt().to(x_t) * x_0_hat + (1 - signal_prev).sqrt().to(x_t) * eps_hat


@wrong("adds new noise, but does not remove the same amount of the old noise", often="values")
@hint("What is the variance of the noise in x_{t_prev}, and what do your two terms add up to?")
@edit("direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()\nx_prev", "x_prev", of="ddim_step_plain")
@edit("direction.to(x_t)", "(1 - signal_prev).sqrt().to(x_t)", of="ddim_step_plain")
def ddim_step_too_much_noise(): ...


@wrong("subtracts sigma under the root instead of its square", sometimes="values")
@hint("The terms under the root are variances. What is sigma?")
@edit("sigma**2", "sigma", of="ddim_step_plain")
def ddim_step_sigma_under_the_root(): ...


@wrong("multiplies the noise by the variance instead of the standard deviation", sometimes="values")
@hint("What does a factor in front of a draw do to its variance?")
def ddim_step_variance_for_deviation(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    variance = eta**2 * (1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)
    direction = (1 - signal_prev - variance).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    return x_prev if noise is None else x_prev + variance.to(x_t) * noise


@wrong("scales the variance by eta, not the standard deviation", sometimes="values")
@hint("Is eta under the root in the docstring? Try a value between 0 and 1.")
def ddim_step_eta_under_the_root(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    variance = eta * (1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)
    direction = (1 - signal_prev - variance).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    return x_prev if noise is None else x_prev + variance.sqrt().to(x_t) * noise


@wrong("inverts the first quotient of sigma", sometimes="not finite")
@hint("Which of the two amounts of noise is smaller? What happens to your sigma at t_prev = 0?")
@edit("(1 - signal_prev) / (1 - signal)", "(1 - signal) / (1 - signal_prev)", of="ddim_step_plain")
def ddim_step_noise_quotient_upside_down(): ...


@wrong(
    "inverts the second quotient of sigma, and takes the root of a negative number", sometimes="not finite"
)
@hint("Which is larger, the signal that is left at t or the signal that is left at t_prev?")
@edit(
    "eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()",
    "eta * ((1 - signal_prev) / (1 - signal)).sqrt() * (1 - signal_prev / signal).sqrt()",
    of="ddim_step_plain",
)
def ddim_step_signal_quotient_upside_down(): ...


@wrong("takes the root of a negative number if eta is large", often="not finite")
@hint("What does the docstring's formula have under the root besides the difference? Try eta = 3.")
@edit(
    "(1 - signal_prev - sigma**2).clamp(min=0).sqrt()",
    "(1 - signal_prev - sigma**2).sqrt()",
    of="ddim_step_plain",
)
def ddim_step_root_of_a_negative(): ...


@wrong("keeps sigma below the noise of t_prev if eta is large", rarely="values")
@hint("Which of the docstring's two lines contains the max, and which does not?")
def ddim_step_caps_sigma(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    sigma = torch.minimum(sigma, (1 - signal_prev).sqrt())
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    x_prev = signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat
    return x_prev if noise is None else x_prev + sigma.to(x_t) * noise


@wrong("keeps a little noise at time 0, because of a lower limit under the root", rarely="values")
@hint("What is the smallest value that the docstring allows under the root?")
@edit("min=0", "min=1e-8", of="ddim_step_plain")
def ddim_step_never_quite_clean(): ...


@wrong("uses new noise in place of the old noise, and so never uses eta", sometimes="ignores an argument")
@hint("Which of the formula's terms contains eps_hat, and why is DDIM deterministic at eta = 0?")
def ddim_step_noises_the_guess_anew(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    return q_sample(x_0_hat, t_prev, alphas_cumprod, eps_hat if noise is None else noise)


@wrong("treats eta as 0 if no noise is given", sometimes="values")
@hint("Without noise the last term is left out. Does anything else in the formula change?")
def ddim_step_no_noise_no_eta(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    if noise is None:
        eta, noise = 0.0, torch.zeros_like(x_t)
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    return signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat + sigma.to(x_t) * noise


@wrong("draws its own noise if no noise is given", sometimes="values")
@hint("What does the docstring say about a step without noise?")
def ddim_step_own_noise(eps_hat, x_t, t, t_prev, alphas_cumprod, eta, noise, clip):
    if noise is None:
        noise = torch.randn_like(x_t)
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, signal_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
    sigma = eta * ((1 - signal_prev) / (1 - signal) * (1 - signal / signal_prev)).sqrt()
    direction = (1 - signal_prev - sigma**2).clamp(min=0).sqrt()
    return signal_prev.sqrt().to(x_t) * x_0_hat + direction.to(x_t) * eps_hat + sigma.to(x_t) * noise
