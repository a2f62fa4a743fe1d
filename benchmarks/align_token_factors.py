"""Claim: measures of a model's own tokeniser lower errors of forecasts for languages held out, or they do not.

Scores: SIB-200 of two LLMs in 204 languages, and languagebench, five tasks, of the models whose tokeniser, or its near
relative, is in benchmarks/results/align_tokens.tsv (a score of exactly 0 there is a run that failed, and is left out).
One language at a time is forecast by ridge regression on side facts of languages (web text, kin, script), alone and
with: log premium, coverage and share of byte pieces of the model's tokeniser; the same of UTF-8 bytes, which no model
made; and the mean of all other tokenisers. Once more beside the label-free probe that ships. Per model, and pooled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from benchmarks.align_transfer import left_out
from benchmarks.common import DATA, RESULTS, Array, have_data, machine, points, versions, write_result
from isogloss.errors import IsoglossError
from isogloss.forecasting.background.probe import shipped_probe
from isogloss.forecasting.background.side_facts import side_facts
from isogloss.languages import resolve

TABLE = RESULTS / "align_tokens.tsv"
TOKENIZERS = {
    "gpt": "gpt-4o", "openai/": "gpt-4o", "google/": "gemma3", "meta-llama/llama-3": "llama3",
    "mistralai/": "mistral-tekken", "qwen/": "qwen3", "deepseek/": "deepseek-v3",
    "microsoft/phi-4-multimodal": "gpt-4o",
}  # fmt: skip
"""Beginning of a model's name to its tokeniser, or, for older GPT, the nearest one here."""
MEASURES = ("premium", "coverage", "byte_pieces")
OWN, BYTES, OTHERS = "its own tokeniser", "bytes", "mean of the other tokenisers"
FEWEST, DRAWS = 40, 1000


def tables() -> Iterator[tuple[str, str, str, dict[str, float]]]:
    """Benchmark, model, task and the score of each language, by canonical id."""
    sib = pl.read_csv(DATA / "observations/sib200_llm_scores.tsv", separator="\t")
    for (model,), rows in sib.group_by("model", maintain_order=True):
        yield (
            "SIB-200",
            str(model),
            "SIB-200",
            {resolve(one).id: score for one, score in rows["lang", "accuracy"].rows()},
        )
    bench = pl.read_parquet(DATA / "observations/languagebench/scores.parquet").filter(pl.col("score") > 0)
    known = {code: identify(code) for code in bench["bcp_47"].unique()}
    for (model, task), rows in bench.sort("model", "task").group_by("model", "task", maintain_order=True):
        scores = {known[code]: score for code, score in rows["bcp_47", "score"].rows() if known[code]}
        yield "languagebench", str(model), str(task), scores


def identify(code: str) -> str:
    """The canonical id of a code of languagebench; nothing where it names no one language."""
    try:
        return resolve(code).id
    except IsoglossError:
        return ""


def of_tokenizers() -> tuple[dict[str, int], dict[str, Array]]:
    """Place of each language, and measures of each tokeniser, of shape (languages, measures)."""
    rows = pl.read_csv(TABLE, separator="\t").sort("tokenizer", "language")
    codes = sorted(rows["language"].unique())
    measures = {}
    for (name,), own in rows.group_by("tokenizer", maintain_order=True):
        assert own["language"].to_list() == codes
        values = own.select(MEASURES).to_numpy().astype(float)
        measures[str(name)] = np.column_stack([np.log(values[:, 0]), values[:, 1:]])
    return {resolve(code).id: at for at, code in enumerate(codes)}, measures


def main() -> None:
    """Errors without and with the measures, by model and pooled."""
    if not have_data("observations/sib200_llm_scores.tsv", "observations/languagebench/scores.parquet"):
        return
    place, measures = of_tokenizers()
    cells: list[pl.DataFrame] = []
    for benchmark, model, task, scores in tables():
        tokenizer = next((own for start, own in TOKENIZERS.items() if model.startswith(start)), None)
        ids = [one for one in scores if one in place and one != "eng"]
        if tokenizer is None or len(ids) < FEWEST:
            continue
        at = [place[one] for one in ids]
        rest = np.mean([own for name, own in measures.items() if name not in (tokenizer, "bytes")], axis=0)
        added = {OWN: measures[tokenizer][at], BYTES: measures["bytes"][at], OTHERS: rest[at]}
        values, facts = np.array([scores[one] for one in ids]), side_facts(ids)[:, 1:]
        for beside, design in (
            ("side facts", facts),
            ("side facts and the probe that ships", np.column_stack([facts, shipped_probe().of(ids).values])),
        ):
            errors = {"without": left_out(design, values)} | {
                name: left_out(np.column_stack([design, more]), values) for name, more in added.items()
            }
            facts_of = {"benchmark": benchmark, "model": model, "task": task, "tokenizer": tokenizer, "beside": beside}
            cells.append(
                pl.DataFrame({"language": ids, **errors}).with_columns(**{k: pl.lit(v) for k, v in facts_of.items()})
            )
    every = pl.concat(cells)
    by_model = [
        dict(zip(("benchmark", "model", "tokenizer", "beside"), key, strict=True)) | summary(rows)
        for key, rows in every.group_by("benchmark", "model", "tokenizer", "beside", maintain_order=True)
    ]
    pooled = [
        dict(zip(("benchmark", "beside"), key, strict=True)) | {"models": rows["model"].n_unique()} | summary(rows)
        for key, rows in every.group_by("benchmark", "beside", maintain_order=True)
    ]
    write_result(
        "align_token_factors",
        {
            "claim": "measures of a model's tokeniser lower errors of forecasts for languages held out, or do not",
            "machine": machine(), "versions": versions("numpy", "polars"),
            "input": f"{every['model'].n_unique()} models, {every['language'].n_unique()} languages",
            "unit": "mean absolute errors in points; difference: 95 % interval over languages, negative is better",
            "pooled": pooled, "by_model": by_model,
        },
    )  # fmt: skip


def summary(rows: pl.DataFrame) -> dict[str, Any]:
    """Mean errors and differences; languages are drawn, with all their cells."""
    sums = rows.group_by("language", maintain_order=True).agg(pl.len(), pl.col("without", OWN, BYTES, OTHERS).sum())
    drawn = np.random.default_rng(0).integers(0, sums.height, (DRAWS, sums.height))
    counts = sums["len"].to_numpy()[drawn].sum(1)
    result: dict[str, Any] = {
        "cells": rows.height, "languages": sums.height, "without": points(rows["without"].to_numpy().mean(), 2)
    }  # fmt: skip
    for name in (OWN, BYTES, OTHERS):
        difference = (sums[name] - sums["without"]).to_numpy()[drawn].sum(1) / counts
        ends = [points(end, 2) for end in np.quantile(difference, [0.025, 0.975])]
        result[name] = {"error": points(rows[name].to_numpy().mean(), 2), "difference": ends}
    return result


if __name__ == "__main__":
    main()
