"""The map of forecasts: what stands where, what is labelled, and what part of the world is drawn."""

from __future__ import annotations

import re

import polars as pl
import pytest
from drawn import forecasts_of, rows_with

from isogloss.charts import draw_forecast_map, to_svg
from isogloss.charts.projection import EqualEarth
from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.languages.iso639 import codes


def points(chart) -> dict[str, dict]:
    """What stands on the map by longitude and latitude, by language."""
    rows = rows_with(chart, "longitude", "strength")
    found = {row["target"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def labels(chart) -> dict[str, dict]:
    return {row["name"]: row for row in rows_with(chart, "dot_x", "x")}


def test_every_language_is_one_point_where_it_is_spoken(forecasts, measured):
    drawn = points(draw_forecast_map(forecasts, measured))
    assert set(drawn) == {"bre", "deu", "chr", "haw", "swe", "yor"}
    for target, row in drawn.items():
        language = resolve(target)
        assert (row["longitude"], row["latitude"]) == (language.longitude, language.latitude)


@pytest.mark.parametrize("name", ["model", "task"])
def test_a_map_of_several_models_or_tasks_is_refused(forecasts, name):
    both = pl.concat([forecasts, forecasts.with_columns(pl.lit("other").alias(name))])
    with pytest.raises(BadValue, match=rf"a map shows one {name}, and these are 2: .*say which: {name}="):
        draw_forecast_map(both)


def test_a_forecast_stands_before_a_measurement(forecasts, measured):
    drawn = points(draw_forecast_map(forecasts, measured))
    assert (drawn["swe"]["mean"], drawn["swe"]["kind"]) == (0.45, "measured")
    assert (drawn["deu"]["mean"], drawn["deu"]["kind"]) == (0.6, "forecast")


def test_scores_of_several_runs_are_averaged(measured):
    drawn = points(draw_forecast_map(forecasts_of(("nds", 0.3, 0.2, 0.4, "unmeasured")), measured))
    assert drawn["deu"]["mean"] == pytest.approx(0.6)


def test_forecasts_fade_with_trust_and_a_guess_shows_no_colour(forecasts):
    words = forecasts.with_columns(trust=pl.Series(["fair", "solid", "guess", "shaky"]))
    strengths = {target: row["strength"] for target, row in points(draw_forecast_map(words)).items()}
    assert strengths["bre"] == strengths["deu"] == 1
    assert strengths["deu"] > strengths["haw"] > strengths["chr"] == 0


def test_only_forecast_languages_are_labelled(forecasts, measured):
    assert set(labels(draw_forecast_map(forecasts, measured))) == {"Breton", "German", "Cherokee", "Hawaiian"}


def test_what_was_measured_outside_the_map_is_not_drawn(measured):
    drawn = points(draw_forecast_map(forecasts_of(("bre", 0.3, 0.2, 0.4, "unmeasured")), measured))
    assert "deu" in drawn
    assert "yor" not in drawn


def test_of_many_forecasts_few_are_labelled():
    everyone = [code for code in sorted(codes().names) if codes().scopes[code] == "individual"][:400]
    placed = [code for code in everyone if resolve(code).latitude is not None][:100]
    many = forecasts_of(*((code, 0.9 - k / 200, 0.0, 1.0, "unmeasured") for k, code in enumerate(placed)))
    shown = set(labels(draw_forecast_map(many)))
    assert 5 < len(shown) <= 40
    assert shown <= {resolve(code).name for code in placed[:20] + placed[-20:]}


def test_forecast_languages_without_a_place_are_named_under_the_title(forecasts):
    assert len(draw_forecast_map(forecasts).to_dict()["title"]["subtitle"]) == 1
    unplaced = forecasts_of(("bre", 0.3, 0.2, 0.4, "known"), ("nqo", 0.2, 0.1, 0.3, "known"))
    subtitle = draw_forecast_map(unplaced).to_dict()["title"]["subtitle"]
    assert subtitle[1] == "Not on the map, place unknown: N'Ko"


def test_labels_start_from_where_the_library_draws_the_dots(forecasts):
    chart = draw_forecast_map(forecasts)
    dots = {
        (round(float(x)), round(float(y)))
        for x, y in re.findall(
            r'aria-label="longitude[^"]*"[^>]*transform="translate\(([-\d.]+),([-\d.]+)\)"', to_svg(chart)
        )
    }
    assert len(dots) == 4
    assert {(round(row["dot_x"]), round(row["dot_y"])) for row in labels(chart).values()} == dots


def test_more_languages_than_the_library_s_usual_limit_of_rows_are_drawn():
    world = forecasts_of(*((code, 0.3, 0.2, 0.4, "unmeasured") for code in ("kal", "haw", "mri", "yor", "ckt")))
    everyone = [code for code in codes().names if len(code) == 3 and codes().scopes[code] == "individual"][:5800]
    measured = pl.DataFrame({"target": everyone, "score": [0.5] * len(everyone)})
    assert len(points(draw_forecast_map(world, measured))) > 5000


@pytest.mark.parametrize("world", [EqualEarth.whole(900), EqualEarth.cropped([(0, 10), (30, -30)], 300, 400)])
def test_the_projection_keeps_areas(world):
    """A square degree covers pixels in proportion to the cosine of its latitude."""

    def area(latitude: float) -> float:
        half = 0.05
        (left, top), (_, bottom) = world.project(10, latitude + half), world.project(10, latitude - half)
        right = world.project(12, latitude + half)[0]
        return (right - left) * (bottom - top)

    for latitude, share in ((0, 1.0), (60, 0.5)):
        assert area(latitude) / area(0) == pytest.approx(share, rel=0.01)


def test_the_map_is_cut_in_the_bering_strait_and_fills_its_width():
    world = EqualEarth.whole(900)
    assert world.project(-169.001, 0)[0] == pytest.approx(900, abs=0.1)
    assert world.project(-168.999, 0)[0] == pytest.approx(0, abs=0.1)
    assert world.project(0, 84)[1] == pytest.approx(0)
    assert world.project(0, -57)[1] == pytest.approx(world.height, abs=1)


@pytest.mark.parametrize(
    "places",
    [[(10.0, 50.0)], [(-155.0, 20.0), (178.0, -18.0)], [(-70.0, -50.0), (140.0, 65.0)], [(0.0, 5.0), (40.0, 6.0)]],
)
@pytest.mark.parametrize(("width", "height"), [(300, 300), (768, 350), (250, 400)])
def test_a_cropped_map_shows_every_place_and_keeps_to_its_room(places, width, height):
    world = EqualEarth.cropped(places, width, height)
    assert all(world.shows(*place) for place in places)
    assert world.width == width
    assert world.height <= height


def test_a_map_of_one_region_is_larger_than_that_of_the_world():
    africa = EqualEarth.cropped([(-17.0, 14.0), (45.0, 5.0), (28.0, -30.0)], 300, 300)
    assert africa.scale > 3 * EqualEarth.whole(300).scale


def test_languages_on_both_sides_of_the_date_line_are_drawn_near_each_other():
    pacific = EqualEarth.cropped([(178.0, -18.0), (-172.0, -14.0)], 300, 300)
    (fiji, _), (samoa, _) = pacific.project(178.0, -18.0), pacific.project(-172.0, -14.0)
    assert 0 < samoa - fiji < 150
