"""Languages on a map: who is drawn, in which colour, and what the legend says."""

import pytest

from isogloss.charts import draw_languages, save
from isogloss.charts.language_map import COLOURS, NO_DESCENT
from isogloss.errors import UnknownLanguage, UnknownName

ARABIC = ["ary", "arz", "apc", "acm", "ars", "aeb", "ajp", "acq"]


def drawn(chart):
    """The dots of a chart, and the groups of its legend with their colours."""
    whole = chart.to_dict()
    layer = whole["layer"][1]
    scale = layer["encoding"]["color"]["scale"]
    return whole["datasets"][layer["data"]["name"]], dict(zip(scale["domain"], scale["range"], strict=True))


def test_every_language_with_a_place_is_a_dot():
    dots, groups = drawn(draw_languages())
    assert 7_600 < len(dots) < 8_000
    assert len(groups) == len(COLOURS) + 1
    assert next(iter(groups)).startswith("Atlantic-Congo")
    assert {dot["group"] for dot in dots} == set(groups)


def test_the_legend_counts_its_languages():
    dots, groups = drawn(draw_languages([*ARABIC, "deu", "zho"], colour="script"))
    assert list(groups) == ["Arab (8)", "Hans (1)", "Latn (1)"]
    assert len(dots) == 10


def test_a_language_without_a_place_is_counted_and_not_drawn():
    chart = draw_languages(["deu", "nqo"])
    assert len(drawn(chart)[0]) == 1
    assert "1 without one are not drawn" in chart.to_dict()["title"]["subtitle"][0]


def test_few_languages_are_named_on_a_map_of_where_they_are_spoken():
    near, world = (draw_languages(named).to_dict() for named in (["wol", "fuv"], None))
    assert near["projection"]["scale"] > 4 * world["projection"]["scale"]
    names = near["layer"][-1]
    assert {row["name"] for row in near["datasets"][names["data"]["name"]]} == {"Wolof", "Nigerian Fulfulde"}


def test_what_is_only_filed_together_is_no_family():
    dots, _ = drawn(draw_languages(["epo", "ase", "deu"]))
    assert {dot["language"]: dot["value"] for dot in dots}["ase"] == NO_DESCENT


@pytest.mark.parametrize("colour", ["family", "script", "resource", "scope", "unspaced"])
def test_each_colouring_makes_a_picture(tmp_path, colour):
    path = save(draw_languages(["deu", "zho", "tha", "yor"], colour=colour), tmp_path / "map.svg")
    assert path.read_text().startswith("<svg")


def test_unknown_colours_and_languages_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'family'"):
        draw_languages(["deu"], colour="famly")
    with pytest.raises(UnknownLanguage):
        draw_languages(["Germn"])
