"""Question 2(c): one step of the reverse chain."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.gaussian.ddpm_step"


@base
def ddpm_step_plain(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    mean, posterior_variance = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
    if noise is None or t == 1:
        return mean
    chosen = posterior_variance if variance == "posterior" else betas[t].to(x_t)
    return mean + chosen.sqrt() * noise


# ---------------------------------------------------------------------------- the draw


@wrong("treats t = 0 as the last step, and so adds noise at t = 1", often="values")
@hint("Time is 1-based: which step ends at clean data? Try variance='beta' there.")
@edit("t == 1", "t == 0", of="ddpm_step_plain")
def ddpm_step_noise_at_the_end(): ...


@wrong("multiplies the noise by the variance instead of the standard deviation", often="values")
@hint("What does a factor in front of a draw do to its variance?")
@edit("chosen.sqrt()", "chosen", of="ddpm_step_plain")
def ddpm_step_variance_for_deviation(): ...


@wrong("treats betas[t] as a standard deviation when the larger variance is requested", sometimes="values")
@hint("What is betas[t]: the variance that a forward step adds, or its root?")
@edit("chosen = posterior_variance", "std = posterior_variance.sqrt()", of="ddpm_step_plain")
@edit("chosen.sqrt()", "std", of="ddpm_step_plain")
def ddpm_step_beta_is_a_deviation(): ...


@wrong("always draws with the variance of the posterior, whatever `variance` is", often="ignores an argument")
@hint("Where does your code use `variance`?")
def ddpm_step_always_posterior_variance(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    mean, posterior_variance = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
    if noise is None or t == 1:
        return mean
    return mean + posterior_variance.sqrt() * noise


@wrong("always draws with the variance betas[t], whatever `variance` is", sometimes="ignores an argument")
@hint("Where does your code use `variance`, and which value is the default?")
def ddpm_step_always_beta(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    mean, _ = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
    if noise is None or t == 1:
        return mean
    return mean + betas[t].sqrt().to(x_t) * noise


@wrong("exchanges the two variances", rarely="values")
@hint("The docstring says which of the two is larger. Which one is larger in your code?")
@edit(
    'posterior_variance if variance == "posterior" else betas[t].to(x_t)',
    'betas[t].to(x_t) if variance == "posterior" else posterior_variance',
    of="ddpm_step_plain",
)
def ddpm_step_exchanges_the_variances(): ...


@wrong("reads the larger variance at the time at which the step ends", sometimes="values")
@hint("Which entry of betas belongs to the step between t - 1 and t? The docstring says it too.")
@edit("betas[t].to(x_t)", "betas[t - 1].to(x_t)", of="ddpm_step_plain")
def ddpm_step_beta_of_the_step_before(): ...


@wrong("draws its own noise if no noise is given", sometimes="values")
@hint("What does the function return without noise, according to the docstring?")
@edit(
    "x_0_hat = predict_x_0",
    "if noise is None:\n    noise = torch.randn_like(x_t)\nx_0_hat = predict_x_0",
    of="ddpm_step_plain",
)
@edit("noise is None or t == 1", "t == 1", of="ddpm_step_plain")
def ddpm_step_own_noise(): ...


@wrong("multiplies by a noise that can be None", sometimes="exception")
@hint("What is `noise` if the caller does not pass it, and what is returned then?")
def ddpm_step_needs_noise(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    mean, posterior_variance = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
    chosen = posterior_variance if variance == "posterior" else betas[t].to(x_t)
    return mean + chosen.sqrt() * noise if t > 1 else mean


@wrong("scales the caller's noise in place", sometimes="argument changed in place")
@hint("What does `*=` do to a tensor that somebody else uses too?")
@edit(
    "return mean + chosen.sqrt() * noise", "noise *= chosen.sqrt()\nreturn mean + noise", of="ddpm_step_plain"
)
def ddpm_step_scales_in_place(): ...


# ---------------------------------------------------------------------------- the guess


@wrong("copies algorithm 2 as it is in the paper, where nothing is clamped", often="ignores an argument")
@hint("Where does your code use `clip`? The guess of x_0 must appear for that.")
def ddpm_step_algorithm_2_without_clip(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    beta, signal, before = betas[t], alphas_cumprod[t], alphas_cumprod[t - 1]
    shrunk = beta / (1 - signal).sqrt()
    mean = (x_t - shrunk.to(x_t) * eps_hat) / (1 - beta).sqrt().to(x_t)
    if noise is None or t == 1:
        return mean
    chosen = beta * (1 - before) / (1 - signal) if variance == "posterior" else beta
    return mean + chosen.sqrt().to(x_t) * noise


@wrong("uses the alpha with the bar instead of the alpha of one step in algorithm 2", often="values")
@hint("Which of the two alphas of the paper belongs to a single step? What are both of them at t = 1?")
def ddpm_step_alpha_with_the_bar(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    if clip is not None:
        x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod).clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    beta, signal, before = betas[t], alphas_cumprod[t], alphas_cumprod[t - 1]
    shrunk = (1 - signal) / (1 - signal).sqrt()
    mean = (x_t - shrunk.to(x_t) * eps_hat) / signal.sqrt().to(x_t)
    if noise is None or t == 1:
        return mean
    chosen = beta * (1 - before) / (1 - signal) if variance == "posterior" else beta
    return mean + chosen.sqrt().to(x_t) * noise


@wrong(
    "removes all of the noise, then adds the noise of time t - 1 again, without using x_t",
    often="ignores an argument",
)
@hint("Which distribution does the step draw from: x_{t-1} given x_0_hat alone, or given x_t too?")
def ddpm_step_noises_the_guess_anew(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = x_0_hat.clamp(-clip, clip)
    if noise is None:
        noise = torch.zeros_like(x_t)
    return q_sample(x_0_hat, t - 1, alphas_cumprod, noise)


@wrong(
    "passes the guess of the noise to `posterior` instead of the clean data", sometimes="ignores an argument"
)
@hint("What does `posterior` expect as its second argument, and what is eps_hat a guess of?")
def ddpm_step_posterior_of_the_noise(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    mean, posterior_variance = posterior(x_t, eps_hat, t, betas, alphas_cumprod)
    if noise is None or t == 1:
        return mean
    chosen = posterior_variance if variance == "posterior" else betas[t].to(x_t)
    return mean + chosen.sqrt() * noise


@wrong("exchanges x_t and eps_hat when it calls `predict_x_0`", sometimes="values")
@hint("In which order does `predict_x_0` take its arguments, and in which order does this function?")
@edit(
    "predict_x_0(x_t, eps_hat, t, alphas_cumprod)",
    "predict_x_0(eps_hat, x_t, t, alphas_cumprod)",
    of="ddpm_step_plain",
)
def ddpm_step_exchanges_x_t_and_noise(): ...


@wrong("calls `posterior` with the time at which the step ends", sometimes="exception")
@hint("Which t does `posterior` expect for q(x_{t-1} | x_t, x_0)? And what happens at t = 1?")
@edit("x_0_hat, t, betas", "x_0_hat, t - 1, betas", of="ddpm_step_plain")
def ddpm_step_posterior_of_the_time_before(): ...


# ---------------------------------------------------------------------------- the clamp


@wrong("clamps the mean of the step instead of the guess of the clean data", sometimes="values")
@hint("Which of the quantities has the range of the data: x_0_hat or x_{t-1}?")
def ddpm_step_clamps_the_mean(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    mean, posterior_variance = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
    if clip is not None:
        mean = mean.clamp(-clip, clip)
    if noise is None or t == 1:
        return mean
    chosen = posterior_variance if variance == "posterior" else betas[t].to(x_t)
    return mean + chosen.sqrt() * noise


@wrong("clamps the network's guess of the noise", sometimes="values")
@hint("Which of the two guesses has a known range: the guess of the data, or the guess of the noise?")
def ddpm_step_clamps_the_noise(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    if clip is not None:
        eps_hat = eps_hat.clamp(-clip, clip)
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    mean, posterior_variance = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
    if noise is None or t == 1:
        return mean
    chosen = posterior_variance if variance == "posterior" else betas[t].to(x_t)
    return mean + chosen.sqrt() * noise


@wrong("clamps only from above", rarely="values")
@hint("How many ends does the interval in the docstring have?")
@edit("x_0_hat.clamp(-clip, clip)", "x_0_hat.clamp(max=clip)", of="ddpm_step_plain")
def ddpm_step_clamps_one_side(): ...


@wrong("clamps to [-1, 1], whatever clip is", sometimes="values")
@hint("What is the range of the data here? It can differ from the range of images.")
@edit("x_0_hat.clamp(-clip, clip)", "x_0_hat.clamp(-1, 1)", of="ddpm_step_plain")
def ddpm_step_clamps_to_one(): ...


# ---------------------------------------------------------------------------- precision and gradients


@wrong("computes the standard deviation of the draw in single precision", rarely="values")
@hint("In which dtype must coefficients be computed, according to the module's docstring?")
@edit("betas[t].to(x_t)", "betas[t]", of="ddpm_step_plain")
@edit("chosen.sqrt()", "chosen.float().sqrt()", of="ddpm_step_plain")
def ddpm_step_single_inside(): ...


@wrong("keeps no autograd graph, like a sampler", sometimes="no gradient")
@hint("Results of this module are differentiable in the data. Which functions should keep no graph?")
def ddpm_step_without_gradient(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    with torch.no_grad():
        x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
        if clip is not None:
            x_0_hat = x_0_hat.clamp(-clip, clip)
        mean, posterior_variance = posterior(x_t, x_0_hat, t, betas, alphas_cumprod)
        if noise is None or t == 1:
            return mean
        chosen = posterior_variance if variance == "posterior" else betas[t].to(x_t)
        return mean + chosen.sqrt() * noise


# ---------------------------------------------------------------------------- right ones


@right("follows algorithm 2, with the noise that belongs to the clamped guess")
def ddpm_step_by_algorithm_2(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    if clip is not None:
        x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod).clamp(-clip, clip)
        eps_hat = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    beta, signal, before = (float(x) for x in (betas[t], alphas_cumprod[t], alphas_cumprod[t - 1]))
    mean = (x_t - beta / (1 - signal) ** 0.5 * eps_hat) / (1 - beta) ** 0.5
    chosen = beta * (1 - before) / (1 - signal) if variance == "posterior" else beta
    return mean if noise is None or t == 1 else mean + chosen**0.5 * noise


@right("uses the noise that is left at t - 1, as DDIM does")
def ddpm_step_by_ddim(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    x_0_hat = predict_x_0(x_t, eps_hat, t, alphas_cumprod)
    if clip is not None:
        x_0_hat = torch.maximum(torch.minimum(x_0_hat, x_t.new_tensor(clip)), x_t.new_tensor(-clip))
    eps = predict_noise(x_t, x_0_hat, t, alphas_cumprod)
    signal, before = alphas_cumprod[t], alphas_cumprod[t - 1]
    left = (1 - before) / (1 - signal) * betas[t]
    along = (1 - before - left).clamp(min=0).sqrt()
    mean = before.sqrt().to(x_t) * x_0_hat + along.to(x_t) * eps
    spread = {"posterior": left, "beta": betas[t]}[variance].sqrt() * (t > 1)
    return torch.add(mean, 0 if noise is None else spread.to(x_t) * noise)


@right("makes the step for each sample separately, with a log-variance that cannot be -infinity")
def ddpm_step_by_log_variance(eps_hat, x_t, t, betas, alphas_cumprod, noise, variance, clip):
    limit = float("inf") if clip is None else clip
    times = torch.full((len(x_t),), t, device=x_t.device)
    x_0_hat = predict_x_0(x_t, eps_hat, times, alphas_cumprod).clamp(-limit, limit)
    mean, left = posterior(x_t, x_0_hat, times, betas, alphas_cumprod)
    chosen = left if variance == "posterior" else torch.full_like(left, betas[t])
    log_variance = chosen.clamp(min=1e-20).log()
    return mean if noise is None else mean + (t > 1) * (log_variance / 2).exp() * noise
