"""Question 3: early exit for TinyML."""
