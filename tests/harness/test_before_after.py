"""Summaries before and after the feedback are compared, each with its own article."""

import pytest
import torch
from torch.nn import functional as F

from solutions.given.data import news
from solutions.given.experiments import before_after
from solutions.given.networks import t5
from solutions.given.training import feedback

VOCABULARY = len(news.VOCABULARY)


class FixedPolicy(t5.TinyT5Policy):
    """A policy that writes a fixed summary for each text."""

    def __init__(self, corpus, texts):
        super().__init__(VOCABULARY, 8)
        self.known = dict(zip(map(tuple, corpus.sources[0].tolist()), texts, strict=True))

    def having_read(self, states, attention_mask):
        def policy(input_ids, _mask, decoder_input_ids):
            length = decoder_input_ids.shape[1]
            rows = [
                (news.encode(self.known[tuple(row)]) + [news.PAD_ID] * 20)[:length]
                for row in input_ids.tolist()
            ]
            return 100.0 * F.one_hot(torch.tensor(rows), VOCABULARY)

        return policy


def test_policies_are_compared_by_their_summaries(monkeypatch):
    monkeypatch.setattr(before_after, "PIECE", 8)
    corpus = news.NewsCorpus(news.make_articles(20, 5))
    best = [article.complete_summary for article in corpus.articles]
    bad = ["viral " + text for text in best]
    found = before_after.compare(FixedPolicy(corpus, bad), FixedPolicy(corpus, best), corpus, 0)
    rouge = 2 * 7 / (8 + 7)
    assert found.metrics == pytest.approx(
        {
            "utility_before": 5 - 1.5 - 0.1,
            "utility": 5,
            "utility_gain": 1.6,
            "rouge_before": rouge,
            "rouge": 1,
            "rouge_gain": 1 - rouge,
            "kl": 100 * 8,  # "viral" comes first, so every word and the end have another position
        }
    )
    (curve,) = found.curves
    assert curve.lines["after PPO"] == [1.0] * len(curve.x)
    assert curve.lines["warmed up"] == [float(least <= 3.4) for least in curve.x]
    shown = found.texts["summaries"]
    assert best[0] in shown and bad[4] in shown and corpus.articles[1].text in shown and bad[5] not in shown


def test_numbers_of_a_roll_out_belong_to_its_own_articles():
    corpus = news.NewsCorpus(news.make_articles(20, 5))
    policy = FixedPolicy(corpus, [article.complete_summary for article in corpus.articles])
    settings = feedback.Settings(batch_size=8, learning_rate=0, value_learning_rate=0, kl_coef=0.1, epochs=0)
    draws = (torch.Generator().manual_seed(0) for _ in range(2))
    history = feedback.learn_from_feedback(policy, policy.scored(), corpus, 2, settings, *draws)
    assert history == {"score": [0, 0], "kl": [0, 0], "utility": [5, 5], "rouge_l": [1, 1]}


def test_an_unchanged_policy_has_gain_zero():
    corpus = news.NewsCorpus(news.make_articles(20, 5))
    torch.manual_seed(0)
    policy = t5.TinyT5Policy(VOCABULARY, 8)
    metrics = before_after.compare(policy, policy, corpus, 3).metrics
    assert metrics["utility_gain"] == metrics["rouge_gain"] == 0
    assert metrics["kl"] == pytest.approx(0, abs=1e-4)
