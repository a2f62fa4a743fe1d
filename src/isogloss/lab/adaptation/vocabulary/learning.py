"""Learning new tokens from texts: what the tokenizer makes of them, merged pair by pair, the most frequent first."""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from isogloss.errors import BadValue
from isogloss.lab.adaptation.tokenizer_file import token_ids
from isogloss.models.pieces import FastPieces

Pair = tuple[str, str]
MARK = "\u2581"
MARGIN = 1e-4
"""By which the score of a piece is above those of its two parts together."""


def learn_tokens(tokenizer: Mapping[str, Any], texts: Iterable[str], most: int, min_count: int) -> dict[str, Any]:
    """A tokenizer with more tokens, learnt from texts; the old ones keep their ids.

    Parameters
    ----------
    tokenizer : mapping
        What `tokenizer.json` holds.
    texts : iterable of str
    most : int
        New tokens at most.
    min_count : int
        How often letters or pairs must stand in the texts.

    Notes
    -----
    Byte-pair encoding (Sennrich et al. 2016) that begins at the old tokens instead of at letters: letters that the
    tokenizer has no token for come first, then the most frequent pair of neighbours within a word becomes a token,
    again and again. So a text in which no new token stands is cut as before. A pair whose text is a token already is
    left out. Of a unigram model, a new piece scores a little more than its two parts together, and never less than the
    lowest before.

    Raises
    ------
    BadValue
        If the tokenizer knows whole words alone.
    """
    if tokenizer["model"]["type"] == "WordLevel":
        raise BadValue("its tokenizer knows whole words alone", where="checkpoint", hint="take BPE, Unigram, WordPiece")
    words = words_of(tokenizer, texts)
    letters = _missing_letters(tokenizer, words, min_count)[:most]
    wider = with_tokens(tokenizer, [(letter, None) for letter in letters])
    merges = Merges(wider, words, min_count).learn(most - len(letters))
    return with_tokens(wider, merges)


def words_of(tokenizer: Mapping[str, Any], texts: Iterable[str]) -> Counter[str]:
    """What the tokenizer cuts by itself, as it spells it, and how often."""
    inner = FastPieces.parse(json.dumps(tokenizer)).inner
    counts: Counter[str] = Counter()
    for text in texts:
        plain = inner.normalizer.normalize_str(text) if inner.normalizer else text
        if inner.pre_tokenizer:
            counts.update(word for word, _ in inner.pre_tokenizer.pre_tokenize_str(plain))
        else:
            counts.update((MARK + word if place else word) for place, word in enumerate(plain.split(MARK)))
    counts.pop("", None)
    return counts


def _missing_letters(tokenizer: Mapping[str, Any], words: Counter[str], min_count: int) -> list[str]:
    """Letters of the words that are no tokens, the most frequent first."""
    there, prefix = token_ids(tokenizer).keys(), _prefix(tokenizer)
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for place, letter in enumerate(word):
            spelt = letter if place == 0 or prefix is None else prefix + letter
            counts[spelt] += 0 if spelt in there else count
    return sorted((one for one, count in counts.items() if count >= min_count), key=lambda one: (-counts[one], one))


def _prefix(tokenizer: Mapping[str, Any]) -> str | None:
    """What the end of a word begins with; None where tokens do not tell."""
    return tokenizer["model"].get("continuing_subword_prefix") or None


def with_tokens(tokenizer: Mapping[str, Any], new: Sequence[tuple[str, Pair | None]]) -> dict[str, Any]:
    """The tokenizer with more tokens, at ids above all others.

    Parameters
    ----------
    tokenizer : mapping
    new : sequence of (str, (str, str) or None)
        Each token as it is spelt, and the two that it is merged from. One that stands twice has several such pairs.
    """
    changed: dict[str, Any] = json.loads(json.dumps(tokenizer))
    model = changed["model"]
    if model["type"] == "Unigram":
        _add_pieces(changed, new)
        return changed
    first = 1 + max([*model["vocab"].values(), *(one["id"] for one in changed.get("added_tokens", ()))], default=-1)
    for token in dict.fromkeys(token for token, _ in new):
        model["vocab"][token] = first
        first += 1
    if model["type"] == "BPE":
        as_text = bool(model["merges"]) and isinstance(model["merges"][0], str)
        pairs = [pair for _, pair in new if pair]
        model["merges"] += [" ".join(pair) if as_text else list(pair) for pair in pairs]
    return changed


def _add_pieces(tokenizer: dict[str, Any], new: Sequence[tuple[str, Pair | None]]) -> None:
    """New pieces of a unigram model, whose ids are their places."""
    vocabulary = tokenizer["model"]["vocab"]
    lowest = min(score for _, score in vocabulary)
    scores = dict(reversed(vocabulary))
    added = {one["id"]: one["content"] for one in tokenizer.get("added_tokens", ())}
    last = max([len(vocabulary) - 1, *added])
    vocabulary += [[added.get(place, f"<unused{place}>"), lowest] for place in range(len(vocabulary), last + 1)]
    for token, pair in new:
        if token in scores:
            continue
        scores[token] = max(lowest, scores[pair[0]] + scores[pair[1]] + MARGIN) if pair else lowest
        vocabulary.append([token, scores[token]])


class Merges:
    """Words as tokens, and their pairs of neighbours.

    Parameters
    ----------
    tokenizer : mapping
        What `tokenizer.json` holds.
    words : collections.Counter
        Words as the tokenizer spells them, and how often they are learnt from; those that stand there 0 times are cut
        as the others are.
    min_count : int
        How often a pair must stand in the words.

    Attributes
    ----------
    words : list of list of (str or None)
        The tokens of each word; None for what is unknown.
    counts : list of int
        How often each word is learnt from.
    made : dict of str to None
        New tokens in their order.
    """

    def __init__(self, tokenizer: Mapping[str, Any], words: Counter[str], min_count: int):
        pieces = FastPieces.parse(json.dumps(tokenizer))
        self.there, self.prefix, self.min_count = token_ids(tokenizer), _prefix(tokenizer), min_count
        kept = sorted(words)
        self.made: dict[str, None] = {}
        self.merges: dict[Pair, str] = {}
        self.counts = [words[word] for word in kept]
        # A token that is unknown, or a single byte, is merged with nothing.
        self.words = [
            [None if one.id == pieces.unknown or one.value.startswith("<0x") else one.value
             for one in pieces.inner.model.tokenize(word)]
            for word in kept
        ]  # fmt: skip
        self.pairs: Counter[Pair] = Counter()
        self.places: dict[Pair, set[int]] = defaultdict(set)
        for place in range(len(self.words)):
            self._count(place, 1)
        self.left = [(-count, pair) for pair, count in self.pairs.items()]
        heapq.heapify(self.left)

    def _count(self, place: int, sign: int) -> set[Pair]:
        """Add the pairs of a word to the counts, or take them away; which they are."""
        tokens = self.words[place]
        changed = set()
        for first, second in pairwise(tokens):
            if first is not None and second is not None:
                self.pairs[first, second] += sign * self.counts[place]
                self.places[first, second].add(place)
                changed.add((first, second))
        return changed

    def join(self, pair: Pair) -> str:
        """How a token is spelt that is merged from two."""
        return pair[0] + (pair[1].removeprefix(self.prefix) if self.prefix else pair[1])

    def learn(self, most: int) -> list[tuple[str, Pair | None]]:
        """Go on until there are so many new tokens; all in their order, each with the two that it is merged from."""
        while self.left and len(self.made) < most:
            count, pair = heapq.heappop(self.left)
            now = self.pairs[pair]
            joined = self.join(pair)
            if now < self.min_count or joined in self.there:
                continue
            if now != -count:
                heapq.heappush(self.left, (-now, pair))
                continue
            self.made[joined] = None
            self.merges.setdefault(pair, joined)
            for one in sorted(self._merge(pair, joined)):
                heapq.heappush(self.left, (-self.pairs[one], one))
        return [(joined, pair) for pair, joined in self.merges.items()]

    def _merge(self, pair: Pair, joined: str) -> set[Pair]:
        """Merge a pair wherever it stands; the pairs that are more frequent now."""
        changed: set[Pair] = set()
        for place in sorted(self.places.pop(pair)):
            self._count(place, -1)
            tokens, merged = self.words[place], []
            at = 0
            while at < len(tokens):
                together = tuple(tokens[at : at + 2]) == pair
                merged.append(joined if together else tokens[at])
                at += 2 if together else 1
            self.words[place] = merged
            changed |= self._count(place, 1)
        self.pairs[pair] = 0
        return changed
