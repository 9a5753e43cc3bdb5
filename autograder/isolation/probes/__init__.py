"""A hostile submission that the doctor runs where submissions run. It imports nothing of the grader."""
