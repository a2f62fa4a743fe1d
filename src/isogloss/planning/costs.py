"""What things cost: examples by kind and language, machine time, and what a recipe takes to make and to run."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.training_mix import KINDS as OTHER_KINDS
from isogloss.languages import resolve

LABELLED = "labelled"
KINDS = (LABELLED, *OTHER_KINDS)
"""Kinds of examples that have a price: those of mixes, with a name for the usual one."""
DEFAULT = "default"
COMPUTE = ("hour", "seconds_per_translation")
RECIPE = ("train_hours", "translated_examples", "labels", "serve_seconds", "translated_per_query")
"""What a recipe takes: hours to train, training examples to translate, examples to label; for one query, seconds of
the model and texts to translate."""
MOST = 1e12


@dataclass(frozen=True)
class RecipeCost:
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

    train_hours: float = 0.0
    translated_examples: float = 0.0
    labels: float = 0.0
    serve_seconds: float = 0.0
    translated_per_query: float = 0.0


@dataclass(frozen=True)
class Costs:
    """Prices, and how much there is to buy.

    Attributes
    ----------
    currency : str
        What prices are in, in a word.
    prices : mapping of str to mapping of str to float
        Kind of examples -> language (or `default`) -> price of one example.
    worth : mapping of str to float
        Kind -> how many labelled examples one of that kind does as much as.
    caps : mapping of str to mapping of str to int
        Kind -> language (or `default`) -> how many examples there are at most.
    hour : float
        Price of an hour of machine time.
    seconds_per_translation : float
        Machine time of translating one text.
    recipes : mapping of str to RecipeCost
    """

    currency: str = "examples"
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {LABELLED: {DEFAULT: 1.0}})
    worth: Mapping[str, float] = field(default_factory=dict)
    caps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hour: float = 0.0
    seconds_per_translation: float = 0.0
    recipes: Mapping[str, RecipeCost] = field(default_factory=dict)

    def price(self, kind: str, language: str) -> float | None:
        """Price of one example; None where it cannot be bought."""
        said = self.prices.get(kind, {})
        return said.get(language, said.get(DEFAULT))

    def cap(self, kind: str, language: str) -> int | None:
        """How many examples there are; None where nobody said."""
        said = self.caps.get(kind, {})
        return said.get(language, said.get(DEFAULT))


def read_costs(path: Path | str, languages: Mapping[str, str] | None = None) -> Costs:
    """Read a file of costs.

    Parameters
    ----------
    path : path or str
        TOML with any of `currency`; a table of prices for each kind of examples (`[labelled]`, `[post-edited]`,
        `[translated]`, `[generated]`) by language or for all (`default`); `[worth]`; `[caps]`; `[compute]`;
        `[recipes.NAME]`.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.

    Raises
    ------
    BadFile
        If it cannot be read as TOML.
    UnknownName
        For a table, kind or entry that nothing is known by.
    BadValue
        For a price or a number that is negative, not finite or not a number.
    UnknownLanguage
    """
    name = str(path)
    try:
        said = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"is not TOML: {error}", where=name) from None
    except OSError as error:
        raise BadFile(f"cannot be read: {error.strerror or error}", where=name) from None
    return parse_costs(said, name, languages)


def parse_costs(said: Mapping[str, Any], where: str, languages: Mapping[str, str] | None = None) -> Costs:
    """Costs from tables as a file of costs has them; errors are those of `read_costs`."""
    _check_names("table", said, ("currency", *KINDS, "worth", "caps", "compute", "recipes"), where)
    read_as = languages or {}

    def by_language(values: Mapping[str, Any], at: str, convert: Callable[[Any, str], Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for code, value in values.items():
            id_ = DEFAULT if code == DEFAULT else resolve(read_as.get(code, code), where=at).id
            if id_ in found:
                raise BadValue(f"'{id_}' stands there twice", where=at, hint="keep one of the two")
            found[id_] = convert(value, f"{at} {code}")
        return found

    prices = {
        kind: by_language(_table(said, kind, where, plain=DEFAULT), f"{where} [{kind}]", _amount)
        for kind in KINDS
        if kind in said
    }
    caps = _table(said, "caps", where)
    _check_names("kind of examples", caps, KINDS, f"{where} [caps]")
    worth = _table(said, "worth", where)
    _check_names("kind of examples", worth, OTHER_KINDS, f"{where} [worth]")
    compute = _table(said, "compute", where)
    _check_names("entry of [compute]", compute, COMPUTE, where)
    return Costs(
        currency=str(said.get("currency", "money" if prices else "examples")),
        # What recipes cost is money, of which a label is not worth one unless somebody says so.
        prices=prices or ({} if "recipes" in said else {LABELLED: {DEFAULT: 1.0}}),
        worth={kind: _amount(value, f"{where} [worth] {kind}") for kind, value in worth.items()},
        caps={
            kind: by_language(_table(caps, kind, where, plain=DEFAULT), f"{where} [caps.{kind}]", _count)
            for kind in caps
        },
        **{name: _amount(value, f"{where} [compute] {name}") for name, value in compute.items()},
        recipes={name: _recipe(values, name, where) for name, values in _table(said, "recipes", where).items()},
    )


def parse_caps(texts: Sequence[str], costs: Costs, languages: Mapping[str, str] | None = None) -> Costs:
    """The costs with caps on labelled examples such as `yor:800`, or `800` for every language, over their own."""
    caps = dict(costs.caps.get(LABELLED, {}))
    for code, value in _pairs(texts, "--cap", "write yor:800, or 800 for all", languages):
        caps[code] = _count(value, f"--cap {code}")
    return Costs(**{**_fields(costs), "caps": {**costs.caps, LABELLED: caps}})


def parse_floors(texts: Sequence[str], languages: Mapping[str, str] | None = None) -> dict[str, float]:
    """Scores to guarantee, from `yor:0.6`, or `0.6` for every language (as `default`).

    Raises
    ------
    BadValue, UnknownLanguage
    """
    return dict(_pairs(texts, "--at-least", "write yor:0.6, or 0.6 for all", languages))


def _pairs(texts: Sequence[str], where: str, hint: str, languages: Mapping[str, str] | None) -> list[tuple[str, float]]:
    found = []
    for text in (part.strip() for group in texts for part in group.split(",")):
        code, _, number = (piece.strip() for piece in text.rpartition(":"))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadValue(f"'{text}' does not end in a number", where=where, hint=hint)
        found.append((resolve((languages or {}).get(code, code), where=where).id if code else DEFAULT, value))
    return found


def _recipe(values: Any, name: str, where: str) -> RecipeCost:
    at = f"{where} [recipes.{name}]"
    if not isinstance(values, dict):
        raise BadFile(f"recipes.{name} is not a table", where=where, hint=f"write it as [recipes.{name}]")
    _check_names("entry", values, RECIPE, at)
    return RecipeCost(**{key: _amount(value, f"{at} {key}") for key, value in values.items()})


def _table(said: Mapping[str, Any], key: str, where: str, *, plain: str | None = None) -> dict[str, Any]:
    """A table; one number may stand for it where it holds for all (`plain`)."""
    table = said.get(key, {})
    if isinstance(table, dict):
        return table
    if plain is not None:
        return {plain: table}
    raise BadFile(f"{key} is not a table", where=where, hint=f"write it as [{key}] with one entry per line")


def _check_names(kind: str, said: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in said:
        if name not in known:
            raise UnknownName(kind, name, known, where=where)


def _amount(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadValue(f"{value!r} is not a number", where=where, hint="write 0.07, say")
    if value < 0:
        raise BadValue(f"{value:g} is negative", where=where, hint="costs and amounts count from 0 up")
    if value > MOST:
        raise BadValue(f"{value:g} is beyond {MOST:g}", where=where, hint="write a smaller one")
    return float(value)


def _count(value: Any, where: str) -> int:
    amount = _amount(value, where)
    if amount != int(amount):
        raise BadValue(f"{amount:g} is not a whole number of examples", where=where, hint="write 800, say")
    return int(amount)


def _fields(costs: Costs) -> dict[str, Any]:
    return {name: getattr(costs, name) for name in costs.__dataclass_fields__}
