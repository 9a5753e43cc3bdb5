"""Question 2(a): one forward step, and all of them at once."""

from autograder.misconceptions.writing import edit, hint, right, wrong

# ---------------------------------------------------------------------------- forward_step
TASK = "diffusion.gaussian.forward_step"


@wrong("multiplies the noise by the variance instead of the standard deviation", often="values")
@hint("What is the second argument of N(., .) in the docstring? And what does a factor do to a variance?")
@edit("beta.sqrt().to(x_prev)", "beta.to(x_prev)")
def forward_step_variance_for_deviation(): ...


@wrong("treats betas[t] as a standard deviation everywhere", sometimes="values")
@hint(
    "The variances of the kept data and of the noise add up to 1. Do yours add up with beta as the variance?"
)
def forward_step_beta_is_a_deviation(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev)
    return (1 - beta**2).sqrt().to(x_prev) * x_prev + beta.to(x_prev) * noise


@wrong("forgets the square root in the factor of the data", often="values")
@hint("Read the mean of the distribution in the docstring again.")
@edit("(1 - beta).sqrt().to(x_prev)", "(1 - beta).to(x_prev)")
def forward_step_mean_without_root(): ...


@wrong("adds noise without shrinking the data", sometimes="values")
@hint("What is the mean of x_t given x_{t-1}? What happens to the variance after a thousand such steps?")
def forward_step_keeps_all_of_the_data(x_prev, t, betas, noise):
    return x_prev + schedules.at(betas, t, x_prev).sqrt().to(x_prev) * noise


@wrong("reads the beta of the step before", often="off by one in time")
@hint("Time is 1-based: at which index is the beta of the first step?")
@edit("schedules.at(betas, t, x_prev)", "schedules.at(betas, t - 1, x_prev)")
def forward_step_beta_before(): ...


@wrong("does all steps up to t instead of one step", sometimes="values")
@hint("What is x_prev: clean data, or the result of the steps before?")
def forward_step_all_steps(x_prev, t, betas, noise):
    share = schedules.at(torch.cumprod(1 - betas, dim=0), t, x_prev)
    return share.sqrt().to(x_prev) * x_prev + (1 - share).sqrt().to(x_prev) * noise


@wrong("draws its own noise and does not use the caller's noise", sometimes="ignores an argument")
@hint("Call it twice with the same arguments. Where should all of the randomness come from?")
def forward_step_own_noise(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev)
    mean = (1 - beta).sqrt().to(x_prev) * x_prev
    return mean + beta.sqrt().to(x_prev) * torch.randn_like(x_prev)


@wrong("puts the entries of the schedule along the last axis of the data", often="exception")
@hint("Which axis of the data does t belong to? `schedules.at` is there to help.")
def forward_step_along_the_last_axis(x_prev, t, betas, noise):
    beta = betas[t].to(x_prev)
    return torch.sqrt(1 - beta) * x_prev + torch.sqrt(beta) * noise


@wrong("gives the coefficients a shape that fits only images", sometimes="shape")
@hint("How many axes does the data have? The docstring allows any number after the batch.")
def forward_step_images_only(x_prev, t, betas, noise):
    beta = betas[t].reshape(-1, 1, 1, 1).to(x_prev)
    return torch.sqrt(1 - beta) * x_prev + torch.sqrt(beta) * noise


@wrong("uses the first sample's time for the whole batch", sometimes="values")
@hint("t may be Long[B]. Try a batch whose samples have different times.")
def forward_step_one_time_for_all(x_prev, t, betas, noise):
    first = torch.as_tensor(t).reshape(-1)[0]
    beta = betas[first].to(x_prev)
    return torch.sqrt(1 - beta) * x_prev + torch.sqrt(beta) * noise


@wrong("lets the double precision of the schedule change the dtype of single-precision data", often="dtype")
@hint("Try it with float32 data and t Long[B]. Which dtype does the module's docstring promise?")
def forward_step_becomes_double(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev)
    return (1 - beta).sqrt() * x_prev + beta.sqrt() * noise


@wrong("computes the coefficients in single precision", rarely="values")
@hint("In which dtype must coefficients be computed, according to the module's docstring?")
@edit("betas", "betas.float()")
def forward_step_single_inside(): ...


@wrong("reuses the memory of the caller's noise for the result", rarely="argument changed in place")
@hint("What does a method do if its name ends with an underscore? Who else may use that tensor?")
def forward_step_into_noise(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev)
    return noise.mul_(beta.sqrt().to(x_prev)).add_((1 - beta).sqrt().to(x_prev) * x_prev)


@wrong("cuts the data out of the autograd graph", rarely="no gradient")
@hint("Results are differentiable in the data. Where does your code leave autograd?")
def forward_step_without_gradient(x_prev, t, betas, noise):
    beta = schedules.at(betas, t, x_prev)
    with torch.no_grad():
        mean = (1 - beta).sqrt().to(x_prev) * x_prev
    return mean + beta.sqrt().to(x_prev) * noise


@wrong("flattens with view, which does not work for every order in memory", rarely="exception")
@hint("Try images whose axes have been permuted. Which function flattens any tensor?")
def forward_step_contiguous_only(x_prev, t, betas, noise):
    beta = betas[torch.as_tensor(t)].reshape(-1, 1)
    flat, flat_noise = x_prev.view(len(x_prev), -1), noise.view(len(noise), -1)
    x_t = (1 - beta).sqrt().to(x_prev) * flat + beta.sqrt().to(x_prev) * flat_noise
    return x_t.view(x_prev.shape)


@right("loops over the samples of the batch")
def forward_step_by_loop(x_prev, t, betas, noise):
    times = torch.as_tensor(t).expand(len(x_prev)).tolist()
    rows = []
    for x, z, time in zip(x_prev, noise, times, strict=True):
        beta = float(betas[time])
        rows.append((1 - beta) ** 0.5 * x + beta**0.5 * z)
    return torch.stack(rows)


@right("computes everything in double precision, with einsum, and casts the result")
def forward_step_by_einsum(x_prev, t, betas, noise):
    beta = betas.double()[torch.as_tensor(t, device=betas.device)].expand(len(x_prev)).to(x_prev.device)
    kept = torch.einsum("b,b...->b...", (1 - beta) ** 0.5, x_prev.double())
    added = torch.einsum("b,b...->b...", beta**0.5, noise.double())
    return (kept + added).to(x_prev.dtype)


# ---------------------------------------------------------------------------- q_sample
TASK = "diffusion.gaussian.q_sample"


@wrong("multiplies the noise by its variance instead of its standard deviation", often="values")
@hint("What does a factor in front of a random variable do to its variance?")
@edit("(1 - signal).sqrt().to(x_0)", "(1 - signal).to(x_0)")
def q_sample_variance_for_deviation(): ...


@wrong("multiplies the data by the share of its variance", often="values")
@hint("alphas_cumprod is a share of variance. Is that the factor in front of x_0?")
@edit("signal.sqrt().to(x_0)", "signal.to(x_0)")
def q_sample_mean_without_root(): ...


@wrong("exchanges the factors of data and noise", sometimes="values")
@hint("At time 0, how much of the data and how much of the noise should be in the result?")
def q_sample_factors_exchanged(x_0, t, alphas_cumprod, noise):
    signal = schedules.at(alphas_cumprod, t, x_0)
    return (1 - signal).sqrt().to(x_0) * x_0 + signal.sqrt().to(x_0) * noise


@wrong("makes the two factors add up to 1, not the two variances", sometimes="values")
@hint("Which quantity of data and noise together is the same at all times?")
def q_sample_factors_sum_to_one(x_0, t, alphas_cumprod, noise):
    keep = schedules.at(alphas_cumprod, t, x_0).sqrt().to(x_0)
    return keep * x_0 + (1 - keep) * noise


@wrong("reads one index too early, and at time 0 the last entry of the schedule", often="values")
@hint("Time is 1-based and index 0 is for clean data. Which index belongs to time t?")
@edit("schedules.at(alphas_cumprod, t, x_0)", "schedules.at(alphas_cumprod, t - 1, x_0)")
def q_sample_index_too_early(): ...


@wrong("removes the schedule's entry for time 0, so that the last time has no entry", sometimes="exception")
@hint("How many entries does the schedule have, and which times do they belong to?")
@edit("alphas_cumprod", "alphas_cumprod[1:]")
def q_sample_drops_time_zero(): ...


@wrong("takes the cumulative product of a schedule that is already cumulative", sometimes="values")
@hint("What does the name alphas_cumprod say has already been done to it?")
@edit("alphas_cumprod", "torch.cumprod(alphas_cumprod, dim=0)")
def q_sample_accumulates_twice(): ...


@wrong("goes through the steps and adds the same noise in each of them", sometimes="values")
@hint(
    "The noises of different steps are independent. Is the sum of two of them the same as twice one of them?"
)
def q_sample_same_noise_each_step(x_0, t, alphas_cumprod, noise):
    rows = []
    for x, z, last in zip(x_0, noise, torch.as_tensor(t).expand(len(x_0)).tolist()):
        for step in range(1, last + 1):
            keep = (alphas_cumprod[step] / alphas_cumprod[step - 1]).to(x_0)
            x = keep.sqrt() * x + (1 - keep).sqrt() * z
        rows.append(x)
    return torch.stack(rows)


@wrong("draws its own noise and does not use the caller's noise", sometimes="ignores an argument")
@hint("Call it twice with the same arguments. Where should all of the randomness come from?")
def q_sample_own_noise(x_0, t, alphas_cumprod, noise):
    signal = schedules.at(alphas_cumprod, t, x_0)
    noise = torch.randn_like(x_0)
    return signal.sqrt().to(x_0) * x_0 + (1 - signal).sqrt().to(x_0) * noise


@wrong("lets the double precision of the schedule change the dtype of single-precision data", often="dtype")
@hint("Which dtype does the module's docstring promise for the result?")
def q_sample_becomes_double(x_0, t, alphas_cumprod, noise):
    signal = schedules.at(alphas_cumprod, t, x_0)
    return signal.sqrt() * x_0 + (1 - signal).sqrt() * noise


@wrong("rounds the schedule to the dtype of the data before it subtracts from 1", sometimes="values")
@hint("After a tiny first step, how many digits of the noise's variance are left in single precision?")
def q_sample_casts_first(x_0, t, alphas_cumprod, noise):
    signal = schedules.at(alphas_cumprod, t, x_0).to(x_0)
    return signal.sqrt() * x_0 + (1 - signal).sqrt() * noise


@wrong("keeps the noise's variance away from 0, so that time 0 is not clean", rarely="values")
@hint("What does the docstring say about t = 0? Is there anything here that must be kept away from 0?")
def q_sample_noise_at_time_zero(x_0, t, alphas_cumprod, noise):
    signal = schedules.at(alphas_cumprod, t, x_0)
    spread = (1 - signal).clamp(min=1e-5).sqrt()
    return signal.sqrt().to(x_0) * x_0 + spread.to(x_0) * noise


@wrong("returns the noise too", sometimes="type")
@hint("Which return type does the function's annotation promise, and who already has the noise?")
@edit("noise", "noise, noise")
def q_sample_returns_noise_too(): ...


@wrong("uses the first sample's time for the whole batch", sometimes="values")
@hint("t may be Long[B]. Try a batch whose samples have different times.")
@edit("schedules.at(alphas_cumprod, t, x_0)", "alphas_cumprod[torch.as_tensor(t).reshape(-1)[0]]")
def q_sample_one_time_for_all(): ...


@wrong("adds an axis that fits only vectors", often="exception")
@hint("How many axes does the data have? The docstring allows any number after the batch, including none.")
@edit("schedules.at(alphas_cumprod, t, x_0)", "alphas_cumprod[t].reshape(-1, 1)")
def q_sample_vectors_only(): ...


@wrong("treats the noise as a constant", rarely="no gradient")
@hint("Results are differentiable in the data, and the noise is one of the tensors that they are made from.")
@edit("noise", "noise.detach()")
def q_sample_noise_detached(): ...


@wrong("takes the square root of the caller's schedule in place", rarely="argument changed in place")
@hint("What does a method do if its name ends with an underscore? Call your function twice in a row.")
def q_sample_root_in_place(x_0, t, alphas_cumprod, noise):
    factor = schedules.at(alphas_cumprod.sqrt_(), t, x_0)
    return factor.to(x_0) * x_0 + (1 - factor**2).sqrt().to(x_0) * noise


@right("selects the entries by a one-hot product and computes roots through logarithms")
def q_sample_by_one_hot(x_0, t, alphas_cumprod, noise):
    times = torch.as_tensor(t, device=alphas_cumprod.device).expand(len(x_0))
    signal = F.one_hot(times, len(alphas_cumprod)).to(alphas_cumprod) @ alphas_cumprod
    signal = signal.reshape(-1, *[1] * (x_0.ndim - 1))
    keep, spread = torch.exp(0.5 * torch.log(signal)), torch.exp(0.5 * torch.log1p(-signal))
    return keep.to(x_0) * x_0 + spread.to(x_0) * noise


@right("uses an angle: its cosine for the data, its sine for the noise")
def q_sample_by_angle(x_0, t, alphas_cumprod, noise):
    signal = alphas_cumprod.gather(0, torch.as_tensor(t, device=alphas_cumprod.device).reshape(-1))
    angle = torch.atan2((1 - signal).sqrt(), signal.sqrt()).view((-1,) + (1,) * (x_0.ndim - 1))
    return (angle.cos() * x_0.double() + angle.sin() * noise.double()).to(x_0)
