from __future__ import annotations

import math

import polars as pl
import pytest
from drawn import forecasts_of

from isogloss.charts import forecast_plot
from isogloss.errors import BadValue
from isogloss.evidence import Evidence
from isogloss.forecasting import Mean, ask


def rows(spec: dict) -> list[dict]:
    (found,) = spec["datasets"].values()
    return found


def encodings(spec: dict) -> dict[str, dict]:
    return {layer["mark"]["type"]: layer["encoding"] for layer in spec["layer"]}


def test_there_is_one_line_per_language_best_first(forecasts):
    spec = forecast_plot(forecasts).to_dict()
    assert encodings(spec)["point"]["y"]["sort"] == ["German", "Breton", "Hawaiian", "Cherokee"]
    assert len(rows(spec)) == 4


def test_lines_reach_from_lower_to_upper_and_say_so(forecasts):
    drawn = {row["name"]: row for row in rows(forecast_plot(forecasts).to_dict())}
    assert (drawn["Breton"]["from"], drawn["Breton"]["mean"], drawn["Breton"]["to"]) == (0.2, 0.3, 0.4)
    assert drawn["Breton"]["figures"] == "0.30   (0.20 to 0.40)"


def test_colours_and_shapes_tell_known_unmeasured_and_far_apart(forecasts):
    spec = forecast_plot(forecasts).to_dict()
    kinds = {row["name"]: row["kind"] for row in rows(spec)}
    assert kinds == {
        "German": "measured language",
        "Breton": "unmeasured language",
        "Hawaiian": "unmeasured language",
        "Cherokee": "far from everything measured",
    }
    colours = encodings(spec)["point"]["color"]["scale"]
    assert colours["domain"] == ["measured language", "unmeasured language", "far from everything measured"]
    assert len(set(colours["range"])) == 3
    assert encodings(spec)["point"]["shape"]["scale"]["range"] == ["circle", "circle", "diamond"]


def test_kinds_are_those_that_a_forecaster_gives():
    targets = ["deu", "nld", "swe", "dan", "fra", "spa", "ita", "por"]
    evidence = Evidence(
        pl.DataFrame(
            {"target": target, "train": f"{source}:100", "score": 0.3 + 0.05 * k, "scale": "fraction"}
            for k, target in enumerate(targets)
            for source in ("eng", "rus")
        ).with_columns(task=pl.lit("T"), model=pl.lit("M"), metric=pl.lit("m"), higher_is_better=pl.lit(True))
    )
    queries = ask(task="T", model="M", train="eng:100", targets=["deu", "cat", "chr"])
    found = Mean().fit(evidence).conformalize().predict_interval(queries)
    kinds = {row["target"]: row["kind"] for row in rows(forecast_plot(found).to_dict())}
    assert kinds == {
        "deu": "measured language",
        "cat": "unmeasured language",
        "chr": "far from everything measured",
    }


def test_the_axis_of_fractions_starts_at_zero_and_is_named(forecasts):
    across = encodings(forecast_plot(forecasts, score="accuracy").to_dict())["point"]["x"]
    assert across["scale"]["domain"] == pytest.approx([0.0, 0.7])
    assert across["axis"]["title"] == "accuracy"


def test_the_axis_of_other_scores_fits_them():
    spec = forecast_plot(forecasts_of(("bre", 31.0, 28.5, 33.5, "unmeasured"))).to_dict()
    assert encodings(spec)["point"]["x"]["scale"]["domain"] == pytest.approx([28.5, 33.5])


def test_an_endless_interval_goes_to_the_edge_and_says_that_it_has_no_end():
    endless = ("bre", 3.0, -math.inf, math.inf, "unmeasured")
    spec = forecast_plot(forecasts_of(endless, ("haw", 4.0, 2.0, 6.0, "known"))).to_dict()
    drawn = {row["name"]: row for row in rows(spec)}["Breton"]
    assert [drawn["from"], drawn["to"]] == encodings(spec)["point"]["x"]["scale"]["domain"]
    assert "(-∞ to ∞)" in drawn["figures"]


def test_the_title_says_of_how_many_languages_and_under_which_training(forecasts):
    title = forecast_plot(forecasts, score="accuracy").to_dict()["title"]
    assert title["text"] == "Forecast accuracy in 4 languages"
    assert title["subtitle"] == ["T · M · trained on 700 examples of Russian · 90% intervals"]


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("", "used as it is"),
        ("eng,hin:500", "trained on English, 500 examples of Hindi"),
        ("eng:1,hin:1,spa:1,yor:1", "trained on 4 languages"),
    ],
)
def test_the_title_writes_mixes_in_words(train, said):
    spec = forecast_plot(forecasts_of(("bre", 0.3, 0.2, 0.4, "known"), train=train)).to_dict()
    assert said in spec["title"]["subtitle"][0]


def test_languages_of_one_name_are_told_apart_by_script():
    spec = forecast_plot(forecasts_of(("kas", 0.3, 0.2, 0.4, "known"), ("kas_Deva", 0.2, 0.1, 0.3, "known"))).to_dict()
    assert [row["name"] for row in rows(spec)] == ["Kashmiri", "Kashmiri (Deva)"]


def test_several_forecasts_of_a_language_are_refused(forecasts):
    with pytest.raises(BadValue, match="'bre' has 2 forecasts; draw those of one task, model and mix"):
        forecast_plot(pl.concat([forecasts, forecasts.head(1)]))


def test_forecasts_without_intervals_are_refused(forecasts):
    with pytest.raises(BadValue, match=r"no column lower, upper; draw what predict_interval\(\) returns"):
        forecast_plot(forecasts.drop("lower", "upper"))


def test_no_forecast_at_all_is_refused(forecasts):
    with pytest.raises(BadValue, match="nothing to draw"):
        forecast_plot(forecasts.clear())
