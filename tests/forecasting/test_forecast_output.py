"""Forecasts as files: tidy tables and filled LITMUS files, whole or not at all."""

from __future__ import annotations

import errno
import json
import os

import polars as pl
import pytest

from isogloss import read_queries
from isogloss.errors import BadFile, BadValue
from isogloss.files import atomic_write
from isogloss.forecasting import FORECAST, Mean, write_forecasts
from isogloss.forecasting.output import check_output

COLUMNS = (
    "query_row task model target target_as_reported train mean lower upper level flags nearest distance trust".split()
)
ASKED = [
    {"train_config": {"en": 9, "hi": 0}, "eval_results": {"de": "x", "fr": 0.6, "jp": None}, "note": "kept"},
    {"train_config": {"hi": 20}, "eval_results": {" ur ": "x", "de": "x"}},
]


@pytest.fixture
def queries(tmp_path):
    path = tmp_path / "UDPOS_XLMR.json"
    path.write_text(json.dumps(ASKED))
    return path


@pytest.fixture
def forecasts(queries, measured):
    evidence = measured([("deu", "eng:9", 0.5), ("fra", "eng:9", 0.75)])
    named = evidence.observations.with_columns(task=pl.lit("UDPOS"), model=pl.lit("xlm-roberta-large"))
    questions = read_queries(queries).with_columns(metric=pl.lit("accuracy"), recipe=pl.lit(None, dtype=pl.String))
    return Mean().fit(type(evidence)(named)).conformalize().predict_interval(questions, 0.8)


def test_a_table_of_forecasts_has_exactly_the_columns_declared(forecasts):
    assert forecasts.columns == COLUMNS == FORECAST.names()
    assert forecasts.schema == FORECAST
    assert forecasts.select("query_row", "target", "target_as_reported", "train", "level").rows() == [
        (0, "deu", "de", "eng:9", 0.8),
        (1, "urd", "ur", "hin:20", 0.8),
        (1, "deu", "de", "hin:20", 0.8),
    ]


def test_parquet_holds_the_table(forecasts, tmp_path):
    write_forecasts(forecasts, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(forecasts)


def test_csv_holds_the_table(forecasts, tmp_path):
    write_forecasts(forecasts, str(tmp_path / "out.csv"))
    found = pl.read_csv(tmp_path / "out.csv")
    assert found.columns == COLUMNS
    split = found.with_columns(pl.col("flags").str.split(";"))
    assert split.cast(FORECAST).equals(forecasts)


def test_json_is_the_file_that_asked_with_every_cross_replaced_by_the_mean(forecasts, queries, tmp_path):
    write_forecasts(forecasts, tmp_path / "out.json", queries=queries)
    assert json.loads((tmp_path / "out.json").read_text()) == [
        {"train_config": {"en": 9, "hi": 0}, "eval_results": {"de": 0.5, "fr": 0.6, "jp": None}, "note": "kept"},
        {"train_config": {"hi": 20}, "eval_results": {" ur ": 0.625, "de": 0.625}},
    ]


def test_json_keeps_the_order_of_languages(forecasts, queries, tmp_path):
    write_forecasts(forecasts, tmp_path / "out.json", queries=queries)
    assert [list(entry["eval_results"]) for entry in json.loads((tmp_path / "out.json").read_text())] == [
        ["de", "fr", "jp"],
        [" ur ", "de"],
    ]


def test_the_file_that_asked_may_be_overwritten_by_its_answer(forecasts, queries):
    write_forecasts(forecasts, queries, queries=queries)
    assert '"x"' not in queries.read_text()


@pytest.mark.parametrize("name", ["out.txt", "out", "out.json.gz", "out.CSV"])
def test_another_ending_is_refused(forecasts, tmp_path, name):
    for refuse in (lambda path: write_forecasts(forecasts, path), lambda path: check_output(path, None)):
        with pytest.raises(BadValue, match=r"unknown ending '.*'; write to \.csv, \.parquet, \.json"):
            refuse(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_json_needs_the_file_that_asked(forecasts, tmp_path):
    with pytest.raises(BadValue, match=r"and none was given; write \.parquet or \.csv"):
        write_forecasts(forecasts, tmp_path / "out.json")


@pytest.mark.parametrize("content", ["model,task\n", "[1, 2]", "{}", '[{"eval_results": [1]}]', "[", '["x"]'])
def test_json_needs_a_litmus_file(forecasts, tmp_path, content):
    (tmp_path / "questions").write_text(content)
    with pytest.raises(BadValue, match=r"fills a LITMUS file, and .*questions is none"):
        check_output(tmp_path / "out.json", tmp_path / "questions")
    with pytest.raises(BadValue, match="is none"):
        write_forecasts(forecasts, tmp_path / "out.json", queries=tmp_path / "questions")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("out", ".out"))] == []


def test_a_file_that_asked_and_is_gone_is_named(forecasts, tmp_path):
    with pytest.raises(BadFile, match=r"absent\.json: no such file"):
        write_forecasts(forecasts, tmp_path / "out.json", queries=tmp_path / "absent.json")


def test_a_folder_that_does_not_exist_is_found_out_before_the_work(tmp_path):
    with pytest.raises(BadFile, match=r"absent/out\.csv: cannot be written: No such file or directory"):
        check_output(tmp_path / "absent" / "out.csv", None)


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    def fill(place):
        place.write_text("half of")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(BadFile, match="cannot be written: No space left on device; choose another place"):
        atomic_write(tmp_path / "out.csv", fill)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_survives_when_there_is_no_answer_for_a_question(forecasts, queries, tmp_path):
    (tmp_path / "out.json").write_text("older")
    with pytest.raises(BadValue, match="no forecast for 'de' in row 1"):
        write_forecasts(forecasts.head(2), tmp_path / "out.json", queries=queries)
    assert (tmp_path / "out.json").read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["UDPOS_XLMR.json", "out.json"]
