"""Question 2(c): the times that a sampler of fewer steps visits."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "diffusion.samplers.strided_times"


@wrong("rounds the gap down for all steps, so that a part of T is left over", often="shape")
@hint("How many numbers does your range contain for T = 10 and S = 4?")
def strided_times_of_a_rounded_stride(num_steps, num_sampling_steps):
    return torch.arange(num_steps, -1, -(num_steps // num_sampling_steps))


@wrong("uses the number of steps as the stride", sometimes="shape")
@hint("Is num_sampling_steps the length of a step, or the number of steps?")
def strided_times_of_the_stride_s(num_steps, num_sampling_steps):
    return torch.arange(num_steps, -1, -num_sampling_steps)


@wrong("returns S times from T to 0, although S steps are needed", often="shape")
@hint("How many times do S steps connect?")
def strided_times_one_step_short(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 0, num_sampling_steps, dtype=torch.float64)
    return times.round().long()


@wrong("leaves out time 0, at which the last step ends", often="shape")
@hint("Where does the last step go? The docstring says which time is the last.")
def strided_times_without_zero(num_steps, num_sampling_steps):
    return torch.arange(num_sampling_steps, 0, -1) * num_steps // num_sampling_steps


@wrong("counts down from S in steps of one and scales afterwards, but starts one too late", rarely="shape")
@hint("Which time comes first? Work out your range for S = 1.")
def strided_times_without_the_start(num_steps, num_sampling_steps):
    return torch.arange(num_sampling_steps - 1, -1, -1) * num_steps // num_sampling_steps


@wrong("starts at T - 1, as if time were counted from 0", sometimes="values")
@hint("Time is 1-based in this project: at which time is there nothing but noise?")
def strided_times_from_zero_based_time(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps - 1, 0, num_sampling_steps + 1, dtype=torch.float64)
    return times.round().long()


@wrong("ends at time 1 instead of time 0", sometimes="values")
@hint("At which time is the data clean?")
def strided_times_down_to_one(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 1, num_sampling_steps + 1, dtype=torch.float64)
    return times.round().long()


@wrong("spreads the times from T to 1 and then adds a short step to 0", often="values")
@hint("Compare the last gap with the others.")
def strided_times_with_a_short_last_step(num_steps, num_sampling_steps):
    times = torch.linspace(num_steps, 1, num_sampling_steps, dtype=torch.float64).round().long()
    return torch.cat([times, times.new_zeros(1)])


@wrong("gives the last step everything that is left after the gap was rounded", often="values")
@hint("How long is the last gap for T = 10 and S = 4, and by how much may two gaps differ?")
def strided_times_with_a_long_last_step(num_steps, num_sampling_steps):
    times = num_steps - torch.arange(num_sampling_steps + 1) * (num_steps // num_sampling_steps)
    times[-1] = 0
    return times


@wrong("gives the first step everything that is left after the gap was rounded", sometimes="values")
@hint("How long is the first gap for T = 10 and S = 4, and by how much may two gaps differ?")
def strided_times_with_a_long_first_step(num_steps, num_sampling_steps):
    times = torch.arange(num_sampling_steps, -1, -1) * (num_steps // num_sampling_steps)
    times[0] = num_steps
    return times


@wrong("rounds the gap to the nearest integer and misses 0", sometimes="values")
@hint("Where do your times end for T = 10 and S = 4?")
def strided_times_of_a_rounded_gap(num_steps, num_sampling_steps):
    gap = round(num_steps / num_sampling_steps)
    return num_steps - gap * torch.arange(num_sampling_steps + 1)


@wrong("goes up from 0 instead of down from T", often="values")
@hint("Where does a sampler start? Which time comes first in the docstring?")
def strided_times_upwards(num_steps, num_sampling_steps):
    return torch.arange(num_sampling_steps + 1) * num_steps // num_sampling_steps


@wrong("makes the gaps grow with time, as in a quadratic schedule", rarely="values")
@hint("By how much may two gaps differ? Can two of your times be the same?")
def strided_times_quadratic(num_steps, num_sampling_steps):
    shares = torch.arange(num_sampling_steps, -1, -1, dtype=torch.float64) / num_sampling_steps
    return (num_steps * shares**2).round().long()


@wrong("gives the remainder of T / S to the first steps, two at a time", rarely="values")
@hint("Add up your gaps and compare them with each other: how much does each of them get?")
def strided_times_remainder_in_twos(num_steps, num_sampling_steps):
    gap, rest = divmod(num_steps, num_sampling_steps)
    gaps = torch.full((num_sampling_steps,), gap)
    gaps[: rest // 2] += 2
    gaps[rest // 2] += rest % 2
    return num_steps - torch.cat([gaps.new_zeros(1), gaps.cumsum(0)])


@wrong("returns fractions as times", often="dtype")
@hint("Can a network be called with time 7.5? Which dtype does the docstring promise?")
def strided_times_with_fractions(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1)


@wrong("rounds the times, but returns them as floating-point numbers", sometimes="dtype")
@hint("Which dtype does the docstring promise? Rounding does not change it.")
def strided_times_rounded_floats(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64).round()


@wrong("returns integers of 32 bits", rarely="dtype")
@hint("Which integer type of torch does the docstring call Long?")
def strided_times_of_32_bits(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64).round().int()


@wrong("returns a list", sometimes="type")
@hint("What does the docstring promise under `Returns:`?")
def strided_times_as_a_list(num_steps, num_sampling_steps):
    return [k * num_steps // num_sampling_steps for k in range(num_sampling_steps, -1, -1)]


@right("rounds evenly spaced numbers to the nearest time")
def strided_times_by_linspace(num_steps, num_sampling_steps):
    return torch.linspace(num_steps, 0, num_sampling_steps + 1, dtype=torch.float64).round().long()


@right("rounds the times up")
def strided_times_rounded_up(num_steps, num_sampling_steps):
    return torch.tensor([-(-k * num_steps // num_sampling_steps) for k in range(num_sampling_steps, -1, -1)])


@right("adds up gaps, with the longer ones first")
def strided_times_by_gaps(num_steps, num_sampling_steps):
    gap, rest = divmod(num_steps, num_sampling_steps)
    gaps = [gap + (k < rest) for k in range(num_sampling_steps)]
    return num_steps - torch.tensor([0, *gaps]).cumsum(dim=0)
