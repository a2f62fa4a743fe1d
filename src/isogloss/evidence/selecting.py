"""Selecting single observations of a store by what is said about them."""

from __future__ import annotations

import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence.keys import observation_keys
from isogloss.evidence.schema import IDENTITY, OBSERVATION
from isogloss.evidence.store import Store
from isogloss.evidence.training_mix import TrainingMix
from isogloss.languages import resolve


def parse_selection(text: str) -> dict[str, str | int]:
    """Read `model=A,target=deu`; languages may be written in any way isogloss knows.

    Raises
    ------
    BadValue
        If a part is not a column and its value.
    UnknownLanguage
    """
    selection: dict[str, str | int] = {}
    for part in _parts(text):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and name and value):
            raise BadValue(f"'{part}' does not say what column has what value", hint="write model=A,target=deu")
        if name == "target":
            value = resolve(value).id
        elif name == "train":
            value = str(TrainingMix.parse(value))
        selection[name] = int(value) if OBSERVATION.get(name) in (pl.Int32, pl.Int64) and value.isdigit() else value
    return selection


def _parts(text: str) -> list[str]:
    """Split at commas that begin a new column; the comma of a mix does not."""
    parts: list[str] = []
    for piece in text.split(","):
        if "=" in piece or not parts:
            parts.append(piece)
        else:
            parts[-1] += f",{piece}"
    return parts


def items_of(store: Store, selection: dict[str, str | int]) -> pl.DataFrame:
    """The items of the one observation that fits and has items.

    Raises
    ------
    UnknownName
        If nothing fits, naming what there is.
    NotEnoughEvidence
        If what fits has no items.
    InputError
        If several fit, naming a column that tells them apart.
    """
    observations = store.read(**selection).observations
    keyed = observations.with_columns(observation_keys(observations))
    items = store.read_items(keyed["observation"])
    fitting = keyed.filter(pl.col("observation").is_in(items["observation"].unique().implode()))
    said = ", ".join(f"{name}={value}" for name, value in selection.items())
    if fitting.is_empty():
        raise NotEnoughEvidence("has no items", where=said, hint="import results with their items (samples)")
    if fitting.height > 1:
        name = next(name for name in IDENTITY if fitting[name].n_unique() > 1)
        values = ", ".join(map(str, fitting[name].unique().sort().head(8)))
        raise InputError(f"several observations fit: {name} is {values}", where=said, hint=f"add {name}=...")
    return items
