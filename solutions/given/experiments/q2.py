"""Question 2: Gaussian diffusion on handwritten digits, sampled in many or few steps, with or without randomness."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from ...diffusion import samplers, schedules
from ..networks.mlp import DenoisingMLP
from ..training import gaussian
from ..training.loop import QUIET, Loop
from . import artifact, denoiser, handwriting
from .experiment import Curve, Measured, Picture, Trained
from .handwriting import COLUMNS, ROWS, Handwriting
from .judge import Judge

ARTIFACT = "gaussian"
SOURCES = ("diffusion/gaussian.py", "diffusion/schedules.py", "diffusion/samplers.py")
EMBEDDED = handwriting.DIGITS
FEW_STEPS = (5, 10, 20, 50)  # numbers of sampler steps, besides all steps
LEAST_STEPS, MOST_STEPS = 51, 1000
SHOWN_STEPS = 10
SAMPLES = 1000  # so the standard error of a share is at most .016
DISTANCE_ERROR = 0.04  # relative standard error of a distance, over 12 seeds
REAL = 500  # number of samples for MNIST


@dataclass(frozen=True)
class Settings:
    """Settings of the training.

    Attributes:
        data: "digits", or "mnist" for MNIST through torchvision.
        num_steps: T of the diffusion, 51 to 1000.
        iterations: number of updates of the weights.
        batch_size: images in a batch.
        learning_rate: learning rate at the start; it decays to 0.
        ema_decay: share of the moving average of the weights that one update keeps.
        width: hidden units of the network.
        depth: residual blocks of the network.
        half_precision: compute the network in bfloat16 on a GPU that supports it.
        folder: folder of MNIST; if empty, MNIST_FOLDER, or otherwise ~/.cache/mnist.
        download: download MNIST if it is missing.
    """

    data: str = EMBEDDED
    num_steps: int = 100
    iterations: int = 4000
    batch_size: int = 256
    learning_rate: float = 4e-3
    ema_decay: float = 0.995
    width: int = 100
    depth: int = 2
    half_precision: bool = False
    folder: str = ""
    download: bool = False


PRESETS = {
    "quick": Settings(),
    "full": Settings(iterations=8000, learning_rate=3e-3, ema_decay=0.999, width=192, depth=3),
    "paper": Settings(
        data=handwriting.MNIST,
        num_steps=400,
        iterations=60_000,
        batch_size=512,
        learning_rate=1e-3,
        ema_decay=0.9995,
        width=1024,
        depth=4,
        half_precision=True,
    ),
}


def train(settings: Settings, seed: int, device: str, loop: Loop = QUIET) -> Trained:
    """Trains the network that predicts the noise.

    Raises:
        ValueError: unknown data.
        FileNotFoundError: MNIST is missing.
    """
    images = handwriting.load(asdict(settings), coins=False).train
    weights, curves = gaussian.train(
        settings.num_steps,
        settings.iterations,
        settings.batch_size,
        settings.learning_rate,
        settings.width,
        settings.ema_decay,
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
    """Agreement of two classifiers on samples of DDPM and DDIM, and the distance of the samples from training digits.

    Args:
        weights: weights from any source.
        settings: `data` and `num_steps` are used.
        seed: seed of the samples.

    Raises:
        ValueError: these are not weights or settings of this experiment on the digits.
    """
    if settings.get("data") != EMBEDDED:
        raise ValueError(f"these weights were not trained on the data {EMBEDDED!r}")
    denoiser.check_work(weights, denoiser.number(settings, "num_steps", LEAST_STEPS, MOST_STEPS))
    return _measure(weights, settings, seed, handwriting.on_board(coins=False), SAMPLES)


def measure_real(weights: Mapping[str, Tensor], settings: Mapping[str, Any]) -> Measured:
    """The same on MNIST, on a GPU if there is one. Reads the folder in the settings."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return _measure(weights, settings, 0, handwriting.load(settings, coins=False), REAL, device)


def _measure(
    weights: Mapping[str, Tensor],
    settings: Mapping[str, Any],
    seed: int,
    images: Handwriting,
    samples: int,
    device: str = "cpu",
) -> Measured:
    num_steps = denoiser.number(settings, "num_steps", LEAST_STEPS, MOST_STEPS)
    width, depth = denoiser.sizes(weights, images.num_pixels)
    with torch.random.fork_rng(devices=[]):  # initial weights, replaced in the next lines
        network = DenoisingMLP(images.num_pixels, width, depth)
    network = denoiser.filled(network, weights, device)
    betas = schedules.linear_betas(num_steps).to(device)

    def sampled(name: str, steps: int, count: int = samples, return_all: bool = False) -> Tensor:
        generator = torch.Generator(device).manual_seed(seed)  # every sampler starts from the same noise
        shape = (count, images.num_pixels)
        if name == "DDPM" and steps == num_steps:
            made = samplers.ddpm_sample(
                network, shape, betas, clip=1.0, generator=generator, device=device, return_all=return_all
            )
        else:  # with eta 1, DDIM is DDPM with fewer times
            eta = 1.0 if name == "DDPM" else 0.0
            made = samplers.ddim_sample(network, shape, betas, steps, eta, 1.0, generator, device)
        if not bool(made.isfinite().all()):
            raise ValueError(f"these weights give samples that are not finite, with {name} in {steps} steps")
        return made.cpu()

    judge = Judge(images.train, images.train_labels)
    all_steps = [*FEW_STEPS, num_steps]
    made = {(name, steps): sampled(name, steps) for name in ("DDPM", "DDIM") for steps in all_steps}
    agreement = {key: judge.agreement(found) for key, found in made.items()}
    distance = {key: judge.distance(found) for key, found in made.items()}
    metrics = {
        "agreement": agreement["DDPM", num_steps],
        **{f"agreement_ddpm_{steps}": agreement["DDPM", steps] for steps in FEW_STEPS},
        **{f"agreement_ddim_{steps}": agreement["DDIM", steps] for steps in FEW_STEPS},
        "agreement_real": judge.agreement(images.test),
        "distance": distance["DDPM", num_steps],
        **{f"distance_ddim_{steps}": distance["DDIM", steps] for steps in FEW_STEPS},
        "distance_real": judge.distance(images.test),
    }

    errors = {
        name: DISTANCE_ERROR * value if "distance" in name else judge.agreement_error(value, samples)
        for name, value in metrics.items()
        if not name.endswith("_real")
    }

    def lines(values: Mapping[tuple[str, int], float]) -> dict[str, list[float]]:
        return {name: [values[name, steps] for steps in all_steps] for name in ("DDPM", "DDIM")}

    steps = [float(count) for count in all_steps]
    axis, shown = "steps of the sampler", images.shown
    over_time = images.over_time(sampled("DDPM", num_steps, ROWS, return_all=True))
    return Measured(
        metrics,
        errors=errors,
        curves=(
            Curve("Agreement over steps", axis, "share on which two judges agree", steps, lines(agreement)),
            Curve("Distance over steps", axis, "Frechet distance from the digits", steps, lines(distance)),
        ),
        pictures=(
            Picture(f"Samples over diffusion time from {num_steps} to 0", COLUMNS, over_time),
            *(
                Picture(f"{name} in {count} steps", COLUMNS, shown(made[name, count][: ROWS * COLUMNS]))
                for name, count in (("DDPM", num_steps), ("DDPM", SHOWN_STEPS), ("DDIM", SHOWN_STEPS))
            ),
        ),
    )
