"""For courses that use Otter: a zip of Otter's own form, graded by our grader."""
