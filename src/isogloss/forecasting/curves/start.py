"""Where the curve of a language that nobody measured starts: its zero-shot score, from the default forecaster."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from isogloss.evidence import Evidence
from isogloss.forecasting.curves.link import Link
from isogloss.forecasting.curves.points import Points, Rest
from isogloss.forecasting.queries import ask
from isogloss.forecasting.settings import Setting

LEVEL, QUANTILE = 0.8, 1.2816
"""Level of the interval that the spread is read from, and how many standard deviations a normal one is wide."""
MIXES = 30
"""Mixes that the forecaster learns from: more cost much, and say little about one of them."""


class ZeroShot(NamedTuple):
    """A forecast of the score without any example of the target, with its interval."""

    mean: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({100 * LEVEL:g} %: {self.lower:.3f} to {self.upper:.3f})"

    def on_line(self, link: Link) -> tuple[float, float]:
        """Mean and standard deviation on the scale that curves are fitted on."""
        mean, *ends = link.to_line(np.array([self.mean, self.lower, self.upper]))
        return float(mean), float(np.abs(ends - mean).max() / QUANTILE)


def zero_shot(points: Points, setting: Setting, observations: pl.DataFrame, target: str, rest: Rest) -> ZeroShot | None:
    """Forecast an unmeasured target under a mix without it, from scores of languages not trained on.

    Returns
    -------
    ZeroShot or None
        None where no language was measured without examples of its own, or nothing is known.
    """
    from isogloss.forecasting import Default

    cells = _zero_shot_cells(points, rest)
    evidence = Evidence(observations.join(cells, on=["target", "train"], how="semi"))
    if len(evidence) == 0:
        return None
    queries = ask(
        task=setting.task, model=setting.model, targets=[target], train=rest.text,
        metric=setting.metric, recipe=setting.recipe,
    )  # fmt: skip
    found = Default().fit(evidence).conformalize().predict_interval(queries, LEVEL)
    forecast = ZeroShot(*found.select("mean", "lower", "upper").row(0))
    return forecast if np.isfinite(forecast).all() else None


def _zero_shot_cells(points: Points, rest: Rest) -> pl.DataFrame:
    """Languages measured without examples of their own, under the mixes most like the one asked about."""
    none = np.flatnonzero(points.features[:, :2].sum(1) == 0)
    cells = pl.DataFrame(
        {
            "target": [points.languages[at] for at in points.language[none]],
            "train": list(points.rests[none]),
            "apart": np.abs(np.log1p(points.features[none, 2]) - np.log1p(rest.size)),
        },
        schema={"target": pl.String, "train": pl.String, "apart": pl.Float64},
    )
    mixes = cells.group_by("train", "apart").agg(languages=pl.col("target").n_unique())
    mixes = mixes.with_columns(other=pl.col("train") != rest.text)
    # One that most languages were measured under tells them apart best.
    nearest = mixes.sort("other", -pl.col("languages").cast(pl.Int64), "apart", "train").head(MIXES)
    return cells.join(nearest, on="train", how="semi").select("target", "train")
