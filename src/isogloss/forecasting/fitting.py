"""One way to a fitted forecaster for every command, so that what was learnt for one serves the next."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import polars as pl

from isogloss.estimator import clone
from isogloss.evidence import Evidence
from isogloss.forecasting import cache
from isogloss.forecasting.forecaster import Forecaster, check_evidence
from isogloss.forecasting.registry import forecasters
from isogloss.forecasting.state_key import state_key
from isogloss.progress import Progress

KEPT_IN_MEMORY = 4
"""Fitted forecasters that a process keeps, the last used."""

_lock = Lock()
_kept: OrderedDict[str, _Place] = OrderedDict()


class _Place:
    """Room for a fitted forecaster; whoever fits it or lets it learn more holds the lock."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forecaster: Forecaster | None = None


def fitted(
    evidence: Evidence,
    queries: pl.DataFrame | None = None,
    *,
    forecaster: str | Forecaster = "default",
    progress: Progress | None = None,
) -> Forecaster:
    """A forecaster that has learnt what some queries need, intervals included; what was learnt before is used again.

    It is kept in memory and in the user's cache folder (`ISOGLOSS_CACHE`) under the content of the evidence, and shared
    with whoever asks about the same: do not `fit` it to anything else.

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
    estimator = forecasters.get(forecaster)() if isinstance(forecaster, str) else clone(forecaster)
    key = state_key(evidence, estimator)
    if key is None:
        return estimator.fit(evidence, queries, progress).conformalize(progress)
    place = _place(key)
    with place.lock:
        known = place.forecaster or cache.read(key)
        if known is None:
            place.forecaster = estimator.fit(evidence, queries, progress).conformalize(progress)
        elif known.learn(queries, progress):
            place.forecaster = known.conformalize(progress)
        else:
            place.forecaster = known
            return known
        cache.write(key, place.forecaster)
    return place.forecaster


def _place(key: str) -> _Place:
    with _lock:
        place = _kept.setdefault(key, _Place())
        _kept.move_to_end(key)
        while len(_kept) > KEPT_IN_MEMORY:
            _kept.popitem(last=False)
    return place
