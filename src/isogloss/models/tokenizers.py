"""Tokenisers, those in Rust and those in Python alike: texts, pairs of texts, words and long contexts as token ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.checkpoints import is_causal, load_tokenizer

Integers = np.ndarray[Any, Any]
Ids = list[list[int]]

LEAST = 32
"""Tokens that a window must have room for."""


def plain_space(word: str) -> str:
    """The space between a word and the next; empty if the word brings its own."""
    return "" if word[-1:].isspace() else " "


@dataclass(frozen=True)
class Tokenizer:
    """The tokeniser of a checkpoint, with what decides how texts are cut.

    Parameters
    ----------
    folder : pathlib.Path
        The checkpoint.
    max_length : int
        Tokens of a sequence at most, special ones among them; what goes beyond is cut off.
    space_after : callable, optional
        From a word to what stands between it and the next, for tokenisers that lose spaces of words given one by one;
        `plain_space` by default.
    """

    folder: Path
    max_length: int
    space_after: Callable[[str], str] = plain_space

    @property
    def inner(self) -> Any:
        """The tokeniser as transformers has it."""
        return load_tokenizer(self.folder)

    def encode(self, texts: Sequence[str], seconds: Sequence[str] | None = None) -> Ids:
        """Token ids of texts, or of pairs of texts."""
        options = {"truncation": True, "max_length": self.max_length, "return_attention_mask": False}
        pair = () if seconds is None else (list(seconds),)
        ids: Ids = self.inner(list(texts), *pair, **options)["input_ids"]
        return ids

    def encode_words(self, sentences: Sequence[Sequence[str]]) -> tuple[Ids, Ids]:
        """Token ids of sentences given as words, and which token each word's state is taken from.

        Returns
        -------
        ids : list of list of int
        positions : list of list of int
            Of the first token of each word, or the last one in a causal model, which has not read the word before; -1
            for a word that was cut off or has no token.
        """
        ids, owners = self.encode_owned(sentences)
        takes_last = is_causal(self.folder)
        positions = [_positions(one, len(words), takes_last) for one, words in zip(owners, sentences, strict=True)]
        return ids, positions

    def encode_owned(self, sentences: Sequence[Sequence[str]]) -> tuple[Ids, list[list[int | None]]]:
        """Token ids of sentences given as words, and the word that each token is of; None for special tokens."""
        if _loses_spaces(self.folder):
            sentences = [self._with_spaces(sentence) for sentence in sentences]
        if self.inner.is_fast:
            options = {"truncation": True, "max_length": self.max_length, "return_attention_mask": False}
            encoded = self.inner([list(one) for one in sentences], is_split_into_words=True, **options)
            ids, owners = encoded["input_ids"], [encoded.word_ids(place) for place in range(len(sentences))]
        else:
            joined = [self._join_words(sentence) for sentence in sentences]
            ids, owners = [one for one, _ in joined], [one for _, one in joined]
        return ids, owners

    def encode_windows(
        self, questions: Sequence[str], contexts: Sequence[str]
    ) -> tuple[Ids, list[int], list[Integers]]:
        """Questions with their contexts, long contexts in windows that overlap by `overlap(max_length)` tokens.

        A question may take up half of a window; the rest of it is left out.

        Returns
        -------
        ids : list of list of int
            Question and part of the context, window by window.
        counts : list of int
            How many windows each question has.
        spans : list of numpy.ndarray of int32, shape (tokens, 2)
            Between which characters of the context each token stands; -1 for tokens that are not of the context.

        Raises
        ------
        BadValue
            If windows are too short to hold anything, or the tokeniser cannot tell characters.
        """
        if self.max_length < LEAST:
            raise BadValue(f"max_length is {self.max_length}", hint=f"questions with contexts need {LEAST} at least")
        if not self.inner.is_fast:
            raise BadValue(
                "its tokenizer does not tell which characters a token stands for", where=f"checkpoint {self.folder}",
                hint="convert it: there must be a tokenizer.json",
            )  # fmt: skip
        encoded = self.inner(
            [shorten(self.inner, question, self.max_length // 2) for question in questions], list(contexts),
            truncation="only_second", max_length=self.max_length, stride=overlap(self.max_length),
            return_overflowing_tokens=True, return_offsets_mapping=True, return_attention_mask=False,
        )  # fmt: skip
        counts = np.bincount(encoded["overflow_to_sample_mapping"], minlength=len(questions)).tolist()
        spans = []
        for place, offsets in enumerate(encoded["offset_mapping"]):
            is_context = np.array([sequence == 1 for sequence in encoded.sequence_ids(place)])
            spans.append(np.where(is_context[:, None], np.array(offsets), -1).astype(np.int32))
        return encoded["input_ids"], counts, spans

    def unknown_share(self, ids: Integers) -> float:
        """Share of tokens, special ones aside, that the tokeniser has no piece for."""
        unknown = self.inner.unk_token_id
        plain = ids[~np.isin(ids, [one for one in self.inner.all_special_ids if one != unknown])]
        return float((plain == unknown).mean()) if len(plain) else 0.0

    def _with_spaces(self, words: Sequence[str]) -> tuple[str, ...]:
        return (*words[:1], *(self.space_after(before) + word for before, word in pairwise(words)))

    def _join_words(self, words: Sequence[str]) -> tuple[list[int], list[int | None]]:
        """Token ids of a sentence, and the word that each is of, by a tokeniser that cannot tell."""
        pieces = [self.inner(word, add_special_tokens=False)["input_ids"] for word in words]
        room = self.max_length - self.inner.num_special_tokens_to_add()
        ids = [token for piece in pieces for token in piece][:room]
        owners = [number for number, piece in enumerate(pieces) for _ in piece][:room]
        whole = self.inner.build_inputs_with_special_tokens(ids)
        before = len(lead(self.inner))
        after = len(whole) - before - len(ids)
        return whole, [*[None] * before, *owners, *[None] * after]


def overlap(max_length: int) -> int:
    """Tokens that two windows share; no answer that is shorter is cut by all of them."""
    return max_length // 4


def lead(tokenizer: Any) -> list[int]:
    """The tokens that a tokeniser of transformers puts before every text."""
    encoded = tokenizer("a", return_special_tokens_mask=True)
    specials = encoded["special_tokens_mask"]
    return list(encoded["input_ids"][: specials.index(0) if 0 in specials else 0])


def shorten(tokenizer: Any, text: str, most: int) -> str:
    """The beginning of a text that has at most so many tokens, special ones aside."""
    if tokenizer.is_fast:
        offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        return text if len(offsets) <= most else text[: offsets[most - 1][1]]
    shortest, longest = 0, len(text)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        fits = len(tokenizer(text[:middle], add_special_tokens=False)["input_ids"]) <= most
        shortest, longest = (middle, longest) if fits else (shortest, middle - 1)
    return text[:shortest]


@lru_cache(maxsize=8)
def _loses_spaces(folder: Path) -> bool:
    """Whether words given one by one run into each other, as no space is put between them that a text would have."""
    tokenizer = load_tokenizer(folder)
    if not tokenizer.is_fast:
        return False  # `_join_words` encodes each as a text of its own
    whole, apart, spaced = (
        tokenizer(one, is_split_into_words=isinstance(one, list))["input_ids"]
        for one in ("a a", ["a", "a"], ["a", " a"])
    )
    return bool(whole != apart and whole == spaced)


def _positions(owners: Sequence[int | None], words: int, takes_last: bool) -> list[int]:
    """Where the first or the last token of each word stands; -1 for a word that has none."""
    positions = [-1] * words
    places = range(len(owners)) if takes_last else reversed(range(len(owners)))
    for place in places:
        if (word := owners[place]) is not None:
            positions[word] = place
    return positions
