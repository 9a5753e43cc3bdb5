"""Homework 12: diffusion with coin flips and with Gaussians, early exit, and RLHF for news summaries.

What holds for every function here, unless its docstring says otherwise; the tests look at it in every call:

- No argument is changed, and no result shares memory with one.
- What outlasts the call is as before: gradient mode, default dtype and device, number of threads, filters of
  warnings and the like; of a network that is passed in, its weights, mode, hooks, `grad` and `requires_grad`.
- Random numbers come from the argument `generator`, which they advance; where it is None, in the same way from
  torch's global generator. Nothing else draws or seeds. The same call in the same state gives the same bits.
- A result has the dtype and the device of the data, double precision is double precision inside as well, and
  every memory layout is welcome. Where the first axis is a batch, no row's result depends on other rows.
"""
