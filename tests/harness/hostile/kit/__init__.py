"""What attacks bring along: these files are part of every hostile submission, and never imported by the runner."""
