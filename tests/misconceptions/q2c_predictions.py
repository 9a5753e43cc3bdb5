"""Question 2(c): from x_t and its noise to the data, and from x_t and the data to the noise."""

from autograder.misconceptions.bank import right, wrong

DATA = "diffusion.gaussian.predict_x_0"
NOISE = "diffusion.gaussian.predict_noise"


# ---------------------------------------------------------------------------- predict_x_0


@wrong(
    DATA,
    says="adds the noise once more instead of taking it away",
    hint="x_t has the noise in it already. Put your x_0_hat into `q_sample`: does x_t come back?",
    common="often",
    failure="values",
)
def predict_x_0_adds_the_noise(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t + (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="takes the noise away, but leaves the data as small as it is in x_t",
    hint="What stands in front of x_0 in the equation of `q_sample`?",
    common="often",
    failure="values",
)
def predict_x_0_stays_small(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t - (1 - signal).sqrt().to(x_t) * eps_hat


@wrong(
    DATA,
    says="divides x_t only, not the whole difference",
    hint="Where do the brackets of your quotient open? Put the result into `q_sample` and compare with x_t.",
    common="often",
    failure="values",
)
def predict_x_0_without_brackets(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t / signal.sqrt().to(x_t) - (1 - signal).sqrt().to(x_t) * eps_hat


@wrong(
    DATA,
    says="leaves the square root off the factor of the noise",
    hint="Is 1 - alphas_cumprod[t] the variance or the standard deviation of the noise in x_t?",
    common="sometimes",
    failure="values",
)
def predict_x_0_noise_without_root(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="leaves the square root off the divisor",
    hint="alphas_cumprod[t] is a share of a variance. By what is the data itself multiplied?",
    common="sometimes",
    failure="values",
)
def predict_x_0_data_without_root(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.to(x_t)


@wrong(
    DATA,
    says="takes one minus a root for the root of one minus",
    hint="What do the squares of the two factors of `q_sample` add up to, and what do those of yours?",
    common="sometimes",
    failure="values",
)
def predict_x_0_one_minus_root(x_t, eps_hat, t, alphas_cumprod):
    root = schedules.at(alphas_cumprod, t, x_t).sqrt().to(x_t)
    return (x_t - (1 - root) * eps_hat) / root


@wrong(
    DATA,
    says="exchanges the factors of the data and of the noise",
    hint="Which of the two factors is 1 at time 0, and which is 0?",
    common="sometimes",
    failure="values",
)
def predict_x_0_exchanges_the_factors(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt().to(x_t) * eps_hat) / (1 - signal).sqrt().to(x_t)


@wrong(
    DATA,
    says="reads the schedule one step too early",
    hint="Time is 1-based, and index 0 is clean data: where does time t stand?",
    common="often",
    failure="off by one in time",
)
def predict_x_0_one_step_early(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t - 1, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="clamps the data to [-1, 1] unasked",
    hint="Who asks for a clamp, and with which argument? Is one named in this docstring?",
    common="sometimes",
    failure="values",
)
def predict_x_0_clamps(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    x_0_hat = (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)
    return x_0_hat.clamp(-1, 1)


@wrong(
    DATA,
    says="lays the times along the last axis of the data",
    hint="Which axis of the data does t run along? `schedules.at` is there to help.",
    common="often",
    failure="exception",
)
def predict_x_0_along_the_last_axis(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[t].to(x_t)
    return (x_t - torch.sqrt(1 - signal) * eps_hat) / torch.sqrt(signal)


@wrong(
    DATA,
    says="shapes the coefficients for images only",
    hint="How many axes does the data have? The module's docstring allows any number after the batch.",
    common="sometimes",
    failure="shape",
)
def predict_x_0_images_only(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[t].view(-1, 1, 1, 1)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="takes the first sample's time for the whole batch",
    hint="t may be Long[B]. Try a batch whose samples have different times.",
    common="sometimes",
    failure="values",
)
def predict_x_0_one_time_for_all(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[torch.as_tensor(t).flatten()[0]]
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="lets the schedule's double precision spread to single-precision data",
    hint="Try it with float32 data and t Long[B]. Which dtype does the module's docstring promise?",
    common="often",
    failure="dtype",
)
def predict_x_0_becomes_double(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).sqrt() * eps_hat) / signal.sqrt()


@wrong(
    DATA,
    says="works out the coefficients in single precision",
    hint="In which dtype does the module's docstring want coefficients worked out?",
    common="sometimes",
    failure="values",
)
def predict_x_0_single_inside(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod.float(), t, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="casts the schedule to the data's dtype before it takes the difference from 1",
    hint="After a tiny first step alphas_cumprod is nearly 1. How many digits of the rest are left in float32?",
    common="often",
    failure="values",
)
def predict_x_0_casts_too_early(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t).to(x_t)
    return (x_t - (1 - signal).sqrt() * eps_hat) / signal.sqrt()


@wrong(
    DATA,
    says="treats the network's guess as a constant",
    hint="Results are differentiable in the data and the guess. Where is the graph cut?",
    common="seldom",
    failure="no gradient",
)
def predict_x_0_detaches_the_guess(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - (1 - signal).sqrt().to(x_t) * eps_hat.detach()) / signal.sqrt().to(x_t)


@wrong(
    DATA,
    says="flattens with view, which some orders of memory do not allow",
    hint="Try images whose axes have been permuted. Which function flattens any tensor?",
    common="seldom",
    failure="exception",
)
def predict_x_0_contiguous_only(x_t, eps_hat, t, alphas_cumprod):
    signal = alphas_cumprod[torch.as_tensor(t)].reshape(-1, 1)
    flat, flat_noise = x_t.view(len(x_t), -1), eps_hat.view(len(eps_hat), -1)
    x_0_hat = (flat - (1 - signal).sqrt().to(x_t) * flat_noise) / signal.sqrt().to(x_t)
    return x_0_hat.view(x_t.shape)


@right(DATA, says="loops over the samples of the batch, with plain numbers")
def predict_x_0_by_loop(x_t, eps_hat, t, alphas_cumprod):
    times = torch.as_tensor(t).expand(len(x_t)).tolist()
    shares = [alphas_cumprod[time].item() for time in times]
    rows = [
        (x - (1 - share) ** 0.5 * eps) / share**0.5
        for x, eps, share in zip(x_t, eps_hat, shares, strict=True)
    ]
    return torch.stack(rows)


@right(DATA, says="scales x_t and the noise apart from each other, by the noise for each unit of signal")
def predict_x_0_by_noise_to_signal(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    noise_to_signal = (signal.reciprocal() - 1).sqrt()
    return signal.rsqrt().to(x_t) * x_t - noise_to_signal.to(x_t) * eps_hat


@right(DATA, says="works in double precision throughout and casts at the end")
def predict_x_0_in_double(x_t, eps_hat, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    x_0_hat = torch.addcmul(x_t.double(), (1 - signal).sqrt(), eps_hat.double(), value=-1) / signal.sqrt()
    return x_0_hat.to(x_t.dtype)


# ---------------------------------------------------------------------------- predict_noise


@wrong(
    NOISE,
    says="takes x_t away from the data instead of the data from x_t",
    hint="Put your noise into `q_sample`: does x_t come back?",
    common="sometimes",
    failure="sign",
)
def predict_noise_with_the_wrong_sign(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (signal.sqrt().to(x_t) * x_0 - x_t) / (1 - signal).sqrt().to(x_t)


@wrong(
    NOISE,
    says="gives the noise as large as it is in x_t, and not the standard normal one",
    hint="`q_sample` is given noise of variance 1. What does it multiply it with?",
    common="often",
    failure="values",
)
def predict_noise_as_it_is_in_x_t(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t - signal.sqrt().to(x_t) * x_0


@wrong(
    NOISE,
    says="divides x_t only, not the whole difference",
    hint="Where do the brackets of your quotient open? Put the result into `q_sample` and compare with x_t.",
    common="often",
    failure="values",
)
def predict_noise_without_brackets(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return x_t / (1 - signal).sqrt().to(x_t) - signal.sqrt().to(x_t) * x_0


@wrong(
    NOISE,
    says="takes the whole data away, as if x_t still had all of it",
    hint="How much of x_0 is left in x_t? At the last time almost nothing is.",
    common="often",
    failure="values",
)
def predict_noise_takes_all_of_the_data_away(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - x_0) / (1 - signal).sqrt().to(x_t)


@wrong(
    NOISE,
    says="leaves the square root off the factor of the data",
    hint="alphas_cumprod[t] is a share of a variance. By what is the data itself multiplied?",
    common="sometimes",
    failure="values",
)
def predict_noise_data_without_root(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong(
    NOISE,
    says="leaves the square root off the divisor",
    hint="Is 1 - alphas_cumprod[t] the variance or the standard deviation of the noise in x_t?",
    common="sometimes",
    failure="values",
)
def predict_noise_divides_by_the_variance(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).to(x_t)


@wrong(
    NOISE,
    says="takes one minus a root for the root of one minus",
    hint="What do the squares of the two factors of `q_sample` add up to, and what do those of yours?",
    common="sometimes",
    failure="values",
)
def predict_noise_one_minus_root(x_t, x_0, t, alphas_cumprod):
    root = schedules.at(alphas_cumprod, t, x_t).sqrt().to(x_t)
    return (x_t - root * x_0) / (1 - root)


@wrong(
    NOISE,
    says="calls `predict_x_0` with the data in the place of the noise",
    hint="Is the equation between x_t, x_0 and the noise the same when the last two change places?",
    common="sometimes",
    failure="values",
)
def predict_noise_by_predict_x_0(x_t, x_0, t, alphas_cumprod):
    return predict_x_0(x_t, x_0, t, alphas_cumprod)


@wrong(
    NOISE,
    says="reads the schedule one step too early, and divides by 0 at t = 1",
    hint="Time is 1-based, and index 0 is clean data: where does time t stand?",
    common="often",
    failure="not finite",
)
def predict_noise_one_step_early(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t - 1, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong(
    NOISE,
    says="adds a small number to the divisor, which is never 0",
    hint="For which t is 1 - alphas_cumprod[t] equal to 0, and may t be that? What does it cost elsewhere?",
    common="sometimes",
    failure="values",
)
def predict_noise_with_an_epsilon(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / ((1 - signal).sqrt().to(x_t) + 1e-6)


@wrong(
    NOISE,
    says="lays the times along the last axis of the data",
    hint="Which axis of the data does t run along? `schedules.at` is there to help.",
    common="often",
    failure="exception",
)
def predict_noise_along_the_last_axis(x_t, x_0, t, alphas_cumprod):
    signal = alphas_cumprod[t].to(x_t)
    return (x_t - torch.sqrt(signal) * x_0) / torch.sqrt(1 - signal)


@wrong(
    NOISE,
    says="takes the last sample's time for the whole batch",
    hint="t may be Long[B]. Try a batch whose samples have different times.",
    common="seldom",
    failure="values",
)
def predict_noise_one_time_for_all(x_t, x_0, t, alphas_cumprod):
    signal = alphas_cumprod[torch.as_tensor(t).flatten()[-1]]
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong(
    NOISE,
    says="lets the schedule's double precision spread to single-precision data",
    hint="Try it with float32 data and t Long[B]. Which dtype does the module's docstring promise?",
    common="often",
    failure="dtype",
)
def predict_noise_becomes_double(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    return (x_t - signal.sqrt() * x_0) / (1 - signal).sqrt()


@wrong(
    NOISE,
    says="works out the coefficients in single precision",
    hint="In which dtype does the module's docstring want coefficients worked out?",
    common="sometimes",
    failure="values",
)
def predict_noise_single_inside(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod.float(), t, x_t)
    return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@wrong(
    NOISE,
    says="casts the schedule to the data's dtype before it takes the difference from 1",
    hint="After a tiny first step alphas_cumprod is nearly 1. How many digits of the rest are left in float32?",
    common="often",
    failure="values",
)
def predict_noise_casts_too_early(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t).to(x_t)
    return (x_t - signal.sqrt() * x_0) / (1 - signal).sqrt()


@wrong(
    NOISE,
    says="cuts everything out of the graph",
    hint="Results are differentiable in the data. Where does your code leave autograd?",
    common="seldom",
    failure="no gradient",
)
def predict_noise_without_gradient(x_t, x_0, t, alphas_cumprod):
    with torch.no_grad():
        signal = schedules.at(alphas_cumprod, t, x_t)
        return (x_t - signal.sqrt().to(x_t) * x_0) / (1 - signal).sqrt().to(x_t)


@right(NOISE, says="loops over the samples of the batch, with plain numbers")
def predict_noise_by_loop(x_t, x_0, t, alphas_cumprod):
    times = torch.as_tensor(t).expand(len(x_t)).tolist()
    shares = [alphas_cumprod[time].item() for time in times]
    rows = [
        (x - share**0.5 * clean) / (1 - share) ** 0.5
        for x, clean, share in zip(x_t, x_0, shares, strict=True)
    ]
    return torch.stack(rows)


@right(NOISE, says="works in double precision, with a reciprocal root and torch.lerp")
def predict_noise_in_double(x_t, x_0, t, alphas_cumprod):
    signal = schedules.at(alphas_cumprod, t, x_t)
    noise = torch.lerp(torch.zeros_like(x_t, dtype=torch.float64), x_0.double(), signal.sqrt())
    return ((x_t.double() - noise) * (1 - signal).rsqrt()).to(x_t.dtype)
