"""LITMUS's search for what to collect, from its description: from too much down to the budget, by a beam.

Srinivasan et al. 2021 (arXiv 2110.08875) and the tool of the same name. It starts from more than the budget for every
language, takes some away from one language at a time, and keeps the few best mixes of every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isogloss.forecasting.grid import Array
from isogloss.planning.objectives import Objective

WIDTH = 5
STEP = 0.1
"""Share of the budget that the linear grid takes away."""
PRUNED = 0.02
"""Share of the gain that may be lost by halving what a language gets, in the end."""


@dataclass(frozen=True)
class Found:
    """Where the search ended.

    Attributes
    ----------
    money : array of shape (languages,)
        Spent on each language.
    value : float
        Of the objective, after pruning.
    asked : int
        Mixes whose scores were asked for.
    """

    money: Array
    value: float
    asked: int


def beam_search(
    score: Callable[[Array], Array],
    languages: int,
    budget: float,
    objective: Objective,
    *,
    least: float = 1.0,
    grid: str = "exponential",
    width: int = WIDTH,
    prune: bool = True,
) -> Found | None:
    """Search as LITMUS does, but over money, which is the same where all examples cost 1.

    Parameters
    ----------
    score : function
        Money of shape (mixes, languages) to scores of shape (mixes, targets).
    languages : int
    budget : float
    objective : Objective
        LITMUS knows `mean` and `min`.
    least : float, default 1
        Price of one example: less money buys nothing.
    grid : {"exponential", "linear"}
        Start at half the budget for each language and halve, or at all of it and take away a tenth.
    width : int, default 5
    prune : bool, default True
        Whether to keep halving, smallest first, while less than `PRUNED` of the gain is lost.

    Returns
    -------
    Found or None
        None where it ended with nothing.
    """
    start = budget / 2 if grid == "exponential" else budget
    counter = _Counter(score)
    beam = np.full((1, languages), start)
    best: tuple[float, Array] | None = None
    while len(beam):
        ended = beam.sum(1) <= budget
        if ended.any():
            values = objective.direction * objective.values(counter(beam[ended]))
            top = int(values.argmax())
            if best is None or values[top] > best[0]:
                best = float(values[top]), beam[ended][top]
        children = _expand(beam[~ended], budget, grid, least)
        if not len(children):
            break
        values = objective.direction * objective.values(counter(children))
        beam = children[np.argsort(-values, kind="stable")[:width]]
    if best is None:
        return None
    money = _prune(counter, best[1], objective, least) if prune else best[1]
    return Found(money, objective.value(counter(money[None])[0]), counter.asked)


class _Counter:
    """Counts the mixes that are asked about."""

    def __init__(self, score: Callable[[Array], Array]):
        self.score, self.asked = score, 0

    def __call__(self, money: Array) -> Array:
        self.asked += len(money)
        return self.score(money)


def _expand(beam: Array, budget: float, grid: str, least: float) -> Array:
    """Every mix with less of one language, each once."""
    children = []
    for node in beam:
        for place in np.flatnonzero(node > 0):
            child = node.copy()
            less = child[place] / 2 if grid == "exponential" else child[place] - STEP * budget
            child[place] = less if less >= least * 0.999 else 0.0
            children.append(np.round(child, 9))
    return np.unique(np.array(children), axis=0) if children else np.zeros((0, beam.shape[1]))


def _prune(score: Callable[[Array], Array], money: Array, objective: Objective, least: float) -> Array:
    """Halve what languages get, smallest first, while hardly any of the gain is lost."""
    money = money.copy()
    base = score(np.zeros((1, len(money))))[0]
    whole = objective.gain(score(money[None])[0], base)
    if whole <= 0:  # nothing was gained that could be lost
        return money
    for place in np.argsort(money, kind="stable"):
        while money[place] > 0:
            less = money.copy()
            less[place] = less[place] / 2 if less[place] / 2 >= least else 0.0
            if whole - objective.gain(score(less[None])[0], base) >= PRUNED * whole:
                break
            money = less
    return money
