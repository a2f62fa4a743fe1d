"""Whether sentences are linked at all better than sentences that are no translations of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from isogloss.texts.aligners import Aligner, Bitext, Links
from isogloss.texts.projection import Projection

FEWEST = 5
"""Sentences below which there is no comparison."""
LEAST_GAIN = 1.1
"""How many times the evidence of other sentences' links theirs must have."""


class AlignmentEvidence(NamedTuple):
    """Sums per target word of the weights of links, or of how sure labels of spans are.

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
    turned = _turned(bitext)
    return AlignmentEvidence(own, _per_word(turned, aligner.align(turned)))


def span_evidence(project: Callable[[Bitext], Projection], bitext: Bitext, projection: Projection) -> AlignmentEvidence:
    """Compare how sure spans are with how sure they are in the next sentence's translation."""
    own = _sureness(bitext, projection)
    if len(bitext) < FEWEST:
        return AlignmentEvidence(own, None)
    turned = _turned(bitext)
    return AlignmentEvidence(own, _sureness(turned, project(turned)))


def _turned(bitext: Bitext) -> Bitext:
    """Each sentence beside the translation of the next."""
    return Bitext(bitext.sources, [*bitext.targets[1:], bitext.targets[0]])


def _sureness(bitext: Bitext, found: Projection) -> float:
    return sum(map(sum, found.sureness)) / max(1, sum(map(len, bitext.targets)))


def _per_word(bitext: Bitext, links: Sequence[Links]) -> float:
    return float(sum(one.weights.sum() for one in links)) / max(1, sum(map(len, bitext.targets)))
