"""`python -m student.given.experiments`, which `make train` calls."""

import sys

from .command import main

if __name__ == "__main__":  # false in the worker processes
    sys.exit(main())
