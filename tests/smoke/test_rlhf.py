"""A short training run of question 4: a news summariser, measured on articles that were written after it."""

import statistics

import pytest
import torch

from tests.support.compare import assert_true

ARTICLES = 300
# benchmarks/results/smoke_rlhf.json, five seeds each, and 26 more of the right solution (`benchmarks.seeds`). Right:
# utility 3.65 to 4.48, gain .80 to 1.67; a complete summary has 5. Wrong, highest of either: policy without gradient
# 2.97, 0; preferences reversed .58, -2.3; a wrong sign in surrogate or advantages below -13; warm-up without gradient
# -.03, 5.3. Each wrong one misses one of the two by far.
LEAST_UTILITY = 2.5
LEAST_GAIN = 0.4


@pytest.mark.task("runs.rlhf")
def test_summaries_get_more_useful(hw, instrument):
    """After the feedback, summaries of new articles are more useful than after the warm-up."""
    weights, _ = hw("given.training.rlhf.train")(**hw.budget("runs.rlhf"), seed=hw.seed, device=hw.device)
    articles = instrument("given.data.news.make_articles")(ARTICLES, hw.seed + 1)
    before = _utility(instrument, weights, "warm_up.", articles, hw.generator())
    after = _utility(instrument, weights, "policy.", articles, hw.generator())
    hw.measured(utility_before=before, utility=after, gain=after - before)
    hint = "The run calls every function of question 4: which of their own tests fail?"
    text = f"after the feedback a summary of a new article is worth {after:.2f}; {LEAST_UTILITY} is due"
    assert_true(after >= LEAST_UTILITY, text, hint=hint)
    text = f"the feedback changed the worth of a summary by {after - before:+.2f}; {LEAST_GAIN:+} is due"
    assert_true(after - before >= LEAST_GAIN, text, hint=hint)


def _utility(instrument, weights, prefix, articles, generator):
    """Mean hidden utility of summaries drawn by the policy whose weights have this prefix."""
    vocabulary = instrument("given.data.news.VOCABULARY")
    policy = instrument("given.networks.t5.TinyT5Policy")(len(vocabulary))
    state = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    due = {name: value.shape for name, value in policy.state_dict().items()}
    found = {name: value.shape for name, value in state.items()}
    assert_true(found == due, "the weights have other names or shapes than the network of the homework")
    policy.load_state_dict(state)
    sources, mask = instrument("given.data.news.encode_batch")([article.text for article in articles])
    start, eos, pad = (instrument(f"given.data.news.{name}_ID") for name in ("START", "EOS", "PAD"))
    width = instrument("given.data.news.MAX_SUMMARY_TOKENS")
    with torch.no_grad():
        reader = policy.eval().having_read(policy.encode(sources, mask), mask)
        draw = instrument("rlhf.policy_gradient.sample_response")
        tokens, _, _ = draw(reader, sources, mask, start, eos, pad, width, generator=generator)
    summaries = instrument("given.data.news.decode_batch")(tokens)
    utility = instrument("given.data.news.utility")
    return statistics.fmean(utility(text, article) for text, article in zip(summaries, articles, strict=True))
