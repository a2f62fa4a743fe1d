from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import import_files, read_evidence

NAMES = ("model", "task", "metric", "target", "score")


@pytest.fixture
def rows(tmp_path):
    def rows(data, *names, file="scores.json", **options):
        path = tmp_path / file
        path.write_text(json.dumps(data))
        return read_evidence(path, **options).observations.select(names or NAMES).rows()

    return rows


def test_scores_by_language(rows):
    data = {"German": 50.5, "Swahili": 25, "average": 37.75}
    assert rows(data, model="m", task="t", metric="f1") == [
        ("m", "t", "f1", "deu", 0.505),
        ("m", "t", "f1", "swa", 0.25),
    ]


def test_scores_by_task_language_and_metric_with_errors_and_items(rows):
    data = {"xnli": {"de": {"acc": 0.5, "acc_stderr": 0.01, "n": 100}, "sw": {"acc": 0.25}, "average": 0.4}}
    assert rows(data, *NAMES, "standard_error", "items", model="m") == [
        ("m", "xnli", "acc", "deu", 0.5, 0.01, 100),
        ("m", "xnli", "acc", "swa", 0.25, None, None),
    ]


def test_scores_by_pair_test_set_and_system(rows):
    data = {"en-de": {"newstest2019": {"one": 40.0, "two": 38.0}}, "de-en": {"newstest2019": {"one": 41.0}}}
    assert rows(data, "model", "task", "target", "pair", "score", metric="bleu") == [
        ("one", "newstest2019", "deu", "eng-x", 0.4),
        ("two", "newstest2019", "deu", "eng-x", 0.38),
        ("one", "newstest2019", "deu", "x-eng", 0.41),
    ]


def test_texts_beside_the_scores_say_what_holds_for_all(rows):
    data = {"model": "org/m", "dataset": "xnli", "metric": "accuracy", "num_fewshot": 3, "results": {"de": 0.5}}
    assert rows(data, *NAMES, "shots") == [("org/m", "xnli", "accuracy", "deu", 0.5, 3)]


@pytest.mark.parametrize("inside", [{"accuracy": 0.5}, {"metrics": {"accuracy": 0.5}}])
def test_a_record_of_one_run(rows, inside):
    assert rows({"model": "org/m", "task": "xnli", "language": "de"} | inside) == [
        ("org/m", "xnli", "accuracy", "deu", 0.5)
    ]


def test_languages_in_two_levels_are_training_and_test_unless_scores_are_of_translations(rows):
    data = {"en": {"de": 0.5, "sw": 0.25}}
    told = {"model": "m", "task": "t"}
    assert rows(data, "train", "target", metric="f1", **told) == [("eng", "deu"), ("eng", "swa")]
    assert rows(data, "pair", "target", metric="chrf", **told) == [("eng-x", "deu"), ("eng-x", "swa")]


def test_names_that_may_be_tasks_or_models_are_asked_about_and_an_answer_reads_them(rows):
    data = {"first": {"de": 0.5}, "second": {"de": 0.25}}
    with pytest.raises(BadValue, match="whether 'first', 'second' are tasks or models cannot be told; give model="):
        rows(data, metric="f1")
    assert rows(data, "task", metric="f1", model="m") == [("first",), ("second",)]
    assert rows(data, "model", metric="f1", task="t") == [("first",), ("second",)]


@pytest.mark.parametrize(
    "data",
    [{"hidden_size": 5, "id": 7}, {"is": 1, "hello": 2, "de": 3}, {"name": "x", "labels": {"0": "a"}}, {"no": 1}],
)
def test_configurations_and_vocabularies_are_no_scores(rows, data):
    with pytest.raises(BadFile, match="not recognised"):
        rows(data)


def test_what_is_nested_unevenly_is_refused(rows):
    with pytest.raises(BadFile, match=r"nested unevenly at 'de'"):
        rows({"xnli": {"de": 0.5, "sw": 0.25}, "xcopa": {"de": 0.5, "sw": 0.1}, "de": 0.5}, metric="f1", model="m")


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["xnli", "xcopa", "belebele"]),
        st.dictionaries(
            st.sampled_from(["de", "sw", "yo", "German", "swh_Latn"]),
            st.dictionaries(st.sampled_from(["f1", "acc"]), st.floats(0, 1, allow_subnormal=False), min_size=1),
            min_size=1,
        ),
        min_size=1,
    )
)
def test_every_number_of_nested_scores_comes_out(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("nested") / "scores.json"
    path.write_text(json.dumps(data))
    report = import_files([path], _told(model="m", scale="fraction"), dry_run=True, format="table")
    written = sorted(score for task in data.values() for language in task.values() for score in language.values())
    assert report.files[0].rows == len(written)
    assert set(report.observations["score"]) <= set(written)


def _told(**options):
    from isogloss.evidence.read import read_options

    absent = dict.fromkeys(("task", "model", "metric", "recipe", "mapping", "scale", "languages"))
    return read_options(**(absent | {"duplicates": "last"} | options))
