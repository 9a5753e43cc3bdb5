"""`python -m student.given.experiments`, which `make train` calls."""

import sys

from .command import main

if __name__ == "__main__":  # and not where a process of its own is started
    sys.exit(main())
