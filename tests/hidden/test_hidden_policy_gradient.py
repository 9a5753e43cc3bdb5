"""Question 4(a) to 4(c), hidden: the exact policy gradient by enumeration, and the distribution of the roll-out."""

import itertools

import pytest
import torch

from tests.oracles.rlhf import TinyPolicy, cached, ragged_mask
from tests.support.compare import (
    assert_close,
    assert_frequency,
    assert_gradient,
    assert_no_gradient,
    assert_tensor,
    assert_true,
)
from tests.support.policies import checked
from tests.support.tuples import parts

NAN = float("nan")


@pytest.mark.task("rlhf.policy_gradient.reinforce_loss")
@pytest.mark.parametrize("baseline", [0.0, 3.7], ids=["plain", "baseline"])
def test_expected_gradient_is_the_policy_gradient(hw, baseline):
    """The sum over all responses of two tokens, weighted by their probability, is the gradient of -E[reward].

    The policy is a table: logits[t, v] for t = 0, 1 and v = 0..2, with independent tokens. The test differentiates E[r]
    exactly. A baseline must not change the result, because the probabilities add up to 1.
    """
    logits = torch.tensor([[0.3, -0.7, 1.1], [0.9, 0.2, -0.4]], dtype=torch.float64, requires_grad=True)
    responses = torch.tensor(list(itertools.product(range(3), repeat=2)))
    rewards = torch.tensor([1.0, -2.0, 0.5, 3.0, -1.0, 0.0, 2.0, 4.0, -3.0], dtype=torch.float64)
    log_probs = logits.log_softmax(-1)[torch.arange(2), responses]  # [9, 2]
    weights = log_probs.sum(1).exp()
    expected = torch.autograd.grad(-(weights * rewards).sum(), logits, retain_graph=True)[0]
    # One call has the nine responses as a batch. Weights turn the mean of the batch into an expectation afterwards.
    reply = hw("rlhf.policy_gradient.reinforce_loss").ask(
        log_probs=log_probs.detach(),
        rewards=rewards,
        mask=torch.ones(9, 2).bool(),
        baseline=baseline,
        grad_of=("log_probs",),
    )
    per_response = reply.grads["log_probs"]
    assert_tensor(per_response, shape=(9, 2), what="the gradient", hint="Is the graph to log_probs cut?")
    got = torch.autograd.grad((log_probs * per_response * 9 * weights.detach()[:, None]).sum(), logits)[0]
    hint = "Which sign turns a reward into a loss? Take the mean over the batch and the sum over tokens."
    assert_gradient(got, expected, hint=hint)


@pytest.mark.task("rlhf.policy_gradient.reinforce_loss")
def test_padding_may_hold_anything(hw):
    """Rows of different lengths, NaN and infinity at padding, a baseline for each row, non-contiguous input."""
    lengths = [3, 1, 5, 2]
    mask = ragged_mask(lengths, 5)
    log_probs = -torch.rand(5, 4, generator=hw.generator(), dtype=torch.float64).t() - 0.1
    rewards = torch.tensor([1.0, -2.0, 0.3, 4.0], dtype=torch.float64)
    baseline = torch.tensor([0.5, 0.1, -0.2, 1.0], dtype=torch.float64)
    dirty = torch.where(mask, log_probs, torch.tensor([NAN, float("inf"), 1e30, NAN, -float("inf")]).double())
    expected = -sum((rewards[b] - baseline[b]) * log_probs[b, :n].sum() for b, n in enumerate(lengths)) / 4
    ask = hw("rlhf.policy_gradient.reinforce_loss").ask
    reply = ask(
        log_probs=dirty,
        rewards=rewards,
        mask=mask,
        baseline=baseline,
        grad_of=("log_probs", "rewards", "baseline"),
    )
    assert_close(reply.value, expected, hint="What is 0 * NaN?")
    gradient = torch.where(mask, -(rewards - baseline)[:, None] / 4, 0.0)
    assert_gradient(reply.grads["log_probs"], gradient, hint="Padding gets no gradient and no NaN.")
    assert_no_gradient(reply.grads["rewards"], what="rewards")
    assert_no_gradient(reply.grads["baseline"], what="the baseline")


@pytest.mark.task("rlhf.policy_gradient.cross_entropy_loss")
def test_cross_entropy_on_ragged_rows(hw):
    """Compared with plain loops in double precision. Padding has any labels, and NaN or infinite logits."""
    lengths = [4, 1, 2]
    mask = ragged_mask(lengths, 4)
    logits = torch.randn(3, 5, 4, generator=hw.generator(), dtype=torch.float64).transpose(1, 2)
    labels = torch.randint(0, 5, (3, 4), generator=hw.generator())
    expected = torch.zeros((), dtype=torch.float64)
    for b, length in enumerate(lengths):
        for t in range(length):
            expected += (logits[b, t].exp().sum().log() - logits[b, t, labels[b, t]]) / 3
    garbage = torch.tensor([NAN, float("inf"), -float("inf"), 1e30, NAN], dtype=torch.float64)
    reply = hw("rlhf.policy_gradient.cross_entropy_loss").ask(
        logits=torch.where(mask[..., None], logits, garbage), labels=labels, mask=mask, grad_of=("logits",)
    )
    hint = "A long reference has a larger weight than a short one here. Is padding ignored?"
    assert_close(reply.value, expected, hint=hint)
    weights = logits.exp() / logits.exp().sum(-1, keepdim=True)
    gradient = torch.where(mask[..., None], (weights - torch.nn.functional.one_hot(labels, 5)) / 3, 0.0)
    assert_gradient(reply.grads["logits"], gradient, hint="Padding gets no gradient and no NaN.")


# A policy over {0: pad, 1: end, 2, 3: also the start}, and two sources that differ only in their attention masks.
POLICY = TinyPolicy(4)
SOURCE = torch.tensor([1, 2, 3])
ATTENDED = torch.tensor([[True, True, True], [True, True, False]])
START, END, PAD, WIDTH, DRAWS = 3, 1, 0, 3, 1500
NAMES = "tokens, log_probs, mask"


@pytest.mark.task("rlhf.policy_gradient.sample_response")
@pytest.mark.parametrize("temperature", [1.0, 0.6], ids=["plain", "cooler"])
def test_responses_follow_the_law_of_the_policy(hw, temperature):
    """The frequency and the log-probability of each possible response, compared with enumeration."""
    policy = checked(cached(POLICY), 4)
    source, attended = SOURCE.repeat(2 * DRAWS, 1), ATTENDED.repeat_interleave(DRAWS, 0)
    got = hw("rlhf.policy_gradient.sample_response")(
        policy, source, attended, START, END, PAD, WIDTH, temperature=temperature, generator=hw.generator()
    )
    tokens, log_probs, mask = parts(got, 3, NAMES)
    assert_tensor(tokens, shape=(2 * DRAWS, WIDTH), dtype=torch.long, what="tokens")
    assert_tensor(log_probs, shape=(2 * DRAWS, WIDTH), dtype=torch.float32, what="the log-probabilities")
    ended = (tokens == END).long()
    expected_mask = ended.cumsum(1) - ended == 0
    hint = "If the policy draws pad_id before the end, it is an ordinary token."
    assert_close(mask, expected_mask, what="the mask", hint=hint)
    assert_true(bool((tokens[~mask] == PAD).all()), "a token after the end is not pad_id")
    for number, group in enumerate((slice(0, DRAWS), slice(DRAWS, None))):
        drawn = [
            tuple(t for t, m in zip(row, keep, strict=True) if m)
            for row, keep in zip(tokens[group].tolist(), mask[group].tolist(), strict=True)
        ]
        probability = dict(
            POLICY.responses(SOURCE.tolist(), ATTENDED[number].tolist(), START, END, WIDTH, temperature)
        )
        hits = torch.tensor([drawn.count(response) for response in probability])
        hint = "Does the draw use the source, its mask, the complete prefix and the temperature?"
        assert_frequency(
            hits,
            DRAWS,
            torch.tensor(list(probability.values())),
            what="how often a response is drawn",
            hint=hint,
        )
        first = torch.tensor([[response[0] == v for response in probability] for v in range(4)]).double()
        hint = "Can the policy draw its least likely token too?"
        assert_frequency(
            first @ hits.double(),
            DRAWS,
            first @ torch.tensor(list(probability.values()), dtype=torch.float64),
            what="how often a token is the first one",
            hint=hint,
        )
        sums = torch.tensor([probability[response] for response in drawn], dtype=torch.float64).log().float()
        got = torch.where(mask[group], log_probs[group], 0.0).sum(1)
        hint = "Use the temperature of the draw, not 1."
        assert_close(got, sums, what="the log-probability of a response", hint=hint)
    assert_close(
        torch.where(mask, 0.0, log_probs),
        torch.zeros_like(log_probs),
        what="the log-probabilities at padding",
    )


@pytest.mark.task("rlhf.policy_gradient.sample_response")
def test_drawing_stops_when_all_have_ended(hw):
    """Two rows end after one token, one row after two: the result has two columns, even if more are allowed."""

    def policy(input_ids, attention_mask, decoder_input_ids):
        logits = torch.full((*decoder_input_ids.shape, 4), -1e4)
        for b, source in enumerate(input_ids[:, 0].tolist()):
            for t in range(decoder_input_ids.shape[1]):
                logits[b, t, END if t + 1 >= source else 2] = 0.0
        return logits

    source = torch.tensor([[1], [2], [1]])
    got = hw("rlhf.policy_gradient.sample_response")(
        checked(policy, 4), source, source > 0, START, END, PAD, 9
    )
    tokens, log_probs, mask = parts(got, 3, NAMES)
    hint = "T is the number of tokens drawn until every row has ended."
    assert_close(tokens, torch.tensor([[END, PAD], [2, END], [END, PAD]]), what="tokens", hint=hint)
    assert_close(mask, torch.tensor([[True, False], [True, True], [True, False]]), what="the mask")
    assert_close(log_probs, torch.zeros(3, 2), what="the log-probabilities")
