"""The given parts of the training run of question 4: the tiny T5, and a loop that depends only on its seed."""

import inspect

import pytest
import torch
from torch.nn import functional as F

from solutions.given.data import news
from solutions.given.networks import t5
from solutions.given.training import preferences, rlhf, warm_up

VOCABULARY = len(news.VOCABULARY)
SMALL = {
    "articles": 40,
    "warm_up_steps": 2,
    "reward_model_steps": 2,
    "preference_pairs": 12,
    "policy_steps": 2,
    "batch_size": 8,
    "policy_epochs": 2,
}


@pytest.fixture
def batch():
    torch.manual_seed(0)
    sources, mask = news.encode_batch(["mayor opens bridge in paris", "nobody was hurt", "crowds came ."])
    return sources, mask, torch.randint(3, VOCABULARY, (3, 7))


def test_policy_returns_one_row_of_logits_per_token_as_a_plain_tensor(batch):
    logits = t5.TinyT5Policy(VOCABULARY)(*batch)
    assert type(logits) is torch.Tensor and logits.shape == (3, 7, VOCABULARY)
    assert t5.ScoredT5(VOCABULARY)(*batch).shape == (3, 7)


@pytest.mark.parametrize("network", [t5.TinyT5Policy, t5.ScoredT5])
def test_network_uses_neither_future_tokens_nor_padding(network, batch):
    sources, mask, tokens = batch
    net = network(VOCABULARY)
    if network is t5.ScoredT5:
        torch.nn.init.normal_(net.head.weight)  # it starts at zero
    out = net(sources, mask, tokens)
    changed = tokens.clone()
    changed[:, 4:] = 5
    torch.testing.assert_close(net(sources, mask, changed)[:, :4], out[:, :4])
    assert not torch.allclose(net(sources, mask, changed)[:, 4:], out[:, 4:])
    torch.testing.assert_close(net(torch.where(mask, sources, 9), mask, tokens), out)
    torch.testing.assert_close(net(sources[1:2], mask[1:2], tokens[1:2]), out[1:2])
    seen = sources.clone()
    seen[0, 0] = 9
    assert not torch.allclose(net(seen, mask, tokens)[0], out[0])


def test_having_read_equals_the_policy_and_trains_only_the_decoder(batch):
    sources, mask, tokens = batch
    policy = t5.TinyT5Policy(VOCABULARY)
    with torch.no_grad():
        states = policy.encode(sources, mask)
    answer = policy.having_read(states, mask)(sources, mask, tokens)
    torch.testing.assert_close(answer, policy(sources, mask, tokens))
    answer.square().sum().backward()
    assert all(p.grad is None for p in policy.t5.encoder.block.parameters())
    assert all(p.grad is not None for p in policy.answering_parameters())


def test_scored_copy_reads_like_the_policy_and_shares_nothing_with_it(batch):
    policy = t5.TinyT5Policy(VOCABULARY, width=16)
    state = torch.get_rng_state()
    scored = policy.scored()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(scored.encode(*batch[:2]), policy.encode(*batch[:2]))
    states = policy.encode(*batch[:2])
    assert torch.equal(scored.decode(states, *batch[1:]), policy.decode(states, *batch[1:]))
    assert not scored(*batch).any()  # a head of zeros
    with torch.no_grad():
        for parameter in scored.parameters():
            parameter.zero_()
    assert all(parameter.any() for parameter in policy.parameters())


def test_batches_have_no_duplicates_and_equal_single_steps():
    batches = warm_up.draw_batches(10, 4, 3, torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(batches, torch.stack([torch.randperm(10, generator=generator)[:4] for _ in range(3)]))
    few = warm_up.draw_batches(3, 4, 2, generator)
    assert few.shape == (2, 3) and all(set(rows) == {0, 1, 2} for rows in few.tolist())


def test_training_and_evaluation_mode_are_the_same_function(batch):
    policy = t5.TinyT5Policy(VOCABULARY)
    assert torch.equal(policy.train()(*batch), policy.eval()(*batch))


@pytest.mark.parametrize("algorithm", rlhf.ALGORITHMS)
def test_seed_alone_decides_the_run(algorithm):
    torch.manual_seed(7)
    state = torch.get_rng_state()
    weights, history = rlhf.train(**SMALL, algorithm=algorithm, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(8)
    again, history_again = rlhf.train(**SMALL, algorithm=algorithm, seed=1)
    assert history == history_again and weights.keys() == again.keys()
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    other, _ = rlhf.train(**SMALL, algorithm=algorithm, seed=2)
    assert any(not torch.equal(weights[name], other[name]) for name in weights)


def test_run_returns_both_policies_and_its_history():
    weights, history = rlhf.train(**SMALL)
    for prefix in ("warm_up.", "policy."):
        own = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
        t5.TinyT5Policy(VOCABULARY).load_state_dict(own)
    differ = {
        name.removeprefix("policy.")
        for name in weights
        if name.startswith("policy.")
        and not torch.equal(weights[name], weights["warm_up." + name.removeprefix("policy.")])
    }
    assert differ and all(name.startswith("t5.decoder.") for name in differ)
    lengths = {name: len(values) for name, values in history.items()}
    assert lengths == dict.fromkeys(
        [
            "warm_up_loss",
            "reward_model_loss",
            "reward_model_agreement",
            "score",
            "kl",
            "utility",
            "rouge_l",
        ],
        2,
    )
    # The first responses come from the reference itself.
    assert history["kl"][0] == pytest.approx(0, abs=1e-4)


def test_pairs_are_drawn_in_pieces_each_for_its_own_source(monkeypatch):
    monkeypatch.setattr(preferences, "PIECE", 8)
    pieces = []

    class Echo(t5.TinyT5Policy):
        def encode(self, input_ids, attention_mask):
            pieces.append(len(input_ids))
            return super().encode(input_ids, attention_mask)

        def having_read(self, states, attention_mask):
            pieces.append(len(states))
            return lambda ids, mask, tokens: 1e4 * F.one_hot(ids[:, :1].expand_as(tokens), VOCABULARY)

    articles = news.make_articles(20, 0)
    sources, mask = news.encode_batch([article.text for article in articles])
    policy = Echo(VOCABULARY)
    corpus = news.NewsCorpus([*articles, *news.make_articles(5, 1)])
    pairs = preferences.collect_pairs(policy, corpus, 20, torch.Generator().manual_seed(0), 0)
    assert pieces == [8, 8, 4] * 3  # one call to read, two calls to answer
    assert torch.equal(pairs.chosen, sources[:, :1].expand(20, news.MAX_SUMMARY_TOKENS))
    assert torch.equal(pairs.rejected, pairs.chosen)
    torch.testing.assert_close(pairs.states, policy.encode(sources, mask).detach())


def test_scores_of_the_pairs_are_normalised(monkeypatch):
    monkeypatch.setattr(preferences, "PIECE", 8)
    torch.manual_seed(0)
    policy, model = t5.TinyT5Policy(VOCABULARY), t5.ScoredT5(VOCABULARY)
    torch.nn.init.normal_(model.head.weight)
    model.t5.load_state_dict(policy.t5.state_dict())
    corpus = news.NewsCorpus(news.make_articles(20, 0))
    pairs = preferences.collect_pairs(policy, corpus, 20, torch.Generator().manual_seed(0), 0)
    pieces, answer = [], model.answer
    monkeypatch.setattr(model, "answer", lambda *args: pieces.append(len(args[0])) or answer(*args))
    preferences.normalise(model, pairs, corpus)
    assert pieces == [8, 8, 4] * 2
    tokens = (pairs.chosen, pairs.rejected)
    scores = torch.cat(
        [preferences.score_responses(model, pairs.states, pairs.source_mask, x, corpus) for x in tokens]
    )
    assert scores.mean().item() == pytest.approx(0, abs=1e-4) and scores.std().item() == pytest.approx(
        1, abs=1e-4
    )


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="algorithm"):
        rlhf.train(**SMALL, algorithm="dpo")
    with pytest.raises(ValueError, match="pairs"):
        rlhf.train(**(SMALL | {"preference_pairs": 41}))
    assert set(SMALL) <= set(inspect.signature(rlhf.train).parameters)
