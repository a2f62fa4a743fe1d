"""What holds between languages in a model, such as transfer or similarity, against how far apart they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isogloss.errors import BadValue, IsoglossError
from isogloss.languages import distances
from isogloss.stats import holm, regress_pairs

if TYPE_CHECKING:
    import polars as pl

GEOGRAPHIC = "geographic"
THOUSANDS_OF_KM = 20.015
"""Half the earth's circumference, which is the distance 1."""


@dataclass(frozen=True)
class AgainstDistance:
    """Responses of pairs of languages, regressed on distances.

    Attributes
    ----------
    fits : polars.DataFrame
        One row per response and kind of distance: `response`, `against`, `slope` (change per `unit`), `unit`,
        `correlation`, `p` (two-sided, from permuted languages), `p_holm` (corrected for all rows), `languages`,
        `left_out` (languages without a distance or a response), `reason` (where there is no regression).
    points : polars.DataFrame
        `response`, `against`, `source`, `target`, `value` and `distance` (in units) of every pair.
    """

    fits: pl.DataFrame
    points: pl.DataFrame


def against_distance(
    responses: Mapping[str, ArrayLike], languages: Sequence[str], kinds: Sequence[str] = (GEOGRAPHIC,), *,
    permutations: int = 9999, seed: int = 0,
) -> AgainstDistance:  # fmt: skip
    """Regress responses of pairs of languages on distances.

    Parameters
    ----------
    responses : mapping of str to array-like of shape (languages, languages)
        From a language in a row to one in a column. The diagonal does not count.
    languages : sequence of str
        By any name or code.
    kinds : sequence of str, default ("geographic",)
        Kinds of distance.
    permutations, seed : int

    Returns
    -------
    AgainstDistance

    Raises
    ------
    BadValue
        If a response has another shape.
    UnknownName, UnknownLanguage

    Notes
    -----
    See `isogloss.stats.regress_pairs`: pairs that share a language are not independent, so that languages are permuted.
    Of languages with gaps, those with most are left out until there is none.
    """
    import polars as pl

    fits: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for kind in kinds:
        factor, unit = (THOUSANDS_OF_KM, "1,000 km") if kind == GEOGRAPHIC else (10.0, f"0.1 of {kind} distance")
        far = factor * np.asarray(distances(languages, kind).values)
        for name, response in responses.items():
            values = np.asarray(response, dtype=float)
            if values.shape != far.shape:
                raise BadValue(f"'{name}' has the shape {values.shape}", hint=f"give {far.shape}")
            kept = _without_gaps(values + far)
            some = np.ix_(kept, kept)
            row: dict[str, Any] = {
                "response": name, "against": kind, "unit": unit, "languages": len(kept),
                "left_out": [one for at, one in enumerate(languages) if at not in kept],
            }  # fmt: skip
            try:
                found = regress_pairs(values[some], far[some], permutations=permutations, seed=seed)
                row |= {"slope": found.slope, "correlation": found.correlation, "p": found.p_value}
            except IsoglossError as error:
                row["reason"] = error.reason
            fits.append(row)
            points += [
                {"response": name, "against": kind, "source": languages[first], "target": languages[second],
                 "value": float(values[first, second]), "distance": float(far[first, second])}
                for first in kept for second in kept if first != second
            ]  # fmt: skip
    corrected = holm([row.get("p") for row in fits])
    number, text = pl.Float64, pl.String
    schema: dict[str, Any] = {
        "response": text, "against": text, "slope": number, "unit": text, "correlation": number, "p": number,
        "p_holm": number, "languages": pl.Int64, "left_out": pl.List(text), "reason": text,
    }  # fmt: skip
    table = pl.DataFrame([row | {"p_holm": p} for row, p in zip(fits, corrected, strict=True)], schema=schema)
    of_points = {"response": text, "against": text, "source": text, "target": text, "value": number, "distance": number}
    return AgainstDistance(table, pl.DataFrame(points, schema=of_points))


def _without_gaps(values: NDArray[np.float64]) -> list[int]:
    """Places of languages all pairs of which have a number."""
    missing = ~np.isfinite(values)
    missing |= missing.T
    np.fill_diagonal(missing, False)
    kept = list(range(len(values)))
    while kept and missing[np.ix_(kept, kept)].any():
        kept.pop(int(missing[np.ix_(kept, kept)].sum(1).argmax()))
    return kept
