"""Question 1: diffusion with coin flips on handwritten digits, compared with independent pixels."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from ...diffusion import binary, samplers
from ..training import coin_flip
from ..training.loop import QUIET, Loop
from . import artifact, denoiser, handwriting
from .experiment import Measured, Picture, Trained
from .handwriting import COLUMNS, ROWS, Handwriting
from .judge import Judge

ARTIFACT = "coin_flip"
SOURCES = ("diffusion/binary.py", "diffusion/samplers.py")
EMBEDDED = handwriting.DIGITS
DRAWS = 5  # number of draws of the noise for each test image
BITS_ERROR = 0.002  # standard error of the bits per pixel, over 16 seeds of these draws
SAMPLES = 1000  # so the standard error of a share is at most .016
MOST_STEPS = 1000
REAL = 500  # number of test images of MNIST for the measurement, and number of samples


@dataclass(frozen=True)
class Settings:
    """Settings of the training.

    Attributes:
        data: "digits", or "mnist" for MNIST through torchvision.
        num_steps: T of the diffusion.
        final_correlation: correlation of a pixel of Y_T with the same pixel of Y_0; it determines delta.
        iterations: number of updates of the weights.
        batch_size: images in a batch.
        learning_rate: learning rate at the start; it decays to 0.
        width: hidden units of the network.
        depth: residual blocks of the network.
        half_precision: compute the network in bfloat16 on a GPU that supports it.
        folder: folder of MNIST; if empty, MNIST_FOLDER, or otherwise ~/.cache/mnist.
        download: download MNIST if it is missing.
    """

    data: str = EMBEDDED
    num_steps: int = 50
    final_correlation: float = 0.05
    iterations: int = 4000
    batch_size: int = 256
    learning_rate: float = 6e-3
    width: int = 86
    depth: int = 2
    half_precision: bool = False
    folder: str = ""
    download: bool = False


PRESETS = {
    "quick": Settings(),
    "full": Settings(num_steps=100, iterations=8000, learning_rate=3e-3, width=192, depth=3),
    "paper": Settings(
        data=handwriting.MNIST,
        num_steps=200,
        iterations=60_000,
        batch_size=512,
        learning_rate=1e-3,
        width=1024,
        depth=4,
        half_precision=True,
    ),
}


def train(settings: Settings, seed: int, device: str, loop: Loop = QUIET) -> Trained:
    """Trains the network that undoes coin flips.

    Raises:
        ValueError: unknown data.
        FileNotFoundError: MNIST is missing.
    """
    images = handwriting.load(asdict(settings), coins=True).train
    weights, curves = coin_flip.train(
        settings.num_steps,
        settings.iterations,
        settings.batch_size,
        settings.learning_rate,
        settings.final_correlation,
        settings.width,
        seed,
        device,
        loop,
        settings.depth,
        images,
        fused=True,
        half_precision=settings.half_precision,
    )
    return Trained(weights, curves, artifact.data_digest(images))


def measure(weights: Mapping[str, Tensor], settings: Mapping[str, Any], seed: int = 0) -> Measured:
    """Bits per pixel of test digits, and the agreement of two classifiers on samples.

    Args:
        weights: weights from any source.
        settings: `data`, `num_steps` and `final_correlation` are used.
        seed: seed of the noise on the digits and of the samples.

    Raises:
        ValueError: these are not weights or settings of this experiment on the digits.
    """
    if settings.get("data") != EMBEDDED:
        raise ValueError(f"these weights were not trained on the data {EMBEDDED!r}")
    denoiser.check_work(weights, denoiser.number(settings, "num_steps", 1, MOST_STEPS))
    images = handwriting.on_board(coins=True)
    return _measure(weights, settings, seed, images, images.test.repeat(DRAWS, 1), SAMPLES)


def measure_real(weights: Mapping[str, Tensor], settings: Mapping[str, Any]) -> Measured:
    """The same on MNIST, on a GPU if there is one. Reads the folder in the settings."""
    images = handwriting.load(settings, coins=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return _measure(weights, settings, 0, images, images.test[:REAL], REAL, device)


def _measure(
    weights: Mapping[str, Tensor],
    settings: Mapping[str, Any],
    seed: int,
    images: Handwriting,
    test: Tensor,
    samples: int,
    device: str = "cpu",
) -> Measured:
    num_pixels = images.num_pixels
    num_steps = denoiser.number(settings, "num_steps", 1, MOST_STEPS)
    correlation = denoiser.number(settings, "final_correlation", 0, 0.5, whole=False)
    width, depth = denoiser.sizes(weights, num_pixels)
    with torch.random.fork_rng(devices=[]):  # initial weights, replaced in the next lines
        network = coin_flip.make_network(num_steps, correlation, width, depth, num_pixels)
    network = denoiser.filled(network, weights, device)
    delta = coin_flip.delta_for(num_steps, correlation)
    generator = torch.Generator(device).manual_seed(seed)
    bits = binary.bits_per_pixel(network, test.to(device), num_steps, delta, generator).item()
    if not math.isfinite(bits):
        raise ValueError("these weights give no finite number of bits on test images")

    def sampled(count: int, return_all: bool) -> Tensor:
        shape = (count, num_pixels)
        return samplers.ancestral_sample(network, shape, num_steps, generator, device, return_all).cpu()

    made, chain = sampled(samples, False), sampled(ROWS, True)
    judge = Judge(images.train, images.train_labels)
    frequencies = ((images.train > 0).double().sum(dim=0) + 1) / (len(images.train) + 2)
    metrics = {
        "bits_per_pixel": bits,
        "bits_independent": _independent_bits(frequencies, images.test),
        "agreement": judge.agreement(made),
        "agreement_real": judge.agreement(images.test),
        "agreement_independent": judge.agreement(_independent_samples(frequencies, samples, seed)),
    }
    over_time = images.over_time(chain)
    pictures = (
        Picture(f"Samples over diffusion time from {num_steps} to 0", COLUMNS, over_time),
        Picture("Samples", COLUMNS, images.shown(made[: ROWS * COLUMNS])),
    )
    errors = {
        "bits_per_pixel": BITS_ERROR,
        "agreement": judge.agreement_error(metrics["agreement"], samples),
    }
    return Measured(metrics, pictures=pictures, errors=errors)


def _independent_bits(frequencies: Tensor, images: Tensor) -> float:
    """Bits per pixel of images under independent pixels, each with its frequency of ink, Float64[M]."""
    return -torch.where(images > 0, frequencies, 1 - frequencies).log2().mean().item()


def _independent_samples(frequencies: Tensor, count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(count, len(frequencies), dtype=torch.float64, generator=generator)
    return torch.where(drawn < frequencies, 1.0, -1.0)
