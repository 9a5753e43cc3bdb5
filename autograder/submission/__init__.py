"""What was handed in: its files, sources, answers and trained weights, none of it executed."""
