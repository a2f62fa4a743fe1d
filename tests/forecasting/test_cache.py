"""What was learnt once serves every question about the same evidence, and no other."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting import Default, Mean, ask, fitted, forecasters
from isogloss.forecasting.fitting import KEPT_IN_MEMORY

CELLS = [("deu", "eng:9", 0.5), ("fra", "eng:9", 0.6), ("yor", "eng:9", 0.2)]
QUERIES = ask(task="t", model="m", targets=["swa"], train="eng:9")


def shifted(evidence: Evidence, by: float) -> Evidence:
    return Evidence(evidence.observations.with_columns(pl.col("score") + by))


def test_the_second_question_gets_the_forecaster_of_the_first(measured):
    first = fitted(measured(CELLS), QUERIES, forecaster="mean")
    assert fitted(measured(CELLS), QUERIES, forecaster="mean") is first
    assert fitted(measured(CELLS), QUERIES, forecaster=Mean()) is first


def test_another_score_another_forecaster_or_another_parameter_is_learnt_anew(measured):
    evidence = measured(CELLS)
    made = [
        fitted(evidence, QUERIES, forecaster="mean"),
        fitted(shifted(evidence, 0.01), QUERIES, forecaster="mean"),
        fitted(evidence, QUERIES, forecaster=Default()),
        fitted(evidence, QUERIES, forecaster=Default(new_models=False)),
    ]
    assert len({id(one) for one in made}) == 4
    assert made[1].predict(QUERIES)["mean"].item() == pytest.approx(made[0].predict(QUERIES)["mean"].item() + 0.01)


def test_where_scores_came_from_does_not_count(measured):
    evidence = measured(CELLS)
    moved = Evidence(evidence.observations.with_columns(origin=pl.lit("elsewhere.csv"), origin_row=pl.lit(7)))
    assert fitted(moved, QUERIES) is fitted(evidence, QUERIES)


def test_evidence_that_was_changed_in_place_is_learnt_anew(measured):
    evidence = measured(CELLS)
    before = fitted(evidence, QUERIES)
    evidence.observations = shifted(evidence, 0.01).observations
    assert fitted(evidence, QUERIES) is not before


def test_a_process_keeps_a_bounded_number_of_forecasters(measured):
    evidence = measured(CELLS)
    first = fitted(evidence, QUERIES, forecaster="mean")
    for step in range(1, KEPT_IN_MEMORY):
        fitted(shifted(evidence, step / 100), QUERIES, forecaster="mean")
    assert fitted(evidence, QUERIES, forecaster="mean") is first
    for step in range(1, KEPT_IN_MEMORY + 1):
        fitted(shifted(evidence, step / 100), QUERIES, forecaster="mean")
    assert fitted(evidence, QUERIES, forecaster="mean") is not first


def test_what_cannot_be_learnt_is_refused_as_by_fit(measured):
    with pytest.raises(NotEnoughEvidence):
        fitted(Evidence(measured(CELLS).observations.clear()))
    with pytest.raises(UnknownName, match="task"):
        fitted(measured(CELLS), QUERIES.with_columns(task=pl.lit("other")), forecaster="mean")
    with pytest.raises(UnknownName, match="forecaster"):
        fitted(measured(CELLS), forecaster=forecasters.names()[0] + "x")
