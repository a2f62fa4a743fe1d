"""Which country a language belongs to in X-FaKT, how countries are written, and how much text the languages have."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from isogloss.languages import resolve
from isogloss.languages.names import fold


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("isogloss.behaviour").joinpath("data", "countries.tsv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines(), delimiter="\t"))


def home_countries() -> dict[str, str]:
    """The 13 pairs of X-FaKT (Aggarwal et al. 2025): ISO 639-3 code of a language to its country in English."""
    return {code: row["country"] for row in _rows() for code in row["languages"].split()}


def country_key(country: str) -> str:
    """What two spellings of a country share."""
    return _keys().get(fold(country), fold(country))


@cache
def _keys() -> Mapping[str, str]:
    return {fold(written): fold(row["country"]) for row in _rows() for written in row["also_written"].split(", ")}


def tiers(languages: Iterable[str]) -> dict[str, str]:
    """How much text there is of each language: the tier of X-FaKT or, of other languages, that of the catalogue."""
    published = {code: row["tier"] for row in _rows() for code in row["languages"].split()}
    from isogloss.languages.catalogue import entries

    others = [language for language in languages if language not in published]
    if others:
        listed = entries(others)
        published |= {language: tier or "low" for language, tier in zip(others, listed["resource_class"], strict=True)}
    return {language: published[language] for language in languages}


def read_homes(homes: Mapping[str, str], read_as: Mapping[str, str]) -> dict[str, str]:
    """The pairs of X-FaKT with those of a user, whose languages are written in any way or read as the user says."""
    return home_countries() | {
        resolve(read_as.get(written, written), where="home").id: country for written, country in homes.items()
    }
