"""Which products of factors are tested."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from isogloss.errors import BadValue, InputError
from isogloss.explanation.factors import LINGUISTIC, Factor, check_names
from isogloss.explanation.pairs import Pairs

USUAL = "usual"


def named_products(pairs: Pairs, asked: Sequence[tuple[str, str]] | str) -> list[tuple[str, str]]:
    """Products asked for, each once, of factors that are there.

    Parameters
    ----------
    pairs : Pairs
    asked : sequence of (str, str), or "usual"

    Raises
    ------
    UnknownName
        For a factor that there is none of.
    InputError
        For one that is not used, saying why.
    """
    names = [factor.name for factor in pairs.factors]
    if isinstance(asked, str):
        if asked != USUAL:
            raise BadValue(f"'{asked}' is no product", where="--interactions", hint=f"name pairs, or say '{USUAL}'")
        return usual_products(names)
    for name in dict.fromkeys(name for product in asked for name in product):
        check_names([name], where="--interactions")
        if name not in names:
            why = pairs.left_out.get(name, "it is not among --factors")
            raise InputError(f"'{name}' is not used: {why}", where="--interactions", hint="leave out its products")
    return list({frozenset(product): product for product in asked}.values())


def usual_products(names: Sequence[str]) -> list[tuple[str, str]]:
    """Products worth a look: of the script with each linguistic similarity, and of own examples with all others."""
    linguistic = [name for name in names if Factor.named(name).group == LINGUISTIC]
    found = [("script", name) for name in linguistic if "script" in names]
    of_mixes = [name for name in ("own examples", "source examples", "sources") if name in names]
    return found + list(combinations(of_mixes, 2))
