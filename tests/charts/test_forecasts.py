from __future__ import annotations

import re

import polars as pl
import pytest
from drawn import forecasts_of

from isogloss.charts import forecast_map
from isogloss.charts.language_map import EqualEarth
from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.languages.iso639 import codes


def points(spec: dict) -> dict[str, dict]:
    """What stands on the map by longitude and latitude, by language."""
    (layer,) = [layer for layer in spec["layer"] if "longitude" in layer.get("encoding", {})]
    rows = spec["datasets"][layer["data"]["name"]]
    found = {row["target"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def labels(spec: dict) -> dict[str, dict]:
    layer = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "text")
    return {row["name"]: row for row in spec["datasets"][layer["data"]["name"]]}


def test_every_language_is_one_point_where_it_is_spoken(forecasts, measured):
    drawn = points(forecast_map(forecasts, measured).to_dict())
    assert set(drawn) == {"bre", "deu", "chr", "haw", "swe", "yor"}
    for target, row in drawn.items():
        language = resolve(target)
        assert (row["longitude"], row["latitude"]) == (language.longitude, language.latitude)


def test_points_are_coloured_by_score_and_a_forecast_stands_before_a_measurement(forecasts, measured):
    drawn = points(forecast_map(forecasts, measured).to_dict())
    assert (drawn["swe"]["shown"], drawn["swe"]["kind"]) == (0.45, "measured score")
    assert (drawn["deu"]["shown"], drawn["deu"]["kind"]) == (0.6, "measured language")


def test_scores_of_several_runs_are_averaged(forecasts, measured):
    drawn = points(forecast_map(forecasts_of(("bre", 0.3, 0.2, 0.4, "unmeasured")), measured).to_dict())
    assert drawn["deu"]["shown"] == pytest.approx(0.6)


def test_only_forecast_languages_are_labelled(forecasts, measured):
    assert set(labels(forecast_map(forecasts, measured).to_dict())) == {"Breton", "German", "Cherokee", "Hawaiian"}


def test_of_many_forecasts_the_best_and_the_worst_are_labelled():
    everyone = [code for code in sorted(codes().names) if codes().scopes[code] == "individual"][:400]
    placed = [code for code in everyone if resolve(code).latitude is not None][:100]
    many = forecasts_of(*((code, 0.9 - k / 200, 0.0, 1.0, "unmeasured") for k, code in enumerate(placed)))
    shown = set(labels(forecast_map(many).to_dict()))
    assert 30 < len(shown) <= 60
    assert shown <= {resolve(code).name for code in placed[:30] + placed[-30:]}


def test_languages_without_a_place_are_named_under_the_title(forecasts, measured):
    assert "Not on the map, place unknown: N'Ko" in forecast_map(forecasts, measured).to_dict()["title"]["subtitle"]
    assert len(forecast_map(forecasts).to_dict()["title"]["subtitle"]) == 1


def test_labels_start_from_where_the_library_draws_the_dots(forecasts):
    import vl_convert

    spec = forecast_map(forecasts).to_dict()
    drawn = vl_convert.vegalite_to_svg(spec)
    dots = {
        (round(float(x)), round(float(y)))
        for x, y in re.findall(r'aria-label="longitude[^"]*"[^>]*transform="translate\(([-\d.]+),([-\d.]+)\)"', drawn)
    }
    assert len(dots) == 4
    assert {(round(row["dot_x"]), round(row["dot_y"])) for row in labels(spec).values()} == dots


def test_forecasts_are_drawn_alike_and_larger_than_measurements(forecasts, measured):
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(forecast_map(forecasts, measured).to_dict())
    radii = {
        kind: {float(radius) for radius in re.findall(rf'language: {name};[^>]*d="M([\d.]+),0A', drawn)}
        for kind, name in {"measured": "Swedish", "known": "German", "unmeasured": "Breton"}.items()
    }
    assert radii["known"] == radii["unmeasured"]
    assert min(radii["known"]) > 2 * max(radii["measured"])


def test_more_languages_than_the_library_s_usual_limit_of_rows_are_drawn(forecasts):
    everyone = [code for code in codes().names if len(code) == 3 and codes().scopes[code] == "individual"][:5500]
    measured = pl.DataFrame({"target": everyone, "score": [0.5] * len(everyone)})
    assert len(points(forecast_map(forecasts, measured).to_dict())) > 5000


@pytest.mark.parametrize(("column", "values"), [("metric", ["accuracy", "macro_f1"]), ("train", ["eng:1", "eng:2"])])
def test_scores_of_different_things_are_not_drawn_as_one(forecasts, column, values):
    mixed = pl.DataFrame({"target": ["swe", "deu"], "score": [0.5, 0.6], column: values})
    with pytest.raises(BadValue, match=f"scores of 2 values of '{column}' cannot be drawn as one"):
        forecast_map(forecasts, mixed)


def test_measured_scores_without_scores_are_refused(forecasts, measured):
    with pytest.raises(BadValue, match="measured: no column score"):
        forecast_map(forecasts, measured.drop("score"))


def test_the_projection_keeps_areas():
    """A square degree covers pixels in proportion to the cosine of its latitude."""
    world = EqualEarth(900)

    def area(latitude: float) -> float:
        half = 0.05
        (left, top), (_, bottom) = world.project(10, latitude + half), world.project(10, latitude - half)
        right = world.project(12, latitude + half)[0]
        return (right - left) * (bottom - top)

    for latitude, share in ((0, 1.0), (60, 0.5)):
        assert area(latitude) / area(0) == pytest.approx(share, rel=0.01)


def test_the_map_is_cut_in_the_bering_strait_and_fills_its_width():
    world = EqualEarth(900)
    assert world.project(-169.001, 0)[0] == pytest.approx(900, abs=0.1)
    assert world.project(-168.999, 0)[0] == pytest.approx(0, abs=0.1)
    assert world.project(0, world.north)[1] == pytest.approx(0)
    assert world.project(0, world.south)[1] == pytest.approx(world.height)
