"""Languages poorer than every measured one: public tables under simulated shifts, beside other forecasters.

Each table is forecast from a background that learnt nothing from its test corpus (nor, in a second run, from its whole
source), and intervals from residuals of other test corpora. Rows count as models; at most ten of a table are drawn.
Bars: interval score at 90 % under 80 (hard, 15 languages measured), 66 (soft, 9), 58 (soft, 25), 51 (random, 15) and
53 (random, 60).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.background_tables import judged_tables
from benchmarks.common import Array, have_data, machine, points, versions, write_result
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting import Background, ask, forecasters
from isogloss.forecasting.background.artefact import records
from isogloss.forecasting.background.factor_learning import learn_factors
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.quantiles import Residuals, learn_quantiles, simulate_residuals
from isogloss.forecasting.background.shifts import Shifted, shift_table
from isogloss.forecasting.background.slopes import learn_slopes
from isogloss.forecasting.background.tables import ScoreTable, read_tables
from isogloss.forecasting.hierarchical import Hierarchical
from isogloss.threads import one_blas_thread

JUDGED = (
    "mteb:MassiveIntentClassification", "mteb:BelebeleRetrieval", "mteb:NTREXBitextMining", "mteb:SIB200ClusteringS2S",
    "mteb:SIB200Classification", "mteb:Tatoeba", "mteb:IndicGenBenchFloresBitextMining", "sib200-llm",
    "languagebench:classification", "languagebench:arc", "languagebench:mmlu", "languagebench:mgsm",
    "proxylm:intent:aya", "proxylm:intent:llama3", "proxylm:slot:aya", "nnrank:bert-base-multilingual-cased",
    "nnrank:xlm-roberta-base", "sumeval:UDPOS_XLMR", "sumeval:WikiANN_XLMR",
    "isogloss:sib200-minilm:all-MiniLM-L6-v2:accuracy", "proxylm:mt:m2m100_ft", "proxylm:mt:nllb_noft",
)  # fmt: skip
"""Tables that are forecast: one or two of each test corpus with at least 24 languages."""
SHIFTED = [
    *((shift, count) for shift in ("hard", "soft", "random") for count in (1, 3, 6, 9, 15, 25, 45)), ("random", 60),
    *((shift, count) for shift in ("family", "script") for count in (9, 25)),
]  # fmt: skip
BASELINES = [
    ("hard", 15), ("soft", 3), ("soft", 9), ("soft", 25), ("random", 9), ("random", 25), ("random", 60),
    ("family", 25), ("script", 25),
]  # fmt: skip
"""Shifts in which other forecasters are tried, on one seed."""
SLOW_TABLES = JUDGED[::2]
"""Tables on which slow forecasters are tried."""
LEVELS = (0.5, 0.8, 0.9, 0.95)
BARS = {("hard", 15): 80, ("soft", 9): 66, ("soft", 25): 58, ("random", 15): 51, ("random", 60): 53}
QUICK, SLOW, SEEDS = ("mean", "nearest"), ("litmus", "base-learners", "default"), 2
SEEDS_OF_BARS = 6
"""Draws in shifts with a bar: with two, the mean interval score over tables has a standard error of about 3."""


class Case(NamedTuple):
    """A table under one simulated shift."""

    table: ScoreTable
    shift: str
    count: int
    seed: int
    shifted: Shifted


def cases(tables: Sequence[ScoreTable], shifts: Sequence[tuple[str, int]], seeds: Sequence[int]) -> Iterator[Case]:
    """Every case that the tables are large enough for."""
    for table in tables:
        for shift, count in shifts:
            for seed in seeds:
                if (shifted := shift_table(table, shift, count, seed)) is not None:
                    yield Case(table, shift, count, seed, shifted)


class Backgrounds:
    """Backgrounds that leave out a test corpus, or a source as well."""

    def __init__(self, tables: Sequence[ScoreTable]):
        self.tables, self.residuals = tables, simulate_residuals(tables)

    @lru_cache(maxsize=64)  # noqa: B019 - the one object lives as long as the script
    def without(self, corpus: str, source: str | None) -> Background:
        """What is learnt from tables of other test corpora (and sources)."""

        def kept(table: ScoreTable) -> bool:
            return table.corpus != corpus and table.source != source

        tables = [table for table in self.tables if kept(table)]
        residuals: list[Residuals] = [one for one in self.residuals if kept(one.table)]
        factors = learn_factors(read_profiles(tables))
        return Background(factors, learn_slopes(tables, factors), learn_quantiles(residuals), records(tables))


def evidence_of(case: Case) -> Evidence:
    """The measured scores of a case as evidence."""
    shifted = case.shifted
    rows, columns = np.nonzero(~np.isnan(shifted.evidence))
    names = shifted.names(shifted.measured)
    cells = pl.DataFrame(
        {
            "model": [f"row-{row}" for row in rows],
            "task": case.table.name,
            "metric": "accuracy",
            "target": [names[column] for column in columns],
            "train": "",
            "score": shifted.evidence[rows, columns],
            "shots": 0 if case.table.kind == "prompted" else None,
        }
    )
    facts = pl.DataFrame({"task": [case.table.name], "metric": ["accuracy"], "chance": [case.table.chance]})
    itself = {name: name for name in names}  # some ids, such as that of Berber languages, are also asked about
    return Evidence(read_evidence(cells, scale="fraction", languages=itself).observations, tasks=facts)


def forecast(case: Case, forecaster: Any) -> tuple[Array, Array, Array]:
    """Mean of shape (rows, languages), and ends of intervals of shape (levels, rows, languages)."""
    evidence, targets = evidence_of(case), case.shifted.names(case.shifted.forecast)
    queries = pl.concat(
        ask(task=case.table.name, model=f"row-{row}", targets=targets) for row in range(len(case.shifted.table.rows))
    )
    fitted = forecaster.fit(evidence, queries).conformalize()
    answers = [fitted.predict_interval(queries, level) for level in LEVELS]
    shape = case.shifted.truth.shape
    ends = [np.array([answer[side].to_numpy().reshape(shape) for answer in answers]) for side in ("lower", "upper")]
    return answers[0]["mean"].to_numpy().reshape(shape), ends[0], ends[1]


def judge(case: Case, mean: Array, lower: Array, upper: Array) -> dict[str, float]:
    """Errors and intervals of one case, in points."""
    truth = case.shifted.truth
    known = ~np.isnan(truth)
    off, place = (mean - truth)[known], LEVELS.index(0.9)
    held = [((low <= truth) & (truth <= high))[known].mean() for low, high in zip(lower, upper, strict=True)]
    width = (upper - lower)[place][known]
    misses = np.maximum(lower[place] - truth, 0) + np.maximum(truth - upper[place], 0)
    ranks = [_rank_correlation(row[here], right[here]) for row, right, here in zip(mean, truth, known, strict=True)]
    return {
        "mae": np.abs(off).mean(), "bias": off.mean(), "width": width.mean(),
        "interval_score": (width + 20 * misses[known]).mean(), "rank_correlation": float(np.nanmean([*ranks, 0.0])),
    } | {f"coverage_{100 * level:g}": share for level, share in zip(LEVELS, held, strict=True)}  # fmt: skip


def _rank_correlation(one: Array, other: Array) -> float:
    if len(one) < 3 or np.ptp(one) < 1e-9 or np.ptp(other) < 1e-9:
        return 0.0
    ranks = [pl.Series(values).rank().to_numpy() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def run(made: Sequence[Case], name: str, make: Callable[[Case], Any]) -> pl.DataFrame:
    """One row per case: what was forecast, and how well."""
    rows = []
    for case in made:
        started = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = forecast(case, make(case))
        facts = {"forecaster": name, "table": case.table.name, "kind": case.table.kind, "shift": case.shift}
        spent = {"count": case.count, "seed": case.seed, "cpu_s": time.process_time() - started}
        rows.append(facts | spent | judge(case, *answer))
    return pl.DataFrame(rows)


def summary(results: pl.DataFrame, *keys: str) -> list[dict[str, Any]]:
    """Means over seeds, then over tables, by forecaster and `keys`."""
    numbers = [name for name in results.columns if results[name].dtype == pl.Float64]
    by_table = results.group_by("forecaster", *keys, "table", maintain_order=True).agg(pl.col(numbers).mean())
    mean = by_table.group_by("forecaster", *keys, maintain_order=True).agg(
        pl.len().alias("tables"), pl.col(numbers).mean()
    )
    raw = ("cpu_s", "rank_correlation")
    return [
        {
            name: value if isinstance(value, str | int) else round(value, 3) if name in raw else points(value, 1)
            for name, value in row.items()
        }
        for row in mean.iter_rows(named=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the forecasters that take long")
    arguments = parser.parse_args()
    if not have_data("observations/nnrank"):
        return
    tables = [table.merged() for table in read_tables()]
    by_name = {table.name: table for table in [*tables, *judged_tables()]}
    judged = [by_name[name] for name in JUDGED]
    with one_blas_thread():
        backgrounds = Backgrounds(tables)
        made = [*cases(judged, SHIFTED, range(SEEDS)), *cases(judged, [*BARS], range(SEEDS, SEEDS_OF_BARS))]
        results = [run(made, "hierarchical", lambda case: Hierarchical(backgrounds.without(case.table.corpus, None)))]
        again = [case for case in made if (case.shift, case.count) in BARS and case.seed < SEEDS]
        results.append(
            run(
                again, "hierarchical, source left out",
                lambda case: Hierarchical(backgrounds.without(case.table.corpus, case.table.source)),
            )
        )  # fmt: skip
        few = list(cases(judged, BASELINES, range(1)))
        results += [run(few, name, by_registry(name)) for name in QUICK]
        if not arguments.quick:
            slow = [case for case in few if case.table.name in SLOW_TABLES]
            results += [run(slow, name, by_registry(name, backgrounds)) for name in SLOW]
            same = {(case.table.name, case.shift, case.count) for case in slow}
            keys = zip(*(results[0][name] for name in ("table", "shift", "count")), strict=True)
            first = results[0].filter(pl.Series([key in same for key in keys]) & (pl.col("seed") == 0))
            results.append(first.with_columns(forecaster=pl.lit("hierarchical, on the cases of default")))
    report(pl.concat(results), len(judged), len(made))


def by_registry(name: str, backgrounds: Backgrounds | None = None) -> Callable[[Case], Any]:
    """Makes a registered forecaster for a case, its background without the case's test corpus."""

    def make(case: Case) -> Any:
        made = forecasters.get(name)()
        if backgrounds is not None and "background" in made.get_params():
            made.set_params(background=backgrounds.without(case.table.corpus, None))
        return made

    return make


def claim(rows: Sequence[dict[str, Any]]) -> str:
    """How far the interval score of the default is below that of its base learners alone, in each shift."""
    scores = {(row["forecaster"], row["shift"], row["count"]): row["interval_score"] for row in rows}
    shifts = [(shift, count) for name, shift, count in scores if name == "default"]
    below = [
        f"{100 * (1 - scores['default', *shift] / scores['base-learners', *shift]):.0f} % ({shift[0]} {shift[1]})"
        for shift in shifts
    ]
    return f"the interval score of the default is below that of its base learners alone by {', '.join(below)}"


def report(results: pl.DataFrame, tables: int, made: int) -> None:
    """Write what was found."""
    own = results.filter(pl.col("forecaster") == "hierarchical")
    scores = {f"{row['shift']} {row['count']}": row["interval_score"] for row in summary(own, "shift", "count")}
    names = [f"{shift} {count}" for shift, count in BARS]
    write_result(
        "forecast_poorer",
        {
            "claim": claim(summary(results, "shift", "count")),
            "machine": machine(),
            "versions": versions("numpy", "scipy", "polars"),
            "input": f"{tables} public tables, {made} cases; {SEEDS} seeds, {SEEDS_OF_BARS} where there is a bar; mean "
            f"and nearest one seed; default, base-learners and litmus one seed of {len(SLOW_TABLES)} tables",
            "unit": "points, means over tables; interval_score at 90 %; rank_correlation among the languages of a row",
            "bars": {
                name: {"bar": bar, "interval_score": scores[name]}
                for name, bar in zip(names, BARS.values(), strict=True)
            },
            "by_shift": summary(results, "shift", "count"),
            "by_kind": summary(results.filter(pl.col("count") >= 6), "shift", "kind"),
        },
    )


if __name__ == "__main__":
    main()
