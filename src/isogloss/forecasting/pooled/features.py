"""Features of the pooled model: what a cell's neighbours, the other models and the other tasks have."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import (
    LANGUAGE_FEATURES,
    MEASURED_LANGUAGES,
    OTHER_SETTINGS,
    PAIR_FEATURES,
    Feature,
    pair_features,
)
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.forecasting.pooled.evidence import BlockEvidence, Pattern, Rows
from isogloss.forecasting.space import TYPICAL_DISTANCE, Space, space

REACHES = (0.05, 0.15, 0.4)
"""Distances, in units of the typical one, over which a neighbour's weight falls by a factor e."""
TYPOLOGY_COUNTS = 50.0
"""Scores in other settings at which these weigh as much as typology in the distance of two languages."""

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


class PooledFeatures:
    """Features of the cells of one block, as far as one pattern has evidence.

    Parameters
    ----------
    evidence : BlockEvidence
    pattern : Pattern
    """

    def __init__(self, evidence: BlockEvidence, pattern: Pattern):
        self.evidence, self.pattern = evidence, pattern
        self.panel = evidence.panel

    def cells(
        self, rows: Rows, known: Array, measured: Sequence[str], targets: Sequence[str], effects: Array
    ) -> tuple[Array, list[Feature]]:
        """Features of rows x targets.

        Parameters
        ----------
        rows : Rows
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
        mixes = TrainingMixes.read(rows.texts.tolist(), self.panel.unknown_size)
        if mixes.sources:
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
