"""Changes of the reference by kind: state that is left, sizes, extremes, dtypes, gradients, draws, aliases.

cosmic-ray changes operators and numbers. What students write wrong beyond those is of a few kinds that are the same in
every task; here each kind is a line of code in front of a block, around what it returns, or in its draws.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.blocks import Place, blocks_of_tasks

# In front of the block.
LEAVES = {
    "leaves gradients switched off": "torch.set_grad_enabled(False)",
    "leaves the default dtype at float64": "torch.set_default_dtype(torch.float64)",
    "seeds torch": "torch.manual_seed(0)",
    "seeds NumPy": "import numpy; numpy.random.seed(0)",
    "seeds Python": "import random; random.seed(0)",
    "ignores warnings for good": "import warnings; warnings.simplefilter('ignore')",
    "makes NumPy raise": "import numpy; numpy.seterr(all='raise')",
    "looks for anomalies for good": "torch.autograd.set_detect_anomaly(True, check_nan=False)",
    "raises the recursion limit": "import sys; sys.setrecursionlimit(20_000)",
    "leaves deterministic algorithms on": "torch.use_deterministic_algorithms(True, warn_only=True)",
}
# In front of the block, where an argument may be a torch module.
NETWORKS = {
    "leaves `{}` in evaluation mode": "eval()",
    "leaves the parameters of `{}` without gradients": "requires_grad_(False)",
}
_ROLES = ("network", "policy", "reference", "model")
# In front of the block, where there is a generator.
GENERATORS = {
    "never uses the generator": "None",
    "uses seed 0 without a generator": "generator or torch.Generator().manual_seed(0)",
    "starts the generator again from its seed": "generator and generator.manual_seed(generator.initial_seed())",
    "draws from a copy of the generator": (
        "generator and torch.Generator().set_state(generator.get_state())"
    ),
}
# In front of the block, for each tensor among the arguments: of which types, by the docstring, and what is done.
ARGUMENTS = {
    "limits {} to 20": ("Float", "{0}.clamp(-20, 20)"),
    "takes {} in single precision": ("Float", "{0}.float() if {0}.dtype == torch.float64 else {0}"),
    "lets rows of {} leak": (r"Float\[B", "{0} + 1e-3 * {0}.nan_to_num().flip(0)"),
    "forgets {} beyond 200 rows": (r"Float\[B", "torch.cat([{0}[:200], 0 * {0}[200:]])"),
    "views {} as flat": (r"Float\[\w+, ", "{0}.view(-1).view({0}.shape)"),
    "keeps {} in 8 bits": ("Long", "{0} % 256"),
    "keeps {} away from 0": ("Float", "torch.where({0}.abs() < 1e-3, 1e-3, {0})"),
    "forgets {} beyond 100 on its last axis": (
        r"Float\[B, ",
        "torch.cat([{0}[..., :100], 0 * {0}[..., 100:]], dim=-1)",
    ),
    "changes {} in place": ("Float", "({0}.clone(), {0}.detach().neg_())[0]"),
    "empties {}": ("Long", "({0}.clone(), {0}.zero_())[0]"),
    "clears {}": ("Bool", "({0}.clone(), {0}.zero_())[0]"),
    "lets padding of {} leak": (r"Float\[B, T", "{0} + 0 * {0}.sum(dim=1, keepdim=True)"),
}
CUT = "cuts {} from the graph"
# Around what is returned: where the docstring says what of it, and what is done with a tensor of that kind, or a float.
RESULTS = {
    "returns single precision": ("Float", "x.float()"),
    "returns double precision": (r"Float\[(?!.*\(float64\))", "x.double()"),
    "limits the result to 50": ("Float", "x.clamp(-50, 50)"),
    "squeezes the result": (r"Float\[\w", "x.squeeze() if 1 in x.shape else x"),
    "cuts the result from the graph": ("Float", "x.detach()"),
    "rounds the result to single precision": ("Float", "x.float().to(x.dtype)"),
    "treats one row as none": (r"Float\[B", "x[0] if len(x) == 1 else x"),
    "keeps the result away from 0": ("Float", "torch.where(x.abs() < 1e-3, 1e-3, x)"),
    "gives the first result of this shape again": (
        "Float",
        "globals().setdefault('_kept', {{}}).setdefault((x.shape, x.dtype), x)",
    ),
    "returns int32": ("Long", "x.int()"),
    "returns a tensor in the place of a float": (r"float\b", "torch.tensor(x)"),
}
_IS = {
    "F": "torch.is_tensor(x) and x.is_floating_point()",
    "L": "torch.is_tensor(x) and x.dtype == torch.long",
    "f": "type(x) is float",
}
_AROUND = """
def _around(x):
    if isinstance(x, tuple):
        return tuple(map(_around, x))
    return ({change}) if {kind} else x
"""
_NORMAL, _SIZED, _ALL = ("randn",), ("rand", "randn"), ("rand", "randn", "randint")
# Around each draw: of which functions of torch, and what is done with the numbers.
DRAWS = {
    "draws one number for each row": (_SIZED, "u[..., :1].expand(u.shape).clone()"),
    "draws one row for all": (_ALL, "u[:1].expand(u.shape).clone()"),
    "mirrors the first half of the batch": (
        _ALL,
        "torch.cat([u[: len(u) - len(u) // 2], (u.max() + u.min() - u)[: len(u) // 2]])",
    ),
    "repeats the first half of each row": (
        _SIZED,
        "torch.cat([u[..., : u.shape[-1] - u.shape[-1] // 2], u[..., : u.shape[-1] // 2]], dim=-1)",
    ),
    "draws the same in every call": (
        _ALL,
        "globals().setdefault('_kept', {}).setdefault(u.shape, u) + 0",
    ),
    "draws too little spread": (_SIZED, "0.95 * u + 0.025 * (u.min() >= 0)"),
    "draws too much spread": (_NORMAL, "1.05 * u"),
    "limits draws to 2": (_NORMAL, "u.clamp(-2, 2)"),
}


def mutants(manifest: Manifest) -> list[Entry]:
    """Every kind of change of every task's block, as an entry that the task's tests must refuse."""
    found = []
    for task, path, place in blocks_of_tasks(manifest):
        for number, (says, body) in enumerate(_changes(path, place), start=1):
            entry = Entry(
                id=f"{task}:kind {number}",
                task=task,
                parameters=place.parameters,
                file=str(path),
                line=place.block.begin,
                says=says,
                failure="values",
                body=body,
            )
            found.append(entry)
    return found


def _changes(path: Path, place: Place) -> Iterator[tuple[str, str]]:
    block = ast.unparse(ast.parse(place.code))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    function = _function(tree, place)
    text = ast.get_docstring(function) or ""
    types = _types((ast.get_docstring(tree) or "", text), place.parameters)
    for says, line in LEAVES.items():
        if not (function.decorator_list and "grad" in line):  # the decorator puts it back
            yield says, f"{line}\n{block}"
    has_network = any(role in place.parameters for role in _ROLES)
    learns = "ifferentiable" in text or ("radient" in text and "no gradient" not in text)
    used = {node.id for node in ast.walk(ast.parse(place.code)) if isinstance(node, ast.Name)}
    for name, kind in types.items():
        if name not in used:
            continue  # what is given to students has made something else of it
        for says, (wanted, change) in ARGUMENTS.items():
            if re.match(wanted, kind) and ("mask" in place.parameters or "padding" not in says):
                guarded = f"{name} = ({change.format(name)}) if torch.is_tensor({name}) else {name}"
                yield says.format(f"`{name}`"), f"{guarded}\n{block}"
        if learns and not has_network and kind.startswith("Float") and "constant" not in kind:
            yield (
                CUT.format(f"`{name}`"),
                f"{name} = {name}.detach() if torch.is_tensor({name}) else {name}\n{block}",
            )
    for role in _ROLES:
        for says, change in NETWORKS.items() if role in place.parameters else ():
            guarded = f"if isinstance({role}, torch.nn.Module):\n    {role}.{change}"
            yield says.format(role), f"{guarded}\n{block}"
    around = ast.unparse(_Returns().visit(ast.parse(place.code)))
    returns = re.search(r"Returns:\n((?: {4}.+\n?)+)", text)
    given = (returns[1] if returns else "") + (ast.unparse(function.returns) if function.returns else "")
    for says, (kind, change) in RESULTS.items():
        if re.search(kind, given) and (learns or "graph" not in says):
            yield says, _AROUND.format(change=change, kind=_IS[kind[0]]).lstrip() + around
    for says, (functions, change) in DRAWS.items():
        draws = _Draws(functions)
        changed = ast.unparse(draws.visit(ast.parse(place.code)))
        if draws.count:
            yield says, f"_drawn = lambda u: {change}\n{changed}"
    for says, change in GENERATORS.items() if "generator" in place.parameters else ():
        yield says, f"generator = {change}\n{block}"


def _function(tree: ast.Module, place: Place) -> ast.FunctionDef:
    """The function that holds the block."""
    return next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno < place.block.begin <= (node.end_lineno or 0)
    )


def _types(texts: Sequence[str], parameters: Sequence[str]) -> dict[str, str]:
    """What docstrings say of each argument that is a tensor: "Float[B, T], nats" for example; the last one decides."""
    found: dict[str, str] = {}
    kinds = r"^ *([a-z_0-9 ]+?)(?::|  ) *((?:Float|Long|Bool)\b.*(?:\n {8}.*)*)"
    for text in texts:
        for names, says in re.findall(kinds, text, re.MULTILINE):
            found |= dict.fromkeys(names.split(), says)
    return {name: found[name] for name in parameters if name in found}


class _Returns(ast.NodeTransformer):
    """Wraps what the block returns, and not what functions inside it return."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        assert node.value is not None
        return ast.Return(ast.Call(ast.Name("_around", ast.Load()), [node.value], []))


class _Draws(ast.NodeTransformer):
    """Wraps each call of these functions of torch, which draw."""

    def __init__(self, functions: Sequence[str]) -> None:
        self.functions = functions
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in self.functions:
            self.count += 1
            return ast.Call(ast.Name("_drawn", ast.Load()), [node], [])
        return node
