"""Preferences: which of two answers is the better one, and how much a model says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

SHARES = {"expert": 0.7, "replay": 0.2, "between": 0.1}
"""Of the pairs of a step: a demonstration over a sample of the model as it is, over one of the model as it was, and a
later sample over an earlier one."""

Samples = Sequence[Sequence[str]]
"""Answers of a model to the prompt of each demonstration."""


class Pair(NamedTuple):
    """Two answers to the prompt of a demonstration, the better one first."""

    place: int
    chosen: str
    rejected: str


def preference_loss(chosen: Any, rejected: Any, beta: float) -> Any:
    """The loss of direct preference optimisation for each pair.

    Parameters
    ----------
    chosen, rejected : torch.Tensor, shape (pairs,)
        Log-probability of each answer under the model, less that under the reference, in nats.
    beta : float

    Returns
    -------
    torch.Tensor, shape (pairs,)

    Notes
    -----
    -log sigmoid(beta (chosen - rejected)), Rafailov et al. (2023, equation 7).
    """
    from torch.nn.functional import softplus

    return softplus(-beta * (chosen - rejected))


def pair_counts(pairs: int) -> dict[str, int]:
    """How many pairs of each kind a step has at most."""
    return {kind: round(share * pairs) for kind, share in SHARES.items()}


def pair_pools(demonstrations: Sequence[str], history: Sequence[Samples]) -> dict[str, list[Pair]]:
    """All pairs of each kind.

    Parameters
    ----------
    demonstrations : sequence of str
        Their answers.
    history : sequence of Samples
        Of the model at each drawing, the newest last.

    Notes
    -----
    Two answers that are the same text are no pair: their loss has no gradient.
    """
    newest, older = history[-1], history[:-1]
    pools = {
        "expert": _over(demonstrations, newest),
        "replay": [pair for one in older for pair in _over(demonstrations, one)],
        "between": [
            Pair(place, chosen, rejected)
            for late, later in enumerate(history) for earlier in history[:late]
            for place, answers in enumerate(zip(later, earlier, strict=True))
            for chosen, rejected in product(*answers)
        ],
    }  # fmt: skip
    return {kind: [pair for pair in pool if pair.chosen != pair.rejected] for kind, pool in pools.items()}


def _over(demonstrations: Sequence[str], samples: Samples) -> list[Pair]:
    return [Pair(place, demonstrations[place], sample) for place, some in enumerate(samples) for sample in some]


def draw_pairs(pools: dict[str, list[Pair]], pairs: int, chance: np.random.Generator) -> Iterator[Pair]:
    """The pairs of a step, drawn of each kind without replacement; fewer where a kind has too few."""
    for kind, most in pair_counts(pairs).items():
        pool = pools[kind]
        for place in chance.choice(len(pool), min(most, len(pool)), replace=False) if pool else ():
            yield pool[place]
