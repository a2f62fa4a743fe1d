"""Levels of models over the cells that they share, and a regression of levels on facts with its permutation test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import InputError
from isogloss.forecasting.grid import Array
from isogloss.stats.hypotheses import permutation_p_value

LEVEL = 0.95


def model_levels(observations: pl.DataFrame, models: list[str]) -> tuple[pl.DataFrame, int]:
    """Levels of models by least squares over cells (training mix x target), and how many cells compare them.

    Parameters
    ----------
    observations : polars.DataFrame
        Of one task and metric; several scores of a model in a cell count by their mean.
    models : list of str

    Returns
    -------
    polars.DataFrame
        `model`, `level` (adding up to 0) and `cells`, in the order of `models`.
    int

    Raises
    ------
    InputError
        If models fall apart into groups that share no cell.
    """
    kept = observations.filter(pl.col("model").is_in(models))
    means = kept.group_by("model", "train", "target").agg(pl.col("score").mean())
    wide = means.pivot("model", index=["train", "target"], values="score").sort("train", "target")
    scores = wide.select(models).to_numpy().T.astype(np.float64)  # (models, cells)
    scores = scores[:, (~np.isnan(scores)).sum(0) > 1]
    there = ~np.isnan(scores)
    counts = there.sum(0)
    # What a cell adds to every model that has it is projected out; the rest are the normal equations of the levels.
    residuals = np.where(there, scores - np.nansum(scores, 0) / counts, 0.0).sum(1)
    equations = np.diag(there.sum(1)) - (there / counts) @ there.T
    if np.linalg.matrix_rank(equations) < len(models) - 1:
        alone = [name for name, row in zip(models, there, strict=True) if not row.any()]
        raise InputError(
            f"nothing compares all {len(models)} models" + (f": {alone[0]} shares no language" if alone else ""),
            where="evidence", hint="give models that were tested in the same languages",
        )  # fmt: skip
    levels = np.linalg.pinv(equations) @ residuals
    return pl.DataFrame({"model": models, "level": levels, "cells": there.sum(1)}), scores.shape[1]


class LevelModel:
    """Levels of models on the columns of one factor, beside those of others.

    Parameters
    ----------
    columns : array of shape (models, width)
    others : sequence of arrays of shape (models, any)
    levels : array of shape (models,)

    Attributes
    ----------
    effects, margins : arrays of shape (width,)
        Of the factor's columns, and half of their 95 % intervals.
    share : float
        Part of the variance of the levels that the factor adds to what the others tell.
    vif : float
        Variance inflation, the largest of the factor's columns: 1 / (1 - R2 of the column on the others' columns).
    r2 : float
        Of all columns together.
    """

    def __init__(self, columns: Array, others: Sequence[Array], levels: Array):
        from scipy.special import stdtrit

        self._rest = np.column_stack([np.ones(len(levels)), *others])
        self._all = np.column_stack([self._rest, columns])
        self._levels = levels
        inverse = np.linalg.inv(self._all.T @ self._all)
        coefficients = inverse @ (self._all.T @ levels)
        left = levels - self._all @ coefficients
        degrees = len(levels) - self._all.shape[1]
        leverage = np.einsum("ij,jk,ik->i", self._all, inverse, self._all)
        # A model that alone has a value is fitted whole, and its residual of zero tells nothing of an error.
        consistent = np.divide(left, 1 - leverage, out=np.zeros_like(left), where=leverage < 1 - 1e-9)
        robust = inverse @ (self._all.T * consistent**2) @ self._all @ inverse
        plain = inverse * (left @ left) / max(degrees, 1)
        errors = np.sqrt(np.maximum(np.diag(robust), np.diag(plain)))
        own = slice(self._rest.shape[1], None)
        self.effects = coefficients[own]
        self.margins = stdtrit(max(degrees, 1), (1 + LEVEL) / 2) * errors[own]
        spread = ((columns - columns.mean(0)) ** 2).sum(0)
        self.vif = float((spread / _squares_left(self._rest, columns.T)).max())
        total = float(((levels - levels.mean()) ** 2).sum())
        without = float(_squares_left(self._rest, levels[None])[0])
        self.share = (without - float(left @ left)) / total if total else 0.0
        self.r2 = 1 - float(left @ left) / total if total else 0.0

    def p_value(self, order: NDArray[np.intp]) -> float:
        """By permuted residuals of the levels on the others (Freedman and Lane 1983).

        Parameters
        ----------
        order : array of int of shape (permutations, models)
        """
        basis = np.linalg.qr(self._rest)[0]
        residuals = self._levels - basis @ (basis.T @ self._levels)
        if float(residuals @ residuals) < 1e-18:
            return 1.0  # the others tell all
        return permutation_p_value(float(self._gain(residuals[None])[0]), self._gain(residuals[order]))

    def _gain(self, levels: Array) -> Array:
        """Share of what the others leave that the factor tells, of levels (draws, models)."""
        without = _squares_left(self._rest, levels)
        return np.asarray(1 - _squares_left(self._all, levels) / np.maximum(without, 1e-300))


def _squares_left(design: Array, levels: Array) -> Array:
    """Sum of squares that a design leaves of each row of levels (draws, models)."""
    basis = np.linalg.qr(design)[0]
    return np.asarray(((levels - levels @ basis @ basis.T) ** 2).sum(1))


def held_out_r2(columns: Array, levels: Array) -> float:
    """R2 for models left out one by one; negative where the mean of the others tells more."""
    design = np.column_stack([np.ones(len(levels)), columns])
    leverage = np.einsum("ij,ji->i", design, np.linalg.pinv(design))
    if (leverage > 1 - 1e-9).any():
        return float("nan")
    errors = (levels - design @ np.linalg.lstsq(design, levels, rcond=None)[0]) / (1 - leverage)
    of_mean = (levels - levels.mean()) * len(levels) / (len(levels) - 1)
    return 1 - float(errors @ errors) / float(of_mean @ of_mean)
