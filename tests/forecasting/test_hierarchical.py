"""The hierarchical forecaster: languages poorer than every measured one, any metric, any number of models."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.errors import BadFile, InputError
from isogloss.evidence import Evidence
from isogloss.forecasting import ask, forecasters
from isogloss.forecasting.background.artefact import read_background

RICH = {"eng": 0.9, "deu": 0.88, "fra": 0.87, "spa": 0.88, "rus": 0.85, "zho": 0.84, "hin": 0.74, "ind": 0.82}
POOR = ["swa", "yor", "wol"]


def table(scores: dict[str, dict[str, float]], metric: str = "accuracy", **facts) -> Evidence:
    rows = [
        {"model": model, "task": "topics", "metric": metric, "language": language, "score": score}
        for model, row in scores.items()
        for language, score in row.items()
    ]
    return read_evidence(pl.DataFrame(rows), **facts)


def forecast(evidence: Evidence, targets: list[str], level: float = 0.9, **parameters) -> pl.DataFrame:
    fitted = forecasters.get("hierarchical")(**parameters).fit(evidence).conformalize()
    return fitted.predict_interval(ask(task="topics", model="a", targets=targets), level)


def widths(found: pl.DataFrame) -> np.ndarray:
    return (found["upper"] - found["lower"]).to_numpy()


def test_forecasts_fall_below_every_measured_score_as_languages_get_poorer():
    found = forecast(table({"a": RICH}), POOR)
    assert (np.diff(found["mean"]) < 0).all()
    assert found["mean"][1] < min(RICH.values())
    assert (found["lower"] < found["mean"]).all()
    assert (np.diff(widths(found)) > 0).all()


def test_one_measured_language_is_enough_for_a_finite_interval():
    found = forecast(table({"a": {"eng": 0.9}}), POOR)
    assert (widths(found) < 1).all()
    assert (found["mean"] < 0.9).all()


def test_measured_poor_languages_narrow_the_others_and_lift_them_to_where_they_are():
    anchored = table({"a": RICH | {"hau": 0.8, "ibo": 0.82}})
    before, after = forecast(table({"a": RICH}), POOR), forecast(anchored, POOR)
    assert (widths(after) < widths(before)).all()
    assert (after["mean"] > before["mean"]).all()


def test_a_language_measured_with_other_models_is_surer_and_follows_them():
    rows = {
        name: {language: score - drop for language, score in RICH.items()} | {"wol": 0.75}
        for name, drop in {"b": 0.02, "c": 0.05, "d": 0.1}.items()
    }
    alone, together = forecast(table({"a": RICH}), ["wol"]), forecast(table({"a": RICH} | rows), ["wol"])
    assert widths(together)[0] < 0.6 * widths(alone)[0]
    assert together["mean"][0] > alone["mean"][0]
    assert together["mean"][0] == pytest.approx(0.8, abs=0.06)


def test_equal_scores_do_not_give_an_interval_without_width():
    found = forecast(table({"a": dict.fromkeys(RICH, 0.8)}), POOR)
    assert (widths(found) > 0.1).all()


def test_a_lower_error_rate_is_forecast_as_the_mirror_of_accuracy():
    accuracy = forecast(table({"a": RICH}), POOR)
    errors = forecast(table({"a": {name: 1 - score for name, score in RICH.items()}}, metric="error_rate"), POOR)
    np.testing.assert_allclose(errors["mean"], 1 - accuracy["mean"], atol=1e-9)
    np.testing.assert_allclose(errors["upper"], 1 - accuracy["lower"], atol=1e-9)


def test_word_error_rates_rise_towards_poorer_languages_and_never_fall_below_zero():
    rates = {language: 0.05 + 0.5 * (0.9 - score) for language, score in RICH.items()}
    found = forecast(table({"a": rates}, metric="wer"), POOR, level=0.99)
    assert (found["mean"][1:] > np.mean(list(rates.values()))).all()
    assert (found["lower"] >= 0).all()
    assert found["upper"].is_finite().all()


def test_no_level_is_claimed_where_two_scores_without_range_do_not_tell_their_scale():
    found = forecast(table({"a": {"eng": 12.0, "deu": 14.0}}, metric="perplexity"), POOR)
    assert found["lower"].to_list() == [1.0] * 3  # the least perplexity that there can be
    assert found["upper"].to_list() == [np.inf] * 3
    assert found["mean"].is_finite().all()


def test_forecasts_flatten_out_at_chance():
    near_chance = table({"a": {language: 0.25 + 0.2 * score for language, score in RICH.items()}})
    known = Evidence(
        near_chance.observations, tasks=pl.DataFrame({"task": ["topics"], "metric": ["accuracy"], "chance": [0.25]})
    )
    assert forecast(known, ["wol"])["lower"][0] > forecast(near_chance, ["wol"])["lower"][0]


@pytest.mark.parametrize("least", [-0.5, -0.05])
def test_correlations_below_zero_have_forecasts_and_intervals_there(least):
    shift = least - min(RICH.values())
    row = {language: score + shift for language, score in RICH.items()}
    found = forecast(table({"a": row}, metric="spearman"), ["ces", "wol"])
    assert (found["lower"] < 0).all()
    assert (found["lower"] < found["mean"]).all()
    assert (found["mean"] < found["upper"]).all()
    assert found["mean"][1] < found["mean"][0] < max(row.values())


def test_a_measured_score_stays_what_it_is():
    found = forecast(table({"a": RICH}), ["hin"])
    assert found["mean"][0] == 0.74
    assert found["lower"][0] < 0.74 < found["upper"][0]


def test_what_a_forecast_adds_up_names_features_and_measured_languages():
    fitted = forecasters.get("hierarchical")().fit(table({"a": RICH})).conformalize()
    question = ask(task="topics", model="a", targets=["wol"])
    decomposition = fitted.decompose(question)
    parts = {part.name: part.value for part in decomposition.contributions}
    assert decomposition.baseline + sum(parts.values()) == pytest.approx(fitted.predict(question)["mean"][0])
    assert parts["resourced"] < 0


def test_another_background_is_read_from_a_file_and_a_damaged_one_refused(tmp_path):
    read_background().write(path := tmp_path / "mine.json")
    same = forecast(table({"a": RICH}), POOR, background=str(path))
    assert same.equals(forecast(table({"a": RICH}), POOR))
    path.write_text(path.read_text(encoding="utf-8").replace("0.1", "0.2"), encoding="utf-8")
    with pytest.raises(BadFile, match="does not fit its checksum"):
        forecast(table({"a": RICH}), POOR, background=str(path))


@pytest.mark.parametrize("name", ["default", "hierarchical"])
def test_a_model_at_chance_in_every_measured_language_is_said_to_have_nothing_to_transfer(name):
    rows = {"a": dict.fromkeys(RICH, 0.25), "b": RICH}
    chance = pl.DataFrame({"task": ["topics"], "metric": ["accuracy"], "chance": [0.25]})
    evidence = Evidence(table(rows).observations, tasks=chance)
    fitted = forecasters.get(name)().fit(evidence).conformalize()
    flags = {
        model: fitted.predict_interval(ask(task="topics", model=model, targets=["wol", "eng"]), 0.9)["flags"]
        for model in rows
    }
    assert flags["a"].list.contains("at_chance").all()
    assert not flags["b"].list.contains("at_chance").any()


def test_a_language_of_which_nothing_is_known_has_a_forecast_and_a_wider_interval_than_any_poor_one():
    found = forecast(table({"a": RICH}), ["tlh", "wol", "deu"])
    assert found["mean"].is_finite().all()
    assert widths(found)[0] > widths(found)[2]
    assert "no_web_text_counted" in found["flags"][0]


def test_a_metric_without_a_known_direction_is_asked_for():
    with pytest.raises(InputError, match="better"):
        table({"a": RICH}, metric="quality")
