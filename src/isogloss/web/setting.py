"""Which task, metric, recipe and model a page is about, where the evidence has several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from isogloss.errors import UnknownName
from isogloss.evidence import Evidence

PROPERTIES = ("task", "metric", "model", "recipe", "shots", "pair")
PREFERRED = ("accuracy",)
"""Values that are meant where nobody says, if they are there."""


@dataclass(frozen=True)
class Choice:
    """A setting.

    Attributes
    ----------
    named : dict of str to str
        Property to value, of those in which the evidence has several.
    options : dict of str to list of str
        Property to the values that it may have beside those before it.
    evidence : Evidence
        What is left of the evidence.
    """

    named: dict[str, str]
    options: dict[str, list[str]]
    evidence: Evidence


def choose(evidence: Evidence, given: Mapping[str, str], free: Sequence[str] = ()) -> Choice:
    """The setting that an address means; what it leaves open is that with most scores.

    Parameters
    ----------
    given : mapping of str to str
        Parts of the address.
    free : sequence of str
        Properties that stay open unless they are given.

    Raises
    ------
    UnknownName
        If the evidence does not have what is given.
    """
    left = evidence.observations
    named: dict[str, str] = {}
    options: dict[str, list[str]] = {}
    for name in PROPERTIES:
        counts = (
            left[name]
            .drop_nulls()
            .cast(pl.String)
            .value_counts(sort=True)
            .sort("count", name, descending=[True, False])
        )
        values = counts[name].to_list()
        value = given.get(name)
        if value is not None and value not in values:
            raise UnknownName(name, value, values, where="evidence")
        if len(values) > 1:
            options[name] = sorted(values, key=str.casefold)
            if value is None and name not in free:
                value = next((one for one in PREFERRED if one in values), values[0])
        if value is not None:
            named[name] = value
            left = left.filter(pl.col(name).cast(pl.String) == value)
    return Choice(named, options, evidence.with_observations(left))
