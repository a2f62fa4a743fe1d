from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue
from isogloss.evidence import import_files, read_evidence

METRIC = {"metric_name": "accuracy", "lower_is_better": False, "score_type": "continuous", "min_score": 0.0}


def entry(name: str, score: float = 0.5, *, highest: object = 1.0, **more: object) -> dict[str, object]:
    return {
        "evaluation_name": name,
        "source_data": {"dataset_name": "belebele", "source_type": "hf_dataset", "hf_split": "test"},
        "metric_config": METRIC | {"max_score": highest},
        "score_details": {"score": score},
    } | more


def record(*entries: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "belebele/org_toy/1700000000",
        "retrieved_timestamp": "1700000000",
        "source_metadata": {
            "source_name": "a board",
            "source_type": "documentation",
            "source_organization_name": "org",
            "evaluator_relationship": "third_party",
        },
        "model_info": {"name": "toy", "id": "org/toy", "additional_details": {"deployment_type": "unknown"}},
        "eval_library": {"name": "lighteval", "version": "1.0"},
        "evaluation_results": list(entries),
    } | more


@pytest.fixture
def write(tmp_path):
    def write(*records, name="run.json"):
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(one) for one in records))
        return path

    return write


def columns(path, *names, **options):
    return read_evidence(path, **options).observations.select(names).rows()


def test_languages_are_those_of_details_else_of_names(write):
    said = {"score": 0.25, "details": {"language": "swh_Latn"}}
    rows = columns(
        write(record(entry("belebele_als_Latn"), entry("Reading", score_details=said), entry("Yoruba", 0.75))),
        "task", "target", "metric", "score", "split",
    )  # fmt: skip
    assert rows == [
        ("belebele", "als", "accuracy", 0.5, "test"),
        ("Reading", "swh", "accuracy", 0.25, "test"),
        ("belebele", "yor", "accuracy", 0.75, "test"),
    ]


def test_scores_are_written_as_unit_and_bounds_say(write):
    wer = entry("German", 31.5, metric_config={"metric_name": "wer", "lower_is_better": False, "max_score": "Infinity"})
    rows = columns(write(record(entry("Yoruba", 50.0, highest=100.0), wer)), "score", "scale", "higher_is_better")
    assert rows == [(0.5, "percent", True), (31.5, "raw", False)]


@pytest.mark.parametrize(
    ("uncertainty", "error"),
    [
        ({"standard_error": {"value": 0.02}, "num_samples": 100}, 0.02),
        ({"confidence_interval": {"lower": 0.402, "upper": 0.598, "confidence_level": 0.95}}, 0.05),
        ({"standard_deviation": 0.5, "num_samples": 100}, 0.05),
    ],
)
def test_errors_are_standard_errors(write, uncertainty, error):
    path = write(record(entry("German", score_details={"score": 0.5, "uncertainty": uncertainty})))
    assert columns(path, "standard_error")[0][0] == pytest.approx(error, rel=1e-3)


def test_what_tells_runs_apart_is_kept(write):
    arguments = {
        "generation_args": {"reasoning": True},
        "additional_details": {"num_fewshot": "5", "chat_template": "true"},
    }
    model = {
        "id": "org/toy",
        "additional_details": {"revision": "abc", "model_args": "pretrained=org/toy,load_in_4bit=True"},
    }
    path = write(record(entry("German", generation_config=arguments), model_info=model))
    assert columns(path, "model", "model_revision", "recipe", "shots") == [
        ("org/toy", "abc+4bit", "in-context+chat+reasoning", 5)
    ]


def test_summaries_several_languages_and_missing_scores_are_dropped_with_a_reason(write):
    many = {"score": 0.5, "details": {"languages": '["de", "fr"]'}}
    path = write(record(entry("German"), entry("Average"), entry("x", score_details=many), entry("Hausa", -1.0)))
    report = import_files([path], dry_run=True).files[0]
    assert (report.kept, report.dropped) == (
        1, {"a summary of several languages": 1, "about 2 languages together": 1, "no score": 1},
    )  # fmt: skip


def test_an_evaluation_that_names_no_language_is_asked_about_and_an_answer_reads_it(write):
    path = write(record(entry("Culturally Sensitive", source_data={"dataset_name": "mmlu-lite"})))
    with pytest.raises(BadValue, match="nothing says the language of 1 task: Culturally Sensitive; give languages="):
        read_evidence(path)
    assert columns(path, "target", languages={"Culturally Sensitive": "deu"}) == [("deu",)]


def test_records_of_lm_eval_meet_those_that_lm_eval_wrote(write):
    metric = METRIC | {"metric_name": "exact_match", "max_score": 1.0}
    one = entry("mgsm_direct_sw/flexible-extract", metric_config=metric)
    path = write(record(one, eval_library={"name": "lm_eval", "version": "0.4.11"}))
    assert columns(path, "task", "metric", "target") == [("mgsm_direct", "exact_match,flexible-extract", "swa")]


def test_lines_of_euroeval_are_read_as_it_means_them(write):
    interval = {"lower": 58.04, "upper": 61.96, "confidence_level": 0.95, "method": "bootstrap"}
    one = {
        "evaluation_name": "test_mcc",
        "source_data": {"dataset_name": "angry-tweets", "source_type": "hf_dataset"},
        "metric_config": {"lower_is_better": False, "score_type": "continuous", "min_score": -100, "max_score": 100},
        "score_details": {"score": 60.0, "uncertainty": {"confidence_interval": interval, "num_samples": 10}},
    }
    library = {"name": "euroeval", "version": "18.3.0", "additional_details": {
        "languages": '["da"]', "task": "sentiment-classification", "few_shot": "true", "validation_split": "false",
    }}  # fmt: skip
    model = {"id": "org/toy@abc#thinking", "additional_details": {"generative": "true", "num_model_parameters": "2000"}}
    old = record(one, schema_version="0.2.1", eval_library=library, model_info=model)
    path = write(old, old | {"model_info": {"id": "other", "additional_details": {}}}, name="euroeval.jsonl")
    evidence = read_evidence(path)
    names = ("model", "model_revision", "task", "metric", "target", "score", "items", "recipe", "split")
    assert evidence.observations.select(names).rows() == [
        ("org/toy", "abc+thinking", "angry-tweets", "mcc", "dan", 0.6, None, "few-shot", "test"),
        ("other", None, "angry-tweets", "mcc", "dan", 0.6, None, "few-shot", "test"),
    ]
    assert evidence.observations["standard_error"][0] == pytest.approx(0.01, rel=1e-4)
    assert evidence.models.select("model", "parameters").rows() == [("org/toy", 2000)]


def item(number: int, language: str | None, score: float) -> dict[str, object]:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "belebele/org_toy/1700000000",
        "model_id": "org/toy",
        "evaluation_name": "belebele",
        "sample_id": f"{language}-{number}",
        "interaction_type": "single_turn",
        "input": {"raw": "?", "reference": ["x"]},
        "output": {"raw": ["x"]},
        "answer_attribution": [],
        "evaluation": {"score": score, "is_correct": score == 1.0},
        "metadata": {"language": language} if language else None,
    }


def test_items_say_the_language_of_a_record_that_does_not(write):
    lines = [item(1, "de", 1.0), item(2, "de", 0.0), item(1, "sw", 1.0)]
    write(*lines, name="run_samples.jsonl")
    path = write(
        record(
            entry("belebele"), detailed_evaluation_results={"format": "jsonl", "file_path": "data/x/run_samples.jsonl"}
        )
    )
    report = import_files([path], dry_run=True)
    assert report.observations.select("target", "score", "items").rows() == [("deu", 0.5, 2), ("swa", 1.0, 1)]
    assert report.files[0].items == 3


def test_items_alone_are_scored_by_evaluation_and_language(write):
    path = write(item(1, "de", 1.0), item(2, "de", 0.0), item(1, "sw", 1.0), name="alone.jsonl")
    rows = columns(path, "model", "task", "metric", "target", "score", "items")
    assert rows == [
        ("org/toy", "belebele", "accuracy", "deu", 0.5, 2), ("org/toy", "belebele", "accuracy", "swa", 1.0, 1),
    ]  # fmt: skip


def test_a_path_to_items_outside_the_folder_is_not_followed(write, tmp_path):
    (tmp_path / "secret.jsonl").write_text(json.dumps(item(1, "de", 1.0)))
    folder = tmp_path / "inner"
    folder.mkdir()
    path = folder / "run.json"
    reference = {"format": "jsonl", "file_path": "../secret.jsonl"}
    path.write_text(json.dumps(record(entry("German"), detailed_evaluation_results=reference)))
    assert import_files([path], dry_run=True).files[0].items == 0
