"""Tables of transfer in which the truth is known: what makes each score is written down here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from isogloss import read_evidence
from isogloss.evidence import Evidence
from isogloss.explanation.pairs import similarity, web_text
from isogloss.forecasting.features import space

POOL = tuple(
    "afr amh ara ben bul cat ces cym dan deu ell eng est eus fas fin fra guj heb hin hrv hun hye ind isl ita jpn kan "
    "kat kaz kor lav lit mal mar mkd mya nld nno pan pol por ron rus slk slv som spa sqi srp swe tam tel tgl tha tur "
    "ukr urd vie yor zho zul".split()
)
SOURCE, TARGET, NOISE = 0.03, 0.05, 0.03
"""Standard deviations of what belongs to a source, to a target, and to a pair."""


def transfer_table(
    seed: int, count: int, effects: Mapping[str, float] | None = None, *, slopes: float = 0.0, kin: float = 0.0,
    own: float | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Scores of every language as source and as target of every other.

    Parameters
    ----------
    seed, count : int
        Which languages of `POOL`, and how many.
    effects : mapping of str to float
        What one standard deviation of a factor adds: a kind of similarity, or `target text`.
    slopes : float
        Standard deviation, over targets, of what grammatical similarity adds; its mean is zero.
    kin : float
        Standard deviation of the part of a target's level that it shares with its kin.
    own : float, optional
        Score of every language trained on itself; by default it is not measured.
    """
    chance = np.random.default_rng(seed)
    names = sorted(chance.choice(POOL, count, replace=False).tolist())
    scores = 0.5 + chance.normal(0, SOURCE, count)[:, None] + chance.normal(0, TARGET, count)
    scores = scores + chance.normal(0, NOISE, (count, count))
    for name, effect in (effects or {}).items():
        scores = scores + effect * _standardised(name, names)
    if slopes:
        scores = scores + _standardised("syntactic", names) * chance.normal(0, slopes, count)
    if kin:
        between = space(names).between("combined", names, names)
        scores = scores + np.linalg.cholesky(np.exp(-between / 0.2) + 1e-6 * np.eye(count)) @ chance.normal(
            0, kin, count
        )
    if own is not None:
        np.fill_diagonal(scores, own)
    rows = [
        (source, target, float(np.clip(scores[row, column], 0, 1)))
        for row, source in enumerate(names)
        for column, target in enumerate(names)
        if source != target or own is not None
    ]
    table = pl.DataFrame(rows, schema=["source", "target", "score"], orient="row")
    return table.select(
        "target", "score", train=pl.col("source") + ":1000", model=pl.lit("toy"), task=pl.lit("topics"),
        metric=pl.lit("accuracy"),
    )  # fmt: skip


def transfer_evidence(seed: int, count: int, effects: Mapping[str, float] | None = None, **how: float) -> Evidence:
    """The same as evidence."""
    return read_evidence(transfer_table(seed, count, effects, **how))


def _standardised(name: str, names: list[str]) -> np.ndarray:
    if name == "target text":
        values = np.broadcast_to(web_text(names), (len(names), len(names)))
    else:
        values = similarity(name, names, names)
        values = np.where(np.isnan(values), np.nanmean(values), values)
    there = ~np.eye(len(names), dtype=bool)
    return (values - values[there].mean()) / values[there].std()


OF_MODEL, OF_CELL = 0.03, 0.02
"""Standard deviations of what belongs to a model, and to a model in a language."""


def models_world(
    seed: int, count: int, *, architecture: float = 0.0, size: float = 0.0, tied: float = 0.0, gaps: float = 0.2
) -> tuple[Evidence, pl.DataFrame]:
    """Scores of models in twelve languages, and facts of them.

    Parameters
    ----------
    seed, count : int
    architecture : float
        What encoders have more than decoders; every second model is one.
    size : float
        What ten times as many parameters add.
    tied : float
        How much larger encoders are than decoders, in powers of ten.
    gaps : float
        Share of the scores that are missing, more of them in hard languages of decoders.
    """
    chance = np.random.default_rng(seed)
    names = [f"lm-{place:02d}" for place in range(count)]
    encoder = np.arange(count) % 2 == 0
    powers = chance.uniform(7, 9, count) + tied * encoder
    objective = chance.choice(["masked words", "next word", "spans"], count)
    levels = architecture * encoder + size * (powers - powers.mean()) + chance.normal(0, OF_MODEL, count)
    rows = []
    for model, level in enumerate(levels):
        for place, language in enumerate(POOL[:12]):
            missing = gaps * (1 + (place > 5) * (1 if encoder[model] else -1) * 0.5)
            score = 0.5 - 0.02 * place + level + chance.normal(0, OF_CELL)
            if chance.random() >= missing:
                rows.append((names[model], language, float(np.clip(score, 0, 1))))
    table = pl.DataFrame(rows, schema=["model", "target", "score"], orient="row")
    evidence = read_evidence(
        table.with_columns(task=pl.lit("topics"), metric=pl.lit("accuracy"), train=pl.lit("eng:1000"))
    )
    facts = pl.DataFrame(
        {"model": names, "architecture": np.where(encoder, "encoder", "decoder"), "objective": objective,
         "parameters": (10**powers).astype(int)}
    )  # fmt: skip
    return evidence, facts
