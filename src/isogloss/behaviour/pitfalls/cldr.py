"""Questions whose answers are the same everywhere, from the names of the Unicode CLDR, in the languages that it has.

A question is a pattern: two pairs of names, and the first name of a third. So no sentence has to be translated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.behaviour.pitfalls.pairs import ENGLISH
from isogloss.errors import BadValue
from isogloss.extras import need
from isogloss.languages import resolve
from isogloss.models.inputs import SLOT

DAY = date(2025, 1, 1)
"""Of the currencies."""
CHOICES, MOST_PER_ANSWER = 4, 4
"""Choices of a question, and questions with the same answer at most."""
PATTERN, REWORDED = "{} → {}", "{}: {}"


class Fact(NamedTuple):
    """Two codes of CLDR, with the list of names that each is in."""

    subject: str
    subjects: str
    answer: str
    answers: str


def _official_languages() -> Iterator[Fact]:
    from babel.languages import get_official_languages

    for country in _countries():
        languages = get_official_languages(country, de_facto=True)
        if len(languages) == 1:
            yield Fact(country, "territories", languages[0], "languages")


def _currencies() -> Iterator[Fact]:
    from babel.numbers import get_territory_currencies

    for country in _countries():
        currencies = get_territory_currencies(country, DAY, DAY)
        if len(currencies) == 1:
            yield Fact(country, "territories", currencies[0], "currencies")


def _of_currencies() -> Iterator[Fact]:
    """Countries by a currency that is theirs alone."""
    facts = [*_currencies()]
    times = Counter(fact.answer for fact in facts)
    for fact in facts:
        if times[fact.answer] == 1:
            yield Fact(fact.answer, "currencies", fact.subject, "territories")


def _scripts() -> Iterator[Fact]:
    from babel.core import get_global

    for tag, likely in sorted(get_global("likely_subtags").items()):
        if tag.isalpha() and tag != "und":
            yield Fact(tag, "languages", likely.split("_")[1], "scripts")


def _countries() -> list[str]:
    from babel.core import get_global

    return sorted(code for code in get_global("territory_languages") if len(code) == 2 and code.isalpha())


KINDS: dict[str, Callable[[], Iterator[Fact]]] = {
    "official-languages": _official_languages, "currencies": _currencies, "countries": _of_currencies,
    "scripts": _scripts,
}  # fmt: skip
"""The language of a country, its currency, the country of a currency, and the script of a language."""


def cldr_questions(kind: str, target: str, *, seed: int = 0) -> pl.DataFrame:
    """Questions in English and another language, from the names of CLDR that ship with Babel.

    Parameters
    ----------
    kind : {"official-languages", "currencies", "countries", "scripts"}
        What is asked: the one official language of a country; its one currency in 2025; the country that alone has a
        currency; the usual script of a language.
    target : str
        Id of the other language.
    seed : int
        Of the two facts that are the pattern, and of the wrong choices.

    Returns
    -------
    polars.DataFrame
        As `isogloss.behaviour.read_questions` takes it, with `paraphrase` and `statement`.

    Raises
    ------
    BadValue
        If CLDR has no names in the language.
    MissingExtra
        Without Babel.

    Notes
    -----
    Only facts with all names in both languages are asked, and no more than four with the same answer.
    """
    names = {ENGLISH: _names("en"), target: _names(_locale(target))}
    facts = [fact for fact in KINDS[kind]() if all(_has(one, fact) for one in names.values())]
    answers = sorted({fact.answer for fact in facts})
    if len(answers) < CHOICES:
        reason = f"the Unicode CLDR has {len(facts)} names for {kind} in {resolve(target).name}"
        raise BadValue(reason, where="questions", hint="ask about others, or give a table")
    rng = np.random.default_rng([seed, len(kind)])
    facts = [facts[at] for at in rng.permutation(len(facts))]
    shown = facts[:1] + [fact for fact in facts if fact.answer != facts[0].answer][:1]
    times: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for fact in facts:
        times[fact.answer] += 1
        if fact in shown or times[fact.answer] > MOST_PER_ANSWER:
            continue
        others = [code for code in answers if code != fact.answer]
        wrong = [others[at] for at in rng.choice(len(others), CHOICES - 1, replace=False)]
        both = [_row(fact, wrong, shown, language, names[language]) for language in (ENGLISH, target)]
        if all(len({*row["choices"]}) == CHOICES for row in both):  # two codes may have one name
            rows += both
    return pl.DataFrame(rows)


def _row(fact: Fact, wrong: list[str], shown: list[Fact], language: str, names: Any) -> dict[str, Any]:
    of_answers = names[fact.answers]

    def put(pattern: str, between: str) -> str:
        told = [pattern.format(names[one.subjects][one.subject], of_answers[one.answer]) for one in shown]
        return between.join([*told, pattern.format(names[fact.subjects][fact.subject], SLOT)])

    return {
        "item": fact.subject, "language": language, "question": put(PATTERN, "; "),
        "choices": [of_answers[code] for code in (fact.answer, *wrong)], "answer": 0, "paraphrase": put(REWORDED, ". "),
        "statement": PATTERN.format(names[fact.subjects][fact.subject], of_answers[fact.answer]) + ".",
    }  # fmt: skip


def _has(names: Any, fact: Fact) -> bool:
    """Whether both names are there, and differ from their codes."""
    subject, answer = names[fact.subjects].get(fact.subject), names[fact.answers].get(fact.answer)
    return bool(subject and answer and subject != fact.subject and answer != fact.answer)


def _names(locale: str) -> dict[str, Any]:
    from babel import Locale

    one = Locale.parse(locale)
    return {kind: getattr(one, kind) for kind in ("territories", "languages", "currencies", "scripts")}


def _locale(target: str) -> str:
    """The locale of a language, or of a member of it, or of what it is a member of."""
    locales = _locales()
    language = resolve(target)
    for one in (language.id, language.macro, *language.members):
        if one in locales:
            return locales[one]
    raise BadValue(
        f"the Unicode CLDR has no names in {language.name}", where="target", hint="give a table as questions=..."
    )


@cache
def _locales() -> dict[str, str]:
    """Ids of languages to the locale without a country."""
    need("babel", extra="behaviour")
    from babel.localedata import locale_identifiers

    found: dict[str, str] = {}
    for name in sorted(locale_identifiers(), key=len):
        parts = name.split("_")
        if len(parts) > 2 or (len(parts) == 2 and len(parts[1]) != 4) or name == "root":
            continue
        found.setdefault(resolve(name.replace("_", "-")).id, name)
    return found


def cldr_names(language: str) -> dict[str, Any]:
    """Names of territories, languages, currencies and scripts by code, in a language of the catalogue.

    Raises
    ------
    BadValue
        If CLDR has no names in it.
    MissingExtra
        Without Babel.
    """
    return _names(_locale(language))
