"""Inputs of question 4: tokens of a vocabulary, log-probabilities, rewards and values, and ragged masks."""

import torch
from torch import Tensor

from autograder.testing.homework import Homework
from tests.support.cases import MANY_DRAWS, Arguments, Draw, Inputs

WORDS = 300  # of the vocabulary of policies: more than fit into a byte


def policy(input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
    """A policy without parameters: what comes next depends on the source and on all tokens so far."""
    source = torch.where(attention_mask, input_ids, 0).sum(dim=1, keepdim=True)
    phase = source.double() + decoder_input_ids.cumsum(dim=1)
    return torch.sin(phase.unsqueeze(-1) + 1.3 * torch.arange(WORDS)).float()


def tokens(draw: Draw) -> Tensor:
    return draw.integers(0, draw.size - 1, draw.batch, draw.length)


def table(draw: Draw) -> Tensor:
    """Float[B, T] of any size."""
    return draw.normal(draw.batch, draw.length)


def shift_right(draw: Draw) -> Arguments:
    beyond = 2**33 if draw.case.scale > 1 else 0  # of what single precision and short integers can hold
    return {"tokens": tokens(draw) + beyond, "start_id": draw.integer(0, 9) + beyond}


def response_mask(draw: Draw) -> Arguments:
    beyond = 300 if draw.case.scale > 1 else 0
    return {"tokens": tokens(draw) + beyond, "eos_id": draw.integer(0, min(draw.size, 3) - 1) + beyond}


def token_log_probs(draw: Draw) -> Arguments:
    logits = draw.normal(draw.batch, draw.length, draw.size)
    return {"logits": logits, "tokens": tokens(draw), "temperature": draw.choice(1.0, 0.3, 4.0)}


def policy_log_probs(draw: Draw) -> Arguments:
    mask = draw.mask()
    source, response = (draw.integers(0, WORDS - 1, *mask.shape) for _ in range(2))
    rest = {"tokens": response, "start_id": 3, "temperature": draw.choice(1.0, 0.5)}
    return {"policy": policy, "input_ids": source, "attention_mask": mask, **rest}


def reinforce_loss(draw: Draw) -> Arguments:
    baseline = draw.choice(0.0, draw.number(-2, 2), draw.normal(draw.batch))
    return {
        "log_probs": table(draw),
        "rewards": draw.normal(draw.batch),
        "mask": draw.mask(),
        "baseline": baseline,
    }


def cross_entropy_loss(draw: Draw) -> Arguments:
    """Logits that are sure and right in the bare case: the loss is tiny."""
    logits = draw.normal(draw.batch, draw.length, draw.size)
    labels = tokens(draw)
    if draw.is_bare:
        logits.scatter_(-1, labels.unsqueeze(-1), 20.0)
    return {"logits": logits, "labels": labels, "mask": draw.mask(least=0)}


def sample_response(draw: Draw) -> Arguments:
    source = draw.integers(0, WORDS - 1, draw.batch, 3)
    ids = {"start_id": 0, "eos_id": 1, "pad_id": 2, "max_new_tokens": 5, "temperature": 0.9}
    mask = torch.ones_like(source, dtype=torch.bool)
    return {"policy": policy, "input_ids": source, "attention_mask": mask, **ids, "generator": None}


def kl_estimates(draw: Draw) -> Arguments:
    return {"log_probs": draw.normal(), "ref_log_probs": draw.normal()}


def shaped_rewards(draw: Draw) -> Arguments:
    rest = {"ref_log_probs": table(draw), "mask": draw.mask(), "kl_coef": 0.0 if draw.is_bare else 0.1}
    return {"scores": draw.normal(draw.batch), "log_probs": table(draw), **rest}


def adaptive_kl_coef(draw: Draw) -> Arguments:
    observed, target = draw.number(0, 9), draw.number(0.1, 9)
    if draw.case.scale != 1:
        observed = target * draw.number(0.7, 1.3)
    steps, horizon = draw.integer(1, 512), draw.integer(100, 20_000)
    sizes = {"observed_kl": observed, "target_kl": target, "num_steps": steps, "horizon": horizon}
    return {"kl_coef": draw.number(0, 1) * draw.case.scale, **sizes}


def last_token_score(draw: Draw) -> Arguments:
    return {"token_scores": table(draw), "mask": draw.mask()}


def preference_loss(draw: Draw) -> Arguments:
    """The chosen text is far better in the bare case: the loss is tiny."""
    better = 20.0 if draw.is_bare else 0.0
    return {"chosen_scores": draw.normal(draw.batch) + better, "rejected_scores": draw.normal(draw.batch)}


def masked(draw: Draw) -> Arguments:
    return {"x": table(draw), "mask": draw.mask()}


def gae(draw: Draw) -> Arguments:
    rates = {"gamma": draw.choice(1.0, 0.97), "gae_lambda": draw.choice(1.0, 0.9)}
    if draw.is_bare:
        rates = dict.fromkeys(rates, 0.0)
    return {"rewards": table(draw), "values": table(draw), "mask": draw.mask(), **rates}


def surrogate(draw: Draw) -> Arguments:
    old = table(draw)
    near = 0.3 if draw.case.scale == 1 else 3.0 if draw.case.scale > 1 else 1.0
    new = old + near * draw.uniform(-1, 1, draw.batch, draw.length).to(draw.case.dtype) * min(
        draw.case.scale, 10
    )
    rest = {"advantages": table(draw), "mask": draw.mask(), "clip_eps": draw.choice(0.05, 0.2, 0.9)}
    return {"log_probs": new, "old_log_probs": old, **rest}


def value_loss(draw: Draw) -> Arguments:
    rest = {"mask": draw.mask(), "clip_eps": draw.choice(0.2, 0.9) * draw.case.scale}
    return {"values": table(draw), "old_values": table(draw), "returns": table(draw), **rest}


def module(hw: Homework, draw: Draw) -> Arguments:
    return {"policy": hw.module("given.networks.t5.TinyT5Policy", WORDS, 16)}


INPUTS = {
    "rlhf.log_probs.shift_right": Inputs(shift_right, rows={"tokens": 0}),
    "rlhf.log_probs.response_mask": Inputs(response_mask, rows={"tokens": 0}),
    "rlhf.log_probs.token_log_probs": Inputs(
        token_log_probs, rows={"logits": 0, "tokens": 0}, shift=("logits",), differentiable=("logits",)
    ),
    "rlhf.log_probs.policy_log_probs": Inputs(
        policy_log_probs, rows={"input_ids": 0, "attention_mask": 0, "tokens": 0}, network=module
    ),
    "rlhf.policy_gradient.reinforce_loss": Inputs(
        reinforce_loss,
        rows={"log_probs": 0, "rewards": 0, "mask": 0, "baseline": 0},
        whole="mean",
        padded=("log_probs",),
        linear=("log_probs",),
        differentiable=("log_probs",),
        constants=("rewards",),
    ),
    "rlhf.policy_gradient.cross_entropy_loss": Inputs(
        cross_entropy_loss,
        rows={"logits": 0, "labels": 0, "mask": 0},
        whole="mean",
        padded=("logits", "labels"),
        shift=("logits",),
        differentiable=("logits",),
    ),
    "rlhf.policy_gradient.sample_response": Inputs(
        sample_response, network=module, is_graphless=True, cases=(MANY_DRAWS,)
    ),
    "rlhf.rewards.kl_estimates": Inputs(
        kl_estimates,
        rows={"log_probs": 0, "ref_log_probs": 0},
        differentiable=("log_probs",),
        constants=("ref_log_probs",),
    ),
    "rlhf.rewards.shaped_rewards": Inputs(
        shaped_rewards,
        rows={"scores": 0, "log_probs": 0, "ref_log_probs": 0, "mask": 0},
        padded=("log_probs", "ref_log_probs"),
        linear=("scores", "log_probs", "ref_log_probs"),
        constants=("scores", "log_probs", "ref_log_probs"),
    ),
    "rlhf.rewards.adaptive_kl_coef": Inputs(adaptive_kl_coef),
    "rlhf.reward_model.last_token_score": Inputs(
        last_token_score,
        rows={"token_scores": 0, "mask": 0},
        padded=("token_scores",),
        linear=("token_scores",),
        differentiable=("token_scores",),
    ),
    "rlhf.reward_model.preference_loss": Inputs(
        preference_loss,
        rows={"chosen_scores": 0, "rejected_scores": 0},
        whole="mean",
        shift=("chosen_scores", "rejected_scores"),
        differentiable=("chosen_scores", "rejected_scores"),
    ),
    "rlhf.advantages.masked_mean": Inputs(
        masked, rows={"x": 0, "mask": 0}, whole="tokens", padded=("x",), linear=("x",), differentiable=("x",)
    ),
    "rlhf.advantages.masked_whiten": Inputs(masked, padded=("x",), shift=("x",)),
    "rlhf.advantages.gae": Inputs(
        gae,
        rows={"rewards": 0, "values": 0, "mask": 0},
        padded=("rewards", "values"),
        linear=("rewards", "values"),
        constants=("rewards", "values"),
    ),
    "rlhf.ppo.clipped_surrogate_loss": Inputs(
        surrogate,
        rows={"log_probs": 0, "old_log_probs": 0, "advantages": 0, "mask": 0},
        whole="tokens",
        padded=("log_probs", "old_log_probs", "advantages"),
        differentiable=("log_probs",),
        constants=("old_log_probs", "advantages"),
    ),
    "rlhf.ppo.clipped_value_loss": Inputs(
        value_loss,
        rows={"values": 0, "old_values": 0, "returns": 0, "mask": 0},
        whole="tokens",
        padded=("values", "old_values", "returns"),
        differentiable=("values",),
        constants=("old_values", "returns"),
    ),
}
