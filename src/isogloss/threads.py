"""Linear algebra on one thread: with small matrices more threads only wait for each other.

Results are then the same on any number of cores.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_lock = threading.Lock()
_users = 0
_limits: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread, and give it back its own number when the last user has left.

    OpenBLAS has one number of threads for the whole process: linear algebra in other threads may be slower
    meanwhile, with the same results. Other libraries with threads (OpenMP, torch) are left alone.
    """
    global _users, _limits
    with _lock:
        if _users == 0:
            _let_any_thread_set_limits()
            _limits = _libraries().limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _let_any_thread_set_limits()
                _limits.restore_original_limits()
                _let_any_thread_set_limits()


@lru_cache(maxsize=1)
def _libraries() -> Any:
    """The BLAS of numpy and of scipy, each a library of its own; they are looked for once, which takes a while."""
    import scipy.linalg  # noqa: F401 - only libraries that are loaded can be held
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _let_any_thread_set_limits() -> None:
    """The last user may be in another thread than the first, which threadpoolctl 3.8 ignores without this."""
    import threadpoolctl

    controller: Any = getattr(threadpoolctl, "OpenBLASController", None)
    if hasattr(controller, "clear_controlling_thread"):
        controller.clear_controlling_thread(force=True)
