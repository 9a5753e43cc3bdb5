"""`python -m benchmarks.feedback`: writes docs/feedback.md, twenty failures as their students read them.

Each is a submission that is right but for one or two answers of the bank, graded like any other; what stands in the
page is what `results.json` says of the task.
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
        title: of its section.
        entries: what is wrong, by id in the bank.
        task: whose message is shown; the first entry's where it is empty.
        unknown: whether the bank is to be without these entries.
        attempt: which one it is of its student's.
        hints_from: from which attempt on hints appear.
        answers: changes of answers.toml.
        body: what the student wrote, where the bank has no such entry.
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
    Example("One probability for another", ("flip_step_at_twice_delta",)),
    Example(
        "Right, but it builds on something wrong",
        ("replacement_probability_of_flips",),
        task="diffusion.binary.q_sample",
    ),
    Example("One step too many", ("posterior_counts_t_steps",)),
    Example(
        "Wrong itself, and upstream as well",
        ("replacement_probability_of_flips", "posterior_of_minus_one"),
        task="diffusion.binary.posterior",
    ),
    Example("The divergence the other way round", ("kl_loss_reversed",)),
    Example("The right loss, and nothing learns", ("training_loss_detaches_network",)),
    Example("Variance for standard deviation", ("q_sample_variance_for_deviation",)),
    Example("Weights at the wrong end", ("gaussian_posterior_ends_exchanged",)),
    Example("An argument that does nothing", ("ddim_step_ignores_eta",), unknown=True),
    Example("A probability that turns into 0", ("log_probability_nonpositive_too_late",)),
    Example("Softmax, and softmax again", ("early_exit_loss_softmax_twice",)),
    Example("Twice as many, everywhere", ("conv2d_macs_counts_flops",), unknown=True),
    Example("The order of a batch", ("infer_batch_mean",)),
    Example("A temperature that comes too late", ("token_log_probs_late_temperature",)),
    Example("A constant that learns", ("reinforce_loss_trains_rewards",)),
    Example("Shifted once more", ("cross_entropy_loss_shifts_again",)),
    Example("The future of a padding token", ("gae_bootstraps_from_padding",)),
    Example(
        "Optimism, on the second attempt of a course whose hints begin with the third",
        ("clipped_surrogate_loss_optimistic",),
        attempt=2,
        hints_from=3,
    ),
    Example(
        "An exception of one's own",
        task="rlhf.rewards.kl_estimates",
        body='return {"k1": log_probs - ref_log_prob}',
    ),
    Example(
        "A form that is not filled in",
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

Twenty failures, over all questions, as the grader tells them to their students. Each submission is the reference but
for what is shown. The page is made by `python -m benchmarks.feedback`; nothing in it is written by hand.

- `Likely mistake` names a known mistake only if it explains every reply of the task's tests and the right answer does
  not. Without one, `Found` names the class of the failure: computed from the replies, never guessed.
- Of a hidden test nothing is shown but outcome, class and hint. Numbers stand in messages of public tests only, which
  students have.
- `First` says which task to fix first if one calls another; what is right in the calling task keeps most of its points.

"""


def _section(manifest: Manifest, known: dict[str, Entry], example: Example) -> str:
    entries = [known[name] for name in example.entries]
    task = example.task or entries[0].task
    if example.body:
        own = replace(next(entry for entry in known.values() if entry.task == task), id="own")
        vars(own)["body"] = example.body
        entries = [own]
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
    told = "\n".join(_wrapped(line) for line in output.splitlines())
    return f"```{language}\n{wrote}\n```\n\n`{task}`\n\n```text\n{told}\n```\n"


def _wrapped(line: str) -> str:
    return textwrap.fill(line, 118, subsequent_indent="    ")


if __name__ == "__main__":
    main()
