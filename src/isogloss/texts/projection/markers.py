"""Markers put round spans before a sentence is translated, and read back from its translation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from string import ascii_lowercase
from typing import Literal, NamedTuple

import numpy as np

from isogloss.errors import BadValue
from isogloss.texts.aligners import Bitext
from isogloss.texts.projection import Projection
from isogloss.texts.projection.files import Sentences
from isogloss.texts.projection.spans import Candidate, Proposals, Span, check_spans, place_spans, read_spans
from isogloss.texts.projection.translating import faults, translate_sentences
from isogloss.texts.translators import Translator
from isogloss.texts.words import cut_words, find_words

LOST = "markers lost or broken"
TAKEN = "has the marker in its text"
NOTHING = "nothing between markers"
UNTOLD = "cannot be told from other spans"

LEAST_ALIKE = 0.5
"""How alike the text between markers and the translation of a span have to be, 0 to 1."""
TRIED = 20
"""Sentences on which kinds of markers are compared."""

Markers = Literal["best", "brackets", "tags", "quotes"]


class Stretch(NamedTuple):
    """What stands between a pair of markers.

    Attributes
    ----------
    number : int or None
        Of the span, where markers tell it.
    first, last : int
        Characters of the text without markers, the last one not included.
    """

    number: int | None
    first: int
    last: int


Paired = tuple[int, Stretch, float]
"""The number of a span, its stretch, and how sure that is, 0 to 1."""


class Kind(NamedTuple):
    """A kind of markers.

    Attributes
    ----------
    pairs : tuple of (str, str)
        Markers of the first, second, ... span; the last pair is that of all further ones, too.
    pattern : str
        A regular expression of a marker in a translation, whose group `open`, `close` or `either` is filled; with what
        it says of the span, if markers say it.
    """

    pairs: tuple[tuple[str, str], ...]
    pattern: str

    @property
    def is_numbered(self) -> bool:
        """Whether markers tell which span they are of."""
        return len(self.pairs) > 1


KINDS = {
    "brackets": Kind((("[", "]"),), r"(?P<open>\[)|(?P<close>\])"),
    "tags": Kind(
        tuple((f"<{letter}>", f"</{letter}>") for letter in ascii_lowercase),
        r"<\s*(?P<open>[a-z])\s*>|<\s*/\s*(?P<close>[a-z])\s*>",
    ),
    "quotes": Kind((('"', '"'),), '(?P<either>["\u201c\u201d\u201e\u00ab\u00bb])'),
}
"""Kinds of markers by name."""


@dataclass(frozen=True)
class MarkedTranslations:
    """Translations of sentences whose spans had markers.

    Attributes
    ----------
    target : Sentences
        Without markers, cut into words.
    projection : Projection
        Of these; its table counts the spans of all sentences.
    kept : list of int
        Places of the sentences that these are of.
    left_out : dict of int to str
        Places of the others, to the reason: broken markers, or no translation.
    markers : str
        Their kind.
    marked, whole : int
        Sentences with spans, and how many of them came back with all their markers.
    """

    target: Sentences
    projection: Projection
    kept: list[int]
    left_out: dict[int, str]
    markers: str
    marked: int
    whole: int


def translate_marked(
    sentences: Sentences, translator: Translator, origin: str, into: str, *, markers: Markers = "best"
) -> MarkedTranslations:
    """Translate sentences with markers round their spans, and read the spans from the translations.

    Parameters
    ----------
    sentences : Sentences
        Labels in IOB2 or IOBES.
    translator : Translator
        One that reads the text it is given.
    origin, into : str
        Canonical languages.
    markers : {"best", "brackets", "tags", "quotes"}, default "best"
        `[Ann]`, `<a>Ann</a>` or `"Ann"`. "best" translates the first 20 sentences that have spans with each, and takes
        what comes back whole most often, the first of several.

    Raises
    ------
    BadValue
        If labels are not those of spans, or the translator looks translations up by item.

    Notes
    -----
    EasyProject (Chen et al. 2023). Where markers do not tell which span they are of, each span is translated by itself,
    and stretches are paired with spans so that the sum of how alike they are to the translation, or to the span as it
    was, is highest (difflib's ratio; the release takes the first that is above .5 instead, so that two spans may get
    one label). A pair of .5 or less is dropped, unless all spans of the sentence have one label. A sentence with a
    marker too few or too many is left out, and its spans are counted as dropped.
    """
    check_spans(sentences.labels)
    check_reads(translator)
    spans = [read_spans(labels) for labels in sentences.labels]
    chosen = _best(sentences, spans, translator, origin, into) if markers == "best" else markers
    read = _through(sentences, spans, translator, origin, into, chosen)
    alone = _alone(sentences, spans, translator, origin, into, KINDS[chosen])
    paired = [
        [] if one.reason else _paired(own, [span_text(sentences, place, span) for span in own], one, alone)
        for place, (own, one) in enumerate(zip(spans, read, strict=True))
    ]
    return place_stretches(sentences, spans, read, paired, chosen)


def place_stretches(
    sentences: Sentences, spans: Sequence[Sequence[Span]], read: Sequence[Read], paired: Sequence[Sequence[Paired]],
    markers: str,
) -> MarkedTranslations:  # fmt: skip
    """Translations with the labels of what stood between their markers."""
    target = [cut_words(one.text) for one in read]
    wrong = faults(sentences.texts, [one.text for one in read])
    unknown = [one.reason or wrong.get(place, "") for place, one in enumerate(read)]
    proposals: list[Proposals] = [
        ([], dict.fromkeys(range(len(own)), why)) if why else _proposals(own, pairs, find_words(one.text, words))
        for own, pairs, one, words, why in zip(spans, paired, read, target, unknown, strict=True)
    ]
    projection = place_spans(Bitext(sentences.words, target), sentences.labels, proposals, unknown)
    kept = [place for place, why in enumerate(unknown) if not why]
    carried = replace(
        projection, labels=[projection.labels[place] for place in kept],
        sureness=[projection.sureness[place] for place in kept], unlabelled={},
    )  # fmt: skip
    whole = Sentences(sentences.ids, [one.text for one in read], target, [[] for _ in target])
    has_spans = [not one.reason for one, own in zip(read, spans, strict=True) if own]
    left_out = {place: why for place, why in enumerate(unknown) if why}
    return MarkedTranslations(whole.part(kept), carried, kept, left_out, markers, len(has_spans), sum(has_spans))


def check_reads(translator: Translator) -> None:
    """Raise BadValue if a translator does not read what it translates."""
    if translator.looks_up:
        raise BadValue(
            f"translator '{translator.name}' looks translations up by item: it sees no markers", where="translator",
            hint="take one that translates, or method=constrained, which leaves translations as they are",
        )  # fmt: skip


class Read(NamedTuple):
    """A translation without its markers.

    Attributes
    ----------
    text : str
    stretches : list of Stretch
    reason : str
        Why they cannot be used; empty where they can.
    """

    text: str
    stretches: list[Stretch]
    reason: str


def read_marked(text: str, kind: Kind, count: int) -> Read:
    """Take the markers out of a translation that should have a pair for each of some spans.

    Examples
    --------
    >>> read_marked("Oggi [Anna] dorme.", KINDS["brackets"], 1)
    Read(text='Oggi Anna dorme.', stretches=[Stretch(number=None, first=5, last=9)], reason='')
    """
    plain, begun, stretches, is_broken = "", None, [], False
    place = 0
    for number, marker in enumerate(re.finditer(kind.pattern, text)):
        plain += text[place : marker.start()]
        place = marker.end()
        groups = marker.groupdict()
        is_open = number % 2 == 0 if groups.get("either") else groups["open"] is not None
        letter = groups.get("open") or groups.get("close") or ""
        told = ascii_lowercase.index(letter) if kind.is_numbered else None
        if is_open:
            is_broken |= begun is not None
            begun = (told, len(plain))
        elif begun is None or begun[0] != told:
            is_broken = True
        else:
            stretches.append(Stretch(told, begun[1], len(plain)))
            begun = None
    plain += text[place:]
    told_twice = kind.is_numbered and len({one.number for one in stretches}) < len(stretches)
    out_of_range = any(one.number is not None and one.number >= count for one in stretches)
    is_broken |= begun is not None or len(stretches) != count or told_twice or out_of_range
    return Read(plain, [] if is_broken else stretches, LOST if is_broken else "")


def _best(
    sentences: Sentences, spans: Sequence[Sequence[Span]], translator: Translator, origin: str, into: str
) -> str:  # fmt: skip
    """The kind of markers that comes back whole most often."""
    tried = [place for place, own in enumerate(spans) if own][:TRIED]
    some = sentences.part(tried)
    own = [spans[place] for place in tried]
    read = {name: _through(some, own, translator, origin, into, name) for name in KINDS}
    whole = {name: [one.reason for one in several].count("") for name, several in read.items()}
    return max(whole, key=lambda name: whole[name])


def _through(
    sentences: Sentences, spans: Sequence[Sequence[Span]], translator: Translator, origin: str, into: str, name: str
) -> list[Read]:
    """What comes back of sentences with a kind of markers; a text that has such a marker itself goes without."""
    kind, given, taken = KINDS[name], [], []
    for place, own in enumerate(spans):
        text = sentences.texts[place]
        taken.append(bool(own) and (re.search(kind.pattern, text) is not None or len(own) > len(ascii_lowercase)))
        given.append(text if taken[-1] else with_markers(sentences, place, own, kind))
    found = translate_sentences(replace(sentences, texts=given), translator, origin, into)
    read = []
    for own, is_taken, text in zip(spans, taken, found.texts, strict=True):
        if is_taken or not own:  # marks that a text has by itself stay in it
            read.append(Read(text, [], TAKEN if is_taken else ""))
        else:
            read.append(read_marked(text, kind, len(own)))
    return read


def with_markers(sentences: Sentences, place: int, spans: Sequence[Span], kind: Kind) -> str:
    """The text of a sentence with markers round its spans."""
    text, cut = sentences.texts[place], find_words(sentences.texts[place], sentences.words[place])
    for number, span in reversed([*enumerate(spans)]):
        begin, end = kind.pairs[min(number, len(kind.pairs) - 1)]
        first, last = cut[span.first][0], cut[span.last][1]
        text = f"{text[:first]}{begin}{text[first:last]}{end}{text[last:]}"
    return text


def span_text(sentences: Sentences, place: int, span: Span) -> str:
    """A span as its sentence has it."""
    cut = find_words(sentences.texts[place], sentences.words[place])
    return sentences.texts[place][cut[span.first][0] : cut[span.last][1]]


def _alone(
    sentences: Sentences, spans: Sequence[Sequence[Span]], translator: Translator, origin: str, into: str, kind: Kind
) -> dict[str, str]:
    """Translations of spans by themselves, where they are needed to tell spans apart."""
    if kind.is_numbered:
        return {}
    several = [(place, own) for place, own in enumerate(spans) if len({one.label for one in own}) > 1]
    texts = sorted({span_text(sentences, place, span) for place, own in several for span in own})
    return translate_each(texts, translator, origin, into)


def translate_each(texts: Sequence[str], translator: Translator, origin: str, into: str) -> dict[str, str]:
    """Texts with their translations."""
    if not texts:
        return {}
    alone = Sentences([*texts], [*texts], [cut_words(text) for text in texts], [[] for _ in texts])
    return dict(zip(texts, translate_sentences(alone, translator, origin, into).texts, strict=True))


def _proposals(spans: Sequence[Span], paired: Sequence[Paired], cut: Sequence[tuple[int, int]]) -> Proposals:
    """Where spans go, and by the number of a span why it cannot be carried."""
    candidates, reasons = [], {}
    for number, stretch, sure in paired:
        inside = [place for place, (first, last) in enumerate(cut) if first < stretch.last and last > stretch.first]
        if sure <= LEAST_ALIKE:
            reasons[number] = UNTOLD
        elif not inside:
            reasons[number] = NOTHING
        else:
            candidates.append(Candidate(Span(spans[number].label, inside[0], inside[-1]), sure, number))
    return candidates, reasons


def _paired(spans: Sequence[Span], originals: Sequence[str], found: Read, alone: dict[str, str]) -> list[Paired]:
    """The number of each span with its stretch, and how sure that is."""
    from scipy.optimize import linear_sum_assignment

    if all(one.number is not None for one in found.stretches):
        return [(one.number, one, 1.0) for one in found.stretches if one.number is not None]
    if len({one.label for one in spans}) == 1:
        return [(number, one, 1.0) for number, one in enumerate(found.stretches)]
    alike = np.array([
        [max(_ratio(found.text[one.first : one.last], text) for text in (alone[own], own)) for one in found.stretches]
        for own in originals
    ])  # fmt: skip
    rows, columns = linear_sum_assignment(-alike)
    return [
        (int(row), found.stretches[column], float(alike[row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()
