"""Vectors of languages: from a table, or from what the catalogue knows of their grammar, place and descent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.alignment.corpus import LANGUAGE, column_of, read_table
from isogloss.errors import BadFile, BadValue
from isogloss.files import read_input
from isogloss.languages import features, resolve

Matrix = np.ndarray[Any, Any]

KINDS = {"featural": 0.5, "uriel-geographic": 0.5, "uriel-genetic": 0.0}
"""Kinds of features, and what stands for nothing known."""


def catalogue_vectors(languages: Sequence[str]) -> Matrix:
    """Grammar and sounds, place, and descent of languages, as URIEL has them.

    Parameters
    ----------
    languages : sequence of str
        Canonical.

    Returns
    -------
    numpy.ndarray of float32, shape (languages, numbers)
        The vector of a language does not depend on the others. Each kind is less the value in the middle, 0 where
        nothing is known, and has the length 1.

    Raises
    ------
    BadValue
        If nothing is known of a language.
    """
    parts = []
    for kind, middle in KINDS.items():
        values = np.nan_to_num(features(languages, kind).values - middle)
        length = np.linalg.norm(values, axis=1, keepdims=True)
        parts.append(values / np.where(length > 0, length, 1))
    found = np.concatenate(parts, axis=1).astype(np.float32)
    for language, row in zip(languages, found, strict=True):
        if not row.any():
            raise BadValue(f"nothing is known of '{language}'", where="vectors of languages",
                           hint='give file = "vectors.csv", or leave out the language')  # fmt: skip
    return found


def content_of(file: str) -> str:
    """A short hash of what stands in a file."""
    return hashlib.sha256(read_input(Path(file))).hexdigest()[:16]


@lru_cache(maxsize=2)
def file_vectors(file: str, content: str) -> tuple[dict[str, int], Matrix]:
    """Place of each canonical language, and the vectors, each number with mean 0 and standard deviation 1.

    Parameters
    ----------
    file : str
        A table with a column `language` and a column for each number.
    content : str
        See `content_of`.

    Returns
    -------
    places : dict of str to int
    vectors : numpy.ndarray of float32, shape (languages, numbers)

    Raises
    ------
    BadFile, BadValue, UnknownLanguage
    """
    table = read_table(Path(file))
    column = column_of(table, LANGUAGE)
    if column is None:
        raise BadFile("has no column `language`", where=file, hint="name the languages there")
    others = [name for name in table.columns if name != column]
    numbers = table.select(pl.col(others).cast(pl.Float64, strict=False))
    lacking = next((name for name in others if not numbers[name].is_finite().fill_null(False).all()), None)
    if not others or lacking is not None:
        said = f"column '{lacking}' is not all numbers" if others else "has no numbers"
        raise BadValue(said, where=file, hint="give a number for every language, or drop the column")
    places: dict[str, int] = {}
    for place, written in enumerate(table[column].cast(pl.String)):
        identifier = resolve(str(written), where=file).id
        if places.setdefault(identifier, place) != place:
            raise BadValue(f"two vectors of '{written}'", where=file, hint="drop one")
    matrix = numbers.to_numpy()
    spread = matrix.std(axis=0)
    return places, ((matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
