"""The ranking of one target's sources: trees over what the process forecasts, and the level that scores vary about.

LangRank's own trees have a third of the say: the two together put fewer bad sources first than either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting.features import space
from isogloss.forecasting.kriging import near
from isogloss.planning.ranking.baselines import langrank_features
from isogloss.planning.ranking.gp import Pairs, SourceGP
from isogloss.planning.ranking.table import Array, SourceTable
from isogloss.planning.ranking.trees import GENTLE, LANGRANK, MEMBERS, Ranker, deal, standardised
from isogloss.stats.conformal import grouped_quantile
from isogloss.threads import one_blas_thread

CHOICES = tuple((linear, noise) for linear in (0.1, 1.0) for noise in (0.1, 0.3, 1.0))
"""Variances of the slope of web text and of the noise, against that of the neighbours; left-out errors choose."""
FOLDS = 4
"""Parts of the targets that are left out in turn to see what an order is worth in points."""
MOST_TARGETS = 75
"""Targets that the trees learn from, the nearest; more of them change nothing but the time."""
FEWEST_MEASURED = 0.5
"""Share of a target's sources that another table must have measured to say which are good."""
PLAIN = 0.5
"""Weight of LangRank's trees, against that of ours."""


class SourceRanker:
    """Ranks the sources of targets that nobody measured.

    Parameters
    ----------
    others : sequence of SourceTable, optional
        The same question asked of other models, or in other tasks; where they have measured the target, it helps.

    Attributes
    ----------
    process_ : SourceGP
    slope_ : float
        Deviation for each standard deviation of the trees' order, in targets that they had not seen.
    errors_ : array of shape (sources, targets)
        What the deviations are off in targets left out; NaN where nothing was measured.
    """

    def __init__(self, others: Sequence[SourceTable] = ()):
        self.others = others

    def fit(self, table: SourceTable, target: str) -> Self:
        """Learn from `table`, in which `target` must not be, with an eye on `target`."""
        table.check()
        with one_blas_thread():
            self.table_, self.target_ = table, target
            towards = _pooled_orders(self.others, table.sources, (*table.targets, target))
            self._pooled_of_target = None if towards is None else towards[:, -1:]
            self._pooled = None if towards is None else towards[:, :-1]
            self.process_ = SourceGP().fit(table, None if self._pooled is None else self._pooled[None])
            self._learn_trees()
        return self

    def order(self) -> Array:
        """How good each source is for the target, in standard deviations; of shape (sources,)."""
        with one_blas_thread():
            pooled = self._pooled_of_target
            deviations = self.process_.predict([self.target_], None if pooled is None else pooled[None])
            features = self._features([self.target_], deviations, self._effects(None), pooled)
            plain = langrank_features(self.table_, [self.target_])
            return _together(self._trees.predict(features), self._plain.predict(plain))[:, 0]

    def calibrate(self) -> SourceRanker:
        """Find out, in targets left out in turn, what the order is worth in points and how wrong it can be."""
        with one_blas_thread():
            truth = self._truth
            orders = np.full(truth.shape, np.nan)
            for fold in deal(truth.shape[1], FOLDS):
                rest = np.setdiff1d(np.arange(truth.shape[1]), fold)
                trees = Ranker(GENTLE).fit(self._design[:, rest], truth[:, rest])
                plain = Ranker(LANGRANK).fit(self._plain_design[:, rest], truth[:, rest])
                orders[:, fold] = _together(
                    trees.predict(self._design[:, fold]), plain.predict(self._plain_design[:, fold])
                )
            measured = ~np.isnan(truth)
            pooled, true = orders[measured], truth[measured]
            self.slope_ = max(float(pooled @ true) / max(float(pooled @ pooled), 1e-12), 0.0)
            self.errors_ = truth - self.slope_ * orders
            self._levels = Levels().fit(self.process_, self._columns)
        return self

    def scores(self, level: float) -> tuple[Array, float]:
        """Forecast scores of the target under each source, and how far off they can be with probability `level`.

        Returns
        -------
        scores : array of shape (sources,)
        margin : float
            Endless where there are too few targets for the level.
        """
        deviations = self.process_.deviations_
        mean, off = self._levels.predict(self.process_, self.target_)
        spreads = deviations.spreads[self._columns]
        errors = np.abs(off + self.errors_ * spreads)
        groups = [column[~np.isnan(column)] for column in errors.T]
        return mean + self.unit * self.slope_ * self.order(), grouped_quantile(groups, level)

    def draws(self) -> Array:
        """Scores of the target against its mean as they may turn out: with the errors made in each target left out.

        Returns
        -------
        array of shape (targets, sources)
        """
        # Without what a source is off on average, or the draws would put sources in another order than the forecast.
        errors = self.errors_ - np.nanmean(self.errors_, axis=1, keepdims=True)
        errors = np.where(np.isnan(errors), 0.0, errors)
        return (self.slope_ * self.order()[:, None] + errors).T * self.unit

    @property
    def uses_pooled_scores(self) -> bool:
        """Whether other models or tasks have measured the target."""
        return self._pooled_of_target is not None

    @property
    def unit(self) -> float:
        """Spread of a typical target's sources, on the scale of the scores."""
        return float(np.median(self.process_.deviations_.spreads))

    def _learn_trees(self) -> None:
        self._columns = self._nearest()
        pooled = None if self._pooled is None else self._pooled[:, self._columns]
        targets = [self.table_.targets[column] for column in self._columns]
        left_out = self.process_.leave_targets_out()[:, self._columns]
        self._design = self._features(targets, left_out, self._effects(self._columns), pooled)
        self._truth = np.where(
            np.isnan(self.table_.of_others), np.nan, self.process_.deviations_.values
        )[:, self._columns]  # fmt: skip
        self._trees = Ranker(GENTLE, MEMBERS).fit(self._design, self._truth)
        self._plain_design = langrank_features(self.table_, targets)
        self._plain = Ranker(LANGRANK).fit(self._plain_design, self._truth)

    def _nearest(self) -> Array:
        towards = self.process_.target_covariance([self.target_], self.table_.targets)[0]
        return np.sort(np.argsort(-towards, kind="stable")[:MOST_TARGETS])

    def _effects(self, columns: Array | None) -> Array:
        """Mean deviation of each source over all targets; of those in `columns` each from the others."""
        known = ~np.isnan(self.table_.of_others)
        values = np.where(known, self.process_.deviations_.values, 0.0)
        total, count = values.sum(1, keepdims=True), known.sum(1, keepdims=True)
        if columns is not None:
            total, count = total - values[:, columns], count - known[:, columns]
        return total / np.maximum(count, 1)

    def _features(self, targets: Sequence[str], deviations: Array, effects: Array, pooled: Array | None) -> Array:
        """One line per pair, of shape (sources, targets, features)."""
        pairs = Pairs.of(self.table_.sources, targets)
        layers = [*pairs.distances, *pairs.text, standardised(deviations), standardised(effects)]
        return np.stack([*layers, *([] if pooled is None else [pooled])], axis=2)


def _together(own: Array, plain: Array) -> Array:
    """Two orders as one, in standard deviations; of shape (sources, targets)."""
    return standardised(standardised(own) + PLAIN * standardised(plain))


def _pooled_orders(others: Sequence[SourceTable], sources: Sequence[str], targets: Sequence[str]) -> Array | None:
    """How good each source is for each target in other tables, in standard deviations.

    Parameters
    ----------
    others : sequence of SourceTable
    sources, targets : sequence of str
        The last target is the one that is asked about.

    Returns
    -------
    array of shape (sources, targets), or None
        Means over the tables that have measured the last target; 0 where none has measured a pair. None where no
        table has measured that target with half of the sources.
    """
    layers = []
    for table in others:
        scores = np.full((len(sources), len(targets)), np.nan)
        rows = [row for row, source in enumerate(sources) if source in table.sources]
        columns = [column for column, target in enumerate(targets) if target in table.targets]
        if not rows or not columns:
            continue
        part = table.take([sources[row] for row in rows], [targets[column] for column in columns])
        scores[np.ix_(rows, columns)] = part.of_others
        if (~np.isnan(scores[:, -1])).sum() >= max(2, FEWEST_MEASURED * len(sources)):
            layers.append(_standardised_where_known(scores))
    if not layers:
        return None
    stacked = np.stack(layers)
    known = ~np.isnan(stacked)
    return standardised(np.where(known, stacked, 0.0).sum(0) / np.maximum(known.sum(0), 1))


def _standardised_where_known(scores: Array) -> Array:
    """Against each target's mean, in units of its spread; NaN stays."""
    known = ~np.isnan(scores)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, scores, 0.0).sum(0) / count
    spread = np.sqrt(np.where(known, (scores - mean) ** 2, 0.0).sum(0) / count)
    return (scores - mean) / np.where(spread > 1e-12, spread, 1.0)


class Levels:
    """Kriging of target levels: linear in web text, near languages alike.

    Notes
    -----
    What a target is off when it is left out is `(Q y)[t] / Q[t, t]`, Q the inverse covariance of all levels
    (Rasmussen and Williams 2006, 5.4.2).
    """

    def fit(self, process: SourceGP, columns: Array) -> Self:
        """Learn from the targets of a process; `columns` are those whose errors are asked for."""
        self._targets = process.table_.targets
        levels = process.deviations_.means
        self._mean, self._unit = float(levels.mean()), float(levels.std()) + 1e-12
        known = (levels - self._mean) / self._unit
        tried = [(self._left_out(known, choice), choice) for choice in CHOICES]
        errors, self._choice = min(tried, key=lambda one: float((one[0] ** 2).mean()))
        self._weights = self._precision(self._choice) @ known
        self._errors = errors[columns] * self._unit
        return self

    def predict(self, process: SourceGP, target: str) -> tuple[float, Array]:
        """Level of a target that was not measured, and what each of the measured ones was off when left out."""
        solved = self._covariance(self._choice, (target,)) @ self._weights
        return self._mean + self._unit * float(solved[0]), self._errors

    def _left_out(self, known: Array, choice: tuple[float, float]) -> Array:
        precision = self._precision(choice)
        return np.asarray((precision @ known) / np.diag(precision))

    def _precision(self, choice: tuple[float, float]) -> Array:
        covariance = self._covariance(choice, self._targets)
        return np.asarray(np.linalg.inv(covariance + choice[1] * np.eye(len(covariance))))

    def _covariance(self, choice: tuple[float, float], rows: tuple[str, ...]) -> Array:
        known = space(rows, self._targets)
        text = [known.web_text[known.at(names)] for names in (rows, self._targets)]
        centre, spread = text[1].mean(), text[1].std() + 1e-9
        first, second = ((values - centre) / spread for values in text)
        return near(rows, self._targets) + choice[0] * np.outer(first, second)
