"""What anybody would do without us: the best source on average, the nearest, English, the one with most data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.features import space
from isogloss.languages import distances, similarities
from isogloss.planning.ranking.table import Array, SourceTable
from isogloss.planning.ranking.trees import LANGRANK, Ranker

NEAREST = ("genetic", "syntactic", "phonological", "inventory", "geographic", "featural", "combined")
LANGRANK_DISTANCES = ("genetic", "syntactic", "featural", "phonological", "inventory", "geographic")
ENGLISH = "eng"
RIDGE = 10.0
"""Penalty on the slopes of standardised distances; source effects have a tenth of it."""


def baseline_orders(table: SourceTable, target: str, *, ranker: bool = True) -> dict[str, Array]:
    """What each baseline orders the sources of a target by.

    Parameters
    ----------
    table : SourceTable
        Without the target.
    target : str
    ranker : bool, default True
        Whether LambdaRank is trained too, which takes longest.

    Returns
    -------
    dict of str to array of shape (sources,)
        The larger, the better; a baseline that has no choice here, such as English where it is no source, is absent.
        Similarities that a user has registered or kept are among those that say which source is nearest.
    """
    orders = {"best average": average_effect(table), **_nearest(table, target)}
    if ENGLISH in table.sources:
        orders["English"] = np.array([float(source == ENGLISH) for source in table.sources])
    known = space(table.sources)
    text = known.web_text[known.at(table.sources)]
    if text.max() > 0:
        orders["most data"] = text
    orders["ridge"] = ridge_order(table, target)
    if ranker:
        orders["LambdaRank"] = langrank_order(table, target)
    return orders


def average_effect(table: SourceTable) -> Array:
    """Mean score of each source over the targets, against each target's own mean."""
    others = table.of_others
    return np.asarray(np.nan_to_num(np.nanmean(others - np.nanmean(others, axis=0), axis=1)))


def langrank_order(table: SourceTable, target: str, texts: Array | None = None) -> Array:
    """LambdaRank with the settings of Lin et al. 2019 and of their features those that need no texts.

    These are the six distances, and web text for the size of source and target.

    Parameters
    ----------
    table : SourceTable
        Without the target.
    target : str
    texts : array of shape (sources, targets + 1, features), optional
        The features that need texts, such as their overlap in words; the last target is the one asked about.
    """
    features = langrank_features(table, (*table.targets, target))
    if texts is not None:
        features = np.concatenate([features, texts], axis=2)
    ranker = Ranker(LANGRANK).fit(features[:, :-1], table.of_others)
    return np.asarray(ranker.predict(features[:, -1:])[:, 0])


def ridge_order(table: SourceTable, target: str) -> Array:
    """Ridge regression of the scores, less each target's mean, on the distances and an effect of each source."""
    features = langrank_features(table, (*table.targets, target))
    shift, unit = features.mean((0, 1)), features.std((0, 1)) + 1e-9
    standard = (features - shift) / unit
    effects = np.broadcast_to(np.eye(len(table.sources))[:, None], (*features.shape[:2], len(table.sources)))
    design = np.concatenate([standard, np.sqrt(10.0) * effects], axis=2)
    others = table.of_others
    response = others - np.nanmean(others, axis=0)
    measured = ~np.isnan(response)
    known = design[:, :-1][measured]
    penalty = RIDGE * np.eye(known.shape[1])
    slopes = np.linalg.solve(known.T @ known + penalty, known.T @ response[measured])
    return np.asarray(design[:, -1] @ slopes)


def langrank_features(table: SourceTable, targets: Sequence[str]) -> Array:
    """Six closenesses and web text of source and target, of shape (sources, targets, 8)."""
    layers = [_closeness(kind, table.sources, targets) for kind in LANGRANK_DISTANCES]
    known = space(table.sources, targets)
    text = known.web_text
    shape = (len(table.sources), len(targets))
    layers.append(np.broadcast_to(text[known.at(table.sources)][:, None], shape))
    layers.append(np.broadcast_to(text[known.at(targets)], shape))
    return np.stack(layers, axis=2)


def _nearest(table: SourceTable, target: str) -> dict[str, Array]:
    orders = {kind: _closeness(kind, table.sources, (target,))[:, 0] for kind in NEAREST}
    orders |= {kind: _closeness(kind, table.sources, (target,), 0.0)[:, 0] for kind in similarities.names()}
    return {f"nearest {kind}": order for kind, order in orders.items() if np.ptp(order) > 0}


def _closeness(kind: str, sources: Sequence[str], targets: Sequence[str], unknown: float = 0.5) -> Array:
    """One less the distance; `unknown` where nothing is known."""
    values = distances(list(sources), kind, others=list(targets)).values
    return np.where(np.isnan(values), unknown, 1 - values)
