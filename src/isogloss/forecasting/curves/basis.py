"""What a curve rests on, in words, and whether that is far from what was asked."""

from __future__ import annotations

import numpy as np

from isogloss.evidence import TrainingMix
from isogloss.forecasting.curves.laws import FEWEST_SIZES, Trial
from isogloss.forecasting.curves.points import FEATURES, Points
from isogloss.forecasting.curves.question import Question
from isogloss.forecasting.curves.start import ZeroShot
from isogloss.text import counted

NAMED = 3
"""Sources of a rest that are named; more are counted."""
FAR_REST = 2.0
"""The rest of a mix is far when it is so many times larger or smaller than any measured."""


def describe_basis(
    points: Points, question: Question, own: Points, trials: list[Trial], start: ZeroShot | None, rises: bool
) -> str:
    """One line: what was measured of the target, what is held, how the law was chosen, and warnings.

    Parameters
    ----------
    points, own : Points
        All of the setting, and the target's.
    question : Question
    trials : list of Trial
        Best first; empty where nothing was tried.
    start : ZeroShot or None
        The forecast that stands in for a target never measured.
    rises : bool
    """
    parts = [_measured(points, question, own, start), f"rest of the mix: {_rest(question)} ({question.why})"]
    if trials:
        parts.append("held-out error " + ", ".join(f"{trial.error:.3g} {trial.name}" for trial in trials))
    if not rises:
        parts.append("scores get worse with more examples")
    parts += _far(points, question)
    if points.left_out:
        parts.append(f"{counted(points.left_out, 'score')} left out for want of a number of examples")
    return "; ".join(parts)


def _measured(points: Points, question: Question, own: Points, start: ZeroShot | None) -> str:
    target, sizes = question.target, np.unique(own.features[:, question.column])
    others = counted(len(points.languages) - bool(len(own)), "other language")
    if len(own) == 0 and start is None:
        return f"{target} never measured: level and slope are those of {others}"
    if start is not None:
        return f"{target} never measured: level at 0 forecast as {start}, slope pooled over {others}"
    if len(sizes) < FEWEST_SIZES:
        listed = ", ".join(f"{size:.0f}" for size in sizes)
        return f"{target} measured with {listed} {question.kind} examples only, slope pooled over {others}"
    return f"{target} measured with {len(sizes)} sizes, {sizes[0]:.0f} to {sizes[-1]:.0f} {question.kind} examples"


def _rest(question: Question) -> str:
    mix = TrainingMix.parse(question.rest.text, language=str)
    said = question.rest.text or "nothing else"
    if len(mix) > NAMED:
        said = f"{question.rest.size:.0f} examples of {len(mix)} languages"
    return said + (f" and {question.held:.0f} {FEATURES[1 - question.column]} ones" if question.held else "")


def _far(points: Points, question: Question) -> list[str]:
    size = question.rest.size
    totals = points.features[:, 2] - points.features[:, 0] - points.features[:, 1]
    said = []
    if size > FAR_REST * totals.max() or size < totals.min() / FAR_REST:
        said.append(f"FAR: {size:.0f} examples of other languages, measured {totals.min():.0f} to {totals.max():.0f}")
    trained = {source for text in set(points.rests) for source in TrainingMix.parse(text, language=str)}
    foreign = [name for name in TrainingMix.parse(question.rest.text, language=str) if name not in trained]
    if foreign:
        said.append(f"FAR: never trained on {', '.join(foreign)}")
    return said
