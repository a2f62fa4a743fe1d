"""Claim: the word of trust orders forecasts by their error, and each word keeps the error that it stands for.

Languages are held out of evidence that ships and of tables of other people: a quarter of them at random, the poorest
quarter, and new mixes; and, as most users have it, all but a few: the richest or any 9, 15 or 30 of the languages of
one classifier, and of large language models used as they are. Per word and per flag: how many forecasts, their mean
error in points, its 90th percentile, and the share of 90 % intervals that held. Languages weigh the same within a
table, and tables the same within a word.

The rules of the words were chosen after a look at those tables. `kept` are the same figures on tables that had no part
in it, nor in the background: EuroEval's data sets of one origin, X-FaKT, and taggers of names (NN-Rank).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, read_sumeval, versions, write_result
from isogloss.evaluation import Split, protocols
from isogloss.evaluation.split import poorest_first
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting import Default, Flag, Trust

SUMEVAL = ("UDPOS_XLMR", "WikiANN_XLMR", "XNLI_XLMR")
MOST_MIXES = 40
"""Mixes of a table that are kept, evenly spread."""
FEW = (9, 15, 30)
DRAWS = 4
EUROEVAL = ("scala", "multi_wiki_qa", "mmlu")
"""Data sets of EuroEval that were made in the same way in many languages."""
NNRANK = ("bert-base-multilingual-cased", "xlm-roberta-base")
FEWEST_OF_A_WORD = 10
KEPT_ROWS, KEPT_DRAWS, FEWEST_LEFT = 4, 2, 4
"""Models or training mixes of a kept table, draws of its languages, and languages that must be left to forecast."""
WIDTHS = (0, 5, 10, 15, 20, 25, 30, 40, 50, 70, 200)
NAME = "trust_words"


def main() -> None:
    """Measure all tables."""
    start = time.process_time()
    found = pl.concat([answer(table, split) for table, split in _splits()])
    kept = pl.concat([answer(table, split) for table, split in chain(_kept_splits(), _kept_grids())])
    write_result(
        NAME,
        {
            "claim": "error grows from solid to guess, and each word keeps its usual error",
            "machine": machine(),
            "versions": versions("numpy", "scipy"),
            "words": {word: summary(found.filter(trust=word)) for word in Trust},
            "words_by_kind": {
                f"{kind}: {word}": summary(part)
                for kind in sorted(found["kind"].unique())
                for word in Trust
                if (part := found.filter(kind=kind, trust=word)).height
            },
            "flags": {
                flag: {word: summary(part.filter(trust=word)) for word in Trust if (part.filter(trust=word)).height}
                for flag in Flag
                if (part := found.filter(pl.col("flags").list.contains(flag.value))).height
            },
            "widths": [
                {"up_to": high, **summary(found.filter(pl.col("width").is_between(low, high, closed="right")))}
                for low, high in pairwise(WIDTHS)
            ],
            "kept": {
                "left_out": f"tables with fewer than {FEWEST_OF_A_WORD} forecasts of a word, from that word",
                "words": {word: summary(_enough(kept.filter(trust=word))) for word in Trust},
                "words_by_table": {
                    f"{table}: {word}": summary(part)
                    for table in sorted(kept["table"].str.split(":").list.first().unique())
                    for word in Trust
                    if (part := _enough(kept.filter(pl.col("table").str.starts_with(f"{table}:"), trust=word))).height
                },
            },
            "cpu_s": round(time.process_time() - start, 1),
        },
    )


def _enough(rows: pl.DataFrame) -> pl.DataFrame:
    """Forecasts of one word in tables that have enough of them, or a few would weigh as much as hundreds."""
    return rows.filter(pl.len().over("table") >= FEWEST_OF_A_WORD)


def answer(table: str, split: Split) -> pl.DataFrame:
    """Forecasts of what a split leaves out, with their errors in points."""
    begun = time.process_time()
    queries = split.queries
    fitted = Default().fit(split.train, queries).conformalize()
    forecasts = fitted.predict_interval(queries, 0.9)
    truth = split.test["score"].to_numpy()
    inside = (forecasts["lower"].to_numpy() <= truth) & (truth <= forecasts["upper"].to_numpy())
    print(table, split.name, forecasts.height, round(time.process_time() - begun, 1), flush=True)
    return forecasts.select(
        pl.lit(table).alias("table"),
        pl.lit(table.partition(": ")[2] or "table").alias("kind"),
        "target",
        "flags",
        "trust",
        (100 * (pl.col("upper") - pl.col("lower"))).alias("width"),
    ).with_columns(error=pl.Series(100 * np.abs(forecasts["mean"].to_numpy() - truth)), inside=pl.Series(inside))


def summary(rows: pl.DataFrame) -> dict[str, Any]:
    """Count, errors and coverage; targets weigh the same within a table, and tables the same."""
    if rows.is_empty():
        return {"forecasts": 0}
    weighted = rows.with_columns(weight=1 / pl.len().over("table", "target")).with_columns(
        weight=pl.col("weight") / pl.col("weight").sum().over("table")
    )
    weights, errors = weighted["weight"].to_numpy(), weighted["error"].to_numpy()
    order = np.argsort(errors)
    at = np.searchsorted(np.cumsum(weights[order]), 0.9 * weights.sum())
    return {
        "forecasts": rows.height,
        "tables": rows["table"].n_unique(),
        "mae": round(float(np.average(errors, weights=weights)), 2),
        "p90": round(float(errors[order][min(at, len(errors) - 1)]), 2),
        "coverage": round(float(np.average(weighted["inside"].to_numpy(), weights=weights)), 3),
        "width": round(float(np.average(weighted["width"].to_numpy(), weights=weights)), 1),
    }


def _splits() -> Iterator[tuple[str, Split]]:
    for name, evidence in _tables():
        for protocol in ("lolo", "low-resource", "configs"):
            folds = {"folds": 4, "every": 4} if protocol != "low-resource" else {}
            if protocol == "configs" and evidence.observations["train"].n_unique() < 8:
                continue
            for split in protocols.get(protocol)(evidence, **folds):
                yield f"{name}: {protocol}", split
    for name, evidence in _one_mix():
        for few in FEW:
            languages = evidence.targets
            yield f"{name}: richest {few}", _all_but(evidence, poorest_first(languages, 0)[-few:])
            for draw in range(DRAWS):
                chosen = np.random.default_rng(draw).choice(sorted(languages), few, replace=False)
                yield f"{name}: any {few}", _all_but(evidence, chosen.tolist())


def _kept_splits() -> Iterator[tuple[str, Split]]:
    for name, evidence in _kept_tables():
        for few in (few for few in FEW if few <= len(evidence.targets) - FEWEST_LEFT):
            yield f"{name}: richest {few}", _all_but(evidence, poorest_first(evidence.targets, 0)[-few:])
            for draw in range(KEPT_DRAWS):
                chosen = np.random.default_rng(draw).choice(sorted(evidence.targets), few, replace=False)
                yield f"{name}: any {few}", _all_but(evidence, chosen.tolist())


def _kept_grids() -> Iterator[tuple[str, Split]]:
    """Taggers of names with all their training languages: a quarter of the languages, the poorest, and new mixes."""
    if have_data("observations/nnrank"):
        for model in NNRANK:
            evidence = _fewer_mixes(_nnrank(model))
            for protocol in ("lolo", "low-resource", "configs"):
                folds = {"folds": 4, "every": 4} if protocol != "low-resource" else {}
                for split in protocols.get(protocol)(evidence, **folds):
                    yield f"NN-Rank {model}, all sources: {protocol}", split


def _nnrank(model: str) -> Evidence:
    return read_evidence(DATA / "observations" / "nnrank" / f"results_{model}_test.csv").filter(metric="f1")


def _kept_tables() -> Iterator[tuple[str, Evidence]]:
    """Tables that had no part in the rules of the words: some rows of each, evenly spread."""
    if have_data("observations/euroeval"):
        cells = pl.read_parquet(DATA / "observations" / "euroeval" / "scores.parquet")
        cells = cells.filter(pl.col("setting") == "val")
        for origin in EUROEVAL:
            yield f"EuroEval {origin}", _few_shot(
                cells.filter(pl.col("dataset").str.starts_with(f"{origin}_")).select(
                    "model", target="language", score=pl.col("score_2") / 100
                ), origin,
            )  # fmt: skip
    if have_data("observations/xfakt_ratings.parquet"):
        ratings = pl.read_parquet(DATA / "observations" / "xfakt_ratings.parquet").with_columns(
            pl.all().cast(pl.String)
        )
        right = (pl.col("rating") == "1") | ((pl.col("rating") == "2") & (pl.col("lang") == "English"))
        for (task,), rows in ratings.group_by("task", maintain_order=True):
            cells = rows.group_by("model", pl.col("lang").alias("target")).agg(right.mean().alias("score"))
            yield f"X-FaKT {task}", _few_shot(cells, str(task))
    if have_data("observations/nnrank"):
        for model in NNRANK:
            evidence = _nnrank(model)
            for train in _even(evidence.observations["train"].unique().sort().to_list(), KEPT_ROWS):
                yield f"NN-Rank {model}", evidence.filter(train=train)


def _few_shot(cells: pl.DataFrame, task: str) -> Evidence:
    """Some models that were measured in most languages."""
    counts = cells.group_by("model").agg(pl.col("target").n_unique())
    whole = counts.filter(pl.col("target") >= 0.9 * cells["target"].n_unique())["model"].sort().to_list()
    some = cells.filter(pl.col("model").is_in(_even(whole, KEPT_ROWS)))
    table = some.group_by("model", "target").agg(pl.col("score").mean()).sort("model", "target")
    return read_evidence(table.with_columns(task=pl.lit(task), metric=pl.lit("accuracy"), train=pl.lit(""), shots=5),
                         scale="fraction")  # fmt: skip


def _even(values: list[str], count: int) -> list[str]:
    return [values[place] for place in np.linspace(0, len(values) - 1, min(count, len(values))).astype(int)]


def _all_but(evidence: Evidence, kept: list[str]) -> Split:
    """Learn from some languages and ask for all others."""
    known = pl.col("target").is_in(kept)
    return Split(f"{len(kept)} languages", evidence, lambda rows: (rows.filter(known), rows.filter(~known)))


def _tables() -> Iterator[tuple[str, Evidence]]:
    for name, metric in (("sib200-ngram", "accuracy"), ("sib200-minilm", "accuracy"), ("udpos-ngram", "accuracy")):
        yield name, _fewer_mixes(read_evidence(f"isogloss:{name}").filter(metric=metric))
    if have_data("observations/sumeval"):
        for name in SUMEVAL:
            yield name, _fewer_mixes(read_sumeval(name))


def _one_mix() -> Iterator[tuple[str, Evidence]]:
    ngram = read_evidence("isogloss:sib200-ngram").filter(metric="accuracy")
    yield "sib200-ngram", ngram.filter(train="spa:700")
    minilm = read_evidence("isogloss:sib200-minilm").filter(metric="accuracy")
    yield "sib200-minilm", minilm.filter(train="eng:700")
    if have_data("observations/sib200_llm_scores.tsv"):
        llm = read_evidence(DATA / "observations" / "sib200_llm_scores.tsv")
        for model in llm.observations["model"].unique().sort():
            yield f"sib200 {model}", llm.filter(model=model)


def _fewer_mixes(evidence: Evidence) -> Evidence:
    mixes = evidence.observations["train"].unique().sort().to_list()
    kept = {mixes[place] for place in np.linspace(0, len(mixes) - 1, min(MOST_MIXES, len(mixes))).astype(int)}
    return Evidence(evidence.observations.filter(pl.col("train").is_in(kept)))


if __name__ == "__main__":
    main()
