"""Decisions of a reading plan: what is taken for what, how sure that is, why, and how to say otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from isogloss.errors import BadFile

BY_MAPPING = "a mapping file as mapping=... (`isogloss evidence plan FILE --write-mapping map.toml` writes one to edit)"
"""How to say what a table means in full."""


class NoScores(BadFile):
    """A table in which nothing is a score of a language."""


class Confidence(StrEnum):
    """How sure a decision is."""

    CERTAIN = "certain"
    """The source says it."""
    ASSUMED = "assumed"
    """Nothing says otherwise; the reader is told."""
    UNCLEAR = "unclear"
    """It has to be asked."""


@dataclass(frozen=True)
class Decision:
    """One decision.

    Attributes
    ----------
    what : str
        What is decided: layout, target, model, task, metric, score, scale, direction, train.
    value : str
        What it is read as; of an unclear one the question.
    confidence : Confidence
    reason : str
    alternatives : tuple of str
        What it may be instead.
    answer : str
        How to decide otherwise: `task="XNLI"`.
    """

    what: str
    value: str
    confidence: Confidence
    reason: str = ""
    alternatives: tuple[str, ...] = ()
    answer: str = ""


def sentences(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """What was read as what, and what was assumed and how to say otherwise: two lines at most."""
    decisions = list(decisions)
    certain = [one for one in decisions if one.confidence is Confidence.CERTAIN]
    assumed = [one for one in decisions if one.confidence is Confidence.ASSUMED]
    lines = []
    if certain:
        lines.append("; ".join(f"{one.what}: {one.value}" for one in certain))
    if assumed:
        said = "; ".join(f"{one.what}: {one.value} ({one.reason})" for one in assumed)
        answers = " ".join(dict.fromkeys(one.answer for one in assumed if one.answer))
        lines.append(f"assumed {said}" + (f"; to say otherwise: {answers}" if answers else ""))
    return tuple(lines)
