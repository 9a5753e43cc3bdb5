"""What each command of the command line does: reads its arguments, calls the room whose job it is, shows what came out.

A group of commands is a module with `add`, which tells the command line what it has. Imports stand inside the
functions: `autograder --help` and a mistyped flag should not wait for torch.
"""

DONE, NOT_PASSED, BAD_CALL, OUR_FAULT = 0, 1, 2, 3
SIGNALLED = 128  # and the number of the signal, as a shell says it: 130 for Ctrl-C
