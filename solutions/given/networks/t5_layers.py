"""The layers of T5 (Raffel et al. 2020, arXiv:1910.10683), without dropout, cache and other parts not needed here.

The function and the names of weights are the same as in transformers' `T5Model`; a test compares them. The import of
transformers takes some seconds and 70 MB for each process, which is too much for a grading machine with 768 MB.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# The number of distances between tokens that the bias distinguishes; all distances from FARTHEST on count as one.
BUCKETS, FARTHEST = 32, 128


class Attention(nn.Module):
    """Multi-head attention whose scores are not scaled: the initial weights are small enough.

    Args:
        width: width of the states.
        heads: number of heads; they share the width.
        places: whether the layer learns a bias for each distance between tokens.
    """

    def __init__(self, width: int, heads: int, places: bool) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        nn.init.normal_(self.q.weight, std=(width * (width // heads)) ** -0.5)
        for linear in (self.k, self.v, self.o):
            nn.init.normal_(linear.weight, std=width**-0.5)
        if places:
            self.relative_attention_bias = nn.Embedding(BUCKETS, heads)
            nn.init.normal_(self.relative_attention_bias.weight, std=width**-0.5)

    def forward(self, states: Tensor, memory: Tensor | None, bias: Tensor) -> Tensor:
        """Float[B, T, width], Float[B, S, width] (None: the states) and a bias of the scores to Float[B, T, width]."""
        memory = states if memory is None else memory
        query, key, value = (
            linear(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for linear, x in ((self.q, states), (self.k, memory), (self.v, memory))
        )
        weights = F.softmax(query @ key.mT + bias, dim=-1)  # (B, heads, T, S)
        attended: Tensor = self.o((weights @ value).transpose(1, 2).flatten(2))
        return attended

    def place_bias(self, length: int, causal: bool) -> Tensor:
        """The bias of the scores for the distances between `length` tokens, Float[heads, length, length]."""
        bias: Tensor = self.relative_attention_bias(buckets(length, causal).to(self.q.weight.device))
        return bias.permute(2, 0, 1)


class FeedForward(nn.Module):
    """Two layers with a ReLU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.wi, self.wo = nn.Linear(width, hidden, bias=False), nn.Linear(hidden, width, bias=False)
        nn.init.normal_(self.wi.weight, std=width**-0.5)
        nn.init.normal_(self.wo.weight, std=hidden**-0.5)

    def forward(self, states: Tensor) -> Tensor:
        """Float[B, T, width] to the same shape."""
        out: Tensor = self.wo(F.relu(self.wi(states)))
        return out


class Sublayer(nn.Module):
    """Applies a part to the normalised states and adds the result to the states."""

    def __init__(self, name: str, part: nn.Module, width: int) -> None:
        super().__init__()
        self._name = name
        self.add_module(name, part)
        self.layer_norm = nn.RMSNorm(width, eps=1e-6)

    def forward(self, states: Tensor, *others: Tensor | None) -> Tensor:
        """Float[B, T, width], and further inputs of the part, to Float[B, T, width]."""
        change: Tensor = self.get_submodule(self._name)(self.layer_norm(states), *others)
        return states + change


class Block(nn.Module):
    """Attention to the sequence itself, then (in a decoder) to the encoder's states, then a feed-forward network."""

    def __init__(self, width: int, heads: int, decodes: bool, places: bool) -> None:
        super().__init__()
        parts: list[tuple[str, nn.Module]] = [("SelfAttention", Attention(width, heads, places))]
        parts += [("EncDecAttention", Attention(width, heads, places=False))] if decodes else []
        parts += [("DenseReluDense", FeedForward(width, 2 * width))]
        self.layer = nn.ModuleList(Sublayer(name, part, width) for name, part in parts)

    def forward(self, states: Tensor, bias: Tensor, memory: Tensor | None, memory_bias: Tensor) -> Tensor:
        """Float[B, T, width] to the same shape; `memory` are the encoder's states, Float[B, S, width]."""
        own, *across, feed = self.layer
        states = own(states, None, bias)
        for layer in across:
            states = layer(states, memory, memory_bias)
        out: Tensor = feed(states)
        return out


class Stack(nn.Module):
    """An encoder, or a decoder with a causal mask that ignores padding of its source.

    Args:
        words: the table of embeddings, shared with other stacks.
        blocks: number of blocks.
        heads: number of heads of each attention.
        decodes: whether it is a decoder.
    """

    def __init__(self, words: nn.Embedding, blocks: int, heads: int, decodes: bool) -> None:
        super().__init__()
        width = words.embedding_dim
        self.decodes = decodes
        self.embed_tokens = words
        self.block = nn.ModuleList(Block(width, heads, decodes, number == 0) for number in range(blocks))
        self.final_layer_norm = nn.RMSNorm(width, eps=1e-6)

    def forward(self, input_ids: Tensor, mask: Tensor, memory: Tensor | None = None) -> Tensor:
        """States of a sequence.

        Args:
            input_ids: Long[B, T].
            mask: Bool[B, S], False on padding of the source (in an encoder, of the sequence itself).
            memory: Float[B, S, width], the encoder's states, for a decoder.

        Returns:
            Float[B, T, width].
        """
        states = self.embed_tokens(input_ids)
        length = input_ids.shape[1]
        first = self.get_submodule("block.0.layer.0.SelfAttention")
        assert isinstance(first, Attention)
        bias = first.place_bias(length, self.decodes)  # all blocks use the bias of the first
        hidden = _closed(mask.bool()[:, None, None, :], states)
        if self.decodes:
            past = torch.ones(length, length, dtype=torch.bool, device=states.device).tril()
            bias = bias + _closed(past, states)
        else:
            bias = bias + hidden
        for block in self.block:
            states = block(states, bias, memory, hidden)
        out: Tensor = self.final_layer_norm(states)
        return out


class T5(nn.Module):
    """Encoder and decoder of one width, which share their embeddings.

    Args:
        vocabulary_size: V.
        width: width of the states; `heads` share it, and the feed-forward networks are twice as wide.
        blocks: number of blocks in the encoder and in the decoder.
        heads: number of heads of each attention.
    """

    def __init__(self, vocabulary_size: int, width: int, blocks: int, heads: int) -> None:
        super().__init__()
        self.shared = nn.Embedding(vocabulary_size, width)
        self.encoder = Stack(self.shared, blocks, heads, decodes=False)
        self.decoder = Stack(self.shared, blocks, heads, decodes=True)


def buckets(length: int, causal: bool) -> Tensor:
    """The bucket of the distance from each token to each other token, Long[length, length].

    Each small distance has its own bucket; large distances share buckets on a logarithmic scale. Without `causal`, half
    of the buckets are for tokens that come later.
    """
    place = torch.arange(length)
    distance = place[None, :] - place[:, None]
    count = BUCKETS if causal else BUCKETS // 2
    later = torch.zeros_like(distance) if causal else (distance > 0).long() * count
    apart = (-distance).clamp(min=0) if causal else distance.abs()
    near = count // 2
    scale = (count - near) / math.log(FARTHEST / near)
    far = near + (torch.log(apart.clamp(min=1) / near) * scale).long()
    return later + torch.where(apart < near, apart, far.clamp(max=count - 1))


def _closed(seen: Tensor, like: Tensor) -> Tensor:
    """The bias of the scores that gives weight 0 to positions where `seen` is False."""
    return torch.zeros_like(seen, dtype=like.dtype).masked_fill(~seen, torch.finfo(like.dtype).min)
