"""Question 2(a): what is left of the signal."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "diffusion.schedules.cumulative_alphas"


@wrong("subtracts the betas from 1 one after the other", sometimes="values")
@hint("Each step takes its share of what? After two steps that take a half each, what is left?")
def cumulative_alphas_subtracts(betas):
    return 1 - torch.cumsum(betas, dim=0)


@wrong(
    "follows the betas where it should follow what they leave, and the zero in front wipes all out",
    sometimes="ignores an argument",
)
@hint("Print the result for three steps. Which factor does step t put in front of the data?")
def cumulative_alphas_product_of_betas(betas):
    return 1 - torch.cumprod(betas, dim=0)


@wrong("returns what each single step leaves, not what all steps up to it leave", often="values")
@hint("Two letters alpha: one has a bar in papers. Which one does the docstring describe?")
def cumulative_alphas_of_single_steps(betas):
    return 1 - betas


@wrong("returns the factor in front of the data, not the share of its variance", often="values")
@hint("How is the factor in front of x_0 related to the variance that it leaves? Which one is asked for?")
def cumulative_alphas_of_factors(betas):
    return torch.cumprod((1 - betas).sqrt(), dim=0)


@wrong("returns the share of the noise, not that of the data", sometimes="values")
@hint("What should stand at index 0, where nothing has been added yet?")
def cumulative_alphas_of_noise(betas):
    return 1 - torch.cumprod(1 - betas, dim=0)


@wrong("leaves the entry for time 0 out", sometimes="shape")
@hint("How long is the vector that the docstring asks for?")
def cumulative_alphas_without_time_zero(betas):
    return torch.cumprod(1 - betas[1:], dim=0)


@wrong(
    "puts a 1 in front, although index 0 has its 1 already, and is a step late from then on",
    often="off by one in time",
)
@hint("What is 1 - betas[0]? Does it need another 1 in front?")
def cumulative_alphas_one_step_late(betas):
    shares = torch.cumprod(1 - betas, dim=0)
    return torch.cat([shares.new_ones(1), shares[:-1]])


@wrong("stops its loop before the last step", sometimes="values")
@hint("Which is the last index of a vector of length T + 1, and does your range reach it?")
def cumulative_alphas_last_step_missing(betas):
    shares = torch.ones_like(betas)
    for t in range(1, len(betas) - 1):
        shares[t] = shares[t - 1] * (1 - betas[t])
    return shares


@wrong("writes the result into the caller's betas", sometimes="argument changed in place")
@hint("After `b = a`, how many tensors are there? What does the caller find in betas afterwards?")
def cumulative_alphas_into_betas(betas):
    shares = betas
    shares[0] = 1
    for t in range(1, len(betas)):
        shares[t] = shares[t - 1] * (1 - betas[t])
    return shares


@wrong("replaces every step by its first-order approximation, as if the steps were tiny", seldom="values")
@hint("Is the approximation good for a step that takes three quarters away?")
def cumulative_alphas_for_tiny_steps(betas):
    return torch.exp(-torch.cumsum(betas, dim=0))


@wrong("collects Python numbers and makes a single-precision tensor of them", sometimes="dtype")
@hint("Which dtype does torch.tensor choose for Python floats, and which one is promised?")
def cumulative_alphas_default_dtype(betas):
    shares = [1.0]
    for beta in betas[1:].tolist():
        shares.append(shares[-1] * (1 - beta))
    return torch.tensor(shares)


@wrong("returns double precision whatever the dtype of betas", seldom="dtype")
@hint("Try betas in single precision. What does the docstring say about the dtype of the result?")
def cumulative_alphas_always_double(betas):
    return torch.cumprod(1 - betas, dim=0, dtype=torch.float64)


@wrong("multiplies in single precision and converts the rounded result", seldom="values")
@hint("Why are schedules float64 at all? Where does yours lose digits?")
def cumulative_alphas_single_inside(betas):
    alphas = (1 - betas).to(torch.float32)
    return torch.cumprod(alphas, dim=0).to(betas.dtype)


@wrong("multiplies everything to one number", seldom="shape")
@hint("Entry t of the result belongs to time t. How many entries are there?")
def cumulative_alphas_of_the_end(betas):
    return torch.prod(1 - betas)


@right("adds logarithms")
def cumulative_alphas_by_logs(betas):
    return torch.exp(torch.cumsum(torch.log1p(-betas), dim=0))


@right("carries the variance of the noise through the steps, in double precision")
def cumulative_alphas_by_variance(betas):
    variance, shares = 0.0, []
    for beta in betas.tolist():
        variance = (1 - beta) * variance + beta
        shares.append(1 - variance)
    return betas.new_tensor(shares)
