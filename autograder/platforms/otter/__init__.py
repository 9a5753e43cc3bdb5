"""For courses that use Otter: a zip in Otter's format, graded by our grader."""
