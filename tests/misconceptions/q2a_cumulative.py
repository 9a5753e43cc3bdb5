"""Question 2(a): what is left of the signal."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "diffusion.schedules.cumulative_alphas"


@wrong("subtracts the betas from 1 one after the other", sometimes="values")
@hint("Each step takes away a share of what? What is left after two steps that each take away one half?")
def cumulative_alphas_subtracts(betas):
    return 1 - torch.cumsum(betas, dim=0)


@wrong(
    "multiplies the betas, not what they leave, and the zero at the start makes every entry 0",
    sometimes="ignores an argument",
)
@hint("Print the result for three steps. By which factor does step t multiply the data?")
def cumulative_alphas_product_of_betas(betas):
    return 1 - torch.cumprod(betas, dim=0)


@wrong("returns what each single step leaves, not what all steps up to it leave", often="values")
@hint("Papers have two letters alpha, one with a bar and one without. Which one does the docstring describe?")
def cumulative_alphas_of_single_steps(betas):
    return 1 - betas


@wrong("returns the factor in front of the data, not the share of its variance", often="values")
@hint("How is the factor in front of x_0 related to the variance that it leaves? Which one do you need here?")
def cumulative_alphas_of_factors(betas):
    return torch.cumprod((1 - betas).sqrt(), dim=0)


@wrong("returns the share of the noise, not the share of the data", sometimes="values")
@hint("What should be at index 0, where no noise has been added yet?")
def cumulative_alphas_of_noise(betas):
    return 1 - torch.cumprod(1 - betas, dim=0)


@wrong("leaves out the entry for time 0", sometimes="shape")
@hint("How long is the vector that the docstring describes?")
def cumulative_alphas_without_time_zero(betas):
    return torch.cumprod(1 - betas[1:], dim=0)


@wrong(
    "puts a 1 in front, although index 0 is already 1, so that all later entries are one step late",
    often="off by one in time",
)
@hint("What is 1 - betas[0]? Does it need another 1 in front?")
def cumulative_alphas_one_step_late(betas):
    shares = torch.cumprod(1 - betas, dim=0)
    return torch.cat([shares.new_ones(1), shares[:-1]])


@wrong("stops its loop before the last step", sometimes="values")
@hint("What is the last index of a vector of length T + 1, and does your range reach it?")
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


@wrong("replaces every step by its first-order approximation, as if the steps were tiny", rarely="values")
@hint("Is the approximation good for a step that takes away three quarters?")
def cumulative_alphas_for_tiny_steps(betas):
    return torch.exp(-torch.cumsum(betas, dim=0))


@wrong("collects Python numbers and makes a single-precision tensor from them", sometimes="dtype")
@hint("Which dtype does torch.tensor choose for Python floats, and which one does the docstring promise?")
def cumulative_alphas_default_dtype(betas):
    shares = [1.0]
    for beta in betas[1:].tolist():
        shares.append(shares[-1] * (1 - beta))
    return torch.tensor(shares)


@wrong("returns double precision even if betas has another dtype", rarely="dtype")
@hint("Try betas in single precision. What does the docstring say about the dtype of the result?")
def cumulative_alphas_always_double(betas):
    return torch.cumprod(1 - betas, dim=0, dtype=torch.float64)


@wrong("multiplies in single precision and converts the rounded result", rarely="values")
@hint("Why are schedules in float64? Where does your code lose digits?")
def cumulative_alphas_single_inside(betas):
    alphas = (1 - betas).to(torch.float32)
    return torch.cumprod(alphas, dim=0).to(betas.dtype)


@wrong("multiplies everything into one number", rarely="shape")
@hint("Entry t of the result belongs to time t. How many entries are there?")
def cumulative_alphas_of_the_end(betas):
    return torch.prod(1 - betas)


@right("adds logarithms")
def cumulative_alphas_by_logs(betas):
    return torch.exp(torch.cumsum(torch.log1p(-betas), dim=0))


@right("computes the variance of the noise from step to step, in double precision")
def cumulative_alphas_by_variance(betas):
    variance, shares = 0.0, []
    for beta in betas.tolist():
        variance = (1 - beta) * variance + beta
        shares.append(1 - variance)
    return betas.new_tensor(shares)
