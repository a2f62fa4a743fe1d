from __future__ import annotations

import json

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import Evidence, read_evidence
from isogloss.evidence.exporters import export

SAME = ["model", "model_revision", "task", "metric", "target", "pair", "train", "split", "seed"]


def scores(evidence: Evidence) -> list[tuple[object, ...]]:
    return sorted(evidence.observations.select(*SAME, pl.col("score").round(9)).rows(), key=str)


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_table_says_all_there_is(tmp_path, table, format):
    evidence = read_evidence(table({"seed": 1}, {"target": "en|fr", "score": 50.0}), scale="percent")
    report = export(evidence, format, tmp_path / f"out.{format}")
    assert (report.written, report.left_out) == (2, {})
    assert scores(read_evidence(tmp_path / f"out.{format}")) == scores(evidence)


def test_litmus_files_read_back(tmp_path, fixtures):
    evidence = read_evidence(fixtures / "UDPOS_XLMR.json")
    report = export(evidence, "litmus", tmp_path / "out")
    assert [path.name for path in report.files] == ["UDPOS_xlm-roberta-large.json"]
    back = read_evidence(report.files[0], task="UDPOS", model="xlm-roberta-large", metric="f1")
    assert scores(back) == scores(evidence)


def test_each_setting_is_a_litmus_file_named_for_what_tells_it_apart(tmp_path, table):
    evidence = read_evidence(table({}, {"metric": "f1"}, {"metric": "f1", "task": "a/b"}))
    names = [path.name for path in export(evidence, "litmus", tmp_path / "out").files]
    assert names == ["topics_toy_accuracy.json", "topics_toy_f1.json", "a-b_toy_f1.json"]


def test_what_litmus_cannot_say_is_counted(tmp_path, table):
    rows = table({}, {"train": "en"}, {"train": "en:5,hi,sw:7"}, {"target": "en|de"}, {"train": "en:5,sw+translated:7"})
    report = export(read_evidence(rows), "litmus", tmp_path / "out")
    assert report.written == 1
    assert report.left_out == {
        "is about a pair of languages": 1,
        "says no size of a training language": 2,
        "tells kinds of training examples apart": 1,
    }


@pytest.fixture
def embeddings(table):
    usual = {"model": "me/toy", "metric": "main_score", "train": "", "split": "test"}
    rows = table(
        usual | {"model_revision": "r1"},
        usual | {"model_revision": "r1", "split": "dev", "target": "zh-TW"},
        usual | {"target": "en|de", "task": "Bitext"},
    )
    models = pl.DataFrame({"model": ["me/toy"], "model_revision": ["r1"], "parameters": [5], "languages": [["deu"]]})
    return Evidence(read_evidence(rows).observations, models)


def test_an_mteb_folder_reads_back_with_its_models(tmp_path, embeddings):
    report = export(embeddings, "mteb", tmp_path / "out")
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in report.files) == [
        "me__toy/no_revision_available/Bitext.json", "me__toy/r1/model_meta.json", "me__toy/r1/topics.json"
    ]  # fmt: skip
    back = read_evidence(tmp_path / "out")
    revised = embeddings.observations.with_columns(pl.col("model_revision").fill_null("no_revision_available"))
    assert scores(back) == scores(Evidence(revised))
    assert back.models.select("parameters", "languages").rows() == [(5, ["deu"])]


def test_mteb_subsets_and_languages_are_written_as_mteb_does(tmp_path, embeddings):
    export(embeddings, "mteb", tmp_path / "out")
    content = json.loads((tmp_path / "out/me__toy/r1/topics.json").read_text())
    assert content["scores"]["dev"] == [{"main_score": 0.5, "hf_subset": "zho_Hant", "languages": ["zho-Hant"]}]


def test_another_metric_is_the_main_score_if_it_is_the_only_one(tmp_path, table):
    evidence = read_evidence(table({"train": "", "model": "me/toy"}))
    export(evidence, "mteb", tmp_path / "out")
    content = json.loads((tmp_path / "out/me__toy/no_revision_available/topics.json").read_text())
    assert content["scores"]["test"][0]["main_score"] == content["scores"]["test"][0]["accuracy"] == 0.5


def test_what_mteb_cannot_say_is_counted(tmp_path, table):
    rows = table({"train": "", "task": "one"}, {}, {"train": "", "seed": 3}, {"train": "", "metric": "f1"})
    report = export(read_evidence(rows), "mteb", tmp_path / "out")
    assert report.written == 1
    assert report.left_out == {
        "is one of several metrics, none of them main_score": 1,
        "says a seed, a recipe or examples in the prompt": 1,
        "was adapted on languages": 1,
    }


def test_nothing_that_a_format_can_say_is_an_error(tmp_path, table):
    with pytest.raises(BadValue, match="nothing that mteb can say: was adapted on languages; export as csv or parquet"):
        export(read_evidence(table({})), "mteb", tmp_path / "out")


def test_what_is_there_already_is_not_overwritten(tmp_path, table):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.json").write_text("{}")
    with pytest.raises(BadFile, match="is there already; name a new folder with out="):
        export(read_evidence(table({})), "litmus", tmp_path / "out")


def test_names_cannot_lead_out_of_the_folder(tmp_path, table):
    evidence = read_evidence(table({"task": "../../up", "model": "../x"}, {"task": "..-..-up", "model": "..-x"}))
    files = export(evidence, "litmus", tmp_path / "out").files
    assert all(path.resolve().is_relative_to(tmp_path / "out") for path in files)
    assert len(set(files)) == len(files) == 2


def test_an_unknown_format_says_which_there_are(tmp_path, table):
    with pytest.raises(UnknownName, match="did you mean 'parquet'"):
        export(read_evidence(table({})), "parket", tmp_path / "out")
