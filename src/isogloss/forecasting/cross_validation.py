"""Cross-validation: folds, held-out predictions of base learners, and the weights that these earn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import space
from isogloss.forecasting.grid import Array, Grid, fill
from isogloss.forecasting.grid_model import GridModel

LANGUAGE_FOLDS, MIX_FOLDS, MODEL_FOLDS = 8, 5, 8
MANY_LANGUAGES, FOLDS_OF_MANY = 100, 4
"""Languages from which on so few folds leave enough of them."""
POOREST_SHARES = (0.25, 0.4)
"""Shares of the languages, the poorest, that are held out to learn the errors of forecasts of poorer ones."""
ENOUGH_CELLS = 16_000
"""Held-out scores that are enough: of a larger grid no further fold of mixes, and languages under some mixes only."""
FEWEST_TO_CHOOSE = 5
"""Languages (or mixes) below which cross-validation cannot choose between base learners."""
LANGUAGES_PRIOR = 20.0
"""Languages at which weights by cross-validation count as much as equal ones: with few languages the best of several
learners is a matter of luck, and their mean is safer."""
TOLERANCE = 1.01
"""Weights whose error is within this factor of the smallest one are averaged."""
STEPS = 10


@dataclass(frozen=True)
class HeldOutPredictions:
    """Forecasts of cells that were held out, beside what was measured there.

    Attributes
    ----------
    scores : array of shape (base learners, rows, targets)
        NaN in rows that were not asked for, or that nothing was left to forecast from.
    truth : array of shape (rows, targets)
        NaN where nothing was measured.
    spread : array of shape (rows, targets)
        Uncertainty, as the model has it.
    """

    scores: Array
    truth: Array
    spread: Array


def fold_numbers(count: int, folds: int) -> NDArray[np.intp]:
    """Fold of each of `count` things, at random but always the same."""
    return np.random.default_rng(0).permutation(count) % folds


def splits(fold_of: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions that are kept, and that are held out, for each fold that leaves some of both."""
    for fold in np.unique(fold_of):
        kept, held = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if len(kept):
            yield kept, held


def hold_out_mixes(model: GridModel, grid: Grid) -> HeldOutPredictions:
    """Forecast each row from a grid without it; of a large grid only the rows of some folds."""
    parts: list[HeldOutPredictions] = []
    for kept, held in splits(_dealt(len(grid.mixes.texts), MIX_FOLDS)):
        if sum(part.truth.size for part in parts) < ENOUGH_CELLS:
            parts.append(_hold_out_rows(model, grid, kept, held))
    if not parts:  # of one row alone, nothing is left to forecast it from
        nothing = np.full((len(model.mix_learners), *grid.scores.shape), np.nan)
        return HeldOutPredictions(nothing, grid.scores, np.ones(grid.scores.shape))
    return HeldOutPredictions(
        np.concatenate([part.scores for part in parts], axis=1),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.spread for part in parts]),
    )


def hold_out_languages(model: GridModel, grid: Grid) -> HeldOutPredictions:
    """Forecast each target from a grid without it, as a target and as a source; of a large grid only some rows."""
    folds = LANGUAGE_FOLDS if len(grid.targets) < MANY_LANGUAGES else FOLDS_OF_MANY
    return _hold_out(model, grid, [held for _, held in splits(_dealt(len(grid.targets), folds))])


def hold_out_poorest(model: GridModel, grid: Grid) -> list[tuple[HeldOutPredictions, Array]]:
    """Forecast the poorest share of the targets, all at once, from the richer ones.

    Returns
    -------
    list of (HeldOutPredictions, array of shape (targets,))
        One per share that leaves `FEWEST_TO_CHOOSE` languages: the predictions, NaN for the richer languages, and
        how many powers of ten less web text than the poorest of those each language has, at least 0.
    """
    known = space(grid.targets)
    text = known.web_text[known.at(grid.targets)]
    order = np.argsort(text, kind="stable")
    predictions = []
    for share in POOREST_SHARES:
        held = np.sort(order[: round(share * len(order))])
        if len(held) and len(order) - len(held) >= FEWEST_TO_CHOOSE:
            poorer = np.maximum(text[np.setdiff1d(order, held)].min() - text, 0.0)
            predictions.append((_hold_out(model, grid, [held]), poorer))
    return predictions


def mix_weights(predictions: HeldOutPredictions) -> Array:
    """Weights of base learners of other mixes: those with the smallest error, of shape (base learners,)."""
    return np.asarray(_best_weights(predictions.scores, predictions.truth).mean(0))


def language_weights(predictions: HeldOutPredictions) -> Array:
    """Weights of base learners of unmeasured languages: the same, drawn to equal ones."""
    learners = len(predictions.scores)
    languages = int(np.isfinite(predictions.scores).all(0).any(0).sum())
    if learners == 1 or languages < FEWEST_TO_CHOOSE:
        return np.eye(learners)[0]
    chosen = _best_weights(predictions.scores, predictions.truth).mean(0)
    return (languages * chosen + LANGUAGES_PRIOR / learners) / (languages + LANGUAGES_PRIOR)


def share_of_first(first: Array, second: Array, truth: Array) -> float:
    """Weight of the first of two forecasts, each of shape (rows, languages); a half where languages are few."""
    scores = np.stack([first, second])
    languages = (np.isfinite(scores).all(0) & np.isfinite(truth)).any(0).sum()
    return 0.5 if languages < FEWEST_TO_CHOOSE else float(_best_weights(scores, truth)[:, 0].mean())


def _best_weights(scores: Array, truth: Array) -> Array:
    """Convex weights of forecasts with about the least mean absolute error, every language counting the same.

    Weights in steps of a tenth are tried.

    Parameters
    ----------
    scores : array of shape (forecasts, rows, languages)
        NaN where there is no forecast.
    truth : array of shape (rows, languages)
        NaN where nothing was measured.

    Returns
    -------
    array of shape (weights, forecasts)
        All within `TOLERANCE` of the best; equal weights where there is nothing to choose by.
    """
    cells = ~np.isnan(scores).any(0) & ~np.isnan(truth)
    if not cells.any():
        return np.full((1, len(scores)), 1 / len(scores))
    shares = (cells / np.maximum(cells.sum(0), 1))[cells] / cells.any(0).sum()
    weights = np.array([*_shares(STEPS, len(scores))]) / STEPS
    flat, measured = scores[:, cells], truth[cells]
    losses = np.array([(np.abs(one @ flat - measured) * shares).sum() for one in weights])
    return weights[losses <= TOLERANCE * losses.min() + 1e-12]


def _shares(whole: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to share a whole number out among parts, in lexical order."""
    if parts == 1:
        yield (whole,)
        return
    for first in range(whole + 1):
        yield from ((first, *rest) for rest in _shares(whole - first, parts - 1))


def _dealt(count: int, folds: int) -> NDArray[np.intp]:
    """Fold of each of `count` things, dealt out in a random order that is always the same."""
    return np.argsort(np.random.default_rng(0).permutation(count)) % folds


def _hold_out_rows(model: GridModel, grid: Grid, kept: NDArray[np.intp], held: NDArray[np.intp]) -> HeldOutPredictions:
    """Forecast the held-out rows from those that are kept."""
    rest, asked = grid.take(kept), grid.take(held)
    measured = np.flatnonzero(~np.isnan(rest.scores).all(axis=0))
    scores = np.full((len(model.mix_learners), *asked.scores.shape), np.nan)
    spread = np.ones(asked.scores.shape)
    fitted = model.for_fold().fit(rest.with_targets(measured))
    scores[:, :, measured], spread[:, measured] = fitted.predict_mixes(asked.mixes)
    return HeldOutPredictions(scores, asked.scores, spread)


def _hold_out(model: GridModel, grid: Grid, folds: Sequence[NDArray[np.intp]]) -> HeldOutPredictions:
    scores = np.full((len(model.language_learners), *grid.scores.shape), np.nan)
    spread = np.ones(grid.scores.shape)
    row = {text: position for position, text in enumerate(grid.mixes.texts)}
    sample = np.random.default_rng(0).permutation(len(row))[: max(ENOUGH_CELLS // len(grid.targets), 1)]
    for held in folds:
        names = [grid.targets[column] for column in held]
        rest = grid.without_languages(names)
        rows = np.array([row[text] for text in rest.mixes.texts], dtype=np.intp)
        asked = np.flatnonzero(np.isin(rows, sample))
        if not rest.targets or not len(asked):
            continue
        fitted = model.for_fold().fit(rest)
        measured = fill(rest.scores)[asked]
        forecasts, spread[:, held] = fitted.predict_languages(rest.mixes.take(asked), names, measured)
        scores[:, rows[asked][:, None], held] = forecasts
    return HeldOutPredictions(scores, grid.scores, spread)
