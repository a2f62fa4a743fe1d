"""A Gaussian process over the whole grid: languages that are alike score alike under mixes that are alike.

    score(m, l) = b . terms(m, l) + f(m, l) + noise,   cov f = mixes(m, m') languages(l, l')

See `isogloss.forecasting.kronecker` for how a product covariance is inverted by two small
decompositions, and how whole languages are left out in closed form; `kernel_covariance` for the two factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from isogloss.forecasting.capability import Capability
from isogloss.forecasting.features import ADAPTATION, MEASURED_LANGUAGES
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, even_sample
from isogloss.forecasting.grid_model import Contribution, GridModel, of_languages
from isogloss.forecasting.kernel_covariance import GridCovariance, LanguageCovariates, MixDistances, mean_terms
from isogloss.forecasting.kronecker import GridProcess, Product, Side, leave_columns_out

LEVEL = "mean of the measured languages, by the kernel"
"""Name of the contribution of the constant mean term."""
LARGEST = 1200
"""Mixes that the process takes in; of more, an even sample."""


class KernelModel(GridModel):
    """A Gaussian process whose covariance is a product of one of mixes and one of languages.

    Parameters
    ----------
    covariance : GridCovariance, optional
        To skip learning it.

    Attributes
    ----------
    covariance_ : GridCovariance
        By marginal likelihood, with a log-normal prior.
    """

    def __init__(self, covariance: GridCovariance | None = None):
        self.covariance = covariance

    def fit(self, grid: Grid) -> Self:
        rows = len(grid.mixes.texts)
        self.grid_ = grid if rows <= LARGEST else grid.take(even_sample(rows, LARGEST))
        self._languages = LanguageCovariates.of(self.grid_.targets, self.grid_.mixes)
        self.covariance_ = self.covariance or GridCovariance.learn(self.grid_, self._languages)
        covariance = self._product(self.grid_.mixes, self._languages)
        mean = mean_terms(self.grid_.mixes, self.grid_.targets)
        self._process = GridProcess.learn(covariance, mean, self._scores)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        deviations = np.sqrt(self._variance(mixes, self._languages) + self.covariance_.noise)
        return self._mean(mixes, self._languages)[None], self.covariance_.scale * deviations

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        languages = LanguageCovariates.of(targets, self.grid_.mixes)
        # One spread for each language: over what was measured, so that it does not depend on what else is asked.
        variance = self._variance(self.grid_.mixes, languages).mean(0)
        return self._mean(mixes, languages)[None], self.covariance_.scale * np.sqrt(variance + self.covariance_.noise)

    def language_contributions(
        self, mix: TrainingMixes, target: str, measured: Array, baseline: float
    ) -> list[list[Contribution]]:
        """A Gaussian process is a weighted sum, K* (K + s I)^-1, of the scores less their mean terms.

        The weight of a language is that of its scores under all mixes.
        """
        grid, process, scale = self.grid_, self._process, self.covariance_.scale
        across, alike = self._towards(mix, LanguageCovariates.of([target], grid.mixes))
        rows, columns = process.covariance.rows, process.covariance.columns
        # As when forecasting: directions whose eigenvalues are held at zero carry nothing.
        towards = (rows.rotate(across) @ rows.vectors.T).T * (columns.rotate(alike) @ columns.vectors.T)
        there = ~np.isnan(grid.scores)
        weights = process.covariance.solve_measured(np.where(there, towards, 0.0), there)
        expected = np.tensordot(process.coefficients, mean_terms(grid.mixes, grid.targets), 1)
        rest = np.where(there, self._scores - expected, 0.0)
        level, own, kin = scale * (process.coefficients * mean_terms(mix, [target])[:, 0, 0])
        return [[
            Contribution(MEASURED_LANGUAGES, LEVEL, self.covariance_.centre + float(level) - baseline),
            Contribution(ADAPTATION, "own examples", float(own)),
            Contribution(ADAPTATION, "examples of kin", float(kin)),
            *of_languages(grid.targets, weights.sum(0), (weights * (scale * rest)).sum(0)),
        ]]  # fmt: skip

    def for_fold(self) -> KernelModel:
        # A dozen parameters shared by all cells hardly move with an eighth of the languages.
        return KernelModel(self.covariance_)

    def leave_languages_out(self, *, as_sources: bool = True) -> tuple[Array, Array]:
        """Forecast every language from the others, in closed form.

        Parameters
        ----------
        as_sources : bool, default True
            Whether a language that is left out vanishes from the mixes too, and with it the mixes that
            held nothing else. That takes two decompositions for each language that was trained on; else two do for all.

        Returns
        -------
        scores : array of shape (mixes, targets)
            NaN under mixes that went with the language.
        deviations : array of shape (mixes, targets)
            Standard deviation of each forecast, noise included.

        Raises
        ------
        ValueError
            If the grid has gaps.
        """
        grid = self.grid_
        if np.isnan(grid.scores).any():
            raise ValueError("a grid with gaps has no closed form: hold its languages out by refitting")
        trained = set(grid.mixes.sources) if as_sources else set()
        own_groups = [column for column, target in enumerate(grid.targets) if target in trained]
        rest = np.setdiff1d(np.arange(len(grid.targets)), own_groups)
        scores, deviations = np.full((2, *grid.scores.shape), np.nan)
        everywhere = np.arange(len(grid.scores))
        groups = [(grid.mixes, everywhere, rest)] + [
            (*_without(grid.mixes, grid.targets[column]), np.array([column])) for column in own_groups
        ]
        for mixes, rows, columns in groups:
            if len(rows) and len(columns):
                cells = np.ix_(rows, columns)
                scores[cells], deviations[cells] = self._left_out(mixes, rows, columns)
        return scores, deviations

    def _left_out(self, mixes: TrainingMixes, rows: np.ndarray, columns: np.ndarray) -> tuple[Array, Array]:
        covariance = self._product(mixes, LanguageCovariates.of(self.grid_.targets, mixes))
        mean = mean_terms(mixes, self.grid_.targets)
        standardised, variance = leave_columns_out(covariance, mean, self._scores[rows], columns)
        units = self.covariance_
        return units.centre + units.scale * standardised, units.scale * np.sqrt(variance + units.noise)

    @property
    def _scores(self) -> Array:
        return (self.grid_.scores - self.covariance_.centre) / self.covariance_.scale

    def _product(self, mixes: TrainingMixes, languages: LanguageCovariates) -> Product:
        return Product(
            Side.of(self.covariance_.of_mixes(MixDistances.between(mixes, mixes))),
            Side.of(self.covariance_.of_languages(languages, languages)),
            self.covariance_.noise,
        )

    def _mean(self, mixes: TrainingMixes, languages: LanguageCovariates) -> Array:
        """Scores, of shape (rows, languages)."""
        terms = mean_terms(mixes, languages.names)
        return self.covariance_.centre + self.covariance_.scale * self._process.predict(
            terms, *self._towards(mixes, languages)
        )

    def _variance(self, mixes: TrainingMixes, languages: LanguageCovariates) -> Array:
        """Of the scores, noise not counted, against that of all scores; of shape (rows, languages)."""
        prior = self.covariance_.mix_variance * self.covariance_.language_variances(languages)
        share = float((~np.isnan(self.grid_.scores)).mean())
        return self._process.variance(*self._towards(mixes, languages), prior, share)

    def _towards(self, mixes: TrainingMixes, languages: LanguageCovariates) -> tuple[Array, Array]:
        """Covariance of mixes and of languages with those of the grid."""
        return (
            self.covariance_.of_mixes(MixDistances.between(mixes, self.grid_.mixes)),
            self.covariance_.of_languages(languages, self._languages),
        )


class Kernel(Forecaster):
    """A Gaussian process with a product covariance over languages and mixes.

    Notes
    -----
    A complete grid is solved exactly by two eigendecompositions, one with gaps by conjugate gradients. Parameters
    are learnt by marginal likelihood on at most 120 mixes x 60 languages (400 cells of a grid with gaps).
    Of more than 1200 mixes an even sample is taken in.
    """

    grid_model = KernelModel
    capabilities = frozenset({Capability.LANGUAGES, Capability.MIXES, Capability.CONTRIBUTIONS})


def _without(mixes: TrainingMixes, language: str) -> tuple[TrainingMixes, np.ndarray]:
    """Mixes without any examples of a language, and which of them are left."""
    kept = np.array([source != language for source in mixes.sources], dtype=bool)
    sizes = mixes.sizes[:, kept]
    rows = np.flatnonzero((sizes.sum(1) > 0) | (mixes.sizes.sum(1) == 0))
    texts = tuple(mixes.texts[row] for row in rows)
    return TrainingMixes(texts, tuple(source for source in mixes.sources if source != language), sizes[rows]), rows
