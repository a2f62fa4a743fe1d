"""`seq2seq-posterior`: an encoder-decoder whose states are random, those of translations being brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Training
from isogloss.lab.recipe.encoder_decoder import Seq2SeqTune
from isogloss.lab.recipe.instructions import languages_of, refuse_beside
from isogloss.lab.tuning.lessons import Lesson, Posterior
from isogloss.lab.tuning.pairs import Pairs, PosteriorWeights
from isogloss.parameters import Count, NotNegative

ITEMS = "train_items"


@dataclass(frozen=True)
class Seq2SeqPosterior(Seq2SeqTune):
    """Full fine-tuning of an encoder-decoder whose states are random, and alike for translations of one another.

    Parameters
    ----------
    transport : float, default 5
        Weight of the distance between the normal distributions of two sentences that are translations, per number.
    discrepancy : float, default 1
        Weight of that between all tokens of one side and of the other.
    prior : float, default 0.001
        Weight of the divergence of each sentence's distribution from the standard normal one.
    prior_discrepancy : float, default 0.01
        Weight of that between all tokens that were drawn and the standard normal distribution.
    every : int, default 2
        Steps after which a batch of translations is learnt from.

    Notes
    -----
    A sentence is a normal distribution around the states of its tokens, with one variance for each number; the decoder
    reads what is drawn of it in training, and the states themselves afterwards (Sherborne, Hosking and Lapata 2023,
    Optimal transport posterior alignment for cross-lingual semantic parsing, Minotaur). Translations of one another are
    the training examples of two languages with the same item. The distance is the squared Wasserstein distance of order
    2, with the mean over tokens as mean; `discrepancy` is the maximum mean discrepancy. What draws to the prior rises
    from 0 in the first half of the steps. The other parameters are those of `Seq2SeqTune`.
    """

    name: ClassVar[str] = "seq2seq-posterior"

    transport: NotNegative = 5.0
    discrepancy: NotNegative = 1.0
    prior: NotNegative = 0.001
    prior_discrepancy: NotNegative = 0.01
    every: Count = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_beside(self, "is not learnt with random states", "use seq2seq-tune for it")

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Beside the texts, which of them are translations of one another."""
        return (*super().preparation, ITEMS)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As the base does; which training texts are one item is kept."""
        found = super().prepare(corpus, apply)
        items = [item for some in corpus.train_items for item in some]
        _, numbers = np.unique(np.array(items, dtype=str), return_inverse=True)
        return {**found, ITEMS: numbers.astype(np.int64)}

    def lesson(self, prepared: Arrays, training: Training) -> Lesson:
        """Answers after random states.

        Raises
        ------
        BadValue
            If no item was learnt from in two languages, where translations are to be brought together.
        """
        pairs = self._pairs(prepared, training)
        if (self.transport or self.discrepancy) and not len(pairs):
            raise BadValue(
                "no item is learnt from in two languages", where=self.name,
                hint="name the column of items, and learn from two languages, or from shots of the target beside all "
                "examples of the source; or set transport = 0 and discrepancy = 0",
            )  # fmt: skip
        weights = PosteriorWeights(
            self.transport, self.discrepancy, self.prior, self.prior_discrepancy, self.every
        )  # fmt: skip
        return Posterior(pairs, weights)

    def _pairs(self, prepared: Arrays, training: Training) -> Pairs:
        """Places among the training rows of the same item in two languages."""
        if not len(prepared[ITEMS]):
            return np.empty((0, 2), np.int64)
        languages, of_item = languages_of(prepared, training.rows), defaultdict(list)
        for place, item in enumerate(prepared[ITEMS][training.rows].tolist()):
            of_item[item].append(place)
        found = [
            pair for some in of_item.values() for pair in combinations(some, 2)
            if languages[pair[0]] != languages[pair[1]]
        ]  # fmt: skip
        return np.array(found, np.int64).reshape(-1, 2)

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As of the base, for a batch of translations beside others."""
        base = Seq2SeqTune.read({one.name: getattr(self, one.name) for one in fields(Seq2SeqTune)})
        plain = base.estimate(corpus, trainings)
        return replace(plain, job_seconds=plain.job_seconds * (1 + 2 / self.every))
