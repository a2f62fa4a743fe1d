"""What a curve is drawn of: whose examples vary, what the rest of the mix is held at, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadTrainingMix
from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import LABELLED
from isogloss.forecasting.curves.laws import FEWEST_SIZES, Trial
from isogloss.forecasting.curves.points import FEATURES, Points, Rest, describe_rests
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array
from isogloss.text import counted


@dataclass(frozen=True)
class Question:
    """A target, the kind of its examples that varies, and all that is held.

    Attributes
    ----------
    target : str
    column : int
        Which of `FEATURES` varies: 0 or 1.
    rest : Rest
        What the mix holds of other languages.
    held : float
        Examples of the target of the kind that does not vary.
    why : str
        How the rest was chosen.
    """

    target: str
    column: int
    rest: Rest
    held: float
    why: str

    @property
    def kind(self) -> str:
        """Which examples vary, in a word."""
        return FEATURES[self.column]

    def features(self, sizes: Array) -> Array:
        """`FEATURES` with these numbers of examples, of shape (len(sizes), 4)."""
        others = np.full(len(sizes), self.held)
        return self.rest.features(sizes, others) if self.column == 0 else self.rest.features(others, sizes)

    def alike(self, points: Points) -> NDArray[np.bool_]:
        """Which points have the same rest and hold the same, of shape (points,)."""
        return (points.rests == self.rest.text) & (points.features[:, 1 - self.column] == self.held)


def read_question(points: Points, target: str, train: TrainingMix | None, column: int, unknown_size: float) -> Question:
    """The question about a target beside a mix, or beside the usual one of the evidence.

    Raises
    ------
    BadTrainingMix
        If the mix fixes the very examples that are to vary.
    """
    if train is None:
        return Question(target, column, *_usual_rest(points, target, column, unknown_size))
    return Question(target, column, *_asked_rest(train, target, column, unknown_size), "as asked")


def _asked_rest(mix: TrainingMix, target: str, column: int, unknown_size: float) -> tuple[Rest, float]:
    """The rest that a question names, and how many of the target's other examples it holds."""
    held = 0.0
    for part in mix.parts:
        if part.language != target:
            continue
        if (part.kind == LABELLED) == (column == 0):
            raise BadTrainingMix(
                f"the mix holds {FEATURES[column]} examples of '{target}', which the curve varies",
                where="train",
                hint=f"leave '{target}{'+' + part.kind if part.kind else ''}' out of it",
            )
        held += unknown_size if part.size is None else part.size
    return describe_rests([mix], target, unknown_size)[0], held


def _usual_rest(points: Points, target: str, column: int, unknown_size: float) -> tuple[Rest, float, str]:
    """The rest under which most sizes were measured, else the one in the middle; with why it was chosen.

    Where the target was never measured, the rest under which other languages were.
    """
    own = points.of(target)
    rows = np.flatnonzero(own if own.any() else np.ones(len(points), dtype=bool))
    others = points.features[rows, 1 - column]
    held = 0.0 if (others == 0).any() else float(others.min())
    rows = rows[others == held]
    sizes: dict[str, set[tuple[int, float]]] = {}
    for row in rows:
        sizes.setdefault(points.rests[row], set()).add((points.language[row], points.features[row, column]))
    most = max(len(group) for group in sizes.values())
    shared = most > len(set(points.language[rows]))
    texts = sorted(text for text, group in sizes.items() if len(group) == most or not shared)
    rests = describe_rests([TrainingMix.parse(text, language=str) for text in texts], target, unknown_size)
    if shared:
        return max(rests, key=lambda rest: rest.size), held, "under which most sizes were measured"
    why = "in the middle of those measured" if len(rests) > 1 else "the only one measured"
    return _middle(rests), held, why


def _middle(rests: list[Rest]) -> Rest:
    """The rest nearest the median of all in the logarithms of their size and kin."""
    doses: Array = np.log1p([[rest.size, rest.kin] for rest in rests])
    distances = (np.abs(doses - np.median(doses, axis=0)) / (doses.std(0) + 1e-9)).sum(1)
    return rests[int(distances.argmin())]


NAMED = 3
"""Sources of a rest that are named; more are counted."""
FAR_REST = 2.0
"""The rest of a mix is far when it is so many times larger or smaller than any measured."""


def curve_notes(
    points: Points, question: Question, own: Points, trials: list[Trial], start: str | None, rises: bool
) -> tuple[str, ...]:
    """What was measured of the target, what is held, how the law was chosen, and warnings: a clause for each.

    Parameters
    ----------
    points, own : Points
        All of the setting, and the target's.
    trials : list of Trial
        Best first; empty where nothing was tried.
    start : str or None
        The forecast without examples of a target never measured.
    """
    parts = [_measured(points, question, own, start), f"rest of the mix: {_rest(question)} ({question.why})"]
    if trials:
        parts.append("held-out error " + ", ".join(f"{trial.error:.3g} {trial.name}" for trial in trials))
    if not rises:
        parts.append("scores get worse with more examples")
    parts += _warnings(points, question).values()
    if points.left_out:
        parts.append(f"{counted(points.left_out, 'score')} left out for want of a number of examples")
    return tuple(parts)


def rest_flags(points: Points, question: Question) -> frozenset[Flag]:
    """Flags of the rest of the mix."""
    return frozenset(_warnings(points, question))


def _measured(points: Points, question: Question, own: Points, start: str | None) -> str:
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
    text = question.rest.text or "nothing else"
    if len(mix) > NAMED:
        text = f"{question.rest.size:.0f} examples of {len(mix)} languages"
    return text + (f" and {question.held:.0f} {FEATURES[1 - question.column]} ones" if question.held else "")


def _warnings(points: Points, question: Question) -> dict[Flag, str]:
    """Flags of the rest of the mix, each with what was asked and measured."""
    size = question.rest.size
    totals = points.features[:, 2] - points.features[:, 0] - points.features[:, 1]
    warnings = {}
    trained = {source for text in set(points.rests) for source in TrainingMix.parse(text, language=str)}
    foreign = [name for name in TrainingMix.parse(question.rest.text, language=str) if name not in trained]
    if foreign:
        warnings[Flag.TRAINING_LANGUAGE_UNMEASURED] = f"no measured mix has {', '.join(foreign)}"
    if size > FAR_REST * totals.max() or size < totals.min() / FAR_REST:
        measured = f"{totals.min():.0f} to {totals.max():.0f}"
        warnings[Flag.SIZE_OUTSIDE_MEASURED] = f"{size:.0f} examples of other languages, where {measured} were measured"
    return warnings
