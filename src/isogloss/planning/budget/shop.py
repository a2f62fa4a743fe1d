"""What one language's examples cost: kinds, each with a price, a worth and an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.errors import BadValue, InputError
from isogloss.planning.costs import LABELLED, Costs

ENDLESS = 10**12


@dataclass(frozen=True)
class Ware:
    """Examples of one kind.

    Attributes
    ----------
    kind : str
    price : float
        Of one example.
    worth : float
        Labelled examples that one of these does as much as.
    most : int
        How many there are.
    """

    kind: str
    price: float
    worth: float
    most: int


@dataclass(frozen=True)
class Shop:
    """All kinds of examples of one language, the best worth for its price first.

    Attributes
    ----------
    language : str
    wares : tuple of Ware
    """

    language: str
    wares: tuple[Ware, ...]

    def afford(self, money: float) -> dict[str, int]:
        """The most that some money buys: numbers of examples by kind."""
        counts = {}
        for ware in self.wares:
            number = int(min(ware.most, (float(money) + 1e-9) / ware.price)) if ware.price else ware.most
            money -= number * ware.price
            if number > 0:
                counts[ware.kind] = number
        return counts

    def fill(self, amount: float) -> dict[str, int]:
        """The cheapest way to the worth of so many labelled examples, or the nearest below it."""
        counts = {}
        for ware in self.wares:
            number = min(ware.most, int(np.floor(amount / ware.worth + 1e-9)))
            amount -= number * ware.worth
            if number > 0:
                counts[ware.kind] = number
        return counts

    @property
    def whole(self) -> float:
        """Price of everything there is."""
        return float(sum(ware.price * ware.most for ware in self.wares))

    def amount(self, counts: Mapping[str, int]) -> float:
        """Worth of some examples, in labelled ones."""
        return float(sum(ware.worth * counts.get(ware.kind, 0) for ware in self.wares))

    def cost(self, counts: Mapping[str, int]) -> float:
        """Price of some examples."""
        return float(sum(ware.price * counts.get(ware.kind, 0) for ware in self.wares))


def open_shop(
    language: str, costs: Costs, worth: Mapping[str, float], translatable: int | None, most: int = ENDLESS
) -> Shop:
    """What can be bought of a language.

    Parameters
    ----------
    language : str
    costs : Costs
    worth : mapping of str to float
        Of the kinds that are not labelled.
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
    wares = []
    for kind in costs.prices:
        price, cap = costs.price(kind, language), costs.cap(kind, language)
        if price is None:
            continue
        if cap is None and kind in ("translated", "post-edited"):
            cap = translatable
        value = 1.0 if kind == LABELLED else worth[kind]
        if price == 0 and cap is None:
            raise BadValue(
                f"{kind} examples of {language} are free and without end", where="costs", hint=f"add [caps.{kind}]"
            )
        if value > 0 and cap != 0:
            wares.append(Ware(kind, price, value, most if cap is None else cap))
    if not wares and all(costs.price(kind, language) is None for kind in costs.prices):
        raise InputError(
            f"nothing of {language} has a price", where="costs", hint=f"add '{language}' or 'default' to [labelled]"
        )
    return Shop(language, tuple(sorted(wares, key=lambda ware: (ware.price / ware.worth, ware.kind))))


def steps_of(shop: Shop, moneys: Sequence[float]) -> list[tuple[float, float, dict[str, int]]]:
    """Amount, cost and numbers of examples for each of some sums of money, nothing first, each amount once."""
    found = {0.0: (0.0, 0.0, dict[str, int]())}
    for money in moneys:
        counts = shop.afford(money)
        amount, cost = round(shop.amount(counts), 6), shop.cost(counts)
        if amount not in found or cost < found[amount][1]:
            found[amount] = (amount, cost, counts)
    return [found[amount] for amount in sorted(found)]
