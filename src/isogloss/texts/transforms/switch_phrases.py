"""`switch-phrases`: runs of words from a translation, where both languages have the same order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Le

from isogloss.errors import BadValue
from isogloss.texts.aligners import Links, read_aligner
from isogloss.texts.mixing.word_languages import mixing_index
from isogloss.texts.transforms import Item, Outcome
from isogloss.texts.transforms.linked import Linked, LinkedTransform, linked_items, untranslated
from isogloss.texts.words import cut_words, find_words


@dataclass(frozen=True)
class SwitchPhrases(LinkedTransform):
    """Put runs of words of each text into another language, from its translation, where the order is the same.

    Parameters
    ----------
    rate : float, default 0.5
        Probability that a run is replaced.

    Notes
    -----
    The language may change between two words if no link crosses there: all words before are linked to words of the
    translation that stand before those that the words behind are linked to. So both sides of each switch go on as they
    would in their own language (the equivalence constraint, Poplack 1980, Sometimes I'll start a sentence in Spanish y
    termino en español, by links in place of grammar). Runs are what lies between two such places. A word without a link
    stays with the one before it. Labels stay; words with tags are refused. Measures: `replaced`, the share of words;
    `cmi`, as of `code-switch`; `permitted`, the share of the places between words where the language may change. Links
    that are wrong permit and forbid wrongly.
    """

    name: ClassVar[str] = "switch-phrases"

    rate: Annotated[float, Ge(0), Le(1)] = 0.5

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The items with some runs in the other language.

        Raises
        ------
        BadValue
            If no other language is named, words have tags, or the file has no text of these with its translation.
        """
        if origin == into:
            raise BadValue("no language to switch to", where=self.name, hint='name it, as into = "deu"')
        if any(item.tags for item in items):
            raise BadValue("words of a translation have no tags", where=self.name, hint="carry them over with project")
        known = linked_items(items, self.file, origin, into, read_aligner(self.aligner))
        made, counts, permitted, places = [], [], 0, 0
        for one in known:
            runs = cut_runs(len(one.item.words), one.links)
            text, own, other = self._switched(one, runs)
            words = tuple(cut_words(text))
            made.append(one.item._replace(words=words, text=text if one.item.text else ""))
            counts.append((own, other))
            permitted, places = permitted + max(0, len(runs) - 1), places + max(0, len(one.item.words) - 1)
        table = np.array(counts)
        measures = {
            "cmi": mixing_index(table), "replaced": float(table[:, 1].sum() / max(1, table.sum())),
            "permitted": permitted / max(1, places),
        }  # fmt: skip
        return Outcome(made, untranslated(items, known), measures=measures)

    def _switched(self, one: Linked, runs: Sequence[Run]) -> tuple[str, int, int]:
        """The text with some runs replaced, and how many of its words are of each language."""
        item, text = one.item, one.item.written
        digest = hashlib.sha256(item.id.encode()).digest()[:8]
        generator = np.random.default_rng([self.seed, item.part, int.from_bytes(digest, "big")])
        own_spans, others = find_words(text, item.words), cut_words(one.translation)
        other_spans = find_words(one.translation, others)
        pieces: list[str] = []
        own = other = place = 0
        for run in runs:
            begin, end = own_spans[run.first][0], own_spans[run.last - 1][1]
            said, last = text[begin:end], run.other_last if run.other_last >= 0 else len(others)
            if generator.random() < self.rate:
                said = one.translation[other_spans[run.other_first][0] : other_spans[last - 1][1]]
                other += last - run.other_first
            else:
                own += run.last - run.first
            pieces += [text[place:begin], said]
            place = end
        return "".join([*pieces, text[place:]]), own, other


class Run(NamedTuple):
    """Words from `first` up to `last`, and those of the translation; -1 stands for its end."""

    first: int
    last: int
    other_first: int
    other_last: int


def cut_runs(words: int, links: Links) -> list[Run]:
    """The runs between places where no link crosses; none where nothing is linked.

    Parameters
    ----------
    words : int
        Of the text.
    links : Links
    """
    lowest, highest = np.full(words, np.inf), np.full(words, -1.0)
    np.minimum.at(lowest, links.pairs[:, 0], links.pairs[:, 1])
    np.maximum.at(highest, links.pairs[:, 0], links.pairs[:, 1])
    before = np.maximum.accumulate(highest)  # (words,) the last linked place of the words up to each
    behind = np.minimum.accumulate(lowest[::-1])[::-1]  # (words,) the first linked place of the words from each on
    if not len(links.pairs):
        return []
    cuts = [place for place in range(1, words)
            if 0 <= before[place - 1] < behind[place] and highest[place] >= 0]  # fmt: skip
    firsts, others = [0, *cuts], [0, *(int(behind[place]) for place in cuts)]
    return [Run(*one) for one in zip(firsts, [*cuts, words], others, [*others[1:], -1], strict=True)]
