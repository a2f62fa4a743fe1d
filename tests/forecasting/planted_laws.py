"""Worlds in which scores follow a known law in the number of training languages, model size, shots or web text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from isogloss import read_evidence
from isogloss.evidence import Evidence
from isogloss.forecasting.features import web_text
from isogloss.forecasting.grid import Array

TARGETS = "swa yor hin tam fin tur rus arb".split()
POOL = (
    "afr ben bul cat ces cym dan deu ell eng est eus fas fra guj heb hrv hun hye ind isl ita jpn kan kat kaz kor lav "
    "lit mal mar mkd mya nld nno pan pol por ron slk slv som spa sqi srp swe tel tgl tha ukr urd vie zho zul amh"
).split()
COUNTS = (1, 2, 3, 5, 8, 12, 20, 30, 40, 50)
SIZES = (15, 30, 60, 120, 250, 500, 1000, 2000)
SHOTS = (0, 1, 2, 4, 8)
Law = Callable[[Array], Array]


def flat(doses: Array) -> Array:
    return np.zeros(len(doses))


def with_languages(seed: int, law: Law, *, noise: float = 0.08, run: float = 0.05) -> Evidence:
    """Accuracy in `TARGETS` after tuning on 1 to 50 other languages, 100 examples of each; `law` is in logits."""
    chance = np.random.default_rng(seed)
    mixes = [",".join(f"{name}:100" for name in chance.permutation(POOL)[:count]) for count in COUNTS]
    return _evidence(chance, law(np.log1p(COUNTS)), [{"train": mix} for mix in mixes], noise, run)


def with_models(
    seed: int, law: Law, *, sizes: Sequence[int] = SIZES, noise: float = 0.08, run: float = 0.15,
    metric: str = "accuracy",
) -> Evidence:  # fmt: skip
    """Scores of models of 15 million to 2 billion parameters, of two teams that differ a little."""
    chance = np.random.default_rng(seed)
    millions = [size * factor for size in sizes for factor in (1.0, 1.3)]
    runs = [{"model": f"m{place}", "train": ""} for place in range(len(millions))]
    facts = pl.DataFrame({"model": [run["model"] for run in runs], "parameters": [int(1e6 * one) for one in millions]})
    evidence = _evidence(chance, law(np.log(1e6 * np.array(millions))), runs, noise, run, metric)
    return Evidence(evidence.observations, facts)


def with_shots(seed: int, law: Law, *, noise: float = 0.08, run: float = 0.03) -> Evidence:
    """Accuracy with 0 to 8 examples in the prompt."""
    chance = np.random.default_rng(seed)
    return _evidence(chance, law(np.log1p(SHOTS)), [{"shots": shots, "train": ""} for shots in SHOTS], noise, run)


def with_web_text(seed: int, slope: float, *, noise: float = 0.3) -> Evidence:
    """Accuracy of one model as it is in fifty languages, `slope` logits for each e-fold of web text."""
    chance = np.random.default_rng(seed)
    logits = [slope * np.log1p(10 ** web_text(one)) - 8 * slope + chance.normal(0, noise) for one in POOL]
    rows = [(one, "", 1 / (1 + np.exp(-value))) for one, value in zip(POOL, logits, strict=True)]
    return _read(pl.DataFrame(rows, schema=["target", "train", "score"], orient="row").with_columns(model=pl.lit("m")))


def _evidence(
    chance: np.random.Generator, growth: Array, runs: Sequence[dict[str, object]], noise: float, run: float,
    metric: str = "accuracy",
) -> Evidence:  # fmt: skip
    levels = chance.normal(0, 0.6, len(TARGETS))
    effects = growth + chance.normal(0, run, len(runs))
    lines = levels + effects[:, None] + chance.normal(0, noise, (len(runs), len(TARGETS)))
    scores = lines if metric == "loss" else 1 / (1 + np.exp(-lines))
    rows = [
        {"model": "m", **described, "target": target, "score": float(score)}
        for described, row in zip(runs, scores, strict=True) for target, score in zip(TARGETS, row, strict=True)
    ]  # fmt: skip
    return _read(pl.DataFrame(rows), metric)


def _read(table: pl.DataFrame, metric: str = "accuracy") -> Evidence:
    return read_evidence(table.with_columns(task=pl.lit("t"), metric=pl.lit(metric)))
