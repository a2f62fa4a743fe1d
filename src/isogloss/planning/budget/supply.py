"""What can be bought: types of examples with price, exchange rate and limit, and menus of options with their gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import BadValue, InputError
from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import LABELLED as LABELLED_PART
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.grid import Array
from isogloss.planning.costs import LABELLED, Costs

Choice = NDArray[np.intp]
"""One option for each language, by position in the menu, of shape (languages,)."""
BEND = 10.0
"""Examples from which a log law begins to bend, as in forecasts and curves."""
HIGHEST = 2.0
FEWEST = 10
ENDLESS = 10**12


@dataclass(frozen=True)
class ExampleType:
    """Examples of one kind.

    Attributes
    ----------
    kind : str
    price : float
        Of one example.
    exchange_rate : float
        Labelled examples that one of these counts as.
    most : int
        How many there are.
    """

    kind: str
    price: float
    exchange_rate: float
    most: int


@dataclass(frozen=True)
class SupplyCurve:
    """All types of examples of one language, the cheapest per labelled example first.

    Attributes
    ----------
    language : str
    types : tuple of ExampleType
    """

    language: str
    types: tuple[ExampleType, ...]

    def afford(self, money: float) -> dict[str, int]:
        """The most that some money buys: numbers of examples by kind."""
        counts = {}
        for one in self.types:
            number = int(min(one.most, (float(money) + 1e-9) / one.price)) if one.price else one.most
            money -= number * one.price
            if number > 0:
                counts[one.kind] = number
        return counts

    def fill(self, amount: float) -> dict[str, int]:
        """The cheapest examples that count as so many labelled ones, or the nearest number below."""
        counts = {}
        for one in self.types:
            number = min(one.most, int(np.floor(amount / one.exchange_rate + 1e-9)))
            amount -= number * one.exchange_rate
            if number > 0:
                counts[one.kind] = number
        return counts

    @property
    def whole(self) -> float:
        """Price of everything there is."""
        return float(sum(one.price * one.most for one in self.types))

    def amount(self, counts: Mapping[str, int]) -> float:
        """Labelled examples that some examples count as."""
        return float(sum(one.exchange_rate * counts.get(one.kind, 0) for one in self.types))

    def cost(self, counts: Mapping[str, int]) -> float:
        """Price of some examples."""
        return float(sum(one.price * counts.get(one.kind, 0) for one in self.types))


def supply_curve(
    language: str, costs: Costs, rates: Mapping[str, float], translatable: int | None, most: int = ENDLESS
) -> SupplyCurve:
    """What can be bought of a language.

    Parameters
    ----------
    language : str
    costs : Costs
    rates : mapping of str to float
        Exchange rates of the types that are not labelled.
    translatable : int or None
        Examples there are to translate, the most of each translated kind; None where nobody knows.
    most : int
        Examples to plan with where nobody says how many there are.

    Raises
    ------
    InputError
        If nothing of it has a price.
    BadValue
        If something is free without end.
    """
    types = []
    for kind in costs.prices:
        price, cap = costs.price(kind, language), costs.cap(kind, language)
        if price is None:
            continue
        if cap is None and kind in ("translated", "post-edited"):
            cap = translatable
        value = 1.0 if kind == LABELLED else rates[kind]
        if price == 0 and cap is None:
            raise BadValue(
                f"{kind} examples of {language} are free and without end", where="costs", hint=f"add [caps.{kind}]"
            )
        if value > 0 and cap != 0:
            types.append(ExampleType(kind, price, value, most if cap is None else cap))
    if not types and all(costs.price(kind, language) is None for kind in costs.prices):
        raise InputError(
            f"nothing of {language} has a price", where="costs", hint=f"add '{language}' or 'default' to [labelled]"
        )
    return SupplyCurve(language, tuple(sorted(types, key=lambda one: (one.price / one.exchange_rate, one.kind))))


def steps_of(supply: SupplyCurve, moneys: Sequence[float]) -> list[tuple[float, float, dict[str, int]]]:
    """Amount, cost and numbers of examples for each of some sums of money, nothing first, each amount once."""
    steps = {0.0: (0.0, 0.0, dict[str, int]())}
    for money in moneys:
        counts = supply.afford(money)
        amount, cost = round(supply.amount(counts), 6), supply.cost(counts)
        if amount not in steps or cost < steps[amount][1]:
            steps[amount] = (amount, cost, counts)
    return [steps[amount] for amount in sorted(steps)]


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


def exchange_rates(costs: Costs, observations: pl.DataFrame) -> dict[str, float]:
    """Exchange rate of every type that has a price but is not labelled: as the costs say, else as measured.

    Raises
    ------
    InputError
        For a kind about which neither says anything.
    """
    rates = dict(costs.exchange_rates)
    for kind in costs.prices:
        if kind == "labelled" or kind in rates:
            continue
        measured = measure_exchange_rate(observations, kind)
        if measured is None:
            raise InputError(
                f"no exchange rate of {kind} examples was measured",
                where="costs",
                hint=f"say how many labelled ones one counts as: [exchange_rates] {kind} = 0.3",
            )
        rates[kind] = measured
    return rates


def measure_exchange_rate(observations: pl.DataFrame, kind: str) -> float | None:
    """Labelled examples that one example of a kind counts as, over all languages.

    Parameters
    ----------
    observations : polars.DataFrame
        Of one setting.
    kind : str
        `translated`, `post-edited` or `generated`.

    Returns
    -------
    float or None
        Between 0 and 2; None where fewer than ten scores have examples of that kind.

    Notes
    -----
    Least squares of score (its logit, where it has a range) = level of language and rest of the mix + slope of the
    language x log(1 + (labelled + rate x others) / 10), over the rate.
    """
    rows = _amounts(observations, kind)
    if rows is None or int((rows["other"] > 0).sum()) < FEWEST:
        return None
    line = Link.of(observations).to_line(rows["score"].to_numpy())
    labelled, other = rows["labelled"].to_numpy(), rows["other"].to_numpy()
    language = rows["target"].rank("dense").to_numpy() - 1
    cell = rows.select(pl.struct("target", "rest").rank("dense"))["target"].to_numpy() - 1
    from scipy.optimize import minimize_scalar

    def loss(rate: float) -> float:
        return _residual(line, np.log1p((labelled + rate * other) / BEND), cell, language)

    grid = np.linspace(0.0, HIGHEST, 41)
    best = int(np.argmin([loss(rate) for rate in grid]))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return float(minimize_scalar(loss, bounds=ends, method="bounded").x)


def _amounts(observations: pl.DataFrame, kind: str) -> pl.DataFrame | None:
    """Labelled examples and others of the kind behind each score, where there are no more kinds of the target's own."""
    rows = []
    for train, target, score in observations.select("train", "target", "score").iter_rows():
        mix = TrainingMix.parse(train, language=str)
        own = {part.kind: part.size for part in mix.parts if part.language == target}
        if any(size is None for size in own.values()) or set(own) - {LABELLED_PART, kind}:
            continue
        rows.append((target, str(mix.without(target)), own.get(LABELLED_PART, 0), own.get(kind, 0), score))
    if not rows:
        return None
    return pl.DataFrame(
        rows,
        schema=dict.fromkeys(("target", "rest"), pl.String) | dict.fromkeys(("labelled", "other", "score"), pl.Float64),
        orient="row",
    )


def _residual(line: Array, dose: Array, cell: Array, language: Array) -> float:
    """Squares left by a level for each cell and a slope for each language."""
    cell, language = cell.astype(int), language.astype(int)
    count = np.bincount(cell)
    centred = line - (np.bincount(cell, line) / count)[cell]
    dose = dose - (np.bincount(cell, dose) / count)[cell]
    slope = np.bincount(language, dose * centred) / (np.bincount(language, dose**2) + 1e-9)
    return float(((centred - slope[language] * dose) ** 2).sum())
