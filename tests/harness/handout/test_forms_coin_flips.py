"""The closed forms of question 1(a) to 1(d), checked by enumeration of all coins and against the code.

If a check draws coins, a right form fails with probability 2e-9 at most (six standard errors).
"""

import itertools
import math
from fractions import Fraction

import pytest
import sympy
import torch

from solutions.diffusion import binary
from tests.oracles import coin_flip

from .forms import checks, expression
from .walk import number

DELTAS = (Fraction(1, 20), Fraction(3, 10), Fraction(1, 2))
SIGNS = tuple(itertools.product((1, -1), repeat=2))
DRAWS = 100_000


def exact(fraction):
    return sympy.Rational(fraction.numerator, fraction.denominator)


def share_flipped(step, x=1.0):
    """The share of many pixels of value x that `step` changes, and its statistical tolerance."""
    y = torch.full((1, DRAWS), x)
    share = (step(y) != y).double().mean().item()
    return share, 6 * math.sqrt(max(share * (1 - share), 1e-4) / DRAWS)


def generator():
    return torch.Generator().manual_seed(7)


@checks("q1.flip")
def test_a_replaced_pixel_flips_half_the_time(form):
    for delta in DELTAS:
        coins = {True: 2 * delta, False: 1 - 2 * delta}  # R = 1 or not; then F
        flipped = sum(chance / 2 for up, chance in coins.items() for f in (1, -1) if up and f == -1)
        got = form(delta=exact(delta))
        assert got == exact(flipped) == exact(delta)
        for step in (binary.flip_step, binary.replace_step):
            share, bound = share_flipped(lambda y, step=step, d=delta: step(y, float(d), generator()))
            assert share == pytest.approx(float(got), abs=bound)


@checks("q1a.replaced")
def test_replaced_is_the_sum_over_first_times(form):
    for delta, steps in itertools.product(DELTAS, (1, 2, 7)):
        got = float(form(delta=exact(delta), T=steps))
        assert got == pytest.approx(coin_flip.replaced_probability(steps, delta), rel=1e-14)
        assert got == pytest.approx(binary.replacement_probability(steps, float(delta)).item(), rel=1e-12)


@checks("q1a.steps")
def test_steps_are_enough_and_no_more(form):
    for delta, epsilon in itertools.product((Fraction(1, 20), Fraction(3, 10)), (0.3, 1e-3, 1e-9)):
        steps = float(form(delta=exact(delta), epsilon=epsilon))
        assert float(1 - 2 * delta) ** steps == pytest.approx(epsilon, rel=1e-12)
        assert math.ceil(steps) == binary.steps_to_mix(float(delta), epsilon)


def untouched_pixels(m, steps, delta):
    """The distribution of the number of pixels that are never replaced, from every pattern of the coins R."""
    law = dict.fromkeys(range(m + 1), Fraction(0))
    for pattern in itertools.product((True, False), repeat=m * steps):
        chance = math.prod((2 * delta if up else 1 - 2 * delta for up in pattern), start=Fraction(1))
        law[sum(not any(pattern[j::m]) for j in range(m))] += chance
    return law


@checks("q1a.all")
def test_all_pixels_by_every_pattern_of_coins(form):
    for m, steps, delta in itertools.product((1, 2, 3), (1, 3), DELTAS):
        got = form(delta=exact(delta), T=steps, m=m)
        assert got == exact(untouched_pixels(m, steps, delta)[0])
        replaced = binary.replacement_probability(steps, float(delta)).item()
        assert float(got) == pytest.approx(replaced**m, rel=1e-12)


@checks("q1a.union")
def test_union_bound_is_the_mean_number_of_untouched_pixels(form):
    """So it bounds the probability of at least one, and this bounds the distance of Y_T from m fair coins."""
    for m, steps, delta in itertools.product((1, 2, 3), (1, 3), DELTAS):
        law = untouched_pixels(m, steps, delta)
        got = form(delta=exact(delta), T=steps, m=m)
        assert got == exact(sum(count * chance for count, chance in law.items()))
        kept = 1 - binary.replacement_probability(steps, float(delta)).item()
        assert float(got) == pytest.approx(m * kept, rel=1e-12, abs=1e-14)
        flipped = Fraction(coin_flip.flip_probability(steps, delta))
        states = itertools.product((flipped, 1 - flipped), repeat=m)
        distance = sum(abs(math.prod(state, start=Fraction(1)) - Fraction(1, 2**m)) for state in states) / 2
        assert float(distance) <= float(1 - law[0]) + 1e-12 <= float(got) + 2e-12


@checks("q1b.flipped")
def test_flipped_by_paths_and_by_draws(form):
    for delta, t in itertools.product(DELTAS, (0, 1, 2, 5)):
        got = form(delta=exact(delta), t=t)
        odd = sum((p for flips, p in coin_flip.paths(t, delta) if sum(flips) % 2), Fraction(0))
        assert got == exact(odd)
        assert float(got) == pytest.approx(
            binary.replacement_probability(t, float(delta)).item() / 2, rel=1e-12
        )
        share, bound = share_flipped(lambda y, t=t, d=delta: binary.q_sample(y, t, float(d), generator()))
        assert share == pytest.approx(float(got), abs=bound)


@checks("q1b.up")
def test_up_by_paths_and_by_draws(form):
    for delta, t, x in itertools.product(DELTAS, (1, 4), (1, -1)):
        up = sum((p for flips, p in coin_flip.paths(t, delta) if (-1) ** sum(flips) * x == 1), Fraction(0))
        assert form(delta=exact(delta), t=t, x=x) == exact(up)
        share, bound = share_flipped(
            lambda y, t=t, d=delta: binary.q_sample(y, t, float(d), generator()), float(x)
        )
        assert (share if x == -1 else 1 - share) == pytest.approx(float(up), abs=bound)


@checks("q1b.recursion")
def test_recursion_agrees_with_the_closed_form(form):
    for delta, t in itertools.product(DELTAS, (1, 2, 6)):
        before = expression("q1b.flipped", delta=exact(delta), t=t - 1)
        got = form(delta=exact(delta), f_tm1=before)
        assert got == expression("q1b.flipped", delta=exact(delta), t=t)
        assert float(got) == pytest.approx(
            binary.replacement_probability(t, float(delta)).item() / 2, rel=1e-12
        )


@checks("q1d.evidence")
def test_evidence_by_paths(form):
    for delta, t, (y, x) in itertools.product(DELTAS, (1, 2, 5), SIGNS):
        ends = sum((p for flips, p in coin_flip.paths(t, delta) if (-1) ** sum(flips) * x == y), Fraction(0))
        assert form(delta=exact(delta), t=t, x=x, y=y) == exact(ends)
        replaced = binary.replacement_probability(t, float(delta)).item()
        assert float(ends) == pytest.approx((1 - replaced) * (x == y) + replaced / 2, rel=1e-12)


@checks("q1d.posterior")
def test_posterior_by_paths(form):
    for delta, t, (y, x) in itertools.product(DELTAS, (1, 2, 3, 6), SIGNS):
        got = form(delta=exact(delta), t=t, x=x, y=y)
        _is_posterior(got, y, x, t, delta)


@checks("q1d.case_1")
def test_case_1(form):
    _is_case(form, 1, 1)


@checks("q1d.case_2")
def test_case_2(form):
    _is_case(form, 1, -1)


@checks("q1d.case_3")
def test_case_3(form):
    _is_case(form, -1, 1)


@checks("q1d.case_4")
def test_case_4(form):
    _is_case(form, -1, -1)


def _is_case(form, y, x):
    for delta, t in itertools.product(DELTAS, (1, 2, 5)):
        f = expression("q1b.flipped", delta=exact(delta), t=t - 1)
        _is_posterior(form(delta=exact(delta), f=f), y, x, t, delta)


def _is_posterior(got, y, x, t, delta):
    assert float(got) == pytest.approx(coin_flip.posterior_by_paths(y, x, t, delta), rel=1e-14, abs=1e-15)
    by_code = binary.posterior(number(y), number(x), t, float(delta)).item()
    assert float(got) == pytest.approx(by_code, rel=1e-12, abs=1e-14)


@checks("q1d.log_odds")
def test_log_odds_by_paths(form):
    for delta, t, (y, x) in itertools.product(DELTAS, (2, 5), SIGNS):
        f = expression("q1b.flipped", delta=exact(delta), t=t - 1)
        odds = float(form(delta=exact(delta), f=f, x=x, y=y))
        _is_posterior(1 / (1 + math.exp(-odds)), y, x, t, delta)


@checks("q1d.rare")
def test_rare_flips_by_a_limit(form):
    delta = sympy.Symbol("delta", positive=True)
    for t in (2, 3, 5):
        got = form(t=t)
        assert got == sympy.limit(expression("q1d.posterior", delta=delta, t=t, x=1, y=-1), delta, 0)
        assert float(got) == pytest.approx(binary.posterior(number(-1), number(1), t, 1e-9).item(), rel=1e-7)
