"""Compares the weights of two trainings bit by bit."""

import torch


def same_weights(weights, others):
    return weights.keys() == others.keys() and all(
        torch.equal(weights[name], others[name]) for name in weights
    )
