"""A progress bar for people who watch, and nothing for those who do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeVar

from isogloss.text import printable

if TYPE_CHECKING:
    import rich.progress


class Progress(Protocol):
    """Receives the progress of long work; `Bar` draws it."""

    def begin(self, stage: str, total: int | None) -> None:
        """A stage of `total` steps begins; None where nobody knows how many."""

    def advance(self, steps: int = 1) -> None:
        """Some steps are done."""


Step = TypeVar("Step")
AFTER = 1.0
"""Seconds of work before a bar is drawn."""


def steps(stage: str, every: Sequence[Step], progress: Progress | None) -> Iterator[Step]:
    """Each step of a stage, told to `progress` when the next is taken."""
    if progress is not None and every:
        progress.begin(stage, len(every))
    for step in every:
        yield step
        if progress is not None:
            progress.advance()


class Bar:
    """Jobs done out of all, with the time left, on the standard error stream, once the work takes longer than `AFTER`.

    Parameters
    ----------
    shown : bool
        Whether to draw it at all; it never is where the stream is not a terminal.

    Notes
    -----
    The time left comes from the jobs finished in this run alone: those found in the store took no time
    now, and counting them would promise too much.
    """

    def __init__(self, shown: bool):
        self._progress: rich.progress.Progress | None = None
        if shown:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                speed_estimate_period=600,
                disable=not Console(stderr=True).is_terminal,
            )

    def __enter__(self) -> Bar:
        if self._progress is not None:
            self._begin = Timer(AFTER, self._progress.start)
            self._begin.daemon = True
            self._begin.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._begin.cancel()
            self._begin.join()
            if self._progress.live.is_started:
                self._progress.stop()

    def begin(self, stage: str, total: int | None) -> None:
        """Start on a stage of `total` steps; the one before is over."""
        if self._progress is not None:
            for done in self._progress.task_ids:
                self._progress.remove_task(done)
            self._progress.add_task(printable(stage), total=total)

    def advance(self, steps: int = 1) -> None:
        """Some steps of the stage are done."""
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[-1], steps)
