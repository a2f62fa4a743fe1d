"""The supply curve of a language: types of examples, each with a price, an exchange rate and a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import BadValue, InputError
from isogloss.planning.costs import LABELLED, Costs

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
    found = {0.0: (0.0, 0.0, dict[str, int]())}
    for money in moneys:
        counts = supply.afford(money)
        amount, cost = round(supply.amount(counts), 6), supply.cost(counts)
        if amount not in found or cost < found[amount][1]:
            found[amount] = (amount, cost, counts)
    return [found[amount] for amount in sorted(found)]
