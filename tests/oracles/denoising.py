"""Measures a trained noise predictor on data that it has not seen."""

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
    """How well a network finds noise in data that it has not seen, and how well that goes without a network.

    Args:
        network: the noise predictor.
        data: Float[N, M], what it was trained on, and Float[N', M], what it was not.
        alphas_cumprod: Float[T + 1].
        times: the times at which noise is added and looked for.
        generator: of the noise.

    Returns:
        Mean squared errors over all of `times`: of the network, and of the best predictor that is affine in each pixel
        and looks at no other.
    """
    seen, unseen = data
    mean, variance = seen.mean(dim=0), seen.var(dim=0)
    errors = []
    for time in times:
        share, noise = alphas_cumprod[time].to(unseen), torch.randn(unseen.shape, generator=generator)
        x_t = share.sqrt() * unseen + (1 - share).sqrt() * noise
        with torch.no_grad():
            guess = network(x_t, torch.full((len(x_t),), time))
        affine = (1 - share).sqrt() * (x_t - share.sqrt() * mean) / (share * variance + 1 - share)
        errors.append([(eps_hat - noise).square().mean().item() for eps_hat in (guess, affine)])
    mine, without = torch.tensor(errors, dtype=torch.float64).mean(dim=0).tolist()
    return mine, without
