"""Folders of result files: each file by its own importer, and what is left aside is named."""

from __future__ import annotations

import json
import os

import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import import_files, read_evidence

LIGHTEVAL = {
    "config_general": {"model_name": "org/a"},
    "results": {"belebele_als_Latn_mcf|0": {"acc": 0.5}, "all": {"acc": 0.5}},
}
MTEB = {
    "dataset_revision": "1", "task_name": "Topics", "mteb_version": "2",
    "scores": {"test": [{"main_score": 0.75, "hf_subset": "de", "languages": ["deu-Latn"]}]},
}  # fmt: skip
RECORD = {"model": "org/b", "task": "xnli", "language": "sw", "accuracy": 0.25}


@pytest.fixture
def folder(tmp_path):
    def write(files):
        for name, content in files.items():
            path = tmp_path / "runs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path / "runs"

    return write


def test_each_file_is_read_by_its_own_importer_and_the_others_are_named(folder):
    path = folder({
        "lighteval/results_1.json": LIGHTEVAL, "b/run.json": RECORD, "table.csv": "Language,A\nGerman,81.5\nHindi,70\n",
        "config.json": {"hidden_size": 5}, "notes.txt": "nothing", "empty.json": "",
    })  # fmt: skip
    report = import_files([path], dry_run=True)
    rows = report.observations.select("model", "target", "score", "importer").rows()
    assert rows == [
        ("A", "deu", 0.815, "table"), ("A", "hin", 0.7, "table"), ("org/a", "als", 0.5, "lighteval"),
        ("org/b", "swa", 0.25, "table"),
    ]  # fmt: skip
    (file,) = report.files
    assert "files read by format: lighteval (1), table (2)" in file.notes
    assert "left aside: config.json, empty.json, notes.txt" in file.notes
    assert file.rows == file.kept + sum(file.dropped.values()) == 5


def test_rows_name_their_own_file(folder):
    path = folder({f"{language}.json": RECORD | {"language": language} for language in ("de", "sw", "yo")})
    rows = read_evidence(path).observations.select("target", "origin", "origin_row").rows()
    assert rows == [
        (name, str(path / f"{code}.json"), 0) for code, name in [("de", "deu"), ("sw", "swa"), ("yo", "yor")]
    ]


def test_what_nothing_names_is_called_after_each_file(folder):
    evidence = read_evidence(folder({"first.json": {"de": 0.5}, "second.json": {"de": 0.25}}), metric="f1", task="t")
    assert evidence.observations.select("model", "score").rows() == [("first", 0.5), ("second", 0.25)]
    assert any(note.startswith("assumed model: after the names of the files") for note in evidence.notes)


def test_a_folder_of_one_tool_within_is_read_as_a_whole(folder):
    meta = {"name": "org/e", "revision": "r", "n_parameters": 7, "languages": ["deu-Latn"]}
    path = folder({
        "mteb/org__e/r/Topics.json": MTEB, "mteb/org__e/r/model_meta.json": meta, "run.json": RECORD,
    })  # fmt: skip
    evidence = read_evidence(path)
    assert set(evidence.observations.select("model", "importer").rows()) == {("org/e", "mteb"), ("org/b", "table")}
    assert evidence.models.select("model", "parameters").rows() == [("org/e", 7)]


def test_items_stay_with_their_scores(folder, tmp_path):
    log = {
        "version": 2, "status": "success",
        "eval": {"task": "mgsm", "task_args": {"language": "sw"}, "model": "org/a", "dataset": {"name": "mgsm"}},
        "results": {"scores": [{"name": "match", "metrics": {"accuracy": {"value": 1.0}}}]},
        "samples": [{"id": 1, "scores": {"match": {"value": "C"}}}],
    }  # fmt: skip
    path = folder({"a.json": LIGHTEVAL, "b.json": log})
    report = import_files([path], into=tmp_path / "store")
    from isogloss.evidence import Store, observation_keys

    keys = observation_keys(report.observations.filter(report.observations["importer"] == "inspect-ai"))
    assert Store(tmp_path / "store").read_items()["observation"].to_list() == keys.to_list()


def test_a_known_file_that_cannot_be_read_is_an_error_that_names_it(folder):
    path = folder({"good.json": RECORD, "bad.json": LIGHTEVAL | {"results": {"toy_de|0": {"acc": 0.5}}}})
    with pytest.raises(BadValue, match=r"bad\.json: nothing says the language of 1 task: toy_de"):
        read_evidence(path)


def test_scales_of_all_files_are_settled_together(folder):
    path = folder({"a.json": RECORD | {"accuracy": 81.5}, "b.json": RECORD | {"language": "de", "accuracy": 0.9}})
    with pytest.raises(BadValue, match=r"percentages mixed with fractions .*81\.5 here, 0\.9 in .*b\.json row 0"):
        read_evidence(path)
    assert read_evidence(path, scale="percent").observations["score"].to_list() == pytest.approx([0.815, 0.009])


def test_links_in_a_circle_pipes_and_devices_end_in_a_line(folder, tmp_path):
    path = folder({"a.json": RECORD})
    (path / "again").symlink_to(path)
    (path / "null").symlink_to("/dev/zero")
    os.mkfifo(path / "pipe")
    assert len(read_evidence(path)) == 1


def test_a_folder_without_scores_is_refused(folder):
    path = folder({"config.json": {"hidden_size": 5}})
    with pytest.raises(BadFile, match="is a folder of no known format; give the files in it"):
        import_files([path], dry_run=True)


def test_a_table_without_scores_of_languages_is_left_aside_with_the_reason(folder):
    evidence = read_evidence(folder({"a.json": RECORD, "speed.csv": "machine,seconds\nx,1.5\ny,2.5\n"}))
    assert len(evidence) == 1
    assert any(note.startswith("left aside: speed.csv (") for note in evidence.notes)


def test_what_is_said_of_all_files_does_not_make_a_table_without_scores_an_error(folder):
    path = folder({"a.json": [{"epochs": 3}], "b.json": [{"language": "de", "accuracy": 0.5}]})
    evidence = read_evidence(path, task="t", model="m")
    assert evidence.targets == ["deu"]
    assert any(
        note.startswith("left aside: a.json (no column and no header names languages") for note in evidence.notes
    )
