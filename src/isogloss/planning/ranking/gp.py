"""A Gaussian process on sources x targets: sources that are alike serve targets that are alike alike.

    deviation(s, t) = slopes . pair(s, t) + f(s, t) + noise,   cov f = sources(s, s') targets(t, t')

A deviation is a target's score under a source less its mean over all sources, in units of its own spread: only
these rank sources, and a target that all sources serve badly counts as much as any other. The constant part of
the covariance of targets is what makes a source good everywhere; the rest lets it be good for some kinds of target.
See `isogloss.forecasting.kronecker` for the algebra.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import Space, space
from isogloss.forecasting.gaussian_process import Prior, maximise
from isogloss.forecasting.grid import even_sample, fill
from isogloss.forecasting.kriging import covariance_terms
from isogloss.forecasting.kronecker import MEAN_PRECISION, GridProcess, Product, Side, leave_columns_out, log_likelihood
from isogloss.languages import distances
from isogloss.languages.varieties import variety_cache
from isogloss.planning.ranking.table import Array, SourceTable

Places = NDArray[np.intp]

DISTANCES = ("genetic", "syntactic", "featural", "phonological", "inventory", "geographic", "morphological", "script",
         "combined")  # fmt: skip
"""Distances of source and target that the mean is linear in."""
TYPICAL = {"featural": 0.5, "morphological": 0.5}
"""Stands in for a distance of which nothing is known, of kinds that `isogloss.forecasting.features.space` lacks."""
NEAR, PLACE = 0.15, 0.1
"""Distances over which likeness falls by a factor e: combined, geographic."""
TEXT_REACH = 2.0
"""Powers of ten of web text that set languages as far apart in resources as leaving out spaces does."""

PRIOR = Prior(
    width=1.0,
    sources={"own": 0.3, "near": 0.7, "resources": 0.3, "script": 0.3, "family": 0.3},
    targets={"own": 0.3, "near": 0.5, "resources": 0.2, "script": 0.3, "family": 0.3},
    noise=0.2,
    slopes=1.0,
)
"""Weights of the terms of both covariances (of targets, `own` is what all share), variances of noise and of slopes."""
TERMS = ("own", "near", "resources", "script", "family")
LARGEST = 50
"""Sources and targets that parameters are learnt on."""
STEPS = 60
WITHIN = (-12.0, 6.0)
"""Where a parameter may go."""
SHORTEST = 1e-3
"""A spread below which a target's sources count as equally good."""


@dataclass(frozen=True)
class Deviations:
    """Scores as deviations, without gaps.

    Attributes
    ----------
    values : array of shape (sources, targets)
        Against the mean of a target's other sources, in units of `spreads`.
    means, spreads : arrays of shape (targets,)
        On the scale of the scores.
    """

    values: Array
    means: Array
    spreads: Array

    @classmethod
    def of(cls, table: SourceTable) -> Deviations:
        """What a language does for itself, and what was not measured, is put where the rest would have it."""
        others = table.of_others
        effect, means = _effects(others)
        complete = np.where(np.isnan(others), effect[:, None] + means, fill(others))
        spreads = np.maximum(np.nanstd(others, axis=0), max(SHORTEST * float(np.nanstd(others)), 1e-12))
        return cls((complete - means) / spreads, means, spreads)


class SourceGP:
    """Deviations of every source in targets that nobody measured.

    Attributes
    ----------
    parameters_ : array of shape (12,)
        Logarithms, as `PRIOR` names them, by marginal likelihood.
    """

    def fit(self, table: SourceTable, extra: Array | None = None) -> Self:
        """Learn from a table.

        Parameters
        ----------
        table : SourceTable
        extra : array of shape (terms, sources, targets), optional
            More that the mean is linear in.
        """
        self.table_, self.extra_ = table, extra
        self.deviations_ = Deviations.of(table)
        self._pairs = Pairs.of(table.sources, table.targets)
        self._shift, self._unit = self._pairs.terms.mean((1, 2)), self._pairs.terms.std((1, 2)) + 1e-9
        self.parameters_ = self._learn()
        self._covariance = self._product(np.arange(len(table.sources)), np.arange(len(table.targets)))
        self._process = GridProcess.learn(self._covariance, self._terms(self._pairs, extra), self.deviations_.values)
        return self

    def leave_targets_out(self) -> Array:
        """Deviations of each target, from all others; of shape (sources, targets)."""
        terms = self._terms(self._pairs, self.extra_)
        every = np.arange(len(self.table_.targets))
        return leave_columns_out(self._covariance, terms, self.deviations_.values, every)[0]

    def predict(self, targets: Sequence[str], extra: Array | None = None) -> Array:
        """Deviations of some other targets, of shape (sources, targets)."""
        pairs = Pairs.of(self.table_.sources, targets)
        across = self.target_covariance(targets, self.table_.targets)
        return self._process.predict(self._terms(pairs, extra), self._covariance.rows.matrix, across)

    def target_covariance(self, rows: Sequence[str], columns: Sequence[str]) -> Array:
        """How alike targets are."""
        return np.tensordot(_weights(self.parameters_)[1], _parts(rows, columns, own_is_common=True), 1)

    def _learn(self) -> Array:
        rows, columns = (even_sample(len(names), LARGEST) for names in (self.table_.sources, self.table_.targets))
        scores = self.deviations_.values[np.ix_(rows, columns)]
        parts = self._parts(rows, columns)
        terms = np.concatenate([self._standard(self._pairs.terms), *([] if self.extra_ is None else [self.extra_])])
        terms = terms[:, rows][:, :, columns] * np.sqrt(MEAN_PRECISION)

        def log_likelihoods(parameters: Array) -> list[tuple[float, Array]]:
            values = PRIOR.read(parameters)
            of_sources, of_targets = (
                weights[:, None, None] * part for weights, part in zip(_weights(parameters), parts, strict=True)
            )
            product = Product(Side.of(of_sources.sum(0)), Side.of(of_targets.sum(0)), values.noise)
            likelihood = log_likelihood(product, terms * np.sqrt(values.slopes), scores)
            slopes = PRIOR.flat(
                sources=dict(zip(values.sources, (likelihood.rows * of_sources).sum((1, 2)), strict=True)),
                targets=dict(zip(values.targets, (likelihood.columns * of_targets).sum((1, 2)), strict=True)),
                noise=likelihood.noise * product.noise,
                slopes=likelihood.mean,
            )
            return [(likelihood.value, slopes)]

        return maximise(log_likelihoods, PRIOR, steps=STEPS, bounds=WITHIN)

    def _parts(self, rows: Places, columns: Places) -> tuple[Array, Array]:
        sources = [self.table_.sources[int(row)] for row in rows]
        targets = [self.table_.targets[int(column)] for column in columns]
        return _parts(sources, sources, own_is_common=False), _parts(targets, targets, own_is_common=True)

    def _product(self, rows: Places, columns: Places) -> Product:
        of_sources, of_targets = (
            Side.of(np.tensordot(weights, part, 1))
            for weights, part in zip(_weights(self.parameters_), self._parts(rows, columns), strict=True)
        )
        return Product(of_sources, of_targets, PRIOR.read(self.parameters_).noise)

    def _standard(self, terms: Array) -> Array:
        return (terms - self._shift[:, None, None]) / self._unit[:, None, None]

    def _terms(self, pairs: Pairs, extra: Array | None) -> Array:
        """Terms of the mean, scaled so that the slopes have the variance that was learnt."""
        terms = np.concatenate([self._standard(pairs.terms), *([] if extra is None else [extra])])
        return terms * np.sqrt(MEAN_PRECISION * PRIOR.read(self.parameters_).slopes)


@dataclass(frozen=True)
class Pairs:
    """What is known of sources and targets together.

    Attributes
    ----------
    distances : array of shape (kinds, sources, targets)
        Distances, `DISTANCES`.
    text : array of shape (2, sources, targets)
        Web text of the source, of the target (log10 MiB).
    terms : array of shape (terms, sources, targets)
        All that the mean of the process is linear in.
    """

    distances: Array
    text: Array
    terms: Array

    @classmethod
    def of(cls, sources: Sequence[str], targets: Sequence[str]) -> Pairs:
        known = space(sources, targets)
        between = np.stack([_apart(kind, known, sources, targets) for kind in DISTANCES])
        rows, columns = known.at(sources), known.at(targets)
        shape = (len(sources), len(targets))
        text = np.stack([np.broadcast_to(known.web_text[rows][:, None], shape),
                         np.broadcast_to(known.web_text[columns], shape)])  # fmt: skip
        spaced = known.unspaced[rows][:, None]
        combined, place = between[DISTANCES.index("combined")], between[DISTANCES.index("geographic")]
        more = [
            np.exp(-combined / NEAR), np.exp(-place / PLACE), np.sqrt(between[DISTANCES.index("genetic")]), text[0],
            np.broadcast_to(spaced, shape), (spaced == known.unspaced[columns]).astype(float), text[0] * text[1],
        ]  # fmt: skip
        return cls(between, text, np.concatenate([between, np.stack(more)]))


def _effects(scores: Array) -> tuple[Array, Array]:
    """Effects of sources and means of targets, by alternating means over what was measured."""
    effect = np.zeros(len(scores))
    means = np.nanmean(scores, axis=0)
    for _ in range(10):
        effect = np.nan_to_num(np.nanmean(np.where(np.isnan(scores), np.nan, scores - means), axis=1))
        effect -= effect.mean()
        means = np.nanmean(scores - effect[:, None], axis=0)
    return effect, means


def _apart(kind: str, known: Space, sources: Sequence[str], targets: Sequence[str]) -> Array:
    if kind in known.distance:
        return known.between(kind, sources, targets)
    return _all_apart(kind, known.languages)[np.ix_(known.at(sources), known.at(targets))]


@variety_cache(maxsize=8)
def _all_apart(kind: str, languages: tuple[str, ...]) -> Array:
    values = distances(list(languages), kind).values
    return np.where(np.isnan(values), TYPICAL[kind], values)


def _weights(parameters: Array) -> tuple[Array, Array]:
    """Of the terms of sources and of targets, arrays of shape (5,)."""
    values = PRIOR.read(parameters)
    return np.array(list(values.sources.values())), np.array(list(values.targets.values()))


def _parts(rows: Sequence[str], columns: Sequence[str], *, own_is_common: bool) -> Array:
    """One covariance for each weight of `PRIOR`, of shape (5, rows, columns)."""
    parts = covariance_terms(rows, columns)
    known = space(rows, columns)
    first, second = (
        np.column_stack([known.web_text[known.at(names)] / TEXT_REACH, known.unspaced[known.at(names)]])
        for names in (rows, columns)
    )
    parts["resources"] = np.exp(-0.5 * ((first[:, None] - second[None]) ** 2).sum(2))
    if own_is_common:
        parts["own"] = np.ones_like(parts["own"])
    return np.stack([parts[name] for name in TERMS])
