"""Pairs: scores that are about two languages, such as retrieval across them, and which one they are read as about.

A source writes the two, first and second, as `eng|deu`. The score is read as being about one of them, its
`target`, and `pair` says what stands on the other side: `eng-x` is from English into the target, `x-eng`
from the target into English. The target is the one that is not English, else the second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from isogloss.errors import BadValue
from isogloss.languages.qualifiers import is_locale
from isogloss.languages.tags import tag_of_code, tag_of_name
from isogloss.languages.treebanks import language_of_treebank
from isogloss.metrics.registry import find_metric

SEPARATOR = "|"
"""Stands between the languages of a score that is about several."""

ARROW = "->"
"""Stands between the languages of a pair in grids and tables: from, into."""

TARGET = "x"
ENGLISH = "eng"

TRANSLATION = frozenset(
    "bleu bleu_1 bleu_2 bleu_3 bleu_4 spbleu chrf chrf++ ter comet xcomet metricx bleurt wmt20_comet_da "
    "wmt20_comet_qe_da wmt22_comet_da wmt22_cometkiwi_da".split()
)
"""Metrics of translations, whose scores are about pairs."""

Resolve = Callable[[str], str]


class About(NamedTuple):
    """What a score is about: a language, and the other one's side of a pair; or why it is about none.

    Attributes
    ----------
    target : str or None
        Canonical id.
    pair : str or None
        As in the column `pair`.
    reason : str or None
        Why a row that says so is no observation.
    """

    target: str | None
    pair: str | None = None
    reason: str | None = None


_JOINED = re.compile(r"(.+?)\s*(?:→|⇒|->|=>|>)\s*(.+)")
_NAMED = re.compile(r"([^\W\d_]{4,}(?: [^\W\d_]+)*)\s*(?:[-–]|\bto\b)\s*([^\W\d_]{4,}(?: [^\W\d_]+)*)")
_TAGS = re.compile(r"([a-z]{3}[_-][A-Za-z]{4})[-_]([a-z]{3}[_-][A-Za-z]{4})")
_CODES = re.compile(r"([a-z]{2,3})[-_](?:to[-_])?([a-z]{2,3})")


_TRANSLATED = frozenset(
    "ar bg cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv nl no pl ro ru sk sl sv th tr uk ur vi".split()
)
"""Languages that translations are often into, whose codes are those of countries too."""


def read_direction(written: str) -> tuple[str, str] | None:
    """From which language into which, of a pair such as `deu->fra`, `deu|fra` or `German → French`.

    Examples
    --------
    >>> read_direction("deu -> fra"), read_direction("deu")
    (('deu', 'fra'), None)
    """
    match = _JOINED.fullmatch(written.strip().replace(SEPARATOR, ARROW))
    return (match[1], match[2]) if match else None


@dataclass(frozen=True)
class Pairs:
    """Values of a column that are pairs of languages.

    Attributes
    ----------
    pairs : dict of str to str
        Value to its two languages with `|` between.
    unclear : list of str
        Values that may be a pair as well as a language of a country: `cs-uk`.
    """

    pairs: dict[str, str]
    unclear: list[str]


def find_pairs(values: Iterable[str], *, translated: bool) -> Pairs:
    """Find pairs among the languages of a column: `eng_Latn-swh_Latn`, `en→de`, `eng-swh`, `en-de`.

    Parameters
    ----------
    values : iterable of str
    translated : bool
        Whether their scores are of a metric of translation, which are about pairs.

    Returns
    -------
    Pairs
        Two codes of two letters, as in `de-fr`, are a pair where the scores are of translations and the column holds
        nothing else; a language of a country where CLDR knows that locale and nothing beside it is surely a pair.
        One that may be both, as `en-de`, is a locale only beside one that is no pair, as `pt-br`.
    """
    distinct = list(dict.fromkeys(values))
    treebanks = {value for value in distinct if "_" in value and language_of_treebank(value)}
    if not treebanks <= {value for value in distinct if _CODES.fullmatch(value)}:
        distinct = [value for value in distinct if value not in treebanks]  # bxr_bdt beside en_ewt
    certain, possible = {}, {}
    for value in distinct:
        if (match := _JOINED.fullmatch(value) or _TAGS.fullmatch(value)) or (
            translated and (match := _NAMED.fullmatch(value)) and _are_two(value, *match.groups())
        ):
            certain[value] = f"{match[1]}|{match[2]}"
        elif (match := _CODES.fullmatch(value)) and all(tag_of_code(code) for code in match.groups()):
            lengths = {len(match[1]), len(match[2])}
            if lengths == {2} or (translated and lengths == {2, 3}):  # else en_gum is a treebank, zh-yue Cantonese
                possible[value] = f"{match[1]}|{match[2]}"
            elif lengths == {3}:
                certain[value] = f"{match[1]}|{match[2]}"
    if translated and len(certain) + len(possible) == len(distinct):
        return Pairs(certain | possible, [])
    locales = [value for value in possible if _is_locale(value)]
    both = [value for value in locales if value[-2:] in _TRANSLATED and value[:2] != value[-2:]]
    strange = [value for value in possible if value not in locales]
    strange += both if translated or len(both) == len(locales) else []
    if certain or (strange and len(possible) == len(distinct)):
        return Pairs(certain, list(possible))
    return Pairs({}, strange)


def _are_two(value: str, first: str, second: str) -> bool:
    """Whether a value such as `English-Swahili` names two languages, and no single one as Serbo-Croatian does."""
    return tag_of_name(value) is None and tag_of_name(first) is not None and tag_of_name(second) is not None


def _is_locale(value: str) -> bool:
    language, region = re.split("[-_]", value)
    return is_locale(language, region.upper())


def is_of_translations(metric: str) -> bool:
    """Whether scores of a metric are of translations."""
    return find_metric(metric).name in TRANSLATION


def read_about(target: str, pair: str | None, language: Resolve, where: str) -> About:
    """Read what a row says it is about.

    Parameters
    ----------
    target : str
        One language, or several with `|` between them; the same one may stand twice.
    pair : str or None
        `eng-x` or `x-eng`, of any language, if the row says it already.
    language : callable
        From a code to the canonical id.
    where : str
        The row, for errors.

    Raises
    ------
    BadValue
        If `pair` cannot be read, or comes with several languages.
    UnknownLanguage
    """
    codes = [code.strip() for code in target.split(SEPARATOR)]
    if "" in codes:
        raise BadValue(f"'{target}' names no language on one side", where=where, hint="write a pair as eng|deu")
    if pair is not None and len(codes) > 1:
        raise BadValue(f"'{target}' comes with a pair '{pair}'", where=where, hint="write one of the two")
    ids = list(dict.fromkeys(language(code) for code in codes))
    if len(ids) > 2:
        return About(None, reason="lists more than two languages")
    if len(ids) == 2:
        return about_pair(*ids)
    return About(ids[0]) if pair is None else About(ids[0], _read_pair(pair, ids[0], language, where))


def about_pair(first: str, second: str) -> About:
    """Which of two different languages a score from the first to the second is about.

    Examples
    --------
    >>> about_pair("deu", "eng")
    About(target='deu', pair='x-eng', reason=None)
    >>> about_pair("deu", "fra")
    About(target='fra', pair='deu-x', reason=None)
    """
    if is_english(second) and not is_english(first):
        return About(first, f"{TARGET}-{second}")
    return About(second, f"{first}-{TARGET}")


def is_english(language: str) -> bool:
    """Whether a canonical id is English, in whatever script."""
    return language.partition("_")[0] == ENGLISH


def _read_pair(pair: str, target: str, language: Resolve, where: str) -> str | None:
    written = pair.strip()
    if written.casefold().endswith(f"-{TARGET}") and len(written) > 2:
        other, side = language(written[:-2]), "{}-" + TARGET
    elif written.casefold().startswith(f"{TARGET}-") and len(written) > 2:
        other, side = language(written[2:]), TARGET + "-{}"
    else:
        raise BadValue(f"'{pair}' is not a pair", where=where, hint="write eng-x or x-eng: x is the target")
    return None if other == target else side.format(other)
