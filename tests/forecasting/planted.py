"""Worlds in which the truth is known: scores over real languages, made by a process that is written down here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from isogloss import read_evidence, read_queries
from isogloss.evidence import Evidence
from isogloss.forecasting.features import space

POOL = tuple(
    "afr amh ara ben bul cat ces cym dan deu ell eng est eus fas fin fra guj heb hin hrv hun hye ind isl ita jav jpn "
    "kan kat kaz kor lav lit mal mar mkd mya nld nno pan pol por ron rus sin slk slv som spa sqi srp swa swe tam tel "
    "tgl tha tur ukr urd uzb vie yor zho zul".split()
)
SIZES = (0, 200, 500, 1000, 2000, 5000)
CELL_NOISE = 0.005


@dataclass(frozen=True)
class World:
    """Scores of every mix x language, as a process made them.

    Attributes
    ----------
    languages, mixes : tuple of str
    truth : array of shape (mixes, languages)
    """

    languages: tuple[str, ...]
    mixes: tuple[str, ...]
    truth: np.ndarray

    def evidence(self, *, hidden: tuple[str, ...] = (), rows: slice = slice(None), gaps: float = 0.0) -> Evidence:
        """What somebody measured who never saw the `hidden` languages, neither tested nor trained on."""
        cells = self.cells(rows=rows)
        if gaps:
            cells = cells.filter(np.random.default_rng(1).random(cells.height) >= gaps)
        found = read_evidence(cells)
        for language in hidden:
            found = found.without_language(language)
        return found

    def queries(self, targets: tuple[str, ...], *, rows: slice = slice(None)) -> pl.DataFrame:
        """Questions about some languages."""
        return read_queries(self.cells(rows=rows).filter(pl.col("target").is_in(targets)))

    def answers(self, queries: pl.DataFrame) -> np.ndarray:
        """The truth for each of `queries`."""
        column = {language: position for position, language in enumerate(self.languages)}
        row = {text: position for position, text in enumerate(self.mixes)}
        return np.array([self.truth[row[train], column[target]] for train, target in queries["train", "target"].rows()])

    def cells(self, *, rows: slice = slice(None)) -> pl.DataFrame:
        """Every score as one row of a table."""
        mixes, truth = self.mixes[rows], self.truth[rows]
        return pl.DataFrame(
            {
                "model": "planted-model",
                "task": "planted-task",
                "metric": "accuracy",
                "target": list(self.languages) * len(mixes),
                "train": np.repeat(mixes, len(self.languages)).tolist(),
                "score": truth.ravel(),
            }
        )


def world(seed: int, *, languages: int = 20, sources: int = 8, mixes: int = 20) -> World:
    """A grid of mixes of 2 to `sources` languages, with sizes drawn from a few."""
    chance = np.random.default_rng(seed)
    names = _languages(chance, languages)
    trained = sorted(chance.choice(names, sources, replace=False))
    sizes = chance.choice(SIZES, (mixes, sources), p=[0.4, *[0.12] * 5])
    sizes[:, :2] = np.maximum(sizes[:, :2], SIZES[1])
    return _world(chance, names, tuple(trained), np.unique(sizes, axis=0))


def single_source_world(seed: int, *, languages: int = 20) -> World:
    """A grid of every language as the only source of every language."""
    chance = np.random.default_rng(seed)
    names = _languages(chance, languages)
    return _world(chance, names, names, 1000 * np.eye(languages))


def _languages(chance: np.random.Generator, count: int) -> tuple[str, ...]:
    return tuple(sorted(chance.choice(POOL, count, replace=False)))


def _world(chance: np.random.Generator, names: tuple[str, ...], sources: tuple[str, ...], sizes: np.ndarray) -> World:
    """Level: linear in web text and script, smooth over distance. Mix: saturating in total, own and kin's size."""
    known = space(names)
    combined = known.between("combined", names, names)
    smooth = np.linalg.cholesky(np.exp(-combined / 0.2) + 1e-6 * np.eye(len(names))) @ chance.standard_normal(
        len(names)
    )
    level = 0.06 * (known.web_text - 3.5) - 0.08 * known.unspaced + 0.05 * smooth
    level += 0.01 * chance.standard_normal(len(names))
    own = np.array([sizes[:, sources.index(name)] if name in sources else 0 * sizes[:, 0] for name in names]).T
    kin = sizes @ np.exp(-known.between("combined", sources, names) / 0.15)
    gain = 0.03 * np.log1p(sizes.sum(1) / 300)[:, None] + 0.08 * own / (own + 700) + 0.06 * kin / (kin + 1000)
    truth = 0.42 + level + gain + CELL_NOISE * chance.standard_normal(own.shape)
    texts = tuple(
        ",".join(f"{name}:{int(size)}" for name, size in zip(sources, row, strict=True) if size) for row in sizes
    )
    return World(names, texts, np.clip(truth, 0.0, 1.0))
