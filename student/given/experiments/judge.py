"""Measures for generated digits: two classifiers that work differently, and a distance between sets of images.

The two classifiers agree on clear digits and often disagree on a blurred mixture of several digits. But they also
agree if a network makes one good digit again and again. The distance detects this, but it does not detect blur.
"""

import math

import torch
from torch import Tensor

_SPREAD = 0.3  # added to the covariance of each class, times its mean variance: some pixels never change


class Judge:
    """A nearest neighbour, and a normal distribution for each class: fast and deterministic.

    Args:
        images: Float[N, M], flattened, with several images of each class.
        labels: Long[N], 0..9.
    """

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self._images, self._labels = images, labels
        self._classes = [_normal_law(images[labels == label].double()) for label in range(10)]
        self._mean, covariance = _moments(images.double())
        self._root = _symmetric_root(covariance)

    def by_neighbour(self, images: Tensor) -> Tensor:
        """Float[B, M] to Long[B], the label of the nearest image; with several nearest images, of the first one."""
        # Largest where the distance is smallest; exact for pixels of -1 and +1, so ties are the same on every machine.
        scores = images @ self._images.T - self._images.square().sum(dim=1) / 2
        return self._labels[scores.argmax(dim=1)]

    def by_law(self, images: Tensor) -> Tensor:
        """Float[B, M] to Long[B], the class whose normal distribution has the largest density."""
        densities = []
        for mean, root in self._classes:
            z = torch.linalg.solve_triangular(root, (images.double() - mean).T, upper=False)
            densities.append(-z.square().sum(dim=0) / 2 - root.diagonal().log().sum())
        return torch.stack(densities).argmax(dim=0)

    def agreement(self, images: Tensor) -> float:
        """The share of Float[B, M] to which both classifiers give the same label."""
        return (self.by_neighbour(images) == self.by_law(images)).double().mean().item()

    @staticmethod
    def agreement_error(agreement: float, count: int) -> float:
        """Standard error of the agreement on `count` images."""
        return math.sqrt((agreement * (1 - agreement) + 1 / count) / count)

    def distance(self, images: Tensor) -> float:
        """Squared Frechet distance between the normal distributions fitted to Float[B, M] and to the judge's images.

            |mean_1 - mean_2|**2 + trace(cov_1 + cov_2 - 2 (cov_1 cov_2)**(1/2))

        It compares the pixels themselves, not features.

        References:
            Dowson and Landau 1982, "The Frechet distance between multivariate normal distributions".
        """
        mean, covariance = _moments(images.double())
        product = torch.linalg.eigvalsh(self._root @ covariance @ self._root)
        shared = product.clamp(min=0).sqrt().sum()
        means = (mean - self._mean).square().sum()
        distance: float = (means + covariance.trace() + self._root.square().sum() - 2 * shared).item()
        return distance


def _moments(images: Tensor) -> tuple[Tensor, Tensor]:
    return images.mean(dim=0), torch.cov(images.T)


def _normal_law(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, and the lower triangular (Cholesky) root of the covariance."""
    mean, covariance = _moments(images)
    spread = _SPREAD * covariance.diagonal().mean()
    return mean, torch.linalg.cholesky(covariance + spread * torch.eye(len(covariance), dtype=torch.float64))


def _symmetric_root(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return root
