"""The heatmap of transfer from source to target."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isogloss.charts import save, transfer_heatmap
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
    spec = transfer_heatmap(cells(["eng", "deu", "ell"]), score="accuracy").to_dict()
    layers = spec["vconcat"][0]["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rect", "text"]
    assert [len(rows) for rows in spec["datasets"].values()] == [9]


def test_languages_of_one_script_and_family_stand_together() -> None:
    spec = transfer_heatmap(cells(["ell", "deu", "fin", "nld"])).to_dict()
    order = spec["vconcat"][0]["layer"][0]["encoding"]["x"]["sort"]
    assert abs(order.index("deu") - order.index("nld")) == 1
    assert order.index("ell") in (0, 3)


def test_recipes_stand_in_panels_of_one_scale() -> None:
    both = pl.concat([cells(["eng", "deu"]), cells(["eng", "deu"]).with_columns(recipe=pl.lit("s"))])
    panels = transfer_heatmap(both).to_dict()["vconcat"]
    assert [panel["title"]["text"] for panel in panels] == ["r", "s"]
    assert panels[0]["layer"][0]["encoding"]["color"]["scale"] == panels[1]["layer"][0]["encoding"]["color"]["scale"]


def test_many_languages_are_drawn_without_their_names(tmp_path: Path) -> None:
    from isogloss.evidence import read_evidence

    languages = read_evidence("isogloss:sib200-ngram").targets[:60]
    chart = transfer_heatmap(cells(languages))
    assert chart.to_dict()["vconcat"][0]["layer"][0]["encoding"]["x"]["axis"]["labels"] is False
    assert save(chart, tmp_path / "heat.svg").stat().st_size > 10_000


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(BadValue, match="nothing to draw"):
        transfer_heatmap(cells(["eng"]).head(0))
    with pytest.raises(BadValue, match="2 of 'metric' cannot be drawn as one"):
        transfer_heatmap(pl.concat([cells(["eng"]), cells(["eng"]).with_columns(metric=pl.lit("f1"))]))
