"""torch as isogloss uses it: one thread so that sums come out the same, batches, memory, and counts of operations."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np

from isogloss.errors import IsoglossError, UnknownName
from isogloss.extras import need

Precision = Literal["float32", "bfloat16"]
PRECISIONS = get_args(Precision)
Schedule = Literal["linear", "cosine", "constant"]

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


def adamw(
    parameters: Sequence[Any], *, learning_rate: float, weight_decay: float, warmup: float, steps: int,
    schedule: Schedule = "linear", **options: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """AdamW, which lets only matrices decay, and its schedule: a rise over a share of the steps, then a fall to 0.

    The fall is linear or half a cosine; a constant schedule stays at the highest.

    Returns
    -------
    optimizer : torch.optim.AdamW
    schedule : torch.optim.lr_scheduler.LambdaLR
    """
    torch = start_torch()
    decayed = [one for one in parameters if one.ndim > 1]
    others = [one for one in parameters if one.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate, fused=True, **options)
    rising = max(1, round(warmup * steps))

    def rate(step: int) -> float:
        left = min(1.0, max(0.0, (steps - step) / max(1, steps - rising)))
        fallen = {"linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2, "constant": 1.0}[schedule]
        return min((step + 1) / rising, fallen)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


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


BUDGET = 4096
"""Tokens per batch on a processor; a GPU takes sixteen times as many."""

ENOUGH = 512
"""Tokens from which a batch ends where padding would grow, rather than at its budget."""

SLACK = 0.03
"""How much of a batch may be padding once it has enough tokens."""


def by_length(lengths: Integers, budget: int | None = None) -> list[Integers]:
    """Sequences in batches, short ones first.

    Parameters
    ----------
    lengths : numpy.ndarray of int, shape (sequences,)
        Tokens of each.
    budget : int, optional
        Tokens that a batch may have with its padding; a longer sequence stands alone. By default what suits the device.

    Returns
    -------
    list of numpy.ndarray of int
        Each sequence in exactly one of them; sequences of one length keep their order.
    """
    if budget is None:
        budget = BUDGET * (16 if device() == "cuda" else 1)
    order = np.argsort(lengths, kind="stable")
    batches: list[Integers] = []
    first, total = 0, 0
    for place, length in enumerate(lengths[order]):
        size = place - first
        padded_size = (size + 1) * length
        is_full = size * lengths[order[place - 1]] >= ENOUGH and padded_size - total - length > SLACK * padded_size
        if size and (padded_size > budget or is_full):
            batches.append(order[first:place])
            first, total = place, 0
        total += length
    if len(order):
        batches.append(order[first:])
    return batches


def padding(lengths: Integers, batches: list[Integers]) -> int:
    """How many tokens of the batches are padding."""
    return int(sum(len(batch) * lengths[batch].max() - lengths[batch].sum() for batch in batches))


def padded(sequences: Sequence[Integers], filler: int, *, left: bool = False) -> tuple[Any, Any]:
    """Token sequences as one tensor, and its mask.

    Parameters
    ----------
    sequences : sequence of numpy.ndarray of int
        At least one.
    filler : int
        The token that padding consists of.
    left : bool, default False
        Whether padding stands before the tokens instead of after them.

    Returns
    -------
    ids, mask : torch.Tensor of int64, shape (sequences, longest)
        On the device; the mask is 1 where there is a token.
    """
    torch = start_torch()
    longest = max(map(len, sequences))
    ids = np.full((len(sequences), longest), filler, np.int64)
    mask = np.zeros((len(sequences), longest), np.int64)
    for row, sequence in enumerate(sequences):
        place = slice(longest - len(sequence), longest) if left else slice(0, len(sequence))
        ids[row, place] = sequence
        mask[row, place] = 1
    return torch.from_numpy(ids).to(device()), torch.from_numpy(mask).to(device())


def coefficients(model: Any) -> tuple[float, float]:
    """Floating-point operations of one pass per token, and per pair of tokens of one sequence.

    Parameters
    ----------
    model : transformers.PreTrainedModel

    Returns
    -------
    per_token, per_pair : float
        2 N, with N the weights that tokens are multiplied with (embeddings are looked up); and 4 d per layer,
        for attention (Kaplan et al. 2020, Scaling laws for neural language models, table 1). A training step
        takes three times as many, two of them backwards.
    """
    embeddings = {name for name, module in model.named_modules() if type(module).__name__ == "Embedding"}
    weights = sum(
        parameter.numel()
        for name, parameter in model.named_parameters()
        if parameter.ndim > 1 and name.rpartition(".")[0] not in embeddings
    )
    return 2.0 * weights, 4.0 * model.config.num_hidden_layers * model.config.hidden_size


def forward_flops(per: tuple[float, float] | Integers, lengths: Integers) -> float:
    """Operations of one pass over sequences of these lengths, with the coefficients of a model."""
    sizes = lengths.astype(float)
    return float(per[0] * sizes.sum() + per[1] * (sizes * sizes).sum())
