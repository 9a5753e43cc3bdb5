"""The reward model: its training loss, and the position of its score."""

import torch
from torch import Tensor
from torch.nn import functional as F


def last_token_score(token_scores: Tensor, mask: Tensor) -> Tensor:
    """The score of each response: the score at its last token, where the model has read the whole response.

    Args:
        token_scores: Float[B, T], one for each token; entries where the mask is False are ignored, also NaN.
        mask: Bool[B, T], True on the tokens of the response, including the end; at least one in each row.

    Returns:
        Float[B]. Differentiable in token_scores, only at these positions.

    Raises:
        ValueError: the shapes differ.
    """
    if token_scores.shape != mask.shape:
        raise ValueError(f"token_scores {list(token_scores.shape)} do not match the mask {list(mask.shape)}")
    # TODO(q4c): your code here.
    # HINT: the last column is padding for most rows.
    raise NotImplementedError("TODO(q4c): rlhf.reward_model.last_token_score")


def preference_loss(chosen_scores: Tensor, rejected_scores: Tensor) -> Tensor:
    """Negative log-likelihood of the observed preferences, under the model of Bradley and Terry.

        loss = -mean_b log sigmoid(chosen_scores[b] - rejected_scores[b])

    Args:
        chosen_scores: Float[B], of the preferred responses.
        rejected_scores: Float[B], of the others.

    Returns:
        Float[], nats, mean over the batch; finite for finite scores of any size. Both inputs get a gradient.

    Raises:
        ValueError: the shapes differ.

    References:
        Ouyang et al. 2022, arXiv:2203.02155, equation 1, with one pair for each prompt.
    """
    if chosen_scores.shape != rejected_scores.shape:
        raise ValueError(f"chosen {list(chosen_scores.shape)}, rejected {list(rejected_scores.shape)}")
    # TODO(q4c): your code here.
    # HINT: what is log(sigmoid(x)) at x = -200 in floating point? There is one function for both together.
    raise NotImplementedError("TODO(q4c): rlhf.reward_model.preference_loss")
