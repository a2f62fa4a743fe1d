"""Probes of layers: which layer lets a linear probe read a label, and how much of that would a random label show?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.description_length import code_lengths
from isogloss.alignment.encodings import Encodings
from isogloss.alignment.labels import Labels, read_labels
from isogloss.alignment.linear_probe import STRENGTH, LinearProbe
from isogloss.errors import BadValue, UnknownName
from isogloss.progress import Progress, steps
from isogloss.stats import bootstrap_weights, percentile_interval
from isogloss.threads import one_blas_thread

if TYPE_CHECKING:
    import polars as pl

FOLDS = 5
LEVEL, DRAWS = 0.95, 2000
BOTH_WAYS = 2**0.5
"""Intervals of selectivity are as many times wider than resampled sentences make them; see `probe`."""
Array = NDArray[Any]


@dataclass(frozen=True)
class Probing:
    """What linear probes read from layers.

    Attributes
    ----------
    layers : polars.DataFrame
        One row per layer: `layer`, `accuracy`, `lower`, `upper` (mean over the tested languages), `control` (accuracy
        on a control task), `selectivity`, `selectivity_lower`, `selectivity_upper`, `present` (whether selectivity is
        above 0 with all layers looked at), `chance` (share of the most common label), `memorised` (accuracy of the
        control probe on what it learnt from), `compression`, `compression_lower`, `compression_upper` (uniform code
        over online code), `control_compression`, `bits` (per label) and `n` (vectors).
    languages : polars.DataFrame
        One row per layer and tested language: `layer`, `language`, `trained` (whether the probe learnt from it),
        `accuracy`, `lower`, `upper`, `control`, `selectivity`, `selectivity_lower`, `selectivity_upper`, `chance`, `n`.
    labels : Labels
    pooling : str
    zeros : int
        Vectors of nothing but zeros, in the layer that has most of them.
    """

    layers: pl.DataFrame
    languages: pl.DataFrame
    labels: Labels
    pooling: str
    zeros: int = 0

    @property
    def best(self) -> int:
        """The layer of the highest selectivity."""
        return int(self.layers.sort("selectivity", descending=True, maintain_order=True)["layer"][0])


class _Task(NamedTuple):
    """What a probe is to learn: labels of all rows, whether it learns from a row, and in which fold each row is."""

    labels: Array
    learnt: NDArray[np.bool_]
    fold: Array
    classes: int


def probe(
    encodings: Encodings,
    labels: Any,
    *,
    column: str | None = None,
    train: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
    pooling: str | None = None,
    folds: int = FOLDS,
    strength: float = STRENGTH,
    seed: int = 0,
    progress: Progress | None = None,
) -> Probing:
    """Probe layers for a label.

    Parameters
    ----------
    encodings : Encodings
    labels : str, pathlib.Path or frame
        See `isogloss.alignment.labels.read_labels`.
    column : str, optional
        Of the labels.
    train : sequence of str, optional
        Languages that probes learn from; by default all. They are tested in all.
    languages : sequence of str, optional
        By default all that are encoded.
    layers : sequence of int, optional
        By default all.
    pooling : str, optional
        By default `mean`, else the first.
    folds : int, default 5
        Of sentences; each is tested by a probe that saw it in no language.
    strength : float, default 0.01
        Inverse strength of the penalty, the same for the task and its control.
    seed : int, default 0
        Of folds, control labels, the order of the code, and the bootstrap.
    progress : Progress, optional

    Returns
    -------
    Probing

    Raises
    ------
    BadValue, NotEnoughEvidence, UnknownName, UnknownLanguage

    Notes
    -----
    The control task (Hewitt and Liang 2019) has one random label per sentence or, where labels name words, per word,
    from the distribution of labels. Selectivity is accuracy less that on the control task. Intervals (95 %) resample
    sentences, all their languages and both tasks together. Those of accuracy hold the probes as they are. Where a
    layer says nothing of a label, a sentence misleads the probe that tests another one just as that one misleads the
    probe that tests it: every pair of sentences counts twice, the variance is up to twice that of resampled sentences,
    and intervals of selectivity are widened for it.
    """
    chosen = [encodings.find(one) for one in (encodings.languages if languages is None else languages)]
    sources = chosen if not train else [encodings.find(one, "train") for one in train]
    chosen = list(dict.fromkeys([*chosen, *sources]))
    labelled = read_labels(encodings, labels, languages=chosen, column=column)
    if not (learnt := np.isin(labelled.language, [labelled.languages.index(one) for one in sources
                                                   if one in labelled.languages])).any():  # fmt: skip
        raise BadValue(f"no sentence in {', '.join(sources)} has a label", where="train", hint="label some of them")
    numbers = [chosen_layer(encodings, one) for one in dict.fromkeys(encodings.layers if layers is None else layers)]
    used = chosen_pooling(encodings, pooling)
    chance = np.random.default_rng(seed)
    fold = (chance.permutation(labelled.sentences) % folds)[labelled.sentence]
    classes = len(labelled.classes)
    task = _Task(labelled.label, learnt, fold, classes)
    control = task._replace(labels=labelled.control(seed))
    summary = _Summary(labelled, learnt, len(numbers), seed)
    rows: list[dict[str, Any]] = []
    with one_blas_thread():
        for number in steps("layers", numbers, progress):
            vectors = stacked(encodings, labelled, number, used)
            hits, _ = _cross_validate(vectors, task, strength)
            control_hits, memorised = _cross_validate(vectors, control, strength)
            bits, control_bits = (
                code_lengths(
                    vectors[learnt], one.labels[learnt], labelled.sentence[learnt], classes, strength=strength,
                    seed=seed,
                )
                for one in (task, control)
            )  # fmt: skip
            summary.add(number, hits, control_hits)
            summary.zeros = max(summary.zeros, count_zeros(vectors))
            rows.append({"memorised": memorised} | summary.compression(bits, control_bits))
    return summary.probing(rows, used)


def chosen_layer(encodings: Encodings, layer: int | None) -> int:
    """A layer that there is; the last by default."""
    if layer is None:
        return encodings.layers[-1]
    if layer not in encodings.layers:
        raise UnknownName("layer", str(layer), map(str, encodings.layers), where="layers")
    return layer


def chosen_pooling(encodings: Encodings, pooling: str | None) -> str:
    """The pooling asked for, else `mean`, else the first."""
    return pooling or ("mean" if "mean" in encodings.poolings else encodings.poolings[0])


def stacked(encodings: Encodings, labels: Labels, layer: int, pooling: str) -> Array:
    """The labelled vectors of a layer, (rows, dimension)."""
    return np.concatenate([
        encodings.vectors(language, layer, pooling)[labels.row[labels.language == at]]
        for at, language in enumerate(labels.languages)
    ])  # fmt: skip


def count_zeros(vectors: Array) -> int:
    """Vectors of nothing but zeros, which no model makes of a sentence."""
    return int((~vectors.any(axis=1)).sum())


def _cross_validate(vectors: Array, task: _Task, strength: float) -> tuple[NDArray[np.bool_], float]:
    """Whether each row is read right by a probe that learnt from other folds, and the mean accuracy where it learnt."""
    hits = np.zeros(len(vectors), dtype=bool)
    own = []
    for fold in np.unique(task.fold):
        tested, learnt = task.fold == fold, task.learnt & (task.fold != fold)
        probe = LinearProbe(vectors[learnt], task.labels[learnt], task.classes, strength)
        hits[tested] = probe.predict(vectors[tested]) == task.labels[tested]
        own.append((probe.predict(vectors[learnt]) == task.labels[learnt]).mean())
    return hits, float(np.mean(own))


class _Summary:
    """Tables of outcomes, with intervals from sentences drawn anew."""

    def __init__(self, labels: Labels, learnt: NDArray[np.bool_], layers: int, seed: int):
        self.labels, self.learnt, self.layers = labels, learnt, layers
        self.draws = bootstrap_weights(labels.sentences, draws=DRAWS, rng=np.random.default_rng(seed))
        self.counts = self._per_sentence(np.ones(len(labels.row)))
        common = np.bincount(labels.label[learnt], minlength=len(labels.classes)).argmax()
        self.chance = self._per_sentence(labels.label == common).sum(0) / self.counts.sum(0)
        self.tables: list[pl.DataFrame] = []
        self.means: list[dict[str, Any]] = []
        self.zeros = 0

    def _per_sentence(self, values: Array) -> NDArray[np.float64]:
        """Sums of values of rows, (sentences, languages)."""
        shape = (self.labels.sentences, len(self.labels.languages))
        places = self.labels.sentence * shape[1] + self.labels.language
        return np.asarray(np.bincount(places, values.astype(float), shape[0] * shape[1]), dtype=np.float64).reshape(
            shape
        )

    def _shares(self, values: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means of values by language, and the same in each draw, (draws, languages)."""
        sums = self._per_sentence(values)
        with np.errstate(invalid="ignore"):
            return sums.sum(0) / self.counts.sum(0), (self.draws @ sums) / (self.draws @ self.counts)

    def add(self, layer: int, hits: NDArray[np.bool_], control: NDArray[np.bool_]) -> None:
        """Add what was read from a layer, in the task and in its control."""
        import polars as pl

        accuracy, drawn = self._shares(hits)
        selectivity, drawn_apart = self._shares(hits.astype(float) - control)
        difference = selectivity + BOTH_WAYS * (drawn_apart - selectivity)
        trained = {int(one) for one in np.unique(self.labels.language[self.learnt])}
        self.tables.append(
            pl.DataFrame(
                {"layer": layer, "language": self.labels.languages,
                 "trained": [at in trained for at in range(len(self.labels.languages))]}
                | _bounded("", "accuracy", accuracy, drawn) | {"control": accuracy - selectivity}
                | _bounded("selectivity_", "selectivity", selectivity, difference)
                | {"chance": self.chance, "n": self.counts.sum(0).astype(int)}
            )
        )  # fmt: skip
        self.means.append(
            {"layer": layer} | _bounded("", "accuracy", accuracy.mean(), drawn.mean(1))
            | {"control": accuracy.mean() - selectivity.mean()}
            | _bounded("selectivity_", "selectivity", selectivity.mean(), difference.mean(1))
            | {"present": bool(np.nanquantile(difference.mean(1), (1 - LEVEL) / 2 / self.layers) > 0),
               "chance": float(self.chance.mean())}
        )  # fmt: skip

    def compression(self, bits: Array, control: Array) -> dict[str, Any]:
        """How much shorter than a uniform code the labels are, given the vectors."""
        sentences = self.labels.sentence[self.learnt]
        size = self.labels.sentences
        taken = np.bincount(sentences, weights=bits, minlength=size)
        uniform = np.bincount(sentences, minlength=size) * np.log2(len(self.labels.classes))
        drawn = (self.draws @ uniform) / (self.draws @ taken)
        return _bounded("compression_", "compression", uniform.sum() / taken.sum(), drawn) | {
            "control_compression": float(uniform.sum() / control.sum()), "bits": float(bits.mean()),
            "n": len(self.labels.row),
        }  # fmt: skip

    def probing(self, rows: Sequence[dict[str, Any]], pooling: str) -> Probing:
        """All of it."""
        import polars as pl

        layers = pl.DataFrame([mean | row for mean, row in zip(self.means, rows, strict=True)])
        return Probing(layers, pl.concat(self.tables), self.labels, pooling, self.zeros)


def _bounded(prefix: str, name: str, value: Any, drawn: Array) -> dict[str, Any]:
    """A value with its interval."""
    lower, upper = percentile_interval(drawn, LEVEL)
    return {name: value, f"{prefix}lower": lower, f"{prefix}upper": upper}
