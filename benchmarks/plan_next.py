"""Claim: testing the languages that we choose leaves a smaller error on the rest than testing as many at random.

**Where languages were measured at random.** Of each table five languages, drawn at random 20 times, are measured, the
others hidden. Five more are measured: those that `isogloss next` chooses, five at random (several times), the five
with most web text, or the most central. Then a forecaster answers about every language that is still hidden: mean
absolute error in points, languages weighing the same. Gains are against the mean of the random choices of the same
start; 95 % intervals from a bootstrap over starts. `alone`: only the task itself is known; `with other tasks`: also
what the others show.

**Under shift.** In public tables the richest 15 languages are measured, or 9 drawn the more often the richer they
are, and the poorest third is asked about. Three of these are measured: those chosen, or three at random (five
times). Interval score at 90 % on those left, in points, against the random choices on those that they leave. Beside it
three languages at random of those no poorer than the asked ones, as most are that are easy to measure, and with
hindsight the best of the five. The background never saw the test texts of a table. Intervals are of a bootstrap over
tables; a quarter of the tables of `forecast_poorer` are tried.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from benchmarks.background_tables import judged_tables
from benchmarks.backgrounds import background_without
from benchmarks.common import (
    RESULTS,
    Array,
    as_queries,
    have_data,
    machine,
    read_sumeval,
    versions,
    write_result,
)
from benchmarks.forecast_pooled import read_mteb
from benchmarks.forecast_poorer import SLOW_TABLES, Case, evidence_of, forecast, judge
from isogloss.evaluation.split import hide_languages
from isogloss.evidence import Evidence
from isogloss.forecasting import forecasters, use_background
from isogloss.forecasting.background.shifts import shift_table
from isogloss.forecasting.background.tables import read_tables
from isogloss.forecasting.hierarchical import Hierarchical
from isogloss.planning.next import choose_next, largest, most_central
from isogloss.stats import bootstrap_interval

STARTS, MEASURED, CHOSEN, RANDOM = 20, 5, 5, 3
MIXES, MODELS = 10, 15
"""An even sample of each table: an error of levels is the same in all of them."""
FORECASTER = "default"
SHIFTED = (("hard", 15), ("soft", 9))
SHIFT_SEEDS, SHIFT_CHOSEN, SHIFT_RANDOM, SHIFT_RICHER = 1, 3, 5, 2
SHIFT_TABLES = SLOW_TABLES[::2]
"""A quarter of the tables of `forecast_poorer`: each choice needs a forecaster of its own."""
FEWEST = 9
"""Languages asked about that a table needs."""
UNDER_SHIFT = "under shift"
CORPORA = {"WikiANN": "wikiann", "MTEB MassiveIntent": "massive", "MTEB Belebele": "belebele"}
"""Beginnings of the names of tables, and the test texts of these in the background."""


def main() -> None:
    """Measure every table, or those named as arguments."""
    if not have_data("observations/sumeval", "observations/mteb"):
        return
    path = RESULTS / "plan_next.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    tables, shifted = before.get("tables", {}), before.get("under_shift")
    for name, make in _tables().items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        evidence, task, model = make()
        with use_background(
            background_without(corpus=next(its for start, its in CORPORA.items() if name.startswith(start)))
        ):
            tables[name] = evaluate(evidence, task, model)
        _write(tables, shifted)
    if not sys.argv[1:] or UNDER_SHIFT in sys.argv[1:]:
        _write(tables, under_shift())


def _write(tables: dict[str, Any], shifted: dict[str, Any] | None) -> None:
    write_result(
        "plan_next",
        {
            "claim": "after five chosen languages the error on the rest is below that after five random ones, the goal "
            "is 15 %; under shift the interval score after three is below that after three random ones, the goal is "
            "25 %",
            "protocol": f"{STARTS} starts of {MEASURED} measured languages, {CHOSEN} more chosen, {RANDOM} random "
            f"choices each; {MIXES} mixes or {MODELS} models of a table; forecaster {FORECASTER}",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "lightgbm"),
            "tables": tables,
            "under_shift": shifted,
        },
    )


def evaluate(evidence: Evidence, task: str, model: str | None) -> dict[str, Any]:
    """One table."""
    start = time.process_time()
    inside = pl.col("task") == task
    languages = evidence.observations.filter(inside)["target"].unique().sort().to_list()
    errors: dict[str, list[float]] = {}
    for draw in range(STARTS):
        chance = np.random.default_rng(draw)
        measured = chance.choice(languages, MEASURED, replace=False).tolist()
        hidden = [language for language in languages if language not in measured]
        train, _ = hide_languages(evidence.observations, languages=hidden, within=inside)
        known = evidence.with_observations(train)
        asked_model = model or train.filter(inside)["model"].sort()[0]
        ours = choose_next(known, hidden, task=task, model=asked_model, k=CHOSEN).table["language"].to_list()
        choices = {"isogloss": [ours]}
        choices["random"] = [chance.choice(hidden, CHOSEN, replace=False).tolist() for _ in range(RANDOM)]
        choices["largest"] = [[hidden[place] for place in largest(hidden)[:CHOSEN]]]
        choices["most central"] = [[hidden[place] for place in most_central(hidden)[:CHOSEN]]]
        for name, several in choices.items():
            found = [_error(evidence, inside, [one for one in hidden if one not in chosen]) for chosen in several]
            errors.setdefault(name, []).append(float(np.mean(found)))
    table = {name: np.array(values) for name, values in errors.items()}
    random = table["random"]
    shares = {name: 1 - values / random for name, values in table.items() if name != "random"}
    return {
        "languages": len(languages),
        "mae": {name: round(float(values.mean()), 2) for name, values in table.items()},
        "percent_below_random": {
            name: round(100 * (1 - float(values.mean()) / float(random.mean())), 1)
            for name, values in table.items() if name != "random"
        },
        "interval_of_isogloss": [round(100 * end, 1) for end in bootstrap_interval(shares["isogloss"])],
        "cpu_s": round(time.process_time() - start, 1),
    }  # fmt: skip


def _error(evidence: Evidence, inside: pl.Expr, hidden: list[str]) -> float:
    """Mean absolute error on hidden languages, in points."""
    train, test = hide_languages(evidence.observations, languages=hidden, within=inside)
    test = test.join(train.filter(inside).select("model").unique(), on="model", how="semi", maintain_order="left")
    queries = as_queries(test)
    found = forecasters.get(FORECASTER)().fit(evidence.with_observations(train), queries).predict(queries)
    off = pl.DataFrame({"target": test["target"], "off": (found["mean"] - test["score"]).abs()})
    return 100 * float(off.group_by("target").agg(pl.col("off").mean())["off"].mean())


def under_shift() -> dict[str, Any]:
    """Interval scores of every shift, and of all together."""
    start = time.process_time()
    by_name = {table.name: table for table in [*read_tables(), *judged_tables()]}
    rows = []
    for name in SHIFT_TABLES:
        for shift, count in SHIFTED:
            for seed in range(SHIFT_SEEDS):
                shifted = shift_table(by_name[name], shift, count, seed)
                if shifted is not None and len(shifted.forecast) >= FEWEST:
                    rows.append(_choices(Case(by_name[name], shift, count, seed, shifted)))
                    print(rows[-1], flush=True)
    found = pl.DataFrame(rows)
    parts = {f"{shift} {count}": found.filter(shift=shift, count=count) for shift, count in SHIFTED}
    return {
        "protocol": f"{SHIFT_CHOSEN} of the poorest third chosen, {SHIFT_RANDOM} random choices; "
        f"seeds 0 to {SHIFT_SEEDS - 1}",
        "by_shift": {name: _compared(part) for name, part in (parts | {"all": found}).items()},
        "cpu_s": round(time.process_time() - start, 1),
    }


def _choices(case: Case) -> dict[str, Any]:
    """Interval scores on what several choices leave of the poorest third."""
    background, chance = background_without(corpus=case.table.corpus), np.random.default_rng(case.seed)
    asked, names = case.shifted.forecast, case.shifted.names(case.shifted.forecast)
    place = dict(zip(names, asked.tolist(), strict=True))
    with use_background(background):
        tests = choose_next(evidence_of(case), names, task=case.table.name, k=SHIFT_CHOSEN)
    others = np.setdiff1d(np.arange(len(case.shifted.table.languages)), [*case.shifted.measured, *asked])
    others = others[~np.isnan(case.shifted.table.scores[:, others]).all(0)]
    draws = [chance.choice(asked, SHIFT_CHOSEN, replace=False) for _ in range(SHIFT_RANDOM)]
    richer = [
        chance.choice(others, SHIFT_CHOSEN, replace=False) for _ in range(SHIFT_RICHER) if len(others) >= SHIFT_CHOSEN
    ]
    chosen = np.array([place[language] for language in tests.table["language"]])
    random = [_left(case, background, draw, asked) for draw in draws]
    ours = _left(case, background, chosen, asked)
    return {
        "table": case.table.name, "shift": case.shift, "count": case.count,
        "none": _left(case, background, chosen[:0], asked)["interval_score"],
        "random": float(np.mean([one["interval_score"] for one in random])),
        "best_random": min(one["interval_score"] for one in random),
        "isogloss": ours["interval_score"],
        "richer": float(np.mean([_left(case, background, draw, asked)["interval_score"] for draw in richer]))
        if richer else None,
        "mae_random": float(np.mean([one["mae"] for one in random])), "mae_isogloss": ours["mae"],
        "width_isogloss": ours["width"], "width_foretold": float(tests.table["width_of_rest"][-1]),
        "coverage_isogloss": ours["coverage_90"],
    }  # fmt: skip


def _left(case: Case, background: Any, chosen: Array, asked: Array) -> dict[str, float]:
    """Errors in the asked languages that are left once some more are measured."""
    shifted = replace(
        case.shifted,
        measured=np.sort([*case.shifted.measured, *chosen]).astype(int),
        forecast=np.setdiff1d(asked, chosen),
    )
    after = case._replace(shifted=shifted)
    return judge(after, *forecast(after, Hierarchical(background)))


def _compared(rows: pl.DataFrame) -> dict[str, Any]:
    """Means over seeds, then tables, and percent below two other choices."""
    numbers = [name for name in rows.columns if rows[name].dtype == pl.Float64]
    tables = rows.group_by("table", maintain_order=True).agg(pl.col(numbers).mean())
    result: dict[str, Any] = {"tables": tables.height, "cases": rows.height}
    result |= {
        name: round(
            (1 if name.startswith("cov") else 100) * float(tables[name].mean()), 3 if name.startswith("cov") else 1
        )
        for name in numbers
    }
    for other in ("random", "richer", "none"):
        both = tables.drop_nulls([other])
        ours, theirs = both["isogloss"].to_numpy(), both[other].to_numpy()
        result[f"percent_below_{other}"] = round(100 * float(1 - ours.mean() / theirs.mean()), 1)
        result[f"interval_below_{other}"] = [round(100 * end, 1) for end in bootstrap_interval(1 - ours / theirs)]
    return result


def _tables() -> dict[str, Callable[[], tuple[Evidence, str, str | None]]]:
    return {
        "WikiANN XLM-R, alone": lambda: (_sumeval("WikiANN_XLMR"), *_named("WikiANN_XLMR")),
        "WikiANN XLM-R, with UDPOS": lambda: (_sumeval("WikiANN_XLMR", "UDPOS_XLMR"), *_named("WikiANN_XLMR")),
        "MTEB MassiveIntent, alone": lambda: (
            _mteb("MassiveIntentClassification"), "MassiveIntentClassification", None,
        ),
        "MTEB MassiveIntent, with other tasks": lambda: (
            _mteb("MassiveIntentClassification", "BelebeleRetrieval", "SIB200ClusteringS2S"),
            "MassiveIntentClassification", None,
        ),
        "MTEB Belebele, alone": lambda: (_mteb("BelebeleRetrieval"), "BelebeleRetrieval", None),
    }  # fmt: skip


def _named(name: str) -> tuple[str, str]:
    row = read_sumeval(name).observations.row(0, named=True)
    return row["task"], row["model"]


def _sumeval(*names: str) -> Evidence:
    parts = []
    for name in names:
        observations = read_sumeval(name).observations
        texts = observations["train"].unique().sort()
        kept = texts.gather_every(max(1, len(texts) // MIXES))
        parts.append(observations.filter(pl.col("train").is_in(kept.implode())))
    return Evidence(pl.concat(parts))


def _mteb(*tasks: str) -> Evidence:
    """Models that were measured in nine tenths of the languages of the first task."""
    found = read_mteb()
    rows = found.observations.filter(pl.col("task").is_in(tasks) & pl.col("pair").is_null())
    first = rows.filter(pl.col("task") == tasks[0])
    counts = first.group_by("model").agg(pl.col("target").n_unique()).sort("model")
    models = counts.filter(pl.col("target") >= 0.9 * first["target"].n_unique())["model"]
    kept = models.gather_every(max(1, len(models) // MODELS))
    return found.with_observations(rows.filter(pl.col("model").is_in(kept.implode())))


if __name__ == "__main__":
    main()
