"""Whether sentences are linked at all better than sentences that are no translations of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from isogloss.texts.aligners import Aligner, Bitext, Links

FEWEST = 5
"""Sentences below which there is no comparison."""
LEAST_GAIN = 1.1
"""How many times the evidence of other sentences' links theirs must have."""


class AlignmentEvidence(NamedTuple):
    """Sums of link weights, per target word.

    Attributes
    ----------
    own : float
        Of sentences with their translations.
    other : float or None
        Of sentences with translations of the sentences after them; None for few sentences.
    """

    own: float
    other: float | None

    @property
    def is_weak(self) -> bool:
        """Whether links say no more than those of sentences that do not belong together."""
        return self.own == 0 or (self.other is not None and self.own < LEAST_GAIN * self.other)


def alignment_evidence(aligner: Aligner, bitext: Bitext, links: Sequence[Links]) -> AlignmentEvidence:
    """Compare links with those to the next sentence's translation, where nothing should be found."""
    own = _per_word(bitext, links)
    if len(bitext) < FEWEST:
        return AlignmentEvidence(own, None)
    turned = Bitext(bitext.sources, [*bitext.targets[1:], bitext.targets[0]])
    return AlignmentEvidence(own, _per_word(turned, aligner.align(turned)))


def _per_word(bitext: Bitext, links: Sequence[Links]) -> float:
    return float(sum(one.weights.sum() for one in links)) / max(1, sum(map(len, bitext.targets)))
