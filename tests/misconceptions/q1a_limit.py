"""Question 1(a): how likely a pixel has been replaced, and how long that takes."""

from autograder.misconceptions.bank import right, wrong

REPLACEMENT = "diffusion.binary.replacement_probability"
STEPS_TO_MIX = "diffusion.binary.steps_to_mix"


@wrong(
    REPLACEMENT,
    says="takes the probability of a flip for that of a replacement",
    hint="What is the probability that R comes up in one step?",
    common="often",
    failure="values",
)
def replacement_probability_of_flips(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return -torch.expm1(steps * math.log1p(-delta))


@wrong(
    REPLACEMENT,
    says="counts only the replaced pixels that show another sign",
    hint="Replaced, or changed: which of the two does the docstring ask for?",
    common="sometimes",
    failure="constant factor",
)
def replacement_probability_halved(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0)) / 2


@wrong(
    REPLACEMENT,
    says="subtracts a number next to 1 from 1, which loses the digits of a tiny delta",
    hint="How many digits of 1 - 1e-14 does a float keep? See the function's hint.",
    common="often",
    failure="values",
)
def replacement_probability_loses_digits(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return 1 - (1 - 2 * delta) ** steps


@wrong(
    REPLACEMENT,
    says="returns the probability that the pixel has NOT been replaced",
    hint="What should come back for t = 0?",
    common="sometimes",
    failure="values",
)
def replacement_probability_of_the_contrary(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return (1 - 2 * delta) ** steps


@wrong(
    REPLACEMENT,
    says="counts one step too many",
    hint="What should come back for t = 0, before the first step?",
    common="sometimes",
    failure="off by one in time",
)
def replacement_probability_one_step_more(t, delta):
    steps = torch.as_tensor(t).to(torch.float64) + 1
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(steps * log_kept)


@wrong(
    REPLACEMENT,
    says="multiplies 0 by the logarithm of 0 where delta is 1/2 and t is 0",
    hint="What does your code give for t = 0 and delta = 1/2, and what is right there?",
    common="often",
    failure="not finite",
)
def replacement_probability_nan_for_fair_coins(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return -torch.expm1(steps * torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64)))


@wrong(
    REPLACEMENT,
    says="works in single precision",
    hint="What does the docstring say of the dtype?",
    common="often",
    failure="dtype",
)
def replacement_probability_in_single_precision(t, delta):
    steps = torch.as_tensor(t).float()
    log_kept = torch.log1p(torch.tensor(-2 * delta))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))


@wrong(
    REPLACEMENT,
    says="takes the logarithm in single precision and widens the result",
    hint="Which dtype has torch.tensor(0.1)?",
    common="sometimes",
    failure="values",
)
def replacement_probability_single_inside(t, delta):
    steps = torch.as_tensor(t)
    log_kept = torch.log1p(torch.tensor(-2 * delta))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0).double())


@wrong(
    REPLACEMENT,
    says="returns a plain number for an int",
    hint="What does the docstring say of an int t?",
    common="often",
    failure="type",
)
def replacement_probability_plain_number(t, delta):
    if isinstance(t, int):
        return 1 - (1 - 2 * delta) ** t
    steps = t.to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))


@wrong(
    REPLACEMENT,
    says="adds up the steps' probabilities, although a pixel can be replaced more than once",
    hint="Are replacements in different steps exclusive events?",
    common="sometimes",
    failure="values",
)
def replacement_probability_adds_steps(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return (2 * delta * steps).clamp(max=1)


@wrong(
    REPLACEMENT,
    says="gives the probability that every step replaces the pixel",
    hint="All of them, or at least one of them?",
    common="sometimes",
    failure="values",
)
def replacement_probability_in_every_step(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return torch.tensor(2 * delta, dtype=torch.float64) ** steps


@wrong(
    REPLACEMENT,
    says="gives the probability that the first replacement comes in step t exactly",
    hint="In step t, or in steps 1..t?",
    common="sometimes",
    failure="not finite",
)
def replacement_probability_in_the_last_step(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    return 2 * delta * torch.tensor(1 - 2 * delta, dtype=torch.float64) ** (steps - 1)


@wrong(
    REPLACEMENT,
    says="returns one value in a list for an int",
    hint="How many dimensions has the result for an int t?",
    common="sometimes",
    failure="shape",
)
def replacement_probability_one_dimension(t, delta):
    steps = torch.atleast_1d(torch.as_tensor(t)).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))


@wrong(
    REPLACEMENT,
    says="keeps away from 0 and 1 by a small number",
    hint="What is the probability at t = 0, exactly?",
    common="seldom",
    failure="values",
)
def replacement_probability_clamped(t, delta):
    steps = torch.as_tensor(t).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    replaced = -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))
    return replaced.clamp(1e-6, 1 - 1e-6)


@right(REPLACEMENT, says="one time after the other with the functions of `math`")
def replacement_probability_by_math(t, delta):
    def one(steps):
        if steps == 0 or delta == 0.5:
            return float(steps > 0)
        return -math.expm1(steps * math.log1p(-2 * delta))

    times = torch.as_tensor(t)
    values = [one(steps) for steps in times.flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64, device=times.device).reshape(times.shape)


@right(REPLACEMENT, says="uses xlog1py, which knows that 0 times anything is 0")
def replacement_probability_by_xlog1py(t, delta):
    steps = torch.as_tensor(t).double()
    return -torch.expm1(torch.special.xlog1py(steps, steps.new_tensor(-2 * delta)))


@wrong(
    STEPS_TO_MIX,
    says="rounds down, which is one step too few",
    hint="Is the tolerance kept after your T steps? Is it after one more?",
    common="often",
    failure="values",
)
def steps_to_mix_rounds_down(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return int(math.log(tolerance) / math.log1p(-2 * delta))


@wrong(
    STEPS_TO_MIX,
    says="takes the logarithm of 0 for fair coins",
    hint="What is left after one step with delta = 1/2?",
    common="often",
    failure="exception",
)
def steps_to_mix_no_fair_coins(delta, tolerance):
    return math.ceil(math.log(tolerance) / math.log(1 - 2 * delta))


@wrong(
    STEPS_TO_MIX,
    says="takes the probability of a flip for that of a replacement",
    hint="By which factor does the probability of no replacement shrink in one step?",
    common="often",
    failure="values",
)
def steps_to_mix_of_flips(delta, tolerance):
    return math.ceil(math.log(tolerance) / math.log1p(-delta))


@wrong(
    STEPS_TO_MIX,
    says="compares with 1 - tolerance, which is 1 for a tiny tolerance",
    hint="What is 1 - 1e-30 in floating point?",
    common="often",
    failure="values",
)
def steps_to_mix_next_to_one(delta, tolerance):
    steps = 0
    while replacement_probability(steps, delta) < 1 - tolerance:
        steps += 1
    return steps


@wrong(
    STEPS_TO_MIX,
    says="asks for less than the tolerance where the tolerance itself is enough",
    hint="`At most`: what about equality?",
    common="often",
    failure="values",
)
def steps_to_mix_strictly_below(delta, tolerance):
    steps, left = 0, 1.0
    while left >= tolerance:
        left *= 1 - 2 * delta
        steps += 1
    return steps


@wrong(
    STEPS_TO_MIX,
    says="returns a float",
    hint="Which type does the signature promise?",
    common="sometimes",
    failure="type",
)
def steps_to_mix_as_float(delta, tolerance):
    if delta == 0.5:
        return 0.0 if tolerance == 1 else 1.0
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    steps = math.log(tolerance) / log_kept
    return torch.ceil(steps - 1e-12 * steps).item()


@wrong(
    STEPS_TO_MIX,
    says="returns a tensor",
    hint="Which type does the signature promise?",
    common="sometimes",
    failure="type",
)
def steps_to_mix_as_tensor(delta, tolerance):
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return torch.ceil(math.log(tolerance) / log_kept).long()


@wrong(
    STEPS_TO_MIX,
    says="asks when the pixel differs from its first value, not when it is unreplaced",
    hint="Unreplaced, or still the same? A replaced pixel may show what it showed before.",
    common="sometimes",
    failure="values",
)
def steps_to_mix_counts_changes(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return max(0, math.ceil(math.log(2 * tolerance) / math.log1p(-2 * delta)))


@wrong(
    STEPS_TO_MIX,
    says="rounds to the nearest number of steps",
    hint="Is the tolerance kept after your T steps, whichever side it was rounded to?",
    common="sometimes",
    failure="values",
)
def steps_to_mix_rounds(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return round(math.log(tolerance) / math.log1p(-2 * delta))


@wrong(
    STEPS_TO_MIX,
    says="takes the logarithm's first term for the logarithm",
    hint="For which delta is that close? Try a large one.",
    common="sometimes",
    failure="values",
)
def steps_to_mix_for_small_delta(delta, tolerance):
    return math.ceil(-math.log(tolerance) / (2 * delta))


@wrong(
    STEPS_TO_MIX,
    says="divides logarithms of different bases",
    hint="Which base have math.log10 and math.log1p?",
    common="seldom",
    failure="values",
)
def steps_to_mix_two_bases(delta, tolerance):
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    return math.ceil(math.log10(tolerance) / math.log1p(-2 * delta))


@wrong(
    STEPS_TO_MIX,
    says="gives up after a hundred steps and returns nothing",
    hint="How many steps does a small delta need?",
    common="seldom",
    failure="type",
)
def steps_to_mix_gives_up(delta, tolerance):
    left = 1.0
    for steps in range(100):
        if left <= tolerance:
            return steps
        left *= 1 - 2 * delta


@right(STEPS_TO_MIX, says="multiplies step by step until little enough is left")
def steps_to_mix_step_by_step(delta, tolerance):
    steps, left = 0, 1.0
    while left > tolerance:
        left *= 1 - 2 * delta
        steps += 1
    return steps


@right(STEPS_TO_MIX, says="doubles an upper bound and halves the interval")
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
