"""From two directions of alignment to one (Koehn, Och and Marcu 2003)."""

from __future__ import annotations

from typing import Literal

Pair = tuple[int, int]
Method = Literal["intersection", "union", "grow-diag-final-and"]

NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def symmetrise(forward: set[Pair], backward: set[Pair], method: Method) -> set[Pair]:
    """Links of two directions as one set.

    Parameters
    ----------
    forward, backward : set of (int, int)
        (source, target).
    method : {"intersection", "union", "grow-diag-final-and"}
        The last begins with the intersection, adds links of the union beside or diagonally to those there are where
        one of their words has none, and then links of either direction both of whose words have none.
    """
    both, either = forward & backward, forward | backward
    if method == "intersection":
        return both
    if method == "union":
        return either
    linked = set(both)
    sources, targets = {source for source, _ in linked}, {target for _, target in linked}

    def add(pair: Pair) -> None:
        linked.add(pair)
        sources.add(pair[0])
        targets.add(pair[1])

    grown = True
    while grown:
        grown = False
        for source, target in sorted(linked):
            for step, side in NEIGHBOURS:
                pair = source + step, target + side
                if pair in either and pair not in linked and (pair[0] not in sources or pair[1] not in targets):
                    add(pair)
                    grown = True
    for direction in (forward, backward):
        for pair in sorted(direction):
            if pair[0] not in sources and pair[1] not in targets:
                add(pair)
    return linked
