"""Question 2(a): the cosine schedule."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.schedules.cosine_betas"


@wrong("forgets to square the cosine", sometimes="values")
@hint("Compare your f with the f of the docstring, symbol by symbol.")
def cosine_betas_without_square(num_steps, s, max_beta):
    times = torch.arange(num_steps + 1, dtype=torch.float64)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2)
    betas = (1 - f[1:] / f[:-1]).clamp(max=max_beta)
    return torch.cat([betas.new_zeros(1), betas])


@wrong("assumes that f is 1 at time 0, although the offset applies there too", often="values")
@hint("Compute f(0) by hand for s = 1.")
def cosine_betas_f_starts_at_one(num_steps, s, max_beta):
    times = torch.arange(1, num_steps + 1, dtype=torch.float64)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2) ** 2
    f = torch.cat([f.new_ones(1), f])
    betas = (1 - f[1:] / f[:-1]).clamp(max=max_beta)
    return torch.cat([betas.new_zeros(1), betas])


@wrong("leaves the last beta at 1", sometimes="ignores an argument")
@hint("What is max_beta for? Which step needs it?")
def cosine_betas_without_cap(num_steps, s, max_beta):
    times = torch.arange(num_steps + 1, dtype=torch.float64)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2) ** 2
    return torch.cat([f.new_zeros(1), 1 - f[1:] / f[:-1]])


@wrong(
    "uses the usual upper limit as a fixed number and ignores the caller's value",
    rarely="ignores an argument",
)
@hint("Call it with another max_beta. Does the result change?")
@edit("max=max_beta", "max=0.999")
def cosine_betas_usual_cap(): ...


@wrong("raises small betas to a lower limit that the docstring does not have", often="values")
@hint(
    "The docstring has an upper limit. Does it have a lower one? Look at the first steps of a long schedule."
)
def cosine_betas_with_a_floor(num_steps, s, max_beta):
    times = torch.linspace(0, num_steps, num_steps + 1, dtype=torch.float64)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi * 0.5) ** 2
    f = f / f[0]
    betas = torch.clip(1 - f[1:] / f[:-1], 0.0001, max_beta)
    return torch.cat([betas.new_zeros(1), betas])


@wrong("computes in torch's default dtype, single precision", often="dtype")
@hint("Print the dtype of the result. Which one does the docstring promise?")
def cosine_betas_default_dtype(num_steps, s, max_beta):
    times = torch.arange(num_steps + 1)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2) ** 2
    betas = (1 - f[1:] / f[:-1]).clamp(max=max_beta)
    return torch.cat([torch.zeros(1), betas])


@wrong("computes the ratios in single precision and converts them afterwards", sometimes="values")
@hint("Two neighbouring values of f are nearly equal. In which dtype do you subtract their ratio from 1?")
def cosine_betas_double_too_late(num_steps, s, max_beta):
    times = torch.arange(num_steps + 1)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2) ** 2
    betas = (1 - f[1:] / f[:-1]).clamp(max=max_beta).double()
    return torch.cat([betas.new_zeros(1), betas])


@wrong("computes f at only T times and gets one beta too few", sometimes="shape")
@hint("Count: at how many times is f needed, so that every step has a time before it?")
@edit("num_steps + 1", "num_steps")
def cosine_betas_one_too_few(): ...


@wrong("divides the time by T + 1, so that the cosine never reaches its end", rarely="values")
@hint("Which angle should the last time have?")
@edit("times / num_steps", "times / len(times)")
def cosine_betas_time_over_length(): ...


@wrong("returns the signal that is left instead of the noise that each step adds", sometimes="values")
@hint("Which of the two schedules has the name betas? What is its value at index 0?")
def cosine_betas_returns_shares(num_steps, s, max_beta):
    times = torch.arange(num_steps + 1, dtype=torch.float64)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2) ** 2
    return (f / f[0]).clamp(max=max_beta)


@wrong("adds the offset but never divides by 1 + s", sometimes="values")
@hint("Where is s in f, and how often? Which angle does the last time have?")
@edit("(times / num_steps + s) / (1 + s) * math.pi", "(times / num_steps + s) * math.pi")
def cosine_betas_offset_once(): ...


@wrong("adds the offset to the number of the step instead of to the fraction of the time", sometimes="values")
@hint("Look at the parentheses in the docstring's f: what is divided by T?")
@edit("(times / num_steps + s) / (1 + s)", "(times + s) / num_steps / (1 + s)")
def cosine_betas_offset_in_steps(): ...


@wrong("puts the beta of each step at the time before it", sometimes="off by one in time")
@hint("Which step does betas[1] belong to? What is at index 0?")
def cosine_betas_one_place_early(num_steps, s, max_beta):
    times = torch.arange(num_steps + 1, dtype=torch.float64)
    f = torch.cos((times / num_steps + s) / (1 + s) * math.pi / 2) ** 2
    betas = torch.zeros_like(f)
    betas[:-1] = (1 - f[1:] / f[:-1]).clamp(max=max_beta)
    return betas


@wrong("inverts the ratio of two neighbouring values", sometimes="values")
@hint("Does f fall or rise? So which of two neighbours is larger?")
@edit("1 - f[1:] / f[:-1]", "1 - f[:-1] / f[1:]")
def cosine_betas_ratio_upside_down(): ...


@right("loops over the steps with the math module, using the double angle")
def cosine_betas_by_loop(num_steps, s, max_beta):
    def f(t):
        return (1 + math.cos((t / num_steps + s) / (1 + s) * math.pi)) / 2

    betas = [min(1 - f(t) / f(t - 1), max_beta) for t in range(1, num_steps + 1)]
    return torch.tensor([0.0, *betas], dtype=torch.float64)


@right("normalises the shares of signal first and computes ratios from logarithms")
def cosine_betas_by_logs(num_steps, s, max_beta):
    angles = (torch.linspace(0, 1, num_steps + 1, dtype=torch.float64) + s) / (1 + s) * (math.pi / 2)
    log_shares = 2 * (torch.log(torch.cos(angles)) - math.log(math.cos(s / (1 + s) * math.pi / 2)))
    betas = torch.zeros_like(angles)
    betas[1:] = -torch.expm1(log_shares.diff())
    return torch.where(betas > max_beta, max_beta, betas)
