"""What tests share and students may read: comparison and generators of inputs."""
