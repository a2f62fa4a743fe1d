"""A good choice from a menu, quickly: what gains most for its price, one change at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isogloss.errors import InputError
from isogloss.forecasting.grid import Array
from isogloss.planning.budget.supply import Choice, Menu
from isogloss.planning.objectives import Objective

ALMOST = 1e-12
TIE = 1e-6
"""Say of the mean, so that raising one of several worst-off languages is not for nothing."""


class GuaranteeMissed(InputError):
    """A guarantee cannot be kept.

    Parameters
    ----------
    say : function of two functions to str
        The reason, from what names a language and what writes a score.
    hint : str
        What to do about it.
    """

    def __init__(self, say: Callable[[Callable[[str], str], Callable[[float], str]], str], hint: str):
        self.say = say
        super().__init__(say(str, "{:.4g}".format), where="at_least", hint=hint)

    def shown(self, name: Callable[[str], str], factor: float) -> InputError:
        """The same with names of languages and scores on the reader's scale."""
        reason = self.say(name, lambda score: f"{factor * score:.4g}")
        return InputError(reason, where=self.where, hint=self.hint)


def greedy(menu: Menu, objective: Objective, budget: float, floors: Array) -> Choice:
    """A good choice, without a proof of how good.

    Guarantees are bought first, by the shortfall that each change takes away for its price; then what gains most
    for its price, while no guarantee is broken.

    Parameters
    ----------
    menu : Menu
    objective : Objective
    budget : float
    floors : array of shape (targets,)
        Scores to guarantee; -inf where there is none.

    Raises
    ------
    InputError
        If it does not find a choice that keeps the floors; the exact program may.
    """
    choice = menu.nothing
    short = np.isfinite(floors)
    if short.any():

        def kept(scores: Array) -> Array:
            return -np.maximum(floors[short] - scores[:, short], 0.0).sum(1)

        choice = _climb(menu, choice, budget, kept, np.full(len(floors), -np.inf))
        missing = menu.shortfalls(choice, floors)
        if (missing > 1e-9).any():
            worst = int(missing.argmax())
            raise GuaranteeMissed(
                lambda name, score: (
                    f"the fast plan misses the guarantee of {name(menu.targets[worst])} by {score(missing[worst])}"
                ),
                hint="leave out fast=True to find out whether any plan keeps it",
            )
    even = np.full(len(menu.targets), 1 / len(menu.targets))

    def value_of(scores: Array) -> Array:
        return objective.direction * objective.values(scores) + TIE * scores @ even

    return _climb(menu, choice, budget, value_of, floors)


def _climb(menu: Menu, choice: Choice, budget: float, value_of: Callable[[Array], Array], floors: Array) -> Choice:
    """Change one language at a time while that gains; of the changes that can be paid, the best for its price."""
    choice, scores = choice.copy(), menu.scores(choice)
    value, left = float(value_of(scores[None])[0]), budget - menu.cost(choice)
    while True:
        taken = choice[menu.owner]
        after = scores + menu.gains - menu.gains[taken]
        gained = value_of(after) - value
        price = menu.costs - menu.costs[taken]
        good = (gained > ALMOST) & (price <= left + 1e-9) & (after >= floors - 1e-9).all(1)
        if not good.any():
            return choice
        rate = np.where(good, gained / np.maximum(price, ALMOST), -np.inf)
        best = int(rate.argmax())
        left -= price[best]
        choice[menu.owner[best]] = best
        scores = menu.scores(choice)
        value = float(value_of(scores[None])[0])
