"""One way to a fitted forecaster for every command, so that what was learnt for one serves the next.

A forecaster is kept under the content of its evidence, its class and its parameters. Where scores came from, and when
they were recorded, does not count.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from weakref import WeakKeyDictionary

import polars as pl
from sklearn.base import clone

from isogloss.evidence import Evidence
from isogloss.forecasting.forecaster import Capability, Forecaster, capabilities_of, check_evidence
from isogloss.forecasting.registry import forecasters
from isogloss.forecasting.settings import match, read_settings

KEPT_IN_MEMORY = 4
"""Fitted forecasters that a process keeps, the last used."""
PROVENANCE = ("target_as_reported", "origin", "origin_row", "importer", "recorded_at", "details")
"""Columns of observations that no forecast depends on."""

_lock = Lock()
_kept: OrderedDict[str, Forecaster] = OrderedDict()
_digests: WeakKeyDictionary[Evidence, tuple[tuple[pl.DataFrame, ...], str]] = WeakKeyDictionary()


def fit_forecaster(
    evidence: Evidence, queries: pl.DataFrame | None = None, *, forecaster: str | Forecaster = "default"
) -> Forecaster:
    """A fitted and conformalized forecaster, the one fitted before if there is one.

    Others may be using it at the same time: make a `sklearn.base.clone` before you fit it to anything else.

    Parameters
    ----------
    evidence : Evidence
    queries : polars.DataFrame, optional
        What will be forecast; by default all settings of the evidence. The forecaster learns what these need.
    forecaster : str or Forecaster, default "default"
        A registered name, or an estimator with its parameters, which is not fitted itself.

    Returns
    -------
    Forecaster

    Raises
    ------
    InputError, NotEnoughEvidence
        As `Forecaster.fit` does.
    UnknownName
        For a forecaster, or a task, model or other property of a query, that there is not.
    """
    estimator = forecasters.get(forecaster)() if isinstance(forecaster, str) else clone(forecaster)
    check_evidence(evidence)
    if queries is not None and Capability.OTHER_SETTINGS not in capabilities_of(estimator):
        settings = dict(read_settings(evidence))
        evidence = evidence.with_observations(pl.concat(settings[one] for one, _ in match(queries, list(settings))))
    key = _key(evidence, estimator)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    fitted = estimator.fit(evidence).conformalize()
    with _lock:
        _kept[key] = fitted
        while len(_kept) > KEPT_IN_MEMORY:
            _kept.popitem(last=False)
    return fitted


def _key(evidence: Evidence, estimator: Forecaster) -> str:
    """What a fitted forecaster depends on, in short."""
    kind = type(estimator)
    parameters = sorted(estimator.get_params().items())
    parts = (f"{kind.__module__}:{kind.__qualname__}", id(kind), parameters, digest(evidence))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def digest(evidence: Evidence) -> str:
    """Checksum of what forecasts depend on: observations without their provenance, and facts."""
    tables = (evidence.observations, evidence.models, evidence.tasks)
    before, result = _digests.get(evidence, ((), ""))
    if len(before) == len(tables) and all(one is other for one, other in zip(before, tables, strict=True)):
        return result
    checksum = hashlib.sha256()
    # CSV and JSON are the same for the same values, however they lie in memory.
    checksum.update(tables[0].drop(PROVENANCE).write_csv(null_value="\0").encode())
    for facts in tables[1:]:
        checksum.update(b"\0" + facts.write_ndjson().encode())
    _digests[evidence] = tables, checksum.hexdigest()
    return checksum.hexdigest()
