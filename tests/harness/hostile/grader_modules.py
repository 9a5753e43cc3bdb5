"""Names of the grader's modules that no worker may hold, read from the package: a list kept by hand would go stale."""

from functools import cache

from autograder.release import closure


@cache
def grader_modules() -> tuple[str, ...]:
    """Every module of the package but those that a zygote imports for its workers."""
    worker_side = closure.reached_from(["autograder.isolation.start"])
    return tuple(name for name in closure.all_modules() if name not in worker_side)
