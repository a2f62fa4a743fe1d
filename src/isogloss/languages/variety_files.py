"""Files of a user's own varieties: TOML, checked line by line, kept in the user's data folder.

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
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, closest
from isogloss.files import atomic_write, read_input
from isogloss.languages.writing import known_script

FIELDS = {"id", "name", "parent", "latitude", "longitude", "script", "glottocode", "features"}
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SHORTEST_ID, LONGEST_ID = 4, 40


def varieties_folder() -> Path:
    """Where added varieties are kept: `ISOGLOSS_VARIETIES`, or a folder in the user's data folder."""
    if chosen := os.environ.get("ISOGLOSS_VARIETIES"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_data_dir("isogloss", appauthor=False), "varieties")


class VarietyEntry:
    """One `[[variety]]` as written, checked, with the lines that its fields are on.

    Attributes
    ----------
    id, parent, name : str
        The name is the id where none is given.
    glottocode : str or None
    latitude, longitude : float
        NaN where they are not given.
    script : str
        Empty where it is not given.
    features : dict of str to float
    """

    def __init__(self, path: Path, number: int, fields: Mapping[str, Any], lines: Mapping[str, int]):
        self.path, self.number, self.fields, self.lines = path, number, fields, lines
        if unknown := set(fields) - FIELDS:
            name = sorted(unknown)[0]
            raise self.error(f"unknown field '{name}'", f"known: {', '.join(sorted(FIELDS))}", name)
        self.id = self._text("id")
        if not ID.fullmatch(self.id) or not SHORTEST_ID <= len(self.id) <= LONGEST_ID:
            hint = f"{SHORTEST_ID} to {LONGEST_ID} lower-case letters and digits, with - between words"
            raise self.error(f"'{self.id}' is no id", hint, "id")
        self.parent = self._text("parent")
        self.name = self._text("name") if "name" in fields else self.id
        self.glottocode = self._text("glottocode") if "glottocode" in fields else None
        self.latitude, self.longitude = self._degrees("latitude", 90.0), self._degrees("longitude", 180.0)
        if math.isnan(self.latitude) != math.isnan(self.longitude):
            raise self.error("latitude and longitude go together", "give both or none", "latitude")
        self.script = self._script()
        self.features = self._features()

    def error(self, reason: str, hint: str, field: str = "id") -> BadFile:
        """An error that names the line of a field."""
        line = self.lines.get(field, self.lines.get("", 0))
        return BadFile(reason, where=f"{self.path.name} line {line}", hint=hint)

    def _text(self, name: str) -> str:
        value = self.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            what = f"variety {self.number} has no {name}" if name not in self.fields else f"{name} is not a text"
            raise self.error(what, f'write {name} = "..."', name)
        return value.strip()

    def _degrees(self, name: str, limit: float) -> float:
        value = self.fields.get(name, math.nan)
        if isinstance(value, bool) or not isinstance(value, int | float) or (name in self.fields and value != value):
            raise self.error(f"{name} is not a number", "degrees, such as 47.37", name)
        if abs(value) > limit:
            raise self.error(f"{name} {value:g} is off the globe", f"-{limit:g} to {limit:g} degrees", name)
        return float(value)

    def _script(self) -> str:
        if "script" not in self.fields:
            return ""
        script = known_script(self._text("script"))
        if not script:
            raise self.error(f"unknown script '{self._text('script')}'", "an ISO 15924 code, such as Latn", "script")
        return script

    def _features(self) -> dict[str, float]:
        features = self.fields.get("features", {})
        if not isinstance(features, dict):
            raise self.error("features is not a table", "write [variety.features]", "features")
        if not features:
            return {}
        from isogloss.languages.sources import known_features  # which needs numpy

        for name, value in features.items():
            if name not in known_features():
                close = closest(name, known_features(), n=1)
                hint = f"did you mean '{close[0]}'?" if close else "isogloss languages sources lists what there is"
                raise self.error(f"unknown feature '{name}'", hint, name)
            if isinstance(value, bool) or value not in (0, 1):
                raise self.error(f"{name} is {value!r}", "features are 0 or 1; leave out what is not known", name)
        return {name: float(value) for name, value in features.items()}


def read_variety_file(path: Path) -> dict[str, VarietyEntry]:
    """The varieties of a file by id.

    Raises
    ------
    BadFile
        Naming the line.
    """
    try:
        text = read_input(path).decode("utf-8")
        tables = tomllib.loads(text).get("variety", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"is no TOML: {error}", where=str(path)) from None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadFile("varieties are not tables", where=str(path), hint="write [[variety]] above each")
    lines = _lines(text, len(tables))
    entries: dict[str, VarietyEntry] = {}
    for number, table in enumerate(tables):
        entry = VarietyEntry(path, number + 1, table, lines[number])
        if entry.id in entries:
            raise entry.error(f"'{entry.id}' is defined twice", "keep one")
        entries[entry.id] = entry
    return entries


def read_kept_varieties(*, without: str = "") -> dict[str, VarietyEntry]:
    """All varieties that were added, by id; `without` is a file to leave out.

    Raises
    ------
    BadFile
        If a file in the folder is no longer what was added.
    """
    folder = varieties_folder()
    entries: dict[str, VarietyEntry] = {}
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
        for name, entry in read_variety_file(path).items() if path.name != without else ():
            if name in entries:
                raise entry.error(f"'{name}' is defined in {entries[name].path.name} too", "remove one of the two")
            entries[name] = entry
    return entries


def keep_variety_file(path: Path) -> None:
    """Copy a file into the folder of added varieties.

    Raises
    ------
    BadFile
        If the folder cannot be written to.
    """
    folder, content = varieties_folder(), read_input(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / path.with_suffix(".toml").name, lambda target: target.write_bytes(content))
    except (OSError, BadFile) as error:
        reason = f"cannot be written: {error.strerror}" if isinstance(error, OSError) else error.reason
        raise BadFile(
            reason, where=str(folder), hint="set ISOGLOSS_VARIETIES to a folder that can be written"
        ) from None


def _lines(text: str, count: int) -> list[dict[str, int]]:
    """For each `[[variety]]` the line of its header (under "") and of each of its keys."""
    lines: list[dict[str, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if re.match(r"\[\[\s*variety\s*\]\]", bare):
            lines.append({"": number})
        elif lines and (key := re.match(r"[\"']?([^\s\"'=.\[\]#]+)[\"']?\s*=", bare)):
            lines[-1].setdefault(key[1], number)
    return lines + [{"": 1}] * (count - len(lines))  # varieties written as one inline array
