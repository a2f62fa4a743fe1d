"""Facts of languages from a table of one's own, as factors of targets."""

from __future__ import annotations

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.explanation.model_facts import SPREAD, read_numbers
from isogloss.explanation.pairs import TARGET_FACT
from isogloss.languages.language import as_languages


def target_facts(table: pl.DataFrame, where: str = "facts") -> dict[str, dict[str, float]]:
    """Columns of numbers of a table as factors of targets, under `target: NAME`.

    Parameters
    ----------
    table : polars.DataFrame
        A column `language`, by any name or code, and facts in the others; those that are no numbers are left out.
    where : str
        What errors call the table.

    Returns
    -------
    dict of str to dict of str to float
        Numbers of which none is negative, and the largest is ten times the least or more, by log10(1 + number).

    Raises
    ------
    BadValue, UnknownLanguage
        If a language has two rows, or is none.
    NotEnoughEvidence
        If no column has numbers.
    """
    read = read_numbers(table)
    languages = [one.id for one in as_languages(read["language"].cast(pl.String).to_list(), where=where)]
    for place, language in enumerate(languages):
        if language in languages[:place]:
            raise BadValue(f"two rows for {language}", where=f"{where} row {place}", hint="leave one")
    facts = {}
    for name in read.columns:
        if name == "language" or not read[name].dtype.is_numeric():
            continue
        numbers = read[name].cast(pl.Float64).to_numpy()
        known = np.isfinite(numbers)
        if not known.any():
            continue
        if numbers[known].min() >= 0 and numbers[known].max() >= SPREAD * max(1.0, numbers[known].min()):
            numbers = np.log10(1 + numbers)
        facts[f"{TARGET_FACT}{name}"] = dict(zip(languages, numbers.tolist(), strict=True))
    if not facts:
        raise NotEnoughEvidence("no column of numbers", where=where, hint="give counts or shares of each language")
    return facts
