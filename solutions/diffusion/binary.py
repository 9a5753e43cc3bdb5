"""Diffusion with coin flips (question 1): noise that flips pixels, and a network that undoes it.

For every function here: pixels `y` are floats -1.0 and +1.0 of shape [B, ...]. Every pixel of every image has its own
coins, drawn from `generator`, which is on the device of y. Diffusion time `t` is 1-based, t = 1..T, and Y_0 is the
image; t is an int, or Long[B] with one time for each image. `delta` in (0, 1/2] is the probability of a flip in one
step (the forward process also accepts 0). Other pixels, times or deltas raise a ValueError. Results are new tensors.

The reverse loop over all T steps is in samplers.py, the training loop in given/training/coin_flip.py.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

# BEGIN SOLUTION q1e
from torch.nn import functional as F

# END SOLUTION

# network(y_t, t Long[B]) -> logits of P(Y_{t-1} = +1), shape of y_t
Network = Callable[[Tensor, Tensor], Tensor]


def _check_pixels(y: Tensor) -> None:
    if not y.is_floating_point() or not bool((y.abs() == 1).all()):
        raise ValueError(f"pixels must be -1.0 or +1.0; got {y.dtype} from {y.min()} to {y.max()}")


def _check_delta(delta: float, positive: bool = False) -> None:
    if not 0 <= delta <= 0.5 or (positive and delta == 0):
        raise ValueError(f"delta must be in {'(' if positive else '['}0, 1/2], got {delta}")


def _check_time(t: int | Tensor, first: int) -> None:
    if isinstance(t, Tensor) and (t.is_floating_point() or t.ndim > 1):
        raise ValueError(f"t must be an int or Long[B], got {t.dtype} of shape {list(t.shape)}")
    if bool((torch.as_tensor(t) < first).any()):
        raise ValueError(f"t must be {first} or more, got {t}")


def _per_image(values: Tensor, y: Tensor) -> Tensor:
    """Moves one value, or B values, to y's device, in a shape that broadcasts against y: 0-dim, or [B, 1, ...]."""
    values = values.to(y.device)
    return values.reshape(-1, *[1] * (y.ndim - 1)) if values.ndim else values


def flip_step(y: Tensor, delta: float, generator: torch.Generator | None = None) -> Tensor:
    """One step of the forward process, Y_{t-1} to Y_t: each pixel changes its sign with probability delta.

    The result has the shape and dtype of y.
    """
    _check_pixels(y)
    _check_delta(delta)
    # BEGIN SOLUTION q1a
    # HINT: one uniform number decides for each pixel; torch.rand takes `generator` and `device`.
    flip = torch.rand(y.shape, generator=generator, device=y.device) < delta
    return torch.where(flip, -y, y)
    # END SOLUTION


def replace_step(y: Tensor, delta: float, generator: torch.Generator | None = None) -> Tensor:
    """The step of `flip_step`, described with other coins: R shows +1 with probability 2 delta.

    Where R shows +1, a new fair coin F replaces the pixel; elsewhere the pixel does not change.

    Returns:
        Shape and dtype of y; equal to `flip_step` in distribution, not draw by draw.
    """
    _check_pixels(y)
    _check_delta(delta)
    # BEGIN SOLUTION q1a
    # HINT: two independent draws for every pixel. What is the pixel if R shows +1, and what is it if not?
    replace = torch.rand(y.shape, generator=generator, device=y.device) < 2 * delta
    heads = torch.rand(y.shape, generator=generator, device=y.device) < 0.5
    fair = torch.where(heads, 1.0, -1.0).to(y.dtype)
    return torch.where(replace, fair, y)
    # END SOLUTION


def replacement_probability(t: int | Tensor, delta: float) -> Tensor:
    """Probability that a given pixel has been replaced by a fair coin at least once in steps 1..t.

    Args:
        t: number of steps, 0 or more: an int or Long[B].
        delta: the delta of `replace_step`.

    Returns:
        Float64, shape of t (0-dim for an int). The relative error is at most 1e-12, also for tiny delta.
    """
    _check_delta(delta)
    _check_time(t, first=0)
    # BEGIN SOLUTION q1a
    # HINT: what is the probability that it has NOT happened? For tiny delta, look up expm1 and log1p.
    steps = torch.as_tensor(t).to(torch.float64)
    log_kept = torch.log1p(torch.tensor(-2 * delta, dtype=torch.float64))
    return -torch.expm1(torch.where(steps > 0, steps * log_kept, 0.0))
    # END SOLUTION


def steps_to_mix(delta: float, tolerance: float) -> int:
    """Smallest T such that the probability that a given pixel has not been replaced in T steps is at most `tolerance`.

    This makes the limit of 1(a) concrete: how long the forward process must run until images look like coins.

    Args:
        delta: the delta of `replace_step`, positive.
        tolerance: in (0, 1]; it can be far smaller than the spacing of floats near 1.
    """
    _check_delta(delta, positive=True)
    if not 0 < tolerance <= 1:
        raise ValueError(f"tolerance must be in (0, 1], got {tolerance}")
    # BEGIN SOLUTION q1a
    # HINT: the probability shrinks by the same factor in every step. How many factors are needed?
    if delta == 0.5:
        return 0 if tolerance == 1 else 1
    steps = math.log(tolerance) / math.log1p(-2 * delta)
    return math.ceil(steps - 1e-12 * steps)  # a quotient that is an integer up to rounding counts as one
    # END SOLUTION


def q_sample(y_0: Tensor, t: int | Tensor, delta: float, generator: torch.Generator | None = None) -> Tensor:
    """A sample of Y_t given Y_0 = y_0, without Y_1 .. Y_{t-1}: at most two coins for each pixel.

    The result has the shape and dtype of y_0; where t is 0, it has the pixels of y_0.
    """
    _check_pixels(y_0)
    _check_delta(delta)
    _check_time(t, first=0)
    # BEGIN SOLUTION q1b
    # HINT: what matters is whether a pixel was replaced at least once, not how often. What is the pixel then?
    flipped = _per_image(replacement_probability(t, delta), y_0) / 2
    flip = torch.rand(y_0.shape, generator=generator, dtype=torch.float64, device=y_0.device) < flipped
    return torch.where(flip, -y_0, y_0)
    # END SOLUTION


def posterior(y_t: Tensor, y_0: Tensor, t: int | Tensor, delta: float) -> Tensor:
    """P(Y_{t-1} = +1 | Y_t = y_t, Y_0 = y_0), pixel by pixel.

    Returns:
        Shape and dtype of y_t, in [0, 1] (the bounds included).
    """
    if y_t.shape != y_0.shape:
        raise ValueError(f"y_t has shape {list(y_t.shape)}, y_0 has shape {list(y_0.shape)}")
    _check_pixels(y_t)
    _check_pixels(y_0)
    _check_delta(delta, positive=True)
    _check_time(t, first=1)
    # BEGIN SOLUTION q1d
    # HINT: what is the distribution of Y_{t-1}[j] given Y_0[j] alone? Then use Bayes for the one step to Y_t[j].
    flipped = _per_image(replacement_probability(t - 1, delta), y_t) / 2
    last = flipped.new_tensor(delta)  # in double precision, for any dtype of the pixels
    up = torch.where(y_0 > 0, 1 - flipped, flipped) * torch.where(y_t > 0, 1 - last, last)
    down = torch.where(y_0 > 0, flipped, 1 - flipped) * torch.where(y_t > 0, last, 1 - last)
    return (up / (up + down)).to(y_t.dtype)
    # END SOLUTION


def kl_loss(logits: Tensor, target_prob: Tensor) -> Tensor:
    """KL(P || Q) between coins with P(+1) = target_prob and Q(+1) = sigmoid(logits).

    Summed over pixels, averaged over the batch, in nats. Finite for every finite logit and every target_prob in [0, 1];
    0 only where Q = P. The gradient goes to `logits`; `target_prob` is treated as a constant.

    Args:
        logits: Float[B, ...], any real numbers.
        target_prob: Float[B, ...] in [0, 1].

    Returns:
        0-dim, dtype of logits.
    """
    if logits.shape != target_prob.shape:
        raise ValueError(f"logits: shape {list(logits.shape)}, target_prob: shape {list(target_prob.shape)}")
    # BEGIN SOLUTION q1e
    # HINT: KL is cross-entropy minus entropy. Which function of torch takes logits? And what is 0 * log(0)?
    p = target_prob.detach().to(logits.dtype)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, p, reduction="none")
    entropy = -torch.xlogy(p, p) - torch.xlogy(1 - p, 1 - p)
    return (cross_entropy - entropy).flatten(1).sum(1).mean()
    # END SOLUTION


def training_loss(
    network: Network, y_0: Tensor, num_steps: int, delta: float, generator: torch.Generator | None = None
) -> Tensor:
    """One draw of the loss of 1(e): a time and a noisy image for each image, then `kl_loss` of the network's output.

    Args:
        network: see `Network`.
        y_0: Float[B, ...].
        num_steps: T; each image gets its own time, drawn uniformly from 1..T, T included.
        delta: probability of a flip in one step.
        generator: draws the times and coins.

    Returns:
        0-dim, nats; its gradient reaches the network's parameters.
    """
    # BEGIN SOLUTION q1e
    # HINT: which of the functions above gives Y_t, and which one gives the target?
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator, device=y_0.device)
    y_t = q_sample(y_0, t, delta, generator=generator)
    return kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    # END SOLUTION


@torch.no_grad()
def ancestral_step(network: Network, y_t: Tensor, t: int, generator: torch.Generator | None = None) -> Tensor:
    """One reverse step: a draw of Y_{t-1} from the network's coins, at t = 1 as well as at every other time.

    `t` is the time of y_t, an int: the same for the whole batch. `network` is called with Long[B].

    Returns:
        Shape and dtype of y_t, pixels -1/+1, no gradient.
    """
    _check_pixels(y_t)
    _check_time(t, first=1)
    # BEGIN SOLUTION q1e
    # HINT: 1(c) turns logits into probabilities. The network needs one time for each image of the batch.
    times = torch.full((len(y_t),), t, dtype=torch.long, device=y_t.device)
    up = torch.sigmoid(network(y_t, times))
    heads = torch.rand(y_t.shape, generator=generator, device=y_t.device) < up
    return torch.where(heads, 1.0, -1.0).to(y_t.dtype)
    # END SOLUTION


@torch.no_grad()
def bits_per_pixel(
    network: Network, y_0: Tensor, num_steps: int, delta: float, generator: torch.Generator | None = None
) -> Tensor:
    """Upper bound on the code length of images under the model, in bits per pixel (fair coins cost 1).

        (sum over t = 1..T of KL(P(Y_{t-1} | Y_t, Y_0) || Q_t) + KL(P(Y_T | Y_0) || fair coins)) / (M ln 2)

    It is summed over the M pixels and averaged over the images. It uses every t = 1..num_steps, with one new draw of
    Y_t for each image. The result is 0-dim, of y_0's dtype, without gradient.
    """
    # BEGIN SOLUTION q1e
    # HINT: `kl_loss` gives each term of the sum. What is the probability that a pixel of Y_T differs from y_0 in sign?
    flipped = replacement_probability(num_steps, delta) / 2
    entropy = -torch.xlogy(flipped, flipped) - torch.xlogy(1 - flipped, 1 - flipped)
    num_pixels = y_0[0].numel()
    nats = ((math.log(2) - entropy) * num_pixels).to(y_0)
    for step in range(1, num_steps + 1):
        t = torch.full((len(y_0),), step, dtype=torch.long, device=y_0.device)
        y_t = q_sample(y_0, t, delta, generator=generator)
        nats = nats + kl_loss(network(y_t, t), posterior(y_t, y_0, t, delta))
    return nats / (num_pixels * math.log(2))
    # END SOLUTION
