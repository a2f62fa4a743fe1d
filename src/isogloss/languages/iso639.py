"""The ISO 639 code tables, read from the data files of `iso639-lang`.

Its files are read directly: importing the package costs 80 ms, reading the four files 30 ms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import util
from pathlib import Path
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.languages.aliases import KEPT_APART

SCOPES = {"I": "individual", "M": "macrolanguage", "S": "special"}


@dataclass(frozen=True, slots=True)
class Codes:
    """All codes of ISO 639, each led to one id: its 639-3 code, or the 639-2/5 code of a group."""

    ids: Mapping[str, str]  # any code -> id; two-letter, bibliographic and retired codes too
    names: Mapping[str, str]  # id -> reference name
    scopes: Mapping[str, str]  # id -> individual, macrolanguage, collection, special or retired
    macros: Mapping[str, str]  # id -> id of its macrolanguage
    members: Mapping[str, tuple[str, ...]]  # id of a macrolanguage -> ids of its members
    split: Mapping[str, str]  # retired code -> the remedy in words, where it became several languages


def _read(part: str) -> Any:
    spec = util.find_spec("iso639")
    if spec is None or not spec.submodule_search_locations:
        raise IsoglossError("the ISO 639 tables are missing", hint="pip install iso639-lang")
    path = Path(spec.submodule_search_locations[0], "data", f"iso-639{part}.json")
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise IsoglossError(
            f"the ISO 639 tables of iso639-lang cannot be read: {error}",
            hint="pip install --force-reinstall iso639-lang",
        ) from None


@lru_cache(maxsize=1)
def codes() -> Codes:
    """The tables, read once."""
    tables, macro, scope = _read(""), _read("_macro"), _read("_scope")
    ids: dict[str, str] = {code: code for code in tables["pt3"]}
    names = {code: row["name"] for code, row in tables["pt3"].items()}
    scopes = {code: SCOPES[scope[code]] for code in tables["pt3"]}
    for code, row in tables["pt5"].items():
        ids[code], names[code], scopes[code] = code, row["name"], "collection"
    for part in ("pt2b", "pt2t", "pt1"):
        for code, row in tables[part].items():
            ids.setdefault(code, row.get("pt3") or code)
            names.setdefault(ids[code], row["name"])
            scopes.setdefault(ids[code], "collection")
    macros = dict(macro["individual"])
    members = {code: tuple(sorted(inner)) for code, inner in macro["macro"].items()}
    for code, (name, _, parent) in KEPT_APART.items():
        ids[code], names[code], scopes[code] = code, name, "retired"
        if parent:
            macros[code] = parent
            members[parent] = tuple(sorted((*members[parent], code)))
    split = _follow_retired(ids)
    return Codes(ids, names, scopes, macros, members, split)


def _follow_retired(ids: dict[str, str]) -> dict[str, str]:
    """Lead retired codes to what replaced them; return those that became several languages."""
    retired = _read("_deprecated")["id"]
    split = {}
    for code, row in retired.items():
        target, seen = row["change_to"], {code}
        while target in retired and target not in seen:  # a replacement may have been retired in its turn
            seen.add(target)
            target = retired[target]["change_to"]
        if target in ids:
            ids.setdefault(code, ids[target])
        elif row["reason"] == "S":
            split[code] = row["ret_remedy"]
    return split


@lru_cache(maxsize=1)
def other_names() -> Mapping[str, list[str]]:
    """Reference name -> further English names."""
    names: Mapping[str, list[str]] = _read("_other_names")
    return names


@lru_cache(maxsize=1)
def shorter_codes() -> Mapping[str, tuple[str | None, str | None]]:
    """ISO 639-3 code -> its ISO 639-1 and 639-2 (terminological) codes, None where there is none."""
    return {code: (row["pt1"] or None, row["pt2t"] or None) for code, row in _read("")["pt3"].items()}


@lru_cache(maxsize=1)
def retired_codes() -> frozenset[str]:
    """Codes withdrawn from ISO 639-3."""
    return frozenset(_read("_deprecated")["id"])


def macro_of(language: str) -> str | None:
    """The macrolanguage that `language` (an id without script) belongs to."""
    return codes().macros.get(language)
