"""Question 3(a): the probability that the whole sum is not positive, and its logarithm."""

from autograder.misconceptions.writing import edit, hint, right, wrong

# -- probability_nonpositive ----------------------------------------------------------------------------------
TASK = "early_exit.partial_sums.probability_nonpositive"


@wrong("returns the probability of the other sign", often="values")
@hint("If the partial sum is large and positive, is the probability that Y is not positive large or small?")
@edit("-partial_sum", "partial_sum")
@edit("partial_sum <= 0", "partial_sum >= 0")
def probability_nonpositive_other_sign(): ...


@wrong("divides by the variance instead of the standard deviation", often="values")
@hint("By which quantity do you divide a normal variable to make it standard normal?")
def probability_nonpositive_by_variance(partial_sum, remaining_variance):
    probability = 0.5 * torch.erfc(partial_sum / remaining_variance / 2**0.5)
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong("uses erfc without any change as the tail of the standard normal distribution", sometimes="values")
@hint("Which normal variable has the tail erfc? Look up the definition of erfc; Phi(1) is 0.8413.")
@edit("remaining_variance / 2**0.5", "remaining_variance.sqrt()", of="probability_nonpositive_by_variance")
def probability_nonpositive_plain_erfc(): ...


@wrong("counts both tails", sometimes="values")
@hint("What should the probability be at a partial sum of 0?")
def probability_nonpositive_two_tails(partial_sum, remaining_variance):
    probability = torch.erfc(partial_sum / (2 * remaining_variance).sqrt())
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong("returns the probability that the sign still changes", sometimes="values")
@hint("What should the probability be for a partial sum that is already negative?")
def probability_nonpositive_sign_change(partial_sum, remaining_variance):
    probability = 0.5 * torch.erfc(partial_sum.abs() / (2 * remaining_variance).sqrt())
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong(
    "computes the tail as 1 minus a number, so that the tail is 0 at nine standard deviations", often="values"
)
@hint("What is 1 - (1 - 1e-20) in floating point? Which function computes the tail itself?")
@edit("0.5 * torch.erfc(-z / 2**0.5)", "0.5 * (1 + torch.erf(z / 2**0.5))")
def probability_nonpositive_loses_the_tail(): ...


@wrong("creates a normal distribution of width 0, which torch does not allow", often="exception")
@hint("What is the distribution of Y if no terms remain? Try variance 0; then try nine standard deviations.")
def probability_nonpositive_normal_cdf(partial_sum, remaining_variance):
    law = torch.distributions.Normal(partial_sum, remaining_variance.sqrt())
    return law.cdf(torch.zeros((), dtype=torch.float64))


@wrong("divides 0 by 0 when all the terms are known", often="not finite")
@hint("What is Y if no terms remain? Try it with the partial sum 0.")
def probability_nonpositive_zero_by_zero(partial_sum, remaining_variance):
    z = -partial_sum / remaining_variance.sqrt()
    return 0.5 * torch.erfc(-z / 2**0.5)


@wrong("adds a small number to the variance, which makes a known sum uncertain", sometimes="values")
@hint("What is P(Y <= 0) if Y is known to be 0, and what does your function return?")
def probability_nonpositive_padded_variance(partial_sum, remaining_variance):
    z = -partial_sum / (remaining_variance + 1e-12).sqrt()
    return 0.5 * torch.erfc(-z / 2**0.5)


@wrong("treats a sum of exactly 0 as positive", sometimes="values")
@hint("Is 0 <= 0?")
@edit("partial_sum <= 0", "partial_sum < 0")
def probability_nonpositive_strictly(): ...


@wrong("uses `if` on a whole tensor of variances", sometimes="exception")
@hint("The arguments can contain many numbers. What would `if` decide for all of them at once?")
def probability_nonpositive_if_on_tensor(partial_sum, remaining_variance):
    if remaining_variance == 0:
        return (partial_sum <= 0).double()
    z = partial_sum / remaining_variance.sqrt()
    return 0.5 * torch.erfc(z / 2**0.5)


@wrong("indexes the result with a mask of another shape if the arguments broadcast", sometimes="exception")
@hint("For a column of sums and a row of variances, which shapes do your mask and your result have?")
def probability_nonpositive_mask_not_broadcast(partial_sum, remaining_variance):
    probability = 0.5 * torch.erfc(partial_sum / (2 * remaining_variance).sqrt())
    known = remaining_variance == 0
    probability[known] = (partial_sum[known] <= 0).double()
    return probability


@wrong("computes in single precision", sometimes="values")
@hint("How small can a number be in single precision, and how many digits does it have?")
def probability_nonpositive_single_inside(partial_sum, remaining_variance):
    z = (partial_sum / remaining_variance.sqrt()).float()
    probability = 0.5 * torch.erfc(z / 2**0.5).double()
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong("replaces every probability below 1e-12 by 1e-12", sometimes="values")
@hint("What does the docstring say about 1e-100?")
def probability_nonpositive_with_a_floor(partial_sum, remaining_variance):
    z = -partial_sum / remaining_variance.sqrt()
    probability = 0.5 * torch.erfc(-z / 2**0.5)
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability).clamp(min=1e-12)


@wrong("returns SciPy's result, which is not a tensor", sometimes="type")
@hint("What type does the signature promise?")
def probability_nonpositive_as_array(partial_sum, remaining_variance):
    from scipy.special import ndtr

    spread = remaining_variance.sqrt().clamp(min=1e-300)
    return ndtr((-partial_sum / spread).numpy())


@wrong(
    "ignores the known terms and returns the probability for a sum without any known term",
    rarely="ignores an argument",
)
@hint("When the first k terms are known, what is the mean of Y?")
def probability_nonpositive_unconditional(partial_sum, remaining_variance):
    shape = torch.broadcast_shapes(partial_sum.shape, remaining_variance.shape)
    return torch.full(shape, 0.5, dtype=torch.float64)


@right("takes the exponential of the logarithm of Phi")
def probability_nonpositive_by_logarithm(partial_sum, remaining_variance):
    known = remaining_variance == 0
    spread = torch.where(known, 1.0, remaining_variance).sqrt()
    probability = torch.special.log_ndtr(-partial_sum / spread).exp()
    return torch.where(known, torch.where(partial_sum > 0, 0.0, 1.0).double(), probability)


@right("uses SciPy, and fills in the certain values with a broadcast mask")
def probability_nonpositive_by_scipy(partial_sum, remaining_variance):
    from scipy.stats import norm

    partial_sum, remaining_variance = torch.broadcast_tensors(partial_sum, remaining_variance)
    probability = (partial_sum <= 0).double()
    open_ = remaining_variance > 0
    z = partial_sum[open_] / remaining_variance[open_].sqrt()
    probability[open_] = torch.as_tensor(norm.sf(z.numpy()), dtype=torch.float64)
    return probability


@right("uses the scaled complementary error function of the absolute value")
def probability_nonpositive_by_erfcx(partial_sum, remaining_variance):
    scaled = partial_sum.abs() / (2 * remaining_variance).sqrt()
    tail = torch.special.erfcx(scaled) * torch.exp(-(scaled**2)) / 2
    probability = torch.where(partial_sum > 0, tail, 1 - tail)
    certain = (partial_sum <= 0).to(torch.float64)
    return torch.where(remaining_variance > 0, probability, certain)


# -- log_probability_nonpositive ------------------------------------------------------------------------------
TASK = "early_exit.partial_sums.log_probability_nonpositive"


@wrong("takes the logarithm of a probability that has already become 0", often="not finite")
@hint("Try it at a hundred standard deviations. Is there a function that never computes the probability?")
def log_probability_nonpositive_too_late(partial_sum, remaining_variance):
    return torch.log(probability_nonpositive(partial_sum, remaining_variance))


@wrong(
    "takes the logarithm of 1 minus the other tail; this difference is 0 at ten standard deviations",
    sometimes="not finite",
)
@hint("What is 1 - (1 - 1e-20) in floating point?")
def log_probability_nonpositive_other_tail(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    log_probability = torch.log1p(-0.5 * torch.erfc(-z / 2**0.5))
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("adds a small number inside the logarithm", often="values")
@hint("What is your value at a hundred standard deviations, and is it close to the true value?")
def log_probability_nonpositive_with_epsilon(partial_sum, remaining_variance):
    return torch.log(probability_nonpositive(partial_sum, remaining_variance) + 1e-12)


@wrong(
    "stops at 37 standard deviations, where double precision can still hold the probability",
    sometimes="values",
)
@hint("The logarithm must be right even where the probability is below 1e-308. Is yours right there?")
def log_probability_nonpositive_clamped(partial_sum, remaining_variance):
    z = (-partial_sum / remaining_variance.sqrt()).clamp(min=-37.0)
    log_probability = torch.special.log_ndtr(z)
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("uses an approximation for large sums that is correct to a few digits only", rarely="values")
@hint("How large is the error of the first term of an asymptotic series? Compare it with a library function.")
def log_probability_nonpositive_first_order(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    near = (0.5 * torch.erfc(z / 2**0.5)).log()
    far = -(z**2) / 2 - (z * (2 * torch.pi) ** 0.5).log()
    log_probability = torch.where(z > 5, far, near)
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("divides 0 by 0 when all the terms are known", often="not finite")
@hint("What is Y if no terms remain? Try it with the partial sum 0.")
def log_probability_nonpositive_zero_by_zero(partial_sum, remaining_variance):
    return torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())


@wrong("creates a normal distribution of width 0, which torch does not allow", sometimes="exception")
@hint("What is the distribution of Y if no terms remain? Then: how far from the mean is `cdf` accurate?")
def log_probability_nonpositive_normal_cdf(partial_sum, remaining_variance):
    law = torch.distributions.Normal(partial_sum, remaining_variance.sqrt())
    return law.cdf(torch.zeros((), dtype=torch.float64)).log()


@wrong("returns the logarithm of the density instead of the logarithm of the probability", sometimes="values")
@hint("Is `log_prob` of a continuous distribution the logarithm of a probability?")
def log_probability_nonpositive_density(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    log_density = -(z**2) / 2 - torch.log(2 * torch.pi * remaining_variance) / 2
    known = (partial_sum <= 0).double().log().expand_as(log_density)
    return torch.where(remaining_variance == 0, known, log_density)


@wrong("returns the logarithm for the other sign", sometimes="values")
@hint("If the partial sum is large and positive, is it likely that Y is not positive?")
@edit("-partial_sum", "partial_sum")
def log_probability_nonpositive_other_sign(): ...


@wrong("divides by the variance instead of the standard deviation", often="values")
@hint("By which quantity do you divide a normal variable to make it standard normal?")
@edit("remaining_variance.sqrt()", "remaining_variance")
def log_probability_nonpositive_by_variance(): ...


@wrong("returns the negative logarithm", rarely="sign")
@hint("Can a log-probability be above 0?")
def log_probability_nonpositive_negated(partial_sum, remaining_variance):
    surprise = -torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())
    known = -(partial_sum <= 0).double().log().expand_as(surprise)
    return torch.where(remaining_variance == 0, known, surprise)


@wrong("returns a logarithm to the base 10", sometimes="constant factor")
@hint("Which logarithm does the docstring ask for?")
def log_probability_nonpositive_base_ten(partial_sum, remaining_variance):
    log_probability = torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())
    log_probability = log_probability / torch.log(torch.tensor(10.0, dtype=torch.float64))
    known = (partial_sum <= 0).double().log10().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("treats a sum of exactly 0 as positive", sometimes="not finite")
@hint("Is 0 <= 0? And what is the log-probability of a certain event?")
@edit("partial_sum <= 0", "partial_sum < 0")
def log_probability_nonpositive_strictly(): ...


@wrong("returns a large negative number where minus infinity is expected", sometimes="values")
@hint("What is the log-probability of an impossible event? The docstring names the only case.")
def log_probability_nonpositive_large_for_infinite(partial_sum, remaining_variance):
    log_probability = torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())
    known = torch.where(partial_sum <= 0, 0.0, -1e9).double()
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("computes in single precision", sometimes="values")
@hint("How many digits does single precision have, and which dtype does the docstring promise?")
def log_probability_nonpositive_single_inside(partial_sum, remaining_variance):
    z = (-partial_sum / remaining_variance.sqrt()).float()
    log_probability = torch.special.log_ndtr(z).double()
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@right("uses SciPy's logarithm of the survival function")
def log_probability_nonpositive_by_scipy(partial_sum, remaining_variance):
    from scipy.stats import norm

    partial_sum, remaining_variance = torch.broadcast_tensors(partial_sum, remaining_variance)
    known = remaining_variance == 0
    z = partial_sum / torch.where(known, 1.0, remaining_variance).sqrt()
    log_probability = torch.as_tensor(norm.logsf(z.numpy()), dtype=torch.float64)
    certain = torch.where(partial_sum <= 0, 0.0, -float("inf")).double()
    return torch.where(known, certain, log_probability)


@right("separates the Gaussian factor from the tail, and uses the other tail where that one is small")
def log_probability_nonpositive_by_erfcx(partial_sum, remaining_variance):
    scaled = partial_sum.abs() / (2 * remaining_variance).sqrt()
    log_tail = (
        torch.special.erfcx(scaled).log() - scaled**2 - torch.log(torch.tensor(2.0, dtype=torch.float64))
    )
    log_probability = torch.where(partial_sum > 0, log_tail, torch.log1p(-torch.erfc(scaled) / 2))
    certain = (partial_sum <= 0).to(torch.float64).log()
    return torch.where(remaining_variance > 0, log_probability, certain)
