"""A progress bar for work, whether or not it says itself what it is at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def watched(shown: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """A function that draws what is going on, how much is done and how much there is, on the standard error stream.

    Nothing is drawn unless `shown`, nor where the stream is not a terminal.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal)) as bars:
        begun: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int | None) -> None:
            if what not in begun:
                begun[what] = bars.add_task(what, total=total)
            bars.update(begun[what], completed=done, total=total)

        yield progress


@contextmanager
def at_work(what: str) -> Iterator[None]:
    """Show on a terminal that something of which nobody knows how long it takes goes on, and since when."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bars.add_task(what, total=None)
        yield
