"""Question 3(a): the probability that the whole sum is not positive, and its logarithm."""

from autograder.misconceptions.writing import edit, hint, right, wrong

# -- probability_nonpositive ----------------------------------------------------------------------------------
TASK = "early_exit.partial_sums.probability_nonpositive"


@wrong("gives the probability of the other sign", often="values")
@hint("If the partial sum is large and positive, is the probability that Y is not positive large or small?")
@edit("-partial_sum", "partial_sum")
@edit("partial_sum <= 0", "partial_sum >= 0")
def probability_nonpositive_other_sign(): ...


@wrong("divides by the variance in place of the standard deviation", often="values")
@hint("What does one divide by to make a normal variable standard normal?")
def probability_nonpositive_by_variance(partial_sum, remaining_variance):
    probability = 0.5 * torch.erfc(partial_sum / remaining_variance / 2**0.5)
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong("takes erfc for the tail of the standard normal law as it is", sometimes="values")
@hint("Of which normal variable is erfc the tail? Look its definition up; Phi(1) is .8413.")
@edit("remaining_variance / 2**0.5", "remaining_variance.sqrt()", of="probability_nonpositive_by_variance")
def probability_nonpositive_plain_erfc(): ...


@wrong("counts both tails", sometimes="values")
@hint("What should the probability be at a partial sum of 0?")
def probability_nonpositive_two_tails(partial_sum, remaining_variance):
    probability = torch.erfc(partial_sum / (2 * remaining_variance).sqrt())
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong("gives the probability that the sign still changes", sometimes="values")
@hint("What is due for a partial sum that is negative already?")
def probability_nonpositive_sign_change(partial_sum, remaining_variance):
    probability = 0.5 * torch.erfc(partial_sum.abs() / (2 * remaining_variance).sqrt())
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong(
    "computes the tail as a difference from 1, so that it is 0 nine standard deviations out", often="values"
)
@hint("What does floating point make of 1 - (1 - 1e-20)? Which function computes the tail itself?")
@edit("0.5 * torch.erfc(-z / 2**0.5)", "0.5 * (1 + torch.erf(z / 2**0.5))")
def probability_nonpositive_loses_the_tail(): ...


@wrong("builds a normal law of width 0, which torch refuses", often="exception")
@hint("What is the law of Y when nothing is left to add? Try variance 0; then try nine standard deviations.")
def probability_nonpositive_normal_cdf(partial_sum, remaining_variance):
    law = torch.distributions.Normal(partial_sum, remaining_variance.sqrt())
    return law.cdf(torch.zeros((), dtype=torch.float64))


@wrong("divides 0 by 0 when all the terms are known", often="not finite")
@hint("What is Y when nothing is left to add? Try it with the partial sum 0.")
def probability_nonpositive_zero_by_zero(partial_sum, remaining_variance):
    z = -partial_sum / remaining_variance.sqrt()
    return 0.5 * torch.erfc(-z / 2**0.5)


@wrong("adds a small number to the variance, which blurs what is known for certain", sometimes="values")
@hint("What is P(Y <= 0) when Y is known to be 0, and what does your function say?")
def probability_nonpositive_padded_variance(partial_sum, remaining_variance):
    z = -partial_sum / (remaining_variance + 1e-12).sqrt()
    return 0.5 * torch.erfc(-z / 2**0.5)


@wrong("does not count a sum of exactly 0 among those that are not positive", sometimes="values")
@hint("Is 0 <= 0?")
@edit("partial_sum <= 0", "partial_sum < 0")
def probability_nonpositive_strictly(): ...


@wrong("asks `if` of a whole tensor of variances", sometimes="exception")
@hint("The arguments may hold many numbers: what would `if` decide for all of them at once?")
def probability_nonpositive_if_on_tensor(partial_sum, remaining_variance):
    if remaining_variance == 0:
        return (partial_sum <= 0).double()
    z = partial_sum / remaining_variance.sqrt()
    return 0.5 * torch.erfc(z / 2**0.5)


@wrong("indexes the result with a mask of another shape when the arguments broadcast", sometimes="exception")
@hint("A column of sums against a row of variances: which shapes have your mask and your result?")
def probability_nonpositive_mask_not_broadcast(partial_sum, remaining_variance):
    probability = 0.5 * torch.erfc(partial_sum / (2 * remaining_variance).sqrt())
    known = remaining_variance == 0
    probability[known] = (partial_sum[known] <= 0).double()
    return probability


@wrong("computes in single precision", sometimes="values")
@hint("How small a number can single precision hold, and how many digits has it?")
def probability_nonpositive_single_inside(partial_sum, remaining_variance):
    z = (partial_sum / remaining_variance.sqrt()).float()
    probability = 0.5 * torch.erfc(z / 2**0.5).double()
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)


@wrong("raises every small probability to 1e-12", sometimes="values")
@hint("What does the docstring say about 1e-100?")
def probability_nonpositive_with_a_floor(partial_sum, remaining_variance):
    z = -partial_sum / remaining_variance.sqrt()
    probability = 0.5 * torch.erfc(-z / 2**0.5)
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability).clamp(min=1e-12)


@wrong("returns what SciPy returns, which is no tensor", sometimes="type")
@hint("What type does the signature promise?")
def probability_nonpositive_as_array(partial_sum, remaining_variance):
    from scipy.special import ndtr

    spread = remaining_variance.sqrt().clamp(min=1e-300)
    return ndtr((-partial_sum / spread).numpy())


@wrong("forgets what is known, and bets on a sum that could still be anything", seldom="ignores an argument")
@hint("Once the first k terms are known, where is the mean of Y?")
def probability_nonpositive_unconditional(partial_sum, remaining_variance):
    shape = torch.broadcast_shapes(partial_sum.shape, remaining_variance.shape)
    return torch.full(shape, 0.5, dtype=torch.float64)


@right("takes the exponential of the logarithm of Phi")
def probability_nonpositive_by_logarithm(partial_sum, remaining_variance):
    known = remaining_variance == 0
    spread = torch.where(known, 1.0, remaining_variance).sqrt()
    probability = torch.special.log_ndtr(-partial_sum / spread).exp()
    return torch.where(known, torch.where(partial_sum > 0, 0.0, 1.0).double(), probability)


@right("uses SciPy, and puts what is known for certain in by a broadcast mask")
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


@wrong("takes the logarithm of a probability that has become 0 already", often="not finite")
@hint("Try it at a hundred standard deviations. Is there a function that never forms the probability?")
def log_probability_nonpositive_too_late(partial_sum, remaining_variance):
    return torch.log(probability_nonpositive(partial_sum, remaining_variance))


@wrong(
    "takes the logarithm of 1 minus the other tail, which is 0 ten standard deviations out",
    sometimes="not finite",
)
@hint("What does floating point make of 1 - (1 - 1e-20)?")
def log_probability_nonpositive_other_tail(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    log_probability = torch.log1p(-0.5 * torch.erfc(-z / 2**0.5))
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("adds a small number inside the logarithm", often="values")
@hint("What is your value at a hundred standard deviations, and is that near the truth?")
def log_probability_nonpositive_with_epsilon(partial_sum, remaining_variance):
    return torch.log(probability_nonpositive(partial_sum, remaining_variance) + 1e-12)


@wrong("stops at 37 standard deviations, where the probability is still a number", sometimes="values")
@hint("The logarithm has to stay right where the probability is below 1e-308.")
def log_probability_nonpositive_clamped(partial_sum, remaining_variance):
    z = (-partial_sum / remaining_variance.sqrt()).clamp(min=-37.0)
    log_probability = torch.special.log_ndtr(z)
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("uses an approximation far out that is good to a few digits only", seldom="values")
@hint("How far off is the first term of an asymptotic series? Compare with a library's function.")
def log_probability_nonpositive_first_order(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    near = (0.5 * torch.erfc(z / 2**0.5)).log()
    far = -(z**2) / 2 - (z * (2 * torch.pi) ** 0.5).log()
    log_probability = torch.where(z > 5, far, near)
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("divides 0 by 0 when all the terms are known", often="not finite")
@hint("What is Y when nothing is left to add? Try it with the partial sum 0.")
def log_probability_nonpositive_zero_by_zero(partial_sum, remaining_variance):
    return torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())


@wrong("builds a normal law of width 0, which torch refuses", sometimes="exception")
@hint("What is the law of Y when nothing is left to add? Then: how far out does `cdf` reach?")
def log_probability_nonpositive_normal_cdf(partial_sum, remaining_variance):
    law = torch.distributions.Normal(partial_sum, remaining_variance.sqrt())
    return law.cdf(torch.zeros((), dtype=torch.float64)).log()


@wrong("gives the logarithm of the density in place of that of the probability", sometimes="values")
@hint("Is `log_prob` of a continuous law the logarithm of a probability?")
def log_probability_nonpositive_density(partial_sum, remaining_variance):
    z = partial_sum / remaining_variance.sqrt()
    log_density = -(z**2) / 2 - torch.log(2 * torch.pi * remaining_variance) / 2
    known = (partial_sum <= 0).double().log().expand_as(log_density)
    return torch.where(remaining_variance == 0, known, log_density)


@wrong("gives the logarithm for the other sign", sometimes="values")
@hint("If the partial sum is large and positive, is it likely that Y is not positive?")
@edit("-partial_sum", "partial_sum")
def log_probability_nonpositive_other_sign(): ...


@wrong("divides by the variance in place of the standard deviation", often="values")
@hint("What does one divide by to make a normal variable standard normal?")
@edit("remaining_variance.sqrt()", "remaining_variance")
def log_probability_nonpositive_by_variance(): ...


@wrong("returns the negative logarithm", seldom="sign")
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


@wrong("does not count a sum of exactly 0 among those that are not positive", sometimes="not finite")
@hint("Is 0 <= 0? And what is the logarithm of a certain event?")
@edit("partial_sum <= 0", "partial_sum < 0")
def log_probability_nonpositive_strictly(): ...


@wrong("puts a large negative number where minus infinity is due", sometimes="values")
@hint("What is the logarithm of an impossible event? The docstring names the one case.")
def log_probability_nonpositive_large_for_infinite(partial_sum, remaining_variance):
    log_probability = torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())
    known = torch.where(partial_sum <= 0, 0.0, -1e9).double()
    return torch.where(remaining_variance == 0, known, log_probability)


@wrong("computes in single precision", sometimes="values")
@hint("How many digits has single precision, and which dtype does the docstring promise?")
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


@right("takes the Gaussian factor out of the tail, and the other tail where that is the small one")
def log_probability_nonpositive_by_erfcx(partial_sum, remaining_variance):
    scaled = partial_sum.abs() / (2 * remaining_variance).sqrt()
    log_tail = (
        torch.special.erfcx(scaled).log() - scaled**2 - torch.log(torch.tensor(2.0, dtype=torch.float64))
    )
    log_probability = torch.where(partial_sum > 0, log_tail, torch.log1p(-torch.erfc(scaled) / 2))
    certain = (partial_sum <= 0).to(torch.float64).log()
    return torch.where(remaining_variance > 0, log_probability, certain)
