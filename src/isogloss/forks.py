"""Forked processes: polars would wait in one for threads that only its parent has, so that an error is raised first."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TASKS = Path("/proc/self/task")
_used = _used_before_fork = False


def check_fork() -> None:
    """Called before evidence is read or used.

    Raises
    ------
    ForkedProcess
        If polars was at work when the process was forked.
    """
    global _used
    if _used_before_fork:
        from isogloss.errors import ForkedProcess

        raise ForkedProcess
    _used = True


def _look() -> None:
    global _used
    _used = _used or any(re.fullmatch(r"polars-\d+", name) for name in _threads())


def _threads() -> list[str]:
    """Names of the threads of this process, where the system tells them."""
    try:
        return [(task / "comm").read_text().strip() for task in _TASKS.iterdir()]
    except OSError:
        return []


def _remember() -> None:
    global _used_before_fork
    _used_before_fork = _used


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_look, after_in_child=_remember)
