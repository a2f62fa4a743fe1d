"""Forecasts and intervals stay where scores of the metric can be, also where only one end of them is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.forecasting import ask, forecasters
from isogloss.metrics.registry import lowest_raw

LANGUAGES = "eng deu fra spa ita pol rus hin arb zho tur fin".split()
FALLING = {"wer": (0.03, 0.02), "cer": (0.01, 0.01), "perplexity": (3.0, 2.0)}


def observations(metric: str, start: float, step: float) -> pl.DataFrame:
    """Errors that grow with the place in the list, of two models on two tasks."""
    rows = [
        (task, model, language, (start + step * place) * (1 + 0.3 * ((7 * place + len(model)) % 3 - 1)))
        for task in ("asr", "calls") for model in ("a", "bb")
        for place, language in enumerate(LANGUAGES if task == "asr" else [*LANGUAGES, "yor", "wol"])
    ]  # fmt: skip
    schema = ["task", "model", "target", "score"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(metric=pl.lit(metric), train=pl.lit(""))


@pytest.mark.parametrize("name", ["default", "base-learners", "hierarchical", "nearest", "additive", "litmus"])
@pytest.mark.parametrize("metric", FALLING)
def test_no_interval_of_an_error_ends_below_zero(metric, name):
    evidence = read_evidence(observations(metric, *FALLING[metric]))
    queries = ask(task="asr", model="a", targets=["yor", "wol", "fin", "amh"])
    found = forecasters.get(name)().fit(evidence, queries).conformalize().predict_interval(queries, 0.95)
    assert (found["lower"] >= 0).all()
    assert (found["mean"] >= found["lower"]).all()


def test_scores_of_a_metric_without_an_end_may_be_negative():
    table = observations("points", -1.0, 0.1).with_columns(pl.col("score") * 10)
    evidence = read_evidence(table, scale="raw", better="higher")
    queries = ask(task="asr", model="a", targets=["amh"])
    found = forecasters.get("base-learners")().fit(evidence, queries).conformalize().predict_interval(queries, 0.8)
    assert found["lower"][0] < 0


@pytest.mark.parametrize(
    ("metric", "lowest"), [("wer", 0), ("perplexity", 1), ("accuracy", 0), ("spearman", -np.inf), ("points", -np.inf)]
)
def test_the_lower_end_of_a_metric_that_is_no_fraction(metric, lowest):
    assert lowest_raw(metric) == lowest
