"""Glottolog's languoids: place, line of descent, parent and resource class of languages, dialects and groups.

Read from the CSV files inside the `urielplus` wheel, and cached.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.languages.cache import cached_from_wheel, read_csv
from isogloss.languages.iso639 import codes

if TYPE_CHECKING:
    from isogloss.languages.cache import Arrays

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
        below, languages = {glottocode}, []
        for code, parent, iso in zip(
            self.columns["glottocode"], self.columns["parent"], self.columns["iso639_3"], strict=True
        ):  # parents come before their children
            if parent in below:
                below.add(str(code))
                if iso:
                    languages.append(str(iso))
        return languages


@lru_cache(maxsize=1)
def glottolog() -> Glottolog:
    """The tree, from the cache if that is whole, else from the wheel."""
    import polars as pl

    table = pl.read_parquet(io.BytesIO(bytes(cached_from_wheel("glottolog", ("table",), _read_tree)["table"])))
    columns = table.to_dict(as_series=False)
    return Glottolog({code: row for row, code in enumerate(columns["glottocode"])}, columns)


@dataclass(frozen=True, slots=True)
class Languoid:
    """Where a language belongs.

    Attributes
    ----------
    glottocode : str
    latitude, longitude : float
        Degrees north and east, NaN where unknown.
    path : tuple of str
        From the family down to the language itself.
    """

    glottocode: str
    latitude: float
    longitude: float
    path: tuple[str, ...]


@lru_cache(maxsize=1)
def languoids() -> Mapping[str, Languoid]:
    """ISO 639-3 code -> place and descent, for the languages of URIEL's list of glottocodes."""
    lines = bytes(cached_from_wheel("languoids", ("lines",), _read_languoids)["lines"]).decode().splitlines()
    places = {}
    for line in lines:
        code, glottocode, latitude, longitude, *path = line.split("\t")
        places[code] = Languoid(glottocode, float(latitude), _eastward(float(longitude)), tuple(path))
    return places


def _read_languoids(wheel: Path) -> Arrays:
    """One line per ISO 639-3 code: code, glottocode, latitude, longitude, the line of descent; tabs between them."""
    import numpy as np

    folder = wheel / "urielplus_csvs"
    by_glottocode: dict[str, list[str]] = {}
    for code, glottocode in _glottocodes(folder).items():
        by_glottocode.setdefault(glottocode, []).append(code)
    lines = []
    for row in read_csv(folder / "lang_fam_geo.csv"):
        for code in by_glottocode.get(row["language_id"], ()):
            place = (row["latitude"] or "nan", row["longitude"] or "nan")
            descent = [name.strip() for name in row["lineage"].split(",") if name.strip()]
            lines.append("\t".join((code, row["language_id"], *place, *descent, row["language_name"].strip())))
    return {"lines": np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)}


def _read_tree(wheel: Path) -> Arrays:
    import numpy as np
    import polars as pl

    folder = wheel / "urielplus_csvs"
    names, parents = _tree(folder)
    places = {row["language_id"]: row for row in read_csv(folder / "lang_fam_geo.csv")}
    for code, row in places.items():
        names.setdefault(code, row["language_name"].strip())
    _nest_dialects(names, parents, {code: row["lineage"].split(", ")[-1] for code, row in places.items()})
    isos = {
        glottocode: iso for iso, glottocode in _glottocodes(folder, wider=True).items() if codes().ids.get(iso) == iso
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
            "longitude": [
                None if (east := _degrees(places.get(code, {}).get("longitude"))) is None else _eastward(east)
                for code in order
            ],
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
        namesakes = children[parent].get(name, []) if name != names.get(parent) else []
        if len(namesakes) == 1 and namesakes[0] != code:
            parents[code] = namesakes[0]


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


def _glottocodes(folder: Path, *, wider: bool = False) -> dict[str, str]:
    """ISO 639-3 code -> glottocode: URIEL's list; if `wider`, with Glottolog's own for what that lacks."""
    listed = {row["iso_code"]: row["glottocode"] for row in read_csv(folder / "uriel_glottocode_map.csv")}
    if not wider:
        return {code: glottocode for code, glottocode in listed.items() if glottocode}
    taken = set(listed.values())
    for row in read_csv(folder / "dialects.csv"):
        if row["Language Iso"] and row["Language Glot"] not in taken:
            listed.setdefault(row["Language Iso"], row["Language Glot"])
    return {code: glottocode for code, glottocode in listed.items() if glottocode}


def _degrees(text: str | None) -> float | None:
    return float(text) if text else None


def _eastward(longitude: float) -> float:
    """`longitude` between -180 and 180: some are written as 310 instead of -50."""
    return (longitude + 180) % 360 - 180
