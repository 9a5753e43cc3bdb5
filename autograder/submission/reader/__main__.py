"""The program that `process.run_reader` starts: it imports, sets limits, reads its request and sends its parts."""

import json
import math
import sys
import time
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # started by path and isolated, so that nothing else adds it

from autograder.submission.reader.process import OUT_OF_MEMORY


def main(job: str, seconds: int, memory_mb: int) -> None:
    """Does the job of the module `job`. In the job "sources", each file may take `seconds` of CPU time."""
    # Imports come before the limits; only what this job needs is imported.
    do = import_module(f"autograder.submission.reader.{job}").job
    request = json.load(sys.stdin)
    _limit("RLIMIT_AS", memory_mb << 20)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)
    for header, data in do(request):
        sys.stdout.buffer.write(json.dumps([header, len(data)]).encode() + b"\n" + data)
        sys.stdout.buffer.flush()  # what was sent is kept, whatever happens next
        if job == "sources":
            _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)


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
    try:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
