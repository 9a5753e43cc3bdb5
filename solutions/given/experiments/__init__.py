"""The experiments of homework 12: train, measure, plot, and save the weights as evidence.

Run `make train`, or in a notebook

    from student.given import experiments
    found = experiments.train("q3", preset="quick")
"""

from .experiment import Curve, Measured, Picture, Trained
from .run import EXPERIMENTS, Results, train

__all__ = ["EXPERIMENTS", "Curve", "Measured", "Picture", "Results", "Trained", "train"]
