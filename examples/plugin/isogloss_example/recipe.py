"""The most frequent training label for every test item: what any model has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import numpy as np

from isogloss.lab import Corpus, Fitted, Recipe, Training
from isogloss.lab.recipe import Answers, Apply, Arrays, Estimate


@dataclass(frozen=True)
class Majority(Recipe):
    """Answers with the label that the training rows have most often."""

    name: ClassVar[str] = "majority"

    @property
    def model(self) -> str:
        """No model is adapted."""
        return "majority"

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """How many test rows there are is all that is needed."""
        return {"rows": np.array([len(list(chain.from_iterable(corpus.test)))])}

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Count."""
        return Fitted({"label": np.array([np.bincount(training.labels).argmax()])})

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The same answer everywhere."""
        return {"": np.full(int(prepared["rows"][0]), int(fitted.arrays["label"][0]))}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """Nothing to speak of."""
        return Estimate(0.0, 0.001, 0.0, 0.0, 0.0, "counting")
