"""What can be bought for which language, what it costs, and what it is forecast to do to every target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.grid import Array

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
