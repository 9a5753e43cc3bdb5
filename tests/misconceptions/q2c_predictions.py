"""Question 2(c): from x_t and its noise to the data, and from x_t and the data to the noise."""

from autograder.misconceptions.writing import hint, right, wrong

# ---------------------------------------------------------------------------- predict_x_0
TASK = "diffusion.gaussian.predict_x_0"


@wrong("adds the noise again instead of removing it", often="values")
@hint("x_t already contains the noise. Put your x_0_hat into `q_sample`: does it return x_t?")
def predict_x_0_adds_the_noise(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t + (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong("removes the noise, but leaves the data as small as it is in x_t", often="values")
@hint("What is in front of x_0 in the equation of `q_sample`?")
def predict_x_0_stays_small(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t - (1 - signal).sqrt().to(x_t) * eps_hat


@wrong("divides only x_t, not the whole difference", often="values")
@hint("Where do the parentheses of your quotient start? Put the result into `q_sample` and compare with x_t.")
def predict_x_0_without_brackets(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t / signal.sqrt().to(x_t) - (1 - signal).sqrt().to(x_t) * eps_hat


@wrong("forgets the square root in the factor of the noise", sometimes="values")
@hint("Is 1 - alphas_cumprod[t] the variance or the standard deviation of the noise in x_t?")
def predict_x_0_noise_without_root(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong("forgets the square root in the divisor", sometimes="values")
@hint("alphas_cumprod[t] is a share of a variance. By what is the data itself multiplied?")
def predict_x_0_data_without_root(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.to(x_t)


@wrong("computes 1 minus a square root instead of the square root of 1 minus a number", sometimes="values")
@hint("What do the squares of the two factors of `q_sample` add up to? What about the squares of yours?")
def predict_x_0_one_minus_root(x_t, eps_hat, t, alphas_cumprod):
    root = schedules.at(alphas_cumprod, t, x_t).sqrt().to(x_t)
    return (x_t - (1 - root) * eps_hat) / root


@wrong("exchanges the factors of the data and of the noise", sometimes="values")
@hint("Which of the two factors is 1 at time 0, and which is 0?")
def predict_x_0_exchanges_the_factors(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt().to(x_t) * eps_hat) / (1 - signal).sqrt().to(x_t)


@wrong("reads the schedule one step too early", often="off by one in time")
@hint("Time is 1-based, and index 0 is for clean data: which index belongs to time t?")
def predict_x_0_one_step_early(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t - 1, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong("clamps the data to [-1, 1], although no clamp is requested", sometimes="values")
@hint("Which argument could request a clamp? Does this docstring name one?")
def predict_x_0_clamps(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    x_0_hat = (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)
    return x_0_hat.clamp(-1, 1)


@wrong("puts the times along the last axis of the data", often="exception")
@hint("Which axis of the data does t belong to? `schedules.at` is there to help.")
def predict_x_0_along_the_last_axis(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[t].to(x_t)
    return (x_t - torch.sqrt(1 - signal) * eps_hat) / torch.sqrt(signal)


@wrong("gives the coefficients a shape that fits only images", sometimes="shape")
@hint("How many axes does the data have? The module's docstring allows any number after the batch.")
def predict_x_0_images_only(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[t].view(-1, 1, 1, 1)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong("uses the first sample's time for the whole batch", sometimes="values")
@hint("t may be Long[B]. Try a batch whose samples have different times.")
def predict_x_0_one_time_for_all(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[torch.as_tensor(t).flatten()[0]]
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong("lets the double precision of the schedule change the dtype of single-precision data", often="dtype")
@hint("Try it with float32 data and t Long[B]. Which dtype does the module's docstring promise?")
def predict_x_0_becomes_double(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).sqrt() * eps_hat) / signal.sqrt()


@wrong("computes the coefficients in single precision", sometimes="values")
@hint("In which dtype must coefficients be computed, according to the module's docstring?")
def predict_x_0_single_inside(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod.float(), t, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong("casts the schedule to the dtype of the data before it takes the difference from 1", often="values")
@hint("After a tiny first step alphas_cumprod is nearly 1. How many digits of the rest are left in float32?")
def predict_x_0_casts_too_early(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t).to(x_t)
    return (x_t - (1 - signal).sqrt() * eps_hat) / signal.sqrt()


@wrong("treats the network's guess as a constant", rarely="no gradient")
@hint("Results are differentiable in the data and the guess. Where is the graph cut?")
def predict_x_0_detaches_the_guess(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat.detach()) / signal.sqrt().to(x_t)


@wrong("flattens with view, which does not work for every order in memory", rarely="exception")
@hint("Try images whose axes have been permuted. Which function flattens any tensor?")
def predict_x_0_contiguous_only(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[torch.as_tensor(t)].reshape(-1, 1)
    flat, flat_noise = x_t.view(len(x_t), -1), eps_hat.view(len(eps_hat), -1)
    x_0_hat = (flat - (1 - signal).sqrt().to(x_t) * flat_noise) / signal.sqrt().to(x_t)
    return x_0_hat.view(x_t.shape)


@right("loops over the samples of the batch, with plain numbers")
def predict_x_0_by_loop(x_t, eps_hat, t, alphas_cumprod):
    times = torch.as_tensor(t).expand(len(x_t)).tolist()
    shares = [alphas_cumprod[time].item() for time in times]
    rows = [
        (x - (1 - share) ** 0.5 * eps) / share**0.5
        for x, eps, share in zip(x_t, eps_hat, shares, strict=True)
    ]
    return torch.stack(rows)


@right("scales x_t and the noise separately, with the ratio of noise to signal")
def predict_x_0_by_noise_to_signal(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    noise_to_signal = (signal.reciprocal() - 1).sqrt()
    return signal.rsqrt().to(x_t) * x_t - noise_to_signal.to(x_t) * eps_hat


@right("computes everything in double precision and casts at the end")
def predict_x_0_in_double(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    x_0_hat = torch.addcmul(x_t.double(), (1 - signal).sqrt(), eps_hat.double(), value=-1) / signal.sqrt()
    return x_0_hat.to(x_t.dtype)


# ---------------------------------------------------------------------------- predict_noise
TASK = "diffusion.gaussian.predict_noise"


@wrong("subtracts x_t from the data instead of the data from x_t", sometimes="sign")
@hint("Put your noise into `q_sample`: does it return x_t?")
def predict_noise_with_the_wrong_sign(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (signal.sqrt().to(x_t) * x_0 - x_t) / (1 - signal).sqrt().to(x_t)


@wrong("returns the noise as large as it is in x_t, not the standard normal noise", often="values")
@hint("`q_sample` takes noise of variance 1. By what does it multiply this noise?")
def predict_noise_as_it_is_in_x_t(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t - signal.sqrt().to(x_t) * x_0


@wrong("divides only x_t, not the whole difference", often="values")
@hint("Where do the parentheses of your quotient start? Put the result into `q_sample` and compare with x_t.")
def predict_noise_without_brackets(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t / (1 - signal).sqrt().to(x_t) - signal.sqrt().to(x_t) * x_0


@wrong("subtracts the whole data, as if x_t still contained all of it", often="values")
@hint("How much of x_0 is left in x_t? At the last time, almost nothing is left.")
def predict_noise_takes_all_of_the_data_away(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - x_0) / (1 - signal).sqrt().to(x_t)


@wrong("forgets the square root in the factor of the data", sometimes="values")
@hint("alphas_cumprod[t] is a share of a variance. By what is the data itself multiplied?")
def predict_noise_data_without_root(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong("forgets the square root in the divisor", sometimes="values")
@hint("Is 1 - alphas_cumprod[t] the variance or the standard deviation of the noise in x_t?")
def predict_noise_divides_by_the_variance(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).to(x_t)


@wrong("computes 1 minus a square root instead of the square root of 1 minus a number", sometimes="values")
@hint("What do the squares of the two factors of `q_sample` add up to? What about the squares of yours?")
def predict_noise_one_minus_root(x_t, x_0, t, alphas_cumprod):
    root = schedules.at(alphas_cumprod, t, x_t).sqrt().to(x_t)
    return (x_t - root * x_0) / (1 - root)


@wrong("calls `predict_x_0` with the data in place of the noise", sometimes="values")
@hint("Is the equation between x_t, x_0 and the noise the same when the last two change places?")
def predict_noise_by_predict_x_0(x_t, x_0, t, alphas_cumprod):
    return predict_x_0(x_t, x_0, t, alphas_cumprod)


@wrong("reads the schedule one step too early, and divides by 0 at t = 1", often="not finite")
@hint("Time is 1-based, and index 0 is for clean data: which index belongs to time t?")
def predict_noise_one_step_early(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t - 1, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong("adds a small number to the divisor, although the divisor is never 0", sometimes="values")
@hint("For which t is 1 - alphas_cumprod[t] equal to 0? Is this t allowed? What is the error at other times?")
def predict_noise_with_an_epsilon(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / ((1 - signal).sqrt().to(x_t) + 1e-6)


@wrong("puts the times along the last axis of the data", often="exception")
@hint("Which axis of the data does t belong to? `schedules.at` is there to help.")
def predict_noise_along_the_last_axis(x_t, x_0, t, alphas_cumprod):
    signal = alphas_cumprod[t].to(x_t)
    return (x_t - torch.sqrt(signal) * x_0) / torch.sqrt(1 - signal)


@wrong("uses the last sample's time for the whole batch", rarely="values")
@hint("t may be Long[B]. Try a batch whose samples have different times.")
def predict_noise_one_time_for_all(x_t, x_0, t, alphas_cumprod):
    signal = alphas_cumprod[torch.as_tensor(t).flatten()[-1]]
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong("lets the double precision of the schedule change the dtype of single-precision data", often="dtype")
@hint("Try it with float32 data and t Long[B]. Which dtype does the module's docstring promise?")
def predict_noise_becomes_double(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt() * x_0) / (1 - signal).sqrt()


@wrong("computes the coefficients in single precision", sometimes="values")
@hint("In which dtype must coefficients be computed, according to the module's docstring?")
def predict_noise_single_inside(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod.float(), t, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong("casts the schedule to the dtype of the data before it takes the difference from 1", often="values")
@hint("After a tiny first step alphas_cumprod is nearly 1. How many digits of the rest are left in float32?")
def predict_noise_casts_too_early(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t).to(x_t)
    return (x_t - signal.sqrt() * x_0) / (1 - signal).sqrt()


@wrong("cuts everything out of the autograd graph", rarely="no gradient")
@hint("Results are differentiable in the data. Where does your code leave autograd?")
def predict_noise_without_gradient(x_t, x_0, t, alphas_cumprod):
    with torch.no_grad():
        signal = schedules.at(alphas_cumprod, t, x_t)
        return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@right("loops over the samples of the batch, with plain numbers")
def predict_noise_by_loop(x_t, x_0, t, alphas_cumprod):
    times = torch.as_tensor(t).expand(len(x_t)).tolist()
    shares = [alphas_cumprod[time].item() for time in times]
    rows = [
        (x - share**0.5 * clean) / (1 - share) ** 0.5
        for x, clean, share in zip(x_t, x_0, shares, strict=True)
    ]
    return torch.stack(rows)


@right("computes in double precision, with a reciprocal root and torch.lerp")
def predict_noise_in_double(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    noise = torch.lerp(torch.zeros_like(x_t, dtype=torch.float64), x_0.double(), signal.sqrt())
    return ((x_t.double() - noise) * (1 - signal).rsqrt()).to(x_t.dtype)
