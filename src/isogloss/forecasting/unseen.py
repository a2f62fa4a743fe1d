"""Languages that a setting has no score in: opinions weighed, and how far off the result is.

There may be two sources of opinions: the setting itself, which knows what it measured and how languages
differ, and what is known of the same languages from elsewhere. Which to trust how far is decided on the
setting's own languages, each hidden in its turn.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from isogloss.forecasting.grid import Array, Grid
from isogloss.forecasting.model import FEWEST_TO_CHOOSE, Opinions, choose_share, choose_weights
from isogloss.forecasting.spread import Spread
from isogloss.stats.conformal import weighted_conformal_quantiles

LANGUAGES_PRIOR = 20.0
"""Languages at which the weights that cross-validation chose count as much as equal ones.

With few languages the best of several opinions is told by luck, and their mean is safer."""


class Unseen:
    """Forecasts of languages without a score in a setting.

    Parameters
    ----------
    grid : Grid
    own : Opinions or None
        The setting's own forecasts of its languages, each held out.
    elsewhere : array of shape (rows, targets) or None
        Forecasts of the same cells from what other settings know of the language.

    Attributes
    ----------
    weights_ : array of shape (members,)
        Of the setting's own opinions; empty where there are none.
    elsewhere_weight_ : float
        Of the forecast from elsewhere, against the weighted own ones.
    """

    def __init__(self, grid: Grid, own: Opinions | None, elsewhere: Array | None):
        self._grid, self._own, self._elsewhere = grid, own, elsewhere
        self.weights_ = np.zeros(0) if own is None else _shrunk_weights(own)
        self.elsewhere_weight_ = 0.0 if elsewhere is None else 1.0
        if own is not None and elsewhere is not None:
            self.elsewhere_weight_ = choose_share(np.tensordot(self.weights_, own.scores, 1), elsewhere, grid.scores)

    def combine(self, own: Array | None, elsewhere: Array | None) -> Array:
        """One forecast from the opinions, of shape (rows, targets).

        Parameters
        ----------
        own : array of shape (members, rows, targets) or None
        elsewhere : array of shape (rows, targets) or None
        """
        if own is None or elsewhere is None:
            only = elsewhere if own is None else np.tensordot(self.weights_, own, 1)
            assert only is not None, "a forecast comes from somewhere"
            return only
        share = self.elsewhere_weight_
        return np.asarray((1 - share) * np.tensordot(self.weights_, own, 1) + share * elsewhere)

    @cached_property
    def _forecasts(self) -> Array:
        return self.combine(None if self._own is None else self._own.scores, self._elsewhere)

    @cached_property
    def _residuals(self) -> Array:
        residuals = np.abs(self._grid.clip(self._forecasts) - self._grid.scores)
        return residuals / self._own.spread if self.by_typology and self._own is not None else residuals

    @property
    def by_typology(self) -> bool:
        """Whether forecasts come from the setting alone, so that its model knows how unsure they are."""
        return self._elsewhere is None

    @cached_property
    def spread_(self) -> Spread:
        """How much further off than expected forecasts are."""
        return Spread(self._grid, self._forecasts, self._residuals)

    @cached_property
    def usual_(self) -> float:
        """Median size of a residual, in points of the score over those of `spread_`."""
        return (
            float(np.median(self._own.spread)) * self.spread_.usual_ if self._own is not None else self.spread_.usual_
        )

    def quantiles(self, likeness: Array, level: float) -> Array:
        """Quantile of the scores of held-out languages for each question, of shape (questions,).

        Mixes like the one asked about have the larger say: some are harder to forecast than others.
        """
        return weighted_conformal_quantiles(self._scores, likeness, level)

    def growth(self, poorest: list[tuple[Opinions, Array]]) -> float:
        """How much larger residuals become with each power of ten less web text than any measured language has.

        Languages were forecast from richer ones only; if they are further off so than languages that were held
        out at random, the excess grows in proportion to how much poorer they are.

        Parameters
        ----------
        poorest : list of (Opinions, array of shape (targets,))
            As `isogloss.forecasting.model.hold_out_poorest` gives them.
        """
        sizes, less = [], []
        for opinions, poorer in poorest:
            forecasts = self._grid.clip(self.combine(opinions.scores, None))
            scores = np.abs(forecasts - self._grid.scores) / opinions.spread / self.spread_.held_out_
            asked = np.isfinite(scores).any(0) & (poorer > 0)
            sizes += np.nanmean(scores[:, asked], axis=0).tolist()
            less += poorer[asked].tolist()
        if not sizes:
            return 0.0
        usual = float(np.mean([group.mean() for group in groups_of(self._scores)]))
        return max(0.0, float(np.mean(sizes)) / (usual + 1e-12) - 1) / float(np.mean(less))

    @cached_property
    def _scores(self) -> Array:
        return (self._residuals / self.spread_.held_out_).T


def groups_of(scores: Array) -> list[Array]:
    """The finite scores of each row; rows without any are no group."""
    finite = [row[np.isfinite(row)] for row in scores]
    return [row for row in finite if len(row)]


def _shrunk_weights(opinions: Opinions) -> Array:
    members, languages = len(opinions.scores), int(np.isfinite(opinions.scores).all(0).any(0).sum())
    if members == 1:
        return np.ones(1)
    if languages < FEWEST_TO_CHOOSE:
        return np.eye(members)[0]
    chosen = choose_weights(opinions)
    return (languages * chosen + LANGUAGES_PRIOR / members) / (languages + LANGUAGES_PRIOR)
