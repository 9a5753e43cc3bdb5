"""Question 3(b): the cost of one convolution, and how many times cheaper a batch was."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "early_exit.macs.conv2d_macs"


@wrong("counts a grouped convolution as if it had one group", often="ignores an argument")
@hint("What does one output channel see of the input, according to the docstring?")
def conv2d_macs_ignores_groups(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    return kernel_height * kernel_width * in_channels * out_channels * output_height * output_width


@wrong("divides the output channels by the groups as well", often="values")
@hint("How many numbers does the output have? Does their count depend on the groups?")
def conv2d_macs_divides_twice(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    channels_in = in_channels // groups
    channels_out = out_channels // groups
    return channels_in * channels_out * kernel_height * kernel_width * output_height * output_width


@wrong("counts the multiplication and the addition as two operations", often="constant factor")
@hint("What is one MAC? Read what the first line of the docstring counts.")
def conv2d_macs_counts_flops(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    products = in_channels // groups * kernel_height * kernel_width
    return 2 * products * out_channels * output_height * output_width


@wrong("adds one operation for the bias of each output number", sometimes="values")
@hint("Read the first lines of macs.py: which operations count, and which do not?")
def conv2d_macs_adds_bias(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    per_output = in_channels // groups * kernel_height * kernel_width + 1
    return per_output * out_channels * output_height * output_width


@wrong("counts the weights, as if each were used only once", sometimes="ignores an argument")
@hint("At how many positions is the same kernel applied?")
def conv2d_macs_counts_weights(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    return (in_channels // groups) * out_channels * kernel_height * kernel_width


@wrong("squares the height of the kernel, as if every kernel were square", sometimes="values")
@hint("What can kernel_size be, apart from one number?")
def conv2d_macs_squares_height(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    return out_channels * output_height * output_width * (in_channels // groups) * kernel_height**2


@wrong("counts one output channel only", sometimes="ignores an argument")
@hint("Your count is for one feature map. How many maps does the output have?")
def conv2d_macs_one_output_channel(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    return output_height * output_width * kernel_height * kernel_width * (in_channels // groups)


@wrong("divides with `/` and returns a float", often="type")
@hint("A count is an integer. Which type does your function return?")
def conv2d_macs_returns_float(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    return in_channels / groups * out_channels * kernel_height * kernel_width * output_height * output_width


@wrong("multiplies in single precision, which cannot hold a large count exactly", rarely="values")
@hint("Up to which integer is single precision exact?")
def conv2d_macs_in_single_precision(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    factors = torch.Tensor(
        [in_channels // groups, out_channels, kernel_height, kernel_width, output_height, output_width]
    )
    return int(factors.prod())


@wrong(
    "counts the positions of an input that is larger than the output because of the kernel",
    sometimes="values",
)
@hint("output_height and output_width are the size of the output. What do they already include?")
def conv2d_macs_counts_padded_input(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    height = output_height + kernel_height - 1
    width = output_width + kernel_width - 1
    return in_channels // groups * out_channels * kernel_height * kernel_width * height * width


@wrong("counts the additions of a sum and forgets the products", rarely="values")
@hint("How many products and how many plus signs are in a sum of n products?")
def conv2d_macs_counts_additions(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    terms = in_channels // groups * kernel_height * kernel_width
    return (terms - 1) * out_channels * output_height * output_width


@wrong("prints the count and returns nothing", rarely="type")
@hint("What does the caller get from a function that prints?")
def conv2d_macs_prints(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    macs = in_channels // groups * out_channels * kernel_height * kernel_width * output_height * output_width
    print(f"{macs:,} MACs")


@right("adds up the groups, each as a separate convolution")
def conv2d_macs_group_by_group(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    total = 0
    for _ in range(groups):
        weights = (in_channels // groups) * (out_channels // groups) * kernel_height * kernel_width
        total += weights * output_height * output_width
    return total


@right("asks PyTorch how many weights such a layer has")
def conv2d_macs_from_a_layer(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    layer = nn.Conv2d(
        in_channels, out_channels, (kernel_height, kernel_width), groups=groups, bias=False, device="meta"
    )
    return layer.weight.numel() * output_height * output_width


TASK = "early_exit.macs.mac_ratio"


@wrong("divides the cost with early exits by the cost of the baseline", often="values")
@hint("If the work is halved, is the ratio 2 or 0.5? The docstring says which.")
def mac_ratio_upside_down(exit_index, exit_macs, baseline_macs):
    return float(exit_macs[exit_index].double().mean() / baseline_macs)


@wrong("averages the ratios of the individual inputs", often="values")
@hint("What is averaged in the docstring's formula: costs or ratios? Is that the same?")
def mac_ratio_mean_of_ratios(exit_index, exit_macs, baseline_macs):
    return float((baseline_macs / exit_macs[exit_index].double()).mean())


@wrong("compares one run of the baseline with the sum over the batch", sometimes="values")
@hint("Try a batch that contains every input twice. Should the ratio change?")
def mac_ratio_of_the_sum(exit_index, exit_macs, baseline_macs):
    return baseline_macs / exit_macs[exit_index].sum().item()


@wrong("takes the mean of a tensor of integers, which PyTorch does not allow", often="exception")
@hint("Which dtype do the costs have, and what does the error message say about it?")
def mac_ratio_mean_of_integers(exit_index, exit_macs, baseline_macs):
    return (baseline_macs / exit_macs[exit_index].mean()).item()


@wrong("rounds the mean cost down to an integer", sometimes="values")
@hint("What does `//` do that `/` does not?")
def mac_ratio_floors_the_mean(exit_index, exit_macs, baseline_macs):
    mean = exit_macs[exit_index].sum().item() // len(exit_index)
    return baseline_macs / mean


@wrong("averages over the exits, no matter how many inputs left there", sometimes="ignores an argument")
@hint("What is your ratio if all inputs leave at the first exit?")
def mac_ratio_averages_exits(exit_index, exit_macs, baseline_macs):
    return float(baseline_macs / exit_macs.float().mean())


@wrong("averages the exit numbers and uses the cost of the exit with the mean number", rarely="values")
@hint("Halfway between two exits, is the cost halfway as well? Which quantity should be averaged?")
def mac_ratio_price_of_mean_exit(exit_index, exit_macs, baseline_macs):
    mean_exit = int(exit_index.float().mean())
    return baseline_macs / exit_macs[mean_exit].item()


@wrong("compares with the last exit instead of the baseline", sometimes="ignores an argument")
@hint("Which network does the docstring compare with? Do you use all three arguments?")
def mac_ratio_against_last_exit(exit_index, exit_macs, baseline_macs):
    return float(exit_macs[-1] / exit_macs[exit_index].float().mean())


@wrong("returns the fraction of the work that is saved", sometimes="values")
@hint("According to the docstring, what is the value for half the work? And what is your value?")
def mac_ratio_share_saved(exit_index, exit_macs, baseline_macs):
    return 1 - exit_macs[exit_index].double().mean().item() / baseline_macs


@wrong("counts the exits from 1", rarely="values")
@hint("What is the smallest entry of exit_index, and to which cost does it point in your code?")
def mac_ratio_exits_from_one(exit_index, exit_macs, baseline_macs):
    prices = exit_macs[exit_index - 1].double()
    return float(baseline_macs / prices.mean())


@wrong("rounds the ratio", sometimes="values")
@hint("Round only where you print. Which other code needs this number?")
def mac_ratio_rounds(exit_index, exit_macs, baseline_macs):
    return round(baseline_macs / exit_macs[exit_index].double().mean().item(), 2)


@wrong("never lets the ratio fall below 1", rarely="values")
@hint("How much does an input cost that goes through all the heads and leaves at the last exit?")
def mac_ratio_at_least_one(exit_index, exit_macs, baseline_macs):
    mean = exit_macs[exit_index].double().mean().item()
    return max(1.0, baseline_macs / mean)


@right("counts how many inputs left at each exit")
def mac_ratio_by_counts(exit_index, exit_macs, baseline_macs):
    counts = torch.bincount(exit_index, minlength=len(exit_macs))
    return baseline_macs * len(exit_index) / int((counts * exit_macs).sum())


@right("adds up integers in a loop")
def mac_ratio_in_a_loop(exit_index, exit_macs, baseline_macs):
    prices = exit_macs.tolist()
    total = 0
    for i in exit_index.tolist():
        total += prices[i]
    return baseline_macs / (total / exit_index.numel())


@right("averages costs relative to the baseline, in single precision, and takes 1 over the mean")
def mac_ratio_harmonic(exit_index, exit_macs, baseline_macs):
    relative = exit_macs.float() / baseline_macs
    return (1 / relative.gather(0, exit_index).mean()).item()
