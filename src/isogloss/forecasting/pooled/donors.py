"""What other settings say about the languages of some rows, whatever row of one block is asked about."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.grid import Array
from isogloss.forecasting.pooled.panel import Panel, column_means

MOST_BLOCKS = 40
MOST_SISTERS = 6
MOST_MODELS = 12
"""Other models of which each gets a feature of its own; of more, only their mean."""
SHARED_LANGUAGES = 3
"""Languages that another task must have in common with this one to tell anything."""


class Pattern(NamedTuple):
    """From where a language is known, besides typology."""

    same_model_same_task: bool
    other_models_same_task: bool
    same_model_other_tasks: bool
    other_models_other_tasks: bool


class Rows(NamedTuple):
    """Rows to forecast: a setting and a mix each."""

    settings: NDArray[np.intp]
    texts: NDArray[np.object_]


class Donors:
    """The rest of a panel as one of its blocks sees it.

    Parameters
    ----------
    panel : Panel
    block : int
        Position in `panel.blocks`.
    """

    def __init__(self, panel: Panel, block: int):
        self.panel, self.block = panel, block
        task = panel.blocks[block][0]
        same_task = np.array([other[0] == task for other in panel.blocks])
        here = panel.levels[block]
        shared = (~np.isnan(panel.levels) & ~np.isnan(here)).sum(1)
        most = np.argsort(-shared, kind="stable")
        telling = [other for other in most if shared[other] >= SHARED_LANGUAGES and other != block]
        self.sisters = [other for other in telling if same_task[other]][:MOST_SISTERS]
        self.tasks = [other for other in telling if not same_task[other]][:MOST_BLOCKS]
        self.rows = np.flatnonzero(panel.block_of == block)
        self._of_task = same_task[panel.block_of]

    @cached_property
    def models(self) -> NDArray[np.object_]:
        """Model of each row of the panel."""
        names = np.array([setting.model for setting in self.panel.settings], dtype=object)
        return names[self.panel.setting_of]

    @cached_property
    def settings(self) -> list[int]:
        """Settings of the block."""
        return sorted(set(self.panel.setting_of[self.rows].tolist()))

    def pattern(self, setting: int, language: str) -> Pattern:
        """From where a language is known that `setting` has no score in."""
        if language not in self.panel.columns:
            return Pattern(False, False, False, False)
        known = ~np.isnan(self.panel.residuals[:, self.panel.columns[language]])
        known &= self.panel.setting_of != setting
        same_model = self.models == self.panel.settings[setting].model
        return Pattern(*(
            bool((known & model & task).any())
            for task in (self._of_task, ~self._of_task)
            for model in (same_model, ~same_model)
        ))  # fmt: skip

    def known_from(self, setting: int, language: str) -> tuple[int, int]:
        """How many other models have a language in this task, and how many other tasks have it."""
        known = ~np.isnan(self.panel.residuals[:, self.panel.columns[language]])
        here = known & self._of_task & (self.models != self.panel.settings[setting].model)
        there = {self.panel.blocks[block][0] for block in np.unique(self.panel.block_of[known & ~self._of_task])}
        return len(set(self.models[here])), len(there)

    def same_model(self, rows: Rows, blocks: list[int]) -> Array:
        """Residuals of the same model in other blocks, under the same mix or else the mean of all.

        Returns
        -------
        array of shape (rows, blocks, languages)
        """
        found = np.full((len(rows.settings), len(blocks), len(self.panel.languages)), np.nan)
        for setting in np.unique(rows.settings):
            at = np.flatnonzero(rows.settings == setting)
            found[at] = self.of_model(self.panel.settings[setting].model, rows.texts[at], blocks)
        return found

    def of_model(self, model: str, texts: NDArray[np.object_], blocks: list[int]) -> Array:
        """Residuals of one model in some blocks, of shape (texts, blocks, languages)."""
        found = np.full((len(texts), len(blocks), len(self.panel.languages)), np.nan)
        for place, block in enumerate(blocks):
            if (theirs := self.by_model.get((block, model))) is not None:
                found[:, place] = self._matched(theirs, texts)
        return found

    def other_models(self, rows: Rows) -> Array:
        """Residuals of each other model of the block under the same mix, where they are few.

        Returns
        -------
        array of shape (rows, settings of the block, languages)
            NaN for a row's own setting.
        """
        settings = self.settings if len(self.settings) <= MOST_MODELS else []
        found = np.full((len(rows.settings), len(settings), len(self.panel.languages)), np.nan)
        for place, other in enumerate(settings):
            theirs = self.rows[self.panel.setting_of[self.rows] == other]
            at = np.flatnonzero(rows.settings != other)
            found[at, place] = self._matched(theirs, rows.texts[at])
        return found

    def level_of_others(self, rows: Rows) -> Array:
        """Mean residual over the block without each row's own setting, of shape (rows, languages)."""
        found = np.full((len(rows.settings), len(self.panel.languages)), np.nan)
        values = self.panel.residuals[self.rows]
        known = ~np.isnan(values)
        total, count = np.where(known, values, 0).sum(0), known.sum(0)
        owner = self.panel.setting_of[self.rows]
        for setting in np.unique(rows.settings):
            own = owner == setting
            rest = count - known[own].sum(0)
            summed = total - np.where(known[own], values[own], 0).sum(0)
            found[rows.settings == setting] = np.where(rest > 0, summed / np.maximum(rest, 1), np.nan)
        return found

    def differences(self, pattern: Pattern, settings: NDArray[np.intp]) -> tuple[Array, Array]:
        """How far apart languages were elsewhere: sums of squared differences, and how many there are.

        Rows of `settings` are left out where there are other models enough without them.

        Returns
        -------
        squares, counts : arrays of shape (languages, languages)
            Of residuals in units of their block's standard deviation.
        """
        used = np.zeros(len(self.panel.setting_of), dtype=bool)
        if pattern.same_model_other_tasks or pattern.other_models_other_tasks:
            used |= ~self._of_task
        asked = {self.panel.settings[setting].model for setting in settings}
        alone = np.isin(self.models, list(asked)) if len(asked) <= MOST_MODELS else np.zeros(len(used), dtype=bool)
        if pattern.other_models_same_task:
            used |= self._of_task & ~alone
        key = used.tobytes()
        if key not in self._sums:
            self._sums[key] = self._squares(used)
        return self._sums[key]

    @cached_property
    def _sums(self) -> dict[bytes, tuple[Array, Array]]:
        return {}

    def _squares(self, used: NDArray[np.bool_]) -> tuple[Array, Array]:
        values = self.panel.residuals[used] / self.panel.scales[self.panel.block_of[used], None]
        known = (~np.isnan(values)).astype(float)
        values = np.nan_to_num(values)
        squares = (values**2).T @ known
        return squares + squares.T - 2 * values.T @ values, known.T @ known

    @cached_property
    def by_model(self) -> dict[tuple[int, str], NDArray[np.intp]]:
        """Rows of the panel that each model has in each block."""
        found: dict[tuple[int, str], list[int]] = {}
        for row, (block, model) in enumerate(zip(self.panel.block_of.tolist(), self.models, strict=True)):
            found.setdefault((block, model), []).append(row)
        return {key: np.array(rows, dtype=np.intp) for key, rows in found.items()}

    def _matched(self, theirs: NDArray[np.intp], texts: NDArray[np.object_]) -> Array:
        """Residuals of some rows under each of `texts`; the mean of all where there is no such row."""
        values = self.panel.residuals[theirs]
        usual = column_means(values)
        by_text: dict[str, list[int]] = {}
        for position, text in enumerate(self.panel.texts[theirs]):
            by_text.setdefault(text, []).append(position)
        alike = {text: column_means(values[positions]) for text, positions in by_text.items()}
        rows = np.array([alike.get(text, usual) for text in texts]).reshape(len(texts), len(usual))
        return np.where(np.isnan(rows), usual, rows)
