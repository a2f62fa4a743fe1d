"""One number per language for how well a model holds it, without labels: what a forecast takes from encodings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from isogloss.alignment.scoring import MEAN, PIVOT, score
from isogloss.languages import resolve

if TYPE_CHECKING:
    from isogloss.alignment.scoring import Encoded

MEASURES = ("p@1", "cosine-gap")
"""Those of the probe that ships with the background."""


def label_free_alignment(encodings: Encoded, pivot: str = PIVOT) -> dict[str, float]:
    """How well each language is aligned with a pivot, from parallel sentences alone.

    The mean of two standardised numbers: log odds of P@1, `log((pn + 1/2) / (n - pn + 1/2))`, and the cosine gap, each
    the mean over layers. The first reaches its ceiling in languages a model holds well, where the second still tells
    them apart.

    Parameters
    ----------
    encodings : Encodings
    pivot : str, default "eng"

    Returns
    -------
    dict of str to float
        By canonical id; without the pivot, and without languages that have no value.

    Raises
    ------
    BadValue, NotEnoughEvidence
    """
    import polars as pl

    scores = score(encodings, MEASURES, pivot=pivot)
    pooled = scores.filter(pl.col("layers") == (MEAN if MEAN in scores["layers"] else "each"))
    table = pooled.pivot(on="metric", index=["lang_b", "n"], values="value").drop_nulls()
    table = table.filter(pl.col("lang_b") != encodings.find(pivot))
    share, count = table["p@1"].to_numpy(), table["n"].to_numpy()
    odds = np.log((share * count + 0.5) / (count - share * count + 0.5))
    both = np.stack([odds, table["cosine-gap"].to_numpy()])
    spread = both.std(1, keepdims=True)
    standardised = (both - both.mean(1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    ids = [resolve(name).id for name in table["lang_b"]]
    return dict(zip(ids, standardised.mean(0).tolist(), strict=True))
