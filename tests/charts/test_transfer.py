"""The heatmap of transfer from source to target."""

from __future__ import annotations

import zlib
from base64 import b64decode
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isogloss.charts import Canvas, draw_transfer, save
from isogloss.charts.raster import raster_layer
from isogloss.errors import BadValue


def cells(languages: list[str], **more: str) -> pl.DataFrame:
    rows = [
        {
            "task": "t",
            "metric": "accuracy",
            "recipe": "r",
            "source": source,
            "target": target,
            "score": place / 100,
            **more,
        }
        for place, (source, target) in enumerate((one, other) for one in languages for other in languages)
    ]
    return pl.DataFrame(rows)


def test_every_pair_is_a_square_with_its_score() -> None:
    spec = draw_transfer(cells(["eng", "deu", "ell"])).to_dict()
    layers = spec["hconcat"][0]["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rect", "text"]
    assert [len(rows) for rows in spec["datasets"].values()] == [9]


def test_languages_of_one_script_and_family_stand_together() -> None:
    spec = draw_transfer(cells(["ell", "deu", "fin", "nld"])).to_dict()
    order = spec["hconcat"][0]["layer"][0]["encoding"]["x"]["sort"]
    assert abs(order.index("German") - order.index("Dutch")) == 1
    assert order.index("Greek") in (0, 3)


def test_recipes_stand_in_panels_of_one_scale() -> None:
    both = pl.concat([cells(["eng", "deu"]), cells(["eng", "deu"]).with_columns(recipe=pl.lit("s"))])
    panels = draw_transfer(both).to_dict()["hconcat"]
    assert [panel["title"]["text"] for panel in panels] == ["r", "s"]
    assert panels[0]["layer"][0]["encoding"]["color"]["scale"] == panels[1]["layer"][0]["encoding"]["color"]["scale"]


def test_many_languages_are_drawn_without_their_names(tmp_path: Path) -> None:
    from isogloss.evidence import read_evidence

    languages = read_evidence("isogloss:sib200-ngram").targets[:60]
    chart = draw_transfer(cells(languages))
    assert chart.to_dict()["hconcat"][0]["layer"][0]["encoding"]["x"]["axis"]["labels"] is False
    assert save(chart, tmp_path / "heat.svg").stat().st_size > 10_000


def test_very_many_cells_are_one_image_beside_which_families_and_scripts_are_named(tmp_path: Path) -> None:
    from isogloss.languages.groups import flores_languages

    both = [cells(flores_languages()).with_columns(size=pl.lit(size), score=pl.col("score") % 1) for size in (70, 700)]
    chart = draw_transfer(pl.concat(both))
    layers = chart.to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers].count("image") == 2
    written = {row["text"] for rows in chart.to_dict()["datasets"].values() for row in rows if "text" in row}
    assert {"Atlantic-Congo, Latin", "Indo-European, Cyrillic", "r · 70 examples", "r · 700 examples"} <= written
    assert save(chart, tmp_path / "heat.svg").stat().st_size < 500_000


def test_an_image_has_the_colours_of_the_scale_and_holes_where_there_is_no_number() -> None:
    url = raster_layer(np.array([[0.0, 1.0, np.nan]]), (0, 1), "viridis", (0, 0, 3, 1)).to_dict()
    (rows,) = url["datasets"].values()
    data = zlib.decompress(b64decode(rows[0]["url"].partition(",")[2])[41:-16])
    assert [tuple(data[at : at + 4]) for at in (1, 5, 9)] == [(68, 1, 84, 255), (253, 231, 37, 255), (68, 1, 84, 0)]


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(BadValue, match="nothing to draw"):
        draw_transfer(cells(["eng"]).head(0))
    with pytest.raises(BadValue, match="2 of 'metric' cannot be drawn as one"):
        draw_transfer(pl.concat([cells(["eng"]), cells(["eng"]).with_columns(metric=pl.lit("f1"))]))


def test_scores_are_in_the_scale_that_is_asked_for() -> None:
    spec = draw_transfer(cells(["eng", "deu"]), canvas=Canvas(percent=True)).to_dict()
    (rows,) = spec["datasets"].values()
    assert [row["score"] for row in rows] == pytest.approx([0, 1, 2, 3])
