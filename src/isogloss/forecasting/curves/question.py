"""What is asked: whose examples vary, and what the rest of the mix is held at meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadTrainingMix
from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import LABELLED
from isogloss.forecasting.curves.points import FEATURES, Points, Rest, describe_rests
from isogloss.forecasting.grid import Array


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
                where="--train",
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
    most = max(len(found) for found in sizes.values())
    shared = most > len(set(points.language[rows]))
    texts = sorted(text for text, found in sizes.items() if len(found) == most or not shared)
    rests = describe_rests([TrainingMix.parse(text, language=str) for text in texts], target, unknown_size)
    if shared:
        return max(rests, key=lambda rest: rest.size), held, "under which most sizes were measured"
    why = "in the middle of those measured" if len(rests) > 1 else "the only one measured"
    return _middle(rests), held, why


def _middle(rests: list[Rest]) -> Rest:
    """The rest nearest the median of all in the logarithms of their size and kin."""
    doses: Array = np.log1p([[rest.size, rest.kin] for rest in rests])
    apart = (np.abs(doses - np.median(doses, axis=0)) / (doses.std(0) + 1e-9)).sum(1)
    return rests[int(apart.argmin())]
