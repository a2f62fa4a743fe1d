"""Curves whose truth is known: a power law to a ceiling of its own for each language, beside 1000 English examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from isogloss import read_evidence
from isogloss.evidence import Evidence

LANGUAGES = "deu fra spa ita nld pol rus hin tur fin hun tam".split()
SIZES = (0, 10, 50, 100, 500, 1000, 2000, 5000)


def planted(
    seed: int = 0,
    *,
    languages: Sequence[str] = LANGUAGES,
    sizes: Sequence[int] = SIZES,
    noise: float = 0.005,
    hidden: Callable[[str, int], bool] = lambda language, size: False,
) -> Evidence:
    """What somebody measured who never saw the `hidden` sizes."""
    return scores_of(
        [
            (language, mix(language, size), score)
            for language, row in zip(languages, planted_scores(seed, languages, sizes, noise), strict=True)
            for size, score in zip(sizes, row, strict=True)
            if not hidden(language, size)
        ]
    )


def scores_of(cells: Sequence[tuple[str, str, float]], metric: str = "accuracy") -> Evidence:
    """Evidence from (target, train, score), everything else alike."""
    table = pl.DataFrame(cells, schema={"target": pl.String, "train": pl.String, "score": pl.Float64}, orient="row")
    return read_evidence(table.with_columns(model=pl.lit("m"), task=pl.lit("t"), metric=pl.lit(metric)))


def planted_scores(seed: int, languages: Sequence[str], sizes: Sequence[int], noise: float) -> np.ndarray:
    """Scores of shape (languages, sizes)."""
    chance = np.random.default_rng(seed)
    start = chance.uniform(0.3, 0.5, (len(languages), 1))
    gain = chance.uniform(0.2, 0.35, (len(languages), 1))
    n = np.array(sizes, dtype=float)
    truth = start + gain * (1 - ((n + 100) / 100) ** -0.5)
    return truth + noise * chance.standard_normal(truth.shape)


def mix(language: str, size: int) -> str:
    return f"eng:1000,{language}:{size}" if size else "eng:1000"
