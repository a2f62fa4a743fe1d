"""What other models and other tasks know of a language, in worlds where it is known what they should."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.forecasting.planted import POOL

from isogloss import read_evidence
from isogloss.errors import UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting import BaseLearners, Mean, ask, forecasters, load
from isogloss.forecasting.grid import Panel
from isogloss.forecasting.pooled_features import BlockEvidence, Pattern

TASKS = ("parsing", "tagging", "topics")
MODELS = tuple(f"lab-{place % 3}/model-{place}" for place in range(12))
LANGUAGES = tuple(sorted(POOL[:30]))
HIDDEN = LANGUAGES[4:10]
NOISE = 0.01


def score(model: int, task: int, language: int) -> float:
    """Model, task and language effects; how good a model is in a language is the same in all tasks."""
    chance = np.random.default_rng(1000 * model + language)
    by_language = np.random.default_rng(language).normal(0, 0.1)
    noise = np.random.default_rng(10**6 + 10**4 * model + 100 * task + language).normal(0, NOISE)
    return float(0.5 + 0.02 * (model - 6) + 0.05 * task + by_language + chance.normal(0, 0.05) + noise)


@pytest.fixture(scope="module")
def cells() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "model": name,
                "task": on,
                "metric": "accuracy",
                "train": "",
                "target": target,
                "score": score(model, task, language),
            }
            for model, name in enumerate(MODELS)
            for task, on in enumerate(TASKS)
            for language, target in enumerate(LANGUAGES)
        ]
    )


def hide(cells: pl.DataFrame, hidden: pl.Expr) -> Evidence:
    return read_evidence(cells.filter(~hidden))


def errors(found: pl.DataFrame, task: str = "tagging") -> np.ndarray:
    truth = [
        score(MODELS.index(model), TASKS.index(task), LANGUAGES.index(target))
        for model, target in found["model", "target"].rows()
    ]
    return np.abs(found["mean"].to_numpy() - truth)


@pytest.fixture(scope="module")
def untold(cells) -> Evidence:
    """Six languages without a score in one task, with scores in the others."""
    return hide(cells, (pl.col("task") == "tagging") & pl.col("target").is_in(HIDDEN))


@pytest.fixture(scope="module")
def fitted(untold) -> BaseLearners:
    return BaseLearners().fit(untold).conformalize()


@pytest.fixture(scope="module")
def asked() -> pl.DataFrame:
    return pl.concat([ask(task="tagging", model=model, targets=HIDDEN) for model in MODELS])


def test_a_language_known_from_other_tasks_is_forecast_far_better_than_the_models_mean(fitted, untold, asked):
    ours, mean = (errors(forecaster.predict(asked)).mean() for forecaster in (fitted, Mean().fit(untold)))
    assert ours < mean / 2


def test_intervals_of_languages_known_from_elsewhere_hold(fitted, asked):
    found = fitted.predict_interval(asked, 0.9)
    inside = errors(found) <= (found["upper"] - found["lower"]).to_numpy() / 2
    assert inside.mean() > 0.8
    assert (found["upper"] - found["lower"]).mean() < 0.4


def test_flags_say_from_where_a_language_is_known(fitted, asked):
    assert fitted.predict_interval(asked.head(1))["flags"].item().to_list() == ["other_tasks"]


def test_a_language_known_with_other_models_is_forecast_from_them(cells):
    missing = (pl.col("model") == MODELS[0]) & pl.col("target").is_in(HIDDEN)
    evidence = hide(cells, missing)
    found = (
        BaseLearners()
        .fit(evidence)
        .conformalize()
        .predict_interval(ask(task="tagging", model=MODELS[0], targets=HIDDEN))
    )
    assert errors(found).mean() < 0.07
    assert found["flags"].list.set_intersection(["other_models", "other_tasks"]).list.len().eq(2).all()


def test_the_order_of_observations_does_not_matter(untold, asked, fitted):
    shuffled = Evidence(untold.observations.sample(fraction=1, shuffle=True, seed=3))
    assert BaseLearners().fit(shuffled).predict(asked)["mean"].equals(fitted.predict(asked)["mean"])


def test_what_else_is_asked_does_not_matter(fitted, asked):
    alone = fitted.predict(asked.filter((pl.col("model") == MODELS[5]) & (pl.col("target") == HIDDEN[2])))
    among = fitted.predict(asked).filter((pl.col("model") == MODELS[5]) & (pl.col("target") == HIDDEN[2]))
    assert alone["mean"].to_list() == pytest.approx(among["mean"].to_list(), abs=1e-12)


def test_a_forecaster_that_looked_elsewhere_is_loaded_as_it_was_saved(fitted, asked, tmp_path):
    before = fitted.predict_interval(asked)
    fitted.save(tmp_path / "saved")
    assert load(tmp_path / "saved").predict_interval(asked).equals(before)


def test_a_model_measured_in_few_languages_gets_intervals_from_the_other_models(cells):
    thin = (pl.col("model") == MODELS[2]) & ~pl.col("target").is_in(LANGUAGES[:4])
    found = BaseLearners().fit(hide(cells, thin)).conformalize()
    found = found.predict_interval(ask(task="tagging", model=MODELS[2], targets=LANGUAGES[10:]))
    assert (found["upper"] - found["lower"]).is_between(0.01, 0.7).all()
    assert (errors(found) <= (found["upper"] - found["lower"]).to_numpy() / 2).mean() > 0.7


@pytest.mark.parametrize(
    ("measured", "pattern"),
    [
        ([("a", "other", "yor")], Pattern(False, False, True, False)),
        ([("b", "asked", "yor")], Pattern(False, True, False, False)),
        ([("b", "other", "yor")], Pattern(False, False, False, True)),
        ([("a", "other", "yor"), ("b", "asked", "yor")], Pattern(False, True, True, False)),
        ([("b", "asked", "wol")], Pattern(False, False, False, False)),
    ],
)
def test_a_pattern_says_whose_scores_of_the_language_there_are(measured, pattern):
    rows = [("a", "asked", "deu"), *measured]
    table = pl.DataFrame(rows, schema=["model", "task", "target"], orient="row")
    panel = Panel.read(
        read_evidence(table.with_columns(metric=pl.lit("accuracy"), train=pl.lit(""), score=0.5)).observations
    )
    setting = next(at for at, one in enumerate(panel.settings) if (one.model, one.task) == ("a", "asked"))
    assert BlockEvidence(panel, int(panel.block_of_setting[setting])).pattern(setting, "yor") == pattern


class TestNewModels:
    """Models without a score on the task."""

    def test_one_known_from_other_tasks_is_forecast_better_than_by_the_mean_of_the_others(self, cells):
        evidence = hide(cells, (pl.col("task") == "tagging") & (pl.col("model") == MODELS[0]))
        found = BaseLearners().fit(evidence).predict(ask(task="tagging", model=MODELS[0], targets=LANGUAGES))
        others = evidence.observations.filter(pl.col("task") == "tagging").group_by("target").agg(pl.mean("score"))
        usual = found.drop("mean").join(others, on="target").rename({"score": "mean"})
        assert errors(found).mean() < 0.6 * errors(usual).mean()

    def test_one_known_from_nowhere_gets_what_the_others_have_and_a_wide_interval(self, untold):
        fitted = BaseLearners().fit(untold).conformalize()
        found = fitted.predict_interval(ask(task="tagging", model="nobody/new", targets=LANGUAGES[:3]))
        known = fitted.predict_interval(ask(task="tagging", model=MODELS[3], targets=HIDDEN[:3]))
        assert found["flags"].list.contains("model_unmeasured").all()
        assert (found["upper"] - found["lower"]).min() > (known["upper"] - known["lower"]).max()

    def test_one_known_from_nowhere_is_refused_where_that_is_asked_for(self, untold):
        fitted = BaseLearners(new_models=False).fit(untold)
        with pytest.raises(UnknownName, match="unknown model 'lab-0/model-00'"):
            fitted.predict(ask(task="tagging", model="lab-0/model-00", targets=["yor"]))

    def test_few_models_give_the_whole_range(self, cells):
        few = read_evidence(cells.filter(pl.col("model").is_in(MODELS[:3])))
        found = (
            BaseLearners().fit(few).conformalize().predict_interval(ask(task="tagging", model="new", targets=["deu"]))
        )
        assert found.select("lower", "upper").row(0) == (0.0, 1.0)
        assert "level_unsupported" in found["flags"].item()


def test_the_weakest_link_is_the_lower_of_the_task_and_the_language():
    rows = [("topics", "deu", 0.8), ("topics", "fra", 0.6), ("reading", "swa", 0.3), ("naming", "swa", 0.5),
            ("reading", "yor", 0.9)]  # fmt: skip
    scores = pl.DataFrame(rows, schema=["task", "target", "score"], orient="row").with_columns(
        model=pl.lit("m"), metric=pl.lit("accuracy"), train=pl.lit("")
    )
    fitted = forecasters.get("weakest-link")().fit(read_evidence(scores))
    answers = fitted.predict(ask(task="topics", model="m", train="", targets=["swa", "yor", "wol", "deu"]))
    assert answers["mean"].to_list() == pytest.approx([0.4, 0.7, 0.7, 0.8])
