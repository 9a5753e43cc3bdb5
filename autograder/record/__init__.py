"""What is kept of a grade: points, feedback and `submission_log.json`."""
