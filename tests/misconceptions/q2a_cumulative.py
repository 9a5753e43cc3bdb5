"""Question 2(a): what is left of the signal."""

from autograder.misconceptions.bank import right, wrong

SHARES = "diffusion.schedules.cumulative_alphas"


@wrong(
    SHARES,
    says="subtracts the betas from 1 one after the other",
    hint="Each step takes its share of what? After two steps that take a half each, what is left?",
    common="sometimes",
    failure="values",
)
def cumulative_alphas_subtracts(betas):
    return 1 - torch.cumsum(betas, dim=0)


@wrong(
    SHARES,
    says="follows the betas where it should follow what they leave, and the zero in front wipes all out",
    hint="Print the result for three steps. Which factor does step t put in front of the data?",
    common="sometimes",
    failure="ignores an argument",
)
def cumulative_alphas_product_of_betas(betas):
    return 1 - torch.cumprod(betas, dim=0)


@wrong(
    SHARES,
    says="returns what each single step leaves, not what all steps up to it leave",
    hint="Two letters alpha: one has a bar in papers. Which one does the docstring describe?",
    common="often",
    failure="values",
)
def cumulative_alphas_of_single_steps(betas):
    return 1 - betas


@wrong(
    SHARES,
    says="returns the factor in front of the data, not the share of its variance",
    hint="How is the factor in front of x_0 related to the variance that it leaves? Which one is asked for?",
    common="often",
    failure="values",
)
def cumulative_alphas_of_factors(betas):
    return torch.cumprod((1 - betas).sqrt(), dim=0)


@wrong(
    SHARES,
    says="returns the share of the noise, not that of the data",
    hint="What should stand at index 0, where nothing has been added yet?",
    common="sometimes",
    failure="values",
)
def cumulative_alphas_of_noise(betas):
    return 1 - torch.cumprod(1 - betas, dim=0)


@wrong(
    SHARES,
    says="leaves the entry for time 0 out",
    hint="How long is the vector that the docstring asks for?",
    common="sometimes",
    failure="shape",
)
def cumulative_alphas_without_time_zero(betas):
    return torch.cumprod(1 - betas[1:], dim=0)


@wrong(
    SHARES,
    says="puts a 1 in front, although index 0 has its 1 already, and is a step late from then on",
    hint="What is 1 - betas[0]? Does it need another 1 in front?",
    common="often",
    failure="off by one in time",
)
def cumulative_alphas_one_step_late(betas):
    shares = torch.cumprod(1 - betas, dim=0)
    return torch.cat([shares.new_ones(1), shares[:-1]])


@wrong(
    SHARES,
    says="stops its loop before the last step",
    hint="Which is the last index of a vector of length T + 1, and does your range reach it?",
    common="sometimes",
    failure="values",
)
def cumulative_alphas_last_step_missing(betas):
    shares = torch.ones_like(betas)
    for t in range(1, len(betas) - 1):
        shares[t] = shares[t - 1] * (1 - betas[t])
    return shares


@wrong(
    SHARES,
    says="writes the result into the caller's betas",
    hint="After `b = a`, how many tensors are there? What does the caller find in betas afterwards?",
    common="sometimes",
    failure="argument changed in place",
)
def cumulative_alphas_into_betas(betas):
    shares = betas
    shares[0] = 1
    for t in range(1, len(betas)):
        shares[t] = shares[t - 1] * (1 - betas[t])
    return shares


@wrong(
    SHARES,
    says="replaces every step by its first-order approximation, as if the steps were tiny",
    hint="Is the approximation good for a step that takes three quarters away?",
    common="seldom",
    failure="values",
)
def cumulative_alphas_for_tiny_steps(betas):
    return torch.exp(-torch.cumsum(betas, dim=0))


@wrong(
    SHARES,
    says="collects Python numbers and makes a single-precision tensor of them",
    hint="Which dtype does torch.tensor choose for Python floats, and which one is promised?",
    common="sometimes",
    failure="dtype",
)
def cumulative_alphas_default_dtype(betas):
    shares = [1.0]
    for beta in betas[1:].tolist():
        shares.append(shares[-1] * (1 - beta))
    return torch.tensor(shares)


@wrong(
    SHARES,
    says="returns double precision whatever the dtype of betas",
    hint="Try betas in single precision. What does the docstring say about the dtype of the result?",
    common="seldom",
    failure="dtype",
)
def cumulative_alphas_always_double(betas):
    return torch.cumprod(1 - betas, dim=0, dtype=torch.float64)


@wrong(
    SHARES,
    says="multiplies in single precision and converts the rounded result",
    hint="Why are schedules float64 at all? Where does yours lose digits?",
    common="seldom",
    failure="values",
)
def cumulative_alphas_single_inside(betas):
    alphas = (1 - betas).to(torch.float32)
    return torch.cumprod(alphas, dim=0).to(betas.dtype)


@wrong(
    SHARES,
    says="multiplies everything to one number",
    hint="Entry t of the result belongs to time t. How many entries are there?",
    common="seldom",
    failure="shape",
)
def cumulative_alphas_of_the_end(betas):
    return torch.prod(1 - betas)


@right(SHARES, says="adds logarithms")
def cumulative_alphas_by_logs(betas):
    return torch.exp(torch.cumsum(torch.log1p(-betas), dim=0))


@right(SHARES, says="carries the variance of the noise through the steps, in double precision")
def cumulative_alphas_by_variance(betas):
    variance, shares = 0.0, []
    for beta in betas.tolist():
        variance = (1 - beta) * variance + beta
        shares.append(1 - variance)
    return betas.new_tensor(shares)
