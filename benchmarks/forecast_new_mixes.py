"""Claim: under new training mixes, poor languages are forecast best when each moves as base learners say it does.

The poorest quarter of the languages is hidden. Asked about are its languages under mixes that nobody measured:
*of others*, a fifth of the mixes without examples of hidden languages, also with only five mixes measured (*few*);
*own*, all mixes that hold examples of the language asked about, while no measured mix holds any of a hidden one. The
table model says how well a language does, and does not see mixes. It is moved in four ways: not at all, by what base
learners say of the measured languages on average, by what they say of the language itself (the default), and by the
mean of the last two. Languages weigh the same. The background never saw the test texts of a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from benchmarks.backgrounds import background_without
from benchmarks.common import Array, as_queries, have_data, machine, points, versions, write_result
from benchmarks.forecast_unseen import CORPORA, read_public_tables
from isogloss.evaluation.split import hide_languages, one_of_each, poorest_first
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting import Default
from isogloss.forecasting.default import CombinedSetting
from isogloss.forecasting.grid import TrainingMixes, fill
from isogloss.forecasting.hierarchical import HierarchicalForecast

HIDDEN, NEW, FEW, FEWEST, LEVEL = 0.25, 0.2, 5, 10, 0.9
ASKED_OF_FEW = 30
"""Mixes asked about where few were measured."""
BY_TARGET = CombinedSetting._of_table


def main() -> None:
    if not have_data("observations/nnrank", "observations/sumeval"):
        return
    start, rows = time.process_time(), []
    for name, read in read_public_tables().items():
        if not name.startswith("SIB"):
            rows += list(evaluate(name, read()))
    table = pl.DataFrame(rows)
    numbers = ("mae", "within", "bias", "coverage", "interval_score")
    mean = table.group_by("asked", "moved", maintain_order=True).agg(
        pl.len().alias("tables"), pl.col(*numbers).mean().round(1)
    )
    write_result(
        "forecast_new_mixes",
        {
            "claim": "poor languages under new mixes: each moved as base learners say it does",
            "machine": machine(),
            "versions": versions("numpy", "lightgbm"),
            "unit": "points, languages weighing the same; within: mean distance from a language's mean error; coverage "
            "and interval score at 90 %",
            "mean_over_tables": mean.to_dicts(),
            "tables": rows,
            "cpu_s": round(time.process_time() - start, 1),
        },
    )


def evaluate(name: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Errors of every kind of question and way to move, in one table."""
    background = background_without(corpus=next(its for start, its in CORPORA.items() if name.startswith(start)))
    for asked, train, test in _questions(evidence):
        queries = as_queries(test)
        fitted = Default(background=background).fit(evidence.with_observations(train), queries).conformalize()
        for moved, way in WAYS.items():
            with patch.object(CombinedSetting, "_of_table", way):
                answer = fitted.predict_interval(queries, LEVEL)
            facts = {"table": name, "asked": asked, "moved": moved, "questions": test.height}
            yield facts | _judge(test, answer)


def _questions(evidence: Evidence) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Kind of question, scores to learn from, scores asked about."""
    observations, alike = evidence.observations, one_of_each(evidence.targets)
    poor = poorest_first(list(alike), 0)[: max(1, round(HIDDEN * len(alike)))]
    hidden = [one for language in poor for one in alike[language]]
    train, test = hide_languages(observations, languages=hidden)
    texts = np.random.default_rng(0).permutation(train["train"].unique().sort().to_numpy()).tolist()
    new = round(NEW * len(texts))
    for asked, measured, asked_about in (
        ("others", texts[new:], texts[:new]), ("few", texts[:FEW], texts[FEW : FEW + ASKED_OF_FEW]),
    ):  # fmt: skip
        yield asked, _under(train, measured), _under(test, asked_about)
    with_hidden = [text for text in observations["train"].unique().sort() if _languages(text) & set(hidden)]
    left = observations.filter(~pl.col("train").is_in(with_hidden) & ~pl.col("target").is_in(hidden))
    own = [
        {"train": text, "target": target}
        for text in with_hidden
        for target in sorted(_languages(text) & set(hidden))
    ]  # fmt: skip
    if left["train"].n_unique() >= FEWEST and own:
        yield "own", left, observations.join(pl.DataFrame(own), on=["train", "target"], maintain_order="left")


def _under(observations: pl.DataFrame, texts: Sequence[str]) -> pl.DataFrame:
    return observations.filter(pl.col("train").is_in(list(texts)))


def _languages(text: str) -> set[str]:
    return set(TrainingMix.parse(text, language=str))


def _judge(test: pl.DataFrame, answer: pl.DataFrame) -> dict[str, float]:
    lower, upper, score = answer["lower"], answer["upper"], test["score"]
    misses = (lower - score).clip(lower_bound=0) + (score - upper).clip(lower_bound=0)
    cells = pl.DataFrame(
        {
            "target": test["target"], "off": answer["mean"] - score, "coverage": (misses == 0).cast(pl.Float64),
            "interval_score": upper - lower + 20 * misses,
        }
    )  # fmt: skip
    off = pl.col("off")
    by_target = cells.group_by("target", maintain_order=True).agg(
        mae=off.abs().mean(), within=(off - off.mean()).abs().mean(), bias=off.mean(),
        coverage=pl.col("coverage").mean(), interval_score=pl.col("interval_score").mean(),
    )  # fmt: skip
    return {name: points(by_target[name].mean(), 2) for name in by_target.columns[1:]}


def _not_moved(setting: CombinedSetting, mixes: TrainingMixes, targets: Sequence[str]) -> HierarchicalForecast:
    return setting.table.forecast(mixes, targets)


def _together(setting: CombinedSetting, mixes: TrainingMixes, targets: Sequence[str]) -> HierarchicalForecast:
    """All targets moved by as much as the measured languages on average."""
    forward = setting.table.table.link_.forward
    completed, _, _ = setting.learners.complete(mixes)
    move = forward(completed).mean(1) - forward(fill(setting.grid.scores)).mean()
    return _moved(setting, mixes, targets, move[:, None])


def _both(setting: CombinedSetting, mixes: TrainingMixes, targets: Sequence[str]) -> HierarchicalForecast:
    """The mean of the two."""
    each, together = (way(setting, mixes, targets).link_mean for way in (BY_TARGET, _together))
    return _moved(setting, mixes, targets, (each + together) / 2 - setting.table.forecast(mixes, targets).link_mean)


def _moved(setting: CombinedSetting, mixes: TrainingMixes, targets: Sequence[str], move: Array) -> HierarchicalForecast:
    table = setting.table.forecast(mixes, targets)
    link_mean = table.link_mean + move
    return replace(table, mean=setting.grid.clip(setting.table.table.link_.inverse(link_mean)), link_mean=link_mean)


WAYS: dict[str, Callable[..., HierarchicalForecast]] = {
    "not at all": _not_moved, "together": _together, "half each": _both, "each by itself": BY_TARGET,
}  # fmt: skip
"""All mixes asked about are new."""


if __name__ == "__main__":
    main()
