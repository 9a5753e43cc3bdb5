"""The closed forms of question 3, compared with the code, SciPy, enumeration and random draws."""

import math
import re
import tomllib

import numpy
import pytest
import sympy
import torch
from scipy import integrate, special, stats

from solutions.early_exit import inference, loss, macs, partial_sums, resnet

from .forms import HANDOUT, checks

VARIANCES = [0.7, 1.9, 0.3, 1.1, 0.05]
SPREADS = {i: math.sqrt(variance) for i, variance in enumerate(VARIANCES, 1)}
ALL_BUT_1E9 = 6.2  # a normal variable exceeds this with probability 6e-10


@checks("q3a.remaining")
def test_remaining_variance_is_the_sum_of_later_variances(form):
    for k in range(5):
        got = float(form(k=k, n=5, sigma=SPREADS))
        assert got == pytest.approx(float(partial_sums.remaining_variance(VARIANCES, k)), rel=1e-14)
        assert got == pytest.approx(_summed(k), rel=1e-14)


@checks("q3a.probability")
def test_probability_is_that_of_the_remaining_sum(form):
    for k, value in [(1, -0.4), (2, 1.3), (4, 0.1)]:
        got = float(form(M=value, k=k, n=5, sigma=SPREADS).evalf(30))
        # SciPy integrates the density of the remaining sum, from its own normal distribution.
        assert got == pytest.approx(stats.norm(value, math.sqrt(_summed(k))).cdf(0.0), rel=1e-12)
        remaining = partial_sums.remaining_variance(VARIANCES, k)
        assert got == pytest.approx(float(partial_sums.probability_nonpositive(value, remaining)), rel=1e-12)


def _summed(k):
    return sum(variance for place, variance in enumerate(VARIANCES, 1) if place > k)


@checks("q3a.geometric")
def test_geometric_series_sums_to_its_closed_form(form):
    k, i = sympy.symbols("k i", integer=True, positive=True)
    series = sympy.summation(sympy.Integer(2) ** (-i), (i, k + 1, sympy.oo))
    assert sympy.simplify(form(k=k) - series) == 0
    steps = torch.arange(60)
    values = [float(form(k=int(step))) for step in steps]
    assert values == partial_sums.geometric_remaining_variance(steps).tolist()


@checks("q3a.halving")
def test_probability_with_halving_variances(form):
    for k, value in [(1, 5.0), (3, -0.3), (7, 0.01), (40, 1e-5)]:
        got = float(form(M=sympy.Float(value, 30), k=k).evalf(30))
        assert got == pytest.approx(special.ndtr(-value / math.sqrt(2.0**-k)), rel=1e-11, abs=0)
        remaining = partial_sums.geometric_remaining_variance(k)
        assert got == pytest.approx(
            float(partial_sums.probability_nonpositive(value, remaining)), rel=1e-11, abs=0
        )


@checks("q3a.first_z")
def test_first_argument_of_phi(form):
    assert form() == -5 / sympy.sqrt(sympy.Rational(1, 2))
    assert float(form()) == pytest.approx(_answers()["q3a_ii"], abs=1e-6)


@checks("q3a.first_probability")
def test_first_probability(form):
    _is_probability(form, 5.0, k=1)


@checks("q3a.fortieth_z")
def test_fortieth_argument_of_phi(form):
    assert form() == -sympy.Rational(1, 10**5) / sympy.sqrt(sympy.Rational(1, 2**40))
    assert float(form()) == pytest.approx(_answers()["q3a_iii"], abs=1e-6)


@checks("q3a.fortieth_probability")
def test_fortieth_probability(form):
    _is_probability(form, 1e-5, k=40)


def _answers():
    return tomllib.loads((HANDOUT.parents[1] / "solutions/answers.toml").read_text(encoding="utf-8"))


def _is_probability(form, value, k):
    """The handout gives three digits."""
    remaining = partial_sums.geometric_remaining_variance(k)
    for right in (
        special.ndtr(-value * 2 ** (k / 2)),
        float(partial_sums.probability_nonpositive(value, remaining)),
    ):
        assert float(form()) == pytest.approx(right, rel=5e-3, abs=0)


@checks("q3a.slow")
def test_probability_with_variances_that_fall_slowly(form):
    remaining = special.zeta(2, 41)  # the sum of 1/i^2 from i = 41 on
    assert math.sqrt(remaining) == pytest.approx(0.157, abs=5e-4)
    assert float(form()) == pytest.approx(special.ndtr(-1e-5 / math.sqrt(remaining)), abs=5e-6)
    got = float(partial_sums.probability_nonpositive(1e-5, remaining))
    assert float(form()) == pytest.approx(got, abs=5e-6)


@checks("q3a.disagreement")
def test_error_rate_of_one_depth_for_all(form):
    """Integrates the probability of the code over Y_k, and draws: within 6.2 standard errors of 200,000 draws."""
    for k, draws in DRAWN.items():
        seen = torch.linspace(0, 10, 20_001, dtype=torch.float64)
        law = stats.norm(0.0, math.sqrt(1 - 2.0**-k))
        overturned = partial_sums.probability_nonpositive(seen, partial_sums.geometric_remaining_variance(k))
        right = 2 * integrate.simpson(law.pdf(seen) * overturned.numpy(), seen)
        got = float(form(k=k))
        assert got == pytest.approx(right, rel=1e-6)
        assert abs(draws.mean() - got) <= ALL_BUT_1E9 * math.sqrt(got * (1 - got) / len(draws))


def _differ_in_sign(k):
    random = numpy.random.default_rng(k)
    seen = random.normal(0.0, math.sqrt(1 - 2.0**-k), 200_000)
    return (seen > 0) != (seen + random.normal(0.0, math.sqrt(2.0**-k), 200_000) > 0)


DRAWN = {k: _differ_in_sign(k) for k in (1, 2, 5)}


@checks("q3b.loss")
def test_loss_weights_the_exits(form):
    logits = torch.randn(3, 7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels, weights = torch.arange(7) % 5, [1.0, 0.3, 0.7]
    entropies = {i: float(-logits[i - 1].log_softmax(-1)[range(7), labels].mean()) for i in (1, 2, 3)}
    got = float(form(E=3, w=dict(enumerate(weights, 1)), C=entropies))
    assert got == pytest.approx(float(loss.early_exit_loss(logits, labels, weights)), rel=1e-12)


@checks("q3b.entropy")
def test_entropy_is_that_of_the_probabilities(form):
    logits = torch.tensor([1.2, -0.7, 3.1, 0.4], dtype=torch.float64)
    chances = logits.softmax(-1).tolist()
    got = float(form(K=4, p=dict(enumerate(chances, 1))))
    assert got == pytest.approx(stats.entropy(chances), rel=1e-12)
    assert got == pytest.approx(float(inference.entropy(logits)), rel=1e-12)


@checks("q3b.ratio")
def test_ratio_uses_mean_macs(form):
    exits = torch.tensor([0, 2, 0, 1, 1, 0, 2, 0, 1, 0])
    prices = torch.tensor([627_328, 1_152_896, 2_204_352])
    shares = {i: int((exits == i - 1).sum()) / 10 for i in (1, 2, 3)}
    # A symbol with a number is a separate name, here for the MACs of the baseline.
    got = float(form(E=3, s=shares, m_0=2_199_872, m=dict(enumerate(prices.tolist(), 1))))
    assert got == pytest.approx(macs.mac_ratio(exits, prices, 2_199_872), rel=1e-12)
    spent = sum(int(prices[place]) for place in exits)
    assert got == pytest.approx(10 * 2_199_872 / spent, rel=1e-12)


@checks("q3b.convolution")
def test_macs_of_a_convolution_are_counted_one_by_one(form):
    count = sum(3 * 2 * (6 // 2) for _place in range(5 * 7) for _channel in range(4))
    got = form(a=3, b=2, C=6, D=4, H=5, W=7, g=2)
    assert got == count == macs.conv2d_macs(6, 4, (3, 2), 5, 7, groups=2)


@checks("q3b.error")
def test_standard_error_of_an_accuracy(form):
    """Compared with the standard deviation of the binomial distribution, and with the third of a point in the text."""
    assert float(form(a=0.9, N=50)) == pytest.approx(stats.binom(50, 0.9).std() / 50, rel=1e-12)
    accuracy = _answers()["q3b_i_accuracy"]
    assert float(form(a=accuracy, N=2000)) == pytest.approx(0.0033, abs=5e-4)


def test_numbers_of_the_reference_are_those_of_its_form():
    answers = _answers()
    rows = re.findall(r"^\| `(q3b_\w+)` \|.*\| (.+?) \|$", _text(), re.MULTILINE)
    told = {key: [float(number) for number in numbers.split(",")] for key, numbers in rows}
    figures = {key: value for key, value in answers.items() if key.startswith("q3b_") and key != "q3b_search"}
    assert told == {key: value if isinstance(value, list) else [value] for key, value in figures.items()}


def test_macs_of_the_reference_are_those_of_its_networks():
    rows = dict(re.findall(r"^\| (leaving at .+|baseline|small net) \| ([\d,]+) \|$", _text(), re.MULTILINE))
    told = {name: int(number.replace(",", "")) for name, number in rows.items()}
    exits, baseline, small = (
        macs.exit_macs(resnet.EarlyExitResNet(10, 4, blocks, 1, exits), (1, 32, 32)).tolist()
        for blocks, exits in [((2, 2, 2, 2), (1, 2, 3)), ((2, 2, 2, 2), ()), ((1, 1, 1, 1), ())]
    )
    names = ["leaving at exit 1", "leaving at exit 2", "leaving at exit 3", "leaving at the end"]
    assert told == dict(zip(names, exits, strict=True)) | {"baseline": baseline[0], "small net": small[0]}
    assert f"at {baseline[0] / small[0]:.2f} times fewer MACs" in _text()


def _text():
    return (HANDOUT / "q3.md").read_text(encoding="utf-8")
