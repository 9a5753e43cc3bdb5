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
@hint("What does the docstring say about the dimensions? How does the divergence grow with the image size?")
@edit("kl.sum", "kl.mean", of="prior_kl_plain")
def prior_kl_mean_over_dimensions(): ...


@wrong("averages over the batch as well", often="shape")
@hint("How many numbers does the docstring promise?")
@edit("kl.sum(dim=1).to(x_0.dtype)", "kl.sum(dim=1).mean().to(x_0.dtype)", of="prior_kl_plain")
def prior_kl_mean_over_batch(): ...


@wrong("sums only over the first axis after the batch", often="shape")
@hint("Try it with images: which shape does the result have?")
def prior_kl_sums_one_axis(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    kl = 0.5 * (signal * x_0.to(signal.dtype) ** 2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("exchanges the two distributions of the divergence", often="values")
@hint("KL(q || p) is not KL(p || q). Over which of the two distributions is the expectation taken?")
def prior_kl_laws_exchanged(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    variance = 1 - signal
    kl = 0.5 * ((1 + signal * pixels**2) / variance - 1 + variance.log())
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("forgets a factor that all terms have in common", sometimes="constant factor")
@hint("The density of a normal distribution has a factor in its exponent. Is it still in your result?")
def prior_kl_twice_too_large(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    return (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1).to(x_0.dtype)


@wrong("returns the divergence in bits", rarely="constant factor")
@hint("Which unit does the docstring name?")
def prior_kl_in_bits(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1)
    return (kl / torch.log(torch.tensor(2.0, dtype=kl.dtype))).to(x_0.dtype)


@wrong("uses the sign of this term in the bound, not the sign of the divergence", rarely="sign")
@hint("Can a divergence be negative?")
def prior_kl_negative(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    log_ratio = 0.5 * (signal + torch.log1p(-signal) - signal * pixels**2)
    return log_ratio.sum(dim=1).to(x_0.dtype)


@wrong("has the wrong sign in front of the logarithm", sometimes="values")
@hint("Set the mean to 0. Is your divergence at least 0 for every variance?")
@edit("signal - torch.log1p(-signal)", "signal + torch.log1p(-signal)", of="prior_kl_plain")
def prior_kl_sign_of_the_logarithm(): ...


@wrong(
    "passes the variance to a class of normal distributions that expects the standard deviation",
    often="values",
)
@hint("Look up what the second argument of torch.distributions.Normal is.")
def prior_kl_variance_as_scale(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    mean = signal.sqrt() * x_0.to(signal.dtype).flatten(1)
    q = torch.distributions.Normal(mean, (1 - signal).expand_as(mean))
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(q, p).sum(dim=1).to(x_0.dtype)


@wrong("compares only the means", sometimes="values")
@hint("What else differs between q(x_T | x_0) and N(0, I), even if x_0 is 0?")
def prior_kl_of_means_only(x_0, alphas_cumprod):
    mean = alphas_cumprod[-1].sqrt() * x_0.to(alphas_cumprod.dtype).flatten(1)
    return (0.5 * mean**2).sum(dim=1).to(x_0.dtype)


@wrong("uses the clean data as the mean of x_T", sometimes="values")
@hint("What has the forward process done to the data by time T?")
@edit("signal * pixels**2", "pixels**2", of="prior_kl_plain")
def prior_kl_data_for_the_mean(): ...


@wrong("squares the share of the signal in the mean", often="values")
@hint("Is alphas_cumprod[T] the factor in front of x_0, or the share of its variance?")
def prior_kl_mean_without_root(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    mean = signal * x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (mean**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong("counts the variance once for a sample, not once for each dimension", sometimes="values")
@hint("How many normal distributions does a sample have? Try data with more dimensions, all of them 0.")
@edit("signal * pixels**2", "signal * (pixels**2).sum(dim=1)", of="prior_kl_plain")
@edit("kl.sum(dim=1).to(x_0.dtype)", "kl.to(x_0.dtype)", of="prior_kl_plain")
def prior_kl_variance_counted_once(): ...


@wrong("uses the time before the last one", sometimes="not finite")
@hint("How long is the schedule, and which of its indices is T?")
@edit(
    "signal = alphas_cumprod[-1].to(x_0.device)",
    "last = len(alphas_cumprod) - 1\nsignal = alphas_cumprod[last - 1]",
)
def prior_kl_one_step_before_the_end(): ...


@wrong("computes the small difference in the dtype of the data", sometimes="values")
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
    "makes a new tensor from Python numbers, which is not connected to the graph of the data",
    sometimes="no gradient",
)
@hint("Results are differentiable in the data. What is left of the graph after item()?")
def prior_kl_from_python_numbers(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    rest = -signal - torch.log1p(-signal)
    values = [0.5 * (signal * x.double() ** 2 + rest).sum().item() for x in x_0]
    return torch.tensor(values, dtype=x_0.dtype)


@wrong("flattens with view, which does not work for every order in memory", sometimes="exception")
@hint("Try images whose axes have been transposed. Which function flattens any tensor?")
@edit("x_0.to(signal.dtype).flatten(1)", "x_0.view(len(x_0), -1).double()", of="prior_kl_plain")
def prior_kl_contiguous_only(): ...


@right("uses torch.distributions for the closed form")
def prior_kl_by_distributions(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].double()
    mean = signal.sqrt() * x_0.double()
    q = torch.distributions.Normal(mean, (1 - signal).sqrt().expand_as(mean))
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(q, p).flatten(1).sum(dim=1).to(x_0.dtype)


@right("sums the squares with einsum, sample by sample, and counts the dimensions")
def prior_kl_by_counting(x_0, alphas_cumprod):
    variance = 1 - alphas_cumprod[-1].double()
    squares = torch.stack([torch.einsum("i,i->", x, x) for x in x_0.double().reshape(len(x_0), -1)])
    dimensions = x_0[0].numel()
    kl = ((1 - variance) * squares + dimensions * (variance - 1 - variance.log())) / 2
    return kl.to(x_0.dtype)
