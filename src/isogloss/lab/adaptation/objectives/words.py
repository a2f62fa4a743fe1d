"""Words that are translations of one another, in the sentences that they stand in, are to have the same states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.lab.adaptation.mixing import Integers
from isogloss.lab.adaptation.objectives.pairs import PairStates
from isogloss.models.runtime import start_torch

Owners = Sequence[int | None]
"""The word that each token of a sentence is of; None for special tokens."""


@dataclass(frozen=True)
class WordDistance:
    """The mean squared distance of the states of linked words, a word's state being the mean of its tokens'.

    Attributes
    ----------
    owners : mapping of str to sequence of Owners
        By language.
    links : mapping of str to sequence of numpy.ndarray of int, shape (links, 2)
        By language, of each sentence, the word of the pivot and that of the translation.
    pivot : str
    """

    owners: Mapping[str, Sequence[Owners]]
    links: Mapping[str, Sequence[Integers]]
    pivot: str

    def __call__(self, pairs: PairStates) -> Any:
        torch = start_torch()
        first, second = [], []
        for place, row in enumerate(pairs.rows):
            ours, theirs = self.owners[self.pivot][row], self.owners[pairs.language][row]
            for source, target in self.links[pairs.language][row]:
                places, others = tokens_of(ours, source), tokens_of(theirs, target)
                if len(places) and len(others):
                    first.append(pairs.first[place, places].mean(0))
                    second.append(pairs.second[place, others].mean(0))
        if not first:
            return 0.0 * pairs.first.sum()
        return ((torch.stack(first) - torch.stack(second)) ** 2).mean()


def tokens_of(owners: Owners, word: int) -> Integers:
    """Places of the tokens of a word; none if it was cut off."""
    return np.flatnonzero([one == word for one in owners])
