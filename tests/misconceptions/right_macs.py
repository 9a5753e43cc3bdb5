"""Right answers of another make: the cost in multiply-accumulate operations."""

from autograder.misconceptions.writing import right

TASK = "early_exit.macs.conv2d_macs"


@right("fvcore style: product of the weight's shape and the output's size")
def conv_macs_product_of_shapes(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    import math

    weight_shape = (out_channels, in_channels // groups, kernel_height, kernel_width)
    return math.prod(weight_shape) * math.prod((output_height, output_width))


@right("thop style: number of outputs times inputs per output")
def conv_macs_outputs_times_inputs(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    outputs = out_channels * output_height * output_width
    return outputs * (in_channels // groups) * kernel_height * kernel_width


@right("adds the groups up, each a convolution of its own")
def conv_macs_sum_over_groups(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    total = 0
    for _ in range(groups):
        pairs = (in_channels // groups) * (out_channels // groups)
        for _row in range(kernel_height):
            total += pairs * kernel_width * output_height * output_width
    return total


@right("asks a weight without storage how many numbers it has")
def conv_macs_numel_of_a_meta_weight(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    shape = (out_channels, in_channels // groups, kernel_height, kernel_width)
    return torch.empty(shape, device="meta").numel() * output_height * output_width


@right("dense convolution divided by the groups at the end")
def conv_macs_dense_over_groups(
    in_channels, out_channels, kernel_size, output_height, output_width, groups=1
):
    dense = in_channels * out_channels * kernel_height * kernel_width
    return dense * output_height * output_width // groups


TASK = "early_exit.macs.exit_macs"


@right("half of what torch's FlopCounterMode counts, on a copy without storage")
def exit_macs_by_flop_counter_again(model, input_shape):
    from torch.utils.flop_counter import FlopCounterMode

    ghost = copy.deepcopy(model).to("meta").eval()
    dtype = next(ghost.parameters()).dtype
    costs = []
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        x = ghost.stem(torch.zeros(1, *input_shape, device="meta", dtype=dtype))
        for number, stage in enumerate(ghost.stages, start=1):
            x = stage(x)
            if number in (*ghost.exits, len(ghost.stages)):
                ghost.heads[len(costs)](x)
                costs.append(counter.get_total_flops() // 2)
    return torch.tensor(costs, dtype=torch.long)


@right("runs the model itself in evaluation mode, and puts modes and hooks back")
def exit_macs_hooks_on_the_model_itself(model, input_shape):
    modes = [(module, module.training) for module in model.modules()]
    parameter = next(model.parameters())
    cost = {}

    def hook(module, inputs, output):
        per_image = output[0].numel()
        cost[module] = cost.get(module, 0) + per_image * module.weight[0].numel()

    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_hook(hook) for layer in layers]
    try:
        model.eval()
        with torch.no_grad():
            image = torch.zeros(1, *input_shape, device=parameter.device, dtype=parameter.dtype)
            model(image)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode

    def cost_of(part):
        return sum(cost.get(module, 0) for module in part.modules())

    costs, so_far, done = [], cost_of(model.stem), 0
    for head, stage in zip(model.heads, (*model.exits, len(model.stages)), strict=True):
        so_far += sum(cost_of(part) for part in model.stages[done:stage]) + cost_of(head)
        done = stage
        costs.append(so_far)
    return torch.tensor(costs)


@right("runs nothing: follows height and width through the layers by the formula")
def exit_macs_by_arithmetic_again(model, input_shape):
    def conv(layer, size):
        out = [
            (n + 2 * layer.padding[i] - layer.dilation[i] * (layer.kernel_size[i] - 1) - 1) // layer.stride[i]
            + 1
            for i, n in enumerate(size)
        ]
        macs = conv2d_macs(layer.in_channels, layer.out_channels, layer.kernel_size, *out, layer.groups)
        return macs, out

    def block(module, size):
        first, middle = conv(module.conv1, size)
        second, out = conv(module.conv2, middle)
        projections = [m for m in module.shortcut.modules() if isinstance(m, nn.Conv2d)]
        return first + second + sum(conv(m, size)[0] for m in projections), out

    total, size = conv(model.stem[0], input_shape[1:])
    costs = torch.zeros(len(model.heads), dtype=torch.long)
    reached = 0
    for number, stage in enumerate(model.stages, start=1):
        for module in stage:
            macs, size = block(module, size)
            total += macs
        if number in model.exits or number == len(model.stages):
            linears = [m for m in model.heads[reached].modules() if isinstance(m, nn.Linear)]
            total += sum(m.in_features * m.out_features for m in linears)
            costs[reached] = total
            reached += 1
    return costs


TASK = "early_exit.macs.mac_ratio"


@right("counts how many inputs leave at each exit")
def mac_ratio_by_bincount(exit_index, exit_macs, baseline_macs):
    counts = torch.bincount(exit_index, minlength=len(exit_macs)).double()
    total = torch.dot(counts, exit_macs.to(counts))
    return (baseline_macs * exit_index.numel() / total).item()


@right("exact whole numbers in Python")
def mac_ratio_exact_python_sum(exit_index, exit_macs, baseline_macs):
    costs = exit_macs.tolist()
    spent = sum(costs[exit_] for exit_ in exit_index.tolist())
    return float(baseline_macs) * len(exit_index) / spent


@right("numpy: cost of each input, mean in double precision")
def mac_ratio_by_numpy_mean(exit_index, exit_macs, baseline_macs):
    import numpy as np

    costs = np.take(exit_macs.cpu().numpy(), exit_index.cpu().numpy())
    return float(baseline_macs / np.mean(costs, dtype=np.float64))


@right("share of each exit from one_hot, times the relative cost")
def mac_ratio_shares_of_relative_costs(exit_index, exit_macs, baseline_macs):
    shares = torch.nn.functional.one_hot(exit_index, len(exit_macs)).double().mean(dim=0)
    relative = exit_macs.to(shares) / baseline_macs
    return 1.0 / float((shares * relative).sum())
