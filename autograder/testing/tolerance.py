"""How far a right result may differ by rounding, by dtype: in the tests' comparisons and in the diagnosis."""

import torch

RELATIVE = {torch.float64: 1e-8, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 3e-2}
"""Tolerance of each value, relative to the expected value."""

FLOOR = {torch.float64: 1e-12, torch.float32: 2e-6, torch.float16: 1e-3, torch.bfloat16: 1e-2}
"""Absolute tolerance, as a part of the largest expected value: zeros never pass for small values."""
