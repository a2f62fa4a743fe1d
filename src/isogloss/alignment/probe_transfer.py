"""Transfer of a label between languages: probes that learn from one language, and one that learns from all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.encodings import Encodings
from isogloss.alignment.labels import VARIETY, Labels, read_labels
from isogloss.alignment.linear_probe import STRENGTH, LinearProbe
from isogloss.alignment.probing import chosen_layer, chosen_pooling, count_zeros, stacked
from isogloss.errors import BadValue
from isogloss.progress import Progress, steps
from isogloss.stats import bootstrap_weights, percentile_interval
from isogloss.threads import one_blas_thread

if TYPE_CHECKING:
    import polars as pl

FOLDS, SEEDS = 5, 3
LEVEL, DRAWS = 0.95, 2000
ALL, MIXED = -1, -2
"""In place of a source: all languages, and as many sentences as one language has, each in a language drawn for it."""
Array = NDArray[Any]


@dataclass(frozen=True)
class ProbeTransfer:
    """What probes of one layer carry over between languages.

    Attributes
    ----------
    pairs : polars.DataFrame
        One row per `source` and `target`: `accuracy` with `lower` and `upper`. Of the label `language`, `accuracy` is
        instead the share of the sentences in `source` that a probe of all takes for `target`.
    languages : polars.DataFrame
        One row per language: `own` (accuracy of the probe that learnt from it alone), `all` (of the one that learnt
        from all), `difference` (all less own) with `lower` and `upper`, `same_size` (of one that learnt from all, from
        as many sentences as one language has), `same_size_difference` with `same_size_lower` and `same_size_upper`,
        `interference` and `gain` (whether the difference is below or above 0 with all languages looked at), `n`. Empty
        for the label `language`.
    mean : dict of str to float
        `difference`, `lower`, `upper`, `same_size_difference`, `same_size_lower` and `same_size_upper` of the mean
        over languages. Empty for the label `language`.
    labels : Labels
    layer : int
    pooling : str
    zeros : int
        Vectors of nothing but zeros.
    """

    pairs: pl.DataFrame
    languages: pl.DataFrame
    mean: dict[str, float]
    labels: Labels
    layer: int
    pooling: str
    zeros: int = 0

    def matrix(self) -> NDArray[np.float64]:
        """Accuracies, (sources, targets), in the order of `labels.languages`."""
        count = len(self.labels.languages)
        return np.asarray(self.pairs["accuracy"].to_numpy(), dtype=np.float64).reshape(count, count)


def probe_transfer(
    encodings: Encodings,
    labels: Any,
    *,
    column: str | None = None,
    languages: Sequence[str] | None = None,
    layer: int | None = None,
    pooling: str | None = None,
    folds: int = FOLDS,
    seeds: int = SEEDS,
    strength: float = STRENGTH,
    seed: int = 0,
    progress: Progress | None = None,
) -> ProbeTransfer:
    """Test a probe of every language in every language, and one probe of all against one of each.

    Parameters
    ----------
    encodings : Encodings
    labels : str, pathlib.Path or frame
        See `isogloss.alignment.labels.read_labels`. Of `language`, it is told which languages are taken for each other.
    column : str, optional
        Of the labels.
    languages : sequence of str, optional
        By default all that are encoded.
    layer : int, optional
        By default the last.
    pooling : str, optional
        By default `mean`, else the first.
    folds : int, default 5
        Of sentences; each is tested by probes that saw it in no language.
    seeds : int, default 3
        How often sentences are dealt to folds anew, and languages drawn for the sentences of the probe of mixed ones.
    strength : float, default 0.01
        Inverse strength of the penalty.
    seed : int, default 0
    progress : Progress, optional

    Returns
    -------
    ProbeTransfer

    Raises
    ------
    BadValue, NotEnoughEvidence, UnknownName, UnknownLanguage

    Notes
    -----
    The penalty of the probe of all languages is as large against the mean loss as that of one language; with the same
    strength it would be weaker, as there are more sentences, and the probe would learn them by heart.

    Accuracies are means over seeds. Intervals (95 %) resample sentences, with all their languages, and seeds. A
    difference is flagged by an interval that is widened for the number of languages (Bonferroni).
    """
    chosen = [encodings.find(one) for one in (encodings.languages if languages is None else languages)]
    labelled = read_labels(encodings, labels, languages=list(dict.fromkeys(chosen)), column=column)
    if len(labelled.languages) < 2:
        raise BadValue("nothing carries over in one language", where="languages", hint="give two or more")
    number, used = chosen_layer(encodings, layer), chosen_pooling(encodings, pooling)
    vectors = stacked(encodings, labelled, number, used)
    hits = _Hits(labelled, seeds, seed)
    with one_blas_thread():
        for at in steps("seeds", range(seeds), progress):
            for tested, outcomes in _tested(vectors, labelled, folds, strength, np.random.default_rng([seed, at])):
                for source, hit in outcomes.items():
                    hits.add(at, source, tested, hit)
    pairs, own, mean = hits.tables()
    return ProbeTransfer(pairs, own, mean, labelled, number, used, count_zeros(vectors))


def _tested(
    vectors: Array, labels: Labels, folds: int, strength: float, chance: np.random.Generator
) -> Iterator[tuple[Array, dict[int, Array]]]:
    """For each fold the rows that are tested, and by source what is right; of `language`, by label what it was read."""
    count, classes = len(labels.languages), len(labels.classes)
    fold = (chance.permutation(labels.sentences) % folds)[labels.sentence]
    drawn = chance.integers(0, count, labels.sentences)[labels.sentence]
    for number in range(folds):
        tested, learnt = np.flatnonzero(fold == number), fold != number
        if labels.name == VARIETY:
            read = LinearProbe(vectors[learnt], labels.label[learnt], classes, strength).predict(vectors[tested])
            yield tested, {at: read == labels.classes.index(one) for at, one in enumerate(labels.languages)}
            continue
        taken = {at: learnt & (labels.language == at) for at in range(count)}
        taken |= {ALL: learnt, MIXED: learnt & (labels.language == drawn)}
        outcomes = {}
        for source, rows in taken.items():
            if not rows.any():
                raise BadValue("too few sentences to learn from", where="folds", hint="take fewer folds")
            alike = strength * learnt.sum() / count / rows.sum() if source == ALL else strength
            probe = LinearProbe(vectors[rows], labels.label[rows], classes, alike)
            outcomes[source] = probe.predict(vectors[tested]) == labels.label[tested]
        yield tested, outcomes


class _Hits:
    """Sums of right answers by source, seed, sentence and language; resampled by sentence and seed."""

    def __init__(self, labels: Labels, seeds: int, seed: int):
        self.labels, self.seeds = labels, seeds
        self.shape = (labels.sentences, len(labels.languages))
        self.sums: dict[int, NDArray[np.float64]] = {}
        self.counts = np.zeros(self.shape)
        np.add.at(self.counts, (labels.sentence, labels.language), 1)
        chance = np.random.default_rng(seed)
        self.draws = bootstrap_weights(labels.sentences, draws=DRAWS, rng=chance)
        self.shares = chance.multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS) / seeds  # (draws, seeds)

    def add(self, seed: int, source: int, rows: Array, hits: Array) -> None:
        """What a probe of a source got right in some rows."""
        sums = self.sums.setdefault(source, np.zeros((self.seeds, *self.shape)))
        np.add.at(sums[seed], (self.labels.sentence[rows], self.labels.language[rows]), hits)

    def _accuracy(self, source: int) -> tuple[Array, Array]:
        """Of a source in every language, (languages,), and in each draw, (draws, languages)."""
        sums, totals = self.sums[source], self.counts.sum(0)
        drawn = np.zeros((DRAWS, self.shape[1]))
        for seed in range(self.seeds):
            drawn += self.shares[:, seed, None] * (self.draws @ sums[seed])
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums.mean(0).sum(0) / totals, drawn / (self.draws @ self.counts)

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, float]]:
        """Pairs, languages and the mean over languages."""
        import polars as pl

        names = self.labels.languages
        found = {source: self._accuracy(source) for source in self.sums}
        whole = self.labels.name == VARIETY
        rows = []
        for first in range(len(names)):
            for second in range(len(names)):
                # Of languages, a source is what a sentence was taken for: the pair stands the other way round.
                source, target = (second, first) if whole else (first, second)
                value, drawn = found[source][0][target], found[source][1][:, target]
                lower, upper = percentile_interval(drawn, LEVEL)
                rows.append({"source": names[first], "target": names[second], "accuracy": float(value),
                             "lower": float(lower), "upper": float(upper)})  # fmt: skip
        return pl.DataFrame(rows), *((pl.DataFrame(), {}) if whole else self._one_for_all(found))

    def _one_for_all(self, found: dict[int, tuple[Array, Array]]) -> tuple[pl.DataFrame, dict[str, float]]:
        """One probe of all languages against one of each."""
        import polars as pl

        names = self.labels.languages
        places = range(len(names))
        own = np.array([found[at][0][at] for at in places])
        own_drawn = np.column_stack([found[at][1][:, at] for at in places])
        columns: dict[str, Any] = {"language": names, "own": own}
        mean: dict[str, float] = {}
        for source, name, prefix in ((ALL, "all", ""), (MIXED, "same_size", "same_size_")):
            value, difference = found[source][0], found[source][1] - own_drawn
            lower, upper = percentile_interval(difference, LEVEL)
            columns |= {name: value, f"{prefix}difference": value - own, f"{prefix}lower": lower,
                        f"{prefix}upper": upper}  # fmt: skip
            low, high = percentile_interval(difference.mean(1), LEVEL)
            mean |= {f"{prefix}difference": float((value - own).mean()), f"{prefix}lower": float(low),
                     f"{prefix}upper": float(high)}  # fmt: skip
            if source == ALL:
                low, high = percentile_interval(difference, 1 - (1 - LEVEL) / len(names))
                columns |= {"interference": high < 0, "gain": low > 0}
        return pl.DataFrame(columns | {"n": self.counts.sum(0).astype(int)}), mean
