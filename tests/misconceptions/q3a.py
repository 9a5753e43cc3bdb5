"""Question 3(a): the variance that is left; what the partial sum then says stands in `q3a_probability`."""

from autograder.misconceptions.bank import right, wrong

REMAINING = "early_exit.partial_sums.remaining_variance"
GEOMETRIC = "early_exit.partial_sums.geometric_remaining_variance"


# -- remaining_variance ---------------------------------------------------------------------------------------


@wrong(
    REMAINING,
    says="adds up the variances of the terms that are known already",
    hint="Once Y_k is known, which terms of the sum are still random?",
    common="often",
    failure="values",
)
def remaining_variance_of_the_known(variances, k):
    return variances[:k].sum()


@wrong(
    REMAINING,
    says="leaves out the first term that is not known yet",
    hint="X_1 stands at index 0. Where does the first unknown term stand if one term is known?",
    common="often",
    failure="values",
)
def remaining_variance_one_late(variances, k):
    return variances[k + 1 :].sum()


@wrong(
    REMAINING,
    says="counts the last known term among those that are left",
    hint="Is X_k among the first k terms? And what does your slice hold for k = 0?",
    common="sometimes",
    failure="values",
)
def remaining_variance_one_early(variances, k):
    return variances[k - 1 :].sum()


@wrong(
    REMAINING,
    says="takes the next term's variance alone",
    hint="How many terms are still to be added?",
    common="sometimes",
    failure="exception",
)
def remaining_variance_of_the_next(variances, k):
    return variances[k]


@wrong(
    REMAINING,
    says="takes the last k terms in place of all but the first k",
    hint="Try k = 1 of three terms by hand: how many terms are left?",
    common="sometimes",
    failure="values",
)
def remaining_variance_last_k(variances, k):
    return variances[-k:].sum()


@wrong(
    REMAINING,
    says="leaves out the last term of the sum",
    hint="Where does a Python slice end?",
    common="seldom",
    failure="values",
)
def remaining_variance_without_the_last(variances, k):
    return variances[k:-1].sum()


@wrong(
    REMAINING,
    says="reads the cumulative sum at index -1 when no term is known",
    hint="What does Python make of the index -1? Try k = 0.",
    common="sometimes",
    failure="values",
)
def remaining_variance_cumulative(variances, k):
    cumulative = variances.cumsum(0)
    return cumulative[-1] - cumulative[k - 1]


@wrong(
    REMAINING,
    says="returns the standard deviation",
    hint="Which of the two does the docstring ask for?",
    common="sometimes",
    failure="values",
)
def remaining_variance_as_std(variances, k):
    return variances[k:].sum().sqrt()


@wrong(
    REMAINING,
    says="squares what is a variance already",
    hint="What is the unit of the numbers in the list?",
    common="sometimes",
    failure="values",
)
def remaining_variance_of_stds(variances, k):
    return (variances[k:] ** 2).sum()


@wrong(
    REMAINING,
    says="averages over the terms that are left, which gives NaN when there are none",
    hint="What is the variance of a sum of independent terms?",
    common="seldom",
    failure="not finite",
)
def remaining_variance_mean(variances, k):
    return variances[k:].mean()


@wrong(
    REMAINING,
    says="returns one number for each term that is left",
    hint="The docstring asks for Float[]: how many numbers is that?",
    common="seldom",
    failure="shape",
)
def remaining_variance_not_added(variances, k):
    return variances[k:]


@wrong(
    REMAINING,
    says="returns a Python number in place of a tensor",
    hint="What type does the signature promise?",
    common="sometimes",
    failure="type",
)
def remaining_variance_as_number(variances, k):
    total = 0.0
    for i in range(k, len(variances)):
        total += variances[i].item()
    return total


@wrong(
    REMAINING,
    says="makes a new tensor, which comes out in single precision",
    hint="Which dtype does torch.tensor choose for a Python float, and which does the docstring ask for?",
    common="sometimes",
    failure="dtype",
)
def remaining_variance_single(variances, k):
    return torch.tensor(float(variances[k:].sum()))


@right(REMAINING, says="takes what is known away from the whole")
def remaining_variance_by_difference(variances, k):
    return variances.sum() - variances[:k].sum()


@right(REMAINING, says="adds one by one")
def remaining_variance_by_loop(variances, k):
    total = torch.zeros((), dtype=torch.float64)
    for number, variance in enumerate(variances, start=1):
        if number > k:
            total = total + variance
    return total


@right(REMAINING, says="multiplies with a mask")
def remaining_variance_by_mask(variances, k):
    return variances @ (torch.arange(len(variances)) >= k).to(variances.dtype)


# -- geometric_remaining_variance -----------------------------------------------------------------------------


@wrong(
    GEOMETRIC,
    says="gives the variance of the next term alone",
    hint="How much is left before the first term, k = 0? And how many terms are that?",
    common="often",
    failure="constant factor",
)
def geometric_remaining_variance_next_term(k):
    return torch.exp2(-(k + 1).double())


@wrong(
    GEOMETRIC,
    says="lets the tail begin one term too early",
    hint="Is X_k known or not? Try k = 0: all the variances together are 1/2 + 1/4 + 1/8 + ...",
    common="often",
    failure="constant factor",
)
def geometric_remaining_variance_from_term_k(k):
    return torch.exp2(1 - k.double())


@wrong(
    GEOMETRIC,
    says="gives the variance of what is known",
    hint="Is it the first k terms whose variance is wanted, or the others?",
    common="often",
    failure="values",
)
def geometric_remaining_variance_of_the_known(k):
    return 1 - torch.exp2(-k.double())


@wrong(
    GEOMETRIC,
    says="takes the difference of two numbers that are nearly equal, and loses all digits",
    hint="What does floating point make of 1 - (1 - 1e-20)?",
    common="sometimes",
    failure="values",
)
def geometric_remaining_variance_by_difference(k):
    known = 1 - 0.5 ** k.double()
    return 1 - known


@wrong(
    GEOMETRIC,
    says="computes a power in integers, which overflow",
    hint="What is 2 to the power of 64 as a 64-bit integer?",
    common="sometimes",
    failure="not finite",
)
def geometric_remaining_variance_overflows(k):
    return 1 / (2**k).double()


@wrong(
    GEOMETRIC,
    says="returns single precision",
    hint="Which dtype does torch give to a float function of a Long tensor?",
    common="often",
    failure="dtype",
)
def geometric_remaining_variance_single(k):
    return torch.exp2(-k)


@wrong(
    GEOMETRIC,
    says="computes in single precision and widens the result, too late for large k",
    hint="What is the smallest number of single precision?",
    common="sometimes",
    failure="values",
)
def geometric_remaining_variance_widened_late(k):
    return torch.exp2(-k.float()).double()


@wrong(
    GEOMETRIC,
    says="works in whole numbers, where every value but the first is 0",
    hint="Which dtype has an int to the power of a Long tensor?",
    common="sometimes",
    failure="dtype",
)
def geometric_remaining_variance_integer(k):
    return 2**-k


@wrong(
    GEOMETRIC,
    says="takes k for a single number",
    hint="The docstring allows a tensor of several k: what does int() make of it?",
    common="sometimes",
    failure="exception",
)
def geometric_remaining_variance_one_k_only(k):
    terms = [0.5**i for i in range(1, 1074)]
    return remaining_variance(terms, int(k))


@wrong(
    GEOMETRIC,
    says="returns the standard deviation",
    hint="Which of the two does the docstring ask for?",
    common="sometimes",
    failure="values",
)
def geometric_remaining_variance_as_std(k):
    return torch.exp2(-k.double() / 2)


@wrong(
    GEOMETRIC,
    says="takes 2^-i for the standard deviation of the terms",
    hint="What does the docstring say that 2^-i is? Compare your value at k = 0 with 1/2 + 1/4 + 1/8 + ...",
    common="sometimes",
    failure="values",
)
def geometric_remaining_variance_of_stds(k):
    return torch.pow(4.0, -k.double()) / 3


@wrong(
    GEOMETRIC,
    says="returns a Python number for an int",
    hint="What does the docstring promise for an int: a number, or a tensor without axes?",
    common="sometimes",
    failure="type",
)
def geometric_remaining_variance_as_number(k):
    if k.ndim == 0:
        return 0.5 ** k.item()
    return torch.exp2(-k.double())


@wrong(
    GEOMETRIC,
    says="gives the result an axis that an int has not",
    hint="What is the shape of a 0-dimensional tensor?",
    common="seldom",
    failure="shape",
)
def geometric_remaining_variance_with_axis(k):
    return torch.exp2(-torch.atleast_1d(k).double())


@right(GEOMETRIC, says="raises a number below 1 to the power k")
def geometric_remaining_variance_by_power(k):
    return torch.full((), 0.5, dtype=torch.float64) ** k


@right(GEOMETRIC, says="takes one half away after the other, in a loop")
def geometric_remaining_variance_by_halving(k):
    left = torch.ones(k.shape, dtype=torch.float64)
    for i in range(int(k.max())):
        left = torch.where(k > i, left / 2, left)
    return left
