"""Inputs of every task that has relations, by question. `relations` in assignment.toml says which relations it has."""

from tests.support.cases import Inputs
from tests.support.inputs import coin_flip, early_exit, gaussian, rlhf

INPUTS: dict[str, Inputs] = {**coin_flip.INPUTS, **gaussian.INPUTS, **early_exit.INPUTS, **rlhf.INPUTS}
