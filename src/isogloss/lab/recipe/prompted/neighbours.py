"""Words that stand for a label beside its name: the tokens whose vectors are nearest to the name's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.decoder import Decoder

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Neighbours:
    """Words of labels.

    Attributes
    ----------
    words : list of str
        Of all labels, one label after the other, its name first.
    owners : numpy.ndarray of int, shape (words,)
        The place of the label that each stands for.
    weights : numpy.ndarray of float, shape (words,)
        Those of a label sum to 1.
    """

    words: list[str]
    owners: Matrix
    weights: Matrix

    def of_labels(self, scores: Matrix) -> Matrix:
        """From the logarithm of the probability of each word to that of each label, (labels,)."""
        weighted = scores + np.log(self.weights)
        return np.array([np.logaddexp.reduce(weighted[self.owners == one]) for one in range(self.owners.max() + 1)])


def neighbours_of(decoder: Decoder, names: Sequence[str], count: int) -> Neighbours:
    """The words nearest to the names of labels in a decoder's own vectors.

    Parameters
    ----------
    decoder : Decoder
    names : sequence of str
        One for each label.
    count : int
        How many words each label has beside its name, at most.

    Raises
    ------
    BadValue
        If a name has no token.

    Notes
    -----
    After NPPrompt (Zhao et al. 2023, Pre-trained language models can be fully zero-shot learners). A name's vector is
    the mean of those of its tokens, a space before it; near is the cosine, and weights are proportional to exp(cosine).
    Only tokens of two letters or more and nothing else count; a token near several names stands for the nearest, and
    no name stands for another label.
    """
    tokenizer = decoder.tokenizer
    matrix = decoder.model.get_input_embeddings().weight.detach().float().cpu().numpy()
    ids = [tokenizer(f" {name}", add_special_tokens=False)["input_ids"] for name in names]
    if (empty := next((name for name, some in zip(names, ids, strict=True) if not some), None)) is not None:
        raise BadValue(f"the name '{empty}' has no token", hint="give it another with `verbalizer`")
    unit = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    of_names = np.stack([matrix[some].mean(axis=0) for some in ids])
    of_names /= np.maximum(np.linalg.norm(of_names, axis=1, keepdims=True), 1e-9)
    cosines = of_names @ unit.T  # (labels, tokens)
    nearest = cosines.argmax(axis=0)
    words: list[str] = []
    owners: list[int] = []
    values: list[float] = []
    named = {name.casefold() for name in names}
    for place, name in enumerate(names):
        own = [(name, 1.0)]
        for token in np.argsort(-np.where(nearest == place, cosines[place], -2.0), kind="stable"):
            if len(own) > count or nearest[token] != place:  # the others are behind all of these
                break
            text = tokenizer.decode([int(token)])
            word = text.strip()
            is_new = word.casefold() not in {*named, *(one.casefold() for one, _ in own)}
            if word.isalpha() and len(word) > 1 and is_new:
                own.append((word, float(cosines[place, token])))
        weights = np.exp([value for _, value in own])
        words += [word for word, _ in own]
        owners += [place] * len(own)
        values += (weights / weights.sum()).tolist()
    return Neighbours(words, np.array(owners), np.array(values))
