"""Metrics of written texts that are computed from sums over rows, such as counts of n-grams."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.metrics.metric import Computation, Gold, Matrix, Measurement, standard_errors


class SumComputation(Computation):
    """Computes a metric of a corpus of texts from counts that are summed over rows.

    A subclass gives the counts of a row, and the score of sums. The score of a row is that of its own counts.

    Attributes
    ----------
    needs_sources : bool
        Whether it compares answers with the texts that they were made from, too.
    """

    answers: ClassVar[tuple[str, ...]] = ("text",)
    needs_sources: ClassVar[bool] = False

    @abstractmethod
    def count(self, text: str, references: Sequence[str], source: str, language: str) -> Sequence[float]:
        """Counts of one row.

        Parameters
        ----------
        text : str
            What a model wrote.
        references : sequence of str
            All that is right.
        source : str
            What it was made from; empty where that is not known.
        language : str
            ISO 639-3 code.
        """

    @abstractmethod
    def score(self, sums: Matrix, language: str) -> float:
        """The score of sums of counts, of shape (counts,)."""

    def score_of_row(self, counts: Matrix, language: str) -> float:
        """The score of the counts of one row."""
        return self.score(counts, language)

    def counts(self, gold: Gold, predicted: Matrix) -> Matrix:
        """Counts of all rows, of shape (rows, counts).

        Raises
        ------
        BadValue
            If the metric needs sources, and there are none.
        """
        if self.needs_sources and not gold.sources:
            raise BadValue("compares with source texts, and there are none", hint="add a column source")
        rows = zip(
            gold.texts(predicted), gold.answers, gold.sources or [""] * len(predicted), gold.targets, strict=True
        )
        return np.array(
            [self.count(text, right, source, gold.languages[target]) for text, right, source, target in rows], float
        )

    def item_scores(self, gold: Gold, predicted: Matrix) -> Matrix:
        return self._of_rows(gold, self.counts(gold, predicted))

    def measure(self, gold: Gold, predicted: Matrix) -> Measurement:
        """Scores of targets, their standard errors, and scores of rows.

        Notes
        -----
        A row moves a score by what the score loses without it, about their mean: the jackknife (Efron 1982, chapter 3).
        """
        counts = self.counts(gold, predicted)
        scores, moved = np.zeros(len(gold.languages)), np.zeros(len(predicted))
        for place, language in enumerate(gold.languages):
            rows = np.flatnonzero(gold.targets == place)
            sums = counts[rows].sum(0)
            scores[place] = self.score(sums, language)
            if len(rows) > 1:
                without = np.array([self.score(sums - counts[row], language) for row in rows])
                moved[rows] = (without.mean() - without) * (len(rows) - 1) / len(rows)
        return Measurement(scores, standard_errors(moved, gold.targets), self._of_rows(gold, counts))

    def _of_rows(self, gold: Gold, counts: Matrix) -> Matrix:
        rows = zip(counts, gold.targets, strict=True)
        return np.array([self.score_of_row(row, gold.languages[target]) for row, target in rows])
