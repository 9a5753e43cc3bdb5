"""Question 2(a): the linear schedule."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.schedules.linear_betas"


@wrong("uses the end points unchanged for every number of steps", often="values")
@hint(
    "For how many steps are beta_start and beta_end meant, and what does the docstring do for other numbers?"
)
def linear_betas_unscaled(num_steps, beta_start, beta_end):
    betas = torch.linspace(beta_start, beta_end, num_steps, dtype=torch.float64)
    return torch.cat([torch.zeros(1, dtype=torch.float64), betas.clamp(max=0.999)])


@wrong("inverts the factor of the end points", sometimes="values")
@hint("Should each step of a short process add more noise than one of a long process, or less?")
@edit("1000 / num_steps", "num_steps / 1000")
def linear_betas_scale_upside_down(): ...


@wrong("rounds the factor of the end points down to an integer", rarely="values")
@hint("Try a number of steps that does not divide 1000. Which of Python's two divisions is meant?")
@edit("1000 / num_steps", "1000 // num_steps")
def linear_betas_whole_scale(): ...


@wrong("lets betas grow above the upper limit", often="values")
@hint("Look at a schedule of five steps. Can a step add more than all of the variance?")
@edit("betas.clamp(max=0.999)", "betas")
def linear_betas_without_cap(): ...


@wrong("limits the last end point, which changes the spacing of all the other values", sometimes="values")
@hint("What comes first in the docstring, the even spacing or the upper limit?")
def linear_betas_caps_the_end_point(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    last = min(beta_end * scale, 0.999)
    betas = torch.linspace(beta_start * scale, last, num_steps, dtype=torch.float64)
    return torch.cat([betas.new_zeros(1), betas])


@wrong("computes in torch's default dtype, single precision", often="dtype")
@hint("Print the dtype of the result. Which one does the docstring promise?")
def linear_betas_default_dtype(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    betas = torch.linspace(beta_start * scale, beta_end * scale, num_steps).clamp(max=0.999)
    return torch.cat([torch.zeros(1), betas])


@wrong("converts to double precision only after the values have been rounded to single", sometimes="values")
@hint("Where is precision lost: where a number is stored, or where it is first computed?")
def linear_betas_double_too_late(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    betas = torch.linspace(beta_start * scale, beta_end * scale, num_steps).clamp(max=0.999)
    return torch.cat([torch.zeros(1), betas]).double()


@wrong("has no entry for time 0", often="shape")
@hint("How long is the vector that the docstring describes, and what is at index 0?")
@edit("torch.cat([betas.new_zeros(1), betas.clamp(max=0.999)])", "betas.clamp(max=0.999)")
def linear_betas_without_time_zero(): ...


@wrong(
    "spaces the values evenly from 0 at time 0, so that beta_start is never used",
    sometimes="ignores an argument",
)
@hint("Which value does the first step have in the docstring? Change beta_start and see what happens.")
def linear_betas_from_zero(num_steps, beta_start, beta_end):
    last = beta_end * 1000 / num_steps
    return torch.linspace(0, last, num_steps + 1, dtype=torch.float64).clamp(max=0.999)


@wrong("gives time 0 the start value and spreads T + 1 values over the range", sometimes="values")
@hint("How much noise is in clean data? And how many values are spread over the range?")
def linear_betas_start_at_time_zero(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    betas = torch.linspace(beta_start * scale, beta_end * scale, num_steps + 1, dtype=torch.float64)
    return betas.clamp(max=0.999)


@wrong("stops one increment before the end point", sometimes="values")
@hint("T evenly spaced values with both ends included: how many gaps are between them?")
def linear_betas_end_left_out(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    share = torch.arange(num_steps, dtype=torch.float64) / num_steps
    betas = scale * (beta_start + share * (beta_end - beta_start))
    return torch.cat([betas.new_zeros(1), betas.clamp(max=0.999)])


@wrong("appends the zero instead of putting it in front", rarely="off by one in time")
@hint("Which index is for clean data?")
@edit("[betas.new_zeros(1), betas.clamp(max=0.999)]", "[betas.clamp(max=0.999), betas.new_zeros(1)]")
def linear_betas_zero_at_the_end(): ...


@wrong("spaces the square roots of the betas evenly, as latent diffusion does", rarely="values")
@hint("What does the docstring space evenly?")
def linear_betas_even_square_roots(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    first, last = math.sqrt(beta_start * scale), math.sqrt(beta_end * scale)
    betas = torch.linspace(first, last, num_steps, dtype=torch.float64) ** 2
    return torch.cat([betas.new_zeros(1), betas.clamp(max=0.999)])


@wrong("divides by zero for a process of one step", sometimes="exception")
@hint("The docstring says what a single step gets. Does your increment exist in that case?")
def linear_betas_no_single_step(num_steps, beta_start, beta_end):
    scale = 1000 / num_steps
    increment = (beta_end - beta_start) / (num_steps - 1)
    betas = [min(scale * (beta_start + i * increment), 0.999) for i in range(num_steps)]
    return torch.tensor([0.0, *betas], dtype=torch.float64)


@wrong(
    "uses the usual end points as fixed numbers and ignores the caller's values", rarely="ignores an argument"
)
@hint("Call it with another beta_end. Does the result change?")
def linear_betas_usual_end_points(num_steps, beta_start, beta_end):
    betas = torch.linspace(0.1 / num_steps, 20 / num_steps, num_steps, dtype=torch.float64)
    return torch.cat([betas.new_zeros(1), betas.clamp(max=0.999)])


@wrong("returns a NumPy array", sometimes="type")
@hint("Which return type does the function's annotation promise to its callers?")
def linear_betas_numpy(num_steps, beta_start, beta_end):
    import numpy as np

    scale = 1000 / num_steps
    betas = np.linspace(beta_start * scale, beta_end * scale, num_steps)
    return np.concatenate([[0.0], np.minimum(betas, 0.999)])


@right("computes one value after the other in plain Python")
def linear_betas_by_loop(num_steps, beta_start, beta_end):
    betas = [0.0]
    for t in range(1, num_steps + 1):
        share = (t - 1) / max(num_steps - 1, 1)
        beta = (1 - share) * beta_start + share * beta_end
        betas.append(min(beta * 1000 / num_steps, 0.999))
    return torch.tensor(betas, dtype=torch.float64)


@right("fills a vector of zeros from NumPy's linspace and scales it last")
def linear_betas_from_numpy(num_steps, beta_start, beta_end):
    import numpy as np

    betas = torch.zeros(num_steps + 1, dtype=torch.float64)
    betas[1:] = torch.from_numpy(np.linspace(beta_start, beta_end, num_steps)) * (1000 / num_steps)
    return torch.minimum(betas, torch.tensor(0.999, dtype=torch.float64))
