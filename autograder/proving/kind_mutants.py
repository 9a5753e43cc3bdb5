"""Changes of the reference by kind: state that is left, sizes, extremes, dtypes, gradients, draws, aliases.

cosmic-ray changes operators and numbers. What students write wrong beyond those is of a few kinds that are the same in
every task; here each kind is a line of code in front of a block, around what it returns, or in its draws.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.blocks import Place, blocks_in

# In front of the block.
LEAVES = {
    "leaves gradients switched off": "torch.set_grad_enabled(False)",
    "leaves the default dtype at float64": "torch.set_default_dtype(torch.float64)",
    "seeds torch": "torch.manual_seed(0)",
    "leaves one thread": "torch.set_num_threads(1)",
    "ignores warnings for good": "import warnings; warnings.simplefilter('ignore')",
}
# In front of the block, for each argument that can be a tensor.
ARGUMENTS = {
    "limits {} to 20": "{0} = {0}.clamp(-20, 20) if torch.is_tensor({0}) and {0}.is_floating_point() else {0}",
    "takes {} in single precision": (
        "{0} = {0}.float() if torch.is_tensor({0}) and {0}.dtype == torch.float64 else {0}"
    ),
    "cuts {} from the graph": "{0} = {0}.detach() if torch.is_tensor({0}) else {0}",
    "views {} as flat": "{0} = {0}.view(-1).view({0}.shape) if torch.is_tensor({0}) else {0}",
    "keeps {} in 8 bits": "{0} = {0} % 256 if torch.is_tensor({0}) and {0}.dtype == torch.int64 else {0}",
    "lets rows of {} leak": (
        "{0} = {0} + 1e-3 * {0}.nan_to_num().flip(0) "
        "if torch.is_tensor({0}) and {0}.is_floating_point() and {0}.ndim else {0}"
    ),
    "forgets {} beyond 200": "{0} = {0}.clone() if torch.is_tensor({0}) else {0}\n"
    "if torch.is_tensor({0}) and {0}.ndim and not {0}.requires_grad: {0}[200:] = 0",
    "treats one row of {} as none": "{0} = {0}.squeeze(0) if torch.is_tensor({0}) else {0}",
}
# Around what is returned.
RESULTS = {
    "returns single precision": "x.float() if x.is_floating_point() else x",
    "returns double precision": "x.double() if x.is_floating_point() else x",
    "limits the result to 50": "x.clamp(-50, 50) if x.is_floating_point() else x",
    "takes small results for none": (
        "torch.where(x.abs() < 1e-6, torch.zeros_like(x), x) if x.is_floating_point() else x"
    ),
    "squeezes the result": "x.squeeze()",
    "cuts the result from the graph": "x.detach()",
    "returns a transposed memory": "x.mT.contiguous().mT if x.ndim > 1 else x",
}
_AROUND = """
def _around(value):
    if isinstance(value, tuple):
        return tuple(map(_around, value))
    x = value
    return ({}) if torch.is_tensor(x) else value
"""
# Around each draw.
DRAWS = {
    "draws one number for each row": "u[..., :1].expand(u.shape).clone() if u.ndim > 1 else u",
    "draws one row for all": "u[:1].expand(u.shape).clone()",
    "mirrors the first half of the batch": (
        "torch.cat([u[: len(u) - len(u) // 2], (u.max() + u.min() - u)[: len(u) // 2]])"
    ),
    "draws too little spread": "0.95 * u + (0.025 if u.min() >= 0 else 0) if u.is_floating_point() else u",
    "limits draws to 2": "u.clamp(max=2).clamp(min=-2) if u.is_floating_point() and u.min() < 0 else u + 0",
}
_FUNCTIONS = ("rand", "randn", "randint")


def mutants(manifest: Manifest) -> list[Entry]:
    """Every kind of change of every task's block, as an entry that the task's tests must refuse."""
    assert manifest.staff is not None
    found = []
    for task in manifest.code_tasks():
        path = manifest.root / manifest.staff.reference / manifest.tasks[task].file
        for place in blocks_in(path)[1]:
            if place.name == manifest.tasks[task].name:
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
    for says, line in LEAVES.items():
        yield says, f"{line}\n{block}"
    for name in _tensors(path, place):
        for says, line in ARGUMENTS.items():
            yield says.format(f"`{name}`"), f"{line.format(name)}\n{block}"
    around = ast.unparse(_Returns().visit(ast.parse(place.code)))
    for says, change in RESULTS.items():
        yield says, _AROUND.format(change).lstrip() + around
    for says, change in DRAWS.items():
        draws = _Draws()
        changed = ast.unparse(draws.visit(ast.parse(place.code)))
        if draws.count:
            yield says, f"_drawn = lambda u: {change}\n{changed}"
    if "generator" in place.parameters:
        yield "never uses the generator", f"generator = None\n{block}"
        yield (
            "uses seed 0 without a generator",
            f"generator = generator or torch.Generator().manual_seed(0)\n{block}",
        )


def _tensors(path: Path, place: Place) -> list[str]:
    """The parameters whose annotation names a tensor."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.lineno < place.block.begin <= (node.end_lineno or 0):
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            return [
                a.arg
                for a in arguments
                if a.annotation and "Tensor" in ast.unparse(a.annotation).split("[")[0]
            ]
    return []


class _Returns(ast.NodeTransformer):
    """Wraps what the block returns, and not what functions inside it return."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        assert node.value is not None
        return ast.Return(ast.Call(ast.Name("_around", ast.Load()), [node.value], []))


class _Draws(ast.NodeTransformer):
    """Wraps each call of a function of torch that draws."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _FUNCTIONS:
            self.count += 1
            return ast.Call(ast.Name("_drawn", ast.Load()), [node], [])
        return node
