"""Question 4 from end to end on a pretrained T5 and texts from files: warm-up, reward model, feedback, offline."""

import dataclasses
import itertools

import datasets
import pytest
import torch

from solutions.given.data import summaries
from solutions.given.networks import pretrained_t5
from solutions.given.training import feedback, preferences, rlhf, warm_up
from solutions.given.training.loop import QUIET, Loop
from tests.harness import small_t5


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch, tmp_path):
    small_t5.cut_off(monkeypatch, tmp_path / "cache")


@pytest.fixture(scope="module")
def tied(tmp_path_factory):
    return small_t5.save(tmp_path_factory.mktemp("t5"))


@pytest.fixture
def corpus(tied, tmp_path):
    read = summaries.load("xsum", "train", str(tied), 12, folder=str(_news(tmp_path / "news")))
    return dataclasses.replace(read, max_summary_tokens=8)


def _news(folder):
    rows = list(itertools.product(small_t5.WHO, small_t5.WHAT, small_t5.WHERE))
    texts = [f"the {who} opens a {what} in {where} on monday" for who, what, where in rows]
    brief = [f"{who} opens {what}" for who, what, _ in rows]
    folder.mkdir()
    datasets.Dataset.from_dict({"document": texts, "summary": brief}).to_parquet(folder / "train.parquet")
    return folder


def run(checkpoint, corpus, steps, algorithm="ppo", loop=QUIET):
    """A small run of all of question 4."""
    policy = pretrained_t5.load(str(checkpoint))
    generator, sampling = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    losses = warm_up.warm_up(policy, corpus, steps, 6, 5e-3, generator, loop)
    warmed = rlhf.prefixed("", policy.state_dict())
    marks, learnt = rlhf.reward_of(policy, corpus, 10, 3, 5, 1e-3, 0, generator, sampling, loop)
    settings = feedback.Settings(6, 1e-3, 1e-3, 0.05, 2, algorithm)
    reached = feedback.learn_from_feedback(policy, marks, corpus, 3, settings, generator, sampling, loop)
    return policy, warmed, {"loss": losses} | learnt | reached


@pytest.mark.parametrize("algorithm", rlhf.ALGORITHMS)
def test_a_complete_run_works(tied, corpus, algorithm):
    policy, warmed, history = run(tied, corpus, 60, algorithm)
    assert torch.tensor([*history["loss"], *history["score"], *history["kl"]]).isfinite().all()
    assert sum(history["loss"][-5:]) < 0.5 * sum(history["loss"][:5])
    # The first responses come from the warmed-up policy.
    assert history["kl"][0] == pytest.approx(0, abs=1e-4)
    assert all(0 <= value <= 1 for value in history["rouge_l"])
    differ = {name for name, value in policy.state_dict().items() if not torch.equal(value, warmed[name])}
    assert differ and all(name.startswith("decoder.block.") or "final_layer_norm" in name for name in differ)


class Interruption(Loop):
    """Interrupts a loop in the middle."""

    def steps(self, name, count, parts, curves=None):
        for step in super().steps(name, count, parts, curves):
            if (name, step) == ("policy", 2):
                raise KeyboardInterrupt
            yield step


def test_an_interrupted_run_ends_with_the_same_bits(tied, corpus, tmp_path):
    whole, _, history = run(tied, corpus, 3)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(tied, corpus, 3, loop=Interruption(folder, seconds=0))
    again, _, history_again = run(tied, corpus, 3, loop=Loop(folder, seconds=0))
    assert history_again == history
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in whole.state_dict().items())


def test_pairs_are_two_responses_to_each_text(tied, corpus):
    policy = pretrained_t5.load(str(tied))
    pairs = preferences.collect_pairs(policy, corpus, 10, torch.Generator().manual_seed(0), 0)
    assert pairs.chosen.shape == pairs.rejected.shape == (10, corpus.max_summary_tokens)
    assert pairs.states.shape == (10, corpus.sources[0].shape[1], 16)
    assert bool((pairs.chosen != pairs.rejected).any())
