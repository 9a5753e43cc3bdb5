"""Questions 2(a) to 2(c): the kinds of mistakes that live on: the forward process."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "diffusion.gaussian.forward_step"


@wrong("scales the caller's noise in place", sometimes="argument changed in place")
@hint("What does `*=` do to a tensor that somebody else uses too?")
def forward_scales_noise_in_place(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev)
    noise *= beta.sqrt().to(x_prev)
    return (1 - beta).sqrt().to(x_prev) * x_prev + noise


@wrong("view(B, -1) fails on data that is not contiguous", rarely="exception")
@hint("When does view refuse a tensor? Try your function on data with two axes exchanged.")
def forward_view_rows(x_prev, t, betas, noise):
    rows = x_prev.view(len(x_prev), -1)
    beta = schedules.at(betas, t, rows)
    x_t = (1 - beta).sqrt().to(rows) * rows + beta.sqrt().to(rows) * noise.reshape(rows.shape)
    return x_t.view(x_prev.shape)


TASK = "diffusion.gaussian.q_sample"


@wrong("keeps at least 1e-5 of noise under the root, so t = 0 is not clean", sometimes="values")
@hint("How much noise should x_0 contain at t = 0, and how much does yours?")
@edit("(1 - signal).sqrt()", "(1 - signal).clamp(min=1e-5).sqrt()")
def gaussian_q_sample_noise_floor(): ...


@wrong("hands x_0 itself back at t = 0", rarely="shares memory")
@hint("What happens to the caller's x_0 if somebody writes into your result?")
def gaussian_q_sample_returns_x_0(x_0, t, alphas_cumprod, noise):
    if isinstance(t, int) and t == 0:
        return x_0
    signal = schedules.at(alphas_cumprod, t, x_0)
    return signal.sqrt().to(x_0) * x_0 + (1 - signal).sqrt().to(x_0) * noise


TASK = "diffusion.gaussian.prior_kl"


@wrong(
    "computes with the signal rounded to the dtype of x_0, which loses 1 - signal for a short weak schedule",
    rarely="values",
)
@hint("What is 1 - signal for a signal very close to 1, in the dtype of the data?")
def prior_kl_rounded_signal(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].to(x_0)
    kl = 0.5 * (signal * x_0**2 - signal - torch.log1p(-signal))
    return kl.flatten(1).sum(dim=1)


@wrong("counts only the last axis as dimensions, which is wrong for images", sometimes="values")
@hint("How many dimensions does a sample of shape [3, 8, 8] have?")
def prior_kl_counts_last_axis(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].to(x_0.device)
    size = x_0.shape[-1]
    squares = x_0.to(signal.dtype).flatten(1).square().sum(dim=1)
    return (0.5 * (signal * squares - size * (signal + torch.log1p(-signal)))).to(x_0.dtype)


@wrong("switches gradients off for the whole program", rarely="global state")
@hint("Can the rest of the program still train after your call?")
def prior_kl_switches_gradients_off(x_0, alphas_cumprod):
    torch.set_grad_enabled(False)
    signal = alphas_cumprod[-1].to(x_0.device)
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


TASK = "diffusion.gaussian.posterior"


@wrong(
    "replaces the variance 0 at t = 1 by that of t = 2, as published code does for its logarithm",
    sometimes="values",
)
@hint("How sure is the step before at t = 1, according to the docstring?")
def posterior_variance_of_second_step(x_t, x_0, t, betas, alphas_cumprod):
    before = torch.cat([alphas_cumprod[:1], alphas_cumprod[:-1]])
    variances = torch.nan_to_num((1 - before) / (1 - alphas_cumprod) * betas)
    if len(variances) > 2:
        variances = torch.cat([variances[:1], variances[2:3], variances[2:]])
    beta = schedules.at(betas, t, x_t)
    signal, signal_before = schedules.at(alphas_cumprod, t, x_t), schedules.at(before, t, x_t)
    from_x_0 = signal_before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - signal_before) / (1 - signal)
    mean = from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t
    return mean, schedules.at(variances, t, x_t).to(x_t)


@wrong("returns the variance in float64 for float32 data", sometimes="dtype")
@hint("What does the docstring say about the dtype of the second result?")
@edit("return mean, variance.to(x_t, non_blocking=x_t.is_cuda)", "return mean, variance")
def posterior_variance_stays_double(): ...


@wrong(
    "treats a batch whose times are all equal, for example a batch of one, as if t were an int",
    rarely="shape",
)
@hint("Which shape of the variance belongs to t = Long[B]? Does it depend on what the times are?")
def posterior_equal_times_as_int(x_t, x_0, t, betas, alphas_cumprod):
    if not isinstance(t, int) and bool((t == t.flatten()[0]).all()):
        t = int(t.flatten()[0])
    beta = schedules.at(betas, t, x_t)
    signal, signal_before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = signal_before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - signal_before) / (1 - signal)
    variance = (1 - signal_before) / (1 - signal) * beta
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, variance.to(x_t)


TASK = "diffusion.gaussian.predict_x_0"


@wrong("divides by at least 1e-3, which is too large for the end of the cosine schedule", sometimes="values")
@hint("How small is the square root of the last alphas_cumprod of a cosine schedule?")
@edit("schedules.cast(signal.sqrt(), x_t)", "schedules.cast(signal.sqrt().clamp(min=1e-3), x_t)")
def predict_x_0_floor_under_signal(): ...


@wrong("treats the guess of the noise as a constant", sometimes="no gradient")
@hint("Results are differentiable in the data. Which argument does no gradient reach?")
@edit("* eps_hat)", "* eps_hat.detach())")
def predict_x_0_detaches_guess(): ...


TASK = "diffusion.gaussian.predict_noise"


@wrong(
    "adds 1e-8 to the denominator, which is not small against the noise of a very first step", rarely="values"
)
@hint("Can the denominator be 0 for a t in 1..T? How small can it be in double precision?")
@edit("schedules.cast((1 - signal).sqrt(), x_t)", "(schedules.cast((1 - signal).sqrt(), x_t) + 1e-8)")
def predict_noise_eps_in_denominator(): ...


@wrong(
    "sets the default dtype to that of the schedule and back to float32, whatever it was before",
    rarely="global state",
)
@hint("What if the default dtype was not float32 before your call? Do you need the setting at all?")
def predict_noise_resets_default_dtype(x_t, x_0, t, alphas_cumprod):
    torch.set_default_dtype(torch.float64)
    signal = schedules.at(alphas_cumprod, t, x_t)
    noise = (x_t - schedules.cast(signal.sqrt(), x_t) * x_0) / schedules.cast((1 - signal).sqrt(), x_t)
    torch.set_default_dtype(torch.float32)
    return noise
