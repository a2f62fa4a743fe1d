"""What can be bought for which language, what it costs, and what it is forecast to do to every target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import InputError
from isogloss.forecasting.grid import Array
from isogloss.planning.objectives import Objective

Choice = NDArray[np.intp]
"""One option for each language, by position in the menu, of shape (languages,)."""


@dataclass(frozen=True)
class Menu:
    """Options for every language, of which a plan takes exactly one each; what they do adds up.

    Attributes
    ----------
    languages : tuple of str
        Languages that can be bought.
    targets : tuple of str
        Languages that are scored.
    base : array of shape (targets,)
        Scores that gains are counted from.
    owner : array of int of shape (options,)
        Position in `languages` of the language each option is for, ascending; within it amounts ascend from 0.
    amounts : array of shape (options,)
        Examples, in labelled ones.
    costs : array of shape (options,)
    gains : array of shape (options, targets)
        What each option adds to every target's score; may be negative.
    """

    languages: tuple[str, ...]
    targets: tuple[str, ...]
    base: Array
    owner: NDArray[np.intp]
    amounts: Array
    costs: Array
    gains: Array

    @property
    def nothing(self) -> Choice:
        """The choice that buys nothing: the first option of every language."""
        return np.searchsorted(self.owner, np.arange(len(self.languages)))

    def scores(self, choice: Choice) -> Array:
        """Scores of the targets under a choice, of shape (targets,)."""
        return self.base + self.gains[choice].sum(0)

    def cost(self, choice: Choice) -> float:
        """What a choice costs."""
        return float(self.costs[choice].sum())

    def shortfalls(self, choice: Choice, floors: Array) -> Array:
        """How far each target is below its floor, of shape (targets,)."""
        return np.maximum(floors - self.scores(choice), 0.0)


ALMOST = 1e-12
TIE = 1e-6
"""Say of the mean, so that raising one of several worst-off languages is not for nothing."""


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
            raise InputError(
                f"the fast plan misses the guarantee of {menu.targets[worst]} by {missing[worst]:.4g}",
                where="at_least",
                hint="leave out fast=True to find out whether any plan keeps it",
            )
    even = np.full(len(menu.targets), 1 / len(menu.targets))

    def value_of(scores: Array) -> Array:
        return objective.direction * objective.values(scores) + TIE * scores @ even

    return _climb(menu, choice, budget, value_of, floors)


def _climb(menu: Menu, choice: Choice, budget: float, value_of: object, floors: Array) -> Choice:
    """Change one language at a time while that gains; of the changes that can be paid, the best for its price."""
    assert callable(value_of)
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
