"""Our own T5 layers equal those of transformers: same names of weights, same values, same gradients."""

import pytest
import torch
from transformers.models.t5.configuration_t5 import T5Config
from transformers.models.t5.modeling_t5 import T5Attention, T5Model

from solutions.given.networks.t5_layers import T5, buckets

VOCABULARY, WIDTH = 30, 16
ROUNDING = {"rtol": 1e-3, "atol": 2e-5}  # single precision, sums of hundreds of terms


@pytest.fixture
def both() -> tuple[T5, T5Model]:
    config = T5Config(
        vocab_size=VOCABULARY, d_model=WIDTH, d_kv=WIDTH // 4, d_ff=2 * WIDTH, num_layers=2, num_decoder_layers=2,
        num_heads=4, dropout_rate=0.0, use_cache=False, attn_implementation="eager",
    )  # fmt: skip
    torch.manual_seed(0)
    theirs = T5Model(config)
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "layer_norm" not in name:  # large enough for a clear attention
                parameter.copy_(torch.randn_like(parameter) * 0.5)
            else:
                parameter.copy_(torch.rand_like(parameter) + 0.5)
    ours = T5(VOCABULARY, WIDTH, blocks=2, heads=4)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def test_values_and_gradients_are_theirs(both: tuple[T5, T5Model]) -> None:
    ours, theirs = both
    source, target = torch.randint(VOCABULARY, (3, 150)), torch.randint(VOCABULARY, (3, 40))
    mask = torch.arange(150)[None, :] < torch.tensor([[150], [7], [1]])
    states = ours.encoder(source, mask)
    expected = theirs(input_ids=source, attention_mask=mask, decoder_input_ids=target)
    seen = mask[..., None]
    torch.testing.assert_close(states * seen, expected.encoder_last_hidden_state * seen, **ROUNDING)
    decoded = ours.decoder(target, mask, states)
    torch.testing.assert_close(decoded, expected.last_hidden_state, **ROUNDING)
    weight = torch.randn_like(decoded)
    for out in (decoded, expected.last_hidden_state):
        (out * weight).sum().backward()
    for (name, mine), (other, its) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other and mine.grad is not None, name
        scale = its.grad.abs().max().item()
        torch.testing.assert_close(
            mine.grad / scale, its.grad / scale, **ROUNDING, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("causal", [False, True])
def test_distances_have_the_right_buckets(causal: bool) -> None:
    place = torch.arange(200)
    expected = T5Attention._relative_position_bucket(
        place[None, :] - place[:, None], bidirectional=not causal
    )
    assert torch.equal(buckets(200, causal), expected)


def test_initial_weights_have_their_standard_deviation() -> None:
    torch.manual_seed(1)
    config = T5Config(
        vocab_size=500, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_decoder_layers=2, num_heads=4
    )
    theirs, ours = T5Model(config).state_dict(), T5(500, 64, blocks=2, heads=4).state_dict()
    assert theirs.keys() == ours.keys()
    for name, mine in ours.items():
        assert mine.shape == theirs[name].shape, name
        expected = theirs[name].std().item()
        assert mine.std().item() == pytest.approx(expected, rel=0.25, abs=1e-12), name
