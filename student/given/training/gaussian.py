"""Trains a noise predictor on handwritten digits."""

import copy

import torch
from torch import Tensor, nn

from ...diffusion import gaussian, schedules
from ..data import digits
from ..networks import mlp


def train(
    num_steps: int,
    iterations: int,
    batch_size: int,
    learning_rate: float,
    width: int,
    ema_decay: float,
    seed: int = 0,
    device: str = "cpu",
    progress: bool = False,
) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """Adam with cosine decay on `noise_prediction_loss`, linear betas, and a moving average of the weights.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        num_steps: T of the diffusion.
        iterations: updates of the weights.
        batch_size: images in a batch, drawn with replacement.
        learning_rate: at the start; it decays to 0.
        width: hidden units of the network.
        ema_decay: how much of the average one update keeps; less at first, so that the first weights are forgotten.
        seed: of weights, batches, times and noise.
        device: where to train, "cpu" or "cuda".
        progress: print a line ten times.

    Returns:
        The averaged weights (a state dict of CPU tensors, for `DenoisingMLP(64, width)`), and a history: "loss" of each
        iteration.
    """
    images = digits.scaled_digits("train").to(device)
    alphas_cumprod = schedules.cumulative_alphas(schedules.linear_betas(num_steps))
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
        torch.default_generator.manual_seed(seed)
        network = mlp.DenoisingMLP(images.shape[1], width).to(device)
    average = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
    generator = torch.Generator(device).manual_seed(seed)
    losses = torch.zeros(iterations, device=device)  # read once at the end: a GPU need not wait for the CPU
    for iteration in range(iterations):
        rows = torch.randint(len(images), (batch_size,), generator=generator, device=device)
        loss = gaussian.noise_prediction_loss(network, images[rows], alphas_cumprod, generator)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        _update_average(average, network, min(ema_decay, (1 + iteration) / (10 + iteration)))
        losses[iteration] = loss.detach()
        if progress and (iteration + 1) % max(1, iterations // 10) == 0:
            print(f"iteration {iteration + 1}/{iterations}: loss {loss.item():.3f}", flush=True)
    weights = {name: value.detach().cpu().clone() for name, value in average.state_dict().items()}
    return weights, {"loss": losses.tolist()}


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)
