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

from isogloss.estimator import clone
from isogloss.evidence import Evidence
from isogloss.forecasting.forecaster import Forecaster, check_evidence
from isogloss.forecasting.registry import forecasters
from isogloss.progress import Progress

KEPT_IN_MEMORY = 4
"""Fitted forecasters that a process keeps, the last used."""
PROVENANCE = ("target_as_reported", "origin", "origin_row", "importer", "recorded_at", "details")
"""Columns of observations that no forecast depends on."""

_lock = Lock()
_kept: OrderedDict[str, tuple[Lock, list[Forecaster]]] = OrderedDict()
_digests: WeakKeyDictionary[Evidence, tuple[tuple[pl.DataFrame, ...], str]] = WeakKeyDictionary()


def fitted(
    evidence: Evidence,
    queries: pl.DataFrame | None = None,
    *,
    forecaster: str | Forecaster = "default",
    progress: Progress | None = None,
) -> Forecaster:
    """A forecaster that has learnt what some queries need, intervals included; what was learnt before is used again.

    It is shared with whoever asks about the same evidence, so do not `fit` it to anything else.

    Parameters
    ----------
    evidence : Evidence
    queries : polars.DataFrame, optional
        What will be forecast; by default every setting of the evidence, for any language and mix.
    forecaster : str or Forecaster, default "default"
        A registered name, or an estimator with its parameters, which is not fitted itself.
    progress : Progress, optional

    Returns
    -------
    Forecaster

    Raises
    ------
    InputError, NotEnoughEvidence, UnknownName
        As `Forecaster.fit` does.
    """
    check_evidence(evidence)
    if isinstance(forecaster, str):
        forecaster = forecasters.get(forecaster)()
    estimator = clone(forecaster)
    with _lock:
        key = _key(evidence, estimator)
        own_lock, kept = _kept.setdefault(key, (Lock(), []))
        _kept.move_to_end(key)
        while len(_kept) > KEPT_IN_MEMORY:
            _kept.popitem(last=False)
    with own_lock:
        if not kept:
            kept.append(estimator.fit(evidence, queries, progress).conformalize(progress))
        elif kept[0].learn(queries, progress):
            kept[0].conformalize(progress)
    return kept[0]


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
