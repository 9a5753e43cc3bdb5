"""Question 3(b): the residual block."""

from autograder.misconceptions.bank import right, wrong

BLOCK = "early_exit.resnet.BasicBlock"


@wrong(
    BLOCK,
    says="leaves the shortcut out",
    hint="What makes a residual block residual?",
    common="often",
    failure="values",
)
def basic_block_without_shortcut(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    return F.relu(self.bn2(self.conv2(out)))


@wrong(
    BLOCK,
    says="applies the last ReLU before the addition",
    hint="Figure 2 of the paper: on which side of the addition does the second ReLU stand?",
    common="often",
    failure="values",
)
def basic_block_relu_before_addition(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = F.relu(self.bn2(self.conv2(out)))
    return out + self.shortcut(x)


@wrong(
    BLOCK,
    says="leaves the last ReLU out",
    hint="Can the result of your block be negative? Look at figure 2 of the paper.",
    common="sometimes",
    failure="values",
)
def basic_block_no_last_relu(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    return out + self.shortcut(x)


@wrong(
    BLOCK,
    says="leaves the ReLU between the convolutions out",
    hint="What are two convolutions with nothing nonlinear between them?",
    common="sometimes",
    failure="values",
)
def basic_block_no_first_relu(self, x):
    out = self.bn1(self.conv1(x))
    out = self.bn2(self.conv2(out))
    return F.relu(out + self.shortcut(x))


@wrong(
    BLOCK,
    says="adds the input as it is, which has another shape where channels or stride change",
    hint="Which attribute of the block brings the input to the shape of the output?",
    common="often",
    failure="exception",
)
def basic_block_adds_plain_input(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    return F.relu(out + x)


@wrong(
    BLOCK,
    says="overwrites x, so that the shortcut starts from the wrong place",
    hint="What does `x` stand for by the time you add the shortcut?",
    common="sometimes",
    failure="exception",
)
def basic_block_overwrites_x(self, x):
    x = F.relu(self.bn1(self.conv1(x)))
    x = self.bn2(self.conv2(x))
    return F.relu(x + self.shortcut(x))


@wrong(
    BLOCK,
    says="normalises twice with the first normalisation",
    hint="Does every layer of the block run once?",
    common="sometimes",
    failure="values",
)
def basic_block_first_norm_twice(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn1(self.conv2(out))
    return F.relu(out + self.shortcut(x))


@wrong(
    BLOCK,
    says="normalises after the first ReLU",
    hint="In which order do convolution, normalisation and ReLU come in the docstring?",
    common="sometimes",
    failure="values",
)
def basic_block_relu_before_norm(self, x):
    out = self.bn1(F.relu(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    return F.relu(out + self.shortcut(x))


@wrong(
    BLOCK,
    says="leaves the first normalisation out",
    hint="Which of the block's layers does your forward pass never use?",
    common="sometimes",
    failure="values",
)
def basic_block_without_first_norm(self, x):
    out = F.relu(self.conv1(x))
    out = self.bn2(self.conv2(out))
    return F.relu(out + self.shortcut(x))


@wrong(
    BLOCK,
    says="applies a ReLU to the shortcut as well",
    hint="How many ReLUs has figure 2 of the paper, and does one stand on the arc?",
    common="seldom",
    failure="values",
)
def basic_block_relu_on_shortcut(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    return F.relu(out + F.relu(self.shortcut(x)))


@wrong(
    BLOCK,
    says="adds in place to what the shortcut returns, which can be the input itself",
    hint="What does an Identity return: a copy? And what does `+=` do to it?",
    common="sometimes",
    failure="argument changed in place",
)
def basic_block_adds_in_place(self, x):
    out = self.shortcut(x)
    out += self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
    return F.relu(out)


@wrong(
    BLOCK,
    says="lets no gradient through the shortcut",
    hint="By which two ways does the gradient reach the input?",
    common="seldom",
    failure="no gradient",
)
def basic_block_detached_shortcut(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    return F.relu(out + self.shortcut(x).detach())


@wrong(
    BLOCK,
    says="puts the shortcut beside the output in place of adding it",
    hint="How many channels is the output to have?",
    common="seldom",
    failure="shape",
)
def basic_block_concatenates(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    return F.relu(torch.cat([out, self.shortcut(x)], dim=1))


@wrong(
    BLOCK,
    says="runs the shortcut a second time only to look at its shape",
    hint="In training mode every run of a BatchNorm leaves a trace: how often does each layer run?",
    common="seldom",
    failure="values",
)
def basic_block_shortcut_twice(self, x):
    out = F.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    assert out.shape == self.shortcut(x).shape
    return F.relu(out + self.shortcut(x))


@right(BLOCK, says="runs the shortcut first and works in place on its own tensors")
def basic_block_in_place_on_its_own(self, x):
    carried = self.shortcut(x)
    out = F.relu(self.bn1(self.conv1(x)), inplace=True)
    out = self.bn2(self.conv2(out))
    out += carried
    return F.relu(out, inplace=True)


@right(BLOCK, says="strings the layers together in a Sequential and cuts negative values off by clamp")
def basic_block_by_sequential(self, x):
    way = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
    return torch.clamp(torch.add(self.shortcut(x), way(x)), min=0)
