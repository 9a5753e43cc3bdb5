"""The fixture `hw`: the only way in which a test reaches a submission."""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from autograder.assignment.manifest import Manifest
from autograder.assignment.settings import Settings
from autograder.errors import HarnessError
from autograder.submission.artifacts import Artifact, InvalidArtifact, as_wrong_answer
from autograder.submission.staged import Submission
from autograder.transport.exchange import Handle, Reply
from autograder.transport.session import Session


def derive_seed(seed: int, name: str) -> int:
    """A seed in [0, 2^62) from the run's seed and a name; equal on every machine."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 2**62


def seed_global_generators(seed: int) -> None:
    """A test that draws from them sees the same numbers, whichever tests ran before it in its process."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


class Function:
    """A function of the submission, by its path inside the package or by its handle."""

    def __init__(self, session: Session, target: str | Handle) -> None:
        self._session = session
        self._target = target

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls it and returns its value."""
        return self._session.call(self._target, args, kwargs).value

    def ask(
        self,
        *args: Any,
        grad_of: tuple[str, ...] = (),
        cotangent: Any = None,
        seed: int | None = None,
        surroundings: Mapping[str, Any] = MappingProxyType({}),
        **kwargs: Any,
    ) -> Reply:
        """Calls it and returns the whole reply.

        Args:
            args: as for a call.
            grad_of: keyword arguments to which the gradient of sum(value * cotangent) is wanted: tensors, module
                handles (gradient by parameter name) or callbacks (their own parameters get theirs on the test's side).
            cotangent: of the shape of the value; default ones.
            seed: of torch's global generator, from which code draws that is given no generator.
            surroundings: other values of global settings during the call, by their names in `global_state`.
            kwargs: as for a call.
        """
        return self._session.call(
            self._target,
            args,
            kwargs,
            grad_of=grad_of,
            cotangent=cotangent,
            seed=seed,
            surroundings=surroundings,
        )


class Module(Handle):
    """A torch module that lives on the submission's side."""

    def __init__(self, session: Session, handle: Handle) -> None:
        super().__init__(handle.number)
        self._session = session

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Its forward pass."""
        return self._session.call(self, args, kwargs).value

    def ask(self, *args: Any, **kwargs: Any) -> Reply:
        """Its forward pass, as `Function.ask`; `grad_of=("self",)` gives gradients by parameter name."""
        return Function(self._session, self).ask(*args, **kwargs)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Its parameters and buffers."""
        state: dict[str, torch.Tensor] = self._session.method(self, "state_dict")
        return state

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        """Sets parameters and buffers."""
        self._session.method(self, "load_state_dict", dict(state))

    def train(self) -> None:
        """Training mode."""
        self._session.method(self, "train", "")

    def eval(self, part: str = "") -> None:
        """Evaluation mode, of all of it or of one part, by its path in the module."""
        self._session.method(self, "eval", part)


class Homework:
    """One submission as one test sees it. Functions are requested by path; only plain data comes back.

    Args:
        session: with the worker.
        submission: what was handed in.
        settings: of the run.
        seed: the test's own; it never leaves this side.

    Attributes:
        device: where training runs, "cpu" or "cuda".
        seed: for the training of the submission; no other seed can be computed from it.
        metrics: what the test has measured.
        shown: claims, curves and pictures for the record.
    """

    def __init__(self, session: Session, submission: Submission, settings: Settings, seed: int) -> None:
        self.seed = derive_seed(seed, "training")
        self.device = settings.device
        self.session = session
        self._submission = submission
        self._tasks = settings.manifest.tasks
        self.metrics: dict[str, float] = {}
        self.shown: dict[str, Any] = {}
        self._seed = seed
        self._streams = 0

    def __call__(self, target: str) -> Function:
        """The function at `target`, e.g. "diffusion.binary.posterior"."""
        return Function(self.session, target)

    def module(self, target: str, *args: Any, **kwargs: Any) -> Module:
        """An instance of the module class at `target`."""
        return Module(self.session, self.session.create(target, args, kwargs))

    def generator(self) -> torch.Generator:
        """A new generator, seeded from the test; every call gives another stream."""
        return torch.Generator().manual_seed(self.fresh_seed())

    def fresh_seed(self) -> int:
        """A seed that the submission cannot predict: for the inputs on which its weights are measured."""
        self._streams += 1
        return derive_seed(self._seed, f"stream {self._streams}")

    def dismiss(self) -> None:
        """Ends the submission's process and frees its memory for the measurement: no call may follow."""
        self.session.close()

    def measured(self, **metrics: float) -> None:
        """Keeps what the test itself measured on a training run, for the record."""
        self.metrics.update(metrics)

    def claimed(self, **metrics: float) -> None:
        """Keeps what the submission claims, for the same quantities."""
        self.shown["claimed"] = metrics

    def drawn(
        self, *, curves: Sequence[dict[str, Any]] = (), pictures: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Keeps curves and pictures, in the form that the record has."""
        self.shown |= {"curves": list(curves), "pictures": list(pictures)}

    def artifact(self, task: str) -> Artifact:
        """The weights and the card of an artifact task, read on this side.

        Raises:
            WrongAnswer: they are not valid.
        """
        try:
            return self._submission.artifacts.read(self._tasks[task])
        except InvalidArtifact as error:
            raise as_wrong_answer(error, self._tasks[task]) from error

    def changed_sources(self, task: str) -> list[str]:
        """The files that have changed since the weights of an artifact were trained, by its card.

        Raises:
            WrongAnswer: as `artifact`.
        """
        self.artifact(task)
        return self._submission.artifacts.changed_sources(self._tasks[task])

    def answer(self, key: str) -> Any:
        """The answer that `answers.toml` gives to `key`.

        Raises:
            Unanswered: it is still blank.
        """
        return self._submission.answers.get(key)

    def options(self, task: str) -> tuple[str, ...]:
        """The choices that the manifest offers for an answer task."""
        return self._tasks[task].options

    def budget(self, run: str) -> dict[str, Any]:
        """The training budget of a run, as keyword arguments for its loop."""
        return dict(self._tasks[run].budget)


class Instrument:
    """Objects of the staff's own package: to measure with, never to compare with."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def __call__(self, target: str) -> Callable[..., Any]:
        """The function or class at `target`, e.g. "given.networks.mlp.DenoisingMLP".

        Raises:
            HarnessError: this is a student's copy, without the staff's package.
        """
        if self._manifest.staff is None:
            raise HarnessError(
                "instruments need the [staff] table of the manifest, which students do not have"
            )
        from importlib import import_module

        module, _, name = target.rpartition(".")
        found: Callable[..., Any] = getattr(import_module(f"{self._manifest.staff.reference}.{module}"), name)
        return found
