"""Evidence as tables: what a user's own scores add to a background, and what is known of their metrics."""

from __future__ import annotations

import numpy as np
import polars as pl

from isogloss.evidence import SETTING, Evidence
from isogloss.evidence.limits import JUDGED, chances, with_limits
from isogloss.forecasting.background.quantiles import PROMPTED
from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.grid import Panel
from isogloss.forecasting.settings import Setting

FEWEST_LANGUAGES = 8
OTHER = "other"


MetricFacts = dict[tuple[str, str], tuple[float, bool]]
"""Score of a uniform guess, and whether higher is better, by task and metric."""


def metric_facts(evidence: Evidence) -> MetricFacts:
    """Score of a uniform guess (0 where it is not known), and whether higher is better, by task and metric."""
    columns = evidence.observations.lazy().select("task", "metric", *JUDGED)
    known = with_limits(columns, chances(evidence.tasks, evidence.observations["task"]))
    chance = pl.col("chance").max().fill_null(0.0)
    facts = known.group_by("task", "metric").agg(chance, pl.col("higher_is_better").all())
    return {(task, metric): (chance, higher) for task, metric, chance, higher in facts.collect().iter_rows()}


def settings_at_chance(evidence: Evidence) -> frozenset[Setting]:
    """Settings in which no measured score is above what a guess could reach."""
    columns = evidence.observations.lazy().select(*dict.fromkeys((*SETTING, *JUDGED)))
    judged = with_limits(columns, chances(evidence.tasks, evidence.observations["task"]))
    alike = judged.group_by(SETTING).agg(pl.col("at_chance").fill_null(False).all()).filter("at_chance")
    return frozenset(Setting(*row) for row in alike.select(SETTING).collect().iter_rows())


def tables_of(evidence: Evidence, source: str = "own") -> list[ScoreTable]:
    """Tables of the tasks in some evidence, to build a background from together with the public ones.

    Left out are scores that are no fractions, tasks of fewer than eight languages, and rows without spread.

    Parameters
    ----------
    evidence : Evidence
    source : str, default "own"
        What the card calls it.
    """
    return tables_of_panel(Panel.read(evidence.observations), metric_facts(evidence), source)


def tables_of_panel(panel: Panel, facts: MetricFacts, source: str = "own") -> list[ScoreTable]:
    """The tables of `tables_of` for a panel with the facts of its metrics."""
    tables = []
    for block in range(len(panel.blocks)):
        rows = np.flatnonzero(panel.block_of == block)
        scores = panel.scores[rows]
        first = panel.settings[int(panel.setting_of[rows[0]])]
        chance, higher_is_better = facts[first.task, first.metric]
        columns = np.flatnonzero(~np.isnan(scores).all(0))
        if not panel.bounded[panel.setting_of[rows]].all() or len(columns) < FEWEST_LANGUAGES:
            continue
        scores = scores[:, columns] if higher_is_better else 1 - scores[:, columns]
        kept = np.nanstd(scores, axis=1) > 0
        names = [
            f"{panel.settings[place].model} {text}".strip()
            for place, text in zip(panel.setting_of[rows], panel.texts[rows], strict=True)
        ]
        if kept.any():
            tables.append(
                ScoreTable(
                    f"{source}:{first.task}:{first.metric}:{block}", source, OTHER if first.shots is None else PROMPTED,
                    first.task, chance if higher_is_better else 0.0, tuple(np.array(names, dtype=object)[kept]),
                    tuple(panel.languages[column] for column in columns), scores[kept],
                ).merged()
            )  # fmt: skip
    return tables
