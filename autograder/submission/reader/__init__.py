"""A separate program with limits that parses what was handed in."""
