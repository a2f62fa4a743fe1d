from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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
    with pytest.raises(BadFile, match="is there already; name a new folder"):
        export(read_evidence(table({})), "litmus", tmp_path / "out")


def test_names_cannot_lead_out_of_the_folder(tmp_path, table):
    evidence = read_evidence(table({"task": "../../up", "model": "../x"}, {"task": "..-..-up", "model": "..-x"}))
    files = export(evidence, "litmus", tmp_path / "out").files
    assert all(path.resolve().is_relative_to(tmp_path / "out") for path in files)
    assert len(set(files)) == len(files) == 2


def test_an_unknown_format_says_which_there_are(tmp_path, table):
    with pytest.raises(UnknownName, match="did you mean 'parquet'"):
        export(read_evidence(table({})), "parket", tmp_path / "out")


# -- what is exported is read back as the same observations --

WORDS = st.text(st.characters(codec="ascii", categories=("Lu", "Ll")), min_size=1, max_size=6)
LANGUAGES = st.sampled_from(["deu", "swa", "zho_Hant", "no", "nno", "arz", "yue", "srp_Latn", "gsw"])
IDENTITY = ["model", "model_revision", "task", "metric", "target", "pair", "train", "recipe", "shots", "split", "seed"]


def observation(**fixed):
    fields = {
        "model": st.builds("{}/{}".format, WORDS, WORDS),
        "model_revision": st.none() | st.builds("r{}+4bit".format, WORDS),
        "task": WORDS.map(lambda word: f"task {word}"),
        "metric": st.sampled_from(["accuracy", "macro_f1", "mcc", "bleu"]),
        "target": LANGUAGES,
        "train": st.sampled_from(["", "eng", "eng:1000,hin:5"]),
        "recipe": st.none() | st.sampled_from(["in-context+chat", "few-shot", "fine-tune"]),
        "shots": st.none() | st.integers(0, 64),
        "split": st.none() | st.sampled_from(["test", "val", "test[:10]"]),
        "seed": st.none() | st.integers(0, 9),
        "items": st.none() | st.integers(1, 10**6),
        "score": st.floats(0, 1, allow_subnormal=False),
        "standard_error": st.none() | st.floats(0, 0.25, allow_subnormal=False),
        "scale": st.just("fraction"),
    }  # fmt: skip
    return st.fixed_dictionaries(fields | fixed)


def rows_of(evidence: Evidence, *names: str) -> list[tuple[object, ...]]:
    rows = evidence.observations.select(*names, pl.col("score", "standard_error").round(9))
    return sorted(rows.rows(), key=repr)


def round_trip(rows, format, folder, **options):
    evidence = read_evidence(pl.DataFrame(rows, infer_schema_length=None), duplicates="last")
    report = export(evidence, format, folder / "out")
    assert report.written + sum(report.left_out.values()) == len(evidence)
    return evidence, read_evidence(*report.files, **options), report


@settings(max_examples=15, deadline=None)
@given(st.lists(observation(), min_size=1, max_size=6), st.sampled_from(["wer", "comet", "loss", "zeal"]))
def test_every_eval_ever_reads_back_as_the_same_observations(tmp_path_factory, rows, raw):
    unbounded = rows[0] | {"metric": raw, "scale": "raw", "score": 31.5, "higher_is_better": raw == "zeal"}
    pair = rows[0] | {"target": "eng|yor", "task": "translation"}
    before, after, report = round_trip(
        [*({"higher_is_better": None} | row for row in (*rows, pair)), unbounded], "every-eval-ever",
        tmp_path_factory.mktemp("eee"),
    )  # fmt: skip
    assert report.left_out == {}
    names = (*IDENTITY, "items", "higher_is_better", "recorded_at")
    assert rows_of(after, *names) == rows_of(before, *names)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        observation(
            recipe=st.sampled_from(["few-shot", "zero-shot"]), train=st.just(""), shots=st.none(), seed=st.none(),
            split=st.sampled_from(["test", "val"]),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_euroeval_reads_back_as_the_same_observations(tmp_path_factory, rows):
    before, after, report = round_trip(rows, "euroeval", tmp_path_factory.mktemp("euroeval"))
    assert report.left_out == {}
    assert rows_of(after, *IDENTITY) == rows_of(before, *IDENTITY)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        observation(
            metric=st.just("main_score"), train=st.just(""), shots=st.none(), seed=st.none(), recipe=st.none(),
            split=st.sampled_from(["test", "val"]), model_revision=WORDS, standard_error=st.none(),
            task=WORDS.map("Task{}".format),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_mteb_reads_back_as_the_same_observations(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("mteb")
    evidence = read_evidence(pl.DataFrame(rows, infer_schema_length=None), duplicates="last")
    assume(evidence.observations["model_revision"].null_count() == 0)  # MTEB has a word for that
    export(evidence, "mteb", folder / "out")
    assert rows_of(read_evidence(folder / "out"), *IDENTITY) == rows_of(evidence, *IDENTITY)


def test_what_euroeval_cannot_say_is_counted(tmp_path, table):
    usual = {"recipe": "few-shot", "train": "", "split": "test"}
    rows = table(
        usual, usual | {"target": "en|de"}, usual | {"metric": "wer", "score": 31.5}, {"split": "test"},
        usual | {"seed": 1}, usual | {"split": "dev"}, usual | {"model": "a@b"},
    )  # fmt: skip
    report = export(read_evidence(rows), "euroeval", tmp_path / "out")
    assert report.written == 1
    assert report.left_out == {
        "has no scale from 0 to 100": 1,
        "is about a pair of languages": 1,
        "is neither few-shot, zero-shot nor fine-tuned on its language": 1,
        "is of a model or metric whose name EuroEval reads otherwise": 1,
        "is of another split than test and val": 1,
        "says a seed or a number of examples": 1,
    }


def test_records_of_every_eval_ever_follow_its_schema(tmp_path, table):
    (path,) = export(read_evidence(table({"seed": 1})), "every-eval-ever", tmp_path / "out").files
    record = json.loads(path.read_text())
    needed = {"schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "model_info",
              "eval_library", "evaluation_results"}  # fmt: skip
    assert needed <= set(record)
    (result,) = record["evaluation_results"]
    assert {"evaluation_name", "source_data", "metric_config", "score_details"} <= set(result)
    assert all(isinstance(value, str) for value in result["score_details"]["details"].values())
    assert result["score_details"]["details"]["language"] == "deu"
