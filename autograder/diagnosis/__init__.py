"""Names the mistake behind a submission's results: known mistakes are called with the same arguments and compared."""
