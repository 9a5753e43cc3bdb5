"""Where a submission runs: a process of its own that can reach nothing but its inputs."""
