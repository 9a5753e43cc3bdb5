"""What is assigned: `assignment.toml`, its questions, tasks, limits and policies, checked and typed."""
