"""Closed forms mean in SymPy what they mean on paper. A text that cannot be read is refused completely."""

import pytest
import sympy

from .latex import LatexError, parse

x, y, k, t = sympy.symbols("x y k t")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"2^{-k}", 2 ** (-k)),
        (r"\frac12 x", x / 2),
        # A symbol in front of a bracket multiplies it, and the power belongs to the bracket only.
        (r"x(1 - y)^{t-1}", x * (1 - y) ** (t - 1)),
        (r"\Phi\left(-2^{k/2} x\right)", sympy.erfc(2 ** (k / 2) * x / sympy.sqrt(2)) / 2),
        (r"\log_2 x - \ln y", sympy.log(x) / sympy.log(2) - sympy.log(y)),
        (r"\sqrt{x}\,\exp(-y)", sympy.sqrt(x) * sympy.exp(-y)),
        (r"\sigma(x - y)", 1 / (1 + sympy.exp(y - x))),
        (r"\mathrm{clip}\bigl(x, 1 - y, 1 + y\bigr)", sympy.Min(sympy.Max(x, 1 - y), 1 + y)),
        (r"\sum_{k=1}^{3} k x", 6 * x),
        # A sum applies to the following product.
        (r"\sum_{k=1}^{3} k x + y", 6 * x + y),
        (r"\prod_{k=1}^{3} \left[k + x\right]", (1 + x) * (2 + x) * (3 + x)),
    ],
)
def test_a_form_has_its_meaning(text, meant):
    assert sympy.simplify(parse(f"f(x) = {text}") - meant) == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"\bar\alpha_{t-1}", "bar_alpha_tm1"),
        (r"\bar{\alpha}_t", "bar_alpha_t"),
        (r"\alpha_t", "alpha_t"),
        (r"\hat x_0", "hat_x_0"),
        (r"\epsilon_\theta", "epsilon_theta"),
        (r"P_\theta(y_i \mid x, y_{<i})", "P_i"),
        (r"\mathbb{E}_y", "E_y"),
    ],
)
def test_a_symbol_with_accents_has_one_name(text, name):
    assert parse(f"f = 3{text}") == 3 * sympy.Symbol(name)
    assert parse(f"f = 3{text}", **{name: 5}) == 15


def test_a_family_is_a_callable_of_the_subscript_or_a_mapping():
    form = r"f = \sum_{i=k+1}^{n} \sigma_i^2"
    assert parse(form, k=1, n=3, sigma={2: 3, 3: 4}) == 25
    tail = parse(r"f = \sum_{i=k+1}^{\infty} \sigma_i^2", sigma=lambda i: sympy.sqrt(2 ** (-i)))
    assert sympy.simplify(tail - 2 ** (-k)) == 0
    assert parse(r"f = \bar\alpha_{t-1}", bar_alpha=lambda at: at**2) == (t - 1) ** 2


def test_a_running_subscript_stays_a_family():
    # As a plain symbol it would be constant in the sum, and the sum would be n times this constant.
    total = parse(r"f = \sum_{i=1}^{n} x_i", n=2)
    assert total == sympy.IndexedBase("x")[1] + sympy.IndexedBase("x")[2]


@pytest.mark.parametrize(
    "text",
    [
        r"1 \mid 3",
        r"x \text{ if } y",
        r"1) + 2",
        r"x^2_1",
        r"|x|",
        r"x < 1",
        r"\frac{x}{",
        r"\begin{cases} 1 & x \\ 0 & y \end{cases}",
        r"\Psi(x)",
        r"\mathbf{x} + 1",
    ],
)
def test_unreadable_text_is_refused(text):
    with pytest.raises(LatexError):
        parse(f"f = {text}")


def test_an_unknown_name_is_refused():
    with pytest.raises(LatexError, match="no symbol z"):
        parse("f = x", z=1)


@pytest.mark.parametrize("text", ["x + 1", "f = x = 1"])
def test_a_form_is_one_equation(text):
    with pytest.raises(LatexError, match="equal signs"):
        parse(text)


def test_equal_signs_in_brackets_belong_to_the_left_side():
    assert parse(r"P(Y \le 0 \mid Y_k = M) = x") == x
