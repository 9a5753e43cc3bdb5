"""Question 2(c): the times that a sampler of fewer steps visits."""

from autograder.misconceptions.bank import right, wrong

TIMES = "diffusion.samplers.strided_times"


@wrong(
    TIMES,
    says="rounds the gap down and keeps it, so that T is left over",
    hint="How many numbers does your range give for T = 10 and S = 4?",
    common="often",
    failure="shape",
)
def strided_times_of_a_rounded_stride(num_steps, num_sampling_steps):
    return torch.arange(num_steps, -1, -(num_steps // num_sampling_steps))


@wrong(
    TIMES,
    says="takes the number of steps for the stride",
    hint="Is num_sampling_steps how far a step goes, or how many steps there are?",
    common="sometimes",
    failure="shape",
)
def strided_times_of_the_stride_s(num_steps, num_sampling_steps):
    return torch.arange(num_steps, -1, -num_sampling_steps)


@wrong(
    TIMES,
    says="gives S times, from T to 0, where S steps are to be taken",
    hint="Between how many times do S steps lie?",
    common="often",
    failure="shape",
)
def strided_times_one_step_short(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 0, num_sampling_steps, dtype=torch.float64)
    return times.round().long()


@wrong(
    TIMES,
    says="leaves out time 0, at which the last step ends",
    hint="Where does the last step go? The docstring says which time is the last.",
    common="often",
    failure="shape",
)
def strided_times_without_zero(num_steps, num_sampling_steps):
    return torch.arange(num_sampling_steps, 0, -1) * num_steps // num_sampling_steps


@wrong(
    TIMES,
    says="counts down from S in steps of one and stretches afterwards, but starts one too late",
    hint="Which time comes first? Follow your range for S = 1.",
    common="seldom",
    failure="shape",
)
def strided_times_without_the_start(num_steps, num_sampling_steps):
    return torch.arange(num_sampling_steps - 1, -1, -1) * num_steps // num_sampling_steps


@wrong(
    TIMES,
    says="starts at T - 1, as if time were counted from 0",
    hint="Time is 1-based in this project: at which time is there nothing but noise?",
    common="sometimes",
    failure="values",
)
def strided_times_from_zero_based_time(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps - 1, 0, num_sampling_steps + 1, dtype=torch.float64)
    return times.round().long()


@wrong(
    TIMES,
    says="ends at time 1 instead of time 0",
    hint="At which time is the data clean?",
    common="sometimes",
    failure="values",
)
def strided_times_down_to_one(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 1, num_sampling_steps + 1, dtype=torch.float64)
    return times.round().long()


@wrong(
    TIMES,
    says="spreads the times from T to 1 and then adds a short step to 0",
    hint="Compare the last gap with the others.",
    common="often",
    failure="values",
)
def strided_times_with_a_short_last_step(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 1, num_sampling_steps, dtype=torch.float64).round().long()
    return torch.cat([times, times.new_zeros(1)])


@wrong(
    TIMES,
    says="lets the last step make up for all that rounding the gap has left",
    hint="How long is the last gap for T = 10 and S = 4, and by how much may two gaps differ?",
    common="often",
    failure="values",
)
def strided_times_with_a_long_last_step(num_steps, num_sampling_steps):
    times = num_steps - torch.arange(num_sampling_steps + 1) * (num_steps // num_sampling_steps)
    times[-1] = 0
    return times


@wrong(
    TIMES,
    says="lets the first step make up for all that rounding the gap has left",
    hint="How long is the first gap for T = 10 and S = 4, and by how much may two gaps differ?",
    common="sometimes",
    failure="values",
)
def strided_times_with_a_long_first_step(num_steps, num_sampling_steps):
    times = torch.arange(num_sampling_steps, -1, -1) * (num_steps // num_sampling_steps)
    times[0] = num_steps
    return times


@wrong(
    TIMES,
    says="rounds the gap to the nearest number and misses 0",
    hint="Where do your times end for T = 10 and S = 4?",
    common="sometimes",
    failure="values",
)
def strided_times_of_a_rounded_gap(num_steps, num_sampling_steps):
    gap = round(num_steps / num_sampling_steps)
    return num_steps - gap * torch.arange(num_sampling_steps + 1)


@wrong(
    TIMES,
    says="goes up from 0 instead of down from T",
    hint="Where does a sampler start? Which time comes first in the docstring?",
    common="often",
    failure="values",
)
def strided_times_upwards(num_steps, num_sampling_steps):
    return torch.arange(num_sampling_steps + 1) * num_steps // num_sampling_steps


@wrong(
    TIMES,
    says="makes the gaps grow with time, as in a quadratic schedule",
    hint="By how much may two gaps differ? Could two of your times be the same?",
    common="seldom",
    failure="values",
)
def strided_times_quadratic(num_steps, num_sampling_steps):
    shares = torch.arange(num_sampling_steps, -1, -1, dtype=torch.float64) / num_sampling_steps
    return (num_steps * shares**2).round().long()


@wrong(
    TIMES,
    says="gives the S steps the lengths that are left: the remainder goes to the first ones, two at a time",
    hint="Add your gaps up and compare them with each other: how much does each of them get?",
    common="seldom",
    failure="values",
)
def strided_times_remainder_in_twos(num_steps, num_sampling_steps):
    gap, rest = divmod(num_steps, num_sampling_steps)
    gaps = torch.full((num_sampling_steps,), gap)
    gaps[: rest // 2] += 2
    gaps[rest // 2] += rest % 2
    return num_steps - torch.cat([gaps.new_zeros(1), gaps.cumsum(0)])


@wrong(
    TIMES,
    says="leaves fractions in the times",
    hint="Can a network be asked about time 7.5? Which dtype does the docstring promise?",
    common="often",
    failure="dtype",
)
def strided_times_with_fractions(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1)


@wrong(
    TIMES,
    says="rounds the times, but leaves them floating-point numbers",
    hint="Which dtype does the docstring promise? Rounding does not change it.",
    common="sometimes",
    failure="dtype",
)
def strided_times_rounded_floats(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64).round()


@wrong(
    TIMES,
    says="gives integers of 32 bits",
    hint="Which of torch's integers does the docstring's Long name?",
    common="seldom",
    failure="dtype",
)
def strided_times_of_32_bits(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64).round().int()


@wrong(
    TIMES,
    says="returns a list",
    hint="What does `Returns:` promise?",
    common="sometimes",
    failure="type",
)
def strided_times_as_a_list(num_steps, num_sampling_steps):
    return [k * num_steps // num_sampling_steps for k in range(num_sampling_steps, -1, -1)]


@right(TIMES, says="rounds evenly spaced numbers to the nearest time")
def strided_times_by_linspace(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64).round().long()


@right(TIMES, says="rounds up")
def strided_times_rounded_up(num_steps, num_sampling_steps):
    return torch.tensor([-(-k * num_steps // num_sampling_steps) for k in range(num_sampling_steps, -1, -1)])


@right(TIMES, says="adds up gaps, the longer ones first")
def strided_times_by_gaps(num_steps, num_sampling_steps):
    gap, rest = divmod(num_steps, num_sampling_steps)
    gaps = [gap + (k < rest) for k in range(num_sampling_steps)]
    return num_steps - torch.tensor([0, *gaps]).cumsum(dim=0)
