r"""Turns the right-hand side of a LaTeX equation into a SymPy expression, with SymPy's parser (ANTLR back end).

Accepted:

- numbers, `+ - / \cdot \times`, juxtaposition, powers, brackets `( ) [ ]` of any size, `\frac`, `\sqrt`,
  `\infty`, `\pi`;
- symbols: one letter or a Greek name, optionally under `\bar`, `\tilde` or `\hat`, optionally with ONE subscript before
  the power: `\bar\alpha_{t-1}^2`. A symbol before a bracket is a factor of it. `\mathbb{E}_y` and
  `\nabla_\theta` are factors as well: the caller decides what they mean;
- `P_\theta(y_i \mid ...)`, a conditional probability: the symbol P with the subscript of the symbol before the bar;
- `\sum_{i=1}^{n}` and `\prod`, which apply to the following product: a sum under them needs brackets;
- `\log`, `\ln`, `\log_2`, `\exp`, `\arcsin`, `\Phi(...)`, `\sigma(...)` (the sigmoid), `\min(...)`, `\max(...)` and
  `\mathrm{clip}(x, low, high)`.

A symbol's name in Python: `\bar\alpha_{t-1}` is `bar_alpha_tm1`, `x_0` is `x_0`, `\theta` is `theta`, `P_\theta(y_i
\mid x)` is `P_i`.
"""

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.parsing.latex import LaTeXParsingError, parse_latex

FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    "Phi": lambda x: sympy.erfc(-x / sympy.sqrt(2)) / 2,
    "sigma": lambda x: 1 / (1 + sympy.exp(-x)),
    "min": sympy.Min,
    "max": sympy.Max,
    "clip": lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
}
_COMMANDS = {
    "frac",
    "sqrt",
    "infty",
    "cdot",
    "times",
    "sum",
    "prod",
    "log",
    "ln",
    "exp",
    "arcsin",
    *FUNCTIONS,
}
_GREEK = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega"
    "|Gamma|Delta|Theta|Lambda|Sigma|Omega|nabla"
)
_LETTER = rf"(?:\\(?:{_GREEK})(?![A-Za-z])|\\mathbb\{{\w\}}|[A-Za-z])"
_SYMBOL = re.compile(
    rf"""\\sigma(?=\s*\()                                              # the sigmoid is a function
    | (?: \\(?P<accent>bar|tilde|hat)(?![A-Za-z])\s* (?: \{{(?P<held>{_LETTER})\}} | (?P<under>{_LETTER}) )
        | (?P<bare>{_LETTER}) )
      (?: _(?P<subscript>\{{[^{{}}]*\}} | \w | \\[A-Za-z]+) )?
    | \\[A-Za-z]+                                                      # any other command""",
    re.VERBOSE,
)
_SIZES = re.compile(r"\\(?:left|right|[bB]ig{1,2}[lr]?)(?=\s*[()\[\]])|\\[,;:!]|\\q?quad\b")
_STRAY_SUBSCRIPT = re.compile(r"(?<!\\sum)(?<!\\prod)(?<!\\log)_|[<>|!&]")
_CONDITIONAL = re.compile(r"P_\\theta\s*\(\s*\w(_\{[^{}]*\}|_\w)?\s*\\mid[^()]*\)")


class LatexError(ValueError):
    """Not an equation, or outside the subset that this module reads. Says what it cannot read."""


def right_hand_side(latex: str) -> str:
    r"""The text to the right of the only `=` or `\approx` outside all brackets.

    Raises:
        LatexError: there is none, or more than one.
    """
    depth, places = 0, []
    for found in re.finditer(r"=|\\approx\b|[{}()\[\]]", latex):
        depth += (found[0] in "{([") - (found[0] in "})]")
        if found[0] in ("=", r"\approx") and not depth:
            places.append(found.end())
    if len(places) != 1:
        raise LatexError(f"a form is one equation, left = right; here are {len(places)} equal signs: {latex}")
    return latex[places[0] :].strip()


def parse(latex: str, **symbols: Any) -> sympy.Expr:
    """The right-hand side of an equation as an expression. Sums with numbers as limits are written out.

    Args:
        latex: `left = right`.
        symbols: values of the symbols, by the names in the module's docstring. For a family `x_i` give `x`: a callable
            gets the subscript; a mapping is read after sums are written out. Otherwise the running subscript of a sum
            becomes SymPy's `x[i]`.

    Raises:
        LatexError: it is not an equation, is outside the subset, or lacks a symbol with a given name.
    """
    table: dict[tuple[str, str], str] = {}  # (name, subscript) -> placeholder
    running = {_name(index) for index in re.findall(rf"\\(?:sum|prod)_\{{\s*({_LETTER})", latex)}
    unused = set(symbols)

    def read(text: str) -> sympy.Expr:
        try:
            parsed = _parsed(_plain(text, table))
        except (LaTeXParsingError, NotImplementedError) as error:
            raise LatexError(f"cannot read {text!r}: {str(error).splitlines()[0]}") from error
        entries = {sympy.Symbol(placeholder): entry for entry, placeholder in list(table.items())}
        values = {symbol: value(*entry) for symbol, entry in entries.items() if parsed.has(symbol)}
        return parsed.xreplace(values).replace(lambda part: isinstance(part, AppliedUndef), _apply)

    def value(name: str, subscript: str) -> sympy.Expr:
        flat = f"{name}_{_name(subscript)}" if subscript else name
        unused.difference_update({flat, name})
        if flat in symbols and (flat == name) == (not subscript):
            return sympy.sympify(symbols[flat])
        family = symbols.get(name) if subscript else None
        if callable(family):
            return sympy.sympify(family(read(subscript)))
        if family is not None or running & set(re.findall("[A-Za-z]+", subscript)):
            return sympy.IndexedBase(name)[read(subscript)]
        return sympy.pi if flat == "pi" else sympy.Symbol(flat)

    result = read(right_hand_side(latex)).doit()
    if unused:
        raise LatexError(f"no symbol {', '.join(sorted(unused))} in {latex}")
    families = {name: family for name, family in symbols.items() if isinstance(family, Mapping)}
    members = {
        part: families[str(part.base)] for part in result.atoms(sympy.Indexed) if str(part.base) in families
    }
    return result.xreplace(
        {part: sympy.sympify(family[int(part.indices[0])]) for part, family in members.items()}
    )


@functools.cache
def _parsed(text: str) -> sympy.Expr:
    """Cached: the parser takes a tenth of a second, and a check evaluates its form at several points."""
    return parse_latex(text, backend="antlr", strict=True)


def _plain(text: str, table: dict[tuple[str, str], str]) -> str:
    r"""The text with each symbol as `\mathit{...}`, which the parser reads as one name and not as a function."""
    text = re.sub(r"\\[td]frac\b", r"\\frac", _SIZES.sub(" ", text))
    text = re.sub(r"\\(?:operatorname|mathrm)\{(\w+)\}", r"\\\1", text)
    text = _CONDITIONAL.sub(lambda found: f"P{found[1] or ''}", text)

    def placeholder(found: re.Match[str]) -> str:
        letter = found["held"] or found["under"] or found["bare"]
        if letter is None:
            if found[0][1:] not in _COMMANDS:
                raise LatexError(
                    f"{found[0]} is not among what a form may be made of; see {Path(__file__).name}"
                )
            return found[0]
        name = "_".join(part for part in (found["accent"], _name(letter)) if part)
        entry = (name, (found["subscript"] or "").strip("{}"))
        number = str(len(table))
        new = "symbol" + "".join("abcdefghij"[int(digit)] for digit in number)  # it must not contain digits
        return rf"\mathit{{{table.setdefault(entry, new)}}}"

    plain = _SYMBOL.sub(placeholder, text)
    if stray := _STRAY_SUBSCRIPT.search(plain):
        raise LatexError(
            f"a form has no {stray[0]!r} here, at {plain[stray.start() :]!r}; subscripts before powers"
        )
    return plain


def _name(latex: str) -> str:
    r"""`\alpha` as alpha, `t-1` as tm1, `\mathbb{E}` as E."""
    words = latex.replace(r"\mathbb", "").replace("+", "p").replace("-", "m")
    return re.sub(r"[^A-Za-z0-9]", "", words)


def _apply(part: AppliedUndef) -> sympy.Expr:
    name = str(part.func)
    if name not in FUNCTIONS:
        raise LatexError(f"no function {name!r}; there are {', '.join(sorted(FUNCTIONS))}, log, ln and exp")
    return FUNCTIONS[name](*part.args)
