"""torch as isogloss uses it: one thread per worker so that sums come out the same, memory, and counts of operations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import numpy as np

from isogloss.errors import IsoglossError, UnknownName
from isogloss.extras import need

PRECISIONS = ("float32", "bfloat16")

Integers = np.ndarray[Any, Any]

_counts: ContextVar[dict[str, float] | None] = ContextVar("counts", default=None)


@lru_cache(maxsize=1)
def start_torch() -> Any:
    """The module torch, set up on first use.

    Raises
    ------
    MissingExtra
        If it is not installed.
    """
    need("torch", "transformers", "safetensors")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # forked pools of threads hang
    import torch
    import transformers

    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch


@contextmanager
def threads_restored() -> Iterator[None]:
    """Leave torch with as many threads as it had, for programs that run the lab within them."""
    import sys

    before = sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None
    if before is not None:
        sys.modules["torch"].set_num_threads(1)
    try:
        yield
    finally:
        if before is not None:
            sys.modules["torch"].set_num_threads(before)


def device() -> str:
    """Where models run: the first CUDA device if there is one."""
    return "cuda" if start_torch().cuda.is_available() else "cpu"


def hardware() -> str:
    """What jobs run on, in words."""
    import platform

    torch = start_torch()
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    return f"{platform.machine()} CPU, {torch.backends.cpu.get_cpu_capability()}, one thread per worker"


def check_precision(precision: str) -> None:
    """Raise UnknownName unless models can compute with numbers of this kind."""
    if precision not in PRECISIONS:
        raise UnknownName("precision", str(precision), PRECISIONS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on a device or on the machine."""
    torch = start_torch()
    reason = str(error)
    return isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)) or (
        isinstance(error, RuntimeError) and ("out of memory" in reason or "can't allocate memory" in reason)
    )


def with_oom_backoff(work: Callable[[Integers], None], batch: Integers) -> None:
    """Do some work on a batch; where memory runs out, on each half of it.

    Raises
    ------
    IsoglossError
        If memory does not suffice for a single text.
    """
    try:
        work(batch)
        return
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(batch) == 1:
            raise IsoglossError(
                "memory does not suffice for a single text", hint="lower max_length, or use a smaller model"
            ) from None
    if device() == "cuda":
        start_torch().cuda.empty_cache()  # outside of the handler, which would hold on to the failed tensors
    middle = len(batch) // 2
    with_oom_backoff(work, batch[:middle])
    with_oom_backoff(work, batch[middle:])


@contextmanager
def metered() -> Iterator[dict[str, float]]:
    """Sum up what `count` is given within the block."""
    counts: dict[str, float] = {}
    token = _counts.set(counts)
    try:
        yield counts
    finally:
        _counts.reset(token)


def count(**amounts: float) -> None:
    """Add amounts to the sums of the innermost `metered` block, if there is one."""
    counts = _counts.get()
    if counts is not None:
        for name, amount in amounts.items():
            counts[name] = counts.get(name, 0) + amount
