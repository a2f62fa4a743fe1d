"""Which model each rule of choice picks, on tables whose answer is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss import read_evidence
from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.planning import compare_fairness
from isogloss.planning.fairness import efficient, rules

TABLE = {"even": [0.5, 0.5, 0.5], "best-mean": [0.9, 0.8, 0.1], "beaten": [0.4, 0.5, 0.4]}
TARGETS = ["deu", "hin", "yor"]


@pytest.fixture
def evidence():
    rows = [
        {"model": model, "target": target, "score": score, "task": "topics", "metric": "accuracy", "train": ""}
        for model, scores in TABLE.items()
        for target, score in zip(TARGETS, scores, strict=True)
    ]
    return read_evidence(pl.DataFrame(rows))


def picks(found) -> dict[str, tuple[str, ...]]:
    return {rule.name: rule.winners for rule in found.rules}


def test_rules_that_value_the_worst_off_pick_another_model_than_the_mean_does(evidence):
    found = compare_fairness(evidence, task="topics")
    assert picks(found) == {
        "utilitarian": ("best-mean",),
        "demand": ("best-mean",),
        "gini": ("even",),
        "minimum": ("even",),
        "leximin": ("even",),
        "prioritarian": ("best-mean",) if sum(np.sqrt([0.9, 0.8, 0.1])) > 3 * np.sqrt(0.5) else ("even",),
    }
    assert not found.agree
    assert found.words()[0].startswith("The rules disagree: ")


def test_a_model_that_another_beats_everywhere_is_never_efficient(evidence):
    found = compare_fairness(evidence, task="topics")
    assert found.measures.filter(~pl.col("efficient"))["candidate"].to_list() == ["beaten"]
    assert found.measures.filter(pl.col("candidate") == "even")["minimum"].item() == 0.5


def test_speakers_decide_the_demand_and_what_is_unmet(evidence):
    found = compare_fairness(evidence, task="topics", weights={"deu": 10, "hin": 10, "yor": 80})
    assert picks(found)["demand"] == ("even",)
    assert found.invest["target"][0] == "yor"
    assert found.invest["missing"][0] == pytest.approx(0.8 * 0.5)
    languages = compare_fairness(evidence, task="topics", weights={"deu": 10, "hin": 10, "yor": 80}, tau=0)
    assert picks(languages)["demand"] == ("best-mean",)


def test_unserved_speakers_count_as_zero_when_asked(evidence):
    weights = {"deu": 50, "hin": 0, "yor": 0, "wol": 50}
    inside = compare_fairness(evidence, task="topics", weights=weights)
    whole = compare_fairness(evidence, task="topics", weights=weights, unserved=True)
    assert whole.unserved == 1
    assert whole.measures["demand"].to_list() == pytest.approx([value / 2 for value in inside.measures["demand"]])


def test_languages_that_some_model_lacks_are_left_out_and_counted(evidence):
    fewer = evidence.with_observations(
        evidence.observations.filter(~((pl.col("model") == "even") & (pl.col("target") == "yor")))
    )
    found = compare_fairness(fewer, task="topics")
    assert (found.targets, found.left_out) == (("deu", "hin"), ("yor",))


def test_leximin_looks_at_the_next_worst_where_the_minimum_is_the_same():
    scores = np.array([[0.2, 0.5, 0.9], [0.2, 0.6, 0.7]])
    found = {rule.name: rule.winners for rule in rules(["a", "b"], scores, np.full(3, 1 / 3))}
    assert found["minimum"] == ("a", "b")
    assert found["leximin"] == ("b",)


def test_evenly_bad_is_not_the_fairest_where_another_is_better_for_all():
    scores = np.array([[0.2, 0.2, 0.2], [0.3, 0.5, 0.9], [0.3, 0.5, 0.95]])
    found = rules(["even", "good", "best"], scores, np.full(3, 1 / 3))
    assert {rule.winners for rule in found} == {("best",)}


@given(st.integers(0, 10_000))
def test_the_winners_of_all_rules_are_efficient(seed):
    scores = np.random.default_rng(seed).integers(0, 4, (4, 3)) / 4
    names = [str(row) for row in range(4)]
    on_front = {name for name, kept in zip(names, efficient(scores), strict=True) if kept}
    for rule in rules(names, scores, np.full(3, 1 / 3)):
        assert rule.winners
        assert set(rule.winners) <= on_front


def test_what_cannot_be_compared_is_refused(evidence):
    with pytest.raises(UnknownName, match=r"unknown model 'evn'.*did you mean 'even'"):
        compare_fairness(evidence, task="topics", candidates=["evn", "beaten"])
    with pytest.raises(NotEnoughEvidence, match="one model only"):
        compare_fairness(evidence, task="topics", candidates=["even"])
    with pytest.raises(InputError, match="no number of speakers for 2 languages: hin"):
        compare_fairness(evidence, task="topics", weights={"deu": 1})
    with pytest.raises(UnknownName, match="unknown comparison 'size'"):
        compare_fairness(evidence, task="topics", by="size")
    with pytest.raises(InputError, match="nobody said who is unserved"):
        compare_fairness(evidence, task="topics", unserved=True)


def test_a_metric_without_a_best_score_is_refused():
    rows = [
        {"model": model, "target": "deu", "score": 9.0, "task": "lm", "metric": "perplexity", "train": ""}
        for model in "ab"
    ]
    with pytest.raises(InputError, match="no best possible score"):
        compare_fairness(read_evidence(pl.DataFrame(rows)), task="lm")


def test_languages_that_were_not_measured_are_forecast_where_they_are_named():
    scores = [("strong", "eng", 0.9), ("strong", "deu", 0.85), ("strong", "hin", 0.7), ("strong", "rus", 0.8),
              ("weak", "eng", 0.7), ("weak", "deu", 0.66), ("weak", "rus", 0.6)]  # fmt: skip
    table = pl.DataFrame(scores, schema=["model", "target", "score"], orient="row")
    evidence = read_evidence(table.with_columns(task=pl.lit("t"), metric=pl.lit("accuracy"), train=pl.lit("")))
    found = compare_fairness(evidence, task="t", targets=["hin", "wol", "deu"])
    assert found.targets == ("deu", "hin", "wol")
    assert found.forecasts == 3
    assert found.scores[found.candidates.index("strong"), 1] == 0.7
    assert found.lowest == ("strong",)
    assert found.words()[1].startswith("3 of 6 scores are forecasts, with 90 % intervals")
    assert compare_fairness(evidence, task="t", targets=["deu"]).forecasts == 0
