"""The progress bar while tests run, and the table after them."""

from contextlib import suppress


def show(record: dict[str, object], *, points: bool, package: str, table: bool = True) -> None:
    """Prints the table of a record, with or without points."""
    from rich.console import Console

    from autograder.render import terminal

    terminal.show(record, Console(highlight=False), points=points, package=package, table=table)


class Bar:
    """A progress bar on standard error, if that is a terminal."""

    def __enter__(self) -> "Bar":
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._row = self._progress.add_task("collecting the tests", total=None)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # the terminal has been closed, and what ends this command is more than that
            self._progress.stop()

    def advance(self, result: object, done: int, total: int) -> None:
        """Shows that one more test has ended."""
        self._progress.update(self._row, completed=done, total=total, description=getattr(result, "task", ""))
