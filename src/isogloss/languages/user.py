"""A user's own varieties: a TOML file, checked line by line, kept in the user's data folder.

[[variety]]
id = "zueri-stadt"
name = "Zurich city German"
parent = "gsw"
latitude = 47.37
longitude = 8.54
script = "Latn"             # optional, as is everything but id and parent
[variety.features]
S_SVO = 1
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, UnknownLanguage
from isogloss.languages.varieties import Variety

FIELDS = {"id", "name", "parent", "latitude", "longitude", "script", "glottocode", "features"}
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SHORTEST_ID, LONGEST_ID = 4, 40


def varieties_folder() -> Path:
    """Where added varieties are kept: `ISOGLOSS_VARIETIES`, or a folder in the user's data folder."""
    if chosen := os.environ.get("ISOGLOSS_VARIETIES"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_data_dir("isogloss", appauthor=False), "varieties")


@lru_cache(maxsize=1)
def user_varieties() -> Mapping[str, Variety]:
    """All varieties that were added, by id.

    Raises
    ------
    BadFile
        If a file in the folder is no longer what `add_varieties` wrote.
    """
    folder = varieties_folder()
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    drafts: dict[str, _Draft] = {}
    for path in files:
        for draft in _read(path):
            if draft.id in drafts:
                raise draft.bad(f"'{draft.id}' is defined in {drafts[draft.id].path.name} too", "remove one of the two")
            drafts[draft.id] = draft
    return {draft.id: draft.variety(drafts) for draft in drafts.values()}


def add_varieties(path: str | Path) -> list[Variety]:
    """Check a file of varieties and keep a copy, so that `resolve` knows them from now on.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML with a table `[[variety]]` for each: `id` and `parent`, and as far as known `name`, `latitude`
        and `longitude` (degrees), `script` (ISO 15924), `glottocode` and `features` (URIEL's names; 0 or 1).
        A file of the same name that was added before is replaced.

    Returns
    -------
    list of Variety

    Raises
    ------
    BadFile
        Naming the line: an id that means something else already, a parent that is unknown, a cycle, a
        coordinate off the globe, an unknown field or script. Nothing is kept then.
    """
    from isogloss.languages.varieties import forget

    path = Path(path)
    drafts = {}
    for draft in _read(path):
        if draft.id in drafts:
            raise draft.bad(f"'{draft.id}' is defined twice", "keep one")
        drafts[draft.id] = draft
    if not drafts:
        raise BadFile("no [[variety]] in it", where=str(path), hint="see docs/how-to/languages.md")
    kept = _kept(path.with_suffix(".toml").name)
    for draft in drafts.values():
        draft.refuse_if_taken(kept)
    made = [draft.variety({**kept, **drafts}) for draft in drafts.values()]
    _keep(path)
    forget()
    return made


class _Draft:
    """One `[[variety]]` as written, with the lines its fields are on."""

    def __init__(self, path: Path, number: int, fields: Mapping[str, Any], lines: Mapping[str, int]):
        self.path, self.number, self.fields, self.lines = path, number, fields, lines
        if unknown := set(fields) - FIELDS:
            name = sorted(unknown)[0]
            raise self.bad(f"unknown field '{name}'", f"known: {', '.join(sorted(FIELDS))}", name)
        self.id = self._text("id")
        if not _ID.fullmatch(self.id) or not SHORTEST_ID <= len(self.id) <= LONGEST_ID:
            hint = f"{SHORTEST_ID} to {LONGEST_ID} lower-case letters and digits, with - between words"
            raise self.bad(f"'{self.id}' is no id", hint, "id")
        self.parent = self._text("parent")

    def bad(self, reason: str, hint: str, name: str = "id") -> BadFile:
        line = self.lines.get(name, self.lines.get("", 0))
        return BadFile(reason, where=f"{self.path.name} line {line}", hint=hint)

    def _text(self, name: str) -> str:
        value = self.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            what = f"variety {self.number} has no {name}" if name not in self.fields else f"{name} is not a text"
            raise self.bad(what, f'write {name} = "..."', name)
        return value.strip()

    def variety(self, drafts: Mapping[str, _Draft], below: tuple[str, ...] = ()) -> Variety:
        """The variety, its parent found among `drafts` or all that is known otherwise."""
        if self.id in below:
            cycle = " -> ".join((*below[below.index(self.id) :], self.id))
            raise self.bad(f"varieties are each other's parents: {cycle}", "give one a language as parent", "parent")
        code, path = self._parent(drafts, (*below, self.id))
        name = self._text("name") if "name" in self.fields else self.id
        return Variety(
            self.id, name, code,
            self._text("glottocode") if "glottocode" in self.fields else None,
            *self._place(), (*path, name), self._script(), self._features(), str(self.path.name),
        )  # fmt: skip

    def refuse_if_taken(self, kept: Mapping[str, _Draft]) -> None:
        """An id must not mean anything else already."""
        from isogloss.languages.parse import resolve_standard

        if self.id in kept:
            raise self.bad(f"'{self.id}' is defined in {kept[self.id].path.name} too", "choose another id")
        try:
            known = resolve_standard(self.id)
        except UnknownLanguage:
            return
        raise self.bad(f"'{self.id}' already means {known.name} ({known.id})", "choose another id")

    def _parent(self, drafts: Mapping[str, _Draft], below: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        if (draft := drafts.get(self.parent)) is not None:
            found = draft.variety(drafts, below)
            return found.code, found.path
        from isogloss.languages.parse import resolve_standard
        from isogloss.languages.typology import languoid

        try:
            language = resolve_standard(self.parent)
        except UnknownLanguage as error:
            meant = " or ".join(f"'{code}' ({name})" for code, name in error.suggestions)
            hint = f"did you mean {meant}?" if meant else "give a language code, a glottocode or an id of this file"
            raise self.bad(f"unknown parent '{self.parent}'", hint, "parent") from None
        place = languoid(language.code)
        return language.code, place.path if place else (language.name,)

    def _place(self) -> tuple[float, float]:
        degrees = [self._degrees("latitude", 90.0), self._degrees("longitude", 180.0)]
        if math.isnan(degrees[0]) != math.isnan(degrees[1]):
            raise self.bad("latitude and longitude go together", "give both or none", "latitude")
        return degrees[0], degrees[1]

    def _degrees(self, name: str, limit: float) -> float:
        value = self.fields.get(name, math.nan)
        if isinstance(value, bool) or not isinstance(value, int | float) or (name in self.fields and value != value):
            raise self.bad(f"{name} is not a number", "degrees, such as 47.37", name)
        if abs(value) > limit:
            raise self.bad(f"{name} {value:g} is off the globe", f"-{limit:g} to {limit:g} degrees", name)
        return float(value)

    def _script(self) -> str:
        from isogloss.languages.writing import known_script

        if "script" not in self.fields:
            return ""
        found = known_script(self._text("script"))
        if not found:
            raise self.bad(f"unknown script '{self._text('script')}'", "an ISO 15924 code, such as Latn", "script")
        return found

    def _features(self) -> dict[str, float]:
        features = self.fields.get("features", {})
        if not isinstance(features, dict):
            raise self.bad("features is not a table", "write [variety.features]", "features")
        from isogloss.languages.sources import known_features

        for name, value in features.items():
            if name not in known_features():
                import difflib

                close = difflib.get_close_matches(name, known_features(), n=1)
                hint = f"did you mean '{close[0]}'?" if close else "isogloss languages sources lists what there is"
                raise self.bad(f"unknown feature '{name}'", hint, name)
            if isinstance(value, bool) or value not in (0, 1):
                raise self.bad(f"{name} is {value!r}", "features are 0 or 1; leave out what is not known", name)
        return {name: float(value) for name, value in features.items()}


def _read(path: Path) -> list[_Draft]:
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text).get("variety", [])
    except OSError as error:
        raise BadFile(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"is no TOML: {error}", where=str(path)) from None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadFile("varieties are not tables", where=str(path), hint="write [[variety]] above each")
    lines = _lines(text, len(tables))
    return [_Draft(path, number + 1, table, lines[number]) for number, table in enumerate(tables)]


def _lines(text: str, count: int) -> list[dict[str, int]]:
    """For each `[[variety]]` the line of its header (under "") and of each of its keys."""
    found: list[dict[str, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if re.match(r"\[\[\s*variety\s*\]\]", bare):
            found.append({"": number})
        elif found and (key := re.match(r"[\"']?([^\s\"'=.\[\]#]+)[\"']?\s*=", bare)):
            found[-1].setdefault(key[1], number)
    return found + [{"": 1}] * (count - len(found))  # varieties written as one inline array


def _kept(replaced: str) -> dict[str, _Draft]:
    folder = varieties_folder()
    files: Iterable[Path] = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    return {draft.id: draft for path in files if path.name != replaced for draft in _read(path)}


def _keep(path: Path) -> None:
    folder = varieties_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(path.read_bytes())
        os.replace(name, folder / path.with_suffix(".toml").name)
    except OSError as error:
        raise BadFile(
            f"varieties cannot be kept: {error.strerror}",
            where=str(folder),
            hint="set ISOGLOSS_VARIETIES to a folder that can be written",
        ) from None
