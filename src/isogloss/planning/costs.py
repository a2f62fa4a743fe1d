"""What things cost: examples by kind and language, machine time, and what a recipe takes to make and to run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Le
from pydantic import BeforeValidator, Field

from isogloss.config import Help, Table, known, read_toml, section_of, validate
from isogloss.errors import BadValue
from isogloss.evidence.training_mix import KINDS as OTHER_KINDS
from isogloss.languages import resolve

LABELLED = "labelled"
PRICED_KINDS = (LABELLED, *OTHER_KINDS)
"""Kinds of examples that have a price: those of mixes, with a name for the usual one."""
DEFAULT = "default"
MOST = 1e12
Number = TypeVar("Number", int, float)


def _for_all(value: Any) -> Any:
    """One number stands for all languages."""
    return value if isinstance(value, dict) else {DEFAULT: value}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Amount = Annotated[float, Ge(0), Le(MOST)]
Saving = Annotated[float, Ge(-MOST), Le(MOST)]
Count = Annotated[int, BeforeValidator(_whole), Ge(0), Le(MOST)]
Prices = Annotated[dict[str, Amount], BeforeValidator(_for_all)]
Caps = Annotated[dict[str, Count], BeforeValidator(_for_all)]


class RecipeCost(Table):
    """What one recipe takes, before prices.

    Attributes
    ----------
    train_hours : float
        Machine time of training.
    translated_examples, labels : float
        Training examples to translate by machine, and to label.
    serve_seconds : float
        Machine time of the model for one query.
    translated_per_query : float
        Texts to translate by machine before the model can answer one query (1 for translate-test).
    """

    train_hours: Amount = 0.0
    translated_examples: Amount = 0.0
    labels: Amount = 0.0
    serve_seconds: Amount = 0.0
    translated_per_query: Amount = 0.0


class ComputeCost(Table):
    """Price of an hour of machine time, and the time that one text takes to translate."""

    hour: Amount = 0.0
    seconds_per_translation: Amount = 0.0


class OfferCost(Table):
    """An adaptation that can be bought.

    Attributes
    ----------
    adaptation : str
        Its label, as scores after it are labelled in the evidence, or the beginning of it that no other shares.
    train : str or None
        Texts that training reads, in tokens, such as `hau:2000000`.
    cost : float
        What it costs beside machine time, in the currency of the file; negative where it saves money.
    hours : float
        Machine time that it takes.
    """

    adaptation: str
    train: str | None = None
    cost: Annotated[Saving | None, Help(also=("price",))] = None
    hours: Annotated[Amount | None, Help(also=("time",))] = None


class CostsFile(Table):
    """A file of costs; see `read_costs`."""

    currency: str | None = None
    labelled: Prices | None = None
    post_edited: Prices | None = Field(None, alias="post-edited")
    translated: Prices | None = None
    generated: Prices | None = None
    exchange_rates: dict[Annotated[str, known("kind of examples", OTHER_KINDS)], Amount] = Field(default_factory=dict)
    caps: dict[Annotated[str, known("kind of examples", PRICED_KINDS)], Caps] = Field(default_factory=dict)
    compute: ComputeCost = ComputeCost()
    recipes: dict[str, RecipeCost] | None = None
    offers: dict[str, OfferCost] = Field(default_factory=dict)


@dataclass(frozen=True)
class Costs:
    """Prices, and how much there is to buy.

    Attributes
    ----------
    currency : str
        What prices are in, in a word.
    prices : mapping of str to mapping of str to float
        Kind of examples -> language (or `default`) -> price of one example.
    exchange_rates : mapping of str to float
        Kind -> how many labelled examples one of that kind does as much as.
    caps : mapping of str to mapping of str to int
        Kind -> language (or `default`) -> how many examples there are at most.
    hour : float
        Price of an hour of machine time.
    seconds_per_translation : float
        Machine time of translating one text.
    recipes : mapping of str to RecipeCost
    offers : mapping of str to OfferCost
        Adaptations that can be bought, by the name that answers use.
    """

    currency: str = "examples"
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {LABELLED: {DEFAULT: 1.0}})
    exchange_rates: Mapping[str, float] = field(default_factory=dict)
    caps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hour: float = 0.0
    seconds_per_translation: float = 0.0
    recipes: Mapping[str, RecipeCost] = field(default_factory=dict)
    offers: Mapping[str, OfferCost] = field(default_factory=dict)

    def of_offer(self, name: str) -> float:
        """What an adaptation costs, with its machine time."""
        offer = self.offers[name]
        return (offer.cost or 0.0) + (offer.hours or 0.0) * self.hour

    def price(self, kind: str, language: str) -> float | None:
        """Price of one example; None where it cannot be bought."""
        prices = self.prices.get(kind, {})
        return prices.get(language, prices.get(DEFAULT))

    def cap(self, kind: str, language: str) -> int | None:
        """How many examples there are; None where it is not limited."""
        caps = self.caps.get(kind, {})
        return caps.get(language, caps.get(DEFAULT))


def read_costs(path: Path | str, languages: Mapping[str, str] | None = None) -> Costs:
    """Read a file of costs.

    Parameters
    ----------
    path : path or str
        TOML with any of `currency`; a table of prices for each kind of examples (`[labelled]`, `[post-edited]`,
        `[translated]`, `[generated]`) by language or for all (`default`); `[exchange_rates]`; `[caps]`; `[compute]`;
        `[recipes.NAME]`; `[offers.NAME]`.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.

    Raises
    ------
    BadFile, UnknownName, BadValue
        As `isogloss.config.validate` does.
    UnknownLanguage
    """
    return parse_costs(read_toml(Path(path)), str(path), languages)


def parse_costs(values: Mapping[str, Any], where: str, languages: Mapping[str, str] | None = None) -> Costs:
    """Costs from tables as a file of costs has them; errors are those of `read_costs`."""
    read = validate(CostsFile, values, where)
    tables = {name: table for name, table in read.model_dump(by_alias=True).items() if name in PRICED_KINDS and table}
    prices = {kind: _by_language(tables[kind], languages, section_of(where, kind)) for kind in tables}
    for name, offer in read.offers.items():
        if offer.cost is None and offer.hours is None:
            raise BadValue("has no cost", where=section_of(where, "offers", name), hint="add cost = 5, or hours = 2")
        if offer.hours and not read.compute.hour:
            hint = "add [compute] hour = 2.5, the price of one"
            raise BadValue("takes hours that have no price", where=section_of(where, "offers", name), hint=hint)
    # What recipes and adaptations cost is money, of which a label is not worth one unless somebody says so.
    unpriced = {} if read.recipes is not None or read.offers else {LABELLED: {DEFAULT: 1.0}}
    return Costs(
        currency=read.currency or ("money" if prices or read.offers else "examples"),
        prices=prices or unpriced,
        exchange_rates=read.exchange_rates,
        caps={kind: _by_language(caps, languages, section_of(where, "caps", kind)) for kind, caps in read.caps.items()},
        hour=read.compute.hour,
        seconds_per_translation=read.compute.seconds_per_translation,
        recipes=read.recipes or {},
        offers=read.offers,
    )


def _by_language(
    values: Mapping[str, Number], languages: Mapping[str, str] | None, where: str | None
) -> dict[str, Number]:
    """Values by canonical language."""
    read: dict[str, Number] = {}
    for code, value in values.items():
        language = DEFAULT if code == DEFAULT else resolve((languages or {}).get(code, code), where=where).id
        if language in read:
            raise BadValue(f"'{language}' stands there twice", where=where, hint="keep one of the two")
        read[language] = value
    return read


def parse_caps(texts: Sequence[str], costs: Costs, languages: Mapping[str, str] | None = None) -> Costs:
    """The costs with caps on labelled examples such as `yor:800`, or `800` for every language, over their own."""
    caps = dict(costs.caps.get(LABELLED, {}))
    for code, value in _pairs(texts, "cap", hint := "write yor:800, or 800 for all", languages):
        if value < 0 or not value.is_integer():
            raise BadValue(f"{value:g} is not a number of examples for {code}", where="cap", hint=hint)
        caps[code] = int(value)
    return replace(costs, caps={**costs.caps, LABELLED: caps})


def parse_floors(texts: Sequence[str], languages: Mapping[str, str] | None = None) -> dict[str, float]:
    """Scores to guarantee, from `yor:0.6`, or `0.6` for every language (as `default`).

    Raises
    ------
    BadValue, UnknownLanguage
    """
    return dict(_pairs(texts, "at_least", "write yor:0.6, or 0.6 for all", languages))


def _pairs(texts: Sequence[str], where: str, hint: str, languages: Mapping[str, str] | None) -> list[tuple[str, float]]:
    pairs = []
    for text in (part.strip() for group in texts for part in group.split(",")):
        code, _, number = (piece.strip() for piece in text.rpartition(":"))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadValue(f"'{text}' does not end in a number", where=where, hint=hint)
        pairs.append((resolve((languages or {}).get(code, code), where=where).id if code else DEFAULT, value))
    return pairs
