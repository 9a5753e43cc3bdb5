"""Question 3(b): the network with several heads."""

from autograder.misconceptions.writing import base, edit, hint, right, wrong

TASK = "early_exit.resnet.EarlyExitResNet"


@base
def early_exit_resnet_plain(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](x))
    return torch.stack(logits)


@wrong("returns a list instead of one tensor", often="type")
@hint("What does the function return, and with which axes, according to the docstring?")
@edit("torch.stack(logits)", "logits", of="early_exit_resnet_plain")
def early_exit_resnet_list(): ...


@wrong("puts the batch axis before the axis of the exits", often="shape")
@hint("Which axis comes first in the docstring?")
@edit("torch.stack(logits)", "torch.stack(logits, dim=1)", of="early_exit_resnet_plain")
def early_exit_resnet_batch_first(): ...


@wrong("joins the exits along the batch axis", sometimes="shape")
@hint("How many axes does the result have? Compare torch.cat with a related function in torch's manual.")
@edit("torch.stack(logits)", "torch.cat(logits)", of="early_exit_resnet_plain")
def early_exit_resnet_cat(): ...


@wrong("loses the axis of the exits if there is only one head", sometimes="shape")
@hint("The baseline is a network without early exits. Which shape does its result have?")
@edit("torch.stack(logits)", "torch.stack(logits).squeeze()", of="early_exit_resnet_plain")
def early_exit_resnet_squeezed(): ...


@wrong("returns the logits of the last head only", sometimes="shape")
@hint("Does training need the logits of one head or of all heads?")
def early_exit_resnet_final_only(self, x):
    x = self.stem(x)
    for stage in self.stages:
        x = stage(x)
    return self.heads[-1](x).unsqueeze(0)


@wrong("puts the final head first", rarely="not finite")
@hint("In which order are the heads in the docstring?")
def early_exit_resnet_final_first(self, x):
    x = self.stem(x)
    early = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits:
            early.append(self.heads[len(early)](x))
    return torch.stack([self.heads[-1](x), *early])


@wrong("counts the stages from 0, although `exits` counts them from 1", often="exception")
@hint("After which stage is the first head if exits is (1, 3)?")
@edit("enumerate(self.stages, start=1)", "enumerate(self.stages)", of="early_exit_resnet_plain")
@edit("len(self.stages)", "len(self.stages) - 1", of="early_exit_resnet_plain")
def early_exit_resnet_stages_from_zero(): ...


@wrong("uses the number of the stage as the index of its head", often="exception")
@hint("If only stages 1 and 3 have a head, which index does the head of stage 3 have in `heads`?")
def early_exit_resnet_head_by_stage(self, x):
    x = self.stem(x)
    logits = []
    for i, stage in enumerate(self.stages):
        x = stage(x)
        if i + 1 in self.exits or i + 1 == len(self.stages):
            logits.append(self.heads[i](x))
    return torch.stack(logits)


@wrong("forgets the final head", sometimes="exception")
@hint("How many heads does a network without early exits have?")
@edit(
    "number in self.exits or number == len(self.stages)", "number in self.exits", of="early_exit_resnet_plain"
)
@edit("len(logits)", "self.exits.index(number)", of="early_exit_resnet_plain")
def early_exit_resnet_no_final_head(): ...


@wrong("leaves out the stem", rarely="exception")
@hint("How many channels does the first stage expect?")
@edit("x = self.stem(x)\nlogits = []", "logits = []", of="early_exit_resnet_plain")
def early_exit_resnet_no_stem(): ...


@wrong("returns probabilities instead of logits", sometimes="values")
@hint("Does the docstring promise logits or probabilities? Which of them does the loss expect?")
@edit("torch.stack(logits)", "torch.stack(logits).softmax(dim=-1)", of="early_exit_resnet_plain")
def early_exit_resnet_probabilities(): ...


@wrong("cuts the gradient between a stage and its early head", rarely="no gradient")
@hint("Should the loss of an early exit also train the stages before it?")
def early_exit_resnet_detached_heads(self, x):
    x = self.stem(x)
    logits = []
    for number, stage in enumerate(self.stages, start=1):
        x = stage(x)
        if number in self.exits:
            logits.append(self.heads[len(logits)](x.detach()))
    logits.append(self.heads[-1](x))
    return torch.stack(logits)


@wrong("cuts the gradient between the stages", rarely="no gradient")
@hint("How far back must the gradient of the final head's loss reach?")
@edit("x = stage(x)", "x = stage(x.detach()) if number > 1 else stage(x)", of="early_exit_resnet_plain")
def early_exit_resnet_detached_stages(): ...


@wrong("switches itself to evaluation mode", rarely="values")
@hint("Who sets the mode of a model, and what does BatchNorm do in training mode?")
@edit("x = self.stem(x)", "self.eval()\nx = self.stem(x)", of="early_exit_resnet_plain")
def early_exit_resnet_always_evaluates(): ...


@wrong("starts again from the image for every exit", rarely="values")
@hint(
    "How often must each stage run for all the exits together? In training mode, BatchNorm counts its runs.",
)
def early_exit_resnet_starts_again(self, x):
    logits = []
    for head, last in zip(self.heads, (*self.exits, len(self.stages))):
        features = self.stem(x)
        for stage in self.stages[:last]:
            features = stage(features)
        logits.append(head(features))
    return torch.stack(logits)


@right("keeps all features and applies the heads afterwards")
def early_exit_resnet_heads_afterwards(self, x):
    features = [self.stem(x)]
    for stage in self.stages:
        features.append(stage(features[-1]))
    behind = [*self.exits, len(self.stages)]
    rows = [head(features[number])[None] for number, head in zip(behind, self.heads, strict=True)]
    return torch.cat(rows, dim=0)


@right("fills a tensor that is created beforehand")
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
