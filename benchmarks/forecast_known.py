"""Claim: in new training mixes of known languages, the default forecaster beats mean, nearest, additive and trees.

5-fold cross-validation over mixes of each SumEval training table; the folds are the same for all
(five shuffles for tables under 100 mixes). There each mix is also left out by itself: two of the 26 runs on
TyDiQA collapsed, and where a fold takes both, nothing that is left tells of it. Errors in points. Beside them the
paired difference to each peer with a 95 % bootstrap interval over mixes, and coverage and width of 90 % intervals.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl

from benchmarks import litmus_trees
from benchmarks.common import (
    SUMEVAL_TRAIN,
    Array,
    as_queries,
    have_data,
    machine,
    points,
    read_sumeval,
    versions,
    write_result,
)
from isogloss.evidence import Evidence
from isogloss.forecasting import forecasters
from isogloss.stats import bootstrap_interval

FOLDS, SHUFFLES = 5, 5
PEERS = ("mean", "nearest", "additive")
LEVEL = 0.9


def main() -> None:
    """Cross-validate every table."""
    if not have_data("observations/sumeval", "similarity/litmus_features.json"):
        return
    tables = {name: evaluate(name) for name in SUMEVAL_TRAIN}
    write_result(
        "forecast_known",
        {
            "claim": "known languages, new mixes: default below mean, nearest, additive and LITMUS's trees",
            "protocol": f"{FOLDS}-fold over mixes, same folds for all; MAE in points",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "lightgbm"),
            "tables": tables,
            "default_below_every_peer": {
                name: min(t["default_minus"].values(), key=lambda d: -d["mean"])["mean"] < 0
                for name, t in tables.items()
            },
        },
    )


def evaluate(name: str) -> dict[str, Any]:
    """Errors of every forecaster on one table."""
    found = folds_of(name, [np.random.default_rng(shuffle) for shuffle in range(SHUFFLES)])
    if found["mixes"] < 100:
        alone = folds_of(name, None)
        found["each_mix_alone"] = {key: alone[key] for key in ("mae", "default_minus", "coverage_of_90", "cpu_s")}
    return found


def folds_of(name: str, shuffles: list[np.random.Generator] | None) -> dict[str, Any]:
    """Errors over folds made by each shuffle (only the first for large tables), or with one mix per fold."""
    observations = read_sumeval(name).observations
    texts = observations["train"].unique(maintain_order=True).to_list()
    features, scores = litmus_trees.raw_features(name)
    errors: dict[str, list[Array]] = {}
    covered, widths = [], []
    start = time.process_time()
    if shuffles is None:
        partitions = [np.arange(len(texts))]
    else:
        partitions = [chance.permutation(len(texts)) % FOLDS for chance in shuffles[: 1 if len(texts) >= 100 else None]]
    for fold_of in partitions:
        shuffled: dict[str, Array] = {}
        for fold in range(fold_of.max() + 1):
            held = np.flatnonzero(fold_of == fold)
            test = pl.col("train").is_in([texts[row] for row in held])
            evidence, asked = Evidence(observations.filter(~test)), observations.filter(test)
            for forecaster in ("default", *PEERS):
                queries = as_queries(asked)
                fitted = forecasters.get(forecaster)().fit(evidence, queries).conformalize()
                found = fitted.predict_interval(queries, LEVEL)
                error = np.abs(found["mean"].to_numpy() - asked["score"].to_numpy())
                by_mix = asked.with_columns(error=error).group_by("train").agg(pl.col("error").mean())
                lookup = dict(by_mix.rows())
                shuffled.setdefault(forecaster, np.zeros(len(texts)))[held] = [lookup[texts[row]] for row in held]
                if forecaster == "default":
                    covered.append(((asked["score"] >= found["lower"]) & (asked["score"] <= found["upper"])).to_numpy())
                    widths.append((found["upper"] - found["lower"]).to_numpy())
            trees = litmus_trees.forecast(features, scores, np.flatnonzero(fold_of != fold), held)
            shuffled.setdefault("trees", np.zeros(len(texts)))[held] = np.abs(trees - scores[held]).mean(1)
        for forecaster, found in shuffled.items():
            errors.setdefault(forecaster, []).append(found)
    means = {forecaster: np.mean(found, axis=0) for forecaster, found in errors.items()}
    return {
        "mixes": len(texts),
        "targets": observations["target"].n_unique(),
        "mae": {forecaster: points(found.mean()) for forecaster, found in means.items()},
        "default_minus": {peer: difference(means["default"], means[peer]) for peer in (*PEERS, "trees")},
        "coverage_of_90": round(float(np.concatenate(covered).mean()), 3),
        "mean_width_of_90": points(np.concatenate(widths).mean(), 2),
        "cpu_s": round(time.process_time() - start, 1),
    }


def difference(ours: Array, theirs: Array) -> dict[str, float]:
    """Mean paired difference in points; negative where ours is better."""
    low, high = bootstrap_interval(ours - theirs)
    return {"mean": points((ours - theirs).mean()), "low": points(low), "high": points(high)}


if __name__ == "__main__":
    main()
