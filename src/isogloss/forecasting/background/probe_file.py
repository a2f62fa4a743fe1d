"""Probe files: how well languages are aligned with English in the model that is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile
from isogloss.files import read_input
from isogloss.forecasting.background.probe import Probe, shipped_probe
from isogloss.languages import resolve

NAMES = ("probe.parquet", "probe.csv", "probe.tsv")
"""Names of the table in a folder of representations."""
FEWEST_LANGUAGES = 10
"""Languages below which the spread of a model's own alignment cannot be told."""


def read_probe(path: str | Path) -> Probe:
    """The probe that ships, with what a file says of one model: see `Probe.with_model`.

    Parameters
    ----------
    path : str or path
        A table (.csv, .tsv or .parquet) with the columns `language` and `alignment`, or a folder with such a table
        named `probe`. Other columns, such as tokens per English token, are not used: they add nothing.

    Raises
    ------
    BadFile
        If it cannot be read, lacks a column, has a language twice or a value that is no finite number, or too few
        languages.
    UnknownLanguage
    """
    place = Path(path)
    file = (
        next((place / name for name in NAMES if (place / name).is_file()), place / NAMES[0])
        if place.is_dir()
        else place
    )
    table = _read(file)
    if lacking := {"language", "alignment"} - set(table.columns):
        raise BadFile(f"has no column '{min(lacking)}'", where=str(file), hint="give one row: language, alignment")
    languages = [resolve(str(language), where=str(file)).id for language in table["language"]]
    alignment = table["alignment"].cast(pl.Float64, strict=False)
    if alignment.is_null().any() or not alignment.is_finite().all():
        raise BadFile("has an alignment that is no number", where=str(file), hint="leave out languages without one")
    if len(set(languages)) < len(languages):
        twice = next(language for language in languages if languages.count(language) > 1)
        raise BadFile(f"has '{twice}' twice", where=str(file), hint="leave one row for each language")
    return probe_of(dict(zip(languages, alignment.to_list(), strict=True)), str(file))


def probe_of(alignment: Mapping[str, float], where: str) -> Probe:
    """The probe that ships, with how well a model aligns languages with English.

    Parameters
    ----------
    alignment : mapping of str to float
        By canonical id; any measure that rises with alignment.
    where : str
        What errors name.

    Raises
    ------
    BadFile
        For too few languages, or one alignment for all.
    """
    if len(alignment) < FEWEST_LANGUAGES or len(set(alignment.values())) == 1:
        reason = "one alignment for all" if len(alignment) >= FEWEST_LANGUAGES else f"{len(alignment)} languages"
        hint = f"measure {FEWEST_LANGUAGES} languages or more, rich and poor"
        raise BadFile(f"has {reason}, which tells nothing apart", where=where, hint=hint)
    return shipped_probe().with_model(alignment)


def _read(file: Path) -> pl.DataFrame:
    try:
        content = read_input(file)
        if file.suffix == ".parquet":
            return pl.read_parquet(content)
        return pl.read_csv(content, separator="\t" if file.suffix == ".tsv" else ",")
    except pl.exceptions.PolarsError as error:
        raise BadFile(f"is no table of alignment: {str(error).splitlines()[0]}", where=str(file)) from None
