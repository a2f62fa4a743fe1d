"""Alignments as text (`0-0 1-2`, the form of Pharaoh), and how far they are from a gold standard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.files import atomic_write, read_text
from isogloss.texts.aligners import Links

Pairs = set[tuple[int, int]]

_LINK = re.compile(r"(\d+)([-p?])(\d+)")


class GoldLinks(NamedTuple):
    """Gold links of a pair of sentences.

    Attributes
    ----------
    sure : set of (int, int)
    possible : set of (int, int)
        Sure ones among them.
    """

    sure: Pairs
    possible: Pairs


def read_gold(path: str | Path) -> list[GoldLinks]:
    """Gold links, a line for each pair of sentences: `0-0` is sure, `1p2` or `1?2` possible.

    Raises
    ------
    BadFile
        If it is not that, with the line.
    """
    found = []
    for number, line in enumerate(read_text(Path(path)).splitlines(), start=1):
        gold = GoldLinks(set(), set())
        for word in line.split():
            link = _LINK.fullmatch(word)
            if link is None:
                raise BadFile(f"'{word}' is no link", where=f"{path} line {number}", hint="write 0-0 or 1p2")
            pair = int(link[1]), int(link[3])
            gold.possible.add(pair)
            if link[2] == "-":
                gold.sure.add(pair)
        found.append(gold)
    return found


def write_links(links: Iterable[Links], path: str | Path) -> None:
    """Write links, a line for each pair of sentences."""
    lines = [" ".join(f"{source}-{target}" for source, target in one.pairs.tolist()) for one in links]
    atomic_write(Path(path), lambda place: place.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8"))


def alignment_error_rate(links: Sequence[Links], gold: Sequence[GoldLinks]) -> float:
    """Alignment error rate, 1 - (|A & S| + |A & P|) / (|A| + |S|), over all sentences (Och and Ney 2003).

    Parameters
    ----------
    links : sequence of Links
    gold : sequence of GoldLinks
        As many.

    Returns
    -------
    float
        0 is best; NaN where there are neither links nor sure ones.

    Raises
    ------
    BadValue
        If there are more of one than of the other.
    """
    if len(links) != len(gold):
        raise BadValue(f"links of {len(links)} sentences, gold of {len(gold)}", where="gold", hint="give both of all")
    right = total = 0
    for one, (sure, possible) in zip(links, gold, strict=True):
        made = {*map(tuple, one.pairs.tolist())}
        right += len(made & sure) + len(made & possible)
        total += len(made) + len(sure)
    return 1.0 - right / total if total else float(np.nan)
