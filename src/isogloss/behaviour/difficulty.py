"""How hard each item is in each language, what a model would score on items it never answered, and what to ask next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from isogloss.behaviour.item_flags import count_distributions, group_p_values, language_p_values
from isogloss.behaviour.item_response import Array, Cube, ItemResponse
from isogloss.behaviour.item_scores import interval_widening, score_blocks
from isogloss.behaviour.items import require, require_languages
from isogloss.behaviour.ratings import with_right
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.languages import resolve
from isogloss.stats.hypotheses import benjamini_hochberg
from isogloss.stats.intervals import check_level

FALSE_DISCOVERIES = 0.05
FEWEST_MODELS = 2
LARGEST = 50_000_000
KEY = ("model", "task", "item", "language")


@dataclass(frozen=True)
class Difficulty:
    """What an item response model says of a table of items.

    Attributes
    ----------
    scores : polars.DataFrame
        For each `model`, `task` and `language`: `answered` of `items`, `share` (right of those answered; null where
        none is), `forecast` of the share over all items with `lower` and `upper`, `others` (the mean share of the other
        models, the baseline), and `task_unmeasured`, whether the model answered no item of the task in any language.
    probabilities : polars.DataFrame
        For each `model`, `task`, `item` and `language` that was not answered: `probability` of a right answer, and
        `information`, how much an answer would tell of the model's ability there (Fisher's; larger is better).
    items : polars.DataFrame
        For each `task` and `item`: `difficulty` (the ability at which half are right, on average over languages) and
        `slope`.
    flags : polars.DataFrame
        Items that are harder in one language (`kind` "language") or differ in a group of languages (`kind` "group"):
        `task`, `item`, `where`, `shortfall` (right answers fewer than expected), `p`, `q`.
    variances : dict of str to float
        Of the parts of the model, learnt.
    level : float
    """

    scores: pl.DataFrame
    probabilities: pl.DataFrame
    items: pl.DataFrame
    flags: pl.DataFrame
    variances: dict[str, float]
    level: float


def score_difficulty(
    items: pl.DataFrame, *, groups: Mapping[str, str] | None = None, level: float = 0.9,
    false_discoveries: float = FALSE_DISCOVERIES,
) -> Difficulty:  # fmt: skip
    """Fit an item response model with difficulties of their own in each language.

    Parameters
    ----------
    items : polars.DataFrame
        `model`, `language`, `item`, and `right`, `correct`, `rating` or `score`; `task` where there are several. As
        `read_items` gives them.
    groups : mapping of str to str, optional
        Language to the group in which it is compared; by default its family.
    level : float
        Of the intervals of scores.
    false_discoveries : float
        The expected share of wrong flags among flags (Benjamini and Hochberg 1995), for each kind of flag.

    Raises
    ------
    BadValue
        If there are too many cells, or an item was answered twice.
    NotEnoughEvidence
        If there are fewer than two languages or models, or all answers are alike.

    Notes
    -----
    See `isogloss.behaviour.item_response.ItemResponse` and `isogloss.behaviour.item_flags`.
    """
    check_level(level)
    table = _complete(items)
    names, cube = _cube(table)
    fitted = ItemResponse().fit(cube)
    return Difficulty(
        _scores(names, cube, fitted, level), _probabilities(names, cube, fitted), _items(names, fitted),
        _flags(names, cube, fitted, groups, false_discoveries), fitted.variances_, level,
    )  # fmt: skip


@dataclass(frozen=True)
class _Names:
    models: list[str]
    tasks: list[str]
    items: list[tuple[str, str]]
    languages: list[str]


def _complete(items: pl.DataFrame) -> pl.DataFrame:
    require(items, "item", "language", "model")
    judged = items if "right" in items.columns else with_right(items)
    if "task" not in judged.columns:
        judged = judged.with_columns(task=pl.lit("items"))
    table = judged.select(pl.col(*KEY).cast(pl.String), pl.col("right").cast(pl.Float64))
    require_languages(table)
    twice = table.filter(pl.struct(KEY).is_duplicated())
    if twice.height:
        row = twice.row(0, named=True)
        raise BadValue(
            f"item {row['item']} was answered twice by {row['model']} in {row['language']}", where="items",
            hint="keep one answer of each model, or choose a task",
        )  # fmt: skip
    if (count := table["model"].n_unique()) < FEWEST_MODELS:
        raise NotEnoughEvidence(
            f"{count} model is too few to tell items from models", where="items", hint="give answers of two models"
        )
    if table["right"].n_unique() < FEWEST_MODELS:
        raise NotEnoughEvidence("all answers are right, or all are wrong", where="items", hint="add harder items")
    return table


def _cube(table: pl.DataFrame) -> tuple[_Names, Cube]:
    models, languages, tasks = (table[name].unique().sort().to_list() for name in ("model", "language", "task"))
    pairs = table.select("task", "item").unique().sort("task", "item").rows()
    if (cells := len(models) * len(pairs) * len(languages)) > LARGEST:
        raise BadValue(f"{cells:,} cells of models, items and languages are too many", where="items",
                       hint="choose a task or fewer models")  # fmt: skip
    place = pl.DataFrame(pairs, schema=["task", "item"], orient="row").with_row_index("place")
    placed = table.join(place, on=["task", "item"], maintain_order="left")
    numbers = {name: {one: number for number, one in enumerate(every)} for name, every in
               (("model", models), ("language", languages))}  # fmt: skip
    right = np.full((len(models), len(pairs), len(languages)), np.nan)
    where = [placed[name].replace_strict(numbers[name], return_dtype=pl.Int64).to_numpy() for name in numbers]
    right[where[0], placed["place"].to_numpy(), where[1]] = placed["right"].to_numpy()
    kinds = np.array([tasks.index(task) for task, _ in pairs])
    return _Names(models, tasks, pairs, languages), Cube(right, kinds)


def _scores(names: _Names, cube: Cube, fitted: ItemResponse, level: float) -> pl.DataFrame:
    """The share of right answers of each model in each task and language, measured and forecast."""
    from scipy.stats import norm

    rows = []
    half = interval_widening(cube, level) * norm.ppf((1 + level) / 2)
    unmeasured = np.stack([np.isnan(cube.right[:, cube.tasks == kind]).all(axis=(1, 2))
                           for kind in range(len(names.tasks))])  # fmt: skip
    for block in score_blocks(cube, fitted, fitted.probabilities(cube)):
        known, found, mean, total = block.answered, block.right, block.forecast, block.items
        width = half * block.spread
        with np.errstate(invalid="ignore"):
            shares = found / known
        measured = shares[known > 0]
        for place, model in enumerate(names.models):
            others = np.delete(shares, place)
            rows.append({
                "model": model, "task": names.tasks[block.task], "language": names.languages[block.language],
                "answered": int(known[place]), "items": total,
                "share": float(shares[place]) if known[place] else None, "forecast": float(mean[place]),
                "lower": float(max(found[place] / total, mean[place] - width[place])),
                "upper": float(min((found[place] + total - known[place]) / total, mean[place] + width[place])),
                "others": float(np.nanmean(others)) if len(measured) > (known[place] > 0) else None,
                "task_unmeasured": bool(unmeasured[block.task, place]),
            })  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"share": pl.Float64, "others": pl.Float64})


def _probabilities(names: _Names, cube: Cube, fitted: ItemResponse) -> pl.DataFrame:
    there = ~np.isnan(cube.right).all(axis=0)
    model, item, language = np.nonzero(np.isnan(cube.right) & there)
    probability = fitted.probabilities(cube)[model, item, language]
    slope = fitted.slopes[item]
    tasks, called = zip(*names.items, strict=True)
    return pl.DataFrame(
        {
            "model": np.array(names.models)[model], "task": np.array(tasks)[item], "item": np.array(called)[item],
            "language": np.array(names.languages)[language], "probability": probability,
            "information": slope**2 * probability * (1 - probability),
        },
        schema={
            "model": pl.String, "task": pl.String, "item": pl.String, "language": pl.String, "probability": pl.Float64,
            "information": pl.Float64,
        },
    ).sort("information", descending=True)  # fmt: skip


def _items(names: _Names, fitted: ItemResponse) -> pl.DataFrame:
    tasks, called = zip(*names.items, strict=True)
    slope = fitted.slopes
    demand = -(fitted.parts_["level"] + fitted.parts_["item"])
    table = pl.DataFrame({"task": tasks, "item": called, "difficulty": demand / slope, "slope": slope})
    return table.sort("difficulty", descending=True)


def _flags(
    names: _Names, cube: Cube, fitted: ItemResponse, groups: Mapping[str, str] | None, share: float
) -> pl.DataFrame:
    """Items that are harder in a language, and items that differ in a group of which no language is flagged alone."""
    counts = count_distributions(cube, fitted)
    alone = _flagged(names, "language", names.languages, *language_p_values(cube, counts), share)
    by_group: dict[str, list[int]] = {}
    for place, language in enumerate(names.languages):
        family = resolve(language).family  # its ancestors, from the family down
        group = (groups or {}).get(language) or (family[0] if family else language)
        by_group.setdefault(group, []).append(place)
    large = {group: places for group, places in sorted(by_group.items()) if 1 < len(places) < len(names.languages)}
    if not large:
        return alone
    together = _flagged(names, "group", [*large], *group_p_values(cube, counts, [*large.values()]), share)
    return pl.concat([alone, together.join(alone, on=["task", "item"], how="anti")])


def _flagged(
    names: _Names, kind: str, where: Sequence[str], p_values: Array, shortfall: Array, share: float
) -> pl.DataFrame:
    item, column = np.nonzero(~np.isnan(p_values))
    p = p_values[item, column]
    q = np.array(benjamini_hochberg(p))
    tasks, called = zip(*names.items, strict=True)
    table = pl.DataFrame(
        {
            "kind": [kind] * len(p), "task": np.array(tasks)[item], "item": np.array(called)[item],
            "where": np.array(where)[column], "shortfall": shortfall[item, column], "p": p, "q": q,
        }
    )  # fmt: skip
    return table.filter(pl.col("q") <= share).sort("p", "item", "where")
