"""Question 4(a) to 4(c): the policy-gradient loss, the supervised loss, and the roll-out."""

import math

import pytest
import torch

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

LOG_PROBS = torch.tensor([[-1.0, -2.0, -4.0], [-3.0, 9.0, 9.0]])
MASK = torch.tensor([[True, True, True], [True, False, False]])
REWARDS = torch.tensor([2.0, -1.0])


@pytest.mark.task("rlhf.policy_gradient.reinforce_loss")
def test_reinforce_by_hand(hw):
    """The sums over tokens are -7 and -3. The loss is -(2 * -7 + -1 * -3) / 2 = 5.5."""
    got = hw("rlhf.policy_gradient.reinforce_loss")(LOG_PROBS, REWARDS, MASK)
    hint = "Sum over the tokens of a response, then take the mean over the batch. Ignore padding."
    assert_close(got, torch.tensor(5.5), hint=hint)


@pytest.mark.task("rlhf.policy_gradient.reinforce_loss")
def test_reinforce_with_a_baseline(hw):
    """With baseline 1 the rewards become 1 and -2. The loss is -(1 * -7 + -2 * -3) / 2 = 0.5."""
    got = hw("rlhf.policy_gradient.reinforce_loss")(LOG_PROBS, REWARDS, MASK, baseline=1.0)
    assert_close(got, torch.tensor(0.5), hint="The baseline is subtracted from the reward of each response.")


@pytest.mark.task("rlhf.policy_gradient.reinforce_loss")
def test_only_log_probs_get_a_gradient(hw):
    """The gradient of a log-probability is -(reward - baseline) / B; rewards are constants."""
    ask = hw("rlhf.policy_gradient.reinforce_loss").ask
    reply = ask(log_probs=LOG_PROBS, rewards=REWARDS, mask=MASK, grad_of=("log_probs", "rewards"))
    assert_gradient(reply.grads["log_probs"], torch.tensor([[-1.0, -1.0, -1.0], [0.5, 0.0, 0.0]]))
    hint = "Where does the reward come from? Should this loss train it?"
    assert_no_gradient(reply.grads["rewards"], what="rewards", hint=hint)


@pytest.mark.task("rlhf.policy_gradient.cross_entropy_loss")
def test_cross_entropy_is_summed_over_tokens(hw):
    """One row has three tokens of probability 1/4, the other row has one. The loss is (3 + 1) log 4 / 2."""
    mask = torch.tensor([[True, True, True], [True, False, False]])
    got = hw("rlhf.policy_gradient.cross_entropy_loss")(
        torch.zeros(2, 3, 4), torch.zeros(2, 3, dtype=torch.long), mask
    )
    hint = "Sum over tokens and average over the batch. Do not average over tokens."
    assert_close(got, torch.tensor(2 * math.log(4)), hint=hint)


@pytest.mark.task("rlhf.policy_gradient.cross_entropy_loss")
def test_cross_entropy_is_reinforce_with_reward_one(hw):
    """If the sample is the reference and the reward is 1, both losses are equal."""
    logits = torch.randn(2, 3, 5, generator=hw.generator())
    labels = torch.tensor([[4, 0, 2], [1, 3, 3]])
    log_probs = logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
    expected = -torch.where(MASK, log_probs, 0).sum(1).mean()  # the REINFORCE loss at reward 1
    got = hw("rlhf.policy_gradient.cross_entropy_loss")(logits, labels, MASK)
    assert_close(got, expected, hint="Compare with reinforce_loss(log_probs, rewards=1, mask).")


def _deterministic(*sequence):
    """A deterministic policy: after t tokens it draws sequence[t]."""

    def policy(input_ids, attention_mask, decoder_input_ids):
        logits = torch.full((*decoder_input_ids.shape, 6), -1e4)
        for t in range(decoder_input_ids.shape[1]):
            logits[:, t, sequence[min(t, len(sequence) - 1)]] = 0.0
        return logits

    return checked(policy, 6)


SOURCE = torch.tensor([[2, 3], [4, 5]])
IDS = {"start_id": 0, "eos_id": 1, "pad_id": 5}
NAMES = "tokens, log_probs, mask"


@pytest.mark.task("rlhf.policy_gradient.sample_response")
def test_response_of_a_sure_policy(hw):
    """The policy always draws 3, 4, end. Drawing stops there; the result includes the end id, not the start id."""
    sample = hw("rlhf.policy_gradient.sample_response")
    got = sample(_deterministic(3, 4, 1, 2), SOURCE, SOURCE > 0, **IDS, max_new_tokens=4)
    tokens, log_probs, mask = parts(got, 3, NAMES)
    hint = "Give the decoder the start id and all tokens so far. Use the logits of the last position."
    assert_close(tokens, torch.tensor([[3, 4, 1], [3, 4, 1]]), hint=hint, what="tokens")
    assert_close(mask, torch.ones(2, 3).bool(), what="the mask")
    assert_close(log_probs, torch.zeros(2, 3), what="the log-probabilities")


@pytest.mark.task("rlhf.policy_gradient.sample_response")
def test_length_is_bounded(hw):
    """If the policy never draws the end, drawing stops after max_new_tokens."""
    sample = hw("rlhf.policy_gradient.sample_response")
    got = sample(_deterministic(2, 3, 4, 4), SOURCE, SOURCE > 0, **IDS, max_new_tokens=3)
    tokens, _, mask = parts(got, 3, NAMES)
    assert_close(tokens, torch.tensor([[2, 3, 4], [2, 3, 4]]), what="tokens")
    assert_close(mask, torch.ones(2, 3).bool(), what="the mask")


@pytest.mark.task("rlhf.policy_gradient.sample_response")
def test_rows_that_ended_are_padded(hw):
    """The end and token 3 are equally likely. After the end come pads with mask False and log-probability 0."""

    def policy(input_ids, attention_mask, decoder_input_ids):
        logits = torch.full((*decoder_input_ids.shape, 6), -1e4)
        logits[..., 1] = logits[..., 3] = 0.0
        return logits

    source = torch.ones(400, 2, dtype=torch.long)
    sample = hw("rlhf.policy_gradient.sample_response")
    got = sample(checked(policy, 6), source, source > 0, **IDS, max_new_tokens=3, generator=hw.generator())
    tokens, log_probs, mask = parts(got, 3, NAMES)
    assert_tensor(tokens, shape=(400, 3), dtype=torch.long, what="tokens")
    first_end = (tokens == 1).long().cumsum(1) - (tokens == 1).long() == 0
    assert_close(mask, first_end, what="the mask", hint="The mask is True up to and including the first end.")
    hint = "Fill the rows that have ended with pad_id."
    assert_true(bool((tokens[~mask] == 5).all()), "a token after the end is not pad_id", hint=hint)
    assert_close(log_probs, torch.where(mask, -math.log(2), 0.0), what="the log-probabilities")
    hint = "Draw a token. Do not take the most likely one."
    assert_frequency(
        (tokens[:, 0] == 1).sum(), 400, 0.5, what="how often a response ends at its first token", hint=hint
    )


@pytest.mark.task("rlhf.policy_gradient.sample_response")
def test_temperature_sharpens(hw):
    """Odds of 3 to 1 become 9 to 1 at temperature 1/2, in the draws and in the log-probabilities."""

    def policy(input_ids, attention_mask, decoder_input_ids):
        logits = torch.full((*decoder_input_ids.shape, 6), -1e4)
        logits[..., 2], logits[..., 3] = 0.0, math.log(3)
        return logits

    source = torch.ones(400, 2, dtype=torch.long)
    got = hw("rlhf.policy_gradient.sample_response")(
        checked(policy, 6),
        source,
        source > 0,
        **IDS,
        max_new_tokens=1,
        temperature=0.5,
        generator=hw.generator(),
    )
    tokens, log_probs, _ = parts(got, 3, NAMES)
    assert_tensor(tokens, shape=(400, 1), dtype=torch.long, what="tokens")
    hint = "Draw the tokens from softmax(logits / temperature) and score them with the same distribution."
    assert_frequency((tokens == 3).sum(), 400, 0.9, what="how often the likelier token is drawn", hint=hint)
    expected = torch.where(tokens == 3, math.log(0.9), math.log(0.1))
    assert_close(log_probs, expected, what="the log-probabilities", hint=hint)
