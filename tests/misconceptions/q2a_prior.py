"""Question 2(a): the end of the forward process."""

from autograder.misconceptions.bank import right, wrong

PRIOR = "diffusion.gaussian.prior_kl"


@wrong(
    PRIOR,
    says="averages over the dimensions of a sample",
    hint="What does the docstring say about the dimensions, and how does the divergence of a whole image grow?",
    common="often",
    failure="values",
)
def prior_kl_mean_over_dimensions(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal))
    return kl.mean(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="averages over the batch as well",
    hint="How many numbers does the docstring ask for?",
    common="often",
    failure="shape",
)
def prior_kl_mean_over_batch(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).mean().to(x_0.dtype)


@wrong(
    PRIOR,
    says="sums over the first axis after the batch only",
    hint="Try it with images: which shape comes out?",
    common="often",
    failure="shape",
)
def prior_kl_sums_one_axis(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    kl = 0.5 * (signal * x_0.to(signal.dtype) ** 2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="exchanges the two laws of the divergence",
    hint="KL(q || p) is not KL(p || q). Over which of the two laws is the expectation?",
    common="often",
    failure="values",
)
def prior_kl_laws_exchanged(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    variance = 1 - signal
    kl = 0.5 * ((1 + signal * pixels**2) / variance - 1 + variance.log())
    return kl.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="forgets a factor that all terms have in common",
    hint="The density of a normal law has a factor in its exponent. Did it survive?",
    common="sometimes",
    failure="constant factor",
)
def prior_kl_twice_too_large(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    return (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="is in bits",
    hint="Which unit does the docstring name?",
    common="seldom",
    failure="constant factor",
)
def prior_kl_in_bits(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1)
    return (kl / torch.log(torch.tensor(2.0, dtype=kl.dtype))).to(x_0.dtype)


@wrong(
    PRIOR,
    says="has the sign of the bound's term, not of the divergence",
    hint="Can a divergence be negative?",
    common="seldom",
    failure="sign",
)
def prior_kl_negative(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    log_ratio = 0.5 * (signal + torch.log1p(-signal) - signal * pixels**2)
    return log_ratio.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="has the logarithm with the wrong sign",
    hint="Let the mean be 0. Is your divergence at least 0 for every variance?",
    common="sometimes",
    failure="values",
)
def prior_kl_sign_of_the_logarithm(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal + torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="gives a class for normal laws the variance where it expects the standard deviation",
    hint="Look up what the second argument of torch.distributions.Normal is.",
    common="often",
    failure="values",
)
def prior_kl_variance_as_scale(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    mean = signal.sqrt() * x_0.to(signal.dtype).flatten(1)
    q = torch.distributions.Normal(mean, (1 - signal).expand_as(mean))
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(q, p).sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="compares the means only",
    hint="What else differs between q(x_T | x_0) and N(0, I), even where x_0 is 0?",
    common="sometimes",
    failure="values",
)
def prior_kl_of_means_only(x_0, alphas_cumprod):
    mean = alphas_cumprod[-1].sqrt() * x_0.to(alphas_cumprod.dtype).flatten(1)
    return (0.5 * mean**2).sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="puts the clean data in the place of the mean of x_T",
    hint="What has the forward process made of the data by time T?",
    common="sometimes",
    failure="values",
)
def prior_kl_data_for_the_mean(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (pixels**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="squares the share of the signal in the mean",
    hint="Is alphas_cumprod[T] the factor in front of x_0, or what becomes of its variance?",
    common="often",
    failure="values",
)
def prior_kl_mean_without_root(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    mean = signal * x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (mean**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="counts the variance once for a sample, not once for each dimension",
    hint="How many normal laws does a sample have? Try data with more dimensions, all of them 0.",
    common="sometimes",
    failure="values",
)
def prior_kl_variance_counted_once(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * (pixels**2).sum(dim=1) - signal - torch.log1p(-signal))
    return kl.to(x_0.dtype)


@wrong(
    PRIOR,
    says="looks at the time before the last",
    hint="How long is the schedule, and which of its indices is T?",
    common="sometimes",
    failure="not finite",
)
def prior_kl_one_step_before_the_end(x_0, alphas_cumprod):
    last = len(alphas_cumprod) - 1
    signal = alphas_cumprod[last - 1]
    pixels = x_0.to(signal.dtype).flatten(1)
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@wrong(
    PRIOR,
    says="takes the small difference in the dtype of the data",
    hint="How many digits of 1 - a are left in single precision when a is tiny?",
    common="sometimes",
    failure="values",
)
def prior_kl_single_inside(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].to(x_0)
    variance = 1 - signal
    kl = 0.5 * (signal * x_0.flatten(1) ** 2 + variance - 1 - variance.log())
    return kl.sum(dim=1)


@wrong(
    PRIOR,
    says="returns double precision for single-precision data",
    hint="Which dtype does the module's docstring promise for results?",
    common="often",
    failure="dtype",
)
def prior_kl_becomes_double(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.double().flatten(1)
    return 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal)).sum(dim=1)


@wrong(
    PRIOR,
    says="makes a new tensor of Python numbers, which knows nothing of the data's graph",
    hint="Results are differentiable in the data. What does item() leave of the graph?",
    common="sometimes",
    failure="no gradient",
)
def prior_kl_from_python_numbers(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    rest = -signal - torch.log1p(-signal)
    values = [0.5 * (signal * x.double() ** 2 + rest).sum().item() for x in x_0]
    return torch.tensor(values, dtype=x_0.dtype)


@wrong(
    PRIOR,
    says="flattens with view, which some orders of memory do not allow",
    hint="Try images whose axes have been transposed. Which function flattens any tensor?",
    common="sometimes",
    failure="exception",
)
def prior_kl_contiguous_only(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1]
    pixels = x_0.view(len(x_0), -1).double()
    kl = 0.5 * (signal * pixels**2 - signal - torch.log1p(-signal))
    return kl.sum(dim=1).to(x_0.dtype)


@right(PRIOR, says="leaves the closed form to torch.distributions")
def prior_kl_by_distributions(x_0, alphas_cumprod):
    signal = alphas_cumprod[-1].double()
    mean = signal.sqrt() * x_0.double()
    q = torch.distributions.Normal(mean, (1 - signal).sqrt().expand_as(mean))
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return torch.distributions.kl_divergence(q, p).flatten(1).sum(dim=1).to(x_0.dtype)


@right(PRIOR, says="sums the squares by einsum, sample by sample, and counts the dimensions")
def prior_kl_by_counting(x_0, alphas_cumprod):
    variance = 1 - alphas_cumprod[-1].double()
    squares = torch.stack([torch.einsum("i,i->", x, x) for x in x_0.double().reshape(len(x_0), -1)])
    dimensions = x_0[0].numel()
    kl = ((1 - variance) * squares + dimensions * (variance - 1 - variance.log())) / 2
    return kl.to(x_0.dtype)
