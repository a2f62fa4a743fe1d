"""Similarities that were kept: one table per name in the user's data folder, read when it is asked for."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from isogloss.errors import BadFile
from isogloss.files import atomic_write
from isogloss.languages.measures import Measure
from isogloss.languages.similarity_tables import Similarity, read_similarity
from isogloss.registry import Registry

if TYPE_CHECKING:
    import polars as pl

ENDING = ".parquet"


class SimilarityRegistry(Registry[Measure]):
    """Similarities that were registered in this process or by a package, and those that were kept."""

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*super().names(), *_kept()})

    def get(self, name: str) -> Measure:
        """The similarity called `name`.

        Raises
        ------
        UnknownName, BadPlugin
        BadFile
            If a table that was kept is no longer one.
        """
        if name in super().names() or name not in (kept := _kept()):
            return super().get(name)
        return _read(name, kept[name], kept[name].stat().st_mtime_ns)


def similarities_folder() -> Path:
    """Where similarities are kept: `ISOGLOSS_SIMILARITIES`, or a folder in the user's data folder."""
    if chosen := os.environ.get("ISOGLOSS_SIMILARITIES"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_data_dir("isogloss", appauthor=False), "similarities")


def write_similarity(name: str, table: pl.DataFrame) -> None:
    """Keep a table under a name.

    Raises
    ------
    BadFile
        If the folder cannot be written to.
    """
    folder = similarities_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / f"{name}{ENDING}", table.write_parquet)
    except (OSError, BadFile) as error:
        reason = f"cannot be written: {error.strerror}" if isinstance(error, OSError) else error.reason
        hint = "set ISOGLOSS_SIMILARITIES to a folder that can be written"
        raise BadFile(reason, where=str(folder), hint=hint) from None


def _kept() -> dict[str, Path]:
    folder = similarities_folder()
    return {path.stem: path for path in folder.glob(f"*{ENDING}")} if folder.is_dir() else {}


@lru_cache(maxsize=32)
def _read(name: str, path: Path, modified: int) -> Similarity:
    return read_similarity(name, path)
