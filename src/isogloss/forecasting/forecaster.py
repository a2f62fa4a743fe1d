"""Forecasters: estimators that learn from evidence and forecast queries, and what only some of them can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import InputError, NotEnoughEvidence, NotFittedError
from isogloss.estimator import Estimator
from isogloss.evidence import Evidence
from isogloss.forecasting.capability import Capability
from isogloss.forecasting.cell_flags import cell_flags, nearest_of_targets
from isogloss.forecasting.extent import Extent
from isogloss.forecasting.fitted_setting import GridForecast, Part, QuerySetting
from isogloss.forecasting.fitted_settings import FittedSettings, QuerySettings
from isogloss.forecasting.grid import Array, Panel, TrainingMixes
from isogloss.forecasting.grid_model import Decomposition, GridModel
from isogloss.forecasting.persistence import read_folder, write_folder
from isogloss.forecasting.settings import Setting, check_queries, match
from isogloss.forecasting.trust_word import TRUST_LEVEL, trust_word
from isogloss.progress import Progress, steps
from isogloss.stats.intervals import check_level
from isogloss.threads import one_blas_thread

FORECAST = pl.Schema(
    [
        ("query_row", pl.Int64),
        *((name, pl.String) for name in ("task", "model", "target", "target_as_reported", "train")),
        *((name, pl.Float64) for name in ("mean", "lower", "upper", "level")),
        ("flags", pl.List(pl.String)),
        ("nearest", pl.String),
        ("distance", pl.Float64),
        ("trust", pl.String),
    ]
)
"""Columns of a table of forecasts. Where scores have no range and the evidence is too little for the level,
`lower` and `upper` are infinite. `flags` are values of `Flag`; `nearest` is the measured language nearest to the target
and `distance` how far off it is, null where the target was measured itself; `trust` is one of the words of `Trust`."""
ANSWER = ("mean", "lower", "upper", "level", "flags", "nearest", "distance", "trust")
"""Those of them that a query lacks."""


class Conformal(Protocol):
    """Sizes intervals of what it learnt."""

    def conformalize(self) -> None: ...


class Forecaster(Estimator):
    """Forecasts scores within each setting (task, metric, model, ...) of the evidence.

    Subclasses name the model of one setting's grid in `grid_model`, and what else they can do in `capabilities`.

    Attributes
    ----------
    settings_ : mapping of Setting to QuerySetting
        Those that `fit` was not told to learn are fitted when they are first looked up.
    """

    grid_model: ClassVar[type[GridModel]]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    def fit(self, evidence: Evidence, queries: pl.DataFrame | None = None, progress: Progress | None = None) -> Self:
        """Learn from evidence.

        Parameters
        ----------
        evidence : Evidence
        queries : polars.DataFrame, optional
            Learn what forecasts of these need, and no more: every setting of the evidence may take long. By default
            all settings, for any language and mix. What was not learnt is learnt when a query first needs it, with the
            same result.
        progress : Progress, optional

        Raises
        ------
        InputError
            If this is no `isogloss.Evidence`.
        NotEnoughEvidence
            If there is not one observation.
        UnknownName
            For a task, model or other property of a query that the evidence does not have.
        """
        check_evidence(evidence)
        with one_blas_thread():
            self.settings_ = self._fit_settings(evidence)
        self.conformal_ = False
        self.learn(queries, progress)
        return self

    def learn(self, queries: pl.DataFrame | None = None, progress: Progress | None = None) -> bool:
        """Learn what further queries need from the evidence that it was fitted to.

        Parameters
        ----------
        queries, progress
            As for `fit`.

        Returns
        -------
        bool
            Whether there was anything left to learn.

        Raises
        ------
        NotFittedError
        UnknownName
        """
        with one_blas_thread():
            lacking = [
                (fitted, part)
                for fitted, needs in self._needs(queries)
                for part in sorted(needs - fitted.parts_, key=repr)
            ]
            for fitted, part in steps("learning", lacking, progress):
                fitted.learn(part)
        return bool(lacking)

    def conformalize(self, progress: Progress | None = None) -> Self:
        """Size intervals by languages and mixes held out of the evidence, for all that was learnt.

        Parameters
        ----------
        progress : Progress, optional

        Raises
        ------
        NotFittedError
        """
        self._settings()
        with one_blas_thread():
            for fitted in steps("sizing intervals", self._in_use(), progress):
                fitted.conformalize()
        self.conformal_ = True
        return self

    def predict(self, queries: pl.DataFrame) -> pl.DataFrame:
        """Forecast the mean score of each query.

        Parameters
        ----------
        queries : polars.DataFrame
            As `isogloss.read_queries` or `isogloss.forecasting.ask` gives them.

        Returns
        -------
        polars.DataFrame
            The queries in their order, with a column `mean`.

        Raises
        ------
        NotFittedError
        UnknownName
            For a task, model or other property that the evidence does not have.
        """
        return self._answer(queries, ()).drop(ANSWER[1:])

    def predict_interval(self, queries: pl.DataFrame, level: float = 0.9) -> pl.DataFrame:
        """Forecast each query with an interval that holds with probability `level`.

        Returns
        -------
        polars.DataFrame
            With the columns of `FORECAST`.

        Raises
        ------
        NotFittedError
            Before `conformalize`.
        BadValue
            If the level is not between 0 and 1.
        """
        return self.predict_intervals(queries, (level,))

    def predict_intervals(self, queries: pl.DataFrame, levels: Sequence[float]) -> pl.DataFrame:
        """`predict_interval` at several levels, one after the other in one table: each query is forecast once.

        Raises
        ------
        NotFittedError
            Before `conformalize`.
        BadValue
            If a level is not between 0 and 1.
        """
        for level in levels:
            check_level(level)
        self._settings()
        if not self.conformal_:
            raise NotFittedError("intervals need held-out residuals", hint="call conformalize() after fit()")
        return self._answer(queries, levels).select(FORECAST.names())

    def extents(self, queries: pl.DataFrame) -> list[Extent]:
        """What the evidence covers in each setting of some queries, in the order of the settings' first queries.

        Raises
        ------
        NotFittedError
        UnknownName
        """
        return [
            Extent.of(setting, self._fitted(setting).grid)
            for setting, _ in match(queries, self._settings(), may_be_new=self._may_be_new)
        ]

    def decompose(self, query: pl.DataFrame) -> Decomposition:
        """Take the forecast of one query apart: a baseline, and contributions that add up to the forecast.

        Scores are not held inside the metric's range.

        Parameters
        ----------
        query : polars.DataFrame
            One row, as `isogloss.forecasting.ask` gives it. The model must have been measured in its setting.

        Raises
        ------
        NotFittedError
        UnknownName
        """
        ((setting, row),) = match(query, self._settings())
        fitted = self.settings_[setting]
        with one_blas_thread():
            return fitted.decompose(TrainingMixes.read([row["train"][0]], fitted.grid.unknown_size), row["target"][0])

    def save(self, folder: str | Path) -> None:
        """Write to a folder, whole or not at all, to be read by `isogloss.forecasting.load`.

        All that was learnt is saved with it. A forecaster that was saved there before is replaced.

        Parameters
        ----------
        folder : str or Path
            Its parent must be there.

        Raises
        ------
        InputError
            If the forecaster holds something that has no form in a file.
        BadFile
            If the folder cannot be written, or holds anything else.
        """
        write_folder(self, folder)

    def new_model(self) -> GridModel:
        """A model of one setting's grid, not yet fitted; forecasters with parameters give them to it."""
        return self.grid_model()

    def _fit_settings(self, evidence: Evidence) -> QuerySettings:
        return FittedSettings(Panel.read(evidence.observations), self.new_model())

    def _may_be_new(self, model: str) -> bool:
        """Whether a model without a score in the query's setting is forecast."""
        return False

    def _fitted(self, setting: Setting) -> QuerySetting:
        return self._settings()[setting]

    def _needs(self, queries: pl.DataFrame | None) -> Iterator[tuple[QuerySetting, set[Part]]]:
        """Settings that some queries are about, with the parts that these need."""
        settings = self._settings()
        if queries is None:
            yield from ((fitted, fitted.needs()) for fitted in settings.values())
            return
        check_queries(queries)
        for setting, rows in match(queries, settings, may_be_new=self._may_be_new):
            fitted = self._fitted(setting)
            yield fitted, fitted.needs(_places(rows["train"])[0], _places(rows["target"])[0])

    def _in_use(self) -> Sequence[Conformal]:
        """All that learnt something of which intervals have to be sized."""
        return self._settings().in_use()

    def _settings(self) -> QuerySettings:
        if not hasattr(self, "settings_"):
            raise NotFittedError(f"this {type(self).__name__} forecaster is not fitted", hint="call fit(evidence)")
        return self.settings_

    def _answer(self, queries: pl.DataFrame, levels: Sequence[float]) -> pl.DataFrame:
        """The queries in their order, at each level; without a level only their means."""
        settings = self._settings()
        check_queries(queries)
        parts = [
            queries.head(0)
            .with_row_index("query_position")
            .with_columns(pl.Series(name, [], FORECAST[name]) for name in ANSWER)
            .with_columns(level_position=pl.lit(0))
        ]
        for setting, rows in match(queries, settings, may_be_new=self._may_be_new):
            with one_blas_thread():
                fitted = self._fitted(setting)
            (texts, row), (targets, column) = _places(rows["train"]), _places(rows["target"])
            mixes, at = TrainingMixes.read(texts, fitted.grid.unknown_size), (row, column)
            with one_blas_thread():
                for place, columns in enumerate(_columns(fitted, fitted.forecast(mixes, targets), at, levels)):
                    parts.append(rows.with_columns(*columns, level_position=pl.lit(place)))
        order = ("level_position", "query_position")
        return pl.concat(parts, how="vertical_relaxed").sort(order).drop(order)


def check_evidence(evidence: object) -> None:
    """Refuse what a forecaster cannot learn from.

    Raises
    ------
    InputError
        If this is no `isogloss.Evidence`.
    NotEnoughEvidence
        If there is not one observation.
    """
    if not isinstance(evidence, Evidence):
        given = type(evidence)
        raise InputError(
            f"fit takes isogloss.Evidence, not {given.__module__.partition('.')[0]}.{given.__qualname__}",
            where="evidence",
            hint="read it with isogloss.read_evidence",
        )
    if len(evidence) == 0:
        raise NotEnoughEvidence(
            "the evidence holds no observation", where="evidence", hint="import scores with 'isogloss evidence import'"
        )


def _places(values: pl.Series) -> tuple[list[str], NDArray[np.intp]]:
    """Each value once, sorted, and where among them every value is."""
    written = values.to_list()
    distinct = sorted(set(written))
    place = {value: position for position, value in enumerate(distinct)}
    return distinct, np.array([place[value] for value in written], dtype=np.intp)


def _columns(
    fitted: QuerySetting,
    forecast: GridForecast,
    at: tuple[np.ndarray, np.ndarray],
    levels: Sequence[float],
) -> Iterator[list[pl.Series]]:
    """Columns of the table of forecasts for the cells of some rows and columns of the grid, level by level."""
    mean = forecast.mean[at]
    if not levels:
        yield [pl.Series("mean", mean), *(pl.Series(name, [None] * len(mean), FORECAST[name]) for name in ANSWER[1:])]
        return
    bounds = {level: fitted.bounds(forecast, level) for level in {*levels, TRUST_LEVEL}}
    nearest = nearest_of_targets(fitted.grid, forecast.targets)
    neighbours = [nearest[column] for column in at[1]]
    widths = _widths(fitted, bounds[TRUST_LEVEL])[at]
    for level in levels:
        ends = bounds[level]
        lower, upper = (fitted.grid.clip(end[at]) for end in ends)
        flags = cell_flags(fitted.grid, forecast, nearest, np.isinf(ends[1] - ends[0]))[at]
        values: tuple[Iterable[object], ...] = (
            mean,
            lower,
            upper,
            [level] * len(mean),
            flags.tolist(),
            [None if one is None else one.language for one in neighbours],
            [None if one is None else one.distance for one in neighbours],
            [trust_word(width, of_cell) for width, of_cell in zip(widths, flags, strict=True)],
        )
        yield [pl.Series(name, column, FORECAST[name]) for name, column in zip(ANSWER, values, strict=True)]


def _widths(fitted: QuerySetting, ends: tuple[Array, Array]) -> Array:
    """Widths of intervals in points, of shape (rows, targets)."""
    lower, upper = (fitted.grid.clip(end) for end in ends)
    return 100 * (upper - lower) / fitted.grid.span


def load(folder: str | Path) -> Forecaster:
    """Read a forecaster that `Forecaster.save` wrote.

    Only classes of isogloss, of registered forecasters and those marked with `savable` are made, nothing in the
    files is run, and a file that is not as it was written is refused.

    Raises
    ------
    BadFile
        If the folder is no saved forecaster, is damaged, or was written by a newer isogloss.

    Warns
    -----
    UserWarning
        If another version of isogloss saved it: forecasts may then differ from those it gave.
    """
    return read_folder(folder, Forecaster)
