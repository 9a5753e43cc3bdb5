"""Networks that the training loops use."""
