"""Means by which models can be compared: over the languages that all have, with ties and what cannot be told."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from isogloss.evidence.evidence import Evidence
from isogloss.evidence.paired import SHOWN_BY
from isogloss.evidence.schema import SETTING
from isogloss.evidence.store import Store
from isogloss.evidence.summing import mean_in_order
from isogloss.languages.near_identical import count_once

COMPARED = ("task", "metric", "split", "pair")
"""What is the same for settings that are compared with one another."""
LANGUAGE = (*COMPARED, "target")
WITHIN = 1.96
"""Standard errors within which a difference may be chance: 95 % level, two-sided."""

_SAME = ("higher_is_better", "scale")

BEST, TIE, WORSE = "best", "tie", "worse"


@dataclass(frozen=True)
class ComparableMeans:
    """Means of the settings of each task and metric over the languages that all of them have.

    Attributes
    ----------
    settings : polars.DataFrame
        One row per setting that can be compared with another: the columns of `SETTING`; `shared`, the number of
        languages that all settings of its task and metric have; `shared_mean`, the mean of its scores in them, each
        language once; `shared_error`, its standard error from those of the scores, null where one is not known;
        `standing`: best, tie (within 1.96 standard errors of the difference to the best), worse, or null where
        nothing tells a tie; `scale`, how the scores were written.
    languages : polars.DataFrame
        One row per language that several settings have: `task`, `metric`, `split`, `pair`, `target`, `scale`;
        `smallest_difference`, the least difference between two models that its test items show in four of five cases,
        null where their number is not known; `spread`, the difference between its best and its worst score.
    twins : list of tuple of str
        Near-identical languages, which count as one: ("swa", "swh").
    uneven : bool
        Whether some settings that are compared were measured in different languages.
    other_items : int
        Shared languages (of each task and metric) in which settings were measured with different numbers of items, so
        that their means are not over the same ones.
    """

    settings: pl.DataFrame
    languages: pl.DataFrame
    twins: list[tuple[str, ...]]
    uneven: bool
    other_items: int = 0


def comparable_means(source: Evidence | Store) -> ComparableMeans:
    """Means of models over the languages that they share.

    Notes
    -----
    The error of a score is its standard error or, for a bounded one, sqrt(s (1 - s) / n) of its n items. That of a mean
    of L languages is sqrt(e1^2 + ... + eL^2) / L, of a difference of two sqrt(a^2 + b^2): as if the items of both were
    different ones, so that a tie is called rather than not. The smallest difference is 2.80 sqrt(2) e.
    """
    columns = [*SETTING, "target", "score", "standard_error", "items", "scale", "higher_is_better"]
    cells = source.ask(_cells, columns) if isinstance(source, Store) else _cells(source.observations.lazy()).collect()
    once = count_once(cells["target"])
    twins: dict[str, list[str]] = {}
    for language, first in once.items():
        twins.setdefault(first, []).append(language)
    cells = _together(cells.with_columns(pl.col("target").replace(once)))
    settings = pl.struct(SETTING).n_unique()
    cells = cells.with_columns(of=settings.over(COMPARED), having=settings.over(LANGUAGE)).filter(pl.col("of") > 1)
    shared = cells.filter(pl.col("having") == pl.col("of"))
    means = cells.group_by(SETTING, maintain_order=True).agg(map(pl.first, _SAME))
    means = means.join(_means(shared), on=SETTING, how="left", nulls_equal=True, maintain_order="left")
    return ComparableMeans(
        _with_standing(means.with_columns(pl.col("shared").fill_null(0))).drop("higher_is_better"),
        _smallest(cells.filter(pl.col("having") > 1)),
        [tuple(sorted(same)) for same in twins.values() if len(same) > 1],
        uneven=shared.height < cells.height,
        other_items=_with_other_items(shared),
    )


def _cells(rows: pl.LazyFrame) -> pl.LazyFrame:
    score = pl.col("score")
    chance = (score * (1 - score) / pl.col("items")).sqrt()
    error = pl.coalesce("standard_error", pl.when(pl.col("scale") != "raw").then(chance)).fill_nan(None)
    groups = rows.with_columns(error=error).group_by(*SETTING, "target")
    cells = groups.agg(mean_in_order("score"), _root_of_mean_square("error"), pl.max("items"), *map(pl.first, _SAME))
    return cells.sort(*SETTING, "target", nulls_last=True)


def _together(cells: pl.DataFrame) -> pl.DataFrame:
    groups = cells.group_by(*SETTING, "target", maintain_order=True)
    return groups.agg(pl.col("score").mean(), _root_of_mean_square("error"), pl.max("items"), *map(pl.first, _SAME))


def _with_other_items(shared: pl.DataFrame) -> int:
    """Languages whose settings have different numbers of items, as far as they are known."""
    numbers = shared.group_by(LANGUAGE).agg(numbers=pl.col("items").drop_nulls().n_unique())
    return numbers.filter(pl.col("numbers") > 1).height


def _root_of_mean_square(name: str) -> pl.Expr:
    """Null where any is."""
    known = pl.col(name).is_not_null().all()
    return pl.when(known).then((pl.col(name) ** 2).mean().sqrt()).alias(name)


def _means(shared: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("error").is_not_null().all()
    return shared.group_by(SETTING, maintain_order=True).agg(
        shared=pl.len().cast(pl.Int64),
        shared_mean=pl.col("score").mean(),
        shared_error=pl.when(known).then((pl.col("error") ** 2).sum().sqrt() / pl.len()),
    )


def _with_standing(means: pl.DataFrame) -> pl.DataFrame:
    signed = pl.when("higher_is_better").then("shared_mean").otherwise(-pl.col("shared_mean"))
    first = signed.arg_max()
    ranked = means.with_columns(
        _behind=(signed.max() - signed).over(COMPARED),
        _error_of_best=pl.col("shared_error").get(first).over(COMPARED),
    )
    error = (pl.col("shared_error") ** 2 + pl.col("_error_of_best") ** 2).sqrt()
    standing = (
        pl.when(pl.col("_behind") == 0).then(pl.lit(BEST))
        .when(pl.col("_behind") <= WITHIN * error).then(pl.lit(TIE))
        .when(pl.col("_behind") > WITHIN * error).then(pl.lit(WORSE))
    )  # fmt: skip
    return ranked.with_columns(standing=standing).drop("_behind", "_error_of_best")


def _smallest(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.group_by(LANGUAGE, maintain_order=True).agg(
        pl.first("scale"),
        smallest_difference=SHOWN_BY * 2**0.5 * _root_of_mean_square("error"),
        spread=pl.col("score").max() - pl.col("score").min(),
    )
