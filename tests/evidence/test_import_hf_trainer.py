from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue, IsoglossError
from isogloss.evidence import ReadOptions, import_files, read_evidence

TOLD = {"model": "toy", "task": "XNLI", "train": "en:1000"}
PLAIN = {
    "epoch": 3.0, "eval_accuracy": 0.5, "eval_loss": 1.25, "eval_runtime": 9.5, "eval_samples": 2490,
    "eval_samples_per_second": 262.1, "eval_steps_per_second": 3.2, "train_loss": 0.4, "train_runtime": 600.0,
    "train_samples": 1000, "train_samples_per_second": 5.0, "total_flos": 1e15,
}  # fmt: skip
BY_LANGUAGE = {
    f"eval_{code}_{key}": value
    for code, score in (("de", 0.5), ("sw", 0.25))
    for key, value in (("accuracy", score), ("loss", 1.5), ("runtime", 2.0), ("samples", 10))
}


@pytest.fixture
def write(tmp_path):
    def write(data, name="all_results.json"):
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


def test_an_evaluation_is_in_the_language_that_the_user_says(write):
    rows = read_evidence(write(PLAIN), languages={"eval": "deu"}, **TOLD).observations
    assert rows.select("metric", "score", "scale", "higher_is_better").rows() == [
        ("accuracy", 0.5, "fraction", True),
        ("loss", 1.25, "raw", False),
    ]
    row = rows.row(0, named=True)
    expected = {
        "model": "toy", "model_revision": None, "task": "XNLI", "target": "deu", "target_as_reported": "eval",
        "train": "eng:1000", "recipe": "fine-tune", "split": "eval", "items": 2490, "importer": "hf-trainer",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_what_it_cost_is_kept(write):
    row = read_evidence(write(PLAIN), languages={"eval": "deu"}, **TOLD).observations.row(0, named=True)
    assert json.loads(row["details"]) == {
        "train_runtime": 600.0,
        "train_samples": 1000.0,
        "total_flos": 1e15,
        "epoch": 3.0,
    }


def test_names_of_evaluation_sets_are_languages(write):
    rows = read_evidence(write(PLAIN | BY_LANGUAGE), languages={"eval": "eng"}, **TOLD).observations
    accuracy = rows.filter(metric="accuracy").select("target", "score", "items")
    assert accuracy.rows() == [("eng", 0.5, 2490), ("deu", 0.5, 10), ("swa", 0.25, 10)]


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (["dev"], "eval_dev"),
        (["id"], "eval_id"),
        (["id", "ood"], "eval_id, eval_ood"),
        (["de", "hard"], "eval_de, eval_hard"),
        (["xnli_de"], "eval_xnli_de"),
        ([""], "eval"),
    ],
)
def test_a_name_that_may_mean_something_else_is_asked_for(write, names, asked):
    data = {f"eval_{name}_{key}".replace("__", "_"): 1.0 for name in names for key in ("accuracy", "runtime")}
    with pytest.raises(BadValue, match=rf"nothing says the language of \d evaluation sets?: {asked}; give languages="):
        read_evidence(write(data), **TOLD)


def test_indonesian_among_other_languages_is_indonesian(write):
    data = {f"eval_{code}_{key}": 1.0 for code in ("id", "de") for key in ("accuracy", "runtime")}
    assert sorted(read_evidence(write(data), **TOLD).observations["target"]) == ["deu", "ind"]


def test_a_set_of_another_name_is_in_the_language_that_the_user_says(write):
    data = {f"test_hard_{key}": 1.0 for key in ("accuracy", "runtime")}
    for known in ("hard", "test_hard"):
        row = read_evidence(write(data), languages={known: "swa"}, **TOLD).observations.row(0, named=True)
        assert (row["target"], row["split"]) == ("swa", "test")


def test_a_set_in_no_language_can_be_left_out(write):
    options = ReadOptions(values=TOLD, languages={"eval": "none"})
    report = import_files([write(PLAIN | BY_LANGUAGE)], options, dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (6, 4, {"in no language, as given": 2})


@pytest.mark.parametrize("missing", ["model", "task", "train"])
def test_what_the_file_never_says_is_asked_for(write, missing):
    told = {name: value for name, value in TOLD.items() if name != missing}
    with pytest.raises(BadValue, match=f"does not say .*give {missing}="):
        read_evidence(write(PLAIN), languages={"eval": "deu"}, **told)


def test_a_model_used_as_it_is_was_trained_on_nothing(write):
    rows = read_evidence(write(PLAIN), languages={"eval": "deu"}, **TOLD | {"train": ""}, recipe="zero").observations
    assert rows.select("train", "recipe").unique().rows() == [("", "zero")]


STATE = {
    "best_global_step": 20,
    "total_flos": 5e12,
    "log_history": [
        {"epoch": 0.5, "loss": 1.1, "learning_rate": 1e-5, "step": 10},
        {"epoch": 1.0, "step": 20} | BY_LANGUAGE,
        {"epoch": 2.0, "step": 40} | BY_LANGUAGE | {"eval_sw_accuracy": 0.125},
        {"epoch": 2.0, "step": 40, "train_loss": 0.5, "train_runtime": 77.0},
    ],
}


def test_every_step_of_a_training_is_a_revision_of_the_model(write):
    rows = read_evidence(write(STATE, "trainer_state.json"), **TOLD).observations
    swahili = rows.filter(metric="accuracy", target="swa")
    assert swahili.select("model_revision", "score").rows() == [("checkpoint-20", 0.25), ("checkpoint-40", 0.125)]
    best, last = (json.loads(text) for text in swahili["details"])
    assert best == {"train_runtime": 77.0, "total_flos": 5e12, "epoch": 1.0, "best": True}
    assert last == {"train_runtime": 77.0, "total_flos": 5e12, "epoch": 2.0}


def test_every_score_of_a_training_is_accounted_for(write):
    report = import_files([write(STATE, "trainer_state.json")], ReadOptions(values=TOLD), dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (8, 8, {})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "is not an object"),
        ({"accuracy": 0.5}, "holds no evaluation"),
        ({"log_history": 5}, "'log_history' is not a list"),
        ({"log_history": [5]}, "'log_history' is not a list of objects"),
        ({"eval_de_runtime": 1, "eval_de_f1": "good"}, "row 0: f1 good is not a number"),
        ({"eval_de_runtime": 1, "eval_de_f1": 10**400}, "is not a number"),
        ({"eval_de_runtime": 1, "eval_de_f1": 0.5, "total_flos": "x"}, "total_flos x is not a number"),
        ({"log_history": [{"eval_de_runtime": 1, "eval_de_f1": 0.5, "step": -1}]}, "step -1 is not a whole number"),
        ('{"eval_runtime": 1', "is not complete JSON"),
        ('{"eval_runtime":' * 99_999, "nested too deeply"),
    ],
)
def test_a_file_that_no_trainer_wrote_is_one_line(write, data, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(data), format="hf-trainer", **TOLD)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()
