"""Saves the state of training loops, so that they can continue, and shows and logs their steps."""

import os
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import torch
from torch import Tensor


class Stateful(Protocol):
    """A module, an optimizer or a schedule."""

    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any, /) -> Any: ...


Part = Stateful | torch.Generator | Tensor


@dataclass(frozen=True)
class Loop:
    """What to do besides the steps of a loop; by default nothing.

    Attributes:
        folder: the folder for the state (`<name>.pt`) and TensorBoard logs (`logs/`); None saves and logs nothing.
        seconds: time between two saves of the state.
        shown: whether to show a progress bar with the remaining time.
        row: row of the bar, if several processes show one.
    """

    folder: Path | None = None
    seconds: float = 10.0
    shown: bool = False
    row: int = 0

    def steps(
        self, name: str, count: int, parts: Mapping[str, Part], curves: Mapping[str, Tensor] | None = None
    ) -> Iterator[int]:
        """Counts the steps of a loop, starting where an earlier run of it was interrupted.

        Everything that a step changes must be among the parts, and a step must do all its work before it asks for the
        next number. Then, on a CPU, a continued run ends with the same bits as a run without interruption. The global
        generators of torch are always saved. A finished loop is restored and yields nothing.

        Args:
            name: name of the loop, different for each loop in the folder.
            count: number of steps of the whole loop.
            parts: modules, optimizers, schedules, generators and tensors (changed in place).
            curves: tensors of one number for each step, Float[count]; they are also parts, and they are logged.

        Raises:
            ValueError: the saved state belongs to another loop.
        """
        kept = _Kept(self.folder, name, count, {**parts, **(curves or {})})
        start = logged = kept.restore()
        last = monotonic()
        with self._bar(name, count, start) as bar, _Log(self.folder, name, curves or {}) as log:
            for step in range(start, count):
                yield step
                bar.update()
                if self.folder is not None and (monotonic() - last >= self.seconds or step + 1 == count):
                    kept.keep(step + 1)
                    log.add(logged, step + 1)
                    logged, last = step + 1, monotonic()

    def _bar(self, name: str, count: int, start: int) -> Any:
        if not self.shown:
            return _NoBar()
        from tqdm.auto import tqdm

        return tqdm(total=count, initial=start, desc=name, unit="step", position=self.row, leave=False)


class _NoBar(nullcontext["_NoBar"]):
    def __enter__(self) -> "_NoBar":
        return self

    def update(self) -> None:
        """One more step."""


@dataclass(frozen=True)
class _Kept:
    """The state of one loop in a file. At any moment the file is either the complete old or the complete new state."""

    folder: Path | None
    name: str
    count: int
    parts: Mapping[str, Part]

    @property
    def _file(self) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.name}.pt"

    def keep(self, step: int) -> None:
        """Writes the state after `step` steps."""
        state = {
            "step": step,
            "count": self.count,
            "parts": {name: _state_of(part) for name, part in self.parts.items()},
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(".new")
        torch.save(state, temporary)
        os.replace(temporary, self._file)

    def restore(self) -> int:
        """Restores the saved state of the parts, and returns its number of steps; 0 if there is no saved state."""
        if self.folder is None or not self._file.exists():
            return 0
        state = torch.load(self._file, weights_only=True)
        if state["count"] != self.count or state["parts"].keys() != self.parts.keys():
            raise ValueError(f"{self._file} contains the state of another loop: remove it to start again")
        for name, part in self.parts.items():
            _put_back(part, state["parts"][name])
        torch.set_rng_state(state["random"])
        if state["random_cuda"]:
            torch.cuda.set_rng_state_all(state["random_cuda"])
        return int(state["step"])


def _state_of(part: Part) -> Any:
    if isinstance(part, torch.Generator):
        return part.get_state()
    return part.detach() if isinstance(part, Tensor) else part.state_dict()


def _put_back(part: Part, state: Any) -> None:
    if isinstance(part, torch.Generator):
        part.set_state(state)
    elif isinstance(part, Tensor):
        part.copy_(state)
    else:
        part.load_state_dict(state)


class _Log:
    """TensorBoard's log of one loop: each run that adds steps writes one file."""

    def __init__(self, folder: Path | None, name: str, curves: Mapping[str, Tensor]) -> None:
        self._folder, self._name, self._curves = folder, name, curves
        self._writer: Any = None

    def __enter__(self) -> "_Log":
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, start: int, end: int) -> None:
        """Adds steps `start` to `end` of every curve."""
        if self._folder is None or not self._curves:
            return
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder / "logs"))
        for label, values in self._curves.items():
            for step, value in enumerate(values[start:end].tolist(), start):
                self._writer.add_scalar(f"{self._name}/{label}", value, step)
        self._writer.flush()


QUIET = Loop()
