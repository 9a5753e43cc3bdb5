"""Question 3(b): which operations the cost of an exit includes."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "early_exit.macs.exit_macs"


@wrong("counts convolutions only", sometimes="values")
@hint("Which layers count, according to the first lines of macs.py? Which layers does a head have?")
def exit_macs_convolutions_only(model, input_shape):
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        height, width = output.shape[-2:]
        total += conv2d_macs(
            layer.in_channels, layer.out_channels, layer.kernel_size, height, width, layer.groups
        )

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    costs = []
    with torch.no_grad():
        x = dummy.stem(torch.zeros(1, *input_shape))
        for number, stage in enumerate(dummy.stages, start=1):
            x = stage(x)
            if number in dummy.exits or number == len(dummy.stages):
                costs.append(total)
    return torch.tensor(costs)


@wrong("leaves out the 1x1 convolutions of the shortcuts", sometimes="values")
@hint("Print one stage: are all of its convolutions 3x3?")
def exit_macs_without_shortcuts(model, input_shape):
    height, width = input_shape[1:]
    stem = model.stem[0]
    total = conv2d_macs(stem.in_channels, stem.out_channels, 3, height, width)
    costs = []
    for number, stage in enumerate(model.stages, start=1):
        if number > 1:
            height, width = (height + 1) // 2, (width + 1) // 2
        for block in stage:
            for conv in (block.conv1, block.conv2):
                total += conv2d_macs(conv.in_channels, conv.out_channels, 3, height, width)
        if number in model.exits or number == len(model.stages):
            total += model.heads[len(costs)][-1].weight.numel()
            costs.append(total)
    return torch.tensor(costs)


@wrong("counts every convolution at the size of the input image", sometimes="values")
@hint("What do the strides do to height and width from the second stage on?")
def exit_macs_at_full_resolution(model, input_shape):
    _, height, width = input_shape

    def macs_of(part):
        total = 0
        for layer in part.modules():
            if isinstance(layer, nn.Conv2d):
                total += conv2d_macs(layer.in_channels, layer.out_channels, layer.kernel_size, height, width)
            elif isinstance(layer, nn.Linear):
                total += layer.in_features * layer.out_features
        return total

    total, costs = macs_of(model.stem), []
    for number, stage in enumerate(model.stages, start=1):
        total += macs_of(stage)
        if number in model.exits or number == len(model.stages):
            total += macs_of(model.heads[len(costs)])
            costs.append(total)
    return torch.tensor(costs)


@wrong("rounds down when it halves an odd height or width", sometimes="values")
@hint("Send an image of 13 by 9 pixels through stage 2. Which shape comes out?")
def exit_macs_halves_downwards(model, input_shape):
    _, height, width = input_shape
    total, costs = conv2d_macs(input_shape[0], model.stem[0].out_channels, 3, height, width), []
    for number, stage in enumerate(model.stages, start=1):
        if number > 1:
            height, width = height // 2, width // 2
        for layer in stage.modules():
            if isinstance(layer, nn.Conv2d):
                total += conv2d_macs(layer.in_channels, layer.out_channels, layer.kernel_size, height, width)
        if number in model.exits or number == len(model.stages):
            total += model.heads[len(costs)][-1].weight.numel()
            costs.append(total)
    return torch.tensor(costs)


@wrong("counts parameters instead of operations", sometimes="ignores an argument")
@hint("Does a larger image cost more in your count?")
def exit_macs_counts_parameters(model, input_shape):
    total, costs = sum(p.numel() for p in model.stem.parameters()), []
    for number, stage in enumerate(model.stages, start=1):
        total += sum(p.numel() for p in stage.parameters())
        if number in model.exits or number == len(model.stages):
            total += sum(p.numel() for p in model.heads[len(costs)].parameters())
            costs.append(total)
    return torch.tensor(costs)


@wrong("counts the multiplication and the addition as two operations", sometimes="constant factor")
@hint("What is one MAC?")
def exit_macs_counts_flops(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += 2 * layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            total += 2 * layer.in_features * layer.out_features
            costs.append(total)

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs)


@wrong("counts batch normalisation as well", sometimes="values")
@hint("Which layers do not count, according to the first lines of macs.py?")
def exit_macs_counts_normalisation(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.BatchNorm2d):
            total += output.numel()
        elif isinstance(layer, nn.Linear):
            total += layer.in_features * layer.out_features
            costs.append(total)

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs)


@wrong("counts the biases of the heads", sometimes="values")
@hint("Which parameters of a linear layer are multiplied by something?")
def exit_macs_counts_biases(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            height, width = output.shape[-2:]
            total += conv2d_macs(
                layer.in_channels, layer.out_channels, layer.kernel_size, height, width, layer.groups
            )
        elif isinstance(layer, nn.Linear):
            total += sum(p.numel() for p in layer.parameters())
            costs.append(total)

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs)


@wrong("forgets the stem", sometimes="values")
@hint("Which part of the network does an image go through before the first stage?")
def exit_macs_without_stem(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            total += layer.weight.numel()
            costs.append(total)

    dummy = copy.deepcopy(model).eval()
    for part in (dummy.stages, dummy.heads):
        for layer in part.modules():
            layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs)


@right("computes the sizes by arithmetic and does not run the model")
def exit_macs_by_arithmetic(model, input_shape):
    _, height, width = input_shape

    def macs_of(layers):
        total = 0
        for layer in layers.modules():
            if isinstance(layer, nn.Conv2d):
                total += conv2d_macs(
                    layer.in_channels, layer.out_channels, layer.kernel_size, height, width, layer.groups
                )
            if isinstance(layer, nn.Linear):
                total += layer.in_features * layer.out_features
        return total

    total, heads, costs = macs_of(model.stem), iter(model.heads), []
    for number, stage in enumerate(model.stages, start=1):
        if number > 1:
            height, width = -(-height // 2), -(-width // 2)
        total += macs_of(stage)
        if number in model.exits or number == len(model.stages):
            total += macs_of(next(heads))
            costs.append(total)
    return torch.tensor(costs)


@right("uses half of what PyTorch's own counter of operations returns")
def exit_macs_by_flop_counter(model, input_shape):
    from torch.utils.flop_counter import FlopCounterMode

    dummy = copy.deepcopy(model).cpu().eval()
    costs = []
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        x = dummy.stem(torch.zeros(1, *input_shape))
        for number, stage in enumerate(dummy.stages, start=1):
            x = stage(x)
            if number in dummy.exits or number == len(dummy.stages):
                dummy.heads[len(costs)](x)
                costs.append(counter.get_total_flops() // 2)
    return torch.tensor(costs)
