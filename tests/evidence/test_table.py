from __future__ import annotations

import json

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import import_files, read_evidence, read_queries

HEADER = "model,task,metric,target,train,score\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="scores.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_columns_with_schema_names_need_no_mapping(fixtures):
    observations = read_evidence(fixtures / "scores.csv").observations
    assert observations.select("model", "target", "train", "seed", "score", "scale").rows() == [
        ("toy", "deu", "eng:1000,hin:500", 1, 0.815, "percent"),
        ("toy", "deu", "eng:1000,hin:500", 2, 0.805, "percent"),
        ("toy", "swa", "eng:1000,hin:500", 1, 0.55, "percent"),
    ]


def test_a_missing_score_is_dropped_with_a_reason(fixtures):
    report = import_files([fixtures / "scores.csv"], dry_run=True).files[0]
    assert (report.rows, report.kept, report.queries, report.dropped) == (4, 3, 0, {"no score": 1})


def test_a_table_without_score_is_a_table_of_queries(fixtures):
    queries = read_queries(fixtures / "questions.tsv")
    assert queries.select("query_row", "target", "train").rows() == [
        (0, "yor", "eng:1000"),
        (1, "wol", "eng:1000,hin:500"),
    ]
    with pytest.raises(BadValue, match="holds no scores; questions are read by read_queries"):
        read_evidence(fixtures / "questions.tsv")


def test_scores_asked_as_queries_are_not_looked_at(write):
    path = write(HEADER + "m,t,f1,de,en:5,NaN\nm,t,f1,fr,en:5,\n")
    assert read_queries(path)["target"].to_list() == ["deu", "fra"]


def test_queries_may_leave_task_and_model_to_the_caller(write):
    path = write("target,train\nde,en:5\n")
    with pytest.raises(BadFile, match=r"lacks the columns model, task .*model=.* task="):
        read_queries(path)
    assert read_queries(path, task="t", model="m").select("task", "model").row(0) == ("t", "m")


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_the_separator_is_recognised(write, separator):
    lines = (HEADER + "m,t,f1,de,en:5,0.5\n").replace(",", separator)
    assert len(read_evidence(write(lines))) == 1


def test_json_lines_and_parquet_say_the_same_as_csv(fixtures, tmp_path):
    rows = pl.read_csv(fixtures / "scores.csv")
    rows.write_parquet(tmp_path / "scores.parquet")
    rows.write_ndjson(tmp_path / "scores.jsonl")
    expected = read_evidence(fixtures / "scores.csv").observations.drop("origin", "recorded_at")
    for name in ("scores.parquet", "scores.jsonl"):
        assert read_evidence(tmp_path / name).observations.drop("origin", "recorded_at").equals(expected)


@pytest.mark.parametrize("half", [rb"\ud83d", b"\xed\xa0\xbd"])
def test_a_character_that_a_tool_cut_in_two_costs_no_more_than_itself(write, half):
    line = b'{"model": "m", "task": "t ' + half + b'", "metric": "f1", "target": "de", "train": "en:5", "score": 0.5}\n'
    assert read_evidence(write(line, "a.jsonl")).observations["task"].to_list() == ["t \ufffd"]


def test_tables_in_memory_are_read_like_files(fixtures):
    rows = pl.read_csv(fixtures / "scores.csv")
    expected = read_evidence(rows).observations
    for other in (rows.to_pandas(), rows.to_arrow(), rows.lazy()):
        assert read_evidence(other).observations.equals(expected)


def test_columns_of_other_names_are_kept_in_details(table):
    row = read_evidence(table({"gpu_hours": 3.5, "by": "me"})).observations.row(0, named=True)
    assert json.loads(row["details"]) == {"gpu_hours": 3.5, "by": "me"}


def test_a_misspelt_optional_column_is_an_error_not_a_detail(table):
    with pytest.raises(UnknownName, match="unknown column 'sed'; did you mean 'seed'"):
        read_evidence(table({"sed": 3}))


def test_columns_of_other_names_for_the_same_are_taken(write):
    evidence = read_evidence(write("model,task,lang,train,f1\nm,t,de,en,0.5\n"))
    assert evidence.observations.select("target", "metric", "score").row(0) == ("deu", "f1", 0.5)


def test_a_table_without_training_languages_is_of_models_used_as_they_are(write):
    evidence = read_evidence(write("model,task,metric,target,score\nm,t,f1,de,0.5\n"))
    assert evidence.observations["train"].to_list() == [""]
    assert any("train: used as they are" in note for note in evidence.notes)


def test_a_table_without_languages_is_an_error_that_names_what_it_has(write):
    with pytest.raises(BadFile, match=r"no column and no header names languages \(it has a, b\)"):
        read_evidence(write("a,b\n1,2\n"))


def test_a_comma_that_may_mean_thousands_is_an_error(write):
    with pytest.raises(BadValue, match=r"score '81,345' is not a number; write 81.345 if the comma is a decimal point"):
        read_evidence(write("model;task;metric;target;train;score\nm;t;f1;de;;81,345\n"))


def test_a_table_that_isogloss_wrote_reads_back_the_same(fixtures, tmp_path):
    observations = read_evidence(fixtures / "scores.csv").observations
    observations.write_csv(tmp_path / "out.csv")
    again = read_evidence(tmp_path / "out.csv").observations
    same = ["model", "task", "metric", "target", "train", "seed", "score", "recipe"]
    assert again.select(same).equals(observations.select(same))


def test_blank_lines_are_counted_as_empty_rows(write):
    path = write(HEADER + "m,t,f1,de,en:5,0.5\n\nm,t,f1,fr,en:5,0.6\n\n")
    report = import_files([path], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (4, 2, {"empty row": 2})


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("", "a.csv", "a.csv: is empty"),
        (HEADER, "a.csv", "a.csv: holds no rows"),
        (HEADER + "m,t,f1,de\n", "a.csv", "a.csv row 0: has 4 of 6 cells"),
        (HEADER + "m,t,f1,de,en:5,hi:5,0.5\n", "a.csv", "put cells that hold a comma in quotes"),
        (HEADER + 'm,t,f1,de,"en:5,0.5\n', "a.csv", "a.csv: is not a whole table"),
        ("score," + HEADER + "1,m,t,f1,de,en:5,1\n", "a.csv", "the column 'score' stands twice"),
        (HEADER + "m,t,f1,de,en:5,good\n", "a.csv", "a.csv row 0: score 'good' is not a number"),
        ("seed," + HEADER + "1.5,m,t,f1,de,en:5,1\n", "a.csv", "row 0: seed '1.5' is not a whole number"),
        ("recorded_at," + HEADER + "now,m,t,f1,de,en:5,1\n", "a.csv", "'now' is not a date and time"),
        ("higher_is_better," + HEADER + "so,m,t,f1,de,en:5,1\n", "a.csv", "'so' is not true or false"),
        (HEADER.encode() + b"m\xe4\xe5\xe6\xe7,t,f1,de,en:5,1\n", "a.csv", "is not UTF-8 text"),
        (b"\x00\x01\x02" * 99, "a.csv", "is not text"),
        (b"x" * 5_000_000, "a.csv", "has a line of more than 4 MB"),
        (b"\xff\xfe\x00garbage" * 99, "a.bin", "not recognised as any known format"),
        (b"PAR1" + b"\x07" * 99, "a.parquet", "is not whole Parquet"),
        ('{"model": "m"}\n{"model": "m', "a.jsonl", "a.jsonl line 2: is not complete JSON"),
        ("7\n", "a.jsonl", "a.jsonl line 1: is not an object"),
        ('{"a": ' + "[" * 100_000, "a.jsonl", "nested too deeply"),
    ],
)
def test_a_bad_table_is_one_line(write, content, name, reason):
    with pytest.raises((BadFile, BadValue)) as caught:
        read_evidence(write(content, name))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_numbers_may_be_written_with_a_point(write):
    path = write("seed,items," + HEADER + "3.0,200.0,m,t,f1,de,en:5,0.5\n")
    assert read_evidence(path).observations.select("seed", "items").row(0) == (3, 200)


def test_a_long_seed_keeps_every_digit(write):
    path = write("seed," + HEADER + "9007199254740993,m,t,f1,de,en:5,0.5\n")
    assert read_evidence(path).observations["seed"].item() == 9007199254740993


def test_a_nested_column_is_refused_by_name(table):
    with pytest.raises(BadValue, match=r"the column 'train' is Struct.*, not text"):
        read_evidence(table({}).with_columns(train=pl.struct(en=pl.lit(5))))
