"""Code that the tests share and that students get too: comparisons and generators of inputs."""
