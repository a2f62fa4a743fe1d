"""Texts that mix languages by accident, and the translations in them: found, counted and taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.texts.identification import UNKNOWN, identify

FEWEST_LETTERS = 12
"""Letters that a line must have for its language to be told."""
VARIANCE = 6.8
"""Of the length of a translation, per character of the original (Gale and Church 1993)."""
FAR = 1.96
"""Standard deviations of length beyond which two lines are no translations."""
REACH = 2
"""Lines between which translations are looked for."""
DRAWS = 2000
PAIRS = pl.Schema(
    {"text": pl.Int64, "main": pl.String, "other": pl.String, "line": pl.Int64, "other_line": pl.Int64,
     "original": pl.String, "translation": pl.String, "deviation": pl.Float64, "shared": pl.Float64}
)  # fmt: skip
"""Columns of `BilingualTexts.pairs`."""


@dataclass(frozen=True)
class BilingualTexts:
    """What a corpus has of other languages.

    Attributes
    ----------
    texts : polars.DataFrame
        One row per text, in order: `text` (0-based position), `main` (language of most of its lines, as the
        identifier calls it, or null where no line tells), `others` (the other languages, by amount).
    pairs : polars.DataFrame
        Lines that may be translations, with the columns of `PAIRS`: `deviation` of the length in standard deviations,
        `shared` the part of the words that a dictionary translates into the other line, null without one.
    chance : float
        Share of such pairs of lines, but from different texts, that would be taken for translations; NaN without any.
    """

    texts: pl.DataFrame
    pairs: pl.DataFrame
    chance: float

    def without(self, rows: Sequence[Any], *, bilingual: bool = False) -> list[Any]:
        """Those of some rows, one for each text, whose text has no pair; or, if asked for, no other language."""
        gone = set(self.pairs["text"].to_list())
        if bilingual:
            gone |= set(self.texts.filter(pl.col("others").list.len() > 0)["text"].to_list())
        return [row for place, row in enumerate(rows) if place not in gone]


def find_bilingual(
    texts: Sequence[str], *, dictionary: Mapping[str, frozenset[str]] | None = None, seed: int = 0
) -> BilingualTexts:
    """Find texts with lines in two languages and, among these lines, translations.

    Parameters
    ----------
    texts : sequence of str
    dictionary : mapping of str to frozenset of str, optional
        Words, in lower case, to what they may be in other languages; in both directions.
    seed : int, default 0
        Of the lines that are drawn to tell chance.

    Returns
    -------
    BilingualTexts

    Raises
    ------
    NotEnoughEvidence
        If there is no line of which the language can be told.
    MissingExtra
        Without py3langid, of the extra `behaviour`.

    Notes
    -----
    After Briakou, Cherry and Foster (2023), who find such texts in what a model reads, and translations by sentence
    vectors. Here a translation is a line in another language than the text's main one, within two lines of one in it,
    whose length is within 1.96 standard deviations of the other's (Gale and Church 1993: one character for one,
    variance 6.8 per character) and, with a dictionary, shares more words than 95 % of such lines of different texts
    with the same main and other language.
    Each line is in one pair at most, the nearest by length. Lines of fewer than 12 letters are not looked at.
    """
    lines = [[line.strip() for line in text.splitlines()] for text in texts]
    told = identify(line for some in lines for line in some if sum(map(str.isalpha, line)) >= FEWEST_LETTERS)
    if not told:
        raise NotEnoughEvidence(
            f"no line has {FEWEST_LETTERS} letters, so that no language can be told", where="texts",
            hint="give texts of whole sentences, a line each",
        )  # fmt: skip
    mains = [_languages(some, told) for some in lines]
    candidates = [
        (place, first, second)
        for place, (some, by_amount) in enumerate(zip(lines, mains, strict=True))
        for first, second in _near(some, told, by_amount)
    ]
    strange = _mismatched(candidates, lines, np.random.default_rng(seed))
    least = _least_shared(strange, dictionary, told)

    def fits(original: str, translation: str) -> bool:
        return _fits(original, translation, dictionary, least.get(_direction(original, translation, told), 0.0))

    found: list[dict[str, Any]] = []
    for place, first, second in sorted(candidates, key=lambda one: abs(_deviation(*_both(lines, *one)))):
        original, translation = lines[place][first], lines[place][second]
        taken = {(row["text"], row[name]) for row in found for name in ("line", "other_line")}
        if (place, first) in taken or (place, second) in taken or not fits(original, translation):
            continue
        found.append(
            {"text": place, "main": told[original], "other": told[translation], "line": first, "other_line": second,
             "original": original, "translation": translation, "deviation": _deviation(original, translation),
             "shared": None if dictionary is None else _shared(original, translation, dictionary)}
        )  # fmt: skip
    passing = [fits(*pair) for pair in strange]
    of_texts = pl.DataFrame(
        {
            "text": range(len(texts)),
            "main": [next(iter(one), None) for one in mains],
            "others": [one[1:] for one in mains],
        },
        schema={"text": pl.Int64, "main": pl.String, "others": pl.List(pl.String)},
    )
    pairs = pl.DataFrame(found, schema=PAIRS).sort("text", "line")
    return BilingualTexts(of_texts, pairs, float(np.mean(passing)) if passing else float("nan"))


def _languages(lines: Sequence[str], told: Mapping[str, str]) -> list[str]:
    """Languages of a text, by lines; of several with as many, the first comes first."""
    found = Counter(language for line in lines if (language := told.get(line, UNKNOWN)) != UNKNOWN)
    return [language for language, _ in found.most_common()]


def _near(lines: Sequence[str], told: Mapping[str, str], by_amount: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines in the main language with those near them in another."""
    languages = [told.get(line, UNKNOWN) for line in lines]
    return [
        (first, second)
        for first, language in enumerate(languages) if by_amount and language == by_amount[0]
        for second in range(max(0, first - REACH), min(len(lines), first + REACH + 1))
        if languages[second] not in (language, UNKNOWN)
    ]  # fmt: skip


def _both(lines: Sequence[Sequence[str]], place: int, first: int, second: int) -> tuple[str, str]:
    return lines[place][first], lines[place][second]


def _deviation(original: str, translation: str) -> float:
    return float((len(translation) - len(original)) / np.sqrt(VARIANCE * (len(original) + len(translation)) / 2))


def _shared(original: str, translation: str, dictionary: Mapping[str, frozenset[str]]) -> float:
    words, others = ([word.strip(".,;:!?\"'()").lower() for word in one.split()] for one in (original, translation))
    return sum(bool(dictionary.get(word, frozenset()) & set(others)) for word in words) / max(1, len(words))


def _fits(original: str, translation: str, dictionary: Mapping[str, frozenset[str]] | None, least: float) -> bool:
    if abs(_deviation(original, translation)) > FAR:
        return False
    return dictionary is None or _shared(original, translation, dictionary) > least


def _mismatched(
    candidates: Sequence[tuple[int, int, int]], lines: Sequence[Sequence[str]], chance: np.random.Generator
) -> list[tuple[str, str]]:
    """Lines of two texts, drawn from the candidates."""
    if len({place for place, _, _ in candidates}) < 2:
        return []
    drawn = chance.integers(len(candidates), size=(DRAWS, 2))
    own = {_both(lines, *one) for one in candidates}  # a pair that stands in several texts is no strange one
    pairs = ((candidates[first], candidates[second]) for first, second in drawn)
    strange = ((lines[one[0]][one[1]], lines[two[0]][two[2]]) for one, two in pairs if one[0] != two[0])
    return [pair for pair in strange if pair not in own]


def _direction(original: str, translation: str, told: Mapping[str, str]) -> tuple[str, str]:
    return told[original], told[translation]


def _least_shared(
    strange: Sequence[tuple[str, str]], dictionary: Mapping[str, frozenset[str]] | None, told: Mapping[str, str]
) -> dict[tuple[str, str], float]:
    """What a translation must share more than, so that 5 % of strange lines do, by main and other language.

    Each direction has its own: of a language with articles a smaller part of the words is in the dictionary.
    """
    if dictionary is None:
        return {}
    shares: dict[tuple[str, str], list[float]] = {}
    for pair in strange:
        shares.setdefault(_direction(*pair, told), []).append(_shared(*pair, dictionary))
    return {direction: float(np.quantile(some, 0.95)) for direction, some in shares.items()}
