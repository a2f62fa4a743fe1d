"""Spans carried to the stretches of translations that are the most probable, by candidates or by markers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from isogloss.texts.aligners import Bitext
from isogloss.texts.projection import NO_LINK, UNSURE, Projection
from isogloss.texts.projection.scorers import PairScorer, SpanScorer, every_stretch
from isogloss.texts.projection.spans import Candidate, Proposals, Span, check_spans, place_spans, read_spans

Method = Literal["candidates", "constrained"]


def project_probable(
    bitext: Bitext, labels: Sequence[Sequence[str]], scorer: SpanScorer, origin: str, into: str, *, method: Method,
    least: float = 0.0, longer: int = 3, kept: int = 5,
) -> Projection:  # fmt: skip
    """Carry each span to the stretch of the translation that a scorer holds to be the most probable.

    Parameters
    ----------
    bitext : Bitext
    labels : sequence of sequence of str
        One for each source word: IOB2 or IOBES.
    scorer : SpanScorer
    origin, into : str
        Canonical languages.
    method : {"candidates", "constrained"}
        "candidates" takes the stretch with the highest probability of being the translation of the span, by itself, in
        both directions. "constrained" marks the span in the source and takes the place of the markers with which the
        whole translation has the highest probability.
    least : float, default 0.0
        Spans are dropped whose probability per word as a translation, both directions averaged, is less.
    longer : int, default 3
        By how many words a candidate may be longer than the span.
    kept : int, default 5
        With "constrained": of so many most probable places of markers, the one that is most probable as a candidate.
        5 is what CODEC does.

    Returns
    -------
    Projection
        In IOB2; None for words of sentences of which nothing is known, as a side has no words.

    Raises
    ------
    BadValue
        If labels are not those of spans.

    Notes
    -----
    Candidates ranked by the probability of translation: Garcia-Ferrero et al. 2023, T-Projection, whose candidates a
    text-to-text model writes; here they are all n-grams. Markers placed in a translation that stays as it is: Le et
    al. 2024, CODEC. Spans are placed in the order of their probability, and one that overlaps another is dropped.
    """
    check_spans(labels)
    scorers = scorer.prepare(bitext, origin, into)
    proposals = [
        _proposals(read_spans(given), one, len(words), method, least, longer, kept)
        for given, one, words in zip(labels, scorers, bitext.targets, strict=True)
    ]
    return place_spans(bitext, labels, proposals, [NO_LINK if one is None else "" for one in scorers])


def _proposals(
    spans: Sequence[Span], scorer: PairScorer | None, length: int, method: Method, least: float, longer: int, kept: int
) -> Proposals:  # fmt: skip
    """Where spans may go, and by the number of a span why it cannot be carried."""
    if scorer is None:
        return [], dict.fromkeys(range(len(spans)), NO_LINK)
    candidates, reasons = [], {}
    for number, span in enumerate(spans):
        place = span.first, span.last
        if method == "candidates":
            stretches = every_stretch(length, span.last - span.first + 1 + longer)
        else:
            stretches = np.array([one[:2] for one in scorer.marked(place, kept)], np.int64)
        values = scorer.translated(place, stretches)
        best = int(values.argmax())
        sure = float(min(1.0, np.exp(values[best])))
        if sure < least:
            reasons[number] = UNSURE
        else:
            candidates.append(Candidate(Span(span.label, *stretches[best].tolist()), sure, number))
    return candidates, reasons
