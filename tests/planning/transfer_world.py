"""Single sources on targets, as a process that is written down here made them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from isogloss import read_evidence
from isogloss.evidence import Evidence
from isogloss.forecasting.features import space

LANGUAGES = tuple(
    "ara ben bul ces deu ell est fas fin fra heb hin hun ind ita kat kor mal nld pol por rus spa swe tam tel tur "
    "urd vie".split()
)


def transfer_scores(seed: int = 0, noise: float = 0.01) -> np.ndarray:
    """Level of the target, kinship of the pair, one source that is bad everywhere; of shape (sources, targets)."""
    chance = np.random.default_rng(seed)
    near = np.exp(-space(LANGUAGES).between("combined", LANGUAGES, LANGUAGES) / 0.2)
    level = 0.3 + 0.2 * chance.random(len(LANGUAGES))
    effect = np.where(np.array(LANGUAGES) == "kat", -0.2, 0.0)[:, None]
    return np.clip(level + 0.4 * near + effect + noise * chance.standard_normal(near.shape), 0, 1)


def cells(scores: np.ndarray, *, model: str = "toy", task: str = "topics", size: int = 1000) -> pl.DataFrame:
    """One row per source and target."""
    return pl.DataFrame(
        {
            "model": model, "task": task, "metric": "accuracy",
            "train": np.repeat([f"{source}:{size}" for source in LANGUAGES], len(LANGUAGES)).tolist(),
            "target": list(LANGUAGES) * len(LANGUAGES), "score": scores.ravel(),
        }
    )  # fmt: skip


def transfer_evidence(hidden: str | None = None, **asked: Any) -> Evidence:
    """Evidence of somebody who never saw `hidden`, neither tested nor trained on."""
    found = read_evidence(cells(transfer_scores(), **asked))
    return found if hidden is None else found.without_language(hidden)
