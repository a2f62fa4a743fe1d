"""Baselines of boosted trees: on LITMUS's features, on LangRank's, and on pair features with a monotone shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from isogloss.forecasting.boosting import BoostedTrees, sample
from isogloss.forecasting.capability import Capability
from isogloss.forecasting.features import dose, language_features, pair_features, space
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.languages import distances, features, resolve, resources, similarities

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

    Srinivasan et al. 2021 (arXiv 2110.08875) and the tool of the same name; scaling, which trees do not notice, is left
    out.

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

    def new_model(self) -> LitmusModel:
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

    Lin et al. 2019 (arXiv 1905.12688) rank single sources by such trees.

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

    def new_model(self) -> LangRankModel:
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


TOTAL, OWN = 0, 2
"""Columns of the pair features in which more examples cannot hurt: of all languages, and of the target."""
HUBER = 1.35
"""Standard deviations beyond which a residual counts by its size instead of its square (Huber 1964)."""
SMALLEST_LEAF = 20


class TreesModel(GridModel):
    """Two sets of trees: how a known language moves with the mix, and how an unseen one differs from the known.

    Attributes
    ----------
    levels_ : array of shape (targets,)
        Mean of each known language.
    moves_, differences_ : BoostedTrees
    """

    def fit(self, grid: Grid) -> Self:
        self.grid_ = grid
        filled = fill(grid.scores)
        self.levels_ = filled.mean(0)
        there = ~np.isnan(grid.scores)
        pairs, factors = self._pairs(grid.mixes, grid.targets), self._factors(grid.targets)
        self.moves_ = _fit(_cells(pairs, factors), filled - self.levels_, there, (TOTAL, OWN))
        means = filled.mean(1)
        # Against the row's mean, which has risen with the total already, only the target's own examples must help.
        self.differences_ = _fit(_cells(pairs, factors, means), filled - means[:, None], there, (OWN,))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        targets = self.grid_.targets
        cells = _cells(self._pairs(mixes, targets), self._factors(targets))
        return single_learner(self.levels_ + self.moves_.predict(cells).reshape(-1, len(targets)))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        means = measured.mean(1)
        cells = _cells(self._pairs(mixes, targets), self._factors(targets), means)
        scores = means[:, None] + self.differences_.predict(cells).reshape(-1, len(targets))
        return scores[None], np.ones(len(targets))

    def _pairs(self, mixes: TrainingMixes, targets: Sequence[str]) -> Array:
        return pair_features(space(mixes.sources, targets), mixes.sizes, mixes.sources, targets)

    def _factors(self, targets: Sequence[str]) -> Array:
        trained = self.grid_.mixes
        return language_features(space(trained.sources, targets), targets, trained.sources, trained.sizes)


class Trees(Forecaster):
    """Boosted trees (LightGBM, 300 of 15 leaves, rate 0.05) on pair features, the target's factors and the row's mean.

    The loss is Huber's, so that a run that collapsed does not bend the rest. All else alike, a forecast for a known
    language never falls when the total dose or that of its own examples grows, nor one for another language when
    that of its own examples does.

    Notes
    -----
    A known language is its mean plus what trees say of the mix, another one the mean of the known languages in
    the same row plus what they say of the pair. Beyond the sizes and distances that were measured, trees stay at
    the edge of them.
    """

    grid_model = TreesModel
    capabilities = frozenset({Capability.LANGUAGES, Capability.MIXES})


def _fit(design: Array, response: Array, measured: np.ndarray, rising: tuple[int, ...]) -> BoostedTrees:
    chosen = response[measured]
    spread = 1.4826 * float(np.median(np.abs(chosen - np.median(chosen)))) or float(chosen.std()) or 1.0
    return BoostedTrees().fit(
        design[measured.ravel()], chosen,
        objective="huber", alpha=HUBER * spread, n_estimators=300, learning_rate=0.05, num_leaves=15,
        min_child_samples=max(2, min(SMALLEST_LEAF, len(chosen) // 10)), reg_lambda=1.0,
        monotone_constraints=[int(column in rising) for column in range(design.shape[1])],
    )  # fmt: skip


def _cells(pairs: Array, factors: Array, means: Array | None = None) -> Array:
    """One line per cell, row after row: pair features, the target's factors and, if given, the row's mean."""
    shape = pairs.shape[:2]
    parts = [pairs, np.broadcast_to(factors, (*shape, factors.shape[1]))]
    if means is not None:
        parts.append(np.broadcast_to(means[:, None, None], (*shape, 1)))
    return np.concatenate(parts, axis=2).reshape(shape[0] * shape[1], -1)
