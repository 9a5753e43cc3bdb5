"""Submissions that attack the grader, each with the outcome that it must have: `python -m tests.harness.hostile`.

A tiny homework full of secrets is graded once for every entry of the corpus, by one grader. Whether an attack got
anywhere is looked at from outside: the score, the records, canaries, processes, sockets. Nothing that a submission says
of itself counts.
"""
