"""Question 2(a): the end of the forward process."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "diffusion.gaussian.prior_kl"


@base
def prior_kl_plain(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("averages over the dimensions of a sample", often="values")
@hint("What does the docstring say about the dimensions, and how does the divergence of a whole image grow?")
@edit("kl.sum", "kl.mean", of="prior_kl_plain")
def prior_kl_mean_over_dimensions(): ...


@wrong("averages over the batch as well", often="shape")
@hint("How many numbers does the docstring ask for?")
@edit("kl.sum(dim=1).to(x_0.dtype)", "kl.sum(dim=1).mean().to(x_0.dtype)", of="prior_kl_plain")
def prior_kl_mean_over_batch(): ...


@wrong("sums over the first axis after the batch only", often="shape")
@hint("Try it with images: which shape comes out?")
def prior_kl_sums_one_axis(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    kl = 0.5 * (signal * x_0.to(signal.dtype) ** 2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("exchanges the two laws of the divergence", often="values")
@hint("KL(q || p) is not KL(p || q). Over which of the two laws is the expectation?")
def prior_kl_laws_exchanged(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    variance = 1 - signal
    kl = 0.5 * ((1 + signal * pixels**2) / variance - 1 + variance.log())
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("forgets a factor that all terms have in common", sometimes="constant factor")
@hint("The density of a normal law has a factor in its exponent. Did it survive?")
def prior_kl_twice_too_large(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    return (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1).to(x_0.dtype)


@wrong("is in bits", seldom="constant factor")
@hint("Which unit does the docstring name?")
def prior_kl_in_bits(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1)
    return (kl / torch.log(torch.tensor(2.0, dtype=kl.dtype))).to(x_0.dtype)


@wrong("has the sign of the bound's term, not of the divergence", seldom="sign")
@hint("Can a divergence be negative?")
def prior_kl_negative(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    log_ratio = 0.5 * (signal + torch.log1p(-signal) - signal * pixels**2)
    return log_ratio.sum(dim=1).to(x_0.dtype)


@wrong("has the logarithm with the wrong sign", sometimes="values")
@hint("Let the mean be 0. Is your divergence at least 0 for every variance?")
@edit("signal - torch.log1p(-signal)", "signal + torch.log1p(-signal)", of="prior_kl_plain")
def prior_kl_sign_of_the_logarithm(): ...


@wrong("gives a class for normal laws the variance where it expects the standard deviation", often="values")
@hint("Look up what the second argument of torch.distributions.Normal is.")
def prior_kl_variance_as_scale(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    mean = signal.sqrt() * x_0.to(signal.dtype).flatten(1)
    q = torch.distributions.Normal(mean, (1 - signal).expand_as(mean))
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(q, p).sum(dim=1).to(x_0.dtype)


@wrong("compares the means only", sometimes="values")
@hint("What else differs between q(x_T | x_0) and N(0, I), even where x_0 is 0?")
def prior_kl_of_means_only(x_0, alphas_cumprod):
    mean = alphas_cumprod[-1].sqrt() * x_0.to(alphas_cumprod.dtype).flatten(1)
    return (0.5 * mean**2).sum(dim=1).to(x_0.dtype)


@wrong("puts the clean data in the place of the mean of x_T", sometimes="values")
@hint("What has the forward process made of the data by time T?")
@edit("signal * pixels**2", "pixels**2", of="prior_kl_plain")
def prior_kl_data_for_the_mean(): ...


@wrong("squares the share of the signal in the mean", often="values")
@hint("Is alphas_cumprod[T] the factor in front of x_0, or what becomes of its variance?")
def prior_kl_mean_without_root(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    mean = signal * x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (mean**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("counts the variance once for a sample, not once for each dimension", sometimes="values")
@hint("How many normal laws does a sample have? Try data with more dimensions, all of them 0.")
@edit("signal * pixels**2", "signal * (pixels**2).sum(dim=1)", of="prior_kl_plain")
@edit("kl.sum(dim=1).to(x_0.dtype)", "kl.to(x_0.dtype)", of="prior_kl_plain")
def prior_kl_variance_counted_once(): ...


@wrong("looks at the time before the last", sometimes="not finite")
@hint("How long is the schedule, and which of its indices is T?")
@edit(
    "signal = alphas_cumprod[-1].to(x_0.device)",
    "last = len(alphas_cumprod) - 1\nsignal = alphas_cumprod[last - 1]",
)
def prior_kl_one_step_before_the_end(): ...


@wrong("takes the small difference in the dtype of the data", sometimes="values")
@hint("How many digits of 1 - a are left in single precision when a is tiny?")
def prior_kl_single_inside(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].to(x_0)
    variance = 1 - signal
    kl = 0.5 * (signal * x_0.flatten(1) ** 2 + variance - 1 - variance.log())
    return kl.sum(dim=1)


@wrong("returns double precision for single-precision data", often="dtype")
@hint("Which dtype does the module's docstring promise for results?")
def prior_kl_becomes_double(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.double().flatten(1)
    return 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1)


@wrong(
    "makes a new tensor of Python numbers, which knows nothing of the data's graph", sometimes="no gradient"
)
@hint("Results are differentiable in the data. What does item() leave of the graph?")
def prior_kl_from_python_numbers(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    rest = -signal - torch.log1p(-signal)
    values = [0.5 * (signal * x.double() ** 2 + rest).sum().item() for x in x_0]
    return torch.tensor(values, dtype=x_0.dtype)


@wrong("flattens with view, which some orders of memory do not allow", sometimes="exception")
@hint("Try images whose axes have been transposed. Which function flattens any tensor?")
@edit("x_0.to(signal.dtype).flatten(1)", "x_0.view(len(x_0), -1).double()", of="prior_kl_plain")
def prior_kl_contiguous_only(): ...


@right("leaves the closed form to torch.distributions")
def prior_kl_by_distributions(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].double()
    mean = signal.sqrt() * x_0.double()
    q = torch.distributions.Normal(mean, (1 - signal).sqrt().expand_as(mean))
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(q, p).flatten(1).sum(dim=1).to(x_0.dtype)


@right("sums the squares by einsum, sample by sample, and counts the dimensions")
def prior_kl_by_counting(x_0, alphas_cumprod):
    variance = 1 - alphas_cumprod[-1].double()
    squares = torch.stack([torch.einsum("i,i->", x, x) for x in x_0.double().reshape(len(x_0), -1)])
    dimensions = x_0[0].numel()
    kl = ((1 - variance) * squares + dimensions * (variance - 1 - variance.log())) / 2
    return kl.to(x_0.dtype)
