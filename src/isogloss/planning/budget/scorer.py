"""The forecaster as a function of what was bought: amounts in, scores of the targets out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadTrainingMix
from isogloss.evidence import TrainingMix
from isogloss.forecasting.grid import Array, TrainingMixes


class Scorer:
    """Scores of some targets after adding examples of some languages to a mix.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted, with intervals if they are asked for.
    queries : polars.DataFrame
        One for each target; what they were trained on is filled in.
    base : TrainingMix
        What there is already.
    languages : sequence of str
        Languages that may be added to.
    level : float, optional
        Answer with the lower ends of intervals at this level instead of means.

    Attributes
    ----------
    asked : int
        Mixes that the forecaster was asked about; each is asked about once.

    Raises
    ------
    BadTrainingMix
        If it is not known how much there is already of a language that may be added to.
    """

    def __init__(
        self,
        forecaster: Any,
        queries: pl.DataFrame,
        base: TrainingMix,
        languages: Sequence[str],
        level: float | None = None,
    ):
        self._forecaster, self._queries, self._languages, self._level = forecaster, queries, tuple(languages), level
        self.base = base
        for language in languages:
            if language in base and base[language] is None:
                raise BadTrainingMix(
                    f"how much there is of '{language}' is not known, so nothing can be added to it",
                    where="train",
                    hint=f"write {language}:1000, say",
                )
        self._known: dict[str, Array] = {}
        self.asked = 0

    def mix(self, amounts: Array) -> str:
        """The mix with these amounts added, in labelled examples."""
        sizes: dict[str, int | None] = dict(self.base)
        for language, amount in zip(self._languages, amounts, strict=True):
            if amount > 0:
                sizes[language] = (sizes.get(language) or 0) + max(round(float(amount)), 1)
        return str(TrainingMix(sizes))

    def __call__(self, amounts: Array) -> Array:
        """Scores of shape (rows, targets) for amounts of shape (rows, languages)."""
        texts = [self.mix(row) for row in amounts]
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self.asked += len(new)
            column = "mean" if self._level is None else "lower"
            scores = self._ask(new, self._level)[column].to_numpy().reshape(len(new), -1)
            self._known.update(zip(new, scores.astype(float), strict=True))
        return np.array([self._known[text] for text in texts])

    def intervals(self, amounts: Array, level: float) -> pl.DataFrame:
        """Forecasts with intervals after adding amounts of shape (languages,), one row for each target."""
        return self._ask([self.mix(amounts)], level)

    def _ask(self, texts: Sequence[str], level: float | None) -> pl.DataFrame:
        columns = self._queries.columns
        queries = pl.DataFrame({"train": texts}).join(self._queries.drop("train"), how="cross").select(columns)
        found: pl.DataFrame = (
            self._forecaster.predict(queries) if level is None else self._forecaster.predict_interval(queries, level)
        )
        return found


def labelled_of(base: Mapping[str, int | None]) -> int | None:
    """Examples of all languages together; None where one of them is not known."""
    sizes = list(base.values())
    return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)


def choose_base(observations: pl.DataFrame, asked: TrainingMix | None) -> tuple[TrainingMix, str]:
    """The mix that a plan adds to, and why it is that one.

    Parameters
    ----------
    observations : polars.DataFrame
        Of one setting.
    asked : TrainingMix or None
        None where nobody said.

    Notes
    -----
    Where every model was trained on something, forecasts of a model trained on nothing rest on nothing. Then the
    mix is taken whose sizes of languages are nearest the median of those measured, by their logarithms.
    """
    if asked is not None:
        return asked, "as asked"
    texts = observations["train"].unique().sort().to_list()
    if "" in texts:
        return TrainingMix({}), "the model as it is was measured"
    sizes = np.log1p(TrainingMixes.read(texts).sizes)
    apart = np.abs(sizes - np.median(sizes, axis=0)).sum(1) + np.abs(sizes.sum(1) - np.median(sizes.sum(1)))
    middle = TrainingMix.parse(texts[int(apart.argmin())], language=str)
    return middle, "in the middle of those measured; a mix of your own may be given"
