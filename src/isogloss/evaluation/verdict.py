"""What a benchmark says, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from isogloss.evaluation.benchmark import TOLD_APART, Benchmark
from isogloss.stats.intervals import FEWEST_GROUPS
from isogloss.text import counted

COUNTED = {"target": "language", "train": "mix", "model": "model", "task": "task"}
"""What counts once, by the column that says it."""


def verdicts(benchmark: Benchmark) -> dict[str, list[str]]:
    """Sentences about each protocol, one entry per table: how good, against what, and whether intervals hold."""
    said: dict[str, list[str]] = {protocol: [] for protocol in benchmark.protocols}
    summary, differences = benchmark.summary, benchmark.differences
    for (protocol, table), rows in summary.group_by("protocol", "table", maintain_order=True):
        conditions = rows["condition"].unique(maintain_order=True).to_list()
        about = "" if summary.filter(pl.col("protocol") == protocol)["table"].n_unique() == 1 else f"{table}: "
        if len(conditions) > 1:
            said[str(protocol)].append(about + _by_condition(rows, benchmark.forecasters[0]))
            continue
        parts = [_error(rows, benchmark.forecasters[0])]
        parts.append(_against(rows, differences, benchmark.forecasters[0]))
        parts.append(_intervals(rows, benchmark.forecasters[0]))
        said[str(protocol)].append(about + " ".join(part for part in parts if part))
    for row in benchmark.refusals.iter_rows(named=True):
        said[row["protocol"]].append(_refused(row))
    return said


def how_many(count: int, grouped_by: str) -> str:
    """`1 language`, `8 mixes`."""
    return counted(count, COUNTED.get(grouped_by, grouped_by))


def judge_coverage(level: float, row: Mapping[str, Any]) -> str:
    """Whether intervals hold as often as they promise, as far as so many groups can tell."""
    if row["whole_range"] == 1:
        return "too little was measured for any interval but the whole range"
    if row["coverage_high"] < level:
        return "they are too narrow"
    if row["coverage_low"] > level:
        return "they are wider than they need be"
    return "that agrees with the promise" if row["groups"] >= FEWEST_GROUPS else "so few cannot tell if that is enough"


def percent(share: float) -> str:
    """`91 %`, rounded as `0.91` would be."""
    return f"{100 * round(share, 2):.0f} %"


def _error(rows: pl.DataFrame, trial: str) -> str:
    found = rows.filter(pl.col("forecaster") == trial)
    if found.is_empty():
        return f"{trial} answered nothing."
    row = found.row(0, named=True)
    within = f"95 % interval {row['mae_low']:.2f} to {row['mae_high']:.2f}; " if row["mae_low"] is not None else ""
    counted = how_many(row["groups"], row["grouped_by"])
    return f"{trial} is off by {row['mae']:.2f} {row['unit']} on average ({within}{counted})."


def _against(rows: pl.DataFrame, differences: pl.DataFrame, trial: str) -> str:
    others = rows.filter("hardest")
    if others.is_empty():
        return ""
    hardest = others.row(0, named=True)
    same = [pl.col(name) == hardest[name] for name in TOLD_APART]
    both = (pl.col("forecaster") == trial) & (pl.col("other") == hardest["forecaster"])
    compared = differences.filter(*same, both)
    if compared.is_empty():  # no question that both answered
        return ""
    found = compared.row(0, named=True)
    begun = f"The hardest to beat is {hardest['forecaster']} with {hardest['mae']:.2f}:"
    if found["low"] is None:
        return f"{begun} so few cannot tell which is better."
    if abs(found["difference"]) < 0.005:
        return f"{begun} {trial} is just as good."
    better = "better" if found["difference"] < 0 else "worse"
    size = f"{abs(found['difference']):.2f} {hardest['unit']}"
    ends = sorted((abs(found["low"]), abs(found["high"]))) if found["low"] * found["high"] > 0 else None
    if ends is None or found["p_holm"] >= 0.05:
        return f"{begun} {trial} is {size} {better}, which may be chance (p = {found['p_holm']:.2g})."
    return f"{begun} {trial} is {size} {better} ({ends[0]:.2f} to {ends[1]:.2f}, p = {found['p_holm']:.2g})."


def _intervals(rows: pl.DataFrame, trial: str) -> str:
    found = rows.filter((pl.col("forecaster") == trial) & pl.col("coverage").is_not_null())
    if found.is_empty():
        return ""
    row = found.row(0, named=True)
    endless = row["mean_width"] == float("inf")
    width = "without end" if endless else f"{row['mean_width']:.1f} {row['unit']} wide on average"
    return (
        f"Its {percent(row['level'])} intervals held for {percent(row['coverage'])} of the scores "
        f"({percent(row['coverage_low'])} to {percent(row['coverage_high'])}) and are {width}: "
        f"{judge_coverage(row['level'], row)}."
    )


def _by_condition(rows: pl.DataFrame, trial: str) -> str:
    found = rows.filter(pl.col("forecaster") == trial)
    if found.is_empty():
        return f"{trial} answered nothing."
    steps = [f"{row['mae']:.2f} with {row['condition']}" for row in found.iter_rows(named=True)]
    last = found.row(-1, named=True)
    return f"{trial} is off by {_listed(steps)}, asked the same about {how_many(last['groups'], last['grouped_by'])}."


def _refused(row: Mapping[str, Any]) -> str:
    if row["forecaster"] is None:
        return f"Not asked: {row['reason']}."
    verb = "broke down on" if row["failed"] else "cannot answer"
    return f"{row['forecaster']} {verb} {row['questions']} questions: {row['reason']}."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
