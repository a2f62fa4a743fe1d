from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue, IsoglossError
from isogloss.evidence import ReadOptions, Store, import_files, read_evidence


@pytest.fixture
def summary(fixtures):
    return fixtures / "summary_20260801_123000.csv"


@pytest.fixture
def write(tmp_path):
    def write(data, model="toy-7b", dataset="mgsm_sw"):
        path = tmp_path / "results" / model / f"{dataset}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


def test_each_score_of_a_summary_is_an_observation_in_hundredths(summary):
    rows = read_evidence(summary).observations
    assert rows.select("model", "task", "metric", "target", "pair", "score").rows() == [
        ("toy-7b", "flores_100", "bleu", "deu", "eng-x", 0.125),
        ("toy-70b", "flores_100", "bleu", "deu", "eng-x", 0.3025),
        ("toy-7b", "flores_100", "bleu", "deu", "x-eng", 0.15),
        ("toy-70b", "flores_100", "bleu", "deu", "x-eng", 0.3375),
        ("toy-7b", "mgsm", "accuracy", "swa", None, 0.004),
        ("toy-70b", "mgsm", "accuracy", "swa", None, 0.612),
        ("toy-70b", "mgsm", "accuracy", "deu", None, 0.708),
        ("toy-7b", "humanevalxl-python", "pass@1", "deu", None, 0.225),
        ("toy-70b", "humanevalxl-python", "pass@1", "deu", None, 0.45),
    ]
    assert json.loads(rows["details"][0]) == {"dataset": "flores_100_eng-deu", "prompt": "1a2b3c", "mode": "gen"}


def test_groups_and_data_sets_that_were_not_run_are_dropped(summary):
    report = import_files([summary], dry_run=True).files[0]
    assert (report.rows, report.kept) == (14, 9)
    assert report.dropped == {"a group, which repeats its data sets": 2, "no score": 3}


@pytest.mark.parametrize(
    ("dataset", "task", "target", "pair"),
    [
        ("flores-Chinese", "flores", "zho", "eng-x"),
        ("flores_100_zho_simpl-eng", "flores_100", "zho_Hans", "x-eng"),
        ("openai_mmmlu_AR-XY", "openai_mmmlu", "ara", None),
        ("tydiqa-goldp_swahili", "tydiqa-goldp", "swa", None),
        ("xnli-de", "xnli", "deu", None),
        ("ceval-law", "ceval-law", "zho", None),
        ("hellaswag", "hellaswag", "eng", None),
    ],
)
def test_names_of_data_sets_say_task_and_language(write, dataset, task, target, pair):
    row = read_evidence(write({"accuracy": 50.0}, dataset=dataset)).observations.row(0, named=True)
    expected = "zho" if target == "zho_Hans" else target
    assert (row["task"], row["target"], row["pair"]) == (task, expected, pair)


def test_a_result_file_names_its_model_by_its_folder_and_keeps_its_items(write, tmp_path):
    entries = {"type": "GEN", "0": {"pred": "5", "correct": True}, "1": {"pred": ["7"], "is_correct": False}}
    path = write({"accuracy": 50.0, "edit_distance": 3.0, "type": "x", "details": entries})
    report = import_files([path], into=tmp_path / "store")
    assert report.observations.select("model", "metric", "score", "scale", "items").rows() == [
        ("toy-7b", "accuracy", 0.5, "percent", 2),
        ("toy-7b", "edit_distance", 3.0, "raw", 2),
    ]
    assert Store(tmp_path / "store").read_items().select("item", "score", "prediction").rows() == [
        ("0", 1.0, "5"),
        ("1", 0.0, None),
    ]


def test_details_may_be_a_list(write):
    report = import_files([write({"score": 100.0, "details": [{"correct": True}, 5]})], dry_run=True)
    assert report.files[0].items == 1


def test_what_is_no_number_is_dropped(write):
    report = import_files([write({"accuracy": 50.0, "note": "fine", "list": [1]})], dry_run=True).files[0]
    assert (report.kept, report.dropped) == (1, {"not a number": 2})


def test_a_run_that_failed_has_no_scores(write):
    good, bad = write({"accuracy": 50.0}), write({"error": "length differs"}, dataset="mgsm_de")
    assert import_files([good, bad], dry_run=True).files[1].dropped == {"an error instead of scores": 1}


def test_a_language_that_nothing_says_is_asked_for(write):
    path = write({"accuracy": 50.0}, dataset="mine")
    with pytest.raises(BadValue, match="nothing says the language of 1 task: mine"):
        read_evidence(path)
    assert read_evidence(path, languages={"mine": "deu"}).observations["target"].item() == "deu"
    report = import_files([path], ReadOptions(languages={"mine": "none"}), dry_run=True).files[0]
    assert report.dropped == {"in no language, as given": 1}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("12.50", "good", "row 0: bleu good is not a number"),
        ("12.50", "inf", "row 0: score inf is not a finite number"),
        ("12.50", "1250", "row 0: bleu 1250 lies outside 0 to 100"),
        ("dataset,version", "version,dataset", "is not headed"),
        ("eng-deu", "eng-xxy", "unknown language 'xxy'"),
        (",30.25", "", "row 0: has 5 of 6 cells"),
    ],
)
def test_a_summary_that_opencompass_cannot_have_written_is_one_line(summary, tmp_path, old, new, reason):
    path = tmp_path / "summary.csv"
    path.write_text(summary.read_text().replace(old, new))
    with pytest.raises(IsoglossError) as caught:
        read_evidence(path, format="opencompass")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_summary_without_models_is_one_line(tmp_path):
    path = tmp_path / "summary.csv"
    path.write_text("dataset,version,metric,mode\nmgsm_sw,4d5e6f,accuracy,gen\n")
    with pytest.raises(IsoglossError, match="is not headed dataset,version,metric,mode,<models>"):
        read_evidence(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "is not an object"),
        ({"accuracy": True}, "row 0: accuracy True is not a number"),
        ({"accuracy": 10**400}, "row 0: accuracy"),
        ({"accuracy": 101}, "row 0: accuracy 101 lies outside 0 to 100"),
        ({"error": 5}, "'error' is not text"),
        ('{"accuracy": ', "is not complete JSON"),
        ('{"a":' * 99_999, "nested too deeply"),
    ],
)
def test_a_result_that_opencompass_cannot_have_written_is_one_line(write, data, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(data), format="opencompass")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()
