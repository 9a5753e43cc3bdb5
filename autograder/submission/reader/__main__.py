"""The program that `reader.run` starts: imports, takes its limits, reads its request, then sends part after part."""

import json
import math
import sys
import time
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # started by path and isolated, so nothing else names it

from autograder.submission.reader.process import OUT_OF_MEMORY


def main(job: str, seconds: int, memory_mb: int) -> None:
    """Does the job of the module `job`; of the sources, every file has its `seconds` of computing."""
    do = import_module(
        f"autograder.submission.reader.{job}"
    ).job  # before the limits, and only what this job needs
    request = json.load(sys.stdin)
    _limit("RLIMIT_AS", memory_mb << 20)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)
    for header, data in do(request):
        sys.stdout.buffer.write(json.dumps([header, len(data)]).encode() + b"\n" + data)
        sys.stdout.buffer.flush()  # what was sent is kept, whatever comes next
        if job == "sources":
            _limit("RLIMIT_CPU", math.ceil(time.process_time()) + seconds)


def _limit(name: str, value: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: a student's own machine, where only the time is bounded
        return
    hard = resource.getrlimit(getattr(resource, name))[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(getattr(resource, name), (value, hard))
    except ValueError:
        if sys.platform != "darwin":  # which refuses some limits of memory
            raise


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
