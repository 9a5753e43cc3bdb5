"""A short training run of question 4: a news summariser, measured on new articles."""

import statistics

import pytest
import torch

from tests.support.compare import assert_true
from tests.support.tuples import parts
from tests.support.weights import load_weights

ARTICLES = 300
PIECE = 50  # articles in one batch: a single batch needs 20 MB more, in addition to the training process
# See benchmarks/results/smoke_rlhf.json, 24 seeds of the right solution, five of each wrong one. Right: utility 3.58
# to 4.44, gain .82 to 1.50; a complete summary has utility 5. Wrong, highest utility and gain: policy without gradient
# 3.04, 0; preferences reversed .24, -2.8; a wrong sign in surrogate or advantages below -18; warm-up without gradient
# -.06, 5.4. Each wrong solution is far below one of the two bounds. Five more seeds with our own T5 layers: right,
# utility 3.72 to 4.26 and gain .80 to 1.48; a wrong sign reaches -1.5 at most.
LEAST_UTILITY = 2.5
LEAST_GAIN = 0.4


HINT = "The run calls every function of question 4. Which of their own tests fail?"


@pytest.mark.task("runs.rlhf")
def test_summaries_get_more_useful(hw, instrument):
    """After the feedback, summaries of new articles are more useful than after the warm-up."""
    trained = hw("given.training.rlhf.train")(**hw.budget("runs.rlhf"), seed=hw.seed, device=hw.device)
    weights, _ = parts(trained, 2, "weights, history", hint=HINT)
    hw.dismiss()
    articles = instrument("given.data.news.make_articles")(ARTICLES, hw.fresh_seed())
    draws = (
        hw.generator()
    )  # the same for both, so that a policy that has learnt nothing has a gain of exactly 0
    before = _utility(instrument, weights, "warm_up.", articles, draws.clone_state())
    after = _utility(instrument, weights, "policy.", articles, draws)
    hw.measured(utility_before=before, utility=after, gain=after - before)
    text = f"after the feedback the utility of a summary of a new article is {after:.2f}; expected {LEAST_UTILITY}"
    assert_true(after >= LEAST_UTILITY, text, hint=HINT)
    text = f"the feedback changed the utility of a summary by {after - before:+.2f}; expected {LEAST_GAIN:+}"
    assert_true(after - before >= LEAST_GAIN, text, hint=HINT)


def _utility(instrument, weights, prefix, articles, generator):
    """Mean hidden utility of summaries drawn by the policy whose weights have this prefix."""
    vocabulary = instrument("given.data.news.VOCABULARY")
    policy = instrument("given.networks.t5.TinyT5Policy")(len(vocabulary))
    state = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    load_weights(policy.eval(), state, hint=HINT)
    sources, mask = instrument("given.data.news.encode_batch")([article.text for article in articles])
    start, eos, pad = (instrument(f"given.data.news.{name}_ID") for name in ("START", "EOS", "PAD"))
    width = instrument("given.data.news.MAX_SUMMARY_TOKENS")
    draw = instrument("rlhf.policy_gradient.sample_response")
    decode = instrument("given.data.news.decode_batch")
    summaries = []
    with torch.no_grad():
        for ids, seen in zip(sources.split(PIECE), mask.split(PIECE), strict=True):
            reader = policy.having_read(policy.encode(ids, seen), seen)
            tokens, _, _ = draw(reader, ids, seen, start, eos, pad, width, generator=generator)
            summaries += decode(tokens)
    utility = instrument("given.data.news.utility")
    return statistics.fmean(utility(text, article) for text, article in zip(summaries, articles, strict=True))
