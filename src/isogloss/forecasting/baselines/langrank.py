"""LangRank's pair features as a forecaster: how large, how near and how alike the languages trained on are.

Lin et al. 2019 (arXiv 1905.12688) rank single sources by gradient-boosted trees; here the same trees
forecast the score itself, and a mix has the mean of its sources' features, weighted by their doses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from isogloss.forecasting.boosting import BoostedTrees
from isogloss.forecasting.capabilities import Capability
from isogloss.forecasting.features import dose, space
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.languages import distances, resolve, similarities

DISTANCES = ("genetic", "syntactic", "phonological", "inventory", "geographic")
"""URIEL's kinds of distance, beside the featural one."""
OVERLAP = "overlap"
"""Name of the similarity that is looked for when no other is given."""


class LangRankModel(GridModel):
    """Boosted trees on `mix_features`.

    Parameters
    ----------
    overlap : similarity, optional
        As `isogloss.languages.register_similarity` makes it.
    """

    def __init__(self, overlap: Any):
        self.overlap = overlap

    def fit(self, grid: Grid) -> Self:
        self.grid_ = grid
        measured = ~np.isnan(grid.scores)
        self.trees_ = BoostedTrees().fit(
            mix_features(grid.mixes, grid.targets, self.overlap)[measured], grid.scores[measured],
            n_estimators=100, learning_rate=0.1, num_leaves=16, min_child_samples=5,
        )  # fmt: skip
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(self.trees_.predict(mix_features(mixes, self.grid_.targets, self.overlap)))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        return self.trees_.predict(mix_features(mixes, targets, self.overlap))[None], np.ones(len(targets))

    def for_fold(self) -> LangRankModel:
        return LangRankModel(self.overlap)


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

    capabilities = frozenset({Capability.LANGUAGES, Capability.MIXES})

    def __init__(self, overlap: str | None = None):
        self.overlap = overlap

    def _new_model(self) -> LangRankModel:
        return LangRankModel(registered_overlap(self.overlap))


def mix_features(mixes: TrainingMixes, targets: Sequence[str], overlap: Any = None) -> Array:
    """LangRank's features of every mix and target, of shape (rows, targets, features); NaN where none is known.

    Number of examples of other languages (weighted by dose) and of the target, their ratio, six distances and, if
    given, the overlap.
    """
    sources, sizes = mixes.sources, mixes.sizes
    itself = np.array(sources)[:, None] == np.array(targets)[None, :]
    doses, task = dose(sizes), sizes @ itself
    transfer = _share(doses * sizes @ ~itself, doses @ ~itself)
    layers = [transfer, task, transfer / (1 + task)]
    known = space(sources, targets)
    closeness = [known.between(kind, sources, targets) for kind in DISTANCES]
    closeness.append(distances(sources, "featural", others=targets).values)
    if overlap is not None:
        closeness.append(overlap_between(overlap, sources, targets))
    for values in closeness:
        there = ~itself & ~np.isnan(values)
        layers.append(_share(doses @ np.where(there, values, 0), doses @ there))
    return np.stack(layers, axis=2)


def registered_overlap(name: str | None) -> Any:
    """The registered similarity called `name`; without a name the one called `overlap`, None where there is none.

    Raises
    ------
    UnknownName
        If a name was given that nothing is registered by.
    """
    if name is None and OVERLAP not in similarities.names():
        return None
    return similarities.get(name or OVERLAP)


def overlap_between(similarity: Any, sources: Sequence[str], targets: Sequence[str]) -> Array:
    """Overlap of each source with each target, 0 to 1, of shape (sources, targets); NaN where unknown."""
    rows, columns = ([resolve(code) for code in group] for group in (sources, targets))
    values = 1 - similarity.between(similarity.read(rows), similarity.read(columns)).values
    return np.where(np.array(sources)[:, None] == np.array(targets), 1.0, values)


def _share(part: Array, whole: Array) -> Array:
    """`part / whole`, NaN where there is no whole."""
    return np.where(whole > 0, part / np.maximum(whole, 1e-12), np.nan)
