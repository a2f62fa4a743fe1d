"""X-FaKT: do facts of a country come out right in the language of that country only?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.cells import Cells, read_cells
from isogloss.behaviour.countries import tiers
from isogloss.behaviour.metrics.frs import FRS
from isogloss.behaviour.metrics.kts import KTS
from isogloss.behaviour.metrics.xfakt import XFAKT
from isogloss.stats.hypotheses import holm, permutation_p_value
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 2_000
PERMUTATIONS = 9_999
MOST_ENUMERATED = 7
"""Languages up to which all permutations of their countries are tried."""
SCORES = (XFAKT, FRS, KTS)


@dataclass(frozen=True)
class Recall:
    """How models recall facts in each language.

    Attributes
    ----------
    scores : polars.DataFrame
        For each `task` and `model`: `xfakt`, `frs`, `kts`, `associative` and `non_associative` (mean error rates A
        and N over cells), `gap` (N less A), each with `_lower` and `_upper`; `p` of the permutation test and `p_holm`
        over all rows; `languages`, `countries`, `facts`.
    cells : polars.DataFrame
        `task`, `model`, `language`, `country`, `errors`, `facts`, `error_rate`, `associative`.
    tiers : polars.DataFrame
        `task`, `model`, `tier` (how much text there is of the languages), `associative`, `non_associative`,
        `languages`.
    languages : polars.DataFrame
        `task`, `model`, `language`, `error_rate` over all facts and, where items have ratings, `in_english` and
        `in_other`: shares of the right answers that were not in the language of the question.
    homes : dict of str to str
        Language to its country.
    level : float
    """

    scores: pl.DataFrame
    cells: pl.DataFrame
    tiers: pl.DataFrame
    languages: pl.DataFrame
    homes: dict[str, str]
    level: float


def score_recall(
    items: pl.DataFrame,
    *,
    homes: Mapping[str, str],
    shared: bool = False,
    round_cells: bool = False,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Recall:
    """Score factual recall and its transfer across languages.

    Parameters
    ----------
    items : polars.DataFrame
        `language`, `item`, `country` and `right`; `model`, `task` and `answered_in` where there are any. See
        `read_items`.
    homes : mapping of str to str
        Language to the country that it belongs to; see `home_countries`.
    shared : bool
        Whether items that some language or model lacks are left out; else they are an error.
    round_cells : bool
        Whether error rates of cells are rounded to two decimals before they are averaged, as in the publication.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap and the permutations.

    Raises
    ------
    BadValue
        If an item is repeated, or is missing in a language.
    NotEnoughEvidence
        If fewer than two languages have facts of their own country.

    Notes
    -----
    A cell is a language and a country; its error rate is the share of facts of the country that are wrong when asked
    in the language. A is the mean over cells of a language with its own country, N the mean over all others (Aggarwal
    et al. 2025). Intervals draw the facts of each country with replacement, the same facts in all languages and models.
    The test permutes which country belongs to which language. That keeps how hard each language and each country is,
    so p tells whether their pairing matters; with up to seven languages all permutations are tried.
    """
    check_level(level)
    results = [
        _score(cells, round_cells, level, draws, seed) for cells in read_cells(items, dict(homes), shared=shared)
    ]
    scores, cells, by_tier = (pl.concat([one[part] for one in results]) for part in range(3))
    corrected = holm(scores["p"].to_list())
    scores = scores.with_columns(pl.Series("p_holm", corrected, dtype=pl.Float64))
    used = {language: homes[language] for language in cells["language"].unique(maintain_order=True)}
    return Recall(scores, cells, by_tier, _languages(items), used, level)


def _score(
    cells: Cells, round_cells: bool, level: float, draws: int, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """All models of one task."""
    rates = cells.error_rates()
    if round_cells:
        rates = rates.round(2)
    values = _values(*cells.means(rates))
    drawn = _values(*cells.means(_draw(cells, round_cells, draws, seed)))
    table: dict[str, Any] = {"task": [cells.task] * len(cells.models), "model": cells.models}
    for name, value in values.items():
        table[name] = value
        table[f"{name}_lower"], table[f"{name}_upper"] = percentile_interval(drawn[name], level)
    table["p"] = _test(cells, rates, seed)
    counts = {"languages": len(cells.languages), "countries": len(cells.countries), "facts": cells.facts}
    scores = pl.DataFrame(table).with_columns(**{name: pl.lit(count) for name, count in counts.items()})
    return scores, cells.table(rates), _tiers(cells, rates)


def _values(associative: Array, non_associative: Array) -> dict[str, Array]:
    """Every score, by name, from mean error rates of any shape."""
    scores = {metric.name: metric(associative, non_associative) for metric in SCORES}
    means = {"associative": associative, "non_associative": non_associative}
    return {**scores, **means, "gap": non_associative - associative}


def _draw(cells: Cells, round_cells: bool, draws: int, seed: int) -> Array:
    """Error rates with the facts of each country drawn anew, of shape (draws, models, languages, countries)."""
    rng = np.random.default_rng(seed)
    drawn = np.empty((draws, *cells.shape))
    for place, wrong in enumerate(cells.wrong):
        weights = bootstrap_weights(wrong.shape[-1], draws=draws, rng=rng)  # (draws, facts)
        drawn[..., place] = np.moveaxis(wrong @ weights.T, -1, 0)
    return drawn.round(2) if round_cells else drawn


def _test(cells: Cells, rates: Array, seed: int) -> list[float]:
    """p of the gap of each model if countries are given to languages at random."""
    paired, home = cells.paired()
    square = rates[:, paired][:, :, home]  # (models, languages, their countries)
    count = len(paired)
    if count <= MOST_ENUMERATED:
        orders = np.array([*permutations(range(count))][1:])
    else:
        rng = np.random.default_rng(seed)
        orders = rng.permuted(np.tile(np.arange(count), (PERMUTATIONS, 1)), axis=1)
    permuted = square[:, np.arange(count), orders].mean(-1)  # (models, permutations)
    expected = square.mean((1, 2))
    observed = np.abs(np.einsum("mll->m", square) / count - expected)
    return [
        permutation_p_value(float(one), np.abs(others - middle))
        for one, others, middle in zip(observed, permuted, expected, strict=True)
    ]


def _tiers(cells: Cells, rates: Array) -> pl.DataFrame:
    """A and N of the languages with much, some and little text."""
    tier = tiers(cells.languages)
    parts = []
    for name in ("high", "medium", "low"):
        among = np.array([tier[language] == name for language in cells.languages])
        if among.any():
            associative, non_associative = cells.means(rates, among)
            parts.append(
                pl.DataFrame(
                    {"task": [cells.task] * len(cells.models), "model": cells.models, "associative": associative,
                     "non_associative": non_associative}
                ).with_columns(tier=pl.lit(name), languages=pl.lit(int(among.sum())))
            )  # fmt: skip
    return pl.concat(parts)


def _languages(items: pl.DataFrame) -> pl.DataFrame:
    """Error rates by language, and in which language right answers were."""
    named = items.with_columns(
        **{name: pl.lit("") for name in ("task", "model") if name not in items.columns}
    ).with_columns(pl.col("task", "model").cast(pl.String))
    shares = [pl.col("right").mean().neg().add(1).alias("error_rate")]
    if "answered_in" in items.columns:
        answered = pl.col("answered_in")
        shares += [
            (answered == word).sum().truediv(answered.count()).alias(name)
            for name, word in (("in_english", "English"), ("in_other", "other"))
        ]
    return named.group_by("task", "model", "language", maintain_order=True).agg(shares)
