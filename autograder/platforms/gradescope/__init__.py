"""Gradescope: its metadata of a submission, the score adjustment that follows, and a run in its container."""
