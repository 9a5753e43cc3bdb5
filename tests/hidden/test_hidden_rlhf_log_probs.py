"""Question 4(a), hidden: shapes, memory layouts and edge cases of shifting, masking and selecting."""

import math

import pytest
import torch

from tests.oracles.rlhf import TinyPolicy
from tests.support.compare import assert_close, assert_gradient, assert_tensor, assert_true
from tests.support.policies import checked


@pytest.mark.task("rlhf.log_probs.shift_right")
def test_last_token_is_never_read_and_width_stays(hw):
    """Tokens equal to 0 or to the start id are shifted like all others, for every memory layout."""
    tokens = torch.tensor([[0, 3, 0, 7, 1], [3, 5, 3, 3, 8], [1, 0, 0, 0, 9]])
    expected = torch.tensor([[3, 0, 3, 0, 7], [3, 3, 5, 3, 3], [3, 1, 0, 0, 0]])
    strided = tokens.t().contiguous().t()
    got = hw("rlhf.log_probs.shift_right")(strided, 3)
    assert_close(got, expected, hint="Only the start id is new, and every row gets it.")


@pytest.mark.task("rlhf.log_probs.response_mask")
def test_padding_id_before_the_end_counts(hw):
    """The policy can draw 0 as an ordinary token. Only the first end closes a response."""
    tokens = torch.tensor([[0, 0, 5, 2, 0], [2, 2, 2, 2, 2], [0, 0, 0, 0, 0], [5, 5, 5, 5, 2]])
    expected = torch.tensor([[1, 1, 1, 1, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]).bool()
    got = hw("rlhf.log_probs.response_mask")(tokens, 2)
    assert_close(got, expected, hint="The mask depends only on the first end.")


@pytest.mark.task("rlhf.log_probs.policy_log_probs")
def test_policy_log_probs_against_a_known_policy(hw):
    """Compared with a policy with known probabilities; prefix, source, attention mask and temperature all matter."""
    policy = TinyPolicy(4)
    source, attended = (
        torch.tensor([[1, 2, 3], [3, 3, 1]]),
        torch.tensor([[True, True, False], [True, False, False]]),
    )
    tokens = torch.tensor([[2, 0, 3, 1, 0], [3, 3, 1, 2, 2]])
    got = hw("rlhf.log_probs.policy_log_probs")(
        checked(policy, 4), source, attended, tokens, 1, temperature=0.8
    )
    expected = torch.zeros(2, 5)
    for b in range(2):
        for t in range(5):
            probabilities = policy.probabilities(
                source[b].tolist(), attended[b].tolist(), [1, *tokens[b, :t].tolist()], 0.8
            )
            expected[b, t] = math.log(probabilities[int(tokens[b, t])])
    assert_close(got, expected, hint="Use one shift, one call with the attention mask, and one temperature.")


@pytest.mark.task("rlhf.log_probs.policy_log_probs")
def test_the_policy_is_called_once(hw):
    """A large batch goes through the policy in one call."""
    policy, tokens = TinyPolicy(3), torch.zeros(40, 2, dtype=torch.int64)
    hw("rlhf.log_probs.policy_log_probs")(policy, tokens, tokens == 0, tokens, 1)
    hint = "The whole batch and all tokens go through the policy at once."
    assert_true(len(policy.prefixes) == 1, f"the policy is called {len(policy.prefixes)} times", hint=hint)


@pytest.mark.task("rlhf.log_probs.policy_log_probs")
def test_value_is_attached_to_the_policy(hw):
    """The log-probability of every token trains the policy."""
    policy = torch.nn.Linear(1, 3, dtype=torch.float64)

    class Policy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = policy

        def forward(self, input_ids, attention_mask, decoder_input_ids):
            return self.inner(decoder_input_ids.to(torch.float64).unsqueeze(-1))

    tokens = torch.tensor([[2, 1], [0, 2]])
    ones = torch.ones(2, 2, dtype=torch.long)
    ask = hw("rlhf.log_probs.policy_log_probs").ask
    reply = ask(
        policy=Policy(),
        input_ids=ones,
        attention_mask=ones.bool(),
        tokens=tokens,
        start_id=1,
        grad_of=("policy",),
    )
    assert_tensor(reply.value, shape=(2, 2), dtype=torch.float64)
    # d sum / d bias = sum over tokens of (one-hot - probabilities), with decoder inputs 1, 2 and 1, 0.
    expected = torch.zeros(3, dtype=torch.float64)
    for read, token in ((1, 2), (2, 1), (1, 0), (0, 2)):
        weights = (policy.weight[:, 0] * read + policy.bias).exp().detach()
        expected += torch.eye(3, dtype=torch.float64)[token] - weights / weights.sum()
    assert_gradient(policy.bias.grad, expected, hint="Does something cut the graph between them?")
