"""The reference solution of question 4, compared with TRL, Transformers' T5, SciPy and PyTorch."""

import pytest
import torch
from scipy.signal import lfilter
from torch.nn import functional as F

from solutions.rlhf import advantages, log_probs, policy_gradient, ppo, reward_model, rewards

EOS, PAD, START = 1, 0, 0
LENGTHS = [6, 1, 3, 4]
MASK = torch.arange(6) < torch.tensor(LENGTHS)[:, None]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def tokens(*shape, seed=0, vocabulary=7):
    return torch.randint(0, vocabulary, shape, generator=torch.Generator().manual_seed(seed))


# -- TRL ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trl():
    return pytest.importorskip("trl.trainer.utils")


@pytest.fixture(scope="module")
def experimental():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
        return pytest.importorskip("trl.experimental.utils")


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.6, 1.7])
def test_token_log_probs_are_theirs(trl, temperature):
    logits, drawn = normal(3, 5, 7) * 4, tokens(3, 5)
    theirs = trl.selective_log_softmax(logits, drawn, temperature=temperature)
    torch.testing.assert_close(log_probs.token_log_probs(logits, drawn, temperature), theirs)


@pytest.mark.slow
def test_mean_of_minus_log_prob_is_their_entropy(trl):
    # Entropy is the mean of -log p under the distribution: compute the log-probability of every token.
    logits = normal(3, 5, 7)
    every = torch.stack([log_probs.token_log_probs(logits, torch.full((3, 5), v)) for v in range(7)], dim=-1)
    torch.testing.assert_close(-(every.exp() * every).sum(-1), trl.entropy_from_logits(logits))


@pytest.mark.slow
def test_mask_ends_at_their_first_true(experimental):
    drawn = tokens(50, 9, vocabulary=5)
    end = experimental.first_true_indices(drawn == EOS)
    torch.testing.assert_close(
        log_probs.response_mask(drawn, EOS), torch.arange(9) <= end[:, None], rtol=0, atol=0
    )


@pytest.mark.slow
def test_score_is_read_at_their_position(experimental):
    class Backbone(torch.nn.Module):
        def forward(self, input_ids, **_):
            return type("Output", (), {"last_hidden_state": input_ids.double()[..., None].cumsum(1)})

    class Scorer(torch.nn.Module):
        base_model_prefix = "backbone"

        def __init__(self):
            super().__init__()
            self.backbone = Backbone()

        def score(self, states):
            return states**2

    # They find the end with the padding, so a response must not contain padding before.
    drawn = torch.where(MASK, tokens(4, 6).clamp(min=2), PAD)
    every, theirs, last = experimental.get_reward(Scorer(), drawn, PAD, 0)
    assert last.tolist() == [length - 1 for length in LENGTHS]
    torch.testing.assert_close(reward_model.last_token_score(every.squeeze(-1), MASK), theirs)


# -- Transformers' T5 -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def t5():
    transformers = pytest.importorskip("transformers")
    config = transformers.T5Config(
        vocab_size=11,
        d_model=16,
        d_kv=4,
        d_ff=24,
        num_layers=2,
        num_heads=4,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=START,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.T5ForConditionalGeneration(config).eval()


@pytest.fixture
def policy(t5):
    def call(input_ids, attention_mask, decoder_input_ids):
        return t5(
            input_ids=input_ids, attention_mask=attention_mask, decoder_input_ids=decoder_input_ids
        ).logits

    return call


SOURCE = tokens(4, 5, seed=1, vocabulary=11)
ATTENDED = torch.arange(5) < torch.tensor([5, 3, 4, 2])[:, None]


@pytest.mark.slow
def test_shift_is_that_of_t5(t5):
    labels = tokens(4, 6, vocabulary=11)
    assert torch.equal(log_probs.shift_right(labels, START), t5._shift_right(labels))


@pytest.mark.slow
def test_cross_entropy_is_the_loss_of_t5(t5, policy):
    """Their loss is a mean over tokens; -100 marks ignored tokens."""
    labels = tokens(4, 6, seed=2, vocabulary=11)
    theirs = (
        t5(input_ids=SOURCE, attention_mask=ATTENDED, labels=labels.masked_fill(~MASK, -100)).loss
        * MASK.sum()
    )
    logits = policy(SOURCE, ATTENDED, log_probs.shift_right(labels, START))
    mine = policy_gradient.cross_entropy_loss(logits, labels, MASK) * len(labels)
    torch.testing.assert_close(mine, theirs)
    drawn = log_probs.policy_log_probs(policy, SOURCE, ATTENDED, labels, START)
    unit_rewards = policy_gradient.reinforce_loss(drawn, torch.ones(4), MASK) * len(labels)
    torch.testing.assert_close(unit_rewards, theirs)


@pytest.mark.slow
def test_cold_sampling_is_greedy_generation(t5, policy):
    """Their output begins with the start token, which does not belong to the response."""
    theirs = t5.generate(
        input_ids=SOURCE, attention_mask=ATTENDED.long(), do_sample=False, num_beams=1, max_new_tokens=8
    )[:, 1:]
    mine, _, mask = policy_gradient.sample_response(
        policy, SOURCE, ATTENDED, START, EOS, PAD, max_new_tokens=8, temperature=1e-6
    )
    assert torch.equal(mine, theirs)
    assert torch.equal(mask, log_probs.response_mask(theirs, EOS))


@pytest.mark.slow
def test_roll_out_and_update_agree(policy):
    """The roll-out runs token by token; the update uses one call of the policy."""
    generator = torch.Generator().manual_seed(3)
    source, attended = SOURCE.repeat(16, 1), ATTENDED.repeat(16, 1)
    drawn, old, mask = policy_gradient.sample_response(
        policy, source, attended, START, EOS, PAD, 8, temperature=0.7, generator=generator
    )
    assert 0 < int(mask.sum()) < mask.numel()
    new = log_probs.policy_log_probs(policy, source, attended, drawn, START, temperature=0.7)
    torch.testing.assert_close(torch.where(mask, new, 0.0), old)


# -- PyTorch and SciPy ----------------------------------------------------------------------------------------


def test_cross_entropy_is_that_of_pytorch():
    logits, labels = normal(4, 6, 7, seed=4) * 3, tokens(4, 6)
    theirs = F.cross_entropy(logits.transpose(1, 2), labels.masked_fill(~MASK, -100), reduction="sum") / 4
    torch.testing.assert_close(policy_gradient.cross_entropy_loss(logits, labels, MASK), theirs)


def test_preference_loss_is_a_binary_cross_entropy():
    chosen, rejected = normal(9, seed=5) * 5, normal(9, seed=6) * 5
    theirs = F.binary_cross_entropy_with_logits(chosen - rejected, torch.ones(9, dtype=torch.float64))
    torch.testing.assert_close(reward_model.preference_loss(chosen, rejected), theirs)


def test_estimators_average_to_the_divergence_of_pytorch():
    policy, reference = normal(5, 7, seed=7).log_softmax(-1), normal(5, 7, seed=8).log_softmax(-1)
    theirs = F.kl_div(reference, policy, log_target=True, reduction="none").sum(-1)
    k1, k2, k3 = rewards.kl_estimates(policy, reference)
    torch.testing.assert_close((policy.exp() * k1).sum(-1), theirs)
    torch.testing.assert_close((policy.exp() * k3).sum(-1), theirs)
    torch.testing.assert_close(k2, 0.5 * F.mse_loss(policy, reference, reduction="none"))


@pytest.mark.parametrize(("gamma", "gae_lambda"), [(0.97, 0.9), (1.0, 0.95), (0.9, 0.0), (0.8, 1.0)])
def test_gae_is_a_linear_filter(gamma, gae_lambda):
    """A[t] = delta[t] + gamma lambda A[t + 1] is SciPy's recursive filter, applied to each row from its end."""
    given, values = normal(4, 6, seed=9), normal(4, 6, seed=10)
    found, returns = advantages.gae(given, values, MASK, gamma, gae_lambda)
    for b, length in enumerate(LENGTHS):
        following = F.pad(values[b, 1:length], (0, 1))
        delta = (given[b, :length] + gamma * following - values[b, :length]).flip(0).numpy()
        theirs = torch.from_numpy(lfilter([1.0], [1.0, -gamma * gae_lambda], delta)[::-1].copy())
        torch.testing.assert_close(found[b], F.pad(theirs, (0, 6 - length)))
        torch.testing.assert_close(returns[b], F.pad(theirs + values[b, :length], (0, 6 - length)))


def test_whitening_is_a_batch_norm_of_one_channel():
    x = normal(4, 6, seed=11) * 3 + 5
    theirs = F.batch_norm(x[MASK][:, None], None, None, training=True, eps=1e-8).squeeze(1)
    mine = advantages.masked_whiten(x, MASK)
    torch.testing.assert_close(mine[MASK], theirs)
    assert not mine[~MASK].any()


def test_losses_of_ppo_before_anything_is_clipped():
    """With a wide clip the losses are an importance-weighted mean and half a mean squared error."""
    new, old, weights = normal(4, 6, seed=12) / 3, normal(4, 6, seed=13) / 3, normal(4, 6, seed=14)
    surrogate = ppo.clipped_surrogate_loss(new, old, weights, MASK, clip_eps=50.0)
    torch.testing.assert_close(surrogate, -((new - old).exp() * weights)[MASK].mean())
    value = ppo.clipped_value_loss(new, old, weights, MASK, clip_eps=50.0)
    torch.testing.assert_close(value, F.mse_loss(new[MASK], weights[MASK]) / 2)
