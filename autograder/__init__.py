"""A grader for homework packages: it reads everything it needs to know from `assignment.toml`."""
