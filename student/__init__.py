"""Homework 12: diffusion with coin flips and with Gaussians, early exit, and RLHF for news summaries."""
