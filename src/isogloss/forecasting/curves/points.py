"""What curves are fitted to: scores on a scale without ends, beside the amounts of data behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import LABELLED
from isogloss.forecasting.features import SIMILARITY_REACH, space
from isogloss.forecasting.grid import Array, cell_means, typical_size
from isogloss.metrics.registry import lowest_fraction

EDGE = 1e-3
"""Share of the range at either end that is not told apart: the logarithm of nothing has no value."""


@dataclass(frozen=True)
class Link:
    """The logit of a bounded score; an unbounded one as it is. Its sign is turned where lower is better.

    Attributes
    ----------
    limits : (float, float) or None
        Lowest and highest score, where there are any.
    falls : bool
        Whether more data make scores fall.
    """

    limits: tuple[float, float] | None
    falls: bool

    @classmethod
    def of(cls, observations: pl.DataFrame) -> Link:
        """For the scores of one setting."""
        bounded = bool((observations["scale"] != "raw").all())
        limits = (lowest_fraction(observations["metric"][0]), 1.0) if bounded else None
        return cls(limits, not bool(observations["higher_is_better"][0]))

    def span(self, scores: Array) -> float:
        """Scores that count as 100 points: the metric's range or, without one, that of the measured `scores`."""
        low, high = self.limits or (float(scores.min()), float(scores.max()))
        return max(high - low, float(np.finfo(float).tiny))

    def to_line(self, scores: Array) -> Array:
        """Scores as numbers without ends, larger being better."""
        values = np.asarray(scores, dtype=float)
        if self.limits is not None:
            low, high = self.limits
            share = np.clip((values - low) / (high - low), EDGE, 1 - EDGE)
            values = np.log(share / (1 - share))
        return -values if self.falls else values

    def to_score(self, values: Array) -> Array:
        """The way back."""
        values = -np.asarray(values, dtype=float) if self.falls else np.asarray(values, dtype=float)
        if self.limits is None:
            return values
        low, high = self.limits
        with np.errstate(over="ignore"):
            return low + (high - low) / (1 + np.exp(-values))

    def outside(self, scores: Array) -> NDArray[np.bool_]:
        """Which of some scores no metric of this range can give."""
        if self.limits is None:
            return np.zeros(np.shape(scores), dtype=bool)
        return (scores < self.limits[0]) | (scores > self.limits[1])


FEATURES = ("labelled", "translated", "total", "kin")
"""MixAmounts a curve may depend on: the target's own labelled examples; its other ones (translated,
post-edited, generated); all examples of all languages; those of the other languages, each counted by
its similarity to the target."""


@dataclass(frozen=True)
class Rest:
    """What a mix holds of other languages than the target.

    Attributes
    ----------
    text : str
        Canonical mix without the target.
    size : float
        Number of examples.
    kin : float
        The same, each counted by its language's similarity to the target.
    """

    text: str
    size: float
    kin: float

    def features(self, labelled: Array, translated: Array) -> Array:
        """`FEATURES` of mixes that add some of the target to this, of shape (len(labelled), 4)."""
        total = labelled + translated + self.size
        return np.column_stack([labelled, translated, total, np.full(len(total), self.kin)])


@dataclass(frozen=True)
class Points:
    """Scores of several languages, with the data behind each.

    Attributes
    ----------
    features : array of shape (points, 4)
        Numbers of examples, see `FEATURES`.
    language : array of int of shape (points,)
        Position in `languages`.
    languages : tuple of str
    scores : array of shape (points,)
        Means over seeds.
    rests : array of str of shape (points,)
        The mix without the language itself.
    runs : array of shape (points,)
        Number of seeds behind each score.
    variance : array of shape (points,)
        Known uncertainty of a score that was not measured but forecast; 0 for what was measured.
    left_out : int
        Scores without a place on a curve, because nobody recorded how much of the target was in the mix.
    """

    features: Array
    language: NDArray[np.intp]
    languages: tuple[str, ...]
    scores: Array
    rests: NDArray[np.object_]
    runs: Array
    variance: Array
    left_out: int = 0

    @classmethod
    def read(cls, observations: pl.DataFrame) -> Points:
        """From the observations of one setting; other languages' unknown sizes are set to a typical one."""
        texts, languages = (observations[name].unique().sort().to_list() for name in ("train", "target"))
        mixes = MixAmounts(texts, languages)
        rows, columns = (
            observations[name].replace_strict(values, range(len(values)), return_dtype=pl.Int64).to_numpy()
            for name, values in (("target", languages), ("train", texts))
        )
        shape = (len(languages), len(texts))
        scores = cell_means(observations["score"].to_numpy(), rows, columns, shape)
        runs = np.bincount(rows * shape[1] + columns, minlength=scores.size).reshape(shape)
        language, row = np.nonzero(runs)
        features, known = mixes.features[row, language], mixes.known[row, language]
        points = cls(
            features,
            language.astype(np.intp),
            tuple(languages),
            scores[language, row],
            mixes.rests[row, language],
            runs[language, row].astype(float),
            np.zeros(len(features)),
            int((~known).sum()),
        )
        return points.take(known)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Points:
        """Only some of the points."""
        names = ("features", "language", "scores", "rests", "runs", "variance")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def of(self, language: str) -> NDArray[np.bool_]:
        """Which points are of one language, of shape (points,)."""
        return self.language == self.position(language)

    def position(self, language: str) -> int:
        """Position of a language, -1 for one that has no point."""
        return self.languages.index(language) if language in self.languages else -1

    def on_line(self, link: Link) -> Points:
        """The same points, with scores on the scale that curves are fitted on."""
        return replace(self, scores=link.to_line(self.scores))

    def with_forecast(self, language: str, features: Array, score: float, variance: float, rest: str = "") -> Points:
        """One point more, of a language that has none; its variance is 0 where it was measured."""
        languages = (*self.languages, language)
        return Points(
            np.vstack([self.features, features]),
            np.append(self.language, len(languages) - 1),
            languages,
            np.append(self.scores, score),
            np.append(self.rests, rest),
            np.append(self.runs, 1.0),
            np.append(self.variance, variance),
            self.left_out,
        )

    def __len__(self) -> int:
        return len(self.scores)


def describe_rests(mixes: Sequence[TrainingMix], target: str, unknown_size: float) -> list[Rest]:
    """The part of each mix that is not the target's."""
    others = [mix.without(target) for mix in mixes]
    names = sorted({language for rest in others for language in rest})
    similarity = dict(zip(names, similar(names, [target])[:, 0], strict=True)) if names else {}
    rests = []
    for rest in others:
        sizes = {name: unknown_size if size is None else float(size) for name, size in rest.items()}
        kin = sum(size * similarity[name] for name, size in sizes.items())
        rests.append(Rest(str(rest), sum(sizes.values()), float(kin)))
    return rests


class MixAmounts:
    """What every mix offers every language.

    Attributes
    ----------
    features : array of shape (texts, languages, 4)
    known : array of bool of shape (texts, languages)
        Whether it was recorded how much of the language is in the mix.
    rests : array of str of shape (texts, languages)
        The mix without the language.
    """

    def __init__(self, texts: Sequence[str], languages: Sequence[str]):
        mixes = [TrainingMix.parse(text, language=str) for text in texts]
        sources = sorted({source for mix in mixes for source in mix})
        unknown = typical_size(texts)
        column = {source: at for at, source in enumerate(sources)}
        labelled, other = np.zeros((2, len(texts), len(sources)))
        recorded = np.ones((len(texts), len(sources)), dtype=bool)
        for row, mix in enumerate(mixes):
            for part in mix.parts:
                amounts = labelled if part.kind == LABELLED else other
                amounts[row, column[part.language]] += unknown if part.size is None else part.size
                recorded[row, column[part.language]] &= part.size is not None
        every = labelled + other
        similarity = similar(sources, languages)
        self.features = np.zeros((len(texts), len(languages), len(FEATURES)))
        self.features[:, :, 2] = every.sum(1)[:, None]
        self.features[:, :, 3] = every @ similarity
        self.known = np.ones((len(texts), len(languages)), dtype=bool)
        for at, language in enumerate(languages):
            if language in column:
                own = column[language]
                self.features[:, at, 0], self.features[:, at, 1] = labelled[:, own], other[:, own]
                self.features[:, at, 3] -= every[:, own] * similarity[own, at]
                self.known[:, at] = recorded[:, own]
        self.rests = np.repeat(np.array([str(mix) for mix in mixes], dtype=object)[:, None], len(languages), 1)
        place = {language: at for at, language in enumerate(languages)}
        for row, mix in enumerate(mixes):
            for language in place.keys() & set(mix):
                self.rests[row, place[language]] = str(mix.without(language))
        # What is left of a sum when its only term is taken away is not always zero.
        self.features[:, :, 3] = np.maximum(self.features[:, :, 3], 0)


def similar(sources: Sequence[str], targets: Sequence[str]) -> Array:
    """1 for the same language, falling by a factor e over `SIMILARITY_REACH`, of shape (sources, targets)."""
    return np.exp(-space(sources, targets).between("combined", sources, targets) / SIMILARITY_REACH)
