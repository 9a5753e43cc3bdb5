"""Question 1(a): how likely it is that a pixel has been replaced, and after how many steps."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "diffusion.binary.replacement_probability"


@wrong("uses the probability of a flip instead of the probability of a replacement", often="values")
@hint("What is the probability that R shows +1 in one step?")
def replacement_probability_of_flips(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return -torch.expm1(steps * math.log1p(-delta))


@wrong("counts only the replaced pixels whose sign has changed", sometimes="constant factor")
@hint("Replaced, or changed: which of the two does the docstring describe?")
def replacement_probability_halved(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0)) / 2


@wrong("subtracts a number close to 1 from 1, which loses the digits of a tiny delta", often="values")
@hint("How many digits of 1 - 1e-14 does a float keep? See the function's hint.")
def replacement_probability_loses_digits(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return 1 - (1 - 2 * delta) ** steps


@wrong("returns the probability that the pixel has NOT been replaced", sometimes="values")
@hint("What should the function return for t = 0?")
def replacement_probability_of_the_contrary(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return (1 - 2 * delta) ** steps


@wrong("counts one step too many", sometimes="off by one in time")
@hint("What should the function return for t = 0, before the first step?")
def replacement_probability_one_step_more(t, delta):
    steps = torch.as_tensor(t).to(torch.float64) + 1
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(steps * log_kept)


@wrong("multiplies 0 by the logarithm of 0 if delta is 1/2 and t is 0", often="not finite")
@hint("What does your code return for t = 0 and delta = 1/2, and what is the right value?")
def replacement_probability_nan_for_fair_coins(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return -torch.expm1(steps * torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64)))


@wrong("computes in single precision", often="dtype")
@hint("What does the docstring say about the dtype?")
@edit("torch.as_tensor(t).to(torch.float64)", "torch.as_tensor(t).float()")
@edit("delta, dtype=torch.float64", "delta")
def replacement_probability_in_single_precision(): ...


@wrong("computes the logarithm in single precision and converts it afterwards", sometimes="values")
@hint("Which dtype does torch.tensor(0.1) have?")
def replacement_probability_single_inside(t, delta):
    steps = torch.as_tensor(t)
    log_kept = torch.log1p(torch.tensor(-2 * delta))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0).double())


@wrong("returns a Python number, not a tensor, if t is an int", often="type")
@hint("What does the docstring say about an int t?")
def replacement_probability_plain_number(t, delta):
    if isinstance(t, int):
        return 1 - (1 - 2 * delta) ** t
    steps = t.to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))


@wrong(
    "adds up the probabilities of the steps, although a pixel can be replaced more than once",
    sometimes="values",
)
@hint("Are replacements in different steps mutually exclusive events?")
def replacement_probability_adds_steps(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return (2 * delta * steps).clamp(max=1)


@wrong("returns the probability that every step replaces the pixel", sometimes="values")
@hint("Which event does the docstring describe: a replacement in all steps, or in at least one step?")
def replacement_probability_in_every_step(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return torch.tensor(2 * delta, dtype=torch.float64) ** steps


@wrong("returns the probability that the first replacement is exactly in step t", sometimes="not finite")
@hint("Which steps does the docstring describe: step t, or steps 1..t?")
def replacement_probability_in_the_last_step(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return 2 * delta * torch.tensor(1 - 2 * delta, dtype=torch.float64) ** (steps - 1)


@wrong("returns a vector of one value if t is an int", sometimes="shape")
@hint("How many dimensions does the result have if t is an int?")
@edit("torch.as_tensor(t)", "torch.atleast_1d(torch.as_tensor(t))")
def replacement_probability_one_dimension(): ...


@wrong("keeps the result a small number away from 0 and 1", rarely="values")
@hint("What exactly is the probability at t = 0?")
def replacement_probability_clamped(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    replaced = -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))
    return replaced.clamp(1e-6, 1 - 1e-6)


@right("computes one time after the other with the functions of `math`")
def replacement_probability_by_math(t, delta):
    def one(steps):
        if steps == 0 or delta == 0.5:
            return float(steps > 0)
        return -math.expm1(steps * math.log1p(-2 * delta))

    times = torch.as_tensor(t)
    values = [one(steps) for steps in times.flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64, device=times.device).reshape(times.shape)


@right("uses xlog1py, which returns 0 if its first argument is 0")
def replacement_probability_by_xlog1py(t, delta):
    steps = torch.as_tensor(t).double()
    return -torch.expm1(torch.special.xlog1py(steps, steps.new_tensor(-2 * delta)))


TASK = "diffusion.binary.steps_to_mix"


@wrong("rounds the number of steps down, which gives one step too few", often="values")
@hint("Is the probability within the tolerance after your T steps? Is it after one more step?")
def steps_to_mix_rounds_down(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return int(math.log(tolerance) / math.log1p(-2 * delta))


@wrong("takes the logarithm of 0 if delta is 1/2", often="exception")
@hint("How many pixels are left unreplaced after one step with delta = 1/2?")
def steps_to_mix_no_fair_coins(delta, tolerance):
    return math.ceil(math.log(tolerance) / math.log(1 - 2 * delta))


@wrong("uses the probability of a flip instead of the probability of a replacement", often="values")
@hint("By which factor does the probability of no replacement shrink in one step?")
def steps_to_mix_of_flips(delta, tolerance):
    return math.ceil(math.log(tolerance) / math.log1p(-delta))


@wrong("compares with 1 - tolerance, which is rounded to 1 for a tiny tolerance", often="values")
@hint("What is 1 - 1e-30 in floating point?")
def steps_to_mix_next_to_one(delta, tolerance):
    steps = 0
    while replacement_probability(steps, delta) < 1 - tolerance:
        steps += 1
    return steps


@wrong("requires less than the tolerance, although the tolerance itself is enough", often="values")
@hint("The docstring says `at most`: what about equality?")
def steps_to_mix_strictly_below(delta, tolerance):
    steps, left = 0, 1.0
    while left >= tolerance:
        left *= 1 - 2 * delta
        steps += 1
    return steps


@wrong("returns a float", sometimes="type")
@hint("Which type does the signature promise?")
def steps_to_mix_as_float(delta, tolerance):
    if delta == 0.5:
        return 0.0 if tolerance == 1 else 1.0
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    steps = math.log(tolerance) / log_kept
    return torch.ceil(steps - 1e-12 * steps).item()


@wrong("returns a tensor", sometimes="type")
@hint("Which type does the signature promise?")
def steps_to_mix_as_tensor(delta, tolerance):
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return torch.ceil(math.log(tolerance) / log_kept).long()


@wrong(
    "measures whether the pixel differs from its first value, not whether it is replaced", sometimes="values"
)
@hint("Is the pixel unreplaced, or only unchanged? A replaced pixel can have the same value as before.")
def steps_to_mix_counts_changes(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return max(0, math.ceil(math.log(2 * tolerance) / math.log1p(-2 * delta)))


@wrong("rounds to the nearest number of steps", sometimes="values")
@hint("Is the probability within the tolerance after your T steps, whether T was rounded up or down?")
@edit("int", "round", of="steps_to_mix_rounds_down")
def steps_to_mix_rounds(): ...


@wrong("uses only the first term of the logarithm's series", sometimes="values")
@hint("For which delta is that a good approximation? Try a large one.")
def steps_to_mix_for_small_delta(delta, tolerance):
    return math.ceil(-math.log(tolerance) / (2 * delta))


@wrong("divides two logarithms of different bases", rarely="values")
@hint("Which base do math.log10 and math.log1p have?")
def steps_to_mix_two_bases(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return math.ceil(math.log10(tolerance) / math.log1p(-2 * delta))


@wrong("stops after a hundred steps and returns nothing", rarely="type")
@hint("How many steps does a small delta need?")
def steps_to_mix_gives_up(delta, tolerance):
    left = 1.0
    for steps in range(100):
        if left <= tolerance:
            return steps
        left *= 1 - 2 * delta


@right("multiplies step by step until the probability is small enough")
@edit("left >= tolerance", "left > tolerance", of="steps_to_mix_strictly_below")
def steps_to_mix_step_by_step(): ...


@right("doubles an upper bound and then halves the interval")
def steps_to_mix_by_bisection(delta, tolerance):
    kept, high = 1 - 2 * delta, 1
    if tolerance >= 1:
        return 0
    while kept**high > tolerance:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if kept**middle <= tolerance else (middle, high)
    return high
