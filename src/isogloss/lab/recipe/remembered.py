"""What a process learnt last, for jobs that begin alike and stand beside each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The last thing made, by all that it was made of."""

    def __init__(self) -> None:
        self._last: tuple[Any, T] | None = None

    def of(self, key: Any, make: Callable[[], T]) -> T:
        """What was made of a key; made now if that is not the last one."""
        if self._last is None or self._last[0] != key:
            self._last = key, make()
        return self._last[1]
