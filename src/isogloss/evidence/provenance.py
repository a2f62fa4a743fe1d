"""Where observations come from: the files they were read from, with checksum, licence and citation."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.schema import SOURCE, conform
from isogloss.files import open_input

IMPORTED = "import"
"""Source of files that a user imported, and that are called as the origin of their observations."""

_BLOCK = 1 << 20


def imported_sources(
    observations: pl.DataFrame, places: dict[str, Path | None], licence: str | None, citation: str | None
) -> pl.DataFrame:
    """The files that observations were read from, as a table of sources.

    Parameters
    ----------
    observations : polars.DataFrame
    places : dict of str to pathlib.Path or None
        Each file or folder that was imported, as `origin` calls it; None for a table in memory.
    licence, citation : str or None
        What the user says of all of them.
    """
    origins = observations["origin"].unique(maintain_order=True).to_list()
    rows = [(origin, _checksum(origin, places)) for origin in origins if origin is not None]
    table = pl.DataFrame(rows, schema={"file": pl.String, "checksum": pl.String}, orient="row")
    return conform(
        table.with_columns(
            source=pl.lit(IMPORTED),
            licence=pl.lit(licence, dtype=pl.String),
            citation=pl.lit(citation, dtype=pl.String),
            retrieved_at=pl.lit(datetime.now(UTC)),
        ),
        SOURCE,
    )


def _checksum(origin: str, places: dict[str, Path | None]) -> str | None:
    """SHA-256 of the file that an origin names: itself, or, for a sheet of it, the file that was imported."""
    place = places.get(origin) or next((path for name, path in places.items() if origin.startswith(f"{name} ")), None)
    path = place if place is not None and place.is_file() else Path(origin)
    digest = hashlib.sha256()
    try:
        with open_input(path) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except BadFile:
        return None
    return digest.hexdigest()


def sources_of(observations: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Those sources that observations come from, with `scores`, how many of them."""
    counts = observations.group_by("origin", maintain_order=True).agg(scores=pl.len())
    named = sources.with_columns(origin=origin_of_source())
    return named.join(counts, on="origin", how="inner", maintain_order="left").drop("origin")


def origin_of_source() -> pl.Expr:
    """What observations call the files in a table of sources: fetched ones `mteb:file`, imported ones as they are."""
    return pl.when(pl.col("source") == IMPORTED).then("file").otherwise(pl.format("{}:{}", "source", "file"))


def licence_notes(observations: pl.DataFrame, sources: pl.DataFrame) -> list[str]:
    """Under which licences observations are, and whom to cite, as far as it is known: a sentence, or none."""
    known = sources_of(observations, sources.filter(pl.col("licence").is_not_null() | pl.col("citation").is_not_null()))
    parts = known.group_by("source", "licence", "citation", maintain_order=True).agg(pl.col("scores").sum(), pl.len())
    named = [
        f"{licence or 'licence unknown'} ({scores} scores of {f'{files} files' if source == IMPORTED else source}"
        + (f"; cite {citation}" if citation else "")
        + ")"
        for source, licence, citation, scores, files in parts.iter_rows()
    ]
    return [f"licences: {', '.join(named)}"] if named else []
