"""What every forecaster says about one grid, and how several opinions become one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill
from isogloss.forecasting.space import space

FEWEST_TO_CHOOSE = 5
"""Languages (or mixes) below which members cannot be told apart by cross-validation."""
AS_GOOD = 1.01
"""Weights whose error is within this factor of the best one's are averaged."""
STEPS = 10


class GridModel(ABC):
    """A way to forecast the cells of a grid: the measured languages in other rows, and other languages.

    It may hold several opinions, its members; which to trust is decided by cross-validation, and where there is
    too little to decide by, it is the first.
    """

    known_members: tuple[str, ...] = ("only",)
    unseen_members: tuple[str, ...] = ("only",)

    @abstractmethod
    def fit(self, grid: Grid) -> GridModel:
        """Learn from a grid."""

    @abstractmethod
    def known(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Scores of the grid's own targets under any mixes.

        Returns
        -------
        scores : array of shape (known members, rows, targets)
        spread : array of shape (rows, targets)
            How unsure each is, in any unit that is the same for all rows.
        """

    @abstractmethod
    def unseen(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        """Scores of targets that the grid does not have.

        Parameters
        ----------
        mixes : TrainingMixes
        targets : sequence of str
        known : array of shape (rows, targets of the grid)
            What is measured or forecast for the grid's own targets in the same rows.

        Returns
        -------
        scores : array of shape (unseen members, rows, targets)
        spread : array of shape (targets,)
            How unsure the level of each is, in any unit that is the same for all.
        """

    def for_fold(self) -> GridModel:
        """A fresh model for part of the grid; may keep what does not depend on any one language or row."""
        return type(self)()


@dataclass(frozen=True)
class Opinions:
    """Members' forecasts for cells that were held out, beside what was measured there.

    Attributes
    ----------
    scores : array of shape (members, rows, targets)
        NaN in rows that could not be asked.
    truth : array of shape (rows, targets)
        NaN where nothing was measured.
    spread : array of shape (rows, targets)
    """

    scores: Array
    truth: Array
    spread: Array


def only_opinion(scores: Array) -> tuple[Array, Array]:
    """What `known` returns for a model with one opinion that is equally unsure everywhere."""
    return scores[None], np.ones(scores.shape)


def hold_out_languages(model: GridModel, grid: Grid, folds: int) -> Opinions:
    """Forecast each target from a grid that never saw it, neither tested nor trained on."""
    return _hold_out(model, grid, _folds(len(grid.targets), folds))


def _hold_out(model: GridModel, grid: Grid, folds: Sequence[np.ndarray]) -> Opinions:
    scores = np.full((len(model.unseen_members), *grid.scores.shape), np.nan)
    spread = np.ones(grid.scores.shape)
    row = {text: position for position, text in enumerate(grid.mixes.texts)}
    for held in folds:
        names = [grid.targets[column] for column in held]
        rest = grid.without_languages(names)
        if not rest.targets or not rest.mixes.texts:
            continue
        fitted = model.for_fold().fit(rest)
        answers, spread[:, held] = fitted.unseen(rest.mixes, names, fill(rest.scores))
        rows = [row[text] for text in rest.mixes.texts]
        scores[:, np.array(rows)[:, None], held] = answers
    return Opinions(scores, grid.scores, spread)


def hold_out_poorest(model: GridModel, grid: Grid, shares: Sequence[float]) -> list[tuple[Opinions, Array]]:
    """Forecast the poorest share of the targets, all at once, from the richer ones.

    Returns
    -------
    list of (Opinions, array of shape (targets,))
        One per share that leaves `FEWEST_TO_CHOOSE` languages: the opinions, NaN for the richer languages, and
        how many powers of ten less web text than the poorest of those each language has, never under 0.
    """
    known = space(grid.targets)
    text = known.web_text[known.at(grid.targets)]
    order = np.argsort(text, kind="stable")
    found = []
    for share in shares:
        held = np.sort(order[: round(share * len(order))])
        if len(held) and len(order) - len(held) >= FEWEST_TO_CHOOSE:
            poorer = np.maximum(text[np.setdiff1d(order, held)].min() - text, 0.0)
            found.append((_hold_out(model, grid, [held]), poorer))
    return found


def hold_out_mixes(model: GridModel, grid: Grid, folds: int) -> Opinions:
    """Forecast each row from a grid that never saw it."""
    scores = np.full((len(model.known_members), *grid.scores.shape), np.nan)
    spread = np.ones(grid.scores.shape)
    for held in _folds(len(grid.mixes.texts), folds):
        kept = np.setdiff1d(np.arange(len(grid.mixes.texts)), held)
        if len(kept) == 0:
            continue
        rest = grid.take(kept)
        measured = np.flatnonzero(~np.isnan(rest.scores).all(axis=0))
        rest = rest.with_targets(measured)
        answers, unsure = model.for_fold().fit(rest).known(grid.take(held).mixes)
        cells = np.ix_(held, measured)
        scores[:, cells[0], cells[1]], spread[cells] = answers, unsure
    return Opinions(scores, grid.scores, spread)


def choose_weights(opinions: Opinions) -> Array:
    """Convex weights of the members, by mean absolute error with every language counting the same.

    Returns
    -------
    array of shape (members,)
        Equal weights where there is nothing to choose by.
    """
    members = len(opinions.scores)
    if members == 1:
        return np.ones(1)
    asked = ~np.isnan(opinions.scores).any(0) & ~np.isnan(opinions.truth)
    if not asked.any():
        return np.full(members, 1 / members)
    counts = np.maximum(asked.sum(0), 1)
    shares = (asked / counts)[asked] / max(asked.any(0).sum(), 1)
    flat, truth = opinions.scores[:, asked], opinions.truth[asked]
    candidates = np.array([steps for steps in product(range(STEPS + 1), repeat=members) if sum(steps) == STEPS]) / STEPS
    losses = np.array([(np.abs(weights @ flat - truth) * shares).sum() for weights in candidates])
    return candidates[losses <= AS_GOOD * losses.min() + 1e-12].mean(0)


def choose_share(first: Array, second: Array, truth: Array) -> float:
    """Share of the second of two forecasts with the least mean absolute error, every language counting the same.

    Parameters
    ----------
    first, second, truth : arrays of shape (rows, languages)
        NaN where a cell was not asked or not measured.
    """
    asked = np.isfinite(first) & np.isfinite(second) & np.isfinite(truth)
    if asked.any(0).sum() < FEWEST_TO_CHOOSE:
        return 0.5
    weights = (asked / np.maximum(asked.sum(0), 1))[asked]
    shares = np.arange(STEPS + 1) / STEPS
    errors = np.abs(np.outer(1 - shares, first[asked]) + np.outer(shares, second[asked]) - truth[asked])
    losses = errors @ weights
    return float(shares[losses <= AS_GOOD * losses.min() + 1e-12].mean())


def _folds(count: int, folds: int) -> list[np.ndarray]:
    """Deterministic random folds of `count` things."""
    order = np.random.default_rng(0).permutation(count)
    return [np.sort(order[fold::folds]) for fold in range(min(folds, count))]
