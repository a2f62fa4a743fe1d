"""Spans, such as names: each goes to one stretch of the translation, or is dropped with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.texts.aligners import Bitext, Links
from isogloss.texts.projection import NO_LINK, OUTSIDE, UNSURE, Projection, check_labels, label_table

SCATTERED = "scattered"
OVERLAP = "overlaps a surer one"
MARKS = ("B-", "I-", "E-", "S-")

Method = Literal["best", "widest"]
Weights = NDArray[np.float64]


class Span(NamedTuple):
    """A labelled stretch of a sentence.

    Attributes
    ----------
    label : str
    first, last : int
        Places of its words, the last one included.
    """

    label: str
    first: int
    last: int


@dataclass(frozen=True)
class Candidate:
    """Where a span goes in the translation.

    Attributes
    ----------
    span : Span
        In the target.
    sureness : float
        From 0 to 1: mean weight of its words' links to the source span, or the probability of the translation.
    source : int
        Number of the source span.
    """

    span: Span
    sureness: float
    source: int


Proposals = tuple[list[Candidate], dict[int, str]]
"""Where the spans of a sentence may go, and by the number of a span why it cannot be carried."""


def is_spans(labels: Sequence[Sequence[str]]) -> bool:
    """Whether labels are those of spans: all are O, or begin with B-, I-, E- or S-."""
    every = {label for sentence in labels for label in sentence}
    prefixed = {label for label in every if label.startswith(MARKS)}
    return bool(prefixed) and every <= prefixed | {OUTSIDE}


def read_spans(labels: Sequence[str]) -> list[Span]:
    """Spans of a sentence with labels in IOB2 or IOBES; an I that continues nothing begins a span."""
    found: list[Span] = []
    for place, label in enumerate(labels):
        mark, _, name = label.partition("-")
        if not name:
            continue
        before = found[-1] if found else None
        goes_on = mark in "IE" and place > 0 and labels[place - 1][:1] not in "ES"
        if before and goes_on and before.label == name and before.last == place - 1:
            found[-1] = before._replace(last=place)
        else:
            found.append(Span(name, place, place))
    return found


def write_spans(spans: Sequence[Span], length: int) -> list[str]:
    """Labels in IOB2 of a sentence with so many words."""
    labels = [OUTSIDE] * length
    for span in spans:
        labels[span.first : span.last + 1] = [f"B-{span.label}", *[f"I-{span.label}"] * (span.last - span.first)]
    return labels


def project_spans(
    bitext: Bitext, labels: Sequence[Sequence[str]], links: Sequence[Links], *, method: Method = "best",
    least: float = 0.0, stretch: float = 3.0,
) -> Projection:  # fmt: skip
    """Carry each span over to one stretch of the translation.

    Parameters
    ----------
    bitext : Bitext
    labels : sequence of sequence of str
        One for each source word: IOB2 or IOBES.
    links : sequence of Links
        Of each pair of sentences.
    method : {"best", "widest"}, default "best"
        "widest" is from the first to the last word that is linked to the span; "best" the stretch with the most
        evidence, so that one wrong link far away does not widen it.
    least : float, default 0.0
        Spans that are less sure are dropped.
    stretch : float, default 3.0
        A target span of more words than this times those of the source, and 2, is dropped as scattered.

    Returns
    -------
    Projection
        In IOB2; None for words of sentences without any link, where nothing is known of any word.

    Raises
    ------
    BadValue
        If words and labels are not as many, or labels are not those of spans.

    Notes
    -----
    "best" is the stretch of target words with the highest sum of e(t), where e(t) is the weight of links from t to the
    span less that of links to other words, and -0.1 for a word without links. Spans are placed in the order of their
    sureness, and one that overlaps another is dropped, not shifted.
    """
    check_labels(bitext, labels, links)
    check_spans(labels)
    proposals = [
        _candidates(read_spans(given), one, len(words), method, least, stretch)
        for given, one, words in zip(labels, links, bitext.targets, strict=True)
    ]
    return place_spans(bitext, labels, proposals, ["" if len(one.pairs) else NO_LINK for one in links])


def check_spans(labels: Sequence[Sequence[str]]) -> None:
    """Raise BadValue unless all labels are those of spans."""
    for number, sentence in enumerate(labels, start=1):
        if wrong := [label for label in sentence if label != OUTSIDE and not label.startswith(MARKS)]:
            raise BadValue(f"'{wrong[0]}' in sentence {number} is no label of a span", where="labels",
                           hint="give IOB2, such as B-PER, I-PER and O")  # fmt: skip


def place_spans(
    bitext: Bitext, labels: Sequence[Sequence[str]], proposals: Sequence[Proposals], unknown: Sequence[str]
) -> Projection:
    """Labels of targets from where spans may go; of those that overlap, the surest stays.

    Parameters
    ----------
    bitext : Bitext
    labels : sequence of sequence of str
        One for each source word.
    proposals : sequence of (list of Candidate, dict of int to str)
        Of each sentence, where spans may go, and by the number of a span why it cannot be carried.
    unknown : sequence of str
        Why nothing is known of the words of each target, so that they have no label; empty where something is.
    """
    found: list[list[str | None]] = []
    sureness: list[list[float]] = []
    rows: list[tuple[str, str]] = []
    unlabelled: Counter[str] = Counter()
    for given, words, (candidates, reasons), why in zip(labels, bitext.targets, proposals, unknown, strict=True):
        dropped = dict(reasons)
        placed = _without_overlaps(candidates, dropped)
        rows += [(span.label, dropped.get(number, "")) for number, span in enumerate(read_spans(given))]
        if why:
            unlabelled[why] += len(words)
        found.append([None] * len(words) if why else [*write_spans([one.span for one in placed], len(words))])
        sure = np.zeros(len(words))
        for candidate in placed:
            sure[candidate.span.first : candidate.span.last + 1] = candidate.sureness
        sureness.append(sure.tolist())
    return Projection(found, sureness, label_table(rows), {why: number for why, number in unlabelled.items() if number})


def _candidates(
    spans: Sequence[Span], links: Links, length: int, method: Method, least: float, stretch: float
) -> tuple[list[Candidate], dict[int, str]]:
    """Where spans may go, and by the number of a span why it cannot be carried."""
    candidates, reasons = [], {}
    for number, span in enumerate(spans):
        inside, outside = np.zeros(length), np.zeros(length)
        for (source, target), weight in links.to_dict().items():
            side = inside if span.first <= source <= span.last else outside
            side[target] += weight
        if not inside.any():
            reasons[number] = NO_LINK
            continue
        first, last = _widest(inside) if method == "widest" else _best(inside, outside)
        sure = float(min(1.0, inside[first : last + 1].mean()))
        if last - first + 1 > stretch * (span.last - span.first + 1) + 2:
            reasons[number] = SCATTERED
        elif sure < least:
            reasons[number] = UNSURE
        else:
            candidates.append(Candidate(Span(span.label, first, last), sure, number))
    return candidates, reasons


def _widest(inside: Weights) -> tuple[int, int]:
    linked = np.flatnonzero(inside)
    return int(linked[0]), int(linked[-1])


def _best(inside: Weights, outside: Weights) -> tuple[int, int]:
    """The stretch with the highest sum of evidence; the first of several."""
    evidence = np.where((inside == 0) & (outside == 0), -0.1, inside - outside)
    sums = np.concatenate([[0.0], np.cumsum(evidence)])
    gains = sums[None, 1:] - sums[:-1, None]  # (first, last)
    gains[np.tril_indices(len(evidence), -1)] = -np.inf
    first, last = np.unravel_index(gains.argmax(), gains.shape)
    return int(first), int(last)


def _without_overlaps(candidates: Sequence[Candidate], reasons: dict[int, str]) -> list[Candidate]:
    """The surest of those that overlap; why others are dropped is added to `reasons`."""
    placed: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: (-one.sureness, one.span.first, one.source)):
        if any(one.span.first <= other.span.last and other.span.first <= one.span.last for other in placed):
            reasons[one.source] = OVERLAP
        else:
            placed.append(one)
    return placed
