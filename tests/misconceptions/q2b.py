"""Question 2(b): the posterior."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.gaussian.posterior"


@base
def gaussian_posterior_plain(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    variance = (1 - before) / (1 - signal) * beta
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, variance.to(x_t)


@wrong("forgets a square root in the coefficient of x_0", often="values")
@hint("Assume that x_t says nothing, as after a very large step. What is the mean of x_{t-1} then?")
@edit("before.sqrt()", "before", of="gaussian_posterior_plain")
def gaussian_posterior_x_0_without_root(): ...


@wrong("forgets a square root in the coefficient of x_t", sometimes="values")
@hint("Which factor of x_{t-1} does the forward step use? Complete the square again.")
@edit("(1 - beta).sqrt() * (1 - before)", "(1 - beta) * (1 - before)", of="gaussian_posterior_plain")
def gaussian_posterior_x_t_without_root(): ...


@wrong("confuses the alpha of one step with the cumulative one in the coefficient of x_t", often="values")
@hint("Papers write one of the two alphas with a bar. Which steps are between x_{t-1} and x_t?")
@edit("(1 - beta).sqrt()", "signal.sqrt()", of="gaussian_posterior_plain")
def gaussian_posterior_bar_for_no_bar(): ...


@wrong(
    "uses the cumulative alpha of time t in the coefficient of x_0, which is one time too late",
    sometimes="values",
)
@hint("How many steps are between x_0 and the variable whose distribution you want to find?")
@edit("before.sqrt()", "signal.sqrt()", of="gaussian_posterior_plain")
def gaussian_posterior_x_0_one_step_late(): ...


@wrong("exchanges x_0 and x_t", sometimes="values")
@hint("What is the order of the arguments? At t = 1, which of the two is the answer?")
def gaussian_posterior_ends_exchanged(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    variance = (1 - before) / (1 - signal) * beta
    return from_x_0.to(x_t) * x_t + from_x_t.to(x_t) * x_0, variance.to(x_t)


@wrong("returns the variance of the forward step", often="values")
@hint("Does knowing x_0 make x_{t-1} more certain or less? How certain is it at t = 1?")
@edit("variance = (1 - before) / (1 - signal) * beta\nreturn", "return", of="gaussian_posterior_plain")
@edit("variance.to(x_t)", "beta.to(x_t)", of="gaussian_posterior_plain")
def gaussian_posterior_variance_is_beta(): ...


@wrong("returns the standard deviation", often="values")
@hint("Which of the two does the docstring ask for, variance or standard deviation?")
def gaussian_posterior_deviation_for_variance(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    deviation = ((1 - before) / (1 - signal) * beta).sqrt()
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, deviation.to(x_t)


@wrong("returns the logarithm of the variance, clamped for the first step", sometimes="values")
@hint("Which quantity does the docstring ask for? What should it be at t = 1?")
def gaussian_posterior_log_variance(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    log_variance = ((1 - before) / (1 - signal) * beta).clamp(min=1e-20).log()
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, log_variance.to(x_t)


@wrong("does not normalise the variance", sometimes="values")
@hint("Two precisions are added. What happens to their sum when you turn it into a variance?")
@edit("(1 - before) / (1 - signal) * beta", "(1 - before) * beta", of="gaussian_posterior_plain")
def gaussian_posterior_variance_not_normalised(): ...


@wrong("inverts the ratio of two variances and divides by 0 at the first step", sometimes="not finite")
@hint("Which of x_{t-1} and x_t is noisier, given x_0? Try t = 1.")
def gaussian_posterior_ratio_upside_down(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - before)
    from_x_t = (1 - beta).sqrt() * (1 - signal) / (1 - before)
    variance = (1 - signal) / (1 - before) * beta
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, variance.to(x_t)


@wrong("adds precisions, one of which is infinite at the first step", sometimes="not finite")
@hint("Multiply out before you divide, or handle t = 1 separately: how certain is x_{t-1} there?")
def gaussian_posterior_infinite_precision(x_t, x_0, t, betas, alphas_cumprod):
    beta, before = schedules.at(betas, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    prior, likelihood = 1 / (1 - before), (1 - beta) / beta
    variance = 1 / (prior + likelihood)
    from_x_0, from_x_t = variance * prior * before.sqrt(), variance * (1 - beta).sqrt() / beta
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, variance.to(x_t)


@wrong("counts time from 0, so that every coefficient belongs to another step", sometimes="not finite")
@hint("Time is 1-based: which entry of betas belongs to step t?")
def gaussian_posterior_zero_based(x_t, x_0, t, betas, alphas_cumprod):
    index = t - 1
    beta, signal = schedules.at(betas, index, x_t), schedules.at(alphas_cumprod, index, x_t)
    before = schedules.at(alphas_cumprod, index - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    variance = (1 - before) / (1 - signal) * beta
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, variance.to(x_t)


@wrong("inverts the last step and forgets that x_0 is known", sometimes="ignores an argument")
@hint("Bayes' rule multiplies two densities. Which one did you leave out?")
def gaussian_posterior_without_prior(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    return x_t / (1 - beta).sqrt().to(x_t), (beta / (1 - beta)).to(x_t)


@wrong("puts x_0 into an equation that is meant for the noise", sometimes="values")
@hint("DDPM writes the mean in two ways. Which letter is in the one that you use?")
def gaussian_posterior_x_0_for_noise(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    share = (beta / (1 - signal).sqrt()).to(x_t)
    mean = (x_t - share * x_0) / (1 - beta).sqrt().to(x_t)
    return mean, ((1 - before) / (1 - signal) * beta).to(x_t)


@wrong("rounds the schedules to the dtype of the data first", sometimes="values")
@hint("1 - alphas_cumprod is tiny at first. How many of its digits are left in single precision?")
def gaussian_posterior_casts_first(x_t, x_0, t, betas, alphas_cumprod):
    beta, signal = schedules.at(betas, t, x_t).to(x_t), schedules.at(alphas_cumprod, t, x_t).to(x_t)
    before = schedules.at(alphas_cumprod, t - 1, x_t).to(x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    return from_x_0 * x_0 + from_x_t * x_t, (1 - before) / (1 - signal) * beta


@wrong("returns the variance in the schedule's dtype", often="dtype")
@hint("What does the docstring say about the dtype of both results? Try single-precision data.")
@edit("variance.to(x_t)", "variance", of="gaussian_posterior_plain")
def gaussian_posterior_double_variance(): ...


@wrong("repeats the variance for every dimension", sometimes="shape")
@hint("Which shape does the variance have in the docstring, for an int and for Long[B]?")
@edit("variance.to(x_t)", "variance.to(x_t).expand_as(x_t)", of="gaussian_posterior_plain")
def gaussian_posterior_variance_repeated(): ...


@wrong("returns the logarithm of the variance as a third result", sometimes="type")
@hint("How many results does the docstring name?")
def gaussian_posterior_three_results(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    from_x_0 = before.sqrt() * beta / (1 - signal)
    from_x_t = (1 - beta).sqrt() * (1 - before) / (1 - signal)
    variance = ((1 - before) / (1 - signal) * beta).to(x_t)
    log_variance = variance.clamp(min=1e-20).log()
    return from_x_0.to(x_t) * x_0 + from_x_t.to(x_t) * x_t, variance, log_variance


@wrong("checks whether a whole vector of times equals 1", often="exception")
@hint("t may be Long[B]. What is the truth value of a tensor with several entries?")
@edit(
    "beta = schedules.at(betas, t, x_t)",
    "if t == 1:\n    return x_0, torch.zeros((), dtype=x_t.dtype)\nbeta = schedules.at(betas, t, x_t)",
    of="gaussian_posterior_plain",
)
def gaussian_posterior_if_of_a_vector(): ...


@wrong(
    "treats the whole batch as being at the first step if one sample is at the first step", rarely="values"
)
@hint("Samples do not depend on each other. What do the others get when one of them has t = 1?")
@edit(
    "signal, before",
    "if (torch.as_tensor(t) == 1).any():\n    return x_0, torch.zeros_like(beta).to(x_t)\nsignal, before",
    of="gaussian_posterior_plain",
)
def gaussian_posterior_any_at_the_first_step(): ...


@wrong("treats x_0 as a constant", rarely="no gradient")
@hint("Results are differentiable in the data, which means x_t and x_0. Where does the graph end?")
@edit("from_x_0.to(x_t) * x_0", "from_x_0.to(x_t) * x_0.detach()", of="gaussian_posterior_plain")
def gaussian_posterior_x_0_detached(): ...


@right("conditions a joint normal distribution on x_t, with its gain")
def gaussian_posterior_by_gain(x_t, x_0, t, betas, alphas_cumprod):
    beta, before = schedules.at(betas, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    prior_mean, prior_variance = before.sqrt() * x_0.double(), 1 - before
    slope = (1 - beta).sqrt()
    gain = slope * prior_variance / (slope**2 * prior_variance + beta)
    mean = prior_mean + gain * (x_t.double() - slope * prior_mean)
    return mean.to(x_t.dtype), (prior_variance * (1 - gain * slope)).to(x_t)


@right("adds precisions, and handles the first step with torch.where")
def gaussian_posterior_by_precisions(x_t, x_0, t, betas, alphas_cumprod):
    beta, before = schedules.at(betas, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    sure = before == 1
    prior = 1 / torch.where(sure, 1, 1 - before)
    variance = 1 / (prior + (1 - beta) / beta)
    mean = variance * (prior * before.sqrt() * x_0.double() + (1 - beta).sqrt() / beta * x_t.double())
    return torch.where(sure, x_0, mean.to(x_t.dtype)), torch.where(sure, 0, variance).to(x_t)


@right("uses the noise that leads from x_0 to x_t")
def gaussian_posterior_by_noise(x_t, x_0, t, betas, alphas_cumprod):
    beta = schedules.at(betas, t, x_t)
    signal, before = schedules.at(alphas_cumprod, t, x_t), schedules.at(alphas_cumprod, t - 1, x_t)
    noise = (x_t.double() - signal.sqrt() * x_0.double()) / (1 - signal).sqrt()
    mean = (x_t.double() - beta / (1 - signal).sqrt() * noise) / (1 - beta).sqrt()
    return mean.to(x_t), (beta * (1 - before) / (1 - signal)).to(x_t)


@right("loops over the samples, with Python numbers as coefficients")
def gaussian_posterior_by_loop(x_t, x_0, t, betas, alphas_cumprod):
    rows, variances = [], []
    for x, clean, time in zip(x_t, x_0, torch.as_tensor(t).expand(len(x_t)).tolist(), strict=True):
        beta, signal, before = (
            float(betas[time]),
            float(alphas_cumprod[time]),
            float(alphas_cumprod[time - 1]),
        )
        from_x_0, from_x_t = before**0.5 * beta, (1 - beta) ** 0.5 * (1 - before)
        rows.append((from_x_0 * clean + from_x_t * x) / (1 - signal))
        variances.append(beta * (1 - before) / (1 - signal))
    variance = x_t.new_tensor(variances).reshape((-1,) + (1,) * (x_t.ndim - 1))
    if not isinstance(t, torch.Tensor):
        variance = variance.flatten()[0]
    return torch.stack(rows), variance
