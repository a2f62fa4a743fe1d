from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import polars as pl
import pytest
from drawn import forecasts_of, pixels, size

from isogloss.charts import Canvas, draw_forecast, draw_forecast_map, draw_ranks, save, to_svg
from isogloss.errors import BadFile, BadValue


def test_a_png_is_as_large_as_its_canvas_and_has_many_colours(forecasts, measured, tmp_path):
    chart = draw_forecast(forecasts, measured, canvas=Canvas(pixels=(480, 270)))
    width, height, colours = pixels(save(chart, tmp_path / "small.png"))
    assert (width, height) == (480, 270)
    assert len(colours) > 100
    assert size(save(chart, tmp_path / "large.png", scale=2)) == (960, 540)


@pytest.mark.parametrize("draw", [draw_forecast, draw_forecast_map])
def test_a_picture_has_the_format_of_a_slide(draw, forecasts, tmp_path):
    assert size(save(draw(forecasts), tmp_path / "slide.png")) == (1600, 900)


def test_a_drawing_has_its_title_and_a_description_for_who_cannot_see_it(forecasts):
    root = ElementTree.fromstring(to_svg(draw_forecast(forecasts, canvas=Canvas("<Breton> & others"))))
    title, described = (root.find(f"{{http://www.w3.org/2000/svg}}{tag}").text for tag in ("title", "desc"))
    assert title == "<Breton> & others"
    assert "Breton 0.30 (0.20 to 0.40)" in described


def test_the_same_chart_gives_the_same_bytes(forecasts, tmp_path):
    first = save(draw_forecast(forecasts), tmp_path / "one.png").read_bytes()
    assert save(draw_forecast(forecasts), tmp_path / "two.png").read_bytes() == first


def test_an_svg_holds_the_names_as_text_and_refers_to_nothing_outside(forecasts, measured, tmp_path):
    drawn = save(draw_forecast_map(forecasts, measured), tmp_path / "map.svg").read_text()
    texts = {"".join(element.itertext()) for element in ElementTree.fromstring(drawn).iter() if element.text}
    assert {"Breton", "Cherokee", "Hawaiian", "German"} <= texts
    assert set(re.findall(r"https?://[^\"\s]+", drawn)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.parametrize("draw", [draw_forecast_map, draw_forecast])
def test_a_specification_has_no_address_but_that_of_its_language(draw, forecasts, tmp_path):
    spec = json.loads(save(draw(forecasts), tmp_path / "chart.json").read_text())
    assert spec.pop("$schema").startswith("https://vega.github.io/schema/vega-lite/")
    assert "://" not in json.dumps(spec)
    assert '"url"' not in json.dumps(spec)


def test_a_page_has_everything_in_it_and_may_load_nothing(forecasts, tmp_path):
    page = save(draw_forecast(forecasts), tmp_path / "chart.html").read_text()
    assert page.count("<script") == 2
    assert page.count("<script>") == 2  # neither has a source elsewhere
    assert "default-src 'none'" in page
    assert "window.vegaEmbed" in page
    spec = page.partition('vegaEmbed("#chart", ')[2].partition(", {mode:")[0]
    assert "://" not in spec
    assert json.loads(spec)["title"]["text"] == ["Forecast score in 4 languages"]


def test_a_page_shows_markup_in_a_title_as_text(tmp_path):
    chart = draw_forecast(
        forecasts_of(("bre", 0.3, 0.2, 0.4, "known")), canvas=Canvas("</script><script>alert(1)</script>")
    )
    page = save(chart, tmp_path / "chart.html").read_text()
    assert page.count("<script>") == 2  # the library, and the call with the chart
    assert page.count("</script>") == 2


def test_an_unknown_ending_is_refused_with_those_there_are(forecasts, tmp_path):
    with pytest.raises(BadValue, match=r"unknown ending '.gif'; write to .png, .svg, .html, .json"):
        save(draw_forecast(forecasts), tmp_path / "chart.gif")


def test_a_folder_that_is_not_there_is_one_line(forecasts, tmp_path):
    with pytest.raises(BadFile, match="cannot be written: No such file or directory; choose another place"):
        save(draw_forecast(forecasts), tmp_path / "absent" / "chart.json")


def test_what_was_there_is_replaced_whole(forecasts, tmp_path):
    (tmp_path / "chart.json").write_text("old")
    save(draw_forecast(forecasts), tmp_path / "chart.json")
    assert json.loads((tmp_path / "chart.json").read_text())["hconcat"]
    assert [path.name for path in tmp_path.iterdir()] == ["chart.json"]


def test_on_a_page_of_text_a_short_drawing_takes_no_more_room_than_it_fills():
    table = pl.DataFrame({"candidate": ["a"], "mean": [0.5], "lower": [0.4], "upper": [0.6], "rank": [1],
                          "best_rank": [1], "worst_rank": [1], "measured": [9]})  # fmt: skip
    short = draw_ranks(table, 9)
    slide, text = (ElementTree.fromstring(to_svg(short, whole_page=whole)) for whole in (True, False))
    assert (slide.get("width"), slide.get("height"), text.get("width")) == ("1600", "900", "1600")
    assert int(str(text.get("height"))) < 450
