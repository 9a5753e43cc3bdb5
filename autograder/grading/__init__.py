"""A whole grade of one submission by staff: staging, isolation, tests, credit, the record on disk."""
