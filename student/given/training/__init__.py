"""Training loops: seeded, deterministic on CPU, with progress."""
