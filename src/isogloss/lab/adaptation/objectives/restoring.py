"""Texts are to be written of which some words are read in another language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.adaptation.mixing import shares
from isogloss.lab.adaptation.objectives import Objective
from isogloss.lab.adaptation.objectives.prediction import MOST_LOGITS
from isogloss.models.runtime import padded
from isogloss.texts.transforms.code_switch import drawn_words
from isogloss.texts.word_tables import Dictionary
from isogloss.texts.words import cut_words, with_words


class Restoring(Objective):
    """The cross entropy of texts given themselves with some words replaced.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    texts : mapping of str to sequence of str
        By language.
    entries : mapping of str to Dictionary
        By language, what may stand for each word.
    rate : float
        Probability that a word of the dictionary is replaced.
    alpha : float
        See `isogloss.lab.adaptation.mixing.shares`.
    batch_size : int
        Texts of a step.
    length : int
        Tokens at most.

    Raises
    ------
    BadValue
        If the dictionary has no word of the texts of a language.
    """

    def __init__(
        self, tokenizer: Any, texts: Mapping[str, Sequence[str]], entries: Mapping[str, Dictionary], rate: float,
        alpha: float, batch_size: int, length: int,
    ):  # fmt: skip
        self.tokenizer, self.texts, self.entries, self.rate = tokenizer, texts, entries, rate
        self.batch_size, self.length = batch_size, length
        self.shares = shares({code: len(some) for code, some in texts.items()}, alpha)
        for code, some in texts.items():
            if not any(word.casefold() in entries[code] for text in some for word in cut_words(text)):
                raise BadValue(
                    f"the dictionary has no word of the texts in {code}", where="dictionary",
                    hint="give words of their language, or leave it out of languages",
                )  # fmt: skip
        self.words = self.replaced = 0

    def terms(self, model: Any, step: int, chance: np.random.Generator) -> Iterator[Any]:
        codes = chance.choice(len(self.texts), self.batch_size, p=[*self.shares.values()])
        pairs = [self._pair(list(self.texts)[code], chance) for code in codes]
        self.read += sum(len(one) + len(other) for one, other in pairs)
        told = sum(len(answer) for _, answer in pairs)
        at_once = max(1, MOST_LOGITS // (int(model.config.vocab_size) * self.length))
        for first in range(0, len(pairs), at_once):
            part = pairs[first : first + at_once]
            yield restored(model, [one for one, _ in part], [answer for _, answer in part], self.filler) / told

    @property
    def filler(self) -> int:
        """The token that padding consists of."""
        return int(self.tokenizer.pad_token_id or 0)

    def _pair(self, code: str, chance: np.random.Generator) -> tuple[Any, Any]:
        """A text with words replaced, and the text, in tokens."""
        text = self.texts[code][int(chance.integers(len(self.texts[code])))]
        words = cut_words(text)
        made = [drawn_words(word, self.entries[code], self.rate, *chance.random(2)) for word in words]
        self.words += len(words)
        self.replaced += sum(one is not None for one in made)
        pieces = [word if one is None else " ".join(one) for word, one in zip(words, made, strict=True)]
        read = self.tokenizer(with_words(text, words, pieces))["input_ids"] or [self.filler]
        return np.array(read[: self.length], np.int64), answer_tokens(self.tokenizer, text, self.length)

    @property
    def state(self) -> dict[str, float]:
        return {"words": self.words, "replaced": self.replaced}

    def take_up(self, state: dict[str, float]) -> None:
        self.words, self.replaced = int(state["words"]), int(state["replaced"])

    @property
    def facts(self) -> dict[str, Any]:
        return {"shares": self.shares, "replaced": round(self.replaced / max(1, self.words), 4)}


def answer_tokens(tokenizer: Any, text: str, length: int) -> Any:
    """A text and the token that ends it, cut to a length."""
    tokens = tokenizer(text_target=text, add_special_tokens=False)["input_ids"]
    return np.array([*tokens, tokenizer.eos_token_id][:length], np.int64)


def restored(model: Any, read: Sequence[Any], answers: Sequence[Any], filler: int) -> Any:
    """Sum over tokens of the cross entropy of answers, in nats."""
    from torch.nn.functional import cross_entropy

    ids, there = padded(read, filler)
    labels, _ = padded(answers, -100)
    logits = model(input_ids=ids, attention_mask=there, labels=labels).logits
    return cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=-100, reduction="sum")
