"""Question 3(b): the residual block."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "early_exit.resnet.BasicBlock"


@wrong("leaves out the shortcut", often="values")
@hint("What makes a residual block residual?")
def basic_block_without_shortcut(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    return F.relu(self.bn2(self.conv2(out)))


@wrong("applies the last ReLU before the addition", often="values")
@hint("Look at figure 2 of the paper. Is the second ReLU before or after the addition?")
def basic_block_relu_before_addition(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = F.relu(self.bn2(self.conv2(out)))
    return out + self.shortcut(x)


@wrong("leaves out the last ReLU", sometimes="values")
@hint("Can the result of your block be negative? Look at figure 2 of the paper.")
@edit("F.relu(out + self.shortcut(x))", "out + self.shortcut(x)")
def basic_block_no_last_relu(): ...


@wrong("leaves out the ReLU between the convolutions", sometimes="values")
@hint("Which function do two convolutions compute together if nothing nonlinear is between them?")
@edit("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))")
def basic_block_no_first_relu(): ...


@wrong(
    "adds the unchanged input, which has another shape if the channels or the stride change",
    often="exception",
)
@hint("Which attribute of the block brings the input to the shape of the output?")
@edit("F.relu(out + self.shortcut(x))", "F.relu(out + x)")
def basic_block_adds_plain_input(): ...


@wrong("overwrites x, so that the shortcut gets the wrong input", sometimes="exception")
@hint("Which tensor is `x` when you add the shortcut?")
def basic_block_overwrites_x(self, x):
    x = F.relu(self.bn1(self.conv1(x)))
    x = self.bn2(self.conv2(x))
    return F.relu(x + self.shortcut(x))


@wrong("uses the first normalisation twice", sometimes="values")
@hint("Does every layer of the block run once?")
@edit("self.bn2", "self.bn1")
def basic_block_first_norm_twice(): ...


@wrong("normalises after the first ReLU", sometimes="values")
@hint("In which order are convolution, normalisation and ReLU in the docstring?")
@edit("F.relu(self.bn1(self.conv1(x)))", "self.bn1(F.relu(self.conv1(x)))")
def basic_block_relu_before_norm(): ...


@wrong("leaves out the first normalisation", sometimes="values")
@hint("Which of the block's layers does your forward pass never use?")
@edit("self.bn1(self.conv1(x))", "self.conv1(x)")
def basic_block_without_first_norm(): ...


@wrong("applies a ReLU to the shortcut as well", rarely="values")
@hint("How many ReLUs does figure 2 of the paper have, and is one of them on the curved arrow?")
@edit("F.relu(out + self.shortcut(x))", "F.relu(out + F.relu(self.shortcut(x)))")
def basic_block_relu_on_shortcut(): ...


@wrong(
    "adds in place to the result of the shortcut, which can be the input itself",
    sometimes="argument changed in place",
)
@hint("Does an Identity return a copy? And what does `+=` do to its result?")
def basic_block_adds_in_place(self, x):
    out = self.shortcut(x)
    out += self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
    return F.relu(out)


@wrong("stops the gradient at the shortcut", rarely="no gradient")
@hint("On which two paths does the gradient reach the input?")
@edit("self.shortcut(x)", "self.shortcut(x).detach()")
def basic_block_detached_shortcut(): ...


@wrong("concatenates the shortcut with the output instead of adding it", rarely="shape")
@hint("How many channels must the output have?")
@edit("out + self.shortcut(x)", "torch.cat([out, self.shortcut(x)], dim=1)")
def basic_block_concatenates(): ...


@wrong("runs the shortcut a second time only to check its shape", rarely="values")
@hint("In training mode, every run of a BatchNorm layer changes it. How often does each layer run?")
@edit("return F.relu", "assert out.shape == self.shortcut(x).shape\nreturn F.relu")
def basic_block_shortcut_twice(): ...


@right("runs the shortcut first and works in place on its own tensors")
def basic_block_in_place_on_its_own(self, x):
    carried = self.shortcut(x)
    out = F.relu(self.bn1(self.conv1(x)), inplace=True)
    out = self.bn2(self.conv2(out))
    out += carried
    return F.relu(out, inplace=True)


@right("puts the layers into a Sequential and sets negative values to 0 with clamp")
def basic_block_by_sequential(self, x):
    way = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
    return torch.clamp(torch.add(self.shortcut(x), way(x)), min=0)
