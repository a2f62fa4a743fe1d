"""The results of a benchmark in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from isogloss.evaluation.benchmark import TABLE, Benchmark
from isogloss.stats.intervals import FEWEST_GROUPS
from isogloss.text import counted

UNITS = {"target": "language", "train": "mix", "model": "model", "task": "task"}
"""The unit that counts once, by its column."""


def verdicts(benchmark: Benchmark) -> dict[str, list[str]]:
    """Sentences about each protocol, one entry per table: the error, the strongest baseline, the intervals."""
    sentences: dict[str, list[str]] = {protocol: [] for protocol in benchmark.protocols}
    summary, candidate = benchmark.summary, benchmark.forecasters[0]
    for (protocol, table), rows in summary.group_by("protocol", "table", maintain_order=True):
        only = summary.filter(pl.col("protocol") == protocol)["table"].n_unique() == 1
        answered = rows.filter(pl.col("forecaster") == candidate).to_dicts()
        if not answered:
            parts = [f"{candidate} answered nothing."]
        elif rows["condition"].n_unique() > 1:
            parts = [_conditions(answered)]
        else:
            parts = [_error(answered[0])]
        if rows["condition"].n_unique() == 1:
            parts += [_against_baseline(rows, benchmark.differences, candidate), *map(_intervals, answered)]
        sentences[str(protocol)].append(("" if only else f"{table}: ") + " ".join(part for part in parts if part))
    for row in benchmark.refusals.iter_rows(named=True):
        sentences[row["protocol"]].append(_refusal(row))
    return sentences


def count_units(count: int, grouped_by: str) -> str:
    """`1 language`, `8 mixes`."""
    return counted(count, UNITS.get(grouped_by, grouped_by))


def judge_coverage(level: float, row: Mapping[str, Any]) -> str:
    """Whether intervals cover as often as their level promises, as far as so many groups can tell."""
    if row["whole_range"] == 1:
        return "too little was measured for any interval but the whole range"
    if row["coverage_high"] < level:
        return "they are too narrow"
    if row["coverage_low"] > level:
        return "they are wider than necessary"
    return f"consistent with {percent(level)}" if row["groups"] >= FEWEST_GROUPS else "too few to judge"


def percent(share: float) -> str:
    """`91 %`, rounded as `0.91` would be."""
    return f"{100 * round(share, 2):.0f} %"


def _error(row: Mapping[str, Any]) -> str:
    within = f"95 % interval {row['mae_low']:.2f} to {row['mae_high']:.2f}; " if row["mae_low"] is not None else ""
    units = count_units(row["groups"], row["grouped_by"])
    return f"{row['forecaster']} is off by {row['mae']:.2f} {row['unit']} on average ({within}{units})."


def _conditions(rows: Sequence[Mapping[str, Any]]) -> str:
    steps = [f"{row['mae']:.2f} with {row['condition']}" for row in rows]
    listed = steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])} and {steps[-1]}"
    units = count_units(rows[-1]["groups"], rows[-1]["grouped_by"])
    return f"{rows[0]['forecaster']} is off by {listed}, asked the same about {units}."


def _against_baseline(rows: pl.DataFrame, differences: pl.DataFrame, candidate: str) -> str:
    baselines = rows.filter("strongest_baseline").head(1).to_dicts()
    if not baselines:
        return ""
    baseline = baselines[0]
    table = [pl.col(name) == baseline[name] for name in TABLE]
    both = (pl.col("forecaster") == candidate) & (pl.col("other") == baseline["forecaster"])
    compared = differences.filter(*table, both).to_dicts()
    if not compared:  # no question that both answered
        return ""
    difference, low, high, p = (compared[0][name] for name in ("difference", "low", "high", "p_holm"))
    begun = f"The strongest baseline is {baseline['forecaster']} with {baseline['mae']:.2f}:"
    if low is None:
        return f"{begun} too few to tell which is better."
    if abs(difference) < 0.005:
        return f"{begun} {candidate} is just as good."
    size = f"{abs(difference):.2f} {baseline['unit']} {'better' if difference < 0 else 'worse'}"
    if low * high <= 0 or p >= 0.05:
        return f"{begun} {candidate} is {size}, which may be chance (p = {p:.2g})."
    nearer, farther = sorted((abs(low), abs(high)))
    return f"{begun} {candidate} is {size} ({nearer:.2f} to {farther:.2f}, p = {p:.2g})."


def _intervals(row: Mapping[str, Any]) -> str:
    if row["coverage"] is None:
        return ""
    endless = row["mean_width"] == float("inf")
    width = "without end" if endless else f"{row['mean_width']:.1f} {row['unit']} wide on average"
    return (
        f"Its {percent(row['level'])} intervals covered {percent(row['coverage'])} of the scores "
        f"({percent(row['coverage_low'])} to {percent(row['coverage_high'])}) and are {width}: "
        f"{judge_coverage(row['level'], row)}."
    )


def _refusal(row: Mapping[str, Any]) -> str:
    if row["forecaster"] is None:
        return f"Not asked: {row['reason']}."
    verb = "broke down on" if row["failed"] else "cannot answer"
    return f"{row['forecaster']} {verb} {row['questions']} questions: {row['reason']}."
