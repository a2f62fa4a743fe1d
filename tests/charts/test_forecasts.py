"""The picture of forecasts: which lines are drawn, in which order, how sure they look, and what is said in words."""

from __future__ import annotations

import math

import polars as pl
import pytest
from drawn import forecasts_of, layers_with, rows_with

from isogloss.charts import Canvas, draw_forecast
from isogloss.charts.forecast_rows import NEIGHBOURS
from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.languages.iso639 import codes


def lines(chart) -> list[str]:
    """The names beside the lines, from the top."""
    names = [row for row in rows_with(chart, "text", "x", "y", "colour") if row["x"] == 0 and row["y"] > 0]
    return [row["text"] for row in sorted(names, key=lambda row: row["y"])]


def texts(chart) -> dict[str, list[str]]:
    """What stands beside each name, from left to right."""
    words = rows_with(chart, "text", "x", "y", "colour")
    names = {row["y"]: row["text"] for row in words if row["x"] == 0}
    beside = sorted((row for row in words if row["x"] > 0 and row["y"] in names), key=lambda row: row["x"])
    return {name: [row["text"] for row in beside if row["y"] == y] for y, name in names.items()}


def trusted(forecasts: pl.DataFrame, *words: str) -> pl.DataFrame:
    return forecasts.with_columns(trust=pl.Series(words))


def languages(number: int) -> list[str]:
    everyone = [code for code in sorted(codes().names) if codes().scopes[code] == "individual"][:600]
    return [code for code in everyone if resolve(code).latitude is not None][:number]


def test_measured_languages_stand_between_the_forecasts_in_the_order_of_scores(forecasts, measured):
    assert lines(draw_forecast(forecasts, measured)) == [
        "German", "Swedish", "Breton", "Hawaiian", "Yoruba", "N'Ko", "Cherokee",
    ]  # fmt: skip


def test_measured_languages_look_different_from_forecasts(forecasts, measured):
    shapes = {row["name"]: row["shape"] for row in rows_with(draw_forecast(forecasts, measured), "name", "shape", "y")}
    assert (shapes["Swedish"], shapes["Breton"]) == ("square", "circle")


def test_the_nearest_measured_languages_come_before_others():
    many = pl.DataFrame({"target": languages(60), "score": [0.5] * 60})
    near = forecasts_of(("bre", 0.3, 0.2, 0.4, "unmeasured")).with_columns(nearest=pl.lit(many["target"][33]))
    drawn = lines(draw_forecast(near, many))
    assert resolve(many["target"][33]).name in drawn
    assert len(drawn) == 1 + NEIGHBOURS


def test_figures_and_trust_stand_beside_each_line(forecasts, measured):
    beside = texts(draw_forecast(trusted(forecasts, "fair", "solid", "guess", "shaky"), measured))
    assert beside["Breton"] == ["0.30 (0.20 to 0.40)", "fair"]
    assert beside["Swedish"] == ["0.45", "measured"]


def test_a_guess_is_a_band_without_a_dot_or_a_number(forecasts):
    chart = draw_forecast(trusted(forecasts, "fair", "solid", "guess", "shaky"), maps=False)
    assert texts(chart)["Cherokee"] == ["0.00 to 0.35", "guess"]
    assert "Cherokee" not in {row["name"] for row in rows_with(chart, "name", "shape")}
    assert "Cherokee" in {row["name"] for row in rows_with(chart, "from", "to")}


def test_a_shaky_forecast_is_a_ring(forecasts):
    fills = {
        row["name"]: row["fill"]
        for row in rows_with(draw_forecast(trusted(forecasts, "fair", "solid", "guess", "shaky")), "name", "fill")
    }
    assert fills["Hawaiian"] == "#ffffff"
    assert fills["Breton"] == fills["German"] != "#ffffff"


def test_a_wider_interval_is_paler(forecasts):
    density = {row["name"]: row["density"] for row in rows_with(draw_forecast(forecasts), "density")}
    assert density["German"] > density["Breton"] > density["Cherokee"]


def test_scores_are_in_the_scale_that_is_asked_for(forecasts, measured):
    chart = draw_forecast(forecasts, measured, canvas=Canvas(score="accuracy", percent=True))
    assert texts(chart)["Breton"][0] == "30 (20 to 40)"
    (across,) = {str(layer["x"].get("axis", {}).get("title")) for layer in layers_with(chart, "opacity")}
    assert across == "accuracy (%)"


def test_languages_have_the_names_that_the_user_wrote_unless_those_were_codes(forecasts):
    reported = forecasts.with_columns(target_as_reported=pl.Series(["Brezhoneg", "deu", "chr-Latn", "Hawaiian"]))
    chart = draw_forecast(reported, canvas=Canvas(names={"haw": "ʻŌlelo Hawaiʻi"}))
    assert set(lines(chart)) == {"Brezhoneg", "German", "Cherokee", "ʻŌlelo Hawaiʻi"}


def test_the_axis_of_fractions_starts_at_zero(forecasts):
    for layer in layers_with(draw_forecast(forecasts), "opacity"):
        assert layer["x"]["scale"]["domain"] == pytest.approx([0.0, 0.7])


def test_the_axis_of_other_scores_fits_them():
    chart = draw_forecast(forecasts_of(("bre", 31.0, 28.5, 33.5, "unmeasured")))
    assert layers_with(chart, "opacity")[0]["x"]["scale"]["domain"] == pytest.approx([28.5, 33.5])


def test_an_endless_interval_goes_to_the_edge_and_says_that_it_has_no_end():
    endless = ("bre", 3.0, -math.inf, math.inf, "unmeasured")
    chart = draw_forecast(forecasts_of(endless, ("haw", 4.0, 2.0, 6.0, "known")))
    drawn = next(row for row in rows_with(chart, "from") if row["name"] == "Breton")
    assert [drawn["from"], drawn["to"]] == layers_with(chart, "opacity")[0]["x"]["scale"]["domain"]
    assert "(−∞ to ∞)" in texts(chart)["Breton"][0]


def test_of_too_many_forecasts_the_best_and_the_worst_are_drawn_and_the_rest_is_counted(measured):
    many = forecasts_of(*((code, 0.9 - k / 300, 0.0, 1.0, "unmeasured") for k, code in enumerate(languages(200))))
    names = lines(draw_forecast(many, measured))
    (gap,) = [name for name in names if name.startswith("…")]
    drawn = [name for name in names if name in {resolve(code).name for code in many["target"]}]
    assert gap == f"… {200 - len(drawn)} more between"
    assert drawn[:5] == [resolve(code).name for code in many["target"][:5]]
    assert drawn[-5:] == [resolve(code).name for code in many["target"][-5:]]
    assert 15 < len(names) < 25


def test_several_models_have_a_panel_each_with_the_same_lines_and_axis(forecasts):
    second = forecasts.with_columns(model=pl.lit("N"), mean=pl.col("mean") / 2, lower=pl.lit(0.0))
    chart = draw_forecast(pl.concat([forecasts, second]))
    panels = chart.to_dict()["hconcat"]
    assert len(panels) == 2
    assert lines(chart) == ["German", "Breton", "Hawaiian", "Cherokee"]
    heights = [{row["y"] for row in rows_with(chart, "density") if row["model"] == model} for model in "MN"]
    assert heights[0] == heights[1]
    assert len({str(layer["x"]["scale"]["domain"]) for layer in layers_with(chart, "opacity")}) == 1


def test_among_several_models_a_shaky_forecast_shows_the_interval_and_a_fair_one_the_number(forecasts):
    second = forecasts.with_columns(model=pl.lit("N"))
    chart = draw_forecast(pl.concat([trusted(one, "fair", "solid", "guess", "shaky") for one in (forecasts, second)]))
    beside = texts(chart)
    assert beside["Breton"] == ["0.30", "0.30"]
    assert beside["Cherokee"] == ["guess", "guess"]
    assert all(" to " in figures for figures in beside["Hawaiian"])


def test_models_without_room_are_named(forecasts):
    six = [forecasts.with_columns(model=pl.lit(f"m{k}"), mean=pl.col("mean") - k / 100) for k in range(6)]
    chart = draw_forecast(pl.concat(six))
    assert len(chart.to_dict()["hconcat"]) == 5
    assert "Not drawn, the models with lower forecasts: m5" in chart.to_dict()["title"]["subtitle"]


def test_the_title_is_the_finding_and_the_line_below_it_says_of_what(forecasts):
    title = draw_forecast(forecasts, canvas=Canvas("Breton is a guess")).to_dict()["title"]
    assert title["text"] == ["Breton is a guess"]
    assert title["subtitle"] == ["T · M · trained on 700 examples of Russian · 90 % intervals"]
    assert draw_forecast(forecasts).to_dict()["title"]["text"] == ["Forecast score in 4 languages"]


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("", "T · M · 90 % intervals"),
        ("eng,hin:500", "trained on English, 500 examples of Hindi"),
        ("eng:1,hin:1,spa:1,yor:1", "trained on 4 languages"),
    ],
)
def test_the_line_writes_mixes_in_words(train, said):
    chart = draw_forecast(forecasts_of(("bre", 0.3, 0.2, 0.4, "known"), train=train))
    assert said in chart.to_dict()["title"]["subtitle"][0]


def test_a_long_title_is_broken_into_lines(forecasts):
    title = "The model reads Cyrillic: 9 languages score 24 to 50, those in other scripts below 9"
    broken = draw_forecast(forecasts, canvas=Canvas(title)).to_dict()["title"]["text"]
    assert len(broken) == 2
    assert " ".join(broken) == title


def test_the_description_says_every_line_for_who_cannot_see_it(forecasts, measured):
    words = draw_forecast(trusted(forecasts, "fair", "solid", "guess", "shaky"), measured).to_dict()["description"]
    assert "German 0.60 (0.55 to 0.65), solid; Breton 0.30 (0.20 to 0.40), fair" in words
    assert "Cherokee 0.00 to 0.35, a guess" in words
    assert "Measured beside them: Swedish 0.45; Yoruba 0.20; N'Ko 0.15." in words


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_theme_has_its_background(forecasts, theme):
    canvas = Canvas(theme=theme)
    assert draw_forecast(forecasts, canvas=canvas).to_dict()["config"]["background"] == canvas.colours.background


def test_languages_of_one_name_are_told_apart_by_script():
    chart = draw_forecast(forecasts_of(("kas", 0.3, 0.2, 0.4, "known"), ("kas_Deva", 0.2, 0.1, 0.3, "known")))
    assert lines(chart) == ["Kashmiri", "Kashmiri (Deva)"]


def test_several_forecasts_of_a_language_are_refused(forecasts):
    with pytest.raises(BadValue, match="'bre' has 2 forecasts of one model; draw those of one task and mix"):
        draw_forecast(pl.concat([forecasts, forecasts.head(1)]))


def test_forecasts_without_intervals_are_refused(forecasts):
    with pytest.raises(BadValue, match=r"no column lower, upper; draw what predict_interval\(\) returns"):
        draw_forecast(forecasts.drop("lower", "upper"))


def test_no_forecast_at_all_is_refused(forecasts):
    with pytest.raises(BadValue, match="nothing to draw"):
        draw_forecast(forecasts.clear())


@pytest.mark.parametrize(("column", "values"), [("metric", ["accuracy", "macro_f1"]), ("train", ["eng:1", "eng:2"])])
def test_scores_of_different_things_are_not_drawn_as_one(forecasts, column, values):
    mixed = pl.DataFrame({"target": ["swe", "deu"], "score": [0.5, 0.6], column: values})
    with pytest.raises(BadValue, match=f"scores of 2 values of '{column}' cannot be drawn as one"):
        draw_forecast(forecasts, mixed)


def test_measured_scores_without_scores_are_refused(forecasts, measured):
    with pytest.raises(BadValue, match="measured: no column score"):
        draw_forecast(forecasts, measured.drop("score"))


def test_a_forecast_that_is_a_measured_score_says_so(forecasts):
    flagged = forecasts.with_columns(flags=pl.Series([["measured"], [], ["far"], []]))
    chart = draw_forecast(flagged)
    assert texts(chart)["Breton"][-1] == "measured"
    assert {row["name"] for row in rows_with(chart, "name", "shape") if row["shape"] == "square"} == {"Breton"}
