"""How question 3 is trained."""

from dataclasses import dataclass

WARPED_DIGITS = "warped_digits"
CIFAR10 = "cifar10"
# The width of networks for digits is limited: a grader must measure them in seconds.
WIDEST = {WARPED_DIGITS: 16, CIFAR10: 64}


@dataclass(frozen=True)
class Settings:
    """Settings of the training.

    Attributes:
        data: "warped_digits", or "cifar10" for CIFAR-10 through torchvision.
        image_size: size of the digits, 16 or 32 pixels; CIFAR-10 has 32.
        num_images: number of training images.
        width: channels of the first stage of each network.
        epochs: passes over the images, for each network.
        batch_size: images in a batch.
        learning_rates: peaks of the one-cycle schedule to choose from; a single one is used without a search.
        later_weights: weights in the loss of every exit except the first, which has 1, to choose from.
        search_images: training images for each run of the search.
        search_epochs: passes over these images.
        half_precision: compute in bfloat16 on a GPU that supports it.
        folder: folder of CIFAR-10; if empty, CIFAR10_FOLDER, or otherwise ~/.cache/cifar10.
        download: download CIFAR-10 if it is missing.
    """

    data: str = WARPED_DIGITS
    image_size: int = 32
    num_images: int = 3072
    width: int = 4
    epochs: int = 6
    batch_size: int = 64
    learning_rates: tuple[float, ...] = (8e-3, 16e-3, 32e-3)
    later_weights: tuple[float, ...] = (0.3, 1.0)
    search_images: int = 1536
    search_epochs: int = 4
    half_precision: bool = False
    folder: str = ""
    download: bool = False


PRESETS = {
    "quick": Settings(),
    "full": Settings(
        num_images=20_000,
        width=16,
        epochs=15,
        batch_size=128,
        learning_rates=(2e-3, 4e-3, 8e-3),
        search_images=5_000,
        half_precision=True,
    ),
    "paper": Settings(
        data=CIFAR10,
        num_images=50_000,
        width=64,
        epochs=30,
        batch_size=256,
        learning_rates=(1e-3, 3e-3),
        search_images=20_000,
        half_precision=True,
    ),
}
