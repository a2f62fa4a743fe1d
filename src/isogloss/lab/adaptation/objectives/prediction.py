"""A model's own loss: the cross entropy of the next tokens, or of hidden ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.lab.adaptation.mixing import Integers, Mix, hide
from isogloss.lab.adaptation.objectives import Objective
from isogloss.models.checkpoints import is_causal, load_tokenizer
from isogloss.models.runtime import padded

MOST_LOGITS = 1 << 26
"""Logits that are held at once: 256 MB."""


@dataclass(frozen=True)
class Part:
    """Some sequences of a step.

    Attributes
    ----------
    places : slice
        Which of the sequences of the step.
    given, there : torch.Tensor, shape (sequences, tokens)
        What is read, and 1 where there is a token.
    answers : torch.Tensor, shape (sequences, tokens)
        The tokens that are to be told; -100 for all others.
    units : int
        Tokens that are to be told in the whole step.
    """

    places: slice
    given: Any
    there: Any
    answers: Any
    units: int


class OwnLoss:
    """The loss that a model was trained with, on given sequences.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    masked : bool
        Whether it is a model of hidden words.
    hidden : float
        Share of the tokens that is hidden then.
    at_once : int
        Sequences whose logits are held at once.
    """

    def __init__(self, tokenizer: Any, *, masked: bool, hidden: float, at_once: int):
        self.tokenizer, self.masked, self.hidden, self.at_once = tokenizer, masked, hidden, at_once

    def terms(self, model: Any, drawn: Sequence[Integers], chance: np.random.Generator) -> Iterator[Any]:
        """The mean over the tokens that are to be told, in parts whose sum it is."""
        for part in self.parts(drawn, chance):
            yield self.total(model, part.given, part.there, part.answers) / part.units

    def parts(self, drawn: Sequence[Integers], chance: np.random.Generator) -> Iterator[Part]:
        """Sequences with what is to be told of them, as many at once as `at_once` says."""
        pairs = [
            hide(ids, self.tokenizer, self.hidden, chance) if self.masked else (ids, np.arange(len(ids)) > 0)
            for ids in drawn
        ]
        units = sum(int(told.sum()) for _, told in pairs)
        for first in range(0, len(drawn), self.at_once):
            part = slice(first, first + self.at_once)
            given, _ = padded([ids for ids, _ in pairs[part]], self.tokenizer.pad_token_id or 0)
            answers, there = padded(
                [np.where(told, ids, -100) for ids, (_, told) in zip(drawn[part], pairs[part], strict=True)], -100
            )
            if not self.masked:  # each token is told by the states before it
                given, there, answers = given[:, :-1], there[:, :-1], answers[:, 1:]
            yield Part(part, given, there, answers, max(1, units))

    def total(self, model: Any, given: Any, there: Any, answers: Any) -> Any:
        """Sum of the cross entropy of the tokens that are to be told; those of -100 are not."""
        from torch.nn.functional import cross_entropy

        logits = model(input_ids=given, attention_mask=there).logits
        return cross_entropy(logits.flatten(0, 1).float(), answers.flatten(), ignore_index=-100, reduction="sum")


def own_loss(folder: Path, model: Any, hidden: float, length: int) -> OwnLoss:
    """The own loss of the model of a checkpoint, on sequences of some length."""
    vocabulary = int(model.config.get_text_config().vocab_size)
    at_once = max(1, MOST_LOGITS // (vocabulary * length))
    return OwnLoss(load_tokenizer(folder), masked=not is_causal(folder), hidden=hidden, at_once=at_once)


class Prediction(Objective):
    """The own loss, on stretches of texts in shares.

    Parameters
    ----------
    own : OwnLoss
    mix : Mix
    batch_size : int
        Sequences of a step.
    """

    def __init__(self, own: OwnLoss, mix: Mix, batch_size: int):
        self.own, self.mix, self.batch_size = own, mix, batch_size

    def terms(self, model: Any, step: int, chance: np.random.Generator) -> Iterator[Any]:
        drawn = self.mix.batch(self.batch_size, chance)
        self.read += sum(map(len, drawn))
        yield from self.own.terms(model, drawn, chance)

    @property
    def facts(self) -> dict[str, Any]:
        return {"shares": self.mix.shares}
