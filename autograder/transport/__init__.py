"""How values cross between a test and a submission: as plain data, in one process or between two processes."""
