"""Claim: how alike two languages are to a model says which source transfers best to a target, or it does not.

Measured transfer is the evidence that ships, `isogloss:sib200-e5` (205 x 205 languages of SIB-200); similarities come
from sentences of that task in a folder that `isogloss align encode` wrote and `ISOGLOSS_ENCODINGS` names. For every
target, the pair's score is forecast by ridge regression that has not seen that language, as a target or as a source,
from the source's mean over other targets, distances of languages, and one similarity or none; regret is the best
source's score less that of the source that comes first. Baselines: the source with the best mean, and the nearest one.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import polars as pl

from benchmarks.align_transfer import rank_correlation
from benchmarks.common import Array, machine, points, versions, write_result
from isogloss.alignment import Encodings, score
from isogloss.evidence import read_evidence
from isogloss.languages import resolve, resources
from isogloss.languages.distance import distance_matrices
from isogloss.threads import one_blas_thread

FOLDER = os.environ.get("ISOGLOSS_ENCODINGS", "")
MEASURES = ("cka", "mplm-sim", "mplm-sim-centred", "rsa", "anc-signed")
KINDS = ("genetic", "geographic", "syntactic", "combined")
TRAIN_SIZE, LAYER, DRAWS = 700, 12, 1000
"""The layer that the shipped grid uses."""


def main() -> None:
    """Correlations, errors and regrets for each similarity."""
    if not FOLDER:
        print("skipped: set ISOGLOSS_ENCODINGS to a folder of isogloss align encode over SIB-200")
        return
    rows = read_evidence("isogloss:sib200-e5").filter(metric="accuracy").observations
    rows = rows.filter(pl.col("train").str.ends_with(f":{TRAIN_SIZE}"))
    rows = rows.with_columns(source=pl.col("train").str.split(":").list.first())
    ids = sorted(rows["target"].unique())
    place = {one: at for at, one in enumerate(ids)}
    transfer = np.zeros((len(ids), len(ids)))  # (sources, targets)
    for source, target, value in rows.select("source", "target", "score").rows():
        transfer[place[source], place[target]] = value
    encodings = Encodings.read(FOLDER, unfinished=True)
    languages = [resolve(one) for one in ids]
    known = distance_matrices(ids, KINDS)
    distances = np.stack([np.asarray(known[kind]) for kind in KINDS])
    same_script = np.array([[one.script == other.script for other in languages] for one in languages], float)
    facts = np.concatenate([np.nan_to_num(distances, nan=1.0), same_script[None]])
    web = resources("cc100")
    outside = np.array([web.get(one.code, 0) == 0 for one in languages])
    results = [{"similarity": None} | judge(transfer, facts, outside)]
    results += [{"similarity": "best mean of sources, no regression"} | regret_of(transfer, outside, None)]
    results += [{"similarity": "nearest by combined distance"} | regret_of(transfer, outside, -facts[3])]
    with one_blas_thread():
        table = score(encodings, MEASURES, all_pairs=True, layers=[LAYER], pooling="mean")
    for measure in MEASURES:
        own = table.filter(metric=measure)
        similarity = np.eye(len(ids))
        for one, other, value in own.select("lang_a", "lang_b", "value").rows():
            similarity[place[resolve(one).id], place[resolve(other).id]] = value
        pairs = ~np.eye(len(ids), dtype=bool)
        result: dict[str, Any] = {"similarity": measure}
        result["spearman_of_pairs"] = round(rank_correlation(similarity[pairs], transfer[pairs]), 3)
        within = [rank_correlation(similarity[pairs[:, at], at], transfer[pairs[:, at], at]) for at in range(len(ids))]
        result["spearman_within_targets"] = round(float(np.mean(within)), 3)
        results.append(result | judge(transfer, np.concatenate([facts, similarity[None]]), outside))
        results.append({"similarity": f"nearest by {measure}"} | regret_of(transfer, outside, similarity))
    write_result(
        "align_sources",
        {
            "claim": "similarity of languages in a model, as a factor of which source transfers best",
            "machine": machine(), "versions": versions("numpy", "scipy"),
            "input": f"{len(ids)} languages, {int(table['n'][0])} sentences, layer {LAYER}, {encodings.model}",
            "unit": "points of accuracy; intervals are 95 %, over targets",
            "results": results,
        },
    )  # fmt: skip


def judge(transfer: Array, factors: Array, outside: Array) -> dict[str, Any]:
    """Errors and regrets of forecasts by ridge regression, one language left out at a time."""
    count = len(transfer)
    error, regret = np.zeros(count), np.zeros(count)
    kept = ~np.eye(count, dtype=bool)
    for target in range(count):
        rest = np.flatnonzero(np.arange(count) != target)
        means = _means(transfer, rest)
        design = np.stack([np.broadcast_to(means[:, None], transfer.shape), *factors], axis=-1)
        seen = kept[np.ix_(rest, rest)]
        known, values = design[np.ix_(rest, rest)][seen], transfer[np.ix_(rest, rest)][seen]
        centre, spread = known.mean(0), known.std(0) + 1e-9
        scaled = (known - centre) / spread
        weights = np.linalg.solve(scaled.T @ scaled + np.eye(scaled.shape[1]), scaled.T @ (values - values.mean()))
        forecast = (design[rest, target] - centre) / spread @ weights + values.mean()
        actual = transfer[rest, target]
        error[target] = np.abs(forecast - actual).mean()
        regret[target] = actual.max() - actual[forecast.argmax()]
    return {"error": _summary(error, outside), "regret": _summary(regret, outside)}


def regret_of(transfer: Array, outside: Array, nearness: Array | None) -> dict[str, Any]:
    """Regret of the nearest source, or of the one with the best mean over other targets."""
    regret = np.zeros(len(transfer))
    for target in range(len(transfer)):
        rest = np.flatnonzero(np.arange(len(transfer)) != target)
        order = _means(transfer, rest)[rest] if nearness is None else nearness[rest, target]
        regret[target] = transfer[rest, target].max() - transfer[rest[order.argmax()], target]
    return {"regret": _summary(regret, outside)}


def _means(transfer: Array, rest: Array) -> Array:
    """Of each source, over other targets than itself and than the one left out."""
    among = transfer[:, rest]
    return np.array([np.delete(row, np.flatnonzero(rest == source)).mean() for source, row in enumerate(among)])


def _summary(values: Array, outside: Array) -> dict[str, Any]:
    found = {}
    for name, chosen in (("all", np.ones(len(values), bool)), ("outside_training_languages", outside)):
        own = values[chosen]
        drawn = np.random.default_rng(0).integers(0, len(own), (DRAWS, len(own)))
        ends = np.quantile(own[drawn].mean(1), [0.025, 0.975])
        found[name] = {"targets": len(own), "mean": points(own.mean(), 2), "interval": [points(end, 2) for end in ends]}
    return found


if __name__ == "__main__":
    main()
