"""Languages in context: what stands in one column is read together, as names or as codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from isogloss.languages.language import LONGEST, Language, make_language, resolve, tag_of_variety
from isogloss.languages.names import fold
from isogloss.languages.qualifiers import is_locale
from isogloss.languages.tags import REGIONS, tag_of_code, tag_of_name
from isogloss.languages.treebanks import language_of_treebank
from isogloss.languages.varieties import variety_cache

COUNTRIES_ONLY = frozenset({"jp", "cn", "cz", "dk", "gr", "ua", "vn"})
"""Codes of countries that are read as the language of the country, as no language has them."""

COUNTRY_CODES = REGIONS | {"UK"}

AS_COUNTRY = {"kr": "kor", "se": "swe"}
"""Codes of small languages that are read as those of countries beside codes that are of countries only."""

LIVING = {"egy": "arz"}
"""Languages of the past whose name people use for a language of today, and that one."""

ABBREVIATIONS = {"MSA": "arb", "BCS": "hbs"}
"""What stands among names for a language, and is the code of another."""

NO_LANGUAGES = {
    "ner": "a task", "pos": "a task", "nli": "a task", "asr": "a task", "srl": "a task", "sts": "a task",
    "rte": "a task", "wsd": "a task", "dep": "a task", "lid": "a task", "mrc": "a task", "acc": "the accuracy",
    "dev": "a part of a test set", "val": "a part of a test set", "tst": "a part of a test set",
    "trn": "a training set", "gap": "a gap", "dif": "a difference", "err": "an error", "num": "a number",
    "cnt": "a count", "top": "the best", "row": "a row", "med": "a median", "agg": "a summary", "mix": "a mix",
    "ood": "texts of another kind", "unk": "unknown", "rnd": "guesses at random", "maj": "the commonest answer",
    "nan": "a value that is not there",
}  # fmt: skip
"""Codes of small languages that are more often something else, and what."""

SEVERAL = "a mean of several languages"
"""What else the name of a group of languages may stand for, such as Indic."""

LONGEST_CODE = 3

SURELY_CODES = 10
"""Other codes of three letters in a column from which on each of `NO_LANGUAGES` is a code too."""

_STRONG = frozenset(
    "avg average averages ave mean means median total totals overall std stdev stddev aggregate "
    "δ delta diff difference differences durchschnitt mittelwert moyenne promedio srednia ortalama среднее 平均".split()
)
_WEAK = frozenset(
    "all min max minimum maximum sum low mid high mul macro micro var variance range summary seen unseen hrl mrl lrl "
    "hrls mrls lrls".split()
)
_BESIDE = frozenset(
    "of over across the score scores resource resources languages language langs lang weighted macro micro group "
    "groups non without excl incl english".split()
)


def is_summary(text: str) -> bool:
    """Whether a name is that of a summary of several: `Average`, `avg (32)`, `macro mean`, `all`, `low-resource`."""
    words = [word for word in fold(text).split() if not word.isdecimal()]
    if not words:
        return False
    if _STRONG.intersection(words):
        return True
    return bool(_WEAK.intersection(words)) and all(word in _WEAK | _BESIDE for word in words)


@dataclass(frozen=True)
class ColumnOfLanguages:
    """What the values of a column are read as.

    Attributes
    ----------
    languages : dict of str to Language
        Each value that is a language.
    unknown : tuple of str
        Values that no language is known by, in their order.
    unclear : dict of str to str
        Values that are the code of a language and more often something else, and what: `ner`, `nan`.
    summaries : tuple of str
        Values that stand for several languages: `all`, `Average`.
    notes : tuple of str
        What had an alternative.
    """

    languages: Mapping[str, Language] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    unclear: Mapping[str, str] = field(default_factory=dict)
    summaries: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The part of the values that are single languages; summaries are not counted, families as no languages."""
        single = sum(language.scope != "collection" for language in self.languages.values())
        others = len(self.unknown) + len(self.unclear)
        return single / (len(self.languages) + others) if self.languages else 0.0


def read_column(values: Iterable[str], overrides: Mapping[str, str] | None = None) -> ColumnOfLanguages:
    """Read what stands in one column as languages.

    Parameters
    ----------
    values : iterable of str
        Codes or names; each is read once.
    overrides : mapping of str to str, optional
        How to read a value, ahead of all else.

    Returns
    -------
    ColumnOfLanguages
        In a column of names a name goes ahead of a code (`Ga` beside `Ewe` is Ga, not Irish), in one of codes a code.
    """
    overrides = overrides or {}
    distinct = list(dict.fromkeys(values))
    languages = {value: resolve(overrides[value]) for value in distinct if value in overrides}
    rest = [value for value in distinct if value not in overrides]
    summaries = tuple(value for value in rest if is_summary(value) and not is_minangkabau(value, rest))
    read = [value for value in rest if value not in summaries]
    unclear = {} if _are_small(read) else {v: NO_LANGUAGES[v.casefold()] for v in read if v.casefold() in NO_LANGUAGES}
    read = [value for value in read if value not in unclear]
    treebanks = {value: code for value in read if (code := language_of_treebank(value)) is not None}
    named = _are_names([value for value in read if value not in treebanks and value not in ABBREVIATIONS])
    countries = not named and any(map(_is_of_country_only, distinct))
    unknown, notes = [], [f"'{value}' is read as Minangkabau (min), no minimum" for value in read if value == "min"]
    for value in read:
        language, other = _read(treebanks.get(value, value), named and value not in treebanks)
        if countries and value.casefold() in AS_COUNTRY:
            other, language = language, make_language(AS_COUNTRY[value.casefold()])
        elif named and value in ABBREVIATIONS:
            other, language = language, make_language(ABBREVIATIONS[value])
        elif named and language is not None and language.id in LIVING:
            other, language = language, make_language(LIVING[language.id])
        if language is None:
            unknown.append(value)
            continue
        if language.scope == "collection" and len(value) > LONGEST_CODE:
            unclear[value] = SEVERAL
            continue
        languages[value] = language
        if value in NO_LANGUAGES:
            notes.append(f"'{value}' is read as {language.name} ({language.id}), not as {NO_LANGUAGES[value]}")
        elif other is not None and other.code != language.code:
            notes.append(f"'{value}' is read as {language.name} ({language.id}), not as {other.name} ({other.id})")
    if countries:
        notes += _of_both(languages)
    elif named:
        notes += _by_code(languages, treebanks)
    return ColumnOfLanguages(languages, tuple(unknown), unclear, summaries, tuple(notes))


def _is_of_country_only(value: str) -> bool:
    """Whether a code is that of a country and of no language: what stands beside it may be countries too."""
    code = value.casefold()
    return code in COUNTRIES_ONLY or (len(code) == 2 and code.upper() in REGIONS and tag_of_code(code) is None)


def _are_small(values: list[str]) -> bool:
    """Whether a column is one of many codes of three letters, of which some may be small languages."""
    others = [value for value in values if value not in NO_LANGUAGES]
    codes = [value for value in others if len(value) == 3 and value.islower()]
    few = set(values).difference(others) == {"nan"}  # which several test sets have
    return len(codes) >= (2 if few else SURELY_CODES) and 4 * len(codes) >= 3 * len(others)


def _of_both(languages: Mapping[str, Language]) -> list[str]:
    """What to say of codes beside those of countries that are of a language, and of a country of other languages."""
    both = [
        f"'{value}' as {language.name}"
        for value, language in languages.items()
        if len(value) == 2 and value.upper() in COUNTRY_CODES and not is_locale(value.casefold(), value.upper())
        and value.casefold() not in COUNTRIES_ONLY | AS_COUNTRY.keys()
    ]  # fmt: skip
    return [f"beside codes of countries, read by their language: {', '.join(both)}"] if both else []


def _by_code(languages: Mapping[str, Language], treebanks: Mapping[str, str]) -> list[str]:
    """What to say of codes that stand among names."""
    return [
        f"'{value}', no name, is read as the code of {language.name} ({language.id})"
        for value, language in languages.items()
        if value not in treebanks and value not in ABBREVIATIONS and len(value) <= 3 and not _readings(value)[1]
    ]


def is_minangkabau(value: str, column: list[str]) -> bool:
    """Whether `min` is the code of a language: it stands among codes of three letters and beside no other summary."""
    if value != "min":
        return False
    others = [other for other in column if other != value]
    codes = [other for other in others if len(other) == 3 and other.isalpha() and other.islower()]
    return 2 * len(codes) > len(others) and not any(is_summary(other) for other in others)


def _are_names(values: list[str]) -> bool:
    """Whether a column holds names; where as many values are names as are codes, capitals decide."""
    readings = [_readings(value) for value in values]
    codes, names = (sum(reading[side] is not None for reading in readings) for side in (0, 1))
    if codes != names:
        return names > codes
    return sum(value[:1].isupper() and not value.isupper() for value in values) * 2 > len(values)


def _read(value: str, named: bool) -> tuple[Language | None, Language | None]:
    """The language of a value, and what else it may be."""
    by_code, by_name = _readings(value)
    if named:
        return by_name or by_code, by_code if by_name else None
    return by_code or by_name, None


@variety_cache(1 << 14)
def _readings(value: str) -> tuple[Language | None, Language | None]:
    """The language that has this code, and the one that has this name."""
    if len(value) > LONGEST:
        return None, None
    tags = tag_of_code(value) or tag_of_variety(value), tag_of_name(value)
    by_code, by_name = (make_language(*tag) if tag else None for tag in tags)
    return by_code, by_name
