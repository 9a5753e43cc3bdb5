"""Question 4(a): the decoder input, the response mask, and the log-probabilities of tokens."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_gradient, assert_tensor, assert_true
from tests.support.policies import checked


@pytest.mark.task("rlhf.log_probs.shift_right")
def test_decoder_reads_the_token_before(hw):
    """Each position reads the token before it; the first position reads the start id."""
    tokens = torch.tensor([[5, 6, 7], [8, 9, 1]])
    got = hw("rlhf.log_probs.shift_right")(tokens, 3)
    hint = "What has the decoder read before it predicts tokens[:, 0]?"
    assert_close(got, torch.tensor([[3, 5, 6], [3, 8, 9]]), hint=hint)


@pytest.mark.task("rlhf.log_probs.response_mask")
def test_mask_ends_with_the_first_end(hw):
    """The mask includes the first end-of-sequence and nothing after it."""
    tokens = torch.tensor([[4, 1, 0, 0], [4, 5, 6, 7], [1, 4, 1, 4]])
    expected = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]]).bool()
    got = hw("rlhf.log_probs.response_mask")(tokens, 1)
    assert_close(got, expected, hint="The policy must learn to end. Is the end itself a token that it drew?")


@pytest.mark.task("rlhf.log_probs.token_log_probs")
def test_log_probs_of_a_hand_worked_row(hw):
    """With weights 1 : 2 : 5 the probabilities of the three tokens are 1/8, 2/8 and 5/8."""
    logits = torch.tensor([[[1.0, 2.0, 5.0], [1.0, 2.0, 5.0]]]).log()
    got = hw("rlhf.log_probs.token_log_probs")(logits, torch.tensor([[2, 0]]))
    expected = torch.tensor([[math.log(5 / 8), math.log(1 / 8)]])
    assert_close(got, expected, hint="Normalise over the vocabulary, then select the entry of the token.")


@pytest.mark.task("rlhf.log_probs.token_log_probs")
def test_temperature_divides_the_logits(hw):
    """At temperature 1/2 the weights are squared: 1 : 4 : 25."""
    logits = torch.tensor([[[1.0, 2.0, 5.0]]]).log()
    got = hw("rlhf.log_probs.token_log_probs")(logits, torch.tensor([[1]]), temperature=0.5)
    hint = "Where does the temperature enter: before or after the softmax?"
    assert_close(got, torch.tensor([[math.log(4 / 30)]]), hint=hint)


@pytest.mark.task("rlhf.log_probs.token_log_probs")
def test_gradient_reaches_the_logits(hw):
    """The gradient of a log-probability is one-hot minus the probabilities."""
    logits = torch.tensor([[[1.0, 2.0, 5.0]]]).log()
    reply = hw("rlhf.log_probs.token_log_probs").ask(
        logits=logits, tokens=torch.tensor([[2]]), grad_of=("logits",)
    )
    assert_gradient(reply.grads["logits"], torch.tensor([[[-1 / 8, -2 / 8, 3 / 8]]]))


@pytest.mark.task("rlhf.log_probs.policy_log_probs")
def test_policy_reads_source_and_shifted_response(hw):
    """The policy is called with the source, its mask and the shifted response."""
    seen = []

    def policy(input_ids, attention_mask, decoder_input_ids):
        seen.append((input_ids, attention_mask, decoder_input_ids))
        return torch.zeros(*decoder_input_ids.shape, 4)

    source, attended = torch.tensor([[2, 3], [3, 0]]), torch.tensor([[True, True], [True, False]])
    tokens = torch.tensor([[3, 2, 1], [2, 1, 0]])
    got = hw("rlhf.log_probs.policy_log_probs")(checked(policy, 4), source, attended, tokens, 0)
    hint = "All logits are equal: all four tokens have probability 1/4."
    assert_close(got, torch.full((2, 3), -math.log(4)), hint=hint)
    assert_true(
        len(seen) > 0, "the policy is never called", hint="From which model do the log-probabilities come?"
    )
    assert_close(seen[0][0], source, what="the input_ids of the policy")
    assert_close(seen[0][1], attended, what="the attention_mask of the policy")
    hint = "The decoder reads the response shifted right. Is it shifted exactly once?"
    read = seen[0][2][:, :3]  # reading the last token too is right if the logits after it are dropped
    assert_close(read, torch.tensor([[0, 3, 2], [0, 2, 1]]), what="the decoder input", hint=hint)


@pytest.mark.task("rlhf.log_probs.policy_log_probs")
def test_gradient_reaches_the_policy(hw):
    """The loss can train the policy: its parameters get a gradient."""
    policy = _Table(4)
    ones = torch.ones(1, 2, dtype=torch.long)
    reply = hw("rlhf.log_probs.policy_log_probs").ask(
        policy=policy,
        input_ids=ones,
        attention_mask=ones.bool(),
        tokens=torch.tensor([[2]]),
        start_id=0,
        grad_of=("policy",),
    )
    assert_tensor(reply.value, shape=(1, 1))
    # Only the row of the start id is read. It is zero, so all probabilities are 1/4: one-hot of token 2 minus 1/4.
    expected = torch.zeros(4, 4)
    expected[0] = torch.tensor([-0.25, -0.25, 0.75, -0.25])
    assert_gradient(policy.table.weight.grad, expected)


class _Table(torch.nn.Module):
    """A policy whose next token depends on the last token only, through a table of logits."""

    def __init__(self, vocabulary):
        super().__init__()
        self.table = torch.nn.Embedding(vocabulary, vocabulary)
        torch.nn.init.zeros_(self.table.weight)

    def forward(self, input_ids, attention_mask, decoder_input_ids):
        return self.table(decoder_input_ids)
