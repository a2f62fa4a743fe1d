"""Test sets that are scored topic by topic: one score for the whole, by the number of items behind each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from operator import mul
from typing import Any

from isogloss.errors import BadValue
from isogloss.evidence.importers.values import RawRow
from isogloss.evidence.schema import IDENTITY

AVERAGED = "a topic, averaged into its test set"
Item = tuple[int, str, float, str | None]


def average_topics(
    rows: list[RawRow], items: Iterable[Item], where: str
) -> tuple[list[RawRow], list[tuple[int, str]], list[Item]]:
    """One row for all topics of a test set.

    Parameters
    ----------
    rows : list of dict
        Raw rows; those with a `topic` are averaged with others of the same observation:
        score = sum(n_k score_k) / N, standard error = sqrt(sum((n_k error_k)^2)) / N, for topics are
        different items.
    items : iterable of (row, item, score, prediction)
        Of whole test sets the items are renamed to `topic/item`.
    where : str
        The file, for errors.

    Returns
    -------
    rows : list of dict
        In the order of their first topics; `details` tells the topics.
    dropped : list of (int, str)
        Position and reason of every other row.
    items : list

    Raises
    ------
    BadValue
        If nobody counted the items of a topic.
    """
    together: dict[tuple[Any, ...], list[int]] = {}
    for position, row in enumerate(rows):
        key = tuple(row.get(name) for name in IDENTITY) if row.get("topic") is not None else (position,)
        together.setdefault(key, []).append(position)
    whole: list[RawRow] = []
    dropped: list[tuple[int, str]] = []
    place: dict[int, int] = {}
    for positions in together.values():
        place.update(dict.fromkeys(positions, len(whole)))
        parts = [rows[position] for position in positions]
        scored = [part for part in parts if part["score"] is not None] or parts[:1]
        whole.append(_average(scored, where) if scored[0].get("topic") is not None else scored[0])
        dropped += [(part["origin_row"], AVERAGED) for part in scored[1:]]
        dropped += [(part["origin_row"], "no score") for part in parts if not any(part is one for one in scored)]
    renamed = [
        (place[row], item if rows[row].get("topic") is None else f"{rows[row]['topic']}/{item}", score, prediction)
        for row, item, score, prediction in items
    ]
    return whole, dropped, renamed


def _average(parts: list[RawRow], where: str) -> RawRow:
    first = parts[0]
    if first["score"] is None:
        return first
    for part in parts:
        if not part.get("items"):
            raise BadValue(
                f"nobody counted the items of topic '{part['topic'][:60]}' of {first['task']}, to average by",
                where=f"{where} row {part['origin_row']}",
                hint="give a rule without a topic for it",
            )
    counts = [part["items"] for part in parts]
    total = sum(counts)
    errors = [part.get("standard_error") for part in parts]
    known = json.loads(first["details"]) if first.get("details") else {}
    known.pop("task", None)
    return first | {
        "score": math.fsum(part["score"] * part["items"] for part in parts) / total,
        "standard_error": None if None in errors else math.hypot(*map(mul, errors, counts)) / total,
        "items": total,
        "details": json.dumps(known | {"topics": [part["topic"] for part in parts]}),
    }
