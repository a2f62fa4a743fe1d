"""The catalogue: every language, all that is known of who it is, and where each field comes from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from isogloss.languages.aliases import CODES, KEPT_APART, REPRESENTATIVES
from isogloss.languages.glottolog import DIALECT, OTHER, glottolog, languoids
from isogloss.languages.iso639 import codes, retired_codes, shorter_codes
from isogloss.languages.language import Language, as_languages, make_language, resolve, written_without_spaces
from isogloss.languages.varieties import added_varieties, find_variety, stand_ins, variety_cache
from isogloss.languages.writing import listed_scripts, read_table, script_from

if TYPE_CHECKING:
    import polars as pl

SOURCED = (
    "name", "native_name", "glottocode", "flores", "family", "latitude", "longitude", "macro_area", "script",
    "unspaced", "resource_class",
)  # fmt: skip
"""Fields whose provenance differs between languages; codes and scopes are those of ISO 639 throughout."""

NOT_KNOWN = "not known"
NO_MACRO_AREA = "not in the data"


def table(*, varieties: bool = False) -> pl.DataFrame:
    """Every language of ISO 639-3, one row each.

    Parameters
    ----------
    varieties : bool, default False
        With the dialects of Glottolog and those that were added, some 18,000 more.

    Returns
    -------
    polars.DataFrame
        The columns of `entries`, sorted by `language`; about 7,900 rows.
    """
    return _table(varieties).clone()


@variety_cache(maxsize=2)
def _table(varieties: bool) -> pl.DataFrame:
    known = codes()
    chosen = (code for code, scope in sorted(known.scopes.items()) if scope not in ("special", "collection"))
    languages = [made for code in chosen if (made := make_language(code)) is not None]
    if varieties:
        languages += _varieties()
    return entries(languages)


def entries(languages: Iterable[str | Language]) -> pl.DataFrame:
    """What is known of who some languages are.

    Returns
    -------
    polars.DataFrame
        `language` (canonical id), `name`, `native_name`, `iso639_1`, `iso639_2`, `iso639_3`, `glottocode`,
        `bcp47`, `flores` (code of this id in FLORES-200, null if it is not in it), `scope`, `macro`, `members`,
        `parent` (of a variety), `family` (from the family down), `latitude`, `longitude`, `macro_area`, `script`
        (the default one), `scripts` (all that are known), `unspaced` (written without spaces between words),
        `resource_class` (high, medium, low) and `provenance`, a struct that tells for each field where it
        comes from. What is not known is null.
    """
    import polars as pl

    text, texts = pl.String(), pl.List(pl.String)
    schema: dict[str, Any] = {
        "language": text, "name": text, "native_name": text, "iso639_1": text, "iso639_2": text, "iso639_3": text,
        "glottocode": text, "bcp47": text, "flores": text, "scope": text, "macro": text, "members": texts,
        "parent": text, "family": texts, "latitude": pl.Float64(), "longitude": pl.Float64(), "macro_area": text,
        "script": text, "scripts": texts, "unspaced": pl.Boolean(), "resource_class": text,
        "provenance": pl.Struct(dict.fromkeys(SOURCED, text)),
    }  # fmt: skip
    return pl.DataFrame([_entry(language) for language in as_languages(languages)], schema=schema)


def note(code: str) -> str | None:
    """How `code` was read, where that is not plain: withdrawn and misspelt codes, macrolanguages, names.

    Returns
    -------
    str or None
        None where there is nothing to tell.

    Raises
    ------
    UnknownLanguage
    """
    language = resolve(code)
    plain = code.strip().casefold().replace("_", "-")
    first = plain.split("-")[0]
    if plain in CODES or first in CODES:
        return f"no standard has '{code}' for it now; read as {language.id}"
    if (kept := KEPT_APART.get(language.code)) is not None:
        return f"ISO 639-3 has merged {language.code} into {kept[1]}; kept apart, because benchmarks measure both"
    if first in retired_codes() and first != language.code:
        return f"'{first}' was withdrawn from ISO 639-3; its successor is {language.code}"
    if language.scope == "macrolanguage":
        member = REPRESENTATIVES.get(language.code)
        member_note = f"; described as its member {member} where nothing is known of it" if member else ""
        return f"a macrolanguage, not one of its members{member_note}"
    if language.scope == "variety":
        parent = language.parent
        return f"a variety; what is not known of it is taken from {parent}" if parent else "has no ISO 639-3 code"
    return None


def _entry(language: Language) -> dict[str, Any]:
    iso1, iso2 = shorter_codes().get(language.code, (None, None))
    flores = _flores().get(language.id)
    native = _native_names().get(language.id)
    whole = {
        "language": language.id, "name": language.name, "native_name": native, "iso639_1": iso1, "iso639_2": iso2,
        "iso639_3": language.iso639_3 if language.iso639_3 in codes().names else None,
        "glottocode": language.glottocode, "bcp47": _bcp47(language, iso1), "flores": flores,
        "scope": language.scope, "macro": language.macro, "members": list(language.members),
        "parent": language.parent, "family": list(language.family), "latitude": language.latitude,
        "longitude": language.longitude, "macro_area": None, "script": language.script,
        "scripts": _scripts(language), "unspaced": written_without_spaces(language),
        "resource_class": _resource_class(language),
    }  # fmt: skip
    return {**whole, "provenance": _provenance(language, whole)}


def _provenance(language: Language, whole: dict[str, Any]) -> dict[str, str]:
    place = _place_from(language)
    origins = {
        "name": _name_from(language),
        "native_name": "CLDR 48.2",
        "glottocode": place,
        "flores": "NLLB Team 2022",
        "family": place,
        "latitude": place,
        "longitude": place,
        "macro_area": NO_MACRO_AREA,
        "script": script_from(language.iso639_3, language.script, language.macro),
        "unspaced": "by script",
        "resource_class": "URIEL+",
    }
    known = {field: whole[field] not in (None, []) for field in origins}
    known["family"] = whole["glottocode"] is not None or bool(whole["family"])  # an isolate has an empty path
    return {field: origin if known[field] or field == "macro_area" else NOT_KNOWN for field, origin in origins.items()}


def _name_from(language: Language) -> str:
    variety = find_variety(language.code)
    return "ISO 639" if variety is None else variety.origin


def _place_from(language: Language) -> str:
    if (variety := find_variety(language.code)) is not None:
        own = variety.latitude == variety.latitude
        return variety.origin if own or variety.parent is None else f"{variety.origin}, place from {variety.parent}"
    known = languoids()
    if language.code in known:
        return "Glottolog"
    lender = next((other for other in stand_ins(language.code) if other in known), None)
    return f"Glottolog, from {lender}" if lender else "Glottolog"


def _bcp47(language: Language, iso1: str | None) -> str | None:
    """The shortest tag: a two-letter code where there is one, the script only where it is not the default."""
    if language.code not in codes().names:
        return None
    return "-".join((iso1 or language.code, *language.id.split("_")[1:]))


def _scripts(language: Language) -> list[str]:
    others = (_flores_scripts().get(language.code, ()), listed_scripts(language.code))
    return list(dict.fromkeys((language.script, *(script for group in others for script in group))))


def _resource_class(language: Language) -> str | None:
    entry = glottolog().get(language.glottocode) if language.glottocode else None
    return entry.resource_class if entry else None


def _varieties() -> list[Language]:
    columns = glottolog().columns
    levels = zip(columns["glottocode"], columns["level"], strict=True)
    named = sorted(str(code) for code, level in levels if level in (DIALECT, OTHER))
    made = (make_language(code) for code in (*named, *sorted(added_varieties())))
    return [language for language in made if language is not None]


@lru_cache(maxsize=1)
def _flores() -> dict[str, str]:
    return {resolve(code).id: code for (code,) in read_table("flores.tsv")}


@lru_cache(maxsize=1)
def _flores_scripts() -> dict[str, list[str]]:
    scripts: dict[str, list[str]] = {}
    for (code,) in read_table("flores.tsv"):
        language = resolve(code)
        scripts.setdefault(language.code, []).append(language.script)
    return scripts


@lru_cache(maxsize=1)
def _native_names() -> dict[str, str]:
    return {row[0]: row[1] for row in read_table("native_names.tsv")}
