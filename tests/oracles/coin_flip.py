"""Coin-flip diffusion by enumeration of flip paths, coins and states, with exact fractions where possible.

Nothing here uses a closed form of the homework.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor

Logits = Callable[[Tensor, Tensor], Tensor]


def paths(t: int, delta: Fraction) -> list[tuple[tuple[bool, ...], Fraction]]:
    """Every sequence of t coins that flip or keep a pixel, with its probability."""
    return [
        (flips, math.prod((delta if flip else 1 - delta for flip in flips), start=Fraction(1)))
        for flips in itertools.product((False, True), repeat=t)
    ]


def flip_probability(t: int, delta: Fraction | float) -> float:
    """P(Y_t != Y_0): the probability of an odd number of flips, computed step by step."""
    flipped = 0 * delta  # exact for a fraction
    for _ in range(t):
        flipped = flipped * (1 - delta) + (1 - flipped) * delta
    return float(flipped)


def replaced_probability(t: int, delta: Fraction | float) -> float:
    """P(R = 1 at least once in t steps): the sum over the step at which it happens first."""
    first, waiting = 0 * delta, 1 + 0 * delta
    for _ in range(t):
        first, waiting = first + waiting * 2 * delta, waiting * (1 - 2 * delta)
    return float(first)


def posterior_by_paths(y: int, x: int, t: int, delta: Fraction | float) -> float:
    """P(Y_{t-1} = +1 | Y_t = y, Y_0 = x): among the paths that end in y, the share that passes through +1."""
    ending, passing = Fraction(0), Fraction(0)
    for flips, probability in paths(t, Fraction(delta)):
        states = list(itertools.accumulate(flips, lambda state, flip: -state if flip else state, initial=x))
        if states[t] == y:
            ending += probability
            passing += probability if states[t - 1] == 1 else 0
    return float(passing / ending)


def posterior_by_chain(y: int, x: int, t: int, delta: float) -> float:
    """The same for long chains: Bayes' rule over two states, with the prior computed step by step."""
    before = 0.0
    for _ in range(t - 1):
        before = before * (1 - delta) + (1 - before) * delta
    weights = {
        state: (before if state != x else 1 - before) * (delta if state != y else 1 - delta)
        for state in (-1, 1)
    }
    return weights[1] / (weights[1] + weights[-1])


def posterior(y_t: Tensor, y_0: Tensor, t: int | Tensor, delta: float) -> Tensor:
    """`posterior_by_paths` (`by_chain` from t = 9 on) for complete images; t is an int or Long[B]."""
    times = torch.as_tensor(t).expand(len(y_t)).tolist()
    out = torch.empty(y_t.shape, dtype=torch.float64)
    known: dict[tuple[int, int, int], float] = {}
    for index in itertools.product(*map(range, y_t.shape)):
        case = int(y_t[index]), int(y_0[index]), times[index[0]]
        if case not in known:
            known[case] = (posterior_by_paths if case[2] < 9 else posterior_by_chain)(*case, delta)
        out[index] = known[case]
    return out.to(y_t.dtype)


def kl(p: float, logit: float) -> float:
    """KL(P || Q) of two coins in nats. Q(+1) = 1 / (1 + exp(-logit)); its logarithm is computed directly."""

    def minus_log_q(sign: int) -> float:
        return max(0.0, -sign * logit) + math.log1p(math.exp(-abs(logit)))

    terms = ((p, minus_log_q(1)), (1 - p, minus_log_q(-1)))
    return sum(share * (math.log(share) + surprise) for share, surprise in terms if share > 0)


def kl_loss(logits: Tensor, target: Tensor) -> float:
    """Sum of `kl` over pixels and mean over images, pixel by pixel."""
    pairs = zip(logits.double().flatten().tolist(), target.double().flatten().tolist(), strict=True)
    return math.fsum(kl(p, logit) for logit, p in pairs) / len(logits)


def bound(y_0: Tensor, logits: Tensor, delta: float) -> tuple[float, float]:
    """The bound in nats of ONE image if the output depends on the time only: mean and standard deviation of one draw.

    Args:
        y_0: Float[M].
        logits: Float[T, M], the network's output at t = 1..T, the same for every input.
        delta: the probability of a flip in one step.
    """
    num_steps = len(logits)
    last = flip_probability(num_steps, delta)
    mean = len(y_0) * sum(p * math.log(2 * p) for p in (last, 1 - last) if p > 0)
    variance = 0.0
    for t, j in itertools.product(range(1, num_steps + 1), range(len(y_0))):
        x, flipped = int(y_0[j]), flip_probability(t, delta)
        logit = logits[t - 1, j].item()
        stay, flip = (kl(posterior_by_chain(y, x, t, delta), logit) for y in (x, -x))
        mean += (1 - flipped) * stay + flipped * flip
        variance += flipped * (1 - flipped) * (flip - stay) ** 2
    return mean, math.sqrt(variance)


def distribution_of_samples(network: Logits, num_pixels: int, num_steps: int) -> Tensor:
    """Probability of each of the 2^M images after the reverse chain; the first pixel is the most significant bit."""
    states = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=num_pixels)))
    distribution = torch.full((len(states),), 1 / len(states), dtype=torch.float64)
    for t in range(num_steps, 0, -1):
        up = torch.sigmoid(network(states, torch.full((len(states),), t)).double())
        move = torch.where(states[None] > 0, up[:, None], 1 - up[:, None]).prod(dim=2)  # (from, to)
        distribution = distribution @ move
    return distribution
