"""The experiment of question 4: it can be resumed exactly, has small files, and is measured on unseen articles."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from solutions.given.data import news, summaries
from solutions.given.experiments import artifact, before_after, q4
from solutions.given.networks import pretrained_t5, t5
from solutions.given.training.loop import QUIET, Loop
from solutions.rlhf import policy_gradient, ppo, reward_model

VOCABULARY = len(news.VOCABULARY)
TINY = q4.Settings(
    articles=24,
    width=8,
    warm_up_steps=3,
    preference_pairs=12,
    reward_model_steps=3,
    policy_steps=3,
    batch_size=4,
    policy_epochs=2,
)


@pytest.fixture
def few(monkeypatch):
    """Uses few articles for measurements."""
    monkeypatch.setattr(q4, "FRESH", 60)


@pytest.fixture(scope="module")
def trained():
    return q4.train(TINY, 1, "cpu", QUIET)


def _noisy(monkeypatch, interrupt=None):
    """Makes the student's functions draw from the global generator. The named function is interrupted at one call."""

    def wrap(module, name):
        function, calls = getattr(module, name), []

        def noisy(*args, **kwargs):
            calls.append(name)
            if interrupt == (name, len(calls)):
                raise KeyboardInterrupt
            result = function(*args, **kwargs)
            return result if isinstance(result, tuple) else result * (1 + 0.1 * torch.rand(()))

        monkeypatch.setattr(module, name, noisy)

    wrap(policy_gradient, "cross_entropy_loss")
    wrap(policy_gradient, "sample_response")
    wrap(policy_gradient, "reinforce_loss")
    wrap(reward_model, "preference_loss")
    wrap(ppo, "clipped_surrogate_loss")


@pytest.fixture(scope="module")
def uninterrupted():
    with pytest.MonkeyPatch.context() as patch:
        _noisy(patch)
        return q4.train(TINY, 1, "cpu", QUIET)


@pytest.mark.parametrize(
    "interrupt",
    [
        ("cross_entropy_loss", 2),
        ("sample_response", 2),  # between two loops, during the collection of pairs
        ("preference_loss", 2),
        ("clipped_surrogate_loss", 4),  # in the middle of PPO's second roll-out
        ("reinforce_loss", 3),
        ("clipped_surrogate_loss", 9),  # the same without a KL penalty
    ],
)
def test_an_interrupted_run_ends_with_the_same_bits(monkeypatch, tmp_path, uninterrupted, interrupt):
    loop = Loop(tmp_path, seconds=0)
    with monkeypatch.context() as patch:
        _noisy(patch, interrupt)
        with pytest.raises(KeyboardInterrupt):
            q4.train(TINY, 1, "cpu", loop)
    torch.manual_seed(99)  # another process, with other earlier draws
    with monkeypatch.context() as patch:
        _noisy(patch)
        again = q4.train(TINY, 1, "cpu", loop)
    assert again.curves == uninterrupted.curves and again.data == uninterrupted.data
    assert all(torch.equal(again.weights[name], value) for name, value in uninterrupted.weights.items())


def test_seed_alone_decides_and_the_global_generator_stays(trained):
    torch.manual_seed(7)
    state = torch.get_rng_state()
    again = q4.train(TINY, 1, "cpu", QUIET)
    assert torch.equal(torch.get_rng_state(), state)
    assert again.curves == trained.curves
    assert all(torch.equal(again.weights[name], value) for name, value in trained.weights.items())
    other = q4.train(TINY, 2, "cpu", QUIET)
    assert other.data != trained.data and other.curves != trained.curves


def test_runs_have_the_same_start_and_then_differ(trained):
    curves = trained.curves
    runs = ("ppo", "reinforce", "ppo without price")
    names = {f"{figure}/{run}" for figure in ("score", "kl", "utility", "rouge_l") for run in runs}
    assert curves.keys() == names | {"warm_up_loss", "reward_model_loss", "reward_model_agreement"}
    assert {len(values) for values in curves.values()} == {3}
    for figure in ("score", "kl", "utility", "rouge_l"):  # the first roll-out comes from the same policy
        assert len({curves[f"{figure}/{run}"][0] for run in runs}) == 1
    assert len({curves[f"kl/{run}"][2] for run in runs}) == 3
    assert TINY.of_run("ppo", priced=False).kl_coef == 0 < TINY.of_run("ppo", priced=True).kl_coef


def test_changed_weights_are_stored_once(trained):
    before, after = (t5.TinyT5Policy(VOCABULARY, TINY.width) for _ in range(2))
    before_after.unpack(trained.weights, before, after)
    for name, value in before.state_dict().items():
        if name.startswith(("t5.encoder", "t5.shared", "t5.decoder.embed")):
            assert torch.equal(after.state_dict()[name], value)
    changed = [
        p for p, q in zip(before.parameters(), after.parameters(), strict=True) if not torch.equal(p, q)
    ]
    assert changed and len(changed) <= len(before.answering_parameters())
    again = before_after.pack(before, after)
    assert again.keys() == trained.weights.keys()
    assert all(torch.equal(again[name], value) for name, value in trained.weights.items())


def test_file_is_small(tmp_path: Path):
    policy = t5.TinyT5Policy(VOCABULARY, q4.PRESETS["quick"].width)
    artifact.save("rlhf", before_after.pack(policy, policy), tmp_path, tmp_path)
    assert (tmp_path / "rlhf.safetensors").stat().st_size <= 420_000


def test_measure_uses_the_width_of_the_weights_and_the_articles_of_its_seed(trained, few):
    lie = {"data": "news", "width": 10**9, "articles": "many"}
    found = q4.measure(trained.weights, lie)
    assert found.metrics == q4.measure(trained.weights, asdict(TINY), 0).metrics
    assert found.metrics != q4.measure(trained.weights, lie, 1).metrics
    assert all(isinstance(value, float) for value in found.metrics.values())


def test_measurements_use_no_training_articles():
    learnt = {article.text for article in q4._texts(TINY, "train", 24, 0).articles}
    assert learnt.isdisjoint(article.text for article in q4._texts(TINY, "validation", 24, 0).articles)


def _other(weights, how):
    words = "warm_up.t5.shared.weight"
    decoder = next(name for name in weights if name.startswith("policy."))
    return {
        "nothing": {},
        "one missing": {name: value for name, value in weights.items() if name != decoder},
        "one too many": weights | {"policy.t5.shared.weight": weights[words]},
        "another vocabulary": weights | {words: weights[words][1:]},
        "another shape": weights | {decoder: weights[decoder][None]},
        "no width": weights | {words: torch.zeros(VOCABULARY, 0)},
        "odd width": weights | {words: torch.zeros(VOCABULARY, 9)},
        "enormous width": weights | {words: torch.zeros(1, 10**6)},
        "one axis": weights | {words: torch.zeros(8)},
        "a number": weights | {words: torch.tensor(1.0)},
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "nothing",
        "one missing",
        "one too many",
        "another vocabulary",
        "another shape",
        "no width",
        "odd width",
        "enormous width",
        "one axis",
        "a number",
    ],
)
def test_other_weights_are_refused_with_a_reason(trained, how):
    with pytest.raises(ValueError, match="weights of another architecture: "):
        q4.measure(_other(trained.weights, how), {"data": "news"})


def test_weights_that_overflow_are_refused_with_a_reason(trained, few):
    factors = {"decoder.final_layer_norm": 1e30, "shared": 1e10}  # their product gives the logits
    huge = {
        name: value * next((factor for part, factor in factors.items() if part in name), 1.0)
        for name, value in trained.weights.items()
    }
    with pytest.raises(ValueError, match="not finite"):
        q4.measure(huge, {"data": "news"})


@pytest.mark.parametrize("settings", [{}, {"data": "xsum"}, {"data": "cnn_dailymail", "folder": "/"}])
def test_a_card_cannot_make_the_grader_read_files(monkeypatch, trained, settings):
    monkeypatch.setattr(summaries, "load", lambda *args: pytest.fail("it read"))
    monkeypatch.setattr(pretrained_t5, "load", lambda *args: pytest.fail("it read"))
    with pytest.raises(ValueError, match="not trained on the generated news"):
        q4.measure(trained.weights, settings)


def test_real_texts_and_a_pretrained_model_use_the_same_code(monkeypatch, tmp_path, few):
    asked = []

    def load_texts(name, split, checkpoint, count, seed, folder):
        asked.append((name, split, checkpoint, count, seed, folder))
        return news.NewsCorpus(news.make_articles(count, seed))

    def load_model(checkpoint, half_precision):
        asked.append((checkpoint, half_precision))
        return t5.TinyT5Policy(VOCABULARY, 12)

    monkeypatch.setattr(summaries, "load", load_texts)
    monkeypatch.setattr(pretrained_t5, "load", load_model)
    settings = replace(TINY, data="cnn_dailymail", checkpoint="t5", folder="texts", mixed_precision=False)
    trained = q4.train(settings, 3, "cpu", Loop(tmp_path))
    assert asked == [("cnn_dailymail", "train", "t5", 24, 3, "texts"), ("t5", False)]
    assert trained.weights["warm_up.t5.shared.weight"].shape[1] == 12
    found = q4.measure_real(trained.weights, asdict(settings))
    assert asked[2:] == [("t5", False)] * 2 + [("cnn_dailymail", "validation", "t5", 60, 0, "texts")]
    assert found.metrics["kl"] != 0


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="data must be one of"):
        q4.train(replace(TINY, data="poems"), 0, "cpu", QUIET)
    for width in (0, 9, 1000):
        with pytest.raises(ValueError, match="width must be one of 4, 8"):
            q4.train(replace(TINY, width=width), 0, "cpu", QUIET)
    with pytest.raises(ValueError, match="13 pairs need"):
        q4.train(replace(TINY, articles=12, preference_pairs=13), 0, "cpu", QUIET)
