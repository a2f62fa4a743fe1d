"""What a good outcome is, when some languages gain and others do not.

Utility, demand and the Gini coefficient as in Blasi, Anastasopoulos and Neubig, "Systematic Inequalities in
Language Technology Performance across the World's Languages" (ACL 2022); minimum and leximin after Rawls, as in
Choudhury and Deshpande, "How Linguistically Fair Are Multilingual Pre-Trained Language Models?" (AAAI 2021).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isogloss.errors import BadFile, BadValue, InputError, UnknownName
from isogloss.files import read_input
from isogloss.forecasting.grid import Array
from isogloss.languages import resolve

OBJECTIVES = ("mean", "min", "speakers", "demand", "gini", "welfare")
CONCAVITY = 0.5
"""Exponent of the prioritarian transform: the square root, under which the first point counts most."""


TINY = 1e-300


def demand(speakers: Array, tau: float) -> Array:
    """Share of each language in the demand: n^tau / sum n^tau.

    Parameters
    ----------
    speakers : array of shape (languages,)
        Number of speakers, or any other weight.
    tau : float
        1: every speaker counts the same; towards 0: every language does.

    Returns
    -------
    array of shape (languages,)
        Sums to 1; a language without speakers has none.
    """
    counted = np.asarray(speakers, dtype=float) / np.max(speakers)  # or large numbers may overflow
    with np.errstate(divide="ignore"):
        powers = np.where(counted > 0, counted**tau, 0.0)
    return powers / powers.sum()


def gini(scores: Array, weights: Array | None = None) -> float:
    """Gini coefficient: 0 where all have the same, towards 1 where one has everything.

    sum_ij p_i p_j |a_i - a_j| / (2 sum_i p_i sum_i p_i a_i).

    Parameters
    ----------
    scores : array of shape (languages,)
        None negative.
    weights : array of shape (languages,), optional
        By default all the same.
    """
    share = _shares(scores, weights)
    mean = float(share @ scores)
    return spread(scores, share) / (2 * mean) if mean > 0 else 0.0


def spread(scores: Array, shares: Array) -> float:
    """Mean absolute difference of two languages drawn by `shares`: sum_ij p_i p_j |a_i - a_j|."""
    return float(_spreads(np.asarray(scores, dtype=float)[None], shares)[0])


def _spreads(scores: Array, shares: Array) -> Array:
    """`spread` of each row: 2 sum_j p_j a_j (P_j-1 + P_j - 1) over ascending scores, P the shares summed up."""
    order = np.argsort(scores, axis=1)
    ascending, weight = np.take_along_axis(scores, order, axis=1), shares[order]
    below = np.cumsum(weight, axis=1)
    return 2 * (weight * ascending * (2 * below - weight - below[:, -1:])).sum(1)


def prioritarian(scores: Array, weights: Array | None = None) -> float:
    """Mean of the square roots: a gain counts more the less there was; negative scores count as 0."""
    return float(_shares(scores, weights) @ np.maximum(scores, 0.0) ** CONCAVITY)


def _shares(scores: Array, weights: Array | None) -> Array:
    shares = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    return shares / shares.sum()


@dataclass(frozen=True)
class Objective:
    """What a plan shall be best in.

    Attributes
    ----------
    name : str
        One of `OBJECTIVES`.
    shares : array of shape (targets,)
        How much each language counts; sums to 1.
    """

    name: str
    shares: Array

    @property
    def direction(self) -> int:
        """1 where more is better, -1 where less is."""
        return -1 if self.name == "gini" else 1

    def value(self, scores: Array) -> float:
        """The objective of some scores, of shape (targets,), in their unit (a share for `gini`)."""
        return float(self.values(np.asarray(scores, dtype=float)[None])[0])

    def values(self, scores: Array) -> Array:
        """The objective of several outcomes, of shape (outcomes, targets)."""
        if self.name == "min":
            return scores.min(axis=1)
        means: Array = scores @ self.shares
        if self.name not in ("gini", "welfare"):
            return means
        spreads = _spreads(scores, self.shares)
        return means - spreads / 2 if self.name == "welfare" else np.where(means > 0, spreads / (2 * means + TINY), 0.0)

    def gain(self, scores: Array, base: Array) -> float:
        """By how much scores are better than others, whichever way better is."""
        return self.direction * (self.value(scores) - self.value(base))


def objective(
    name: str, targets: Sequence[str], *, weights: Mapping[str, float] | None = None, tau: float | None = None
) -> Objective:
    """An objective by name.

    Parameters
    ----------
    name : str
        `mean`, `min` (of the worst-off language), `speakers` (each language counts by its weight), `demand` (by its
        weight to the power of `tau`), `gini` (least inequality) or `welfare` (mean x (1 - Gini), after Sen).
    targets : sequence of str
    weights : mapping of str to float, optional
        Speakers of each language, or any other weight; see `read_weights`.
    tau : float, optional
        For `demand`.

    Raises
    ------
    UnknownName
        For another name.
    InputError
        If weights are needed and not there.
    BadValue
        If `tau` is not between 0 and 1, or is given for another objective.
    """
    if name not in OBJECTIVES:
        raise UnknownName("objective", name, OBJECTIVES)
    if tau is not None and name != "demand":
        raise BadValue(f"tau {tau:g} with objective '{name}'", where="tau", hint="it belongs to objective 'demand'")
    tau = 1.0 if tau is None else tau
    if not 0 <= tau <= 1:
        raise BadValue(f"tau {tau:g} is not between 0 and 1", where="tau", hint="1: speakers, 0: languages")
    if weights is None and name in ("speakers", "demand"):
        raise InputError(
            f"objective '{name}' needs the number of speakers, which isogloss does not know",
            where="weights",
            hint="give weights=..., a CSV file with columns language,speakers",
        )
    counted = np.ones(len(targets))
    if weights is not None and name in ("speakers", "demand"):
        if missing := [target for target in targets if target not in weights]:
            raise InputError(f"no weight for {', '.join(missing)}", where="weights", hint="add a line for each")
        counted = np.array([weights[target] for target in targets])
        if not counted.any():
            raise BadValue("every target has weight 0", where="weights", hint="give one of them a weight")
    return Objective(name, demand(counted, tau))


def read_weights(path: Path | str, languages: Mapping[str, str] | None = None) -> dict[str, float]:
    """Read how much languages count from a CSV file: a header, then language and number in each line.

    Raises
    ------
    BadFile
        If it cannot be read, or begins with a number instead of a header.
    BadValue
        For a number that is negative or none, or a language that stands twice.
    UnknownLanguage
    """
    name = str(path)
    try:
        text = read_input(Path(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"is not UTF-8: {error}", where=name) from None
    weights: dict[str, float] = {}
    for number, row in enumerate(csv.reader(text.splitlines())):
        if number == 0 and len(row) > 1 and _is_number(row[1]):
            raise BadFile("has no header", where=name, hint="begin it with a line such as language,speakers")
        if number == 0 or not any(cell.strip() for cell in row):
            continue
        where = f"{name} row {number}"
        if len(row) < 2:
            raise BadFile("has no second column", where=where, hint="write a language and a number in each line")
        code = row[0].strip()
        language = resolve((languages or {}).get(code, code), where=where).id
        if language in weights:
            raise BadValue(f"'{language}' stands there twice", where=where, hint="keep one of the two")
        weights[language] = _weight(row[1], where)
    if not weights:
        raise BadFile("holds no weight", where=name, hint="write a header, then a language and a number in each line")
    return weights


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _weight(text: str, where: str) -> float:
    value = float(text) if _is_number(text) else math.nan
    if not value >= 0:
        raise BadValue(f"weight '{text.strip()}' is not a number from 0 up", where=where, hint="write 45000000, say")
    return value
