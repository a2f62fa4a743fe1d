"""The heatmap of transfer from source to target."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isogloss.charts import Canvas, draw_transfer, save
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


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(BadValue, match="nothing to draw"):
        draw_transfer(cells(["eng"]).head(0))
    with pytest.raises(BadValue, match="2 of 'metric' cannot be drawn as one"):
        draw_transfer(pl.concat([cells(["eng"]), cells(["eng"]).with_columns(metric=pl.lit("f1"))]))


def test_scores_are_in_the_scale_that_is_asked_for() -> None:
    spec = draw_transfer(cells(["eng", "deu"]), canvas=Canvas(percent=True)).to_dict()
    (rows,) = spec["datasets"].values()
    assert [row["score"] for row in rows] == pytest.approx([0, 1, 2, 3])
