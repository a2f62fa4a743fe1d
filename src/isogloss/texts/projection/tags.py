"""Tags of words, such as parts of speech: each link votes, and so do other occurrences of the word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.texts.aligners import Bitext, Links
from isogloss.texts.projection import NO_LINK, UNSURE, Projection, check_labels, label_table

UNREAD = "beyond the length of the model"

Votes = NDArray[np.float64]


def project_tags(
    bitext: Bitext, labels: Sequence[Sequence[str]], links: Sequence[Links], *, types: float = 1.0, least: float = 0.0
) -> Projection:
    """Carry the label of each source word over to the target words that it is linked to.

    Parameters
    ----------
    bitext : Bitext
    labels : sequence of sequence of str
        One for each source word.
    links : sequence of Links
        Of each pair of sentences.
    types : float, default 1.0
        How much other occurrences of a target word count against its own links; 0 is plain projection.
    least : float, default 0.0
        Labels that are less sure are dropped.

    Returns
    -------
    Projection

    Raises
    ------
    BadValue
        If words and labels are not as many.

    Notes
    -----
    v(t, l) is the sum of the weights of the links of target word t to source words with label l. With T(w, l), the
    sum of v over all other occurrences of the word form w, the label of t is that with the highest
    v(t, l) + types T(w, l) / (1 + sum over l' of T(w, l')), and its sureness is that value over 1 + types, at most 1.
    Votes of word types for their tokens: after Tackstrom et al. 2013, Token and type constraints, who take types from a
    dictionary. Of labels with the same votes, the first in the alphabet is taken.
    """
    check_labels(bitext, labels, links)
    names = sorted({label for sentence in labels for label in sentence})
    votes = [_votes(*one, names) for one in zip(labels, links, bitext.targets, strict=True)]
    totals = _by_type(votes, bitext.targets, len(names))
    found: list[list[str | None]] = []
    sureness: list[list[float]] = []
    reasons: Counter[str] = Counter()
    for own, words, one in zip(votes, bitext.targets, links, strict=True):
        kept, sure = [], []
        for place, word in enumerate(words):
            others = totals[word.casefold()] - own[place]
            combined = own[place] + types * others / (1.0 + others.sum())
            value = min(1.0, float(combined.max(initial=0.0)) / (1.0 + types))
            is_kept = combined.any() and value >= least
            if not is_kept:
                reasons[UNREAD if place in one.unread else UNSURE if combined.any() else NO_LINK] += 1
            kept.append(names[int(combined.argmax())] if is_kept else None)
            sure.append(value if is_kept else 0.0)
        found.append(kept)
        sureness.append(sure)
    return Projection(found, sureness, _table(labels, links, found), dict(reasons))


def _votes(labels: Sequence[str], links: Links, words: Sequence[str], names: list[str]) -> Votes:
    """Weights of links by target word and label, shape (target words, labels)."""
    votes = np.zeros((len(words), len(names)))
    places = {name: place for place, name in enumerate(names)}
    for (source, target), weight in links.to_dict().items():
        votes[target, places[labels[source]]] += weight
    return votes


def _by_type(votes: Sequence[Votes], targets: Sequence[Sequence[str]], labels: int) -> dict[str, Votes]:
    """The votes of all occurrences of each word form."""
    totals: dict[str, Votes] = {}
    for own, words in zip(votes, targets, strict=True):
        for word, vote in zip(words, own, strict=True):
            totals[word.casefold()] = totals.get(word.casefold(), np.zeros(labels)) + vote
    return totals


def _table(
    labels: Sequence[Sequence[str]], links: Sequence[Links], found: Sequence[Sequence[str | None]]
) -> pl.DataFrame:
    """What became of the label of each source word: carried if a word that it is linked to has it."""
    rows = []
    for given, one, target in zip(labels, links, found, strict=True):
        linked: dict[int, list[int]] = {}
        for source, place in one.pairs.tolist():
            linked.setdefault(source, []).append(place)
        for source, label in enumerate(given):
            reached = [target[place] for place in linked.get(source, [])]
            reason = NO_LINK if not reached else "" if label in reached else "outvoted"
            rows.append((label, reason))
    return label_table(rows)
