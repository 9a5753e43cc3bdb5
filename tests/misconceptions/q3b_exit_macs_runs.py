"""Question 3(b): how the code gets the cost of an exit from a model, and what it changes in the model."""

from autograder.misconceptions.writing import hint, right, wrong

TASK = "early_exit.macs.exit_macs"


@wrong("counts an exit's own head, but not the heads before it", often="values")
@hint("When an image reaches the second exit, which head has it already gone through?")
def exit_macs_own_head_only(model, input_shape):
    body, costs = 0, []

    def count(layer, inputs, output):
        nonlocal body
        if isinstance(layer, nn.Conv2d):
            body += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            costs.append(body + layer.in_features * layer.out_features)

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs)


@wrong(
    "runs the model itself, which changes BatchNorm's running statistics in training mode",
    often="argument changed in place",
)
@hint("What does BatchNorm do with a dummy image in training mode? Whose model is it?")
def exit_macs_moves_statistics(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            total += layer.weight.numel()
            costs.append(total)

    hooks = [layer.register_forward_hook(count) for layer in model.modules()]
    with torch.no_grad():
        model(torch.zeros(1, *input_shape))
    for hook in hooks:
        hook.remove()
    return torch.tensor(costs)


@wrong("leaves the model in evaluation mode", often="argument changed in place")
@hint("If somebody counts in the middle of training, in which mode does training continue?")
def exit_macs_stays_in_eval(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            total += layer.weight.numel()
            costs.append(total)

    model.eval()
    hooks = [layer.register_forward_hook(count) for layer in model.modules()]
    with torch.no_grad():
        model(torch.zeros(1, *input_shape))
    for hook in hooks:
        hook.remove()
    return torch.tensor(costs)


@wrong("adds new hooks to the model for each exit and never removes the old ones", sometimes="values")
@hint("How many hooks does the stem have when you count the second exit?")
def exit_macs_hooks_pile_up(model, input_shape):
    dummy = copy.deepcopy(model).eval()
    costs = []
    for last in (*model.exits, len(model.stages)):
        macs = []

        def count(layer, inputs, output):
            if isinstance(layer, nn.Conv2d):
                macs.append(layer.weight.numel() * output.shape[2] * output.shape[3])
            elif isinstance(layer, nn.Linear):
                macs.append(layer.weight.numel())

        for layer in dummy.modules():
            layer.register_forward_hook(count)
        with torch.no_grad():
            x, head = dummy.stem(torch.zeros(1, *input_shape)), 0
            for number, stage in enumerate(dummy.stages[:last], start=1):
                x = stage(x)
                if number in model.exits or number == last:
                    dummy.heads[head](x)
                    head += 1
        costs.append(sum(macs))
    return torch.tensor(costs)


@wrong("returns what each exit costs in addition to the exit before it", sometimes="values")
@hint("Does your result rise, as the docstring says? What has an image cost before it reaches this exit?")
def exit_macs_not_cumulative(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            costs.append(total + layer.weight.numel())
            total = 0

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs)


@wrong("sends two images through the convolutions and counts both", sometimes="values")
@hint("How many images should the count be for, and how many does your dummy batch have?")
def exit_macs_of_two_images(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
        elif isinstance(layer, nn.Linear):
            total += layer.in_features * layer.out_features
            costs.append(total)

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.randn(2, *input_shape))
    return torch.tensor(costs)


@wrong("writes the counts into a tensor of floats", sometimes="dtype")
@hint("What is the dtype of torch.zeros(3)? Which dtype does the docstring ask for?")
def exit_macs_as_floats(model, input_shape):
    total, exit = 0, 0
    costs = torch.zeros(len(model.heads))

    def count(layer, inputs, output):
        nonlocal total, exit
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            total += layer.in_features * layer.out_features
            costs[exit] = total
            exit += 1

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return costs


@wrong(
    "uses the stage's number as the head's index, although not every stage has a head", sometimes="exception"
)
@hint("With exits=(2,), which of the heads is after stage 2?")
def exit_macs_head_by_stage(model, input_shape):
    macs = []

    def count(layer, inputs, output):
        if isinstance(layer, nn.Conv2d):
            macs.append(layer.weight.numel() * output.shape[2] * output.shape[3])
        elif isinstance(layer, nn.Linear):
            macs.append(layer.weight.numel())

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    costs = []
    with torch.no_grad():
        x = dummy.stem(torch.zeros(1, *input_shape))
        for i, stage in enumerate(dummy.stages):
            x = stage(x)
            if i + 1 in dummy.exits or i + 1 == len(dummy.stages):
                dummy.heads[i](x)
                costs.append(sum(macs))
    return torch.tensor(costs)


@wrong("returns the cost of the last exit only", rarely="shape")
@hint("How many numbers does the docstring ask for? What is each of them for?")
def exit_macs_of_last_exit(model, input_shape):
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight.numel() * output.shape[2] * output.shape[3]
        elif isinstance(layer, nn.Linear):
            total += layer.weight.numel()

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor([total])


@right("runs the whole forward pass and records the total at every linear layer")
def exit_macs_noted_at_heads(model, input_shape):
    total, costs = 0, []

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += layer.weight[0].numel() * output[0].numel()
        elif isinstance(layer, nn.Linear):
            total += layer.weight.numel()
            costs.append(total)

    dummy = copy.deepcopy(model).eval()
    for layer in dummy.modules():
        layer.register_forward_hook(count)
    with torch.no_grad():
        dummy(torch.zeros(1, *input_shape))
    return torch.tensor(costs, dtype=torch.long)


@right("runs the model itself, then restores its mode and removes the hooks")
def exit_macs_on_the_model_itself(model, input_shape):
    macs, hooks = {}, []
    layers = list(model.modules())
    modes = [layer.training for layer in layers]
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            hooks.append(
                layer.register_forward_hook(
                    lambda m, i, o: macs.update({m: m.weight.numel() * o.shape[-1] * o.shape[-2]})
                )
            )
        elif isinstance(layer, nn.Linear):
            macs[layer] = layer.weight.numel()
    model.eval()
    try:
        with torch.no_grad():
            weight = next(model.parameters())
            model(torch.zeros(1, *input_shape, dtype=weight.dtype, device=weight.device))
    finally:
        for hook in hooks:
            hook.remove()
        for layer, mode in zip(layers, modes):
            layer.training = mode
    total = sum(macs[layer] for layer in model.stem.modules() if layer in macs)
    costs, exits = [], [*model.exits, len(model.stages)]
    for number, stage in enumerate(model.stages, start=1):
        total += sum(macs[layer] for layer in stage.modules() if layer in macs)
        if number in exits:
            total += macs[model.heads[exits.index(number)][-1]]
            costs.append(total)
    return torch.tensor(costs)
