"""Worlds in which an adaptation changes scores by a known law of the language, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from isogloss.evidence import OBSERVATION, Evidence
from isogloss.evidence.schema import conform
from isogloss.forecasting.features import web_text
from isogloss.forecasting.grid import Array

LANGUAGES = (
    "afr ben bul cat ces cym dan deu ell eng est eus fas fra guj heb hrv hun hye ind isl ita jpn kan kat kaz kor lav "
    "lit mal mar mkd mya nld pan pol por ron slk slv som spa sqi srp swe tel tgl tha ukr urd vie zho amh swh yor hau "
    "tam fin tur rus ara ibo zul xho wol khm lao"
).split()
PRUNED = {"magnitude-prune(sparsity=0.3)": 0.3, "magnitude-prune(sparsity=0.6)": 0.6}
POWER = 2.5


def standardised(languages: Sequence[str]) -> Array:
    """Web text, in standard deviations from its mean."""
    text = np.array([web_text(one) for one in languages])
    spread: Array = (text - text.mean()) / text.std()
    return spread


def world(
    seed: int, *, slope: float = 0.02, mean: float = -0.05, noise: float = 0.01, related: float = 0.0,
    strengths: Mapping[str, float] | None = None, size: int = 32,
) -> tuple[Evidence, dict[str, dict[str, float]]]:  # fmt: skip
    """Accuracy before and after, of which the second half of the languages is hidden.

    Parameters
    ----------
    slope : float
        What one standard deviation of web text adds to the change by a strength of 0.6; changes grow with strength to
        the power `POWER`.
    related : float
        How much of what is left of the score before stands in the change too.

    Returns
    -------
    evidence : Evidence
        With scores before and after in the first half of the languages, and none of the others.
    truth : dict of str to dict of str to float
        Scores of the others, by recipe and language.
    """
    chance = np.random.default_rng(seed)
    languages = chance.permutation(LANGUAGES)[:size].tolist()
    text = standardised(languages)
    rest = chance.normal(0, 0.05, size)
    before = np.clip(0.6 + 0.08 * text + rest, 0.02, 0.98)
    strengths = PRUNED if strengths is None else strengths
    whole = mean + slope * text + related * rest
    scores = {"as it is": before} | {
        label: before + whole * (strength / 0.6) ** POWER + chance.normal(0, noise, size)
        for label, strength in strengths.items()
    }
    rows = [
        {"recipe": recipe, "target": language, "target_as_reported": language, "score": score}
        for recipe, values in scores.items() for language, score in zip(languages[: size // 2], values, strict=False)
    ]  # fmt: skip
    shared = {"model": "ours", "task": "topics", "metric": "accuracy", "train": "", "scale": "fraction",
              "higher_is_better": True}  # fmt: skip
    table = pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in shared.items()})
    truth = {
        recipe: dict(zip(languages[size // 2 :], values[size // 2 :].tolist(), strict=True))
        for recipe, values in scores.items()
    }
    return Evidence(conform(table, OBSERVATION)), truth
