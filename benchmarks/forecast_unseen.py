"""Claim: in languages never seen, neither tested nor trained on, the default forecaster beats mean and nearest.

Leave one language out: it vanishes as target and from every mixture. On UDPOS, WikiANN and XNLI (SumEval
training tables) and, every fourth language, on the evidence that ships (SIB-200, accuracy at 700 examples).
MAE in points, every language counting the same; paired differences with a 95 % bootstrap interval over
languages; coverage and width of 90 % intervals.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import (
    Array,
    as_queries,
    have_data,
    machine,
    points,
    read_sumeval,
    versions,
    write_result,
)
from benchmarks.forecast_known import difference
from isogloss.evidence import Evidence, Mixture, read_evidence
from isogloss.forecast import forecasters
from isogloss.languages import distances

TABLES = ("UDPOS_XLMR", "WikiANN_XLMR", "XNLI_TULRv6Large", "XNLI_XLMR")
PEERS = ("mean", "nearest", "additive")
LEVEL = 0.9
KIN = 0.6
"""Genetic distance below which two languages count as kin."""


def main() -> None:
    """Leave out every language of every table."""
    shipped = read_evidence("isogloss:sib200-ngram").filter(metric="accuracy").observations
    tables = {"SIB-200 (shipped)": evaluate(shipped.filter(pl.col("train").str.ends_with(":700")), every=4)}
    if have_data("observations/sumeval"):
        tables |= {name: evaluate(read_sumeval(name).observations) for name in TABLES}
    write_result(
        "forecast_unseen",
        {
            "claim": "unseen languages: default below mean and nearest",
            "protocol": "leave-one-language-out, as source and as target; MAE in points, languages weighing the same",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "lightgbm"),
            "tables": tables,
        },
    )


def evaluate(observations: pl.DataFrame, every: int = 1) -> dict[str, Any]:
    """Errors of every forecaster on one table."""
    evidence = Evidence(observations)
    errors: dict[str, list[float]] = {name: [] for name in ("default", *PEERS)}
    covered, widths, cells = [], [], []
    start = time.process_time()
    languages = evidence.targets[::every]
    for language in languages:
        rest = evidence.without_language(language)
        asked = hide(observations.filter(pl.col("target") == language), language)
        for forecaster, found_errors in errors.items():
            fitted = forecasters.get(forecaster)().fit(rest)
            found = fitted.predict(as_queries(asked))
            found_errors.append(float(np.abs(found["mean"].to_numpy() - asked["score"].to_numpy()).mean()))
            if forecaster == "default":
                found = fitted.conformalize().predict_interval(as_queries(asked), LEVEL)
                covered.append(float(((asked["score"] >= found["lower"]) & (asked["score"] <= found["upper"])).mean()))
                widths.append(float((found["upper"] - found["lower"]).mean()))
                cells.append(found.with_columns(score=asked["score"]))
    means: dict[str, Array] = {name: np.array(found) for name, found in errors.items()}
    return {
        "languages": len(languages),
        "mae": {name: points(found.mean(), 2) for name, found in means.items()},
        "default_minus": {peer: difference(means["default"], means[peer]) for peer in PEERS},
        "coverage_of_90": round(float(np.mean(covered)), 3),
        "mean_width_of_90": points(np.mean(widths), 1),
        **coverage_by_kinship(pl.concat(cells)),
        "cpu_s": round(time.process_time() - start, 1),
    }


def coverage_by_kinship(cells: pl.DataFrame) -> dict[str, Any]:
    """Coverage and width apart for kin of the source and for others, where each mixture has one source."""
    sources = cells["train"].str.split_exact(":", 1).struct.field("field_0")
    if cells["train"].str.contains(",").any():
        return {}
    every = sorted({*sources, *cells["target"]})
    at = {language: position for position, language in enumerate(every)}
    pairs = [at[code] for code in sources], [at[code] for code in cells["target"]]
    same_script = distances(every, "script").values[pairs] == 0
    kin = same_script & (distances(every, "genetic").values[pairs] < KIN)
    held = ((cells["score"] >= cells["lower"]) & (cells["score"] <= cells["upper"])).to_numpy()
    width = (cells["upper"] - cells["lower"]).to_numpy()
    groups = {
        "kin in the same script": kin,
        "others in the same script": same_script & ~kin,
        "other scripts": ~same_script,
    }
    return {
        "by_kinship": {
            name: {
                "cells": int(group.sum()),
                "coverage": round(float(held[group].mean()), 3),
                "mean_width": points(width[group].mean(), 1),
            }
            for name, group in groups.items()
        }
    }


def hide(asked: pl.DataFrame, language: str) -> pl.DataFrame:
    """The questions about a language, under mixtures without its examples; rows of nothing else are not asked."""
    reduced = {text: str(Mixture.parse(text, language=str).without(language)) for text in asked["train"].unique()}
    return asked.with_columns(pl.col("train").replace(reduced)).filter(pl.col("train") != "")


if __name__ == "__main__":
    main()
