"""Question 3(b): the residual block."""

from autograder.misconceptions.writing import edit, hint, right, wrong

TASK = "early_exit.resnet.BasicBlock"


@wrong("leaves the shortcut out", often="values")
@hint("What makes a residual block residual?")
def basic_block_without_shortcut(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    return F.relu(self.bn2(self.conv2(out)))


@wrong("applies the last ReLU before the addition", often="values")
@hint("Figure 2 of the paper: on which side of the addition does the second ReLU stand?")
def basic_block_relu_before_addition(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = F.relu(self.bn2(self.conv2(out)))
    return out + self.shortcut(x)


@wrong("leaves the last ReLU out", sometimes="values")
@hint("Can the result of your block be negative? Look at figure 2 of the paper.")
@edit("F.relu(out + self.shortcut(x))", "out + self.shortcut(x)")
def basic_block_no_last_relu(): ...


@wrong("leaves the ReLU between the convolutions out", sometimes="values")
@hint("What are two convolutions with nothing nonlinear between them?")
@edit("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))")
def basic_block_no_first_relu(): ...


@wrong("adds the input as it is, which has another shape where channels or stride change", often="exception")
@hint("Which attribute of the block brings the input to the shape of the output?")
@edit("F.relu(out + self.shortcut(x))", "F.relu(out + x)")
def basic_block_adds_plain_input(): ...


@wrong("overwrites x, so that the shortcut starts from the wrong place", sometimes="exception")
@hint("What does `x` stand for by the time you add the shortcut?")
def basic_block_overwrites_x(self, x):
    x = F.relu(self.bn1(self.conv1(x)))
    x = self.bn2(self.conv2(x))
    return F.relu(x + self.shortcut(x))


@wrong("normalises twice with the first normalisation", sometimes="values")
@hint("Does every layer of the block run once?")
@edit("self.bn2", "self.bn1")
def basic_block_first_norm_twice(): ...


@wrong("normalises after the first ReLU", sometimes="values")
@hint("In which order do convolution, normalisation and ReLU come in the docstring?")
@edit("F.relu(self.bn1(self.conv1(x)))", "self.bn1(F.relu(self.conv1(x)))")
def basic_block_relu_before_norm(): ...


@wrong("leaves the first normalisation out", sometimes="values")
@hint("Which of the block's layers does your forward pass never use?")
@edit("self.bn1(self.conv1(x))", "self.conv1(x)")
def basic_block_without_first_norm(): ...


@wrong("applies a ReLU to the shortcut as well", seldom="values")
@hint("How many ReLUs has figure 2 of the paper, and does one stand on the arc?")
@edit("F.relu(out + self.shortcut(x))", "F.relu(out + F.relu(self.shortcut(x)))")
def basic_block_relu_on_shortcut(): ...


@wrong(
    "adds in place to what the shortcut returns, which can be the input itself",
    sometimes="argument changed in place",
)
@hint("What does an Identity return: a copy? And what does `+=` do to it?")
def basic_block_adds_in_place(self, x):
    out = self.shortcut(x)
    out += self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
    return F.relu(out)


@wrong("lets no gradient through the shortcut", seldom="no gradient")
@hint("By which two ways does the gradient reach the input?")
@edit("self.shortcut(x)", "self.shortcut(x).detach()")
def basic_block_detached_shortcut(): ...


@wrong("puts the shortcut beside the output in place of adding it", seldom="shape")
@hint("How many channels is the output to have?")
@edit("out + self.shortcut(x)", "torch.cat([out, self.shortcut(x)], dim=1)")
def basic_block_concatenates(): ...


@wrong("runs the shortcut a second time only to look at its shape", seldom="values")
@hint("In training mode every run of a BatchNorm leaves a trace: how often does each layer run?")
@edit("return F.relu", "assert out.shape == self.shortcut(x).shape\nreturn F.relu")
def basic_block_shortcut_twice(): ...


@right("runs the shortcut first and works in place on its own tensors")
def basic_block_in_place_on_its_own(self, x):
    carried = self.shortcut(x)
    out = F.relu(self.bn1(self.conv1(x)), inplace=True)
    out = self.bn2(self.conv2(out))
    out += carried
    return F.relu(out, inplace=True)


@right("strings the layers together in a Sequential and cuts negative values off by clamp")
def basic_block_by_sequential(self, x):
    way = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
    return torch.clamp(torch.add(self.shortcut(x), way(x)), min=0)
