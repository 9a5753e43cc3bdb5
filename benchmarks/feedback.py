"""`python -m benchmarks.feedback`: writes docs/feedback.md, twenty failures as students see them.

Each submission is right except for one or two wrong answers from the bank, and is graded like any other. The page shows
what `results.json` says about the task.
"""

import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.assignment import manifest as manifests
from autograder.assignment.manifest import Manifest
from autograder.assignment.settings import choose
from autograder.diagnosis.examiner import Examiner
from autograder.grading.grade import grade
from autograder.misconceptions import bank
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import make
from autograder.platforms.gradescope import results as gradescope
from autograder.submission import staged
from benchmarks import commands

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/feedback.md"


@dataclass(frozen=True)
class Example:
    """One failure.

    Attributes:
        title: title of its section.
        entries: ids of the wrong answers in the bank.
        task: the task whose message is shown; if empty, the task of the first entry.
        unknown: whether the grader uses a bank without these entries.
        attempt: number of the student's attempt.
        hints_from: the first attempt at which hints appear.
        answers: a text of answers.toml and its replacement.
        body: what the student wrote, if the bank has no such entry.
    """

    title: str
    entries: tuple[str, ...] = ()
    task: str = ""
    unknown: bool = False
    attempt: int = 1
    hints_from: int = 1
    answers: tuple[str, str] = ("", "")
    body: str = ""


EXAMPLES = [
    Example("A wrong probability", ("flip_step_at_twice_delta",)),
    Example(
        "A right task that calls a wrong one",
        ("replacement_probability_of_flips",),
        task="diffusion.binary.q_sample",
    ),
    Example("One step too many", ("posterior_counts_t_steps",)),
    Example(
        "A wrong task that calls a wrong one",
        ("replacement_probability_of_flips", "posterior_of_minus_one"),
        task="diffusion.binary.posterior",
    ),
    Example("The divergence in the wrong direction", ("kl_loss_reversed",)),
    Example("The right loss without a gradient", ("training_loss_detaches_network",)),
    Example("Variance instead of standard deviation", ("q_sample_variance_for_deviation",)),
    Example("Two weights in the wrong order", ("gaussian_posterior_ends_exchanged",)),
    Example("An argument without an effect", ("ddim_step_ignores_eta",), unknown=True),
    Example("A probability that becomes 0", ("log_probability_nonpositive_too_late",)),
    Example("Softmax applied twice", ("early_exit_loss_softmax_twice",)),
    Example("Every result is twice as large", ("conv2d_macs_counts_flops",), unknown=True),
    Example("The batch decides instead of each input", ("infer_batch_mean",)),
    Example("A temperature that is applied too late", ("token_log_probs_late_temperature",)),
    Example("A constant that gets a gradient", ("reinforce_loss_trains_rewards",)),
    Example("One shift too many", ("cross_entropy_loss_shifts_again",)),
    Example("The value of a padding token", ("gae_bootstraps_from_padding",)),
    Example(
        "The wrong one of two losses, on the second attempt, in a course whose hints begin at the third",
        ("clipped_surrogate_loss_optimistic",),
        attempt=2,
        hints_from=3,
    ),
    Example(
        "An exception in the student's code",
        task="rlhf.rewards.kl_estimates",
        body='return {"k1": log_probs - ref_log_prob}',
    ),
    Example(
        "A form with an invalid entry",
        task="answers.q5_hours",
        answers=("q5_hours = 12", 'q5_hours = "a lot"'),
    ),
]


def main() -> None:
    """Writes the page."""
    commands.parser(__doc__).parse_args()
    manifest = manifests.load(ROOT / manifests.MANIFEST_NAME)
    known = bank.load(manifest)
    parts = []
    for number, example in enumerate(EXAMPLES, start=1):
        print(f"{number:2} of {len(EXAMPLES)}: {example.title}", flush=True)
        parts.append(f"## {number}. {example.title}\n\n{_section(manifest, known, example)}")
    PAGE.write_text(_INTRODUCTION + "\n".join(parts), encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")


_INTRODUCTION = """# What a failing student reads

Twenty failures, over all questions, as the grader reports them to students. Each submission is the reference except
for the code shown. `python -m benchmarks.feedback` writes this page; nothing in it is written by hand.

- `Likely mistake` names a known mistake only if it explains every reply that the task's tests received and the right
  answer does not. If there is none, `Found` names the class of the failure, which is computed from the replies and
  never guessed.
- For a hidden test, only the outcome, the class and the hint are shown. Only messages of public tests, which students
  have, contain numbers.
- `First` says which task to fix first if one task calls another. A calling task that is right itself keeps most of its
  points.

"""


def _section(manifest: Manifest, known: dict[str, Entry], example: Example) -> str:
    entries = [known[name] for name in example.entries]
    task = example.task or entries[0].task
    if example.body:
        other = next(entry for entry in known.values() if entry.task == task)
        entries = [replace(other, id="own", body=example.body)]
    policy = replace(manifest.feedback, hints_from_attempt=example.hints_from)
    manifest = replace(manifest, feedback=policy)
    hidden = {entry.id for entry in entries} if example.unknown else set()
    examine = Examiner(manifest, [entry for entry in known.values() if entry.id not in hidden]).examine
    with TemporaryDirectory() as folder:
        package = make(manifest, entries, Path(folder) / manifest.package)
        form = package / "answers.toml"
        form.write_text(form.read_text().replace(*example.answers))
        suites = tuple(suite.name for suite in manifest.suites if not suite.training)
        only = tuple(dict.fromkeys([*(entry.task for entry in entries), task]))
        record = grade(
            choose(manifest, suites=suites, only=only, attempt=example.attempt),
            staged.read(package, manifest),
            examine=examine,
        )
    output = next(test["output"] for test in gradescope.render(record)["tests"] if test["name"] == task)
    wrote = "\n\n".join(f"# {entry.task}\n{entry.body}" for entry in entries)
    language, wrote = ("python", wrote) if wrote else ("toml", example.answers[1])
    message = "\n".join(_wrapped(line) for line in output.splitlines())
    return f"```{language}\n{wrote}\n```\n\n`{task}`\n\n```text\n{message}\n```\n"


def _wrapped(line: str) -> str:
    return textwrap.fill(line, 118, subsequent_indent="    ")


if __name__ == "__main__":
    main()
