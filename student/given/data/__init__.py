"""Data on board: nothing is downloaded."""
