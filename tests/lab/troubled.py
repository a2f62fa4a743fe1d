"""A recipe in which things go wrong on demand; in a module of its own, so that worker processes can import it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from isogloss.lab import Corpus, Fitted, Recipe, Training
from isogloss.lab.recipe import Answers, Apply, Arrays, Estimate


@dataclass(frozen=True)
class Troubled(Recipe):
    """Answers with the most common label. With seed 1 its process dies; with seed 2 the first try fails."""

    name: ClassVar[str] = "troubled"

    scratch: str = ""

    @property
    def model(self) -> str:
        return "none"

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        return {"rows": np.array([sum(map(len, corpus.test))])}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        return Estimate(0.0, 0.0, 0.0, 0.0, 0.0, "guessed")

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        if training.seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        mark = Path(self.scratch) / str(training.rows[0])
        if training.seed == 2 and not mark.exists():
            mark.touch()
            raise OSError("the disk was away for a moment")
        return Fitted({"label": np.array([np.bincount(training.labels).argmax()])})

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        return {"": np.repeat(fitted.arrays["label"], prepared["rows"][0])}
