"""torch as the lab uses it: one thread per worker, so that sums come out the same, and no chatter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from isogloss.extras import need

PRECISIONS = ("float32", "bfloat16")


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
    """Leave torch with as many threads as it had, for whoever runs the lab within a program of theirs."""
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


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a device or on the machine."""
    torch = start_torch()
    said = str(error)
    return isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)) or (
        isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)
    )
