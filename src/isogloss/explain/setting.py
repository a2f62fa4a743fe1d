"""Which setting of the evidence is asked about."""

from __future__ import annotations

import polars as pl

from isogloss.evidence import Evidence
from isogloss.forecast.queries import ask
from isogloss.forecast.settings import Setting, match, read_settings


def find_setting(
    evidence: Evidence, *, task: str, model: str, metric: str | None = None, recipe: str | None = None
) -> tuple[Setting, pl.DataFrame]:
    """The only setting with these properties, and its observations.

    Raises
    ------
    UnknownName
        If there is none.
    InputError
        If there are several, saying which property tells them apart.
    """
    settings = dict(read_settings(evidence))
    question = ask(task=task, model=model, targets=["eng"], metric=metric, recipe=recipe)
    setting = next(iter(match(question, settings, where="evidence")))[0]
    return setting, settings[setting]


def usual_mixture(observations: pl.DataFrame) -> str:
    """The mixture measured in most languages; of several, the one with the best mean score."""
    ranked = observations.group_by("train").agg(languages=pl.col("target").n_unique(), mean=pl.col("score").mean())
    return str(ranked.sort("languages", "mean", "train", descending=[True, True, False])["train"][0])
