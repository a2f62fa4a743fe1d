"""Sentences beside their translations: what a step reads of them, and the states that losses compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.alignment.cosines import Pair
from isogloss.lab.adaptation import Texts
from isogloss.lab.adaptation.mixing import Integers
from isogloss.lab.adaptation.objectives import Objective
from isogloss.lab.adaptation.objectives.prediction import OwnLoss
from isogloss.models.runtime import by_length, padded, start_torch


@dataclass(frozen=True)
class PairStates:
    """States of the tokens of sentences and of their translations, at one layer.

    Attributes
    ----------
    language : str
        Of the translations.
    rows : numpy.ndarray of int, shape (pairs,)
        Places of the sentences in the texts.
    first, second : torch.Tensor, shape (pairs, tokens, width)
        Of the sentences of the pivot, and of the translations.
    first_mask, second_mask : torch.Tensor, shape (pairs, tokens)
        1 where there is a token.
    """

    language: str
    rows: Integers
    first: Any
    first_mask: Any
    second: Any
    second_mask: Any


Term = Callable[[PairStates], Any]
"""A loss over pairs."""


def states_at(model: Any, ids: Any, mask: Any, layer: int) -> Any:
    """States of a batch at a layer, 0 for the embeddings; shape (sequences, tokens, width)."""
    return model.base_model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[layer]


def mean_states(states: Any, mask: Any) -> Any:
    """The mean of the states of each sequence's tokens, padding left out; shape (sequences, width)."""
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


@dataclass(frozen=True)
class Weighting:
    """How much each part of the loss counts.

    Attributes
    ----------
    pairs : float
        The loss over pairs.
    own : float
        The model's own loss on the same sentences.
    keep : float
        The mean squared distance of the pivot's states from those of the model before.
    """

    pairs: float
    own: float
    keep: float


class Pairs(Objective):
    """A loss over pairs of sentences, beside the model's own loss on them, and what keeps the pivot in its place.

    Parameters
    ----------
    term : callable
        The loss over pairs.
    tokens : mapping of str to sequence of numpy.ndarray
        By language, the pivot first; sentence i of all of them is the same one.
    encode : callable
        From texts to tokens, for texts that are held out.
    layer : int
        Whose states are compared.
    batch_size : int
        Pairs of a step; all of one language, which is drawn evenly.
    weighting : Weighting
    own : OwnLoss, optional
        Needed where its weight is above 0.
    before : transformers.PreTrainedModel, optional
        The model before training, needed where `keep` is above 0.
    filler : int
        The token that padding consists of.
    """

    def __init__(
        self, term: Term, tokens: Mapping[str, Sequence[Integers]], encode: Callable[[Sequence[str]], list[Integers]],
        *, layer: int, batch_size: int, weighting: Weighting, own: OwnLoss | None, before: Any, filler: int,
    ):  # fmt: skip
        self.term, self.tokens, self.encode, self.layer, self.filler = term, tokens, encode, layer, filler
        self.pivot, *self.languages = tokens
        self.count = len(tokens[self.pivot])
        self.batch_size = min(batch_size, self.count)
        self.weighting, self.own, self.before = weighting, own, before

    def terms(self, model: Any, step: int, chance: np.random.Generator) -> Iterator[Any]:
        language = self.languages[int(chance.integers(len(self.languages)))]
        rows = chance.choice(self.count, self.batch_size, replace=False)
        first, second = ([self.tokens[code][row] for row in rows] for code in (self.pivot, language))
        self.read += sum(map(len, [*first, *second]))
        if self.own is not None:
            for part in self.own.terms(model, [*first, *second], chance):
                yield self.weighting.own * part
        yield self._compare(model, language, rows, first, second)

    def _compare(self, model: Any, language: str, rows: Integers, first: list[Integers], second: list[Integers]) -> Any:
        """The loss over pairs, and the distance of the pivot from what it was."""
        (ids, mask), (other_ids, other_mask) = padded(first, self.filler), padded(second, self.filler)
        states = states_at(model, ids, mask, self.layer)
        pairs = PairStates(
            language, rows, states, mask, states_at(model, other_ids, other_mask, self.layer), other_mask
        )
        loss = self.weighting.pairs * self.term(pairs)
        if self.before is None:
            return loss
        with start_torch().no_grad():
            was = states_at(self.before, ids, mask, self.layer)
        return loss + self.weighting.keep * ((states - was) ** 2).mean(-1)[mask.bool()].mean()

    @property
    def facts(self) -> dict[str, Any]:
        return {"layer": self.layer, "pairs": dict.fromkeys(self.languages, self.count)}

    def measure(self, model: Any, held_out: Texts) -> dict[str, Any]:
        """Retrieval P@1 of each language's translations from the pivot and back, by the mean states of the layer."""
        vectors = {code: self._vectors(model, held_out[code]) for code in (self.pivot, *self.languages)}
        hits = {code: Pair(vectors[self.pivot], vectors[code]).nearest for code in self.languages}
        return {"retrieval": {code: round(float(np.mean([*both])), 6) for code, both in hits.items()}}

    def _vectors(self, model: Any, texts: Sequence[str]) -> Any:
        """Of texts, shape (texts, width), each of length 1."""
        ids = self.encode(texts)
        found: list[Any] = [None] * len(ids)
        for batch in by_length(np.array([len(one) for one in ids])):
            batched, mask = padded([ids[place] for place in batch], self.filler)
            with start_torch().inference_mode():
                means = mean_states(states_at(model, batched, mask, self.layer).double(), mask)
            for place, row in zip(batch, (means / means.norm(dim=1, keepdim=True)).cpu().numpy(), strict=True):
                found[place] = row
        return np.stack(found)
