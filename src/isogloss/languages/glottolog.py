"""All languoids that Glottolog names, dialects among them: place, parent, resource class.

Read from the CSV files inside the `urielplus` wheel and cached. Languages are found in it by glottocode.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.languages.cache import Arrays
from isogloss.languages.iso639 import codes
from isogloss.languages.uriel import cached_from_wheel, eastward, glottocodes, read_csv, wheel_folder

GLOTTOCODE = re.compile(r"[a-z0-9]{4}[0-9]{4}")

LANGUAGE, DIALECT, GROUP, OTHER = "language", "dialect", "group", "languoid"
"""Levels. A dialect lies below a language with an ISO 639-3 code, a group above one; any other languoid has neither."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A node of Glottolog's tree."""

    glottocode: str
    name: str
    latitude: float | None
    longitude: float | None
    parent: str | None
    iso639_3: str | None
    level: str
    resource_class: str | None


@dataclass(frozen=True, slots=True)
class Glottolog:
    """Glottolog's tree, one column per field, one row per languoid.

    Attributes
    ----------
    rows : mapping of str to int
        Glottocode -> row.
    columns : mapping of str to sequence
    """

    rows: Mapping[str, int]
    columns: Mapping[str, Sequence[object]]
    _of_language: dict[str, str] = field(default_factory=dict, repr=False)

    def get(self, glottocode: str) -> Entry | None:
        """The languoid of a glottocode."""
        row = self.rows.get(glottocode)
        if row is None:
            return None
        values: dict[str, Any] = {name: column[row] for name, column in self.columns.items()}
        return Entry(**values)

    def path(self, glottocode: str) -> tuple[str, ...]:
        """Names from the family down to the languoid itself."""
        names: list[str] = []
        entry = self.get(glottocode)
        while entry is not None:
            names.append(entry.name)
            entry = self.get(entry.parent) if entry.parent else None
        return tuple(reversed(names))

    def of_language(self, iso639_3: str) -> Entry | None:
        """The languoid of an ISO 639-3 code."""
        if not self._of_language:
            codes_of = zip(self.columns["iso639_3"], self.columns["glottocode"], strict=True)
            self._of_language.update((str(iso), str(code)) for iso, code in codes_of if iso)
        glottocode = self._of_language.get(iso639_3)
        return self.get(glottocode) if glottocode else None

    def languages_below(self, glottocode: str) -> list[str]:
        """ISO 639-3 codes of the languages in a group, in the order of Glottolog's codes."""
        below, found = {glottocode}, []
        for code, parent, iso in zip(
            self.columns["glottocode"], self.columns["parent"], self.columns["iso639_3"], strict=True
        ):  # parents come before their children
            if parent in below:
                below.add(str(code))
                if iso:
                    found.append(str(iso))
        return found


@lru_cache(maxsize=1)
def glottolog() -> Glottolog:
    """The tree, from the cache if that is whole, else from the wheel."""
    import polars as pl

    table = pl.read_parquet(io.BytesIO(bytes(cached_from_wheel("glottolog", ("table",), _read_wheel)["table"])))
    columns = table.to_dict(as_series=False)
    return Glottolog({code: row for row, code in enumerate(columns["glottocode"])}, columns)


@lru_cache(maxsize=1)
def by_name() -> Mapping[str, list[str]]:
    """Folded name -> glottocodes of the dialects and other languoids of that name."""
    from isogloss.languages.names import fold

    found: dict[str, list[str]] = {}
    columns = glottolog().columns
    for code, name, level in zip(columns["glottocode"], columns["name"], columns["level"], strict=True):
        if level in (DIALECT, OTHER):
            found.setdefault(fold(str(name)), []).append(str(code))
    return found


def _read_wheel() -> Arrays:
    import polars as pl

    folder = wheel_folder() / "urielplus_csvs"
    names, parents = _tree(folder)
    places = {row["language_id"]: row for row in read_csv(folder / "lang_fam_geo.csv")}
    for code, row in places.items():
        names.setdefault(code, row["language_name"].strip())
    _nest_dialects(names, parents, {code: row["lineage"].split(", ")[-1] for code, row in places.items()})
    isos = {
        glottocode: iso for iso, glottocode in glottocodes(folder, wider=True).items() if codes().ids.get(iso) == iso
    }
    classes: dict[str, str] = {}
    listed: dict[str, list[str]] = json.loads((folder / "resource_languages.json").read_text(encoding="utf-8"))
    for name, members in listed.items():
        for code in members:
            classes.setdefault(code, name.removesuffix("-resource"))
    order = _from_the_top(names, parents)
    levels = _levels(order, parents, isos)
    table = pl.DataFrame(
        {
            "glottocode": order,
            "name": [names[code] or code for code in order],
            "latitude": [_degrees(places.get(code, {}).get("latitude")) for code in order],
            "longitude": [_east(_degrees(places.get(code, {}).get("longitude"))) for code in order],
            "parent": [parents.get(code) for code in order],
            "iso639_3": [isos.get(code) for code in order],
            "level": [levels[code] for code in order],
            "resource_class": [classes.get(code) for code in order],
        }
    )
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="lz4")
    return {"table": np.frombuffer(buffer.getvalue(), dtype=np.uint8)}


def _tree(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Name and parent of every languoid; the file has one row per node, with its children."""
    names: dict[str, str] = {}
    parents: dict[str, str] = {}
    for row in read_csv(folder / "dialects.csv"):
        names[row["Language Glot"]] = row["Language Name"].strip()
        for child in row["Dialect(s) Glot"].split(","):
            if child.strip():
                parents[child.strip()] = row["Language Glot"]
    return names, parents


def _nest_dialects(names: Mapping[str, str], parents: dict[str, str], above: Mapping[str, str]) -> None:
    """Put dialects of dialects below them: the file lists all of them as children of the language.

    `above` has the name of what lies right above each, which is sought among the other children.
    """
    children: dict[str, dict[str, list[str]]] = {}
    for code, parent in parents.items():
        children.setdefault(parent, {}).setdefault(names.get(code, ""), []).append(code)
    for code, parent in list(parents.items()):
        name = above.get(code, "").strip()
        found = children[parent].get(name, []) if name != names.get(parent) else []
        if len(found) == 1 and found[0] != code:
            parents[code] = found[0]


def _from_the_top(names: Mapping[str, str], parents: Mapping[str, str]) -> list[str]:
    """All glottocodes, parents before their children."""

    def depth(code: str) -> int:
        steps = 0
        while code in parents:
            code, steps = parents[code], steps + 1
        return steps

    return sorted({*names, *parents}, key=lambda code: (depth(code), code))


def _levels(order: Sequence[str], parents: Mapping[str, str], isos: Mapping[str, str]) -> dict[str, str]:
    below: set[str] = set()
    for code in isos:
        while code in parents and parents[code] not in below:
            code = parents[code]
            below.add(code)
    levels: dict[str, str] = {}
    for code in order:
        above = levels.get(parents.get(code, ""), "")
        if code in isos:
            levels[code] = LANGUAGE
        elif above in (LANGUAGE, DIALECT):
            levels[code] = DIALECT
        else:
            levels[code] = GROUP if code in below else OTHER
    return levels


def _degrees(text: str | None) -> float | None:
    return float(text) if text else None


def _east(longitude: float | None) -> float | None:
    return None if longitude is None else eastward(longitude)
