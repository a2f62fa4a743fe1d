"""The answer of `isogloss explain` to a question about evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.errors import BadValue, InputError
from isogloss.evidence import Evidence, read_evidence
from isogloss.explanation.additions import compare_additions, describe_additions
from isogloss.explanation.drivers import PERMUTATIONS, Drivers
from isogloss.explanation.explanation import Explanation, explain_forecast
from isogloss.explanation.pairs import ABSOLUTE
from isogloss.explanation.regression import USUAL, find_drivers
from isogloss.forecasting.settings import split_names
from isogloss.stats.intervals import check_level

MOST_PARTS, MOST_NEIGHBOURS, MOST_ADDITIONS = 8, 8, 10


@dataclass(frozen=True)
class ExplainAnswer:
    """What to show of an explanation.

    Attributes
    ----------
    explained : Drivers, Explanation or None
        What a picture is drawn of; None for additions.
    tables : list of (str, polars.DataFrame, int)
        Title, table and digits of what a terminal shows.
    words : str
    record : dict
        Everything, for JSON.
    flat : polars.DataFrame
        The main table, whole, for a file.
    """

    explained: Drivers | Explanation | None
    tables: list[tuple[str, pl.DataFrame, int]]
    words: str
    record: Any
    flat: pl.DataFrame


def answer_explain(
    evidence: Sequence[str],
    *,
    task: str,
    model: str,
    target: str | None = None,
    train: str | None = None,
    hide: bool = False,
    level: float = 0.9,
    forecaster: str = "default",
    response: str = "absolute",
    factors: str | None = None,
    interactions: str | None = None,
    additions: bool = False,
    examples: int | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
) -> ExplainAnswer:
    """Explain a setting, one forecast (`target`) or what languages do in mixes (`additions`).

    Raises
    ------
    InputError
        If options of one of the three are given with another.
    """
    check_level(level)
    named = _split(factors, "factors")
    _fit_together(target, train, hide, additions)
    if target is not None or additions:
        of_pairs = {"factors": factors, "interactions": interactions, "examples": examples,
                    "response": None if response == ABSOLUTE else response}  # fmt: skip
        _refuse_of_pairs([option for option, value in of_pairs.items() if value is not None])
    read = read_evidence(*evidence, languages=languages)
    which: dict[str, Any] = {"task": task, "model": model, "metric": metric, "recipe": recipe}
    if additions:
        return _of_additions(compare_additions(read, **which), read, which)
    if target is not None:
        return _of_forecast(
            explain_forecast(
                read, target, **which, train=train, hide=hide, level=level, forecaster=forecaster, languages=languages
            )
        )
    products = USUAL if interactions == USUAL else _products(interactions)
    found = find_drivers(
        read, **which, response=response, factors=named, interactions=products, examples=examples,
        permutations=permutations, seed=seed,
    )  # fmt: skip
    return _of_drivers(found)


def _fit_together(target: str | None, train: str | None, hide: bool, additions: bool) -> None:
    if target is None and (train is not None or hide):
        raise InputError("no forecast is asked about", where="train, hide", hint="say which with target=...")
    if target is not None and additions:
        raise InputError("two questions at once", where="target, additions", hint="leave out one of them")


def _refuse_of_pairs(options: Sequence[str]) -> None:
    if options:
        raise InputError(
            f"{'belongs' if len(options) == 1 else 'belong'} to what drives all pairs, not to one forecast or mix",
            where=", ".join(options), hint="leave it out, or leave out target=... and additions=True",
        )  # fmt: skip


def _split(text: str | None, where: str) -> list[str] | None:
    names = None if text is None else split_names(text)
    if names == []:
        raise BadValue("none is named", where=where, hint="name some, or leave it out")
    return names


def _products(text: str | None) -> list[tuple[str, str]]:
    products = []
    for product in _split(text, "interactions") or ():
        first, star, second = (part.strip() for part in product.partition("*"))
        if not (first and star and second):
            raise BadValue(f"'{product}' is no product", where="interactions", hint="write script*syntactic")
        products.append((first, second))
    return products


def _of_drivers(found: Drivers) -> ExplainAnswer:
    columns = {"factor": "factor", "effect": "effect", "from": "lower", "to": "upper", "q": "q", "shown": "driver",
               "share": "share", "VIF": "vif"}  # fmt: skip

    def shown(table: pl.DataFrame) -> pl.DataFrame:
        picked = table.select(pl.col(old).alias(new) for new, old in columns.items())
        yes = pl.when(pl.col("shown")).then(pl.lit("yes")).otherwise(pl.lit("no"))
        return picked.with_columns(shown=yes)

    tables = [(f"Effects in {found.unit} for one standard deviation more", shown(found.table), 2)]
    if found.interactions.height:
        tables.append(("Products of factors, beside all of them", shown(found.interactions).drop("share"), 2))
    left = "".join(f"\nnot used: {name} ({why})" for name, why in found.excluded.items())
    notes = "".join(f"\n{note}" for note in found.notes)
    flat = pl.concat([found.table, found.interactions])
    return ExplainAnswer(found, tables, found.words + left + notes, found.as_dict(), flat)


def _of_forecast(found: Explanation) -> ExplainAnswer:
    unit = 100.0 if found.bounded else 1.0
    digits = 2 if found.bounded else 4
    parts = found.contributions.group_by("group", "part", maintain_order=True).agg(pl.col("contribution").sum())
    languages = set(found.neighbours["language"])
    largest = parts.filter(~pl.col("part").is_in(list(languages)))
    largest = largest.sort(pl.col("contribution").abs(), descending=True).head(MOST_PARTS)
    scaled = pl.col("contribution") * unit
    tables = [
        (f"From {found.baseline:.3f} to {found.mean:.3f}", found.groups.with_columns(scaled), digits),
        ("Largest parts", largest.with_columns(scaled), digits),
    ]
    if found.neighbours.height:
        near = found.neighbours.head(MOST_NEIGHBOURS).with_columns(scaled)
        tables.append(("Measured languages it leans on", near.drop("language"), digits))
    return ExplainAnswer(
        found, [one for one in tables if one[1].height], found.words, found.as_dict(), found.contributions
    )


def _of_additions(table: pl.DataFrame, evidence: Evidence, which: Mapping[str, Any]) -> ExplainAnswer:
    observations = evidence.filter(**which).observations
    bounded = bool((observations["scale"] != "raw").all())
    points = "points" if bounded else str(observations["metric"][0])
    words = describe_additions(table, points)
    unit = 100.0 if bounded else 1.0
    change, low, high = (unit * pl.col(name) for name in ("difference", "lower", "upper"))
    worst = table.head(MOST_ADDITIONS).select(
        "added", "target", "kind", "pairs", change.alias("change"), low.alias("from"), high.alias("to"), "q", "verdict"
    )
    shown = [(f"What adding a language does, worst first, in {points}", worst, 2)]
    return ExplainAnswer(None, shown, words, {"words": words, "additions": table.to_dicts()}, table)
