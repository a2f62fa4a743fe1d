"""`seq2seq`: stretches scored by an encoder-decoder that translates, such as NLLB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from isogloss.errors import InputError
from isogloss.models.runtime import Precision
from isogloss.parameters import Count
from isogloss.texts.aligners import Bitext, Words
from isogloss.texts.projection.scorers import Floats, Marking, PairScorer, SpanScorer, Stretches
from isogloss.texts.projection.scorers.search import MarkedSentence, most_probable
from isogloss.texts.translators.seq2seq import Seq2Seq

MARKERS = ("[", "]")
Ids = list[int]


@dataclass(frozen=True)
class Seq2SeqScorer(SpanScorer):
    """What an encoder-decoder gives to a translation when it has to write it.

    Parameters
    ----------
    checkpoint : str
        A folder, `package:module/folder`, or the name of a model that has been downloaded before.
    codes : dict
        What the model calls languages, see the translator `seq2seq`.
    prefix : str, default ""
        What is put before each text.
    pairs : list of str
        Pairs of languages that models translate in which languages have no codes. Without the pair back to the source,
        candidates are ranked by one direction.
    batch_size : int, default 32
        How many stretches are scored in one go.
    precision : {"float32", "bfloat16"}, default "float32"
        Of the numbers that the model computes with.

    Notes
    -----
    Sentences are given to the model as words with spaces between. Markers are `[` and `]`, as words of their own.
    """

    name: ClassVar[str] = "seq2seq"
    unlabelled: ClassVar[tuple[str, ...]] = ("checkpoint", "batch_size")

    checkpoint: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    prefix: str = ""
    pairs: list[str] = field(default_factory=list)
    batch_size: Count = 32
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self._translator  # what is wrong with it is said at once

    @property
    def label(self) -> str:
        return self._translator.label

    def describe(self) -> str:
        return f"{super().describe()} {self._translator.describe('', '')}"

    def check(self, origin: str, into: str) -> None:
        self._translator.check([(origin, into)])

    def prepare(self, bitext: Bitext, origin: str, into: str) -> list[PairScorer | None]:
        self.check(origin, into)
        ahead = _Direction(self._translator, origin, into)
        back = _Direction(self._translator, into, origin) if self._goes_back(origin, into) else None
        return [
            _SequencePair(list(words), list(others), ahead, back) if words and others else None
            for words, others in zip(bitext.sources, bitext.targets, strict=True)
        ]

    @property
    def _translator(self) -> Seq2Seq:
        return Seq2Seq(
            checkpoint=self.checkpoint, codes=self.codes, prefix=self.prefix, pairs=self.pairs,
            batch_size=self.batch_size, precision=self.precision,
        )  # fmt: skip

    def _goes_back(self, origin: str, into: str) -> bool:
        try:
            self._translator.check([(into, origin)])
        except InputError:
            return False
        return True


class _Direction:
    """Log-probabilities of words of one language given words of another."""

    def __init__(self, translator: Seq2Seq, origin: str, into: str):
        self._decoder, self._direction = translator.decoder(), translator.direction(origin, into)
        self._translator = translator
        tokenizer = self._decoder.tokenizer
        self._is_spaced = self._ids("a a") != 2 * self._ids("a")
        self.begin, self.end = [*self._direction.begin], [int(tokenizer.eos_token_id)]

    def tokens(self, words: Words) -> list[Ids]:
        """Tokens of each word as a part of an answer."""
        return [self._ids(f" {word}" if self._is_spaced and place else word) for place, word in enumerate(words)]

    def values(self, sources: Sequence[Words], answers: Sequence[Ids]) -> list[Floats]:
        """For each answer, with what it begins and ends with, log-probabilities of all tokens at each of its places."""
        from isogloss.models.decoder import forced, prompt_tokens
        from isogloss.models.runtime import start_torch

        torch, found = start_torch(), []
        for first in range(0, len(answers), self._translator.batch_size):
            part = slice(first, first + self._translator.batch_size)
            prompts = [
                np.array(prompt_tokens(self._decoder, self._translator.prefix + " ".join(words), self._direction))
                for words in sources[part]
            ]
            wholes = [np.array([*self.begin, *answer, *self.end]) for answer in answers[part]]
            with torch.inference_mode():
                logits = torch.log_softmax(forced(self._decoder, prompts, wholes).double(), dim=-1).cpu().numpy()
            found += [one[: len(whole)] for one, whole in zip(logits, wholes, strict=True)]
        return found

    def means(self, sources: Sequence[Words], answers: Sequence[Words]) -> Floats:
        """Mean log-probability of the tokens of each answer, its end among them."""
        ids = [[token for word in self.tokens(words) for token in word] for words in answers]
        begun = len(self.begin)
        return np.array([
            values[np.arange(begun, len(values)), [*answer, *self.end]].mean()
            for values, answer in zip(self.values(sources, ids), ids, strict=True)
        ])  # fmt: skip

    def _ids(self, text: str) -> Ids:
        return list(self._decoder.tokenizer(text, add_special_tokens=False)["input_ids"])


class _SequencePair(PairScorer):
    """A sentence and its translation, as an encoder-decoder scores them."""

    def __init__(self, words: list[str], others: list[str], ahead: _Direction, back: _Direction | None):
        self._words, self._others, self._ahead, self._back = words, others, ahead, back

    def translated(self, span: tuple[int, int], stretches: Stretches) -> Floats:
        own = [self._words[span[0] : span[1] + 1]] * len(stretches)
        others = [self._others[first : last + 1] for first, last in stretches.tolist()]
        ahead = self._ahead.means(own, others)
        return ahead if self._back is None else (ahead + self._back.means(others, own)) / 2

    def marked(self, span: tuple[int, int], kept: int) -> list[Marking]:
        source = with_markers(self._words, *span)
        return most_probable(_MarkedTranslation(source, self._others, self._ahead), kept)


class _MarkedTranslation(MarkedSentence):
    """A translation in which markers are placed, given the source with markers."""

    def __init__(self, source: list[str], words: list[str], direction: _Direction):
        self._source, self._words, self._direction = source, words, direction

    def opened(self) -> Floats:
        return self._bounds(self._words, MARKERS[0])[:-1]

    def closed(self, first: int) -> Floats:
        words = [*self._words[:first], MARKERS[0], *self._words[first:]]
        return self._bounds(words, MARKERS[1])[first + 2 :]

    def marked(self, first: int, last: int) -> float:
        return float(self._sums(self._direction.tokens(with_markers(self._words, first, last)))[0][-1])

    def _bounds(self, words: list[str], marker: str) -> Floats:
        """Log-probability of the words before each place and the first token of a marker there, (words + 1,)."""
        tokens = self._direction.tokens(words)
        sums, values = self._sums(tokens)
        begun = len(self._direction.begin)
        starts = begun + np.cumsum([0, *map(len, tokens)])  # where a word begins
        token = self._direction.tokens(["a", marker])[1][0]
        return np.asarray(sums[starts - begun] + values[starts, token])

    def _sums(self, tokens: list[Ids]) -> tuple[Floats, Floats]:
        """Log-probabilities of the first 0, 1, ... tokens of an answer and its end, and those of all tokens."""
        ids = [token for word in tokens for token in word]
        (values,) = self._direction.values([self._source], [ids])
        begun = len(self._direction.begin)
        own = values[np.arange(begun, len(values)), [*ids, *self._direction.end]]
        return np.concatenate([[0.0], own.cumsum()]), values


def with_markers(words: Sequence[str], first: int, last: int) -> list[str]:
    """Words with a pair of markers round some of them."""
    return [*words[:first], MARKERS[0], *words[first : last + 1], MARKERS[1], *words[last + 1 :]]
