from __future__ import annotations

import json

import pytest

from isogloss.evidence import import_files, read_evidence

RECORD = {
    "dataset": "irony-x",
    "task": "sentiment-classification",
    "dataset_languages": ["da"],
    "model": "org/m@main",
    "results": {
        "raw": [{"mcc": 0.5}, {"mcc": 0.6}, {"mcc": 0.7}],
        "total": {"test_mcc": 60.0, "test_mcc_se": 2.5, "test_macro_f1": 72.5, "test_macro_f1_se": 1.5},
    },
    "num_model_parameters": 2000,
    "few_shot": True,
    "generative": True,
    "validation_split": False,
    "euroeval_version": "15.3.1",
}


@pytest.fixture
def write(tmp_path):
    def write(*records):
        path = tmp_path / "euroeval_benchmark_results.jsonl"
        path.write_text("\n".join(json.dumps(RECORD | record) for record in records))
        return path

    return write


def test_each_metric_is_an_observation_on_its_own_scale(write):
    evidence = read_evidence(write({}))
    names = ("model", "task", "target", "metric", "score", "standard_error", "recipe", "train", "split")
    assert evidence.observations.select(names).rows() == [
        ("org/m", "irony-x", "dan", "mcc", 0.6, 0.025, "few-shot", "", "test"),
        ("org/m", "irony-x", "dan", "macro_f1", 0.725, 0.015, "few-shot", "", "test"),
    ]
    assert evidence.models.select("model", "parameters").rows() == [("org/m", 2000)]


def test_half_the_width_of_an_interval_becomes_a_standard_error(write):
    half_width = 1.96 * 100 * 0.1 / 3**0.5
    results = {"raw": RECORD["results"]["raw"], "total": {"test_mcc": 60.0, "test_mcc_se": half_width}}
    (error,) = read_evidence(write({"results": results})).observations["standard_error"]
    assert error == pytest.approx(0.1 / 3**0.5)


def test_models_that_were_fine_tuned_were_trained_on_the_language(write):
    evidence = read_evidence(write({"few_shot": False, "generative": False, "model": "org/m@abc#thinking"}))
    row = evidence.observations.row(0, named=True)
    assert (row["recipe"], row["train"], row["model_revision"]) == ("fine-tune", "dan", "abc+thinking")


def test_a_data_set_in_several_languages_is_dropped_with_a_reason(write):
    report = import_files([write({}, {"dataset": "two", "dataset_languages": ["nb", "nn"]})], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (4, 2, {"about 2 languages together": 2})


BOARD = """,,<a href='https://a'>Sentiment classification</a>,~~~Summarization~~~,Reading comprehension,Knowledge
Model,Parameters,<a href='https://b'>angry-tweets</a>,nordjylland-news,multi-wiki-qa-da,my-quiz
"<a href='https://c'>org/owl</a> (zero-shot, val)","7,000",60.5 ± 1.96 / 72.5 ± 0.98@@60.5,30 ± 1 / 31 ± 1@@30,?,?
org/lark@v2#thinking,?,-2.5 ± 1.96 / 40.0 ± 3.92@@-2.5,?,71.5 ± 1.0 / 42.5 ± 2.0@@71.5,50 ± 1.96 / 60 ± 1.96@@50
"""


@pytest.fixture
def board(tmp_path):
    path = tmp_path / "danish_all.csv"
    path.write_text(BOARD)
    return path


def test_a_cell_of_a_board_is_two_metrics_with_half_the_widths_of_their_intervals(board):
    evidence = read_evidence(board)
    names = ("model", "model_revision", "recipe", "split", "task", "target", "metric", "score")
    assert evidence.observations.select(names).rows() == [
        ("org/owl", None, "zero-shot", "val", "angry-tweets", "dan", "mcc", 0.605),
        ("org/owl", None, "zero-shot", "val", "angry-tweets", "dan", "macro_f1", 0.725),
        ("org/lark", "v2+thinking", None, "test", "angry-tweets", "dan", "mcc", -0.025),
        ("org/lark", "v2+thinking", None, "test", "angry-tweets", "dan", "macro_f1", 0.4),
        ("org/lark", "v2+thinking", None, "test", "multi-wiki-qa-da", "dan", "f1", 0.715),
        ("org/lark", "v2+thinking", None, "test", "multi-wiki-qa-da", "dan", "em", 0.425),
    ]
    assert evidence.observations["standard_error"].round(6).to_list()[:4] == [0.01, 0.005, 0.01, 0.02]
    assert evidence.models.select("model", "parameters").rows() == [("org/owl", 7000)]
    assert any("does not tell models that were fine-tuned" in note for note in evidence.notes)


def test_what_a_board_does_not_say_is_left_out_and_named(board):
    report = import_files([board], dry_run=True).files[0]
    assert report.dropped == {
        "no score": 3, "of a task whose metrics no board names: summarization": 1,
        "of a data set whose language is unknown: my-quiz": 1,
    }  # fmt: skip
    assert report.kept + sum(report.dropped.values()) == report.rows


def test_a_user_says_the_language_of_a_data_set(board):
    evidence = read_evidence(board, languages={"my-quiz": "da"})
    assert evidence.observations.filter(task="my-quiz").select("metric", "target").rows() == [
        ("mcc", "dan"), ("accuracy", "dan")
    ]  # fmt: skip
