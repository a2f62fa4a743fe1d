"""Models that are put the same questions, and how many questions that takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.behaviour.answering import choose
from isogloss.behaviour.pitfalls.pairs import Side
from isogloss.models.respondents import Meter, Respondent
from isogloss.progress import Progress


class Panel:
    """Several models that choose.

    Parameters
    ----------
    respondents : sequence of Respondent
    listed, template, meter : see `isogloss.behaviour.answer_questions`
    progress : Progress, optional
        Told of every question that was put to a model.

    Attributes
    ----------
    calls : int
        Questions put so far, counted for each model. What was answered in an earlier run counts, too: results do not
        depend on what was kept.
    """

    def __init__(
        self, respondents: Sequence[Respondent], *, listed: bool, template: str, meter: Meter,
        progress: Progress | None = None,
    ):  # fmt: skip
        self.respondents = respondents
        self.calls = 0
        self._listed, self._template, self._meter, self._progress = listed, template, meter, progress

    def right(self, sides: Sequence[Side], places: Sequence[int]) -> NDArray[np.float64]:
        """Whether choices are right.

        Returns
        -------
        array of shape (models, questions)
            1 or 0; NaN for a reply that names no choice.
        """
        rows = []
        questions = [(side.question, side.choices) for side in sides]
        for one in self.respondents:
            chosen = choose(one, questions, listed=self._listed, template=self._template, meter=self._meter)
            rows.append(
                [np.nan if at is None else float(at == place) for at, place in zip(chosen, places, strict=True)]
            )
            self.calls += len(questions)
            if self._progress is not None:
                self._progress.advance(len(questions))
        return np.array(rows).reshape(len(self.respondents), len(questions))

    def rates(self, sides: Sequence[Side], places: Sequence[int]) -> list[float]:
        """Share of the models that are right, of those that name a choice; 0 where none does."""
        right = self.right(sides, places)
        named = (~np.isnan(right)).sum(0)
        return [float(one) for one in np.nansum(right, 0) / np.maximum(named, 1)]
