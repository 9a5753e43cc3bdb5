"""Known wrong answers, each with the hint that it deserves, and known right ones of another make; staff only."""
