"""Question 3(b): the kinds of mistakes that live on: costs and the network."""

from autograder.misconceptions.writing import edit, hint, wrong

TASK = "early_exit.macs.conv2d_macs"


@wrong("a division with / turns the number of MACs into a float", sometimes="type")
@hint("Which type does `/` give for two integers?")
@edit("in_channels // groups", "in_channels / groups")
def conv_macs_as_float(): ...


@wrong("multiplies in float32, which is exact only up to 2**24", rarely="values")
@hint("Up to which number does float32 hold every integer? How many MACs can a layer have?")
def conv_macs_single_precision(in_channels, out_channels, kernel_size, output_height, output_width, groups=1):
    sizes = (kernel_height, kernel_width, in_channels // groups, out_channels, output_height, output_width)
    return int(torch.tensor([float(size) for size in sizes]).prod())


TASK = "early_exit.macs.exit_macs"


@wrong("counts from a formula that halves odd sizes downwards", rarely="values")
@hint("How many rows does a convolution with stride 2 make of 7 rows? Count them, or let torch tell you.")
def exit_macs_odd_sizes_downwards(model, input_shape):
    _, height, width = input_shape
    stem = model.stem[0]
    total = conv2d_macs(stem.in_channels, stem.out_channels, 3, height, width)
    cumulative = []
    for number, stage in enumerate(model.stages, start=1):
        if number > 1:
            height, width = max(height // 2, 1), max(width // 2, 1)
        for layer in stage.modules():
            if isinstance(layer, nn.Conv2d):
                total += conv2d_macs(
                    layer.in_channels, layer.out_channels, layer.kernel_size[0], height, width, layer.groups
                )
        if number in model.exits or number == len(model.stages):
            linear = model.heads[len(cumulative)][-1]
            total += linear.in_features * linear.out_features
            cumulative.append(total)
    return torch.tensor(cumulative)


TASK = "early_exit.macs.mac_ratio"


@wrong("returns a 0-dim tensor instead of a float", sometimes="type")
@hint("Which type does the signature promise?")
@edit("return float(baseline_macs / prices.double().mean())", "return baseline_macs / prices.double().mean()")
def mac_ratio_as_tensor(): ...


TASK = "early_exit.macs.threshold_sweep"


@wrong("sorts the thresholds, so the results are not in their order", sometimes="values")
@hint("In which order are the thresholds, and in which order does the docstring want the results?")
@edit("for tolerance in tolerances:", "for tolerance in sorted(tolerances):")
def sweep_in_rising_order(): ...


@wrong(
    "averages the accuracies of chunks of 100 rows, as if the last chunk were as large as the others",
    sometimes="values",
)
@hint("How many rows has the last of your chunks, and how much does each of them count?")
@edit(
    "    accuracy.append(correct[exits, rows].double().mean().item())",
    "    chunks = correct[exits, rows].double().split(100)\n"
    "    accuracy.append(sum(chunk.mean().item() for chunk in chunks) / len(chunks))",
)
def sweep_mean_of_chunks(): ...


TASK = "early_exit.macs.best_threshold"


@wrong("a best threshold of 0.0 is falsy and comes back as None", rarely="type")
@hint("Which numbers does `or` treat like None?")
@edit("return max(winners, default=None)", "return max(winners, default=None) or None")
def best_threshold_falsy_zero(): ...


TASK = "early_exit.resnet.BasicBlock"


@wrong(
    "adds into the result of the shortcut, which is x itself for the identity",
    sometimes="argument changed in place",
)
@hint("Does an Identity return a copy? And what does `+=` do to its result?")
def block_adds_into_shortcut(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    shortcut = self.shortcut(x)
    shortcut += out
    return F.relu(shortcut)


@wrong(
    "the second normalisation uses the statistics of the batch, also in evaluation mode", sometimes="values"
)
@hint("In evaluation mode, should the result for an image depend on the other images of the batch?")
def block_batch_statistics_in_eval(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    bn = self.bn2
    mean, var = (bn.running_mean, bn.running_var) if self.training else (None, None)
    out = F.batch_norm(self.conv2(out), mean, var, bn.weight, bn.bias, True, bn.momentum, bn.eps)
    return F.relu(out + self.shortcut(x))


TASK = "early_exit.resnet.EarlyExitResNet"


@wrong("early heads read detached features, so their loss does not train the stages", rarely="no gradient")
@hint("Which layers does the loss of an early exit train?")
def resnet_early_heads_detached(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number == len(self.stages):
            logits.append(self.heads[-1](x))
        elif number in self.exits:
            logits.append(self.heads[len(logits)](x.detach()))
    return torch.stack(logits)


@wrong(
    "runs a large batch in pieces of 32 rows, so BatchNorm in training sees other statistics", rarely="values"
)
@hint("Which rows does BatchNorm average over in training, if 40 rows come in?")
def resnet_pieces_of_32(self, x):
    pieces = []
    for piece in x.split(32):
        features = self.stem(piece)
        logits = []
        for number, stage in enumerate(self.stages, start=1):
            features = stage(features)
            if number in self.exits or number == len(self.stages):
                logits.append(self.heads[len(logits)](features))
        pieces.append(torch.stack(logits))
    return torch.cat(pieces, dim=1)
