"""LangRank's pair features as a forecaster: how large, how near and how alike the languages trained on are.

Lin et al. 2019 (arXiv 1905.12688) rank single sources by gradient-boosted trees; here the same trees
forecast the score itself, and a mix has the mean of its sources' features, weighted by their doses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.forecasting.boosting import BoostedTrees
from isogloss.forecasting.features import dose
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.forecasting.peers.overlap import find_overlap, overlap_between
from isogloss.forecasting.space import space
from isogloss.languages import distances

DISTANCES = ("genetic", "syntactic", "phonological", "inventory", "geographic")
"""URIEL's kinds of distance, beside the featural one."""


class LangRankModel(GridModel):
    """Every cell a line: sizes, their ratio, and how near its sources are to its target.

    Parameters
    ----------
    overlap : similarity, optional
        As `isogloss.languages.register_similarity` makes it.
    """

    def __init__(self, overlap: Any):
        self.overlap = overlap

    def fit(self, grid: Grid) -> LangRankModel:
        self.grid_ = grid
        measured = ~np.isnan(grid.scores)
        self.trees_ = BoostedTrees().fit(
            self._cells(grid.mixes, grid.targets)[measured.ravel()], grid.scores[measured],
            n_estimators=100, learning_rate=0.1, num_leaves=16, min_child_samples=5,
        )  # fmt: skip
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(self._answer(mixes, self.grid_.targets))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return self._answer(mixes, targets)[None], np.ones(len(targets))

    def for_fold(self) -> LangRankModel:
        return LangRankModel(self.overlap)

    def _answer(self, mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        return self.trees_.predict(self._cells(mixes, targets)).reshape(len(mixes.texts), -1)

    def _cells(self, mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        """One line per cell, row after row, of shape (rows * targets, features)."""
        sources, sizes = mixes.sources, mixes.sizes
        itself = np.array(sources)[:, None] == np.array(targets)[None, :]
        doses, task = dose(sizes), sizes @ itself
        transfer = _share(doses * sizes @ ~itself, doses @ ~itself)
        layers = [transfer, task, transfer / (1 + task)]
        known = space(sources, targets)
        likeness = [known.between(kind, sources, targets) for kind in DISTANCES]
        likeness.append(distances(sources, "featural", others=targets).values)
        if self.overlap is not None:
            likeness.append(overlap_between(self.overlap, sources, targets))
        for values in likeness:
            told = ~itself & ~np.isnan(values)
            layers.append(_share(doses @ np.where(told, values, 0), doses @ told))
        return np.stack(layers, axis=2).reshape(task.size, -1)


class LangRank(Forecaster):
    """LangRank's features, given to boosted trees that forecast the score (100 trees of 16 leaves, rate 0.1).

    Number of examples in other languages and in the target's own, their ratio, the genetic, syntactic,
    phonological, inventory, geographic and featural distance of source and target, and their lexical overlap.
    Over the sources of a mix, the target itself left out, these are means weighted by dose.

    Parameters
    ----------
    overlap : str, optional
        Name of a registered similarity (`isogloss.languages.register_similarity`) that tells the overlap of words
        or subwords. By default the one called `overlap`; where there is none, the feature is left out.

    Notes
    -----
    LangRank's type-token ratios need the texts themselves, and are left out. Nothing tells two targets apart
    but their distance from the sources: under an empty mix all languages are alike.
    """

    def __init__(self, overlap: str | None = None):
        self.overlap = overlap

    def _new_model(self) -> LangRankModel:
        return LangRankModel(find_overlap(self.overlap))


def _share(part: Array, whole: Array) -> Array:
    """`part / whole`, NaN where there is no whole."""
    return np.where(whole > 0, part / np.maximum(whole, 1e-12), np.nan)
