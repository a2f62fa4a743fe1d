"""What languages share in writing: characters or words, counted in a user's own texts."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from isogloss.errors import BadValue, UnknownName
from isogloss.languages.language import Language, resolve, written_without_spaces

if TYPE_CHECKING:
    import polars as pl

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def overlap(
    texts: Mapping[str | Language, Iterable[str]], by: str = "character", *, weighted: bool = False
) -> pl.DataFrame:
    """Overlap of the characters or words of every two languages.

    Parameters
    ----------
    texts : mapping of language to iterable of str
    by : {"character", "word"}
        Letters and marks in lower case (NFC), or runs of them.
    weighted : bool, default False
        False: share of types, `|A & B| / |A | B|` (Jaccard). True: share of running text,
        the sum over types of the smaller of the two relative frequencies.

    Returns
    -------
    polars.DataFrame
        `lang_a`, `lang_b`, `similarity` (0 to 1), `model` (`character-types`, `word-tokens`, ...), one row per pair
        and one per language with itself; as `register_similarity` takes it. The similarity is null where a
        language has no text, and between words where one of the two is written without spaces.

    Raises
    ------
    UnknownLanguage, UnknownName
    BadValue
        If two keys are the same language, or a text is not a str.
    """
    import polars as pl

    counters: dict[str, Callable[[str], list[str]]] = {"character": _characters, "word": _WORD.findall}
    if by not in counters:
        raise UnknownName("unit of overlap", by, counters)
    counts: dict[str, Counter[str]] = {}
    for key, lines in texts.items():
        language = key if isinstance(key, Language) else resolve(key)
        if language.id in counts:
            raise BadValue(f"two texts of {language.id}", hint="join them")
        if isinstance(lines, str):
            raise BadValue(f"the text of {language.id} is not a list", hint="give a list of texts")
        unseen = by == "word" and written_without_spaces(language)
        counts[language.id] = Counter() if unseen else _count(lines, counters[by])
    share = _of_tokens if weighted else _of_types
    name = f"{by}-{'tokens' if weighted else 'types'}"
    rows = [
        (first, second, share(counts[first], counts[second]), name)
        for first, second in combinations_with_replacement(sorted(counts), 2)
    ]
    schema = {"lang_a": pl.String, "lang_b": pl.String, "similarity": pl.Float64, "model": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _count(lines: Iterable[str], split: Callable[[str], list[str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in lines:
        if not isinstance(line, str):
            raise BadValue(f"{line!r} is not a text")
        counts.update(split(unicodedata.normalize("NFC", line).lower()))
    return counts


def _characters(text: str) -> list[str]:
    return [mark for mark in text if unicodedata.category(mark)[0] in "LM"]


def _of_types(first: Counter[str], second: Counter[str]) -> float | None:
    both = len(first.keys() & second.keys())
    return both / len(first.keys() | second.keys()) if first and second else None


def _of_tokens(first: Counter[str], second: Counter[str]) -> float | None:
    if not first or not second:
        return None
    size, other_size = first.total(), second.total()
    return min(1.0, sum(min(first[one] / size, second[one] / other_size) for one in first.keys() & second.keys()))
