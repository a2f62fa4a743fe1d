"""The combination: who forecasts which cell, and that nothing is lost of what the default knows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.evidence import Evidence
from isogloss.forecasting import ask, forecasters

RICH = "eng deu fra spa rus zho jpn ita por nld pol tur vie ind ces swe ell hun fin dan ron bul ukr hin tha kor".split()
NUMBERS = ["mean", "lower", "upper"]


def sheet(languages: list[str], tasks: tuple[str, ...] = ("topics",), **more: dict[str, float]) -> Evidence:
    chance = np.random.default_rng(0)
    level = dict(zip(languages, 0.9 - 0.2 * np.sort(chance.uniform(size=len(languages))), strict=True))
    rows = [
        {"model": "a", "task": task, "metric": "accuracy", "language": language, "score": score, "train": ""}
        for task in tasks
        for language, score in (level | more.get(task, {})).items()
    ]
    return read_evidence(pl.DataFrame(rows))


def forecast(name: str, evidence: Evidence, targets: list[str]) -> np.ndarray:
    question = ask(task="topics", model="a", targets=targets)
    fitted = forecasters.get(name)().fit(evidence, question).conformalize()
    return fitted.predict_interval(question).select(NUMBERS).to_numpy()


def test_a_language_poorer_than_all_is_forecast_by_the_table_model():
    evidence = sheet(RICH)
    np.testing.assert_array_equal(
        forecast("default", evidence, ["wol", "yor"]), forecast("hierarchical", evidence, ["wol", "yor"])
    )


def test_a_measured_language_is_forecast_by_the_base_learners():
    evidence = sheet(RICH)
    np.testing.assert_array_equal(
        forecast("default", evidence, ["deu", "hin"]), forecast("base-learners", evidence, ["deu", "hin"])
    )


@pytest.mark.parametrize("name", ["default", "hierarchical"])
def test_what_is_said_of_a_language_does_not_depend_on_which_others_are_asked_about(name):
    together, alone = (ask(task="topics", model="a", targets=targets) for targets in (["deu", "wol"], ["deu"]))
    fitted = forecasters.get(name)().fit(sheet(RICH)).conformalize()
    answers = [fitted.predict_interval(questions).row(0) for questions in (together, alone)]
    assert answers[0] == answers[1]


def test_a_language_known_from_another_task_is_forecast_by_the_base_learners():
    evidence = sheet(RICH, ("topics", "intents"), intents={"wol": 0.4})
    np.testing.assert_array_equal(forecast("default", evidence, ["wol"]), forecast("base-learners", evidence, ["wol"]))


@pytest.mark.parametrize(("count", "share"), [(9, 0.0), (26, 0.25)])
def test_a_language_as_rich_as_those_measured_is_forecast_by_both_where_many_were(count, share):
    evidence = sheet(RICH[-count:])
    mean = {name: forecast(name, evidence, ["slk"])[0, 0] for name in ("default", "hierarchical", "base-learners")}
    assert mean["default"] == pytest.approx(
        share * mean["base-learners"] + (1 - share) * mean["hierarchical"], abs=1e-9
    )


def test_with_many_mixes_the_base_learners_keep_languages_in_reach_and_the_table_forecasts_poorer_ones():
    rows = [
        {"model": "a", "task": "topics", "metric": "accuracy", "language": language, "train": f"eng:{size}",
         "score": 0.5 + 0.01 * place + 0.02 * np.log10(size)}
        for size in range(100, 1300, 100)
        for place, language in enumerate(RICH[:12])
    ]  # fmt: skip
    evidence, question = (
        read_evidence(pl.DataFrame(rows)),
        ask(task="topics", model="a", train="eng:500", targets=["slk", "wol"]),
    )
    mean = {
        name: forecasters.get(name)().fit(evidence, question).predict(question)["mean"].to_numpy()
        for name in ("default", "hierarchical", "base-learners")
    }
    assert mean["default"][0] == mean["base-learners"][0]
    assert mean["default"][1] == pytest.approx(mean["hierarchical"][1], abs=1e-9)


def test_under_a_new_mix_a_poor_language_moves_by_what_its_own_examples_did_for_measured_ones():
    sources = RICH[:10]
    rows = [
        {"model": "a", "task": "topics", "metric": "accuracy", "language": language, "train": f"{source}:500",
         "score": 0.5 + 0.01 * place + 0.2 * (language == source)}
        for source in sources
        for place, language in enumerate(sources)
    ]  # fmt: skip
    targets = ["wol", "yor"]
    questions = {text: ask(task="topics", model="a", train=f"{text}:500", targets=targets) for text in ("wol", "yor")}
    fitted = forecasters.get("default")().fit(read_evidence(pl.DataFrame(rows)), pl.concat(questions.values()))
    by_wolof, by_yoruba = (fitted.predict(question)["mean"].to_numpy() for question in questions.values())
    assert by_wolof[0] > by_yoruba[0] + 0.05
    assert by_yoruba[1] > by_wolof[1] + 0.05


def test_a_mixed_forecast_is_the_sum_of_what_both_add_up():
    evidence, question = sheet(RICH), ask(task="topics", model="a", targets=["slk"])
    fitted = forecasters.get("default")().fit(evidence, question).conformalize()
    decomposition = fitted.decompose(question)
    total = decomposition.baseline + sum(part.value for part in decomposition.contributions)
    assert total == pytest.approx(fitted.predict(question)["mean"][0], abs=1e-9)
    assert {one.learner for one in decomposition.learners} > {"hierarchical model"}


def test_a_model_never_measured_is_forecast_as_by_the_default():
    rows = [
        {"model": model, "task": "topics", "metric": "accuracy", "language": language, "score": 0.5 + 0.01 * place}
        for model in "abcdef"
        for place, language in enumerate(RICH[:8])
    ]
    question = ask(task="topics", model="new", targets=["eng", "wol"])
    answers = [
        forecasters.get(name)().fit(read_evidence(pl.DataFrame(rows)), question).conformalize().predict(question)
        for name in ("default", "base-learners")
    ]
    assert answers[0].equals(answers[1])
