"""Where submissions are handed in: Gradescope and Otter."""
