"""The judges of sampled digits: two classifiers that agree on digits alone, and a distance of distributions."""

import numpy as np
import pytest
import torch

from solutions.given.experiments import handwriting
from solutions.given.experiments.judge import Judge


@pytest.fixture(scope="module", params=[True, False], ids=["coins", "grey"])
def judged(request):
    images = handwriting.on_board(coins=request.param)
    return images, Judge(images.train, images.train_labels)


def test_both_judges_know_digits(judged):
    images, judge = judged
    for classify in (judge.by_neighbour, judge.by_law):
        assert (classify(images.test) == images.test_labels).double().mean() > 0.95
    assert (judge.by_neighbour(images.train) == images.train_labels).double().mean() > 0.995  # few are twins
    assert judge.agreement(images.test) > 0.93


def test_judges_part_over_noise_and_over_blends(judged):
    images, judge = judged
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(500, 64, generator=generator).sign()
    pixels = torch.stack([column[torch.randperm(1500, generator=generator)] for column in images.train.T], 1)
    assert judge.agreement(noise) < 0.4 and judge.agreement(pixels) < 0.5
    mean = images.train.mean(dim=0).expand(500, -1)
    assert judge.distance(mean) > judge.distance(pixels) > 5 > 2 > judge.distance(images.test)


def test_nearest_neighbour_is_the_nearest_and_the_first_of_several():
    images = torch.cat([torch.eye(10), 3 * torch.eye(10)]).repeat(2, 1)
    judge = Judge(images, torch.cat([torch.arange(10), torch.arange(10).roll(1)]).repeat(2))
    between = torch.zeros(1, 10)
    between[0, 3] = between[0, 7] = 1
    assert judge.by_neighbour(between).item() == 3
    assert judge.by_neighbour(1.5 * torch.eye(10)[[4, 9]]).tolist() == [4, 9]
    assert judge.by_neighbour(2.5 * torch.eye(10)[[4, 9]]).tolist() == [3, 8]


def test_distance_of_normal_laws(judged):
    images, judge = judged
    train = images.train.double()
    variance = torch.cov(train.T).trace().item()
    mean = train.mean(dim=0)
    assert judge.distance(images.train) == pytest.approx(0, abs=1e-5)
    assert judge.distance(train + 0.25) == pytest.approx(64 / 16, abs=1e-5)
    assert judge.distance(mean + 3 * (train - mean)) == pytest.approx(4 * variance, rel=1e-6)
    noisy = train @ torch.randn(64, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    first, second = torch.cov(train.T).numpy(), torch.cov(noisy.T).numpy()
    shared = np.sqrt(np.linalg.eigvals(first @ second).real.clip(min=0)).sum()
    means = (mean - noisy.mean(dim=0)).square().sum().item()
    assert judge.distance(noisy) == pytest.approx(
        means + first.trace() + second.trace() - 2 * shared, rel=1e-4
    )
