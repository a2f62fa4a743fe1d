"""LITMUS's recipe: boosted trees on what the target was pretrained with and on every source's size and likeness.

Srinivasan et al. 2021 (arXiv 2110.08875) and the tool of the same name. Its learner is XGBoost (100 trees,
rate 0.1, depth 10); here LightGBM learns with those settings. Its features are scaled first, which trees do
not notice, and its subword overlap is used where one was registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from isogloss.forecasting.baselines.langrank import overlap_between, registered_overlap
from isogloss.forecasting.boosting import BoostedTrees, sample
from isogloss.forecasting.capabilities import Capability
from isogloss.forecasting.features import space
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.languages import features, resolve, resources

BYTES = 2.0**30
"""Pretraining sizes are in GiB."""
DEPTH, LEAVES = 10, 512
BLOCK = 2_000_000
"""Features x cells that are answered at once."""


class LitmusModel(GridModel):
    """Every cell a line: two features of the target, and three of every source.

    Parameters
    ----------
    overlap : similarity, optional
        As `isogloss.languages.register_similarity` makes it.
    sizes : mapping of str to float
        Language -> GiB of pretraining text.

    Attributes
    ----------
    reciprocal_ranks_ : array of shape (features,)
        One over the rank of each typological feature, by the pretraining text of the languages that have it.
    """

    def __init__(self, overlap: Any, sizes: Mapping[str, float]):
        self.overlap, self.sizes = overlap, sizes

    def fit(self, grid: Grid) -> Self:
        self.grid_ = grid
        self.reciprocal_ranks_ = reciprocal_ranks(self.sizes)
        pairs = self._pairs(grid.targets)
        rows, columns = np.nonzero(~np.isnan(grid.scores))
        kept = sample(len(rows), pairs.shape[1])
        rows, columns = rows[kept], columns[kept]
        self.trees_ = BoostedTrees().fit(
            self._cells(pairs, grid.mixes.sizes, rows, columns), grid.scores[rows, columns],
            n_estimators=100, learning_rate=0.1, max_depth=DEPTH, num_leaves=LEAVES,
            min_child_samples=1, min_child_weight=1e-9,
        )  # fmt: skip
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(self._answer(mixes, self.grid_.targets))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        return self._answer(mixes, targets)[None], np.ones(len(targets))

    def for_fold(self) -> LitmusModel:
        return LitmusModel(self.overlap, self.sizes)

    def _answer(self, mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        pairs, sizes = self._pairs(targets), mixes.over(self.grid_.mixes.sources)
        scores = np.empty((len(sizes), len(targets)))
        step = max(BLOCK // max(pairs.size, 1), 1)
        for start in range(0, len(sizes), step):
            part = sizes[start : start + step]
            rows, columns = (at.ravel() for at in np.indices((len(part), len(targets))))
            cells = self._cells(pairs, part, rows, columns)
            scores[start : start + step] = self.trees_.predict(cells).reshape(len(part), -1)
        return scores

    def _pairs(self, targets: Sequence[str]) -> Array:
        """What does not depend on the mix, of shape (targets, features); the sizes are left at zero."""
        sources = self.grid_.mixes.sources
        gibibytes = np.array([self.sizes.get(target, 0.0) for target in targets])
        columns = [np.log10(1 + BYTES * gibibytes), _mean_rank(targets, self.reciprocal_ranks_)]
        syntactic = space(sources, targets).between("syntactic", sources, targets)
        overlap = None if self.overlap is None else overlap_between(self.overlap, sources, targets)
        for source in range(len(sources)):
            columns += [] if overlap is None else [overlap[source]]
            columns += [syntactic[source], np.zeros(len(targets))]
        return np.column_stack(columns)

    def _cells(self, pairs: Array, sizes: Array, rows: np.ndarray, columns: np.ndarray) -> Array:
        cells = pairs[columns]
        each = 2 if self.overlap is None else 3
        cells[:, 1 + each :: each] = sizes[rows]
        return cells


class Litmus(Forecaster):
    """LITMUS's features, given to LightGBM instead of XGBoost (100 trees, rate 0.1, depth 10).

    Per target the log10 of its bytes of pretraining text, and the mean reciprocal rank of its typological
    features when these are ranked by the pretraining text of the languages that have them; per source its
    subword overlap with the target, its syntactic distance from it and its number of examples.

    Parameters
    ----------
    overlap : str, optional
        Name of a registered similarity (`isogloss.languages.register_similarity`) that tells the overlap of
        subword types. By default the one called `overlap`; where there is none, the feature is left out.
    pretraining : str, default "cc100"
        Corpus or model, as `isogloss.languages.resources` knows it.

    Notes
    -----
    Of a source that no measured mix has, and of a target about which typology says nothing, the trees know
    nothing. URIEL's syntax, most of it binarised from WALS, stands in for WALS, so the ranks are not LITMUS's own
    numbers. A grid of more than 10 million features x cells is learnt from a sample.
    """

    capabilities = frozenset({Capability.LANGUAGES, Capability.MIXES})

    def __init__(self, overlap: str | None = None, pretraining: str = "cc100"):
        self.overlap = overlap
        self.pretraining = pretraining

    def _new_model(self) -> LitmusModel:
        return LitmusModel(registered_overlap(self.overlap), resources(self.pretraining))


def reciprocal_ranks(sizes: Mapping[str, float]) -> Array:
    """One over the rank of each syntactic feature, the one whose languages have most pretraining text first.

    Parameters
    ----------
    sizes : mapping of str to float
        Language -> size.

    Returns
    -------
    array of shape (features,)
        Features of URIEL's syntax, most of which are binarised from WALS; ties share the better rank.
    """
    # What a corpus has of a macrolanguage stands for its representative too, but it is one text.
    languages = {code: size for code, size in sizes.items() if resolve(code).macro not in sizes}
    has = features(list(languages), "syntactic").values == 1
    text = np.array(list(languages.values())) @ has
    return 1 / (1 + (text[None, :] > text[:, None]).sum(1))


def _mean_rank(targets: Sequence[str], ranks: Array) -> Array:
    """Mean of `ranks` over the features that each target has; NaN where none is known."""
    has = features(targets, "syntactic").values == 1
    count = has.sum(1)
    return np.where(count > 0, has @ ranks / np.maximum(count, 1), np.nan)
