"""Question 4: reinforcement learning from human feedback for news summaries."""
