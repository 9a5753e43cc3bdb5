"""Options that several commands have."""

import argparse


def add_only(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds `--only`."""
    parser.add_argument("-q", "--only", action="append", default=[], metavar="Q", help=f"{what}; repeatable")


def add_seed(parser: argparse.ArgumentParser, what: str = "of the random inputs") -> None:
    """Adds `--seed`."""
    parser.add_argument("--seed", type=_seed, default=0, help=f"{what} (default 0)")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Adds `--workers`."""
    parser.add_argument(
        "--workers", type=count, default=1, help="how many tests run at the same time (default 1)"
    )


def add_clock(parser: argparse.ArgumentParser, default: float | None, stated: str) -> None:
    """Adds `--clock`."""
    parser.add_argument(
        "--clock",
        type=float,
        default=default,
        metavar="SECONDS",
        help="bound of the whole grade on the clock, from the start of this command; what does not fit into it is said "
        f"to be incomplete (default: {stated})",
    )


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError("a seed must be between 0 and 2^32 - 1")
    return value


def count(text: str) -> int:
    """A positive integer, as an argument."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value
