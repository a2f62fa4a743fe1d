"""Rows of new tokens from old tokens of their translations, by words that are aligned in parallel texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary
from isogloss.texts.aligners import Aligner, Bitext

Word = tuple[str, list[int]]
"""A word, and the ids of its tokens."""


def translation_shares(
    old: Vocabulary, new: Vocabulary, pivots: Sequence[str], texts: Sequence[str], aligner: Aligner
) -> dict[int, dict[int, float]]:
    """What share each old token has in the translations of each new one.

    Parameters
    ----------
    old, new : Vocabulary
    pivots : sequence of str
        Texts of a language that the model knows, which the old vocabulary cuts.
    texts : sequence of str
        Their translations, in the same order, which the new one cuts.
    aligner : Aligner
        Links the words of both.

    Notes
    -----
    p(old | new) = c(new, old) / sum over old of c(new, old). A link of weight w between a word of n old tokens and one
    of m new tokens adds to c(i, j) w times the part that the i-th m-th of a word and the j-th n-th have in common.
    """
    sources, targets = [[words_of(one, text) for text in some] for one, some in ((old, pivots), (new, texts))]
    bitext = Bitext(*([[word for word, _ in words] for words in side] for side in (sources, targets)))
    counts: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for source, target, links in zip(sources, targets, aligner.align(bitext), strict=True):
        for (first, second), weight in links.to_dict().items():
            for new_id, old_id, part in spread(target[second][1], source[first][1]):
                counts[new_id][old_id] += weight * part
    return {one: {old_id: count / sum(some.values()) for old_id, count in some.items()} for one, some in counts.items()}


def spread(news: Sequence[int], olds: Sequence[int]) -> list[tuple[int, int, float]]:
    """New and old tokens of two words, and the part of the words that both cover."""
    found = []
    for place, one in enumerate(news):
        for other_place, other in enumerate(olds):
            begin = max(place / len(news), other_place / len(olds))
            end = min((place + 1) / len(news), (other_place + 1) / len(olds))
            if end > begin + 1e-12:
                found.append((one, other, end - begin))
    return found


def words_of(vocabulary: Vocabulary, text: str) -> list[Word]:
    """The words that a tokenizer cuts a text into before it cuts these into tokens."""
    cut = vocabulary.pieces.inner.encode(text, add_special_tokens=False)
    words: list[tuple[bytes, list[int]]] = []
    last: Any = None
    for token, place, word in zip(cut.tokens, cut.ids, cut.word_ids, strict=True):
        own = vocabulary.text_of(token)
        if not words or word != last or own.startswith(b" "):
            words.append((b"", []))
        before, ids = words[-1]
        words[-1] = (before + own, [*ids, place])
        last = word
    spelt = [(text.decode("utf-8", "replace").strip(), ids) for text, ids in words]
    return [(word, ids) for word, ids in spelt if word]
