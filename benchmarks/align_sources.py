"""Claim: how alike two languages are to a model says which source transfers best to a target, or it does not.

Measured transfer is the evidence that ships: grids of languages as sources and targets. Similarities are those of
multilingual-e5-small, from a folder that `isogloss align encode` wrote of SIB-200 and `ISOGLOSS_ENCODINGS` names, on
200 training sentences, which no score is of. For every target, the pair's score is forecast by ridge
regression that has not seen that language, as a target or as a source, from the source's mean over other targets,
distances of languages, and one similarity or none; regret is the best source's score less that of the source that
comes first. Baselines: the source with the best mean, and the nearest one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from benchmarks.align_transfer import APART, OWN, SAME, Sentences, rank_correlation
from benchmarks.common import Array, as_queries, have_data, machine, points, versions, write_result
from isogloss.alignment import Encodings, score
from isogloss.evidence import read_evidence
from isogloss.forecasting import Default, Forecaster, LangRank, Litmus
from isogloss.languages import register_similarity, resolve, resources
from isogloss.languages.distance import distance_matrices
from isogloss.threads import one_blas_thread

FOLDER = os.environ.get("ISOGLOSS_ENCODINGS", "")
MEASURES = ("cka", "mplm-sim", "mplm-sim-centred", "rsa", "anc-signed")
FEW = ("cka", "mplm-sim-centred")
"""Measures for the grids of other models, and on the sentences of the scores."""
KINDS = ("genetic", "geographic", "syntactic", "combined")
GRIDS = {"sib200-e5": 700, "sib200-minilm": 700, "sib200-ngram": 700, "udpos-minilm": 300, "udpos-ngram": 300}
"""Evidence that ships, to examples of the source."""
LAYER, DRAWS = 12, 1000
SPLITS, SOURCES, HIDDEN, OVERLAP = 2, 20, 60, "e5-cka"
"""The layer that the encoder's own grid of topics uses."""


def main() -> None:
    """Correlations, errors and regrets for each grid and similarity."""
    if not FOLDER or not have_data("sib200.parquet"):
        print("skipped: set ISOGLOSS_ENCODINGS to a folder of isogloss align encode over SIB-200")
        return
    encodings = Encodings.read(FOLDER, unfinished=True)
    apart, same = (Sentences.of_split(encodings, split) for split in (APART, SAME))
    with one_blas_thread():
        table = score(apart, MEASURES, all_pairs=True, layers=[LAYER], pooling="mean")
        results = of_grid(OWN, MEASURES, encodings, table)
        results += [one for grid in GRIDS if grid != OWN for one in of_grid(grid, FEW, encodings, table)]
        on_same = of_grid(OWN, FEW, encodings, score(same, FEW, all_pairs=True, layers=[LAYER], pooling="mean"))
        forecasts = by_forecasters(table)
    write_result(
        "align_sources",
        {
            "claim": "similarity of languages in a model, as a factor of which source transfers best",
            "machine": machine(), "versions": versions("numpy", "scipy"),
            "input": f"{len(apart.chosen)} training sentences of SIB-200, layer {LAYER}, "
            f"{encodings.model}",
            "unit": "points of accuracy; intervals are 95 %, over targets",
            "results": results,
            f"on_the_{len(same.chosen)}_sentences_of_the_scores": on_same,
            "forecasters": forecasts,
        },
    )  # fmt: skip


def of_grid(name: str, measures: Sequence[str], encodings: Encodings, table: pl.DataFrame) -> list[dict[str, Any]]:
    """All of one grid, for the languages that are both sources and targets of it and encoded."""
    rows = read_evidence(f"isogloss:{name}").filter(metric="accuracy", seed=0).observations
    rows = rows.filter(pl.col("train").str.ends_with(f":{GRIDS[name]}"), ~pl.col("recipe").str.starts_with("fine-tune"))
    rows = rows.with_columns(source=pl.col("train").str.split(":").list.first())
    codes = {resolve(one).id: one for one in encodings.languages}
    ids = sorted(set(rows["target"]) & set(rows["source"]) & set(codes))
    place = {one: at for at, one in enumerate(ids)}
    transfer = np.zeros((len(ids), len(ids)))  # (sources, targets)
    kept = rows.filter(pl.col("source").is_in(ids), pl.col("target").is_in(ids))
    for source, target, value in kept.select("source", "target", "score").rows():
        transfer[place[source], place[target]] = value
    languages = [resolve(one) for one in ids]
    known = distance_matrices(ids, KINDS)
    distances = np.stack([np.asarray(known[kind]) for kind in KINDS])
    same_script = np.array([[one.script == other.script for other in languages] for one in languages], float)
    facts = np.concatenate([np.nan_to_num(distances, nan=1.0), same_script[None]])
    web = resources("cc100")
    outside = np.array([web.get(one.code, 0) == 0 for one in languages])
    results: list[dict[str, Any]] = [{"similarity": None} | judge(transfer, facts, outside)]
    results += [{"similarity": "best mean of sources, no regression"} | regret_of(transfer, outside, None)]
    results += [{"similarity": "nearest by combined distance"} | regret_of(transfer, outside, -facts[3])]
    pairs = ~np.eye(len(ids), dtype=bool)
    for measure in measures:
        similarity = np.eye(len(ids))
        for one, other, value in table.filter(metric=measure).select("lang_a", "lang_b", "value").rows():
            if {first := resolve(one).id, second := resolve(other).id} <= set(ids):
                similarity[place[first], place[second]] = value
        within = [rank_correlation(similarity[pairs[:, at], at], transfer[pairs[:, at], at]) for at in range(len(ids))]
        results.append(
            {
                "similarity": measure,
                "spearman_of_pairs": round(rank_correlation(similarity[pairs], transfer[pairs]), 3),
                "spearman_within_targets": round(float(np.mean(within)), 3),
            }
            | judge(transfer, np.concatenate([facts, similarity[None]]), outside)
        )
        results.append({"similarity": f"nearest by {measure}"} | regret_of(transfer, outside, similarity))
    return [{"grid": name, "languages": len(ids)} | one for one in results]


def by_forecasters(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Errors and regrets of forecasters that read a similarity as `overlap`, without and with CKA, and of the default.

    Scores of the encoder's own grid, from 20 sources; 60 of the other targets are hidden at once.
    """
    register_similarity(
        OVERLAP, table.filter(metric="cka").select("lang_a", "lang_b", similarity=pl.col("value").clip(0))
    )
    forecasters: dict[str, Forecaster] = {
        "default": Default(), "litmus": Litmus(), "langrank": LangRank(),
        "litmus with cka": Litmus(overlap=OVERLAP), "langrank with cka": LangRank(overlap=OVERLAP),
    }  # fmt: skip
    evidence = read_evidence(f"isogloss:{OWN}").filter(metric="accuracy", seed=0)
    source = pl.col("train").str.split(":").list.first()
    rows = evidence.observations.filter(pl.col("train").str.ends_with(f":{GRIDS[OWN]}"))
    targets, web = sorted(rows["target"].unique()), resources("cc100")
    values: dict[str, list[pl.DataFrame]] = {name: [] for name in forecasters}
    for seed in range(SPLITS):
        drawn = np.random.default_rng(seed).permutation(targets)
        sources, hidden = drawn[:SOURCES].tolist(), drawn[SOURCES : SOURCES + HIDDEN].tolist()
        among = rows.filter(source.is_in(sources))
        asked = among.filter(pl.col("target").is_in(hidden))
        shown = evidence.with_observations(among.filter(~pl.col("target").is_in(hidden)))
        for name, forecaster in forecasters.items():
            forecast = forecaster.fit(shown).predict(as_queries(asked))["mean"]
            values[name].append(asked.select("target", "score", forecast=forecast, split=pl.lit(seed)))
    found = []
    for name, parts in values.items():
        by_target = pl.concat(parts).group_by("split", "target", maintain_order=True).agg(
            error=(pl.col("score") - pl.col("forecast")).abs().mean(),
            regret=pl.col("score").max() - pl.col("score").get(pl.col("forecast").arg_max()),
        )  # fmt: skip
        outside = np.array([web.get(resolve(one).code, 0) == 0 for one in by_target["target"]])
        summaries = {column: _summary(by_target[column].to_numpy(), outside) for column in ("error", "regret")}
        found.append({"forecaster": name} | summaries)
    return found


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
        if not len(own):
            continue
        drawn = np.random.default_rng(0).integers(0, len(own), (DRAWS, len(own)))
        ends = np.quantile(own[drawn].mean(1), [0.025, 0.975])
        found[name] = {"targets": len(own), "mean": points(own.mean(), 2), "interval": [points(end, 2) for end in ends]}
    return found


if __name__ == "__main__":
    main()
