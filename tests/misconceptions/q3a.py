"""Question 3(a): the remaining variance. What a partial sum says about the sign: `q3a_probability`."""

from autograder.misconceptions.writing import hint, right, wrong

# -- remaining_variance ---------------------------------------------------------------------------------------
TASK = "early_exit.partial_sums.remaining_variance"


@wrong("adds up the variances of the terms that are known already", often="values")
@hint("Once Y_k is known, which terms of the sum are still random?")
def remaining_variance_of_the_known(variances, k):
    return variances[:k].sum()


@wrong("leaves out the first term that is not known yet", often="values")
@hint("X_1 is at index 0. If one term is known, at which index is the first unknown term?")
def remaining_variance_one_late(variances, k):
    return variances[k + 1 :].sum()


@wrong("includes the last known term in the remaining terms", sometimes="values")
@hint("Is X_k one of the first k terms? And what does your slice contain for k = 0?")
def remaining_variance_one_early(variances, k):
    return variances[k - 1 :].sum()


@wrong("returns only the variance of the next term", sometimes="exception")
@hint("How many terms are still to be added?")
def remaining_variance_of_the_next(variances, k):
    return variances[k]


@wrong("adds the last k terms instead of all terms after the first k", sometimes="values")
@hint("Try three terms and k = 1 by hand: how many terms are left?")
def remaining_variance_last_k(variances, k):
    return variances[-k:].sum()


@wrong("leaves out the last term of the sum", rarely="values")
@hint("Where does a Python slice end?")
def remaining_variance_without_the_last(variances, k):
    return variances[k:-1].sum()


@wrong("reads the cumulative sum at index -1 when no term is known", sometimes="values")
@hint("Which element does Python read at index -1? Try k = 0.")
def remaining_variance_cumulative(variances, k):
    cumulative = variances.cumsum(0)
    return cumulative[-1] - cumulative[k - 1]


@wrong("returns the standard deviation", sometimes="values")
@hint("Does the docstring ask for a variance or for a standard deviation?")
def remaining_variance_as_std(variances, k):
    return variances[k:].sum().sqrt()


@wrong("squares numbers that are already variances", sometimes="values")
@hint("What is the unit of the numbers in the list?")
def remaining_variance_of_stds(variances, k):
    return (variances[k:] ** 2).sum()


@wrong("averages over the remaining terms, which gives NaN if there are none", rarely="not finite")
@hint("What is the variance of a sum of independent terms?")
def remaining_variance_mean(variances, k):
    return variances[k:].mean()


@wrong("returns one number for each remaining term", rarely="shape")
@hint("The docstring asks for Float[]: how many numbers is that?")
def remaining_variance_not_added(variances, k):
    return variances[k:]


@wrong("returns a Python number instead of a tensor", sometimes="type")
@hint("What type does the signature promise?")
def remaining_variance_as_number(variances, k):
    total = 0.0
    for i in range(k, len(variances)):
        total += variances[i].item()
    return total


@wrong("creates a new tensor, which has single precision", sometimes="dtype")
@hint("Which dtype does torch.tensor choose for a Python float, and which does the docstring ask for?")
def remaining_variance_single(variances, k):
    return torch.tensor(float(variances[k:].sum()))


@right("subtracts the known variance from the total")
def remaining_variance_by_difference(variances, k):
    return variances.sum() - variances[:k].sum()


@right("adds the terms one by one")
def remaining_variance_by_loop(variances, k):
    total = torch.zeros((), dtype=torch.float64)
    for number, variance in enumerate(variances, start=1):
        if number > k:
            total = total + variance
    return total


@right("multiplies by a mask")
def remaining_variance_by_mask(variances, k):
    return variances @ (torch.arange(len(variances)) >= k).to(variances.dtype)


# -- geometric_remaining_variance -----------------------------------------------------------------------------
TASK = "early_exit.partial_sums.geometric_remaining_variance"


@wrong("returns the variance of the next term only", often="constant factor")
@hint("How much variance remains before the first term (k = 0)? And how many terms remain then?")
def geometric_remaining_variance_next_term(k):
    return torch.exp2(-(k + 1).double())


@wrong("starts the tail one term too early", often="constant factor")
@hint("Is X_k known or not? Try k = 0: the sum of all the variances is 1/2 + 1/4 + 1/8 + ...")
def geometric_remaining_variance_from_term_k(k):
    return torch.exp2(1 - k.double())


@wrong("returns the variance of the known terms", often="values")
@hint("Does the docstring ask for the variance of the first k terms or of the other terms?")
def geometric_remaining_variance_of_the_known(k):
    return 1 - torch.exp2(-k.double())


@wrong("subtracts two nearly equal numbers and loses all digits", sometimes="values")
@hint("What is 1 - (1 - 1e-20) in floating point?")
def geometric_remaining_variance_by_difference(k):
    known = 1 - 0.5 ** k.double()
    return 1 - known


@wrong("computes a power with integers, which overflows", sometimes="not finite")
@hint("What is 2 to the power of 64 as a 64-bit integer?")
def geometric_remaining_variance_overflows(k):
    return 1 / (2**k).double()


@wrong("returns single precision", often="dtype")
@hint("Which dtype does torch return for a floating-point function of a Long tensor?")
def geometric_remaining_variance_single(k):
    return torch.exp2(-k)


@wrong(
    "computes in single precision and converts only the result, which is too late for large k",
    sometimes="values",
)
@hint("What is the smallest positive number in single precision?")
def geometric_remaining_variance_widened_late(k):
    return torch.exp2(-k.float()).double()


@wrong("computes with integers, so that every value except the first is 0", sometimes="dtype")
@hint("Which dtype does an int to the power of a Long tensor have?")
def geometric_remaining_variance_integer(k):
    return 2**-k


@wrong("treats k as a single number", sometimes="exception")
@hint("The docstring allows a tensor of several k. What does int() do with such a tensor?")
def geometric_remaining_variance_one_k_only(k):
    terms = [0.5**i for i in range(1, 1074)]
    return remaining_variance(terms, int(k))


@wrong("returns the standard deviation", sometimes="values")
@hint("Does the docstring ask for a variance or for a standard deviation?")
def geometric_remaining_variance_as_std(k):
    return torch.exp2(-k.double() / 2)


@wrong("uses 2^-i as the standard deviation of the terms", sometimes="values")
@hint("Which quantity is 2^-i in the docstring? Compare your value at k = 0 with 1/2 + 1/4 + 1/8 + ...")
def geometric_remaining_variance_of_stds(k):
    return torch.pow(4.0, -k.double()) / 3


@wrong("returns a Python number for an int", sometimes="type")
@hint("What does the docstring promise for an int: a number, or a tensor without axes?")
def geometric_remaining_variance_as_number(k):
    if k.ndim == 0:
        return 0.5 ** k.item()
    return torch.exp2(-k.double())


@wrong("gives the result an axis even if k is an int", rarely="shape")
@hint("What is the shape of a 0-dimensional tensor?")
def geometric_remaining_variance_with_axis(k):
    return torch.exp2(-torch.atleast_1d(k).double())


@right("raises a number below 1 to the power k")
def geometric_remaining_variance_by_power(k):
    return torch.full((), 0.5, dtype=torch.float64) ** k


@right("halves the result again and again in a loop")
def geometric_remaining_variance_by_halving(k):
    left = torch.ones(k.shape, dtype=torch.float64)
    for i in range(int(k.max())):
        left = torch.where(k > i, left / 2, left)
    return left
