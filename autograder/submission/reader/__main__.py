"""The program that `process.run_reader` starts: it imports, sets limits, reads its request and sends its parts.

Its exit code says whose fault an end is. What goes wrong before it reads the submission, and every error of the
machine, ends it with a traceback and Python's own code 1.
"""

import json
import math
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # started by path and isolated, so that nothing else adds it

from autograder.submission.reader.machine import MachineError
from autograder.submission.reader.process import FAILED, OUT_OF_MEMORY


def main(job: str, seconds: int, memory_mb: int) -> None:
    """Does the job of the module `job`. In the job "sources", each file may take `seconds` of CPU time."""
    # Imports come before the limits; only what this job needs is imported.
    do = import_module(f"autograder.submission.reader.{job}").job
    request = json.load(sys.stdin)
    _limit("RLIMIT_AS", memory_mb << 20)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)
    try:
        for header, data in do(request):
            sys.stdout.buffer.write(json.dumps([header, len(data)]).encode() + b"\n" + data)
            sys.stdout.buffer.flush()  # what was sent is kept, whatever happens next
            if job == "sources":
                _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except (OSError, ImportError, MachineError):
        raise
    except Exception:
        traceback.print_exc()
        sys.exit(FAILED)


def _limit(name: str, value: int) -> None:
    try:
        import resource
    except ImportError:  # Windows, on a student's own machine: only the time is limited there
        return
    hard = resource.getrlimit(getattr(resource, name))[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(getattr(resource, name), (value, hard))
    except ValueError:
        if sys.platform != "darwin":  # it refuses some memory limits
            raise


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
