"""Evidence about the languages of one block: what the other settings of the panel measured of them."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.grid import Array
from isogloss.forecasting.pooled.panel import Panel, column_means

MOST_BLOCKS = 40
MOST_SAME_TASK = 6
MOST_MODELS = 12
"""Other models of which each gets a feature of its own; of more, only their mean."""
SHARED_LANGUAGES = 3
"""Languages that another block must have in common with this one to be used."""


class Pattern(NamedTuple):
    """Which other settings measured a language: the missing-data pattern of its scores."""

    same_model_same_task: bool
    other_models_same_task: bool
    same_model_other_tasks: bool
    other_models_other_tasks: bool


TYPOLOGY_ONLY = Pattern(False, False, False, False)
"""Pattern of a language that no setting measured: nothing but typology and resources is known of it."""


class Rows(NamedTuple):
    """Rows to forecast: a setting and a mix each."""

    settings: NDArray[np.intp]
    texts: NDArray[np.object_]


class BlockEvidence:
    """The rest of a panel as one of its blocks sees it.

    Parameters
    ----------
    panel : Panel
    block : int
        Position in `panel.blocks`.

    Attributes
    ----------
    same_task, other_tasks : list of int
        Blocks that share languages with this one, those that share most first.
    """

    def __init__(self, panel: Panel, block: int):
        self.panel, self.block = panel, block
        task = panel.blocks[block][0]
        same_task = np.array([other[0] == task for other in panel.blocks])
        here = panel.levels[block]
        shared = (~np.isnan(panel.levels) & ~np.isnan(here)).sum(1)
        most = np.argsort(-shared, kind="stable")
        used = [other for other in most if shared[other] >= SHARED_LANGUAGES and other != block]
        self.same_task = [other for other in used if same_task[other]][:MOST_SAME_TASK]
        self.other_tasks = [other for other in used if not same_task[other]][:MOST_BLOCKS]
        self.rows = np.flatnonzero(panel.block_of == block)
        self._of_task = same_task[panel.block_of]
        self._squared: dict[bytes, tuple[Array, Array]] = {}

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
        """Pattern of a language that `setting` has no score in."""
        if language not in self.panel.columns:
            return TYPOLOGY_ONLY
        known = ~np.isnan(self.panel.residuals[:, self.panel.columns[language]])
        known &= self.panel.setting_of != setting
        same_model = self.models == self.panel.settings[setting].model
        return Pattern(*(
            bool((known & model & task).any())
            for task in (self._of_task, ~self._of_task)
            for model in (same_model, ~same_model)
        ))  # fmt: skip

    def counts(self, setting: int, language: str) -> tuple[int, int]:
        """Number of other models that were measured on this task in a language, and of other tasks."""
        known = ~np.isnan(self.panel.residuals[:, self.panel.columns[language]])
        here = known & self._of_task & (self.models != self.panel.settings[setting].model)
        tasks = {self.panel.blocks[block][0] for block in np.unique(self.panel.block_of[known & ~self._of_task])}
        return len(set(self.models[here])), len(tasks)

    def same_model(self, rows: Rows, blocks: list[int]) -> Array:
        """Residuals of the same model in other blocks, under the same mix or else the mean of all.

        Returns
        -------
        array of shape (rows, blocks, languages)
        """
        residuals = np.full((len(rows.settings), len(blocks), len(self.panel.languages)), np.nan)
        for setting in np.unique(rows.settings):
            at = np.flatnonzero(rows.settings == setting)
            residuals[at] = self.of_model(self.panel.settings[setting].model, rows.texts[at], blocks)
        return residuals

    def of_model(self, model: str, texts: NDArray[np.object_], blocks: list[int]) -> Array:
        """Residuals of one model in some blocks, of shape (texts, blocks, languages)."""
        residuals = np.full((len(texts), len(blocks), len(self.panel.languages)), np.nan)
        for place, block in enumerate(blocks):
            if (rows := self.by_model.get((block, model))) is not None:
                residuals[:, place] = self._matched(rows, texts)
        return residuals

    def other_models(self, rows: Rows) -> Array:
        """Residuals of each other model of the block under the same mix, where they are few.

        Returns
        -------
        array of shape (rows, settings of the block, languages)
            NaN for a row's own setting.
        """
        settings = self.settings if len(self.settings) <= MOST_MODELS else []
        residuals = np.full((len(rows.settings), len(settings), len(self.panel.languages)), np.nan)
        for place, other in enumerate(settings):
            of_other = self.rows[self.panel.setting_of[self.rows] == other]
            at = np.flatnonzero(rows.settings != other)
            residuals[at, place] = self._matched(of_other, rows.texts[at])
        return residuals

    def level_of_others(self, rows: Rows) -> Array:
        """Mean residual over the block without each row's own setting, of shape (rows, languages)."""
        levels = np.full((len(rows.settings), len(self.panel.languages)), np.nan)
        values = self.panel.residuals[self.rows]
        known = ~np.isnan(values)
        total, count = np.where(known, values, 0).sum(0), known.sum(0)
        owner = self.panel.setting_of[self.rows]
        for setting in np.unique(rows.settings):
            own = owner == setting
            rest = count - known[own].sum(0)
            summed = total - np.where(known[own], values[own], 0).sum(0)
            levels[rows.settings == setting] = np.where(rest > 0, summed / np.maximum(rest, 1), np.nan)
        return levels

    def squared_differences(self, pattern: Pattern, settings: NDArray[np.intp]) -> tuple[Array, Array]:
        """Squared differences between languages in other settings.

        Models of `settings` are left out unless they are many.

        Returns
        -------
        squares, counts : arrays of shape (languages, languages)
            Sums over rows, of residuals in units of their block's standard deviation, and numbers of rows.
        """
        used = np.zeros(len(self.panel.setting_of), dtype=bool)
        if pattern.same_model_other_tasks or pattern.other_models_other_tasks:
            used |= ~self._of_task
        own = {self.panel.settings[setting].model for setting in settings}
        left_out = np.isin(self.models, list(own)) if len(own) <= MOST_MODELS else np.zeros(len(used), dtype=bool)
        if pattern.other_models_same_task:
            used |= self._of_task & ~left_out
        key = used.tobytes()
        if key not in self._squared:
            values = self.panel.residuals[used] / self.panel.scales[self.panel.block_of[used], None]
            known = (~np.isnan(values)).astype(float)
            values = np.nan_to_num(values)
            squares = (values**2).T @ known
            self._squared[key] = squares + squares.T - 2 * values.T @ values, known.T @ known
        return self._squared[key]

    @cached_property
    def by_model(self) -> dict[tuple[int, str], NDArray[np.intp]]:
        """Rows of the panel that each model has in each block."""
        rows: dict[tuple[int, str], list[int]] = {}
        for row, (block, model) in enumerate(zip(self.panel.block_of.tolist(), self.models, strict=True)):
            rows.setdefault((block, model), []).append(row)
        return {key: np.array(of_key, dtype=np.intp) for key, of_key in rows.items()}

    def _matched(self, rows: NDArray[np.intp], texts: NDArray[np.object_]) -> Array:
        """Residuals of some rows under each of `texts`; the mean of all where there is no such row."""
        values = self.panel.residuals[rows]
        usual = column_means(values)
        by_text: dict[str, list[int]] = {}
        for position, text in enumerate(self.panel.texts[rows]):
            by_text.setdefault(text, []).append(position)
        alike = {text: column_means(values[positions]) for text, positions in by_text.items()}
        matched = np.array([alike.get(text, usual) for text in texts]).reshape(len(texts), len(usual))
        return np.where(np.isnan(matched), usual, matched)
