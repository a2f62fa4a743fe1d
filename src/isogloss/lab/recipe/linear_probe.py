"""`linear-probe`: logistic regression on the frozen features of an encoder, and which layer is taken."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.each_label import each_label
from isogloss.lab.recipe.neural import NeuralRecipe, holdout, objective_of, validation_score
from isogloss.lab.task import NO_LABEL
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.features import Block, encode_block
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import coefficients, count, forward_flops
from isogloss.parameters import Count, Positive

BEST, ALL = "best", "all"
Matrix = np.ndarray[Any, Any]


class Features:
    """The features of all training or all test rows, read block by block.

    Parameters
    ----------
    prepared : Arrays
        As `LinearProbe.prepare` gives them.
    prefix : str
        train or test.
    """

    def __init__(self, prepared: Arrays, prefix: str):
        self._paths = [str(path) for path in prepared[f"{prefix}_blocks"]]
        # Heights: where each row begins among the vectors; several vectors per row are words or choices.
        self.heights = prepared[f"{prefix}_heights"]
        self._first = np.concatenate([[0], np.cumsum(prepared[f"{prefix}_rows_of"])])

    def blocks(self, layer: int) -> Iterator[Matrix]:
        """One layer, (vectors, width) per block, as float32."""
        for path in self._paths:
            if path:
                yield np.asarray(_mapped(path)[layer], np.float32)

    def layers(self) -> int:
        """How many layers there are, the embeddings among them."""
        return len(_mapped(next(path for path in self._paths if path)))

    def of(self, rows: Matrix, layer: int) -> Matrix:
        """One layer of some rows, in their order: (vectors, width), as float32."""
        block = np.searchsorted(self._first, rows, side="right") - 1
        found = []
        for row, place in zip(rows, block, strict=True):
            begin = self.heights[self._first[place]]
            found.append(_mapped(self._paths[place])[layer, self.heights[row] - begin : self.heights[row + 1] - begin])
        return np.concatenate(found).astype(np.float32)


@lru_cache(maxsize=1024)
def _mapped(path: str) -> Matrix:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


@dataclass(frozen=True)
class LinearProbe(NeuralRecipe):
    """Multinomial logistic regression on the frozen features of an encoder.

    Parameters
    ----------
    layer : int or {"best", "all"}, default "best"
        0 for the embeddings, then layer by layer, negative ones from the end. "best" takes the one that does
        best on the source's validation data, by accuracy or, for words, by macro-F1; "all" answers with each, as
        recipes of their own.
    C : float, default 0.01
        Inverse strength of the L2 penalty, on features scaled to standard deviation 1.
    tolerance : float, default 1e-3
        Largest gradient at which fitting stops.
    iterations : int, default 500
        Most iterations of L-BFGS.

    Notes
    -----
    Features are means over the tokens of a text; for words, the state of their first token, or of the last in
    a decoder, which has not read the word before; for a choice, those of premise and choice together. Where a
    source has no validation data, a fifth of its training examples are put aside for choosing the layer, and then
    learnt from too. Choices are scored by a linear function fitted to the differences between the right one and
    each of the others, without an intercept: for two choices that is the conditional logit. Where texts may have
    several labels, a binary regression is fitted for each; where answers are numbers, a ridge regression.
    """

    name: ClassVar[str] = "linear-probe"
    packages: ClassVar[tuple[str, ...]] = (*NeuralRecipe.packages, "scikit-learn")
    takes_gaps: ClassVar[bool] = True

    layer: int | Literal["best", "all"] = "best"
    C: Positive = 0.01
    tolerance: Positive = 1e-3
    iterations: Count = 500

    @property
    def selects(self) -> bool:
        return self.layer == BEST

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Probes of one checkpoint share its features."""
        return ("features", self.revision, self.max_length, self.precision)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Encode every text that the disk has no features of, one language and split at a time."""
        prepared = dict(super().prepare(corpus, apply))
        work, empty = [], []
        for prefix in ("train", "test"):
            tokens = Tokens.of(prepared, prefix)
            ends = np.concatenate([[0], np.cumsum(prepared[f"{prefix}_rows_of"])])
            work += [Block(tokens.part(first, last), self.folder, self.precision) for first, last in pairwise(ends)]
            empty += [first == last for first, last in pairwise(ends)]
            # Of no use any more beside the features, save for counting what they took.
            prepared[f"{prefix}_heights"] = tokens.units if tokens.has_words else tokens.rows
            prepared[f"{prefix}_lengths"] = tokens.lengths
        encoded = iter(apply(encode_block, [block for block, nothing in zip(work, empty, strict=True) if not nothing]))
        found = [None if nothing else next(encoded) for nothing in empty]
        languages = len(corpus.train)
        for prefix, some in (("train", found[:languages]), ("test", found[languages:])):
            prepared[f"{prefix}_blocks"] = np.array([one.path if one else "" for one in some])
            for name in ("ids", "starts", "positions"):
                del prepared[f"{prefix}_{name}"]
        spent = [one for one in found if one]
        prepared["encoding"] = np.array(
            [
                sum(getattr(one, name) for one in spent)
                for name in ("tokens", "padding", "flops", "seconds", "whole_seconds")
            ]
        )
        prepared["flops_per"] = np.array(coefficients(shared_encoder_model(self.folder, self.precision)))
        prepared["is_choice"] = np.array([corpus.kind.answer == "choice"])
        return prepared

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the training rows, one linear model per layer that is asked for.

        Raises
        ------
        BadValue
            If all rows have the same label, or there is no such layer.
        """
        features = Features(prepared, "train")
        layers = self._layers(features.layers())
        self._count(prepared, "train", training.rows)
        choices = bool(prepared["is_choice"][0])
        notes: dict[str, Any] = {}
        if self.layer == BEST:
            layers, notes = self._select(features, training, layers, choices)
        arrays: dict[str, Matrix] = {}
        for layer in layers:
            counts = np.diff(features.heights)[training.rows] if choices else None
            arrays |= self._learn(features.of(training.rows, layer), training.labels, counts, f"{layer}.")
        return Fitted(arrays, {"layers": layers, "choices": choices, "objective": objective_of(training.labels)}, notes)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The most likely label of every unit, or scores of all; by layer where all layers are asked for."""
        features = Features(prepared, "test")
        self._count(prepared, "test", None)
        answers = {}
        for layer in fitted.settings["layers"]:
            scores = [_scores(block, fitted.arrays, f"{layer}.") for block in features.blocks(layer)]
            variant = f"layer={layer}" if self.layer == ALL else ""
            answers[variant] = self._answer(np.concatenate(scores), features.heights, fitted, layer)
        return answers

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """Encoding from the speed of the encoder, as if no features were kept; fitting from one layer of noise."""
        per_text, tested, lengths = self._count_tokens(corpus)
        rate = self._tokens_per_second(lengths)
        trained = per_text * sum(map(len, corpus.train))
        about = self.facts()
        layers, width, sizes = about["layers"] + 1, about["embedding_size"], [len(one.labels) for one in trainings]
        labels = max(2, max(one.labels_count or 2 for one in trainings))
        units = min(round(sum(sizes) / len(sizes)), 2000)
        noise = np.random.default_rng(0).standard_normal((units, width), dtype=np.float32)
        began = time.perf_counter()
        self._learn(noise, np.arange(units) % labels, None, "")
        fitting = (time.perf_counter() - began) * sum(sizes) / len(sizes) / units
        chosen = 1 if isinstance(self.layer, int) else layers
        inputs, input_type = chain.from_iterable((*corpus.train, *corpus.test)), corpus.kind.input_type
        vectors = sum(max(input_type.units(one), len(input_type.sequences(one))) for one in inputs)
        kept = 2.0 * layers * width * vectors
        memory = 4.0 * about["parameters"] + 5e8 + 8.0 * width * max(sizes)
        return Estimate((trained + tested) / rate, chosen * fitting, 0.0, memory, kept, f"{rate:.0f} tokens/s tried")

    def _answer(self, scores: Matrix, heights: Matrix, fitted: Fitted, layer: int) -> Matrix:
        if fitted.settings["objective"] != "label":
            return scores if fitted.settings["objective"] == "labels" else scores[:, 0]
        if not fitted.settings["choices"]:
            return np.asarray(fitted.arrays[f"{layer}.classes"][scores.argmax(axis=1)])
        return np.array([scores[first:last, 0].argmax() for first, last in pairwise(heights)])

    def _layers(self, there: int) -> list[int]:
        if isinstance(self.layer, str):
            return list(range(there))
        if not -there <= self.layer < there:
            raise BadValue(f"there is no layer {self.layer}", hint=f"the model has 0 (embeddings) to {there - 1}")
        return [self.layer % there]

    def _select(
        self, features: Features, training: Training, layers: list[int], choices: bool
    ) -> tuple[list[int], dict[str, Any]]:
        """The layer that does best on validation data of the source."""
        rows, labels, dev_rows, dev_labels = training.rows, training.labels, training.dev_rows, training.dev_labels
        where = "validation data of the source"
        if not len(dev_rows):
            where = "a fifth of the source's training examples, learnt from afterwards"
            aside = holdout(len(rows), training.seed)
            of_units = np.repeat(aside, np.diff(_starts(features, rows, choices)))
            dev_rows, dev_labels = rows[aside], labels[of_units]
            rows, labels = rows[~aside], labels[~of_units]
        scores = {}
        for layer in layers:
            counts = np.diff(features.heights)[rows] if choices else None
            learnt = self._learn(features.of(rows, layer), labels, counts, f"{layer}.")
            found = _scores(features.of(dev_rows, layer), learnt, f"{layer}.")
            fitted = Fitted(learnt, {"choices": choices, "objective": objective_of(labels)})
            starts = np.concatenate([[0], np.cumsum(np.diff(features.heights)[dev_rows])])
            answers = self._answer(found, starts, fitted, layer)
            scores[layer] = validation_score(answers, dev_labels, words=len(dev_labels) > len(dev_rows))
        best = max(layers, key=lambda layer: (scores[layer], layer))
        return [best], {"selected": {"layer": best}, "selected_on": where, "validation_score": round(scores[best], 4)}

    def _learn(self, X: Matrix, labels: Matrix, choices: Matrix | None, prefix: str) -> dict[str, Matrix]:
        """Weights on the features as they are, intercepts and classes, of one layer; `choices` says how many."""
        from sklearn.linear_model import LogisticRegression, Ridge

        objective = objective_of(labels)
        if choices is None and objective == "label" and (labels == NO_LABEL).any():
            X, labels = X[labels != NO_LABEL], labels[labels != NO_LABEL]
        classes = np.unique(labels)
        if choices is not None:
            X, labels = _differences(X, labels, choices)
        elif len(np.unique(labels, axis=0)) < 2:
            raise BadValue("all training examples have the same label", hint="take more of them, or another seed")
        center = np.zeros(X.shape[1], np.float32) if choices is not None else X.mean(axis=0)
        scale = np.maximum(X.std(axis=0), 1e-6)
        Z = (X - center) / scale
        if objective == "value":
            ridge = Ridge(alpha=1 / self.C).fit(Z, labels)
            coefficients, intercepts = ridge.coef_[None], ridge.intercept_
        else:
            model = LogisticRegression(
                C=self.C, tol=self.tolerance, max_iter=self.iterations, fit_intercept=choices is None
            )
            if objective == "labels":
                coefficients, intercepts = each_label(model, Z, labels)
            else:
                coefficients, intercepts = model.fit(Z, labels).coef_, model.intercept_
        weights = coefficients / scale  # (classes, labels or 1; width)
        intercepts = np.asarray(intercepts - weights @ center, np.float32).reshape(-1)
        if objective == "label" and len(weights) == 1 and choices is None:  # two classes: the one not written has 0
            weights, intercepts = np.stack([0 * weights[0], weights[0]]), np.array([0, intercepts[0]], np.float32)
        return {
            f"{prefix}weights": np.asarray(weights, np.float32),
            f"{prefix}intercepts": intercepts if choices is None else np.zeros(1, np.float32),
            f"{prefix}classes": classes,
        }

    def _count(self, prepared: Arrays, prefix: str, rows: Matrix | None) -> None:
        """What encoding these texts takes; jobs share it, so that sums over jobs are more than was computed."""
        lengths = prepared[f"{prefix}_lengths"]
        if rows is not None:
            first = prepared[f"{prefix}_rows"]
            lengths = np.concatenate([lengths[first[row] : first[row + 1]] for row in rows])
        count(tokens=int(lengths.sum()), flops=forward_flops(prepared["flops_per"], lengths))


def _starts(features: Features, rows: Matrix, choices: bool) -> Matrix:
    """Where the labels of each row begin."""
    each = np.ones(len(rows), np.int64) if choices else np.diff(features.heights)[rows]
    return np.concatenate([[0], np.cumsum(each)])


def _differences(X: Matrix, labels: Matrix, counts: Matrix) -> tuple[Matrix, Matrix]:
    """The right choice less each other one, as label 1, and mirrored, as label 0."""
    right = np.zeros(len(X), dtype=bool)  # X: (choices of all rows, width)
    right[np.cumsum(counts) - counts + labels] = True
    chosen = np.repeat(X[right], counts - 1, axis=0)
    differences = chosen - X[~right]
    return np.concatenate([differences, -differences]), np.repeat([1, 0], len(differences))


def _scores(X: Matrix, arrays: dict[str, Matrix], prefix: str) -> Matrix:
    return np.asarray(X @ arrays[f"{prefix}weights"].T + arrays[f"{prefix}intercepts"])
