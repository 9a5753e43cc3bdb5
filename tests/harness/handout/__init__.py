"""Compares the handout with the code: every closed form of docs/handout/ is read, checked and falsified."""
