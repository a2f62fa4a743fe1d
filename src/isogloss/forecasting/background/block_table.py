"""Block tables: all models of one task in the evidence as one table, with the link of its metric."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.background.artefact import Background
from isogloss.forecasting.background.link import AffineLink, ChanceLink, Link
from isogloss.forecasting.background.table_model import JointForecast, JointPosterior, TableForecast, TableModel
from isogloss.forecasting.grid import Array, Panel, two_way
from isogloss.metrics.registry import find_metric, lowest_fraction

FEWEST_FOR_SCALE = 3
"""Languages from which on the scale of a metric without a range can be told."""
LEAST_SPREAD = 0.02
"""Spread of such scores, as a share of their size, when they are all equal."""


class BlockTable:
    """The table model of one block of a panel, fitted when it is first needed.

    Parameters
    ----------
    panel : Panel
    block : int
        Position in `panel.blocks`.
    background : Background
    chance : float
        Score of a uniform guess, 0 where it is not known.
    higher_is_better : bool

    Attributes
    ----------
    rows : array of int
        Rows of the panel.
    languages : tuple of str
        With a score in the block.
    """

    def __init__(self, panel: Panel, block: int, background: Background, chance: float, higher_is_better: bool):
        self.rows = np.flatnonzero(panel.block_of == block)
        columns = np.flatnonzero(~np.isnan(panel.scores[self.rows]).all(0))
        self.scores = panel.scores[np.ix_(self.rows, columns)]
        self.languages = tuple(panel.languages[column] for column in columns)
        settings = [panel.settings[place] for place in np.unique(panel.setting_of[self.rows])]
        self.bounded = bool(panel.bounded[panel.setting_of[self.rows]].all())
        self.prompted = any(setting.shots is not None for setting in settings)
        self._lowest = find_metric(settings[0].metric).lowest
        self._worst = lowest_fraction(settings[0].metric)
        self._chance, self._higher_is_better, self._background = chance, higher_is_better, background

    @cached_property
    def link_(self) -> Link:
        """From scores to the unbounded scale."""
        if self.bounded:
            return self._chance_link()
        ends = self._lowest is not None and -np.inf < self._lowest < np.nanmin(self.scores)
        lowest = self._lowest if ends else None
        values = AffineLink(0.0, 1.0, lowest=lowest).unscaled(self.scores)
        mean, _, levels = two_way(values)
        least = LEAST_SPREAD * (1.0 if lowest is not None else max(float(np.nanmax(np.abs(values))), 1e-9))
        scale = max(float(levels.std()), least) / self._model.fit(values, self.languages).expected_spread()
        return AffineLink(mean, scale, self._higher_is_better, lowest)

    def _chance_link(self) -> ChanceLink:
        if not self._higher_is_better:
            return ChanceLink(higher_is_better=False)
        # Correlations can be measured below chance, and then flatten out at the lowest of them.
        below = self._worst < 0 and np.nanmin(self.scores) < self._chance
        return ChanceLink(float(np.nanmin(self.scores)) if below else self._chance, lowest=self._worst)

    @property
    def has_scale(self) -> bool:
        """Whether the spread of scores over languages is known, so that intervals are finite."""
        return self.bounded or len(self.languages) >= FEWEST_FOR_SCALE

    @cached_property
    def fitted_(self) -> TableModel:
        """The table model, given all scores of the block."""
        return self._model.fit(self.link_.forward(self.scores), self.languages)

    @property
    def _model(self) -> TableModel:
        background = self._background
        return TableModel(background.factors, background.slopes, background.probe)

    def predict(self, rows: NDArray[np.intp], languages: Sequence[str]) -> TableForecast:
        """Posterior of some rows of the panel, which the block must have."""
        # Every model of a sheet is asked about the same languages, one after the other.
        asked, posterior = _LAST.get(self, ((), None))
        if posterior is None or asked != tuple(languages):
            posterior = self.fitted_.predict(languages)
            _LAST[self] = tuple(languages), posterior
        return posterior.take(np.searchsorted(self.rows, rows))

    def joint(self, row: int, languages: Sequence[str]) -> JointForecast:
        """Posterior of one row of the panel in some languages together."""
        asked, posterior = _LAST_JOINT.get(self, ((), None))
        if posterior is None or asked != tuple(languages):
            posterior = self.fitted_.joint(languages)
            _LAST_JOINT[self] = tuple(languages), posterior
        return posterior.of(int(np.searchsorted(self.rows, row)))

    def bounds(self, mean: Array, deviation: Array, level: float) -> tuple[Array, Array]:
        """Ends of intervals as scores, from mean and deviation on the unbounded scale."""
        below, above = self._background.quantiles.bounds(level, prompted=self.prompted)
        if not self.has_scale:
            return np.full(mean.shape, -np.inf), np.full(mean.shape, np.inf)
        ends = (self.link_.inverse(mean + quantile * deviation) for quantile in (below, above))
        first, second = ends
        return np.minimum(first, second), np.maximum(first, second)


_LAST: WeakKeyDictionary[BlockTable, tuple[tuple[str, ...], TableForecast]] = WeakKeyDictionary()
_LAST_JOINT: WeakKeyDictionary[BlockTable, tuple[tuple[str, ...], JointPosterior]] = WeakKeyDictionary()
"""The languages asked about last and their posterior; not on the table, which would be saved with them."""
