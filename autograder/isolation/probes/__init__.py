"""A hostile submission of the doctor's own: it runs where submissions run, and imports nothing of the grader's."""
