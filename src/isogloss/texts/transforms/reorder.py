"""`reorder`: the words of each text in the order that they have in its translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.texts.aligners import Links, read_aligner
from isogloss.texts.transforms import Item, Outcome
from isogloss.texts.transforms.linked import LinkedTransform, linked_items, untranslated
from isogloss.texts.words import with_words


@dataclass(frozen=True)
class Reorder(LinkedTransform):
    """Put the words of each text into the order of the words of its translation that they are linked to.

    Parameters
    ----------
    like : str, default "eng"
        The language of the translations, in any spelling.

    Notes
    -----
    A word goes to the mean place of what it is linked to, weighted by the links; a word without a link stays behind the
    one before it. Punctuation and spaces stay; capitals move with their words. Labels stay, and tags go with their
    words. Measures: `moved`, the mean over texts of the share of pairs of words that change their order (Kendall's
    distance), and `linked`, the share of words with a link, both without punctuation. The order of the dominant
    language is the second prong of the three-pronged adaptation (2024), whose formula could not be read. It needs a
    translation of every text: with test texts, it shows what the order costs and is no method to use. Links that are
    wrong move words wrongly.
    """

    name: ClassVar[str] = "reorder"

    like: str = "eng"

    def __post_init__(self) -> None:
        super().__post_init__()
        resolve(self.like, where=f"{self.name}: like")

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The items with their words in another order.

        Raises
        ------
        BadValue
            If the file has no text of these with its translation.
        """
        like = resolve(self.like, where=f"{self.name}: like").id
        if origin == like:
            raise BadValue(f"texts in '{origin}' are in the order of '{origin}' already", where=self.name,
                           hint="name their languages, without it, in languages")  # fmt: skip
        known = linked_items(items, self.file, origin, like, read_aligner(self.aligner))
        links = [one.links for one in known]
        places = [_places(one.item, one.links) for one in known]
        made = [_moved(one.item, own) for one, own in zip(known, places, strict=True)]
        free = [_free(one.item) for one in known]
        linked = [np.isin(own, one.pairs[:, 0]) for own, one in zip(free, links, strict=True)]
        measures = {
            "moved": float(np.mean([_turned(own) for own in places])),
            "linked": float(np.concatenate(linked).sum() / max(1, sum(map(len, free)))),
        }
        return Outcome(made, untranslated(items, known), measures=measures)


def _places(item: Item, links: Links) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The place in the translation that each word with letters or digits goes to; without any link, its own."""
    weights, sums = np.zeros(len(item.words)), np.zeros(len(item.words))
    np.add.at(weights, links.pairs[:, 0], links.weights)
    np.add.at(sums, links.pairs[:, 0], links.weights * links.pairs[:, 1])
    free = _free(item)
    linked = np.flatnonzero(weights[free] > 0)
    if not len(linked):
        return np.arange(len(free), dtype=float)
    before = linked[np.maximum(np.searchsorted(linked, np.arange(len(free)), side="right") - 1, 0)]
    chosen = free[before]
    return np.asarray(sums[chosen] / weights[chosen])


def _free(item: Item) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places of the words that may move, those that are no punctuation."""
    return np.array([place for place, word in enumerate(item.words) if any(map(str.isalnum, word))], np.int64)


def _moved(item: Item, places: np.ndarray[Any, np.dtype[np.float64]]) -> Item:
    order, free = np.arange(len(item.words)), _free(item)
    order[free] = free[np.argsort(places, kind="stable")]
    words = tuple(item.words[place] for place in order)
    tags = tuple(item.tags[place] for place in order) if item.tags else ()
    text = with_words(item.text, item.words, words) if item.text else ""
    return item._replace(words=words, tags=tags, text=text)


def _turned(places: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The share of pairs of words whose order changes."""
    if len(places) < 2:
        return 0.0
    first, second = np.triu_indices(len(places), 1)
    return float((places[first] > places[second]).mean())
