"""Runs a submission in a process of its own that can reach nothing but its inputs."""
