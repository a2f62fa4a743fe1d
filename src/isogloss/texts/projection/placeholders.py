"""Values of spans that do not go through a translator: placeholders stand for them, and the values are put in after."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from isogloss.errors import BadValue
from isogloss.texts.projection.files import Sentences
from isogloss.texts.projection.markers import (
    LOST,
    TAKEN,
    MarkedTranslations,
    Paired,
    Read,
    Stretch,
    check_reads,
    place_stretches,
    span_text,
)
from isogloss.texts.projection.spans import Span, check_spans, read_spans
from isogloss.texts.projection.translating import translate_sentences
from isogloss.texts.tables import read_table
from isogloss.texts.translators import Translator
from isogloss.texts.words import find_words

PLACEHOLDERS = "placeholders"

Values = Mapping[str, Sequence[str]]
"""Label to the values that may stand in its spans."""


def translate_templates(
    sentences: Sentences, translator: Translator, origin: str, into: str, *, values: Values | None = None, seed: int = 0
) -> MarkedTranslations:
    """Translate sentences with placeholders for their spans, then put values in their place.

    Parameters
    ----------
    sentences : Sentences
        Labels in IOB2 or IOBES.
    translator : Translator
        One that reads the text it is given.
    origin, into : str
        Canonical languages.
    values : mapping of str to sequence of str, optional
        By label, values of the target's own places, people and so on; labels that are not there keep the value of the
        source. A value of the source has the same one everywhere.
    seed : int, default 0
        Of which value stands for which.

    Raises
    ------
    BadValue
        If labels are not those of spans, or the translator looks translations up by item.

    Notes
    -----
    Ding et al. 2022, GlobalWoZ: sentences without their entities are translated, and entities, foreign or kept, put in.
    A placeholder is the letters of its label and a number in brackets, `[LOC1]`, and is read also where the brackets
    are lost. Values are put in as they are: where the target inflects names, they are not inflected.
    """
    check_spans(sentences.labels)
    check_reads(translator)
    spans = [read_spans(labels) for labels in sentences.labels]
    given = [_with_placeholders(sentences, place, own) for place, own in enumerate(spans)]
    asked = [sentences.texts[place] if text is None else text for place, text in enumerate(given)]
    found = translate_sentences(replace(sentences, texts=asked), translator, origin, into).texts
    local = _Local(values or {}, seed)
    read: list[Read] = []
    paired: list[list[Paired]] = []
    for place, (own, text) in enumerate(zip(spans, found, strict=True)):
        originals = [local(span.label, span_text(sentences, place, span)) for span in own]
        one = Read(text, [], TAKEN) if given[place] is None else read_placeholders(text, own, originals)
        read.append(one)
        paired.append([(stretch.number, stretch, 1.0) for stretch in one.stretches if stretch.number is not None])
    return place_stretches(sentences, spans, read, paired, PLACEHOLDERS)


def read_values(path: Path) -> dict[str, list[str]]:
    """Values by label, from a table with the columns `label` and `value`.

    Raises
    ------
    BadFile, BadValue, UnknownName
    """
    found: dict[str, list[str]] = {}
    for row in read_table(path, {"label": "label", "value": "value"}).iter_rows(named=True):
        if not row["label"] or not (row["value"] or "").strip():
            raise BadValue("no label or no value", where=f"{path} row {row['row']}")
        found.setdefault(row["label"], []).append(row["value"].strip())
    if not found:
        raise BadValue("holds no values", where=str(path))
    return found


class _Local:
    """The value that stands for each value of the source."""

    def __init__(self, values: Values, seed: int):
        self._values, self._chance = values, np.random.default_rng(seed)
        self._chosen: dict[tuple[str, str], str] = {}

    def __call__(self, label: str, original: str) -> str:
        if label not in self._values:
            return original
        key = label, original.casefold()
        if key not in self._chosen:
            own = self._values[label]
            self._chosen[key] = own[int(self._chance.integers(len(own)))]
        return self._chosen[key]


def _name(label: str, number: int) -> str:
    letters = re.sub(r"[^A-Za-z]", "", label).upper() or "VALUE"
    return f"{letters}{number + 1}"


def _pattern(name: str) -> str:
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", name).groups()  # type: ignore[union-attr]  # all names have both
    return rf"\[\s*{letters}\s*{digits}\s*\]|\b{letters}{digits}\b"


def _with_placeholders(sentences: Sentences, place: int, spans: Sequence[Span]) -> str | None:
    """The text of a sentence with placeholders; None if it has one of them already."""
    text, cut = sentences.texts[place], find_words(sentences.texts[place], sentences.words[place])
    names = [_name(span.label, number) for number, span in enumerate(spans)]
    if any(re.search(_pattern(name), text, re.IGNORECASE) for name in names):
        return None
    for name, span in reversed([*zip(names, spans, strict=True)]):
        text = f"{text[: cut[span.first][0]]}[{name}]{text[cut[span.last][1] :]}"
    return text


def read_placeholders(text: str, spans: Sequence[Span], values: Sequence[str]) -> Read:
    """A translation with values in the place of its placeholders, each of which has to be there once.

    Examples
    --------
    >>> read_placeholders("Oggi [PER1] dorme.", [Span("PER", 0, 0)], ["Anna"])
    Read(text='Oggi Anna dorme.', stretches=[Stretch(number=0, first=5, last=9)], reason='')
    """
    places = []
    for number, span in enumerate(spans):
        several = [*re.finditer(_pattern(_name(span.label, number)), text, re.IGNORECASE)]
        if len(several) != 1:
            return Read(text, [], LOST)
        places.append((several[0].start(), several[0].end(), number))
    filled, before, stretches = "", 0, []
    for start, end, number in sorted(places):
        filled += text[before:start]
        stretches.append(Stretch(number, len(filled), len(filled) + len(values[number])))
        filled += values[number]
        before = end
    return Read(filled + text[before:], stretches, "")
