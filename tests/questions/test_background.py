"""What public evidence may say: by default what ships, a file of one's own, or nothing."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.questions import worlds

import isogloss
from isogloss.errors import BadFile, InputError
from isogloss.forecasting import read_background
from isogloss.questions.background import BackgroundBuildQuestion, BackgroundShowQuestion
from isogloss.questions.question import read_question

NUMBERS = ("mean", "lower", "upper")


def forecast(**fields) -> pl.DataFrame:
    return isogloss.forecast(worlds.as_they_are(), ["Yoruba", "wol"], **fields).table.select(NUMBERS)


def build(tmp_path, **fields):
    """A background of the planted tasks alone."""
    evidence = worlds.with_tasks()
    given = {"evidence": evidence, "save": tmp_path / "mine.json", "own_only": True, **fields}
    return read_question(BackgroundBuildQuestion, given).answer()


def test_without_a_background_the_base_learners_forecast_alone():
    assert_frame_equal(forecast(background="none"), forecast(forecaster="base-learners"))


def test_what_ships_is_used_where_no_background_is_named_also_after_another_one_was(tmp_path):
    before = forecast()
    build(tmp_path)
    own = forecast(background=str(tmp_path / "mine.json"))
    assert (own["mean"] != before["mean"]).all()
    assert_frame_equal(forecast(), before)


def test_a_copy_of_what_ships_gives_the_same_forecasts(tmp_path):
    read_background().write(tmp_path / "copy.json")
    assert_frame_equal(forecast(background=str(tmp_path / "copy.json")), forecast())


def test_the_forecaster_that_learns_from_a_background_says_that_it_needs_one():
    with pytest.raises(InputError, match="background: the forecaster 'hierarchical' needs one"):
        forecast(background="none", forecaster="hierarchical")


@pytest.mark.parametrize("ask", [isogloss.forecast, isogloss.explain, isogloss.sources, isogloss.curve])
def test_a_background_with_a_wrong_checksum_is_refused_by_every_question(tmp_path, ask):
    read_background().write(path := tmp_path / "background.json")
    path.write_text(path.read_text().replace('"format":1', '"format":2'))
    with pytest.raises(BadFile, match=r"background\.json: does not fit its checksum"):
        ask(worlds.with_sources(), "Yoruba", background=str(path))


def test_a_background_of_ones_own_names_its_source_and_that_its_licence_is_not_known(tmp_path):
    built = build(tmp_path, source="us")
    assert built.sentences == (
        "Learnt from 4 tables of 1 source, in 20 languages; saved to mine.json.", "Of no known licence: us.",
    )  # fmt: skip
    shown = read_question(BackgroundShowQuestion, {"background": tmp_path / "mine.json"}).answer()
    assert_frame_equal(shown.table, built.table)
    assert shown.details == built.details


def test_every_source_of_what_ships_has_a_licence_and_the_card_is_shown():
    shown = read_question(BackgroundShowQuestion, {}).answer()
    assert len(shown.sentences) == 1
    assert any("nothing is share-alike" in note.lower() for note in shown.notes)
