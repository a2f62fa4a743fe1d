"""Protocols in which the languages left out are poorer and stranger than those that stay, as in earnest they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl

from isogloss.evaluation.protocols.languages import leave_out
from isogloss.evaluation.protocols.split import (
    ROW,
    Split,
    check_left,
    hide_languages,
    isolation,
    poorest_first,
)
from isogloss.evidence import Evidence
from isogloss.languages import resolve

SHIFT_FOLDS = 4
SHIFTED = 0.5
"""Share of the languages, the poorer and stranger ones, that are left out in some fold."""
LARGEST_KIN = 0.25
"""A family with more than this share of the languages is split into its branches."""

ANCHORS = (0, 1, 3, 8)
ANCHOR_DRAWS = 5
HIDDEN_FOR_ANCHORS = 1 / 3
FEWEST_ASKED = 2
"""Hidden languages that must stay to be asked when all anchors were given back."""


def shift_aware(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """Languages poorer and stranger than the measured ones, with all of their kin: for choosing models.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Ask only every n-th fold.
    folds : int, default 4
    seed : int, default 0
        Draws among languages of which there is equally little text.

    Raises
    ------
    NotEnoughEvidence
        If fewer than five languages would stay.

    Notes
    -----
    Each language is ranked by its web text (poor is high) and by its distance to the nearest measured one (far
    is high). Families, and the branches of large ones, are ranked by the mean of their languages. From the top
    they are dealt to the folds, each to the one with fewest languages, until half of all languages are; the
    other half is never left out.
    """
    languages = evidence.targets
    dealt: list[list[str]] = [[] for _ in range(SHIFT_FOLDS if folds is None else folds)]
    for kin in _strangest_kin(languages, seed):
        min(dealt, key=len).extend(kin)
    held = [sorted(fold) for fold in dealt if fold]
    check_left(len(languages) - max(map(len, held), default=len(languages)), "shift-aware")
    for position, fold in list(enumerate(held))[::every]:
        yield leave_out(evidence, f"fold {position + 1}", fold)


def _strangest_kin(languages: Sequence[str], seed: int) -> list[list[str]]:
    """Groups of kin, the poorest and strangest first, that together make up half of the languages."""
    poverty = {language: rank for rank, language in enumerate(reversed(poorest_first(languages, seed)))}
    far = dict(zip(languages, np.argsort(np.argsort(isolation(languages), kind="stable")), strict=True))
    groups = _kin(languages, round(LARGEST_KIN * len(languages)))
    groups.sort(key=lambda kin: -float(np.mean([poverty[language] + far[language] for language in kin])))
    room, chosen = round(SHIFTED * len(languages)), []
    for kin in groups:
        if len(kin) <= room:
            chosen.append(kin)
            room -= len(kin)
    return chosen


def _kin(languages: Sequence[str], largest: int) -> list[list[str]]:
    """Languages by family; those of a family with more than `largest` by the first branches that are smaller."""
    paths = {language: (*resolve(language).family, language) for language in languages}
    finished: list[list[str]] = []
    unfinished, depth = [sorted(languages)], 0
    while unfinished:
        parts: dict[tuple[str, ...], list[str]] = {}
        for group in unfinished:
            for language in group:
                parts.setdefault(paths[language][: depth + 1], []).append(language)
        finished += [part for part in parts.values() if len(part) <= max(largest, 1)]
        unfinished = [part for part in parts.values() if len(part) > max(largest, 1)]
        depth += 1
    return finished


def anchors(
    evidence: Evidence,
    *,
    every: int = 1,
    folds: int | None = None,
    seed: int = 0,
    poorest: int | None = None,
    counts: Sequence[int] = ANCHORS,
) -> Iterator[Split]:
    """Poor languages of which a few are measured after all: what 0, 1, 3 or 8 of them tell about the rest.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Only every n-th draw of anchors.
    folds : int, default 5
        Number of draws.
    seed : int, default 0
        Draws the anchors, and among languages of which there is equally little text.
    poorest : int, optional
        How many languages are hidden; by default a third.
    counts : sequence of int, default (0, 1, 3, 8)
        Numbers of anchors. Those that would leave fewer than two languages to ask are not tried.

    Raises
    ------
    NotEnoughEvidence
        If fewer than five languages would stay measured.

    Notes
    -----
    Anchors are given back whole, as if they had never been hidden. Within a draw all numbers of anchors are
    asked the same: the languages that are no anchor under any of them, in the mixes that hold examples of
    other languages than the hidden ones.
    """
    languages = evidence.targets
    hidden = max(FEWEST_ASKED, round(HIDDEN_FOR_ANCHORS * len(languages))) if poorest is None else poorest
    check_left(len(languages) - hidden, "anchors")
    poor = poorest_first(languages, seed)[:hidden]
    tried = [count for count in sorted(set(counts)) if hidden - count >= FEWEST_ASKED]
    for draw in range(0, ANCHOR_DRAWS if folds is None else folds, every):
        order = np.random.default_rng([seed, draw]).permutation(poor).tolist()
        for count in tried:
            yield Split(
                f"draw {draw + 1}",
                evidence,
                partial(_give_back, order=order, count=count, most=max(tried)),
                condition=f"{count} anchor{'' if count == 1 else 's'}",
            )


def _give_back(
    observations: pl.DataFrame, order: Sequence[str], count: int, most: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hide all of `order` but the first `count`; ask for those after the first `most`."""
    train, test = hide_languages(observations, languages=order[count:])
    # A question that only an anchor's examples make possible is not asked, or the numbers would not compare.
    _, possible = hide_languages(observations, languages=order)
    asked = possible.filter(pl.col("target").is_in(list(order[most:])))[ROW]
    return train, test.filter(pl.col(ROW).is_in(asked.implode()))
