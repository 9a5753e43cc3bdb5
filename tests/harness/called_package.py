"""The package whose functions the tests of the session call."""

PACKAGE = """
import torch
from . import f

def square(x, y=None): return x * x if y is None else x * x + y.detach()
def pair(x): return x + 1, {"n": 3}
def arrays(x): return [x.numpy() * n for n in range(1, 9)]
def cut(x): return (x * x).detach()
def apply(network, x): return network(x)
def slope(network, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(network(x).sum(), x)[0]
def draw(generator=None): return torch.rand(3, generator=generator)
def draw_between(f, generator):
    torch.rand(1, generator=generator)
    return f(generator), torch.rand(2, generator=generator)
def draw_twice(f, generator): return f(generator, generator, again=generator), torch.rand(2, generator=generator)
def draw_both(f, first, second):
    f({"of": [first]}, second)
    return torch.rand(2, generator=first), torch.rand(2, generator=second)
def crash(x): return _inner(x)
def _inner(x): raise ZeroDivisionError("no")
def call_square(x): return f.square(x)
def strided(x): return x.view(-1)
class Net(torch.nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = torch.nn.Linear(n, 1)
        self.unused = torch.nn.Parameter(torch.zeros(2))
    def forward(self, x): return self.linear(x) * (2 if self.training else 1)
def run(model, x): return model(x)
"""
