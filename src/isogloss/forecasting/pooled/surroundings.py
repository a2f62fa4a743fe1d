"""One setting's view of everything around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.pooled.around import Around
from isogloss.forecasting.pooled.donors import Pattern

NOWHERE = Pattern(False, False, False, False)
FEWEST_LANGUAGES = 5
"""Languages of a task from which on trees can learn how they differ."""
FEWEST_MODELS = 3
"""Models measured alike from which on they tell more together than a single row of scores does."""


class Surroundings:
    """What is known around one setting.

    Parameters
    ----------
    around : Around
        Of the setting's block.
    setting : int
        Position in the panel.

    Attributes
    ----------
    pooled : bool
        Whether the setting is one row of scores among others like it, and forecasts come from all of them.
    """

    def __init__(self, around: Around, setting: int):
        self.around, self.setting = around, setting
        panel = around.panel
        alone = (panel.setting_of == setting).sum() == 1
        self.pooled = bool(alone and len(around.donors.settings) >= FEWEST_MODELS and self.telling)

    @property
    def telling(self) -> bool:
        """Whether the task was measured in languages enough to learn from."""
        return len(self.around.languages) >= FEWEST_LANGUAGES

    def pattern(self, target: str) -> Pattern:
        """From where a language without a score in the setting is known."""
        return self.around.donors.pattern(self.setting, target) if self.telling else NOWHERE

    def describe(self, target: str) -> str:
        """From where a language is known besides, in words; empty where it is known from nowhere."""
        if self.pattern(target) == NOWHERE:
            return ""
        models, tasks = self.around.donors.known_from(self.setting, target)
        parts = [
            f"{count} {what}{'' if count == 1 else 's'}"
            for count, what in ((models, "other model"), (tasks, "other task"))
            if count
        ]
        return f"itself known from {' and '.join(parts) or 'the same task otherwise measured'}"

    def predict(
        self, mixes: TrainingMixes, measured: Sequence[str], known: Array, asked: Sequence[str], pattern: Pattern
    ) -> Array:
        """Scores of languages known from where `pattern` says, of shape (rows, asked)."""
        return self.around.predict(self.setting, mixes.texts, measured, known, asked, pattern)

    def held_out(self, grid: Grid, pattern: Pattern) -> Array:
        """Forecasts of the grid's own targets as if they were known from elsewhere only, of its shape."""
        rows, forecasts = self.around.held_out(self.setting, pattern)
        panel = self.around.panel
        row = {text: position for position, text in zip(rows - rows[0], panel.texts[rows], strict=True)}
        columns = [panel.columns[target] for target in grid.targets]
        at = [row[text] for text in grid.mixes.texts]
        return forecasts[np.ix_(at, columns)]

    def residuals(self, pattern: Pattern) -> list[Array]:
        """How far off such forecasts are over all models of the block, one array per language."""
        around = self.around
        away = np.concatenate([
            np.abs(forecasts - around.panel.scores[rows])
            for rows, forecasts in (around.held_out(setting, pattern) for setting in around.donors.settings)
        ])  # fmt: skip
        found = [column[np.isfinite(column)] for column in away.T]
        return [column for column in found if len(column)]
