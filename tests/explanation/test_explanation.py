from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from planted import single_source_world, world
from tests.explanation.worlds import transfer_table

from isogloss import read_evidence
from isogloss.errors import InputError, UnknownLanguage, UnknownName
from isogloss.evidence import Evidence
from isogloss.explanation import Explanation, explain_forecast
from isogloss.forecasting import Default, ask

PLANTED = {"task": "planted-task", "model": "planted-model"}
TABLE = "hierarchical model"


def gap(found: Explanation) -> float:
    """What baseline and contributions lack of the forecast."""
    return abs(found.baseline + found.contributions["contribution"].sum() - found.mean)


def unexplained(found: Explanation) -> float:
    rows = found.contributions.filter(pl.col("group") == "no finer explanation", pl.col("part").str.starts_with("rest"))
    return float(rows["contribution"].abs().sum())


@pytest.fixture(scope="module")
def mixes() -> Evidence:
    return world(0, languages=12, sources=6, mixes=12).evidence(hidden=("yor",))


@pytest.fixture(scope="module")
def unmeasured(mixes) -> Explanation:
    """A language that nobody measured."""
    return explain_forecast(mixes, "yor", **PLANTED)


@pytest.fixture(scope="module")
def by_learners(mixes) -> Explanation:
    """The same, forecast by the base learners."""
    return explain_forecast(mixes, "yor", **PLANTED, forecaster="base-learners")


def test_contributions_add_up_to_the_forecast(unmeasured):
    assert gap(unmeasured) < 1e-9
    assert unmeasured.groups["contribution"].sum() == pytest.approx(unmeasured.mean - unmeasured.baseline, abs=1e-9)


def test_the_forecast_explained_is_the_one_that_is_given(mixes, unmeasured):
    question = ask(**PLANTED, targets=["yor"], train=unmeasured.train)
    given = Default().fit(mixes).conformalize().predict_interval(question).row(0, named=True)
    assert (unmeasured.mean, unmeasured.lower, unmeasured.upper) == (given["mean"], given["lower"], given["upper"])
    assert unmeasured.flags == tuple(given["flags"])
    assert (unmeasured.nearest, unmeasured.trust) == (given["nearest"], given["trust"])


def test_the_baseline_is_the_mean_of_the_measured_languages(mixes, by_learners):
    scores = mixes.observations.filter(pl.col("train") == by_learners.train)["score"]
    assert by_learners.baseline == pytest.approx(scores.mean())
    assert "mean of the measured languages" in by_learners.baseline_name


@pytest.mark.parametrize("forecaster", ["default", "base-learners"])
def test_every_base_learner_is_taken_apart_without_a_rest(mixes, forecaster):
    found = explain_forecast(mixes, "yor", **PLANTED, forecaster=forecaster)
    assert set(found.learners) - {TABLE} <= {"additive", "regression-kriging", "trees", "kernel", "ordinary-kriging"}
    assert sum(found.learners.values()) == pytest.approx(1)
    assert unexplained(found) < 1e-9


def test_a_language_poorer_than_all_measured_ones_is_explained_by_the_table_model(unmeasured):
    assert unmeasured.learners == {TABLE: 1.0}
    assert unmeasured.neighbours["weight"].is_null().all()
    assert unmeasured.neighbours["distance"].is_sorted()


def test_neighbours_have_weights_distances_and_scores(mixes, by_learners):
    rows = by_learners.neighbours.to_dicts()
    assert {row["language"] for row in rows} == set(mixes.targets)
    scores = dict(mixes.observations.filter(train=by_learners.train).select("target", "score").rows())
    assert all(row["score"] == pytest.approx(scores[row["language"]]) for row in rows)
    assert by_learners.neighbours["weight"].abs().is_sorted(descending=True)


def test_the_paragraph_tells_the_way_from_the_baseline_to_the_forecast(unmeasured):
    assert f"starts from {unmeasured.baseline:.3f}" in unmeasured.words
    assert f"ends at {unmeasured.mean:.3f}" in unmeasured.words
    assert "not what would happen if the language were another" in unmeasured.words


def test_one_source_a_row_adds_up_too():
    found = explain_forecast(
        single_source_world(0, languages=8).evidence(), "yor", **PLANTED, train="eng:1000", hide=True
    )
    assert gap(found) < 1e-9
    assert unexplained(found) < 1e-9


def test_a_known_language_starts_from_its_own_mean(mixes):
    target = mixes.targets[0]
    found = explain_forecast(mixes, target, **PLANTED, train=f"{target}:300")
    own = mixes.observations.filter(target=target)["score"].mean()
    assert found.baseline == pytest.approx(own)
    assert gap(found) < 1e-9
    assert set(found.contributions["group"]) <= {"adaptation data"}
    if "kernel" in found.learners:
        assert "not split any further" in found.words


def test_what_was_measured_needs_no_explanation(mixes):
    row = mixes.observations.row(0, named=True)
    found = explain_forecast(mixes, row["target"], **PLANTED, train=row["train"])
    assert found.mean == found.baseline == row["score"]
    assert found.contributions.is_empty()
    assert "there is nothing to explain" in found.words


def test_a_hidden_language_is_forecast_as_if_never_measured(mixes):
    target = mixes.targets[0]
    hidden = explain_forecast(mixes, target, **PLANTED, hide=True)
    never = explain_forecast(mixes.without_language(target), target, **PLANTED, train=hidden.train)
    assert hidden.mean == pytest.approx(never.mean)
    assert gap(hidden) < 1e-9


def test_the_score_that_was_hidden_is_told(mixes):
    row = mixes.observations.filter(~pl.col("train").str.contains(pl.col("target"))).row(0, named=True)
    found = explain_forecast(mixes, row["target"], **PLANTED, train=row["train"], hide=True)
    assert found.measured == pytest.approx(row["score"])
    assert f"measured as {row['score']:.3f}, which was hidden from the forecaster" in found.words


@pytest.fixture(scope="module")
def models() -> Evidence:
    """Six models on one task, without training; the first was not measured in Yoruba."""
    chance = np.random.default_rng(0)
    names = "deu eng fra hin rus spa tam tur vie zho swa yor ita pol".split()
    levels = chance.normal(0, 0.1, len(names))
    rows = [
        (f"m{model}", name, 0.5 + 0.02 * model + level + chance.normal(0, 0.01))
        for model in range(6)
        for name, level in zip(names, levels, strict=True)
        if (model, name) != (0, "yor")
    ]
    table = pl.DataFrame(rows, schema=["model", "target", "score"], orient="row")
    return read_evidence(table.with_columns(task=pl.lit("t"), metric=pl.lit("accuracy"), train=pl.lit("")))


@pytest.mark.parametrize(("forecaster", "learner"), [("default", TABLE), ("base-learners", "pooled")])
def test_scores_of_other_models_are_a_group_of_their_own(models, forecaster, learner):
    found = explain_forecast(models, "yor", task="t", model="m0", forecaster=forecaster)
    assert gap(found) < 1e-9
    assert unexplained(found) < 1e-9
    assert learner in found.learners
    assert "same language in other settings" in found.groups["group"].to_list()


def test_a_forecast_held_in_the_range_of_the_metric_adds_up():
    table = transfer_table(2, 6).with_columns(score=(pl.col("score") > 0.5).cast(pl.Float64))
    found = explain_forecast(read_evidence(table), "yue", task="topics", model="toy")
    assert gap(found) < 1e-9


def test_other_forecasters_that_can_take_their_forecasts_apart_are_explained(mixes):
    explanation = explain_forecast(mixes, "yor", **PLANTED, forecaster="kernel")
    assert gap(explanation) < 1e-9
    assert unexplained(explanation) < 1e-9
    assert explanation.learners == {"only": 1.0}
    assert set(explanation.neighbours["language"]) == set(mixes.targets)


def test_a_forecaster_that_cannot_take_its_forecasts_apart_is_refused_before_the_work(mixes):
    with pytest.raises(InputError, match="Nearest has no contributions of named features and measured languages"):
        explain_forecast(mixes, "yor", **PLANTED, forecaster="nearest")


def test_unknown_names_are_refused(mixes, models):
    with pytest.raises(UnknownName, match="unknown model 'planted-modle'; did you mean 'planted-model'"):
        explain_forecast(mixes, "yor", task="planted-task", model="planted-modle")
    with pytest.raises(UnknownLanguage):
        explain_forecast(models, "xyzzy", task="t", model="m0")


def test_nothing_left_without_the_target_is_refused():
    table = transfer_table(0, 5).filter(pl.col("target") == pl.col("target").first())
    with pytest.raises(InputError, match="nothing is left without"):
        explain_forecast(read_evidence(table), table["target"][0], task="topics", model="toy", hide=True)
