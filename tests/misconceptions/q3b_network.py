"""Question 3(b): the network with several heads."""

from autograder.misconceptions.bank import right, wrong

NET = "early_exit.resnet.EarlyExitResNet"


@wrong(
    NET,
    says="returns a list in place of one tensor",
    hint="What does the docstring say comes back, and with which axes?",
    common="often",
    failure="type",
)
def early_exit_resnet_list(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return logits


@wrong(
    NET,
    says="puts the batch before the exits",
    hint="Which axis comes first in the docstring?",
    common="often",
    failure="shape",
)
def early_exit_resnet_batch_first(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits, dim=1)


@wrong(
    NET,
    says="joins the exits along the batch",
    hint="How many axes has the result? Compare torch.cat with its neighbour in torch's manual.",
    common="sometimes",
    failure="shape",
)
def early_exit_resnet_cat(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.cat(logits)


@wrong(
    NET,
    says="loses the axis of the exits where there is one head only",
    hint="Which shape has the baseline's result: a network without early exits?",
    common="sometimes",
    failure="shape",
)
def early_exit_resnet_squeezed(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits).squeeze()


@wrong(
    NET,
    says="gives the last head's logits alone",
    hint="What does training need: one head's logits, or those of all of them?",
    common="sometimes",
    failure="shape",
)
def early_exit_resnet_final_only(self, x):
    x = self.stem(x)
    for stage in self.stages:
        x = stage(x)
    return self.heads[-1](x).unsqueeze(0)


@wrong(
    NET,
    says="puts the final head first",
    hint="In which order do the heads stand in the docstring?",
    common="seldom",
    failure="not finite",
)
def early_exit_resnet_final_first(self, x):
    x = self.stem(x)
    early = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits:
            early.append(self.heads[len(early)](x))
    return torch.stack([self.heads[-1](x), *early])


@wrong(
    NET,
    says="counts the stages from 0, where `exits` counts them from 1",
    hint="After which stage does the first head sit if exits is (1, 3)?",
    common="often",
    failure="exception",
)
def early_exit_resnet_stages_from_zero(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages):
        x = stage(x)
        if number in self.exits or number == len(self.stages) - 1:
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="looks a head up by its stage's number",
    hint="If only stages 1 and 3 have a head, which place has the head of stage 3 in `heads`?",
    common="often",
    failure="exception",
)
def early_exit_resnet_head_by_stage(self, x):
    x = self.stem(x)
    logits = []
    for i, stage in enumerate(self.stages):
        x = stage(x)
        if i + 1 in self.exits or i + 1 == len(self.stages):
            logits.append(self.heads[i](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="forgets the final head",
    hint="How many heads has a network without early exits?",
    common="sometimes",
    failure="exception",
)
def early_exit_resnet_no_final_head(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits:
            logits.append(self.heads[self.exits.index(number)](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="leaves the stem out",
    hint="How many channels does the first stage expect?",
    common="seldom",
    failure="exception",
)
def early_exit_resnet_no_stem(self, x):
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="returns probabilities in place of logits",
    hint="What does the docstring promise: logits or probabilities? Which of them does the loss expect?",
    common="sometimes",
    failure="values",
)
def early_exit_resnet_probabilities(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits).softmax(dim=-1)


@wrong(
    NET,
    says="cuts the gradient between a stage and its early head",
    hint="What is the loss of an early exit to teach the stages before it?",
    common="seldom",
    failure="no gradient",
)
def early_exit_resnet_detached_heads(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits:
            logits.append(self.heads[len(logits)](x.detach()))
    logits.append(self.heads[-1](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="cuts the gradient between the stages",
    hint="How far back is the gradient of the final head's loss to reach?",
    common="seldom",
    failure="no gradient",
)
def early_exit_resnet_detached_stages(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x.detach()) if number > 1 else stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="switches itself to evaluation mode",
    hint="Who decides on a model's mode, and what does BatchNorm do in training mode?",
    common="seldom",
    failure="values",
)
def early_exit_resnet_always_evaluates(self, x):
    self.eval()
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits)


@wrong(
    NET,
    says="starts again from the image for every exit",
    hint="How often does each stage have to run for all the exits together? In training mode BatchNorm keeps count.",
    common="seldom",
    failure="values",
)
def early_exit_resnet_starts_again(self, x):
    logits = []
    for head, last in zip(self.heads, (*self.exits, len(self.stages))):
        features = self.stem(x)
        for stage in self.stages[:last]:
            features = stage(features)
        logits.append(head(features))
    return torch.stack(logits)


@right(NET, says="keeps all features, and asks the heads afterwards")
def early_exit_resnet_heads_afterwards(self, x):
    features = [self.stem(x)]
    for stage in self.stages:
        features.append(stage(features[-1]))
    behind = [*self.exits, len(self.stages)]
    rows = [head(features[number])[None] for number, head in zip(behind, self.heads, strict=True)]
    return torch.cat(rows, dim=0)


@right(NET, says="fills a tensor that is there beforehand")
def early_exit_resnet_filled_in(self, x):
    linear = self.heads[-1][-1]
    out = torch.empty(len(self.heads), len(x), linear.out_features, dtype=x.dtype, device=x.device)
    x = self.stem(x)
    head = dict(zip((*self.exits, len(self.stages)), range(len(self.heads))))
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in head:
            out[head[number]] = self.heads[head[number]](x)
    return out
