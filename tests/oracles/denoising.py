"""Measures a trained noise predictor on unseen data."""

from collections.abc import Callable

import torch
from torch import Tensor


def denoising_errors(
    network: Callable[[Tensor, Tensor], Tensor],
    data: tuple[Tensor, Tensor],
    alphas_cumprod: Tensor,
    times: tuple[int, ...],
    generator: torch.Generator,
) -> tuple[float, float]:
    """The error of a network on unseen data, and the error of the best predictor without a network.

    Args:
        network: the noise predictor.
        data: Float[N, M], the training data, and Float[N', M], the unseen data.
        alphas_cumprod: Float[T + 1].
        times: the times at which noise is added and predicted.
        generator: the source of the noise.

    Returns:
        Mean squared errors over all of `times`: of the network, and of the best predictor that is affine in each pixel
        and uses no other pixel.
    """
    seen, unseen = data
    mean, variance = seen.mean(dim=0), seen.var(dim=0)
    errors = []
    for time in times:
        a, noise = alphas_cumprod[time].to(unseen), torch.randn(unseen.shape, generator=generator)
        x_t = a.sqrt() * unseen + (1 - a).sqrt() * noise
        with torch.no_grad():
            guess = network(x_t, torch.full((len(x_t),), time))
        affine = (1 - a).sqrt() * (x_t - a.sqrt() * mean) / (a * variance + 1 - a)
        errors.append([(eps_hat - noise).square().mean().item() for eps_hat in (guess, affine)])
    own, without = torch.tensor(errors, dtype=torch.float64).mean(dim=0).tolist()
    return own, without
