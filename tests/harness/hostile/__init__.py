"""Submissions that attack the grader, each with its required outcome: `python -m tests.harness.hostile`.

One grader grades a tiny homework full of secrets once for every entry of the corpus. The checks for success of an
attack run outside: the score, the records, canaries, processes, sockets. Claims of a submission about itself do not
count.
"""
