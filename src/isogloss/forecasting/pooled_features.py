"""Features of the pooled model: what a cell's neighbours, the other models and the other tasks have."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import (
    LANGUAGE_FEATURES,
    MEASURED_LANGUAGES,
    OTHER_SETTINGS,
    PAIR_FEATURES,
    TYPICAL_DISTANCE,
    Feature,
    Space,
    pair_features,
    space,
)
from isogloss.forecasting.grid import Array, Panel, TrainingMixes, column_means

MOST_BLOCKS = 40
MOST_SAME_TASK = 6
MOST_MODELS = 12
"""Other models of which each gets a feature of its own; of more, only their mean."""
SHARED_LANGUAGES = 3
"""Languages that another block must have in common with this one to be used."""
REACHES = (0.05, 0.15, 0.4)
"""Distances, in units of the typical one, over which a neighbour's weight falls by a factor e."""
TYPOLOGY_COUNTS = 50.0
"""Scores in other settings at which these weigh as much as typology in the distance of two languages."""


class Pattern(NamedTuple):
    """Which other settings measured a language: the missing-data pattern of its scores."""

    same_model_same_task: bool
    other_models_same_task: bool
    same_model_other_tasks: bool
    other_models_other_tasks: bool


TYPOLOGY_ONLY = Pattern(False, False, False, False)
"""Pattern of a language that no setting measured: nothing but typology and resources is known of it."""

CELL_FEATURES = (
    Feature("mean of the measured languages", MEASURED_LANGUAGES, "effect of the row"),
    Feature("spread of the measured languages", MEASURED_LANGUAGES, "standard deviation of the row"),
    *LANGUAGE_FEATURES[:2],
    *(
        Feature(f"{name} of languages near within {reach:g}", MEASURED_LANGUAGES, description)
        for reach in REACHES
        for name, description in (("scores", "kernel mean of the row"), ("levels", "kernel mean over the block"))
    ),
)
"""Features that every pattern has."""
PATTERN_FEATURES = {
    name: Feature(f"same language, {name.replace('_', ' ')}", OTHER_SETTINGS, "residuals in other settings")
    for name in Pattern._fields
}
"""Features that each part of a pattern adds, by the part's name."""


class Rows(NamedTuple):
    """Rows to forecast: a setting and a mix each."""

    settings: NDArray[np.intp]
    texts: NDArray[np.object_]


class BlockEvidence:
    """The rest of a panel as one of its blocks sees it.

    Parameters
    ----------
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
    def adapted(self) -> bool:
        """Whether the block has a training mix; if not, nothing is known of what mixes do."""
        return any(self.panel.texts[self.rows])

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


class PooledFeatures:
    """Features of the cells of one block, as far as one pattern has evidence."""

    def __init__(self, evidence: BlockEvidence, pattern: Pattern):
        self.evidence, self.pattern = evidence, pattern
        self.panel = evidence.panel

    def cells(
        self, rows: Rows, known: Array, measured: Sequence[str], targets: Sequence[str], effects: Array
    ) -> tuple[Array, list[Feature]]:
        """Features of rows x targets.

        Parameters
        ----------
        known : array of shape (rows, measured)
            Scores less `effects` of the measured languages; NaN where there is none.
        measured, targets : sequences of str
            The own score of a language that is in both is not used.
        effects : array of shape (rows,)

        Returns
        -------
        cells : array of shape (rows, targets, features)
            NaN where a thing is not known.
        features : list of Feature
        """
        every = space(measured, targets, self.panel.languages)
        shape = (len(rows.settings), len(targets))
        layers = [np.broadcast_to(effects[:, None], shape), np.broadcast_to(_spread(known)[:, None], shape)]
        layers += [np.broadcast_to(values[every.at(targets)], shape) for values in (every.web_text, every.unspaced)]
        layers += self._neighbours(rows, known, measured, targets, every)
        parts, features = [np.stack(layers, axis=2)], list(CELL_FEATURES)
        for feature, part in self._other_settings(rows, targets):
            parts.append(part)
            features += [feature] * part.shape[2]
        if self.evidence.adapted:
            mixes = TrainingMixes.read(rows.texts.tolist(), self.panel.unknown_size)
            pairs = space(measured, targets, self.panel.languages, mixes.sources)
            parts.append(pair_features(pairs, mixes.sizes, mixes.sources, targets))
            features += PAIR_FEATURES
        return np.concatenate(parts, axis=2), features

    def _neighbours(
        self, rows: Rows, known: Array, measured: Sequence[str], targets: Sequence[str], every: Space
    ) -> list[Array]:
        """Scores of near languages in the same row, and in all rows of the block."""
        distance = self._distance(rows, measured, targets, every)
        known_there, filled = (~np.isnan(known)).astype(float), np.nan_to_num(known)
        level = self.panel.levels[self.evidence.block][self._columns(measured)]
        known_level, filled_level = (~np.isnan(level)).astype(float), np.nan_to_num(level)
        layers = []
        for reach in REACHES:
            closeness = np.where(np.isinf(distance), 0.0, np.exp(-distance / reach) + 1e-12).T
            layers.append(filled @ closeness / (known_there @ closeness + 1e-15))
            of_level = filled_level @ closeness / (known_level @ closeness + 1e-15)
            layers.append(np.broadcast_to(of_level, layers[-1].shape))
        return layers

    def _distance(self, rows: Rows, measured: Sequence[str], targets: Sequence[str], every: Space) -> Array:
        """Distance from targets to measured languages by typology and by scores; infinite to itself."""
        distance = every.between("combined", targets, measured) / TYPICAL_DISTANCE["combined"]
        itself = np.array(targets, dtype=object)[:, None] == np.array(measured, dtype=object)
        if any(self.pattern):
            squares, counts = self.evidence.squared_differences(self.pattern, np.unique(rows.settings))
            of_targets, of_measured = self._columns(targets), self._columns(measured)
            cells = np.ix_(of_targets, of_measured)
            known = (of_targets >= 0)[:, None] & (of_measured >= 0)
            squares, counts = np.where(known, squares[cells] / 2, 0), np.where(known, counts[cells], 0)
            distance = (squares + TYPOLOGY_COUNTS * distance) / (counts + TYPOLOGY_COUNTS)
        return np.where(itself, np.inf, distance)

    def _other_settings(self, rows: Rows, targets: Sequence[str]) -> list[tuple[Feature, Array]]:
        """Residuals of the same languages in other settings, each part of shape (rows, targets, features)."""
        evidence, panel, columns = self.evidence, self.panel, self._columns(targets)
        parts: list[tuple[str, Array]] = []
        if self.pattern.same_model_same_task:
            parts.append(("same_model_same_task", evidence.same_model(rows, evidence.same_task)))
        if self.pattern.other_models_same_task:
            others = evidence.other_models(rows)
            of_others = [evidence.level_of_others(rows)[:, None], others, _mean(others)]
            of_others.append(np.repeat(panel.levels[evidence.same_task][None], len(rows.texts), axis=0))
            parts += [("other_models_same_task", part) for part in of_others]
        levels = panel.levels[evidence.other_tasks]
        if self.pattern.same_model_other_tasks:
            same = evidence.same_model(rows, evidence.other_tasks)
            parts += [("same_model_other_tasks", part) for part in (same, _mean(same), _mean(same - levels))]
        if self.pattern.other_models_other_tasks:
            for part in (levels, _mean(levels[None])[0]):
                parts.append(("other_models_other_tasks", np.repeat(part[None], len(rows.texts), axis=0)))
        return [
            (PATTERN_FEATURES[name], np.where(columns >= 0, part[:, :, columns], np.nan).transpose(0, 2, 1))
            for name, part in parts
        ]

    def _columns(self, languages: Sequence[str]) -> NDArray[np.intp]:
        return np.array([self.panel.columns.get(language, -1) for language in languages], dtype=np.intp)


def _spread(known: Array) -> Array:
    """Standard deviation of each row, 0 where fewer than two cells are known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.nanstd(known, axis=1))


def _mean(values: Array) -> Array:
    """Mean over the middle axis of what is known, of shape (rows, 1, languages)."""
    known = ~np.isnan(values)
    counts = known.sum(1, keepdims=True)
    return np.where(counts > 0, np.nansum(values, axis=1, keepdims=True) / np.maximum(counts, 1), np.nan)
