"""A pretrained T5 for the loops of question 4: the same numbers as in transformers, and errors with a solution."""

import json

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, T5ForConditionalGeneration

from solutions.given.networks import checkpoint as files
from solutions.given.networks import pretrained_t5
from solutions.rlhf import policy_gradient
from tests.harness import small_t5

EOS, PAD, START = 1, 0, 0
LONGEST = 9


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch, tmp_path):
    small_t5.cut_off(monkeypatch, tmp_path / "cache")


@pytest.fixture(scope="module")
def tied(tmp_path_factory):
    return small_t5.save(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def untied(tmp_path_factory):
    return small_t5.save(tmp_path_factory.mktemp("t5_v1_1"), own_head=True)


@pytest.fixture(params=["tied", "untied"])
def folder(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def policy(folder):
    return pretrained_t5.load(str(folder))


@pytest.fixture
def batch(folder):
    texts = ["summarize: the mayor opens a bridge in oslo", "a ship", "the farmer paints the tower"]
    read = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")
    tokens = torch.randint(3, small_t5.VOCABULARY, (3, 7), generator=torch.Generator().manual_seed(1))
    return read["input_ids"], read["attention_mask"].bool(), tokens


def test_logits_are_those_of_transformers(policy, folder, batch):
    sources, mask, tokens = batch
    theirs = T5ForConditionalGeneration.from_pretrained(folder).eval()
    expected = theirs(input_ids=sources, attention_mask=mask.long(), decoder_input_ids=tokens).logits
    logits = policy(sources, mask, tokens)
    assert type(logits) is torch.Tensor and logits.dtype == torch.float32
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(
        policy.having_read(policy.encode(sources, mask), mask)(None, None, tokens), logits
    )


def test_greedy_responses_are_those_of_generate(policy, folder, batch):
    sources, mask, _ = batch
    theirs = T5ForConditionalGeneration.from_pretrained(folder).eval()
    sources, mask = sources.repeat(4, 1), mask.repeat(4, 1)
    sources[3:][mask[3:]] = sources[3:][mask[3:]].roll(5)
    expected = theirs.generate(
        input_ids=sources, attention_mask=mask.long(), do_sample=False, num_beams=1, max_new_tokens=LONGEST
    )
    tokens, _, response_mask = policy_gradient.sample_response(
        policy,
        sources,
        mask,
        START,
        EOS,
        PAD,
        LONGEST,
        temperature=1e-4,
        generator=torch.Generator().manual_seed(0),
    )
    assert torch.equal(tokens, expected[:, 1:])  # the output of `generate` begins with the start id
    lengths = set(response_mask.sum(dim=1).tolist())
    assert len(lengths) > 1 and LONGEST in lengths


@pytest.mark.parametrize("scored", [False, True])
def test_uses_neither_future_tokens_nor_padding(policy, batch, scored):
    sources, mask, tokens = batch
    network = policy.scored() if scored else policy
    if scored:
        torch.nn.init.normal_(network.head.weight, generator=torch.Generator().manual_seed(0))
    out = network(sources, mask, tokens)
    assert out.shape == ((3, 7) if scored else (3, 7, small_t5.VOCABULARY + small_t5.UNUSED))
    changed = tokens.clone()
    changed[:, 4:] = 5
    torch.testing.assert_close(network(sources, mask, changed)[:, :4], out[:, :4])
    assert not torch.allclose(network(sources, mask, changed)[:, 4:], out[:, 4:])
    torch.testing.assert_close(network(torch.where(mask, sources, 9), mask, tokens), out)
    torch.testing.assert_close(network(sources[1:2, :3], mask[1:2, :3], tokens[1:2]), out[1:2])
    assert not torch.allclose(network(sources, torch.ones_like(mask), tokens)[1], out[1])
    reads_padding = tokens.clone()
    reads_padding[:, 2] = PAD  # a token that a policy can draw; it is not padding for the decoder
    assert not torch.allclose(network(sources, mask, reads_padding)[:, 3:], out[:, 3:])


def test_dropout_is_off_in_both_modes(policy, folder, batch):
    assert json.loads((folder / "config.json").read_text())["dropout_rate"] == 0.1
    out = policy.eval()(*batch)
    assert torch.equal(policy.train()(*batch), out)
    marks = policy.scored()
    torch.nn.init.ones_(marks.head.weight)
    assert torch.equal(marks.train()(*batch), marks.eval()(*batch))


def test_decoder_parameters_are_those_that_the_encoder_does_not_use(policy, folder, batch):
    sources, mask, tokens = batch
    states = policy.encode(sources, mask)
    states.square().sum().backward()
    names = {name for name, p in policy.named_parameters() if p.grad is None}
    answering = {id(p) for p in policy.answering_parameters()}
    assert {name for name, p in policy.named_parameters() if id(p) in answering} == names
    own_head = {"lm_head.weight"} if folder.name.startswith("t5_v1_1") else set()
    assert {name for name in names if not name.startswith("decoder.")} == own_head
    policy.zero_grad()
    policy.answer(states.detach(), mask, tokens).square().sum().backward()
    assert all(p.grad is not None for p in policy.answering_parameters())
    assert all(p.grad is None for p in policy.encoder.block.parameters())


def test_scored_network_is_a_copy_with_a_head_of_zeros(policy, batch):
    sources, mask, tokens = batch
    state = torch.get_rng_state()
    scored = policy.scored()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(scored(*batch), torch.zeros(3, 7))
    assert torch.equal(scored.encode(sources, mask), policy.encode(sources, mask))
    before = policy(*batch)
    decoded = policy.decode(policy.encode(sources, mask), mask, tokens)
    torch.nn.init.normal_(scored.head.weight)
    torch.testing.assert_close(scored(*batch), decoded @ scored.head.weight[0])
    shared = {p.data_ptr() for p in policy.parameters()} & {p.data_ptr() for p in scored.parameters()}
    assert not shared
    scored.encoder.embed_tokens.weight.data.zero_()  # the copy has its own decoder too
    assert not scored.decoder.embed_tokens.weight.any()
    assert torch.equal(policy(*batch), before)


def test_half_precision_is_used_only_for_computation(policy, folder, batch, monkeypatch):
    sources, mask, tokens = batch
    full, full_states = policy(*batch), policy.encode(sources, mask)
    half = pretrained_t5.load(str(folder), half_precision=True)
    assert torch.equal(half(*batch), full)  # half precision brings nothing on these processors
    monkeypatch.setattr(pretrained_t5.PretrainedT5, "_halves", lambda *_: True)
    states, logits = half.encode(sources, mask), half(*batch)
    assert states.dtype == torch.bfloat16 and logits.dtype == torch.float32
    assert not torch.equal(logits, full)
    torch.testing.assert_close(states.float(), full_states, rtol=0.05, atol=0.05)
    torch.testing.assert_close(logits, full, rtol=0.05, atol=0.05 * full.abs().max().item())
    assert not torch.equal(logits, logits.bfloat16().float())  # the last layer is not rounded
    logits.sum().backward()
    assert (
        {p.dtype for p in half.parameters()} == {p.grad.dtype for p in half.parameters()} == {torch.float32}
    )
    assert half.scored().answer(states, mask, tokens).dtype == torch.float32


def test_weights_saved_in_half_precision_are_loaded_in_single(tied, tmp_path):
    folder = _copy(tied, tmp_path)
    small_t5.rewrite(folder, lambda weights: {name: value.bfloat16() for name, value in weights.items()})
    entries = json.loads((folder / "config.json").read_text()) | {"dtype": "bfloat16"}
    (folder / "config.json").write_text(json.dumps(entries))
    assert {p.dtype for p in pretrained_t5.load(str(folder)).parameters()} == {torch.float32}


def _copy(checkpoint, folder):
    copy = folder / "copy"
    copy.mkdir()
    for file in checkpoint.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def test_an_unreachable_name_is_reported_in_one_sentence_with_the_fix(tmp_path):
    for what in (pretrained_t5.load, files.read_config, files.read_tokenizer):
        for checkpoint in ("google-t5/t5-small", str(tmp_path / "nowhere")):
            with pytest.raises(FileNotFoundError) as caught:
                what(checkpoint)
            _is_one_sentence(caught.value, checkpoint)


def _is_one_sentence(error, checkpoint):
    message = str(error)
    assert "\n" not in message and len(message) < 600
    assert repr(checkpoint) in message and "T5_CHECKPOINT" in message
    assert "hf download google-t5/t5-small" in message
    assert (error.__context__ is None or error.__suppress_context__) and error.__cause__ is None


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_reported(tied, tmp_path, file):
    folder = _copy(tied, tmp_path)
    (folder / file).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        pretrained_t5.load(str(folder))
    _is_one_sentence(caught.value, str(folder))


def test_a_folder_without_tokenizer_is_reported(tied, tmp_path):
    folder = _copy(tied, tmp_path)
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        files.read_tokenizer(str(folder))
    _is_one_sentence(caught.value, str(folder))


def test_damaged_weights_are_reported(tied, tmp_path):
    folder = _copy(tied, tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(FileNotFoundError) as caught:
        pretrained_t5.load(str(folder))
    _is_one_sentence(caught.value, str(folder))


def test_another_architecture_is_refused(tmp_path):
    BertConfig().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="'bert', not 't5'"):
        pretrained_t5.load(str(tmp_path))


def test_random_weights_never_replace_missing_ones(tied, tmp_path):
    folder = _copy(tied, tmp_path)
    small_t5.rewrite(
        folder, lambda weights: {name: w for name, w in weights.items() if "decoder.block.1" not in name}
    )
    with pytest.raises(
        ValueError, match=r"not a complete T5: it lacks \d+ tensors, for instance decoder\.block\.1"
    ):
        pretrained_t5.load(str(folder))
