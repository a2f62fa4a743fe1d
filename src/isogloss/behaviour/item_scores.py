"""Whole scores from an item response model, with their spread, and how far intervals have to be widened to hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from isogloss.behaviour.item_response import Array, Cube, ItemResponse

FEWEST, SHARE = 10, 0.2
"""Complete blocks that intervals are checked on, at least, and the share of them that is hidden for that."""


@dataclass(frozen=True)
class Block:
    """The scores of all models on a task in a language.

    Attributes
    ----------
    task, language : int
    items : int
        That some model answered.
    right, answered : numpy.ndarray, shape (models,)
        Right answers, and answers.
    forecast, spread : numpy.ndarray, shape (models,)
        Of the share of all items, and its standard deviation.
    """

    task: int
    language: int
    items: int
    right: Array
    answered: NDArray[np.intp]
    forecast: Array
    spread: Array


def score_blocks(cube: Cube, fitted: ItemResponse, probability: Array) -> Iterator[Block]:
    """The scores of each task in each language that some model answered.

    Parameters
    ----------
    cube : Cube
    fitted : ItemResponse
    probability : numpy.ndarray, shape (models, items, languages)
        See `ItemResponse.probabilities`.
    """
    variance, slope = fitted.ability_variance(cube), fitted.slopes
    there = np.asarray(~np.isnan(cube.right).all(axis=0))  # (items, languages): somebody answered
    for task in range(int(cube.tasks.max()) + 1):
        for language in range(cube.right.shape[2]):
            asked = (cube.tasks == task) & there[:, language]
            if not asked.any():
                continue
            right, chance = cube.right[:, asked, language], probability[:, asked, language]
            known, total = ~np.isnan(right), int(asked.sum())
            left = np.where(known, 0.0, chance)
            doubt = left * (1 - left)
            moved = (doubt * slope[asked]).sum(axis=1)
            spread = np.sqrt(doubt.sum(axis=1) + moved**2 * variance[:, task, language]) / total
            found = np.nansum(right, axis=1)
            yield Block(task, language, total, found, known.sum(axis=1), (found + left.sum(axis=1)) / total, spread)


def interval_widening(cube: Cube, level: float, *, seed: int = 0) -> float:
    """By what the half width of intervals is multiplied so that they hold on blocks whose answers are all known.

    Parameters
    ----------
    cube : Cube
    level : float
    seed : int
        Of the blocks and answers that are hidden.

    Returns
    -------
    float
        At least 1; 1 where no block lacks answers, or fewer than ten are complete.

    Notes
    -----
    A fifth of the complete blocks (a model on a task in a language) is hidden but for as many answers, drawn at random,
    as the incomplete ones have; the model is fitted anew, and the quantile of the errors over their spreads at rank
    ceil(level (n + 1)) of n takes the place of the normal one (split conformal: Vovk et al. 2005).
    """
    known = ~np.isnan(cube.right)
    there = np.asarray(known.any(axis=0))  # (items, languages)
    complete, shares = [], []
    for task in range(int(cube.tasks.max()) + 1):
        of_task = cube.tasks == task
        total, answered = there[of_task].sum(axis=0), known[:, of_task].sum(axis=1)  # (languages,), (models, languages)
        whole = (answered == total) & (total > 0)
        complete += [(int(model), task, int(language)) for model, language in np.argwhere(whole)]
        lacking = ~whole & (total > 0)
        shares += [*(answered / np.maximum(total, 1))[lacking]]
    if not shares or len(complete) < FEWEST:
        return 1.0
    rng = np.random.default_rng(seed)
    count = max(FEWEST // 2, round(SHARE * len(complete)))
    chosen = [complete[at] for at in rng.permutation(len(complete))[:count]]
    right = cube.right.copy()
    for model, task, language in chosen:
        items = np.flatnonzero((cube.tasks == task) & there[:, language])
        kept = round(len(items) * shares[int(rng.integers(len(shares)))])
        right[model, rng.permutation(items)[kept:], language] = np.nan
    hidden = Cube(right, cube.tasks)
    fitted = ItemResponse().fit(hidden)
    blocks = {(one.task, one.language): one for one in score_blocks(hidden, fitted, fitted.probabilities(hidden))}
    errors = []
    for model, task, language in chosen:
        block = blocks.get((task, language))
        if block is not None and block.spread[model] > 0:
            items = (cube.tasks == task) & ~np.isnan(right[:, :, language]).all(axis=0)
            truth = float(cube.right[model, items, language].mean())
            errors.append(abs(float(block.forecast[model]) - truth) / float(block.spread[model]))
    if not errors:
        return 1.0
    rank = min(len(errors), ceil(level * (len(errors) + 1)))
    return max(1.0, float(np.sort(errors)[rank - 1] / norm.ppf((1 + level) / 2)))
