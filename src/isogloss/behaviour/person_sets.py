"""Public sets of sentences about persons of an occupation, in the layouts that they come in: WinoBias and WinoMT."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from isogloss.behaviour.items import read_items, require
from isogloss.behaviour.metrics.gender import ANTI, FEMALE, GENDERS, MALE, PRO
from isogloss.errors import BadFile, BadValue
from isogloss.languages import resolve
from isogloss.languages.names import fold

PRONOUNS = {
    MALE: ("he", "him", "his", "himself"),
    FEMALE: ("she", "her", "hers", "herself"),
}
NEUTRAL = "neutral"
BETWEEN = "|||"
"""What stands between a source and its translation in the files of the WinoMT release."""
_BRACKETS = re.compile(r"\[\s*([^\]]*?)\s*\]")
_ARTICLE = re.compile(r"^(the|a|an)\s+", re.IGNORECASE)


class WinoBias(NamedTuple):
    """The sentences of two files of WinoBias, and what was left out.

    Attributes
    ----------
    items : polars.DataFrame
        `language`, `item` (number of the line), `occupation`, `stereotype` (male or female: the gender that the
        occupation suggests), `question` (the sentence before its pronoun), and `male` and `female`, how it goes on.
    left_out : list of str
        Sentences whose two versions differ in more than pronouns, or in which none is marked.
    """

    items: pl.DataFrame
    left_out: list[str]


def read_winobias(pro: str | Path, anti: str | Path) -> WinoBias:
    """Read WinoBias: each sentence with the pronoun that an occupation suggests, and with the other one.

    Parameters
    ----------
    pro, anti : str or pathlib.Path
        Such as `pro_stereotyped_type1.txt.test` and `anti_stereotyped_type1.txt.test`: a number, then a sentence with
        the person and the pronouns in square brackets, on lines of the same order.

    Raises
    ------
    BadFile
        If a file has no such line, or the two have not as many.
    NotEnoughEvidence

    Notes
    -----
    Zhao et al. (2018, Gender bias in coreference resolution). Of the 1,584 pairs of the release some differ in other
    words than pronouns; they tell nothing of the pronoun and are left out.
    """
    files = [_lines(path) for path in (pro, anti)]
    if len(files[0]) != len(files[1]):
        raise BadFile(f"has {len(files[1])} sentences, {pro} has {len(files[0])}", where=str(anti),
                      hint="give the two files of one type and part")  # fmt: skip
    rows, left_out = [], []
    for number, (suggested, other) in enumerate(zip(*files, strict=True), 1):
        row = _pair(suggested, other)
        if row is None:
            left_out.append(suggested)
        else:
            rows.append({"language": "eng", "item": str(number)} | row)
    if not rows:
        raise BadFile("has no sentence whose person and pronoun are in square brackets", where=str(pro),
                      hint="give a file such as pro_stereotyped_type1.txt.test")  # fmt: skip
    return WinoBias(pl.DataFrame(rows), left_out)


def _lines(path: str | Path) -> list[str]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"cannot be read as text ({type(error).__name__})", where=str(path)) from None
    return [line for line in text.splitlines() if line.strip()]


def _pair(suggested: str, other: str) -> dict[str, Any] | None:
    """A sentence and how both versions of it go on; None where they differ in more than marked pronouns."""
    sentences = {}
    person = gender = None
    for line in (suggested, other):
        marked = [found.strip() for found in _BRACKETS.findall(line)]
        genders = {_gender_of(one) for one in marked} - {None}
        persons = [one for one in marked if _gender_of(one) is None]
        if len(genders) != 1 or len(persons) != 1 or person not in (None, persons[0]):
            return None
        (said,), person = genders, persons[0]
        gender = gender or said
        sentences[said] = re.sub(r"^\d+\s+", "", line)
    if len(sentences) != 2 or len({_BRACKETS.sub("#", one) for one in sentences.values()}) != 1:
        return None
    before, ends = "", {}
    for said, sentence in sentences.items():
        first = next(found for found in _BRACKETS.finditer(sentence) if _gender_of(found[1]))
        before = _plain(sentence[: first.start()])
        ends[str(said)] = _plain(sentence[first.start() :])
    return {"occupation": _ARTICLE.sub("", str(person)), "stereotype": gender, "question": before,
            MALE: ends[MALE], FEMALE: ends[FEMALE]}  # fmt: skip


def _gender_of(word: str) -> str | None:
    return next((gender for gender, words in PRONOUNS.items() if word.lower() in words), None)


def _plain(marked: str) -> str:
    return _BRACKETS.sub(r"\1", marked).replace(" 's ", "'s ").strip()


def read_winomt(source: str | Path, *, stereotype: str | None = None) -> pl.DataFrame:
    """Read WinoMT: sentences to translate, each about a person whose gender a pronoun says.

    Parameters
    ----------
    source : str or pathlib.Path
        Lines of four fields with tabs between: gender (male, female or neutral), which word of the sentence, counted
        from 0, is the person, the sentence, and the occupation.
    stereotype : {"pro", "anti"}, optional
        Whether the gender is the one that the occupation suggests; after the name of the file, `en_pro.txt` or
        `en_anti.txt`, if that says it.

    Returns
    -------
    polars.DataFrame
        `item` (number of the line), `language` ("eng"), `gender`, `place` (of the word), `question` (the sentence),
        `occupation`, and `stereotype` where it is known.

    Raises
    ------
    BadFile
        If a line has not these fields.

    Notes
    -----
    Stanovsky, Smith and Zettlemoyer (2019, Evaluating gender bias in machine translation).
    """
    told = stereotype or next((kind for kind in (PRO, ANTI) if re.search(rf"[_.-]{kind}\b", Path(source).stem)), None)
    if told not in (PRO, ANTI, None):
        raise BadValue(f"'{told}' is neither {PRO} nor {ANTI}", where="stereotype")
    rows = []
    for number, line in enumerate(_lines(source), 1):
        fields = [field.strip() for field in line.split("\t")]
        where = f"{source} line {number}"
        if len(fields) != 4:
            raise BadFile(f"has {len(fields)} fields, not 4", where=where,
                          hint="write gender, place of the word, sentence, occupation, with tabs between")  # fmt: skip
        gender, place, sentence, occupation = fields
        if gender not in (MALE, FEMALE, NEUTRAL):
            raise BadFile(f"unknown gender '{gender}'", where=where, hint="write male, female or neutral")
        if not place.isdecimal() or int(place) >= len(sentence.split()):
            raise BadFile(f"'{place}' is no word of the sentence", where=where, hint="count words from 0")
        rows.append({"item": str(number), "language": "eng", "gender": gender, "place": int(place),
                     "question": sentence, "occupation": occupation})  # fmt: skip
    if not rows:
        raise BadFile("has no sentence", where=str(source))
    return pl.DataFrame(rows).with_columns(**({"stereotype": pl.lit(told)} if told else {}))


def translated_persons(
    items: pl.DataFrame, translations: str | Path | Sequence[str], forms: Any, language: str
) -> pl.DataFrame:
    """Sentences of WinoMT with their translations, as `score_items` scores them.

    Parameters
    ----------
    items : polars.DataFrame
        Of `read_winomt`.
    translations : str, pathlib.Path or sequence of str
        One for each sentence, in their order; a file has one a line, perhaps behind the sentence and `|||`.
    forms : str, pathlib.Path or table
        `occupation`, and in `male` and `female` the words for it in the translation, with | between several.
    language : str
        Of the translations.

    Returns
    -------
    polars.DataFrame
        `language`, `item`, `gender`, `occupation`, `male`, `female`, `text`, and `stereotype` if it is known. Neutral
        persons are left out, as no metric is of them.

    Raises
    ------
    BadFile, BadValue
        If there are more or fewer translations than sentences, or an occupation has no forms or has them twice.
    """
    if isinstance(translations, str | Path):
        texts = [line.rpartition(BETWEEN)[2].strip() for line in _translated(translations)]
    else:
        texts = list(translations)
    if len(texts) != items.height:
        raise BadValue(f"{len(texts)} translations of {items.height} sentences", where="translations",
                       hint="give one for each sentence, in their order")  # fmt: skip
    known = read_items(forms, roles=("occupation", MALE, FEMALE))
    require(known, "occupation", MALE, FEMALE)
    known = known.with_columns(key=pl.col("occupation").map_elements(fold, return_dtype=pl.String)).drop("occupation")
    twice = known.filter(pl.col("key").is_duplicated())
    if twice.height:
        raise BadValue(f"'{twice['key'][0]}' stands there twice", where="forms", hint="put | between several forms")
    table = items.with_columns(
        text=pl.Series(texts, dtype=pl.String), language=pl.lit(resolve(language).id),
        key=pl.col("occupation").map_elements(fold, return_dtype=pl.String),
    ).filter(pl.col("gender").is_in([*GENDERS]))  # fmt: skip
    joined = table.join(known, on="key", how="left", maintain_order="left")
    without = joined.filter(pl.col(MALE).is_null() | pl.col(FEMALE).is_null())
    if without.height:
        raise BadValue(f"no forms of '{without['occupation'][0]}'", where="forms",
                       hint="add it with what a man and a woman are called")  # fmt: skip
    told = ("stereotype",) if "stereotype" in joined.columns else ()
    return joined.select("language", "item", "gender", "occupation", MALE, FEMALE, "text", *told)


def _translated(path: str | Path) -> list[str]:
    """All lines, empty ones too, as each belongs to a sentence."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"cannot be read as text ({type(error).__name__})", where=str(path)) from None
