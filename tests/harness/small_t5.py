"""A T5 with a few thousand weights and its tokenizer, in files like those of T5-small; also a network block."""

import json
import socket
from pathlib import Path

import datasets
import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import pre_tokenizers
from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

WHO, VERBS, WHAT = ["mayor", "farmer", "pilot"], ["opens", "buys", "paints"], ["bridge", "ship", "tower"]
WHERE, WHEN = ["oslo", "lima"], ["monday", "friday"]
WORDS = ["the", "a", "in", "on", *WHO, *VERBS, *WHAT, *WHERE, *WHEN]
SENTINELS = 2
# Special ids, a single space, words, "summarize" and ":", sentinels.
VOCABULARY = 3 + 1 + len(WORDS) + 2 + SENTINELS
UNUSED = 5  # ids of the model without a token; T5-small has 28 of them


def save(folder: Path, own_head: bool = False) -> Path:
    """Writes a checkpoint. With `own_head`, like T5 1.1: the head is not the embedding, and nothing is scaled."""
    pieces = ["▁", *(f"▁{word}" for word in WORDS), "▁summarize", ":"]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(piece, -float(rank)) for rank, piece in enumerate(pieces, 1)]
    vocabulary += [(f"<extra_id_{number}>", 0.0) for number in reversed(range(SENTINELS))]
    tokenizer = T5Tokenizer(vocab=vocabulary, extra_ids=SENTINELS)
    assert isinstance(tokenizer._tokenizer.pre_tokenizer, pre_tokenizers.Sequence)
    assert len(tokenizer) == VOCABULARY
    tokenizer.save_pretrained(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = T5Config(
            vocab_size=VOCABULARY + UNUSED,
            d_model=16,
            d_kv=8,  # not d_model / num_heads, like in T5 1.1
            d_ff=24,
            num_layers=2,
            num_heads=4,
            feed_forward_proj="gated-gelu" if own_head else "relu",
            decoder_start_token_id=0,
        )
        model = T5ForConditionalGeneration(config)
        for name, parameter in model.named_parameters():
            if name.endswith((".o.weight", ".wo.weight")):
                # With its initial weights it repeats the last token.
                torch.nn.init.normal_(parameter, std=3.0)
        head = torch.randn(VOCABULARY + UNUSED, 16)
    model.save_pretrained(folder)
    if own_head:
        rewrite(folder, lambda weights: weights | {"lm_head.weight": head})
        file = folder / "config.json"
        entries = json.loads(file.read_text()) | {"tie_word_embeddings": False}
        entries.pop("scale_decoder_outputs", None)  # the file of T5 1.1 is older than this flag
        file.write_text(json.dumps(entries))
    return folder


def rewrite(folder, change):
    """Replaces the weights of a checkpoint with `change(weights)`."""
    file = folder / "model.safetensors"
    weights = change(load_file(file))
    save_file(weights, file, metadata={"format": "pt"})


def cut_off(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """The libraries of Hugging Face are offline, with empty caches. A test that resolves a name or connects fails."""

    def refused(*_args, **_options):
        pytest.fail("the code tried to use the network")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache / "hub"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache / "datasets")
