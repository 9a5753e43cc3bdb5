"""A differentiable policy that is so small that all its responses can be listed.

The vocabulary has three tokens; token 1 ends a response. A response has at most three tokens, and there is one source.
The logits are a table over the position, the previous token and the next token.
"""

import itertools

import sympy
import torch
from torch import Tensor

from solutions.rlhf import log_probs

START, END, WIDTH, VOCABULARY = 2, 1, 3, 3
SOURCE = torch.tensor([[4, 5]])


class TinyPolicy:
    """A policy with one parameter, `table`."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        shape = (WIDTH, VOCABULARY, VOCABULARY)
        self.table = torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()

    def __call__(self, input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """Logits, with the interface of `solutions`."""
        places = torch.arange(decoder_input_ids.shape[1])
        return self.table[places, decoder_input_ids]

    def chances(self, response: tuple[int, ...]) -> Tensor:
        """The probability of each token of a response, token by token; differentiable."""
        before = (START, *response[:-1])
        return torch.stack(
            [
                self.table[place, last].exp()[token] / self.table[place, last].exp().sum()
                for place, (last, token) in enumerate(zip(before, response, strict=True))
            ]
        )

    def log_probs_by_code(self, response: tuple[int, ...]) -> Tensor:
        """Float[1, n], the logarithms of the same from the functions of `solutions`."""
        tokens = torch.tensor([response])
        return log_probs.policy_log_probs(self, SOURCE, SOURCE > 0, tokens, START)

    def gradient(self, value: Tensor) -> Tensor:
        """The gradient of a number with respect to the table."""
        return torch.autograd.grad(value, self.table, retain_graph=True)[0]


def responses() -> list[tuple[int, ...]]:
    """All responses: up to the first end, or `WIDTH` tokens."""
    return [
        tokens
        for length in range(1, WIDTH + 1)
        for tokens in itertools.product(range(VOCABULARY), repeat=length)
        if END not in tokens[:-1] and (length == WIDTH or tokens[-1] == END)
    ]


def reward(response: tuple[int, ...]) -> float:
    """A reward without a pattern, with both signs."""
    return (
        2.0 * ((7 * sum((place + 2) * (token + 1) for place, token in enumerate(response))) % 11) / 11 - 0.7
    )


def evaluated(expression: sympy.Expr, **values: Tensor) -> Tensor:
    """A SymPy expression in torch, for the values of its symbols; differentiable."""
    names = [str(symbol) for symbol in expression.free_symbols]
    if unknown := set(names) - set(values):
        raise AssertionError(f"the form has unknown symbols: {', '.join(sorted(unknown))}")
    torch_like = [{"log": torch.log, "exp": torch.exp, "sqrt": torch.sqrt}, "math"]
    function = sympy.lambdify(sorted(names), expression, modules=torch_like)
    return torch.as_tensor(function(*(values[name] for name in sorted(names))), dtype=torch.float64)
