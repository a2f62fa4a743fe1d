"""Scores of all target languages at once, and of every item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.lab.answers import exact_match, f1, is_result, same_result

Matrix = np.ndarray[Any, Any]

VALID = "valid_output_rate"
TEXT_METRICS = ("exact_match", "f1", VALID)
"""Metrics of answers that are texts, which are means over items."""

METRICS_OF = {
    "text-classification": ("accuracy", "macro_f1"),
    "token-tagging": ("accuracy", "macro_f1", "span_f1"),
    "multiple-choice": ("accuracy",),
    "cloze": ("accuracy",),
    "generation": ("exact_match", VALID),
    "extractive-qa": ("f1", "exact_match"),
}
"""Metrics of each kind of task, by the names that observations give them."""


@dataclass(frozen=True)
class Gold:
    """What is right, for every test row of every target.

    Attributes
    ----------
    labels : numpy.ndarray of int, shape (units,)
        Positions in the task's labels; a sentence has as many units as words, anything else has one.
    starts : numpy.ndarray of int, shape (rows + 1,)
        Where each row begins.
    targets : numpy.ndarray of int, shape (rows,)
        Number of the target that a row belongs to, 0 up.
    names : list of str
        The task's labels.
    answers : sequence of tuple of str
        Where answers are texts, all that are right, row by row; else empty.
    languages : list of str
        ISO 639-3 code of each target.
    kind : str
        Of the task.
    contexts : sequence of str
        Where answers stand in contexts, these, row by row; else empty.
    """

    labels: Matrix
    starts: Matrix
    targets: Matrix
    names: list[str]
    answers: Sequence[tuple[str, ...]] = ()
    languages: Sequence[str] = ()
    kind: str = ""
    contexts: Sequence[str] = ()

    def texts(self, predicted: Matrix) -> list[str]:
        """Answers as texts, row by row: as they are, what stands in the contexts, or the labels at their positions."""
        if self.contexts and predicted.dtype.kind != "U":
            spans = zip(self.contexts, predicted.reshape(-1, 2).tolist(), strict=True)
            return [context[begin:end].strip() for context, (begin, end) in spans]
        return [str(one) for one in (predicted if predicted.dtype.kind == "U" else np.array(self.names)[predicted])]


def score(metric: str, gold: Gold, predicted: Matrix) -> Matrix:
    """The score of each target, as a fraction.

    Parameters
    ----------
    metric : str
        accuracy, macro_f1 or span_f1; exact_match, f1 and valid_output_rate for texts.
    gold : Gold
    predicted : numpy.ndarray of int, shape (units,), or of str, shape (rows,)

    Returns
    -------
    numpy.ndarray of float, shape (targets,)
    """
    if metric in TEXT_METRICS:
        return _means(gold, item_scores(metric, gold, predicted))
    if metric == "span_f1":
        counts = span_counts(gold.labels, predicted, gold.starts, gold.names)
        summed = np.stack([np.bincount(gold.targets, weights=column) for column in counts.T], axis=1)
        return _f1(summed)
    owners = np.repeat(gold.targets, np.diff(gold.starts))
    return METRICS[metric](confusions(gold.labels, predicted, owners, len(gold.names)))


def item_scores(metric: str, gold: Gold, predicted: Matrix) -> Matrix:
    """The score of each row: the share of its units that are right, or the F1 of its spans.

    A sentence without any span, in which none was found, counts 1. The mean of sentences' F1 is not the F1
    of all spans, which longer sentences weigh more in.
    """
    if metric in TEXT_METRICS:
        return _text_scores(metric, gold, predicted)
    if metric == "span_f1":
        return _f1(span_counts(gold.labels, predicted, gold.starts, gold.names))
    right = np.add.reduceat((gold.labels == predicted).astype(float), gold.starts[:-1])
    return np.asarray(right / np.diff(gold.starts))


def _text_scores(metric: str, gold: Gold, predicted: Matrix) -> Matrix:
    """The best that any right answer gives a text, row by row."""
    compare = {"exact_match": exact_match, "f1": f1, VALID: is_result}[metric]
    if gold.kind == "generation" and metric == "exact_match":
        compare = same_result
    rows = zip(gold.texts(predicted), gold.answers, gold.targets, strict=True)
    return np.array(
        [max(compare(said, right, gold.languages[target]) for right in answers) for said, answers, target in rows],
        dtype=float,
    )


def _means(gold: Gold, each: Matrix) -> Matrix:
    return np.asarray(np.bincount(gold.targets, weights=each) / np.bincount(gold.targets))


def confusions(gold: Matrix, predicted: Matrix, groups: Matrix, labels: int) -> Matrix:
    """How often each label was taken for each, group by group.

    Parameters
    ----------
    gold, predicted : numpy.ndarray of int, shape (items,)
    groups : numpy.ndarray of int, shape (items,)
        Which group (target language) an item belongs to, 0 up.
    labels : int
        How many labels there are.

    Returns
    -------
    numpy.ndarray of int64, shape (groups, gold labels, predicted labels)
    """
    count = int(groups.max()) + 1
    cells = (groups * labels + gold) * labels + predicted
    return np.bincount(cells, minlength=count * labels * labels).reshape(count, labels, labels)


def accuracy(confusion: Matrix) -> Matrix:
    """Share of items answered right, per group."""
    right = np.trace(confusion, axis1=1, axis2=2)
    return np.asarray(right / confusion.sum(axis=(1, 2)))


def macro_f1(confusion: Matrix) -> Matrix:
    """Mean over labels of the harmonic mean of precision and recall, per group.

    A label that a group neither has nor gets is left out; one that it has but never gets counts 0. This
    is scikit-learn's `f1_score(average="macro", zero_division=0)`.
    """
    right = np.diagonal(confusion, axis1=1, axis2=2)
    total = confusion.sum(axis=1) + confusion.sum(axis=2)  # given + got, (groups, labels)
    present = total > 0
    f1 = 2 * right / np.where(present, total, 1)
    return np.asarray(f1.sum(axis=1) / present.sum(axis=1))


METRICS: dict[str, Callable[[Matrix], Matrix]] = {"accuracy": accuracy, "macro_f1": macro_f1}


def span_counts(gold: Matrix, predicted: Matrix, starts: Matrix, names: list[str]) -> Matrix:
    """How many spans of each row were found, are there, and were said to be.

    A span is a run of B- and I- tags of one type. It begins at a B-, or at an I- that goes on with nothing
    of its type, as the scorer of CoNLL-2000 (Tjong Kim Sang and Buchholz) has it; it is found if both ends
    and the type are right.

    Returns
    -------
    numpy.ndarray of int64, shape (rows, 3)
        Right, gold, predicted.
    """
    sentences = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    first = np.zeros(len(gold), dtype=bool)
    first[starts[:-1]] = True
    there, said = (_spans(tags, first, names) for tags in (gold, predicted))
    right = there[np.isin(_numbers(there), _numbers(said))]
    return np.stack(
        [np.bincount(sentences[spans[:, 0]], minlength=len(starts) - 1) for spans in (right, there, said)], axis=1
    )


def is_tag_of_spans(name: str) -> bool:
    """Whether a tag is O, B-something or I-something."""
    return name == "O" or (name[:2] in ("B-", "I-") and len(name) > 2)


def _spans(tags: Matrix, first: Matrix, names: list[str]) -> Matrix:
    """Beginning, end and type of every span, (spans, 3)."""
    types = {kind: place for place, kind in enumerate(sorted({name[2:] for name in names if name != "O"}))}
    anew = np.array([name.startswith("B-") for name in names])[tags]
    kind = np.array([-1 if name == "O" else types[name[2:]] for name in names])[tags]  # (units,)
    before = np.concatenate([[-1], kind[:-1]])
    begins = (kind >= 0) & (anew | first | (before != kind))
    goes_on = (kind >= 0) & ~begins
    ends = (kind >= 0) & ~np.concatenate([goes_on[1:], [False]])
    return np.stack([np.flatnonzero(begins), np.flatnonzero(ends), kind[begins]], axis=1)


def _numbers(spans: Matrix) -> Matrix:
    """One number per span, equal for equal spans: a position begins one span at most, so few types suffice."""
    length = spans[:, 1] - spans[:, 0]
    return np.asarray((spans[:, 0] * 100_000 + length) * 1_000 + spans[:, 2])


def _f1(counts: Matrix) -> Matrix:
    """2 right / (gold + predicted), 1 where there is nothing to find and nothing was found."""
    total = counts[:, 1] + counts[:, 2]
    return np.asarray(np.where(total > 0, 2 * counts[:, 0] / np.where(total > 0, total, 1), 1.0))
