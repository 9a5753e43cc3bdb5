"""What people and platforms read. Everything here is rendered from a record and nothing else."""
