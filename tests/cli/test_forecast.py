from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from isogloss.forecasting import FORECAST, Mean, forecasters

COLUMNS = list(dict.fromkeys(("language", "mean", "lower", "upper", "trust", "flags", *FORECAST.names())))
TWELVE = "deu fra spa ita nld pol rus hin tur fin hun ell".split()
QUESTION = ("--task", "topics", "--model", "toy", "--train", "en:100", "--targets", "yor, de,wo")
MEASURED = [0.5 + 0.02 * place for place in range(12)]


@pytest.fixture
def scores(tmp_path) -> Path:
    """A file of twelve scores under one mix."""
    return write_scores(tmp_path / "scores.csv", "topics", "toy", "accuracy")


@pytest.fixture
def litmus(tmp_path) -> Path:
    """LITMUS questions about what `litmus_scores` measured."""
    path = tmp_path / "UDPOS_XLMR_surprise_langs_same_configs.json"
    asked = [
        {"train_config": {"en": 100, "fr": 0}, "eval_results": {"yo": "x", "de": "x", "ja": 0.25}},
        {"train_config": {"en": 100, "fr": 50}, "eval_results": {"de": "x"}, "seed": 7},
    ]
    path.write_text(json.dumps(asked))
    return path


@pytest.fixture
def litmus_scores(tmp_path) -> Path:
    path = tmp_path / "UDPOS_XLMR.json"
    measured = dict(zip(TWELVE, MEASURED, strict=True))
    path.write_text(json.dumps([{"train_config": {"en": 100}, "eval_results": measured}]))
    return path


def write_scores(path: Path, task: str, model: str, metric: str) -> Path:
    rows = [(model, task, metric, target, "eng:100", score) for target, score in zip(TWELVE, MEASURED, strict=True)]
    names = ["model", "task", "metric", "target", "train", "score"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(path)
    return path


def test_a_question_is_answered_with_a_line_per_language(run, scores):
    code, out, err = run("forecast", "--evidence", scores, *QUESTION)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    start = lines.index("toy, topics: 90 % intervals")
    assert lines[start + 1].split() == ["language", "forecast", "from", "to", "trust"]
    assert [line.split()[0] for line in lines[start + 2 :] if line[:1].strip()] == ["Yoruba", "German", "Wolof"]
    assert "measured" in out


def test_the_table_fits_eighty_columns(run, scores):
    assert max(map(len, run("forecast", "--evidence", scores, *QUESTION)[1].splitlines())) <= 80


def test_the_level_is_not_rounded(run, scores):
    assert "87.5 % intervals" in run("forecast", "--evidence", scores, *QUESTION, "--level", "0.875")[1]


def test_json_holds_every_column(run, scores):
    code, out, _ = run("forecast", "--evidence", scores, *QUESTION, "--json")
    answers = json.loads(out)["tables"]["forecasts"]
    assert code == 0
    assert [list(answer) for answer in answers] == [COLUMNS] * 3
    assert [(one["query_row"], one["target"], one["target_as_reported"]) for one in answers] == [
        (0, "yor", "yor"),
        (1, "deu", "de"),
        (2, "wol", "wo"),
    ]
    assert answers[1]["mean"] == 0.5
    assert {(one["task"], one["model"], one["train"], one["level"]) for one in answers} == {
        ("topics", "toy", "eng:100", 0.9)
    }


def test_json_stays_valid_where_an_interval_has_no_end(run, tmp_path):
    scores = write_scores(tmp_path / "scores.csv", "topics", "toy", "perplexity")
    out = run("forecast", "--evidence", scores, *QUESTION, "--level", "0.99", "--forecaster", "nearest", "--json")[1]
    answers = json.loads(out)["tables"]["forecasts"]
    assert [(one["lower"], one["upper"]) for one in answers] == [(None, None)] * 3


def test_several_files_of_evidence_are_one_in_any_order(run, scores, tmp_path):
    other = write_scores(tmp_path / "other.csv", "entities", "toy", "f1")
    first, second = (
        json.loads(run("forecast", *files, *QUESTION, "--json")[1])["tables"]["forecasts"]
        for files in ((scores, "-e", other), (other, "-e", scores))
    )
    assert [one["mean"] for one in first] == pytest.approx([one["mean"] for one in second])


@pytest.mark.parametrize("forecaster", ["mean", "nearest", "additive", "default"])
def test_a_forecaster_is_chosen_by_name(run, scores, forecaster):
    out = run("forecast", "-e", scores, *QUESTION, "--forecaster", forecaster, "--json")[1]
    answers = json.loads(out)["tables"]["forecasts"]
    measured = [one for one in answers if "measured" in one["flags"]]
    assert [(one["lower"], one["upper"]) for one in measured] == [(None, None)]  # no file says how sure it is
    assert all(0 <= one["lower"] <= one["mean"] <= one["upper"] <= 1 for one in answers if one not in measured)
    if forecaster == "mean":
        assert answers[0]["mean"] == pytest.approx(sum(MEASURED) / 12)


def test_a_registered_forecaster_is_chosen_by_name(run, scores, request):
    request.addfinalizer(lambda: forecasters.unregister("mine"))

    @forecasters.register("mine")
    class Mine(Mean):
        """The mean of what was measured, under another name."""

    mine, mean = (run("forecast", "-e", scores, *QUESTION, "--forecaster", name, "--json") for name in ("mine", "mean"))
    assert mine == mean
    assert mine[0] == 0


def test_metric_and_recipe_choose_a_setting(run, tmp_path, scores):
    other = write_scores(tmp_path / "other.csv", "topics", "toy", "f1")
    both = ("-e", scores, "-e", other, *QUESTION)
    code, _, err = run("forecast", *both)
    assert code == 2
    assert err == ("error: --evidence: several are possible: 2 metrics (accuracy, f1); say which: --metric accuracy\n")
    assert run("forecast", *both, "--metric", "f1")[0] == 0


def test_a_filled_litmus_file_has_the_same_structure_with_every_cross_replaced(run, litmus, litmus_scores, tmp_path):
    code, _, err = run("forecast", "-e", litmus_scores, "--queries", litmus, "--filled", tmp_path / "filled.json")
    assert (code, err) == (0, "")
    asked, filled = json.loads(litmus.read_text()), json.loads((tmp_path / "filled.json").read_text())
    for before, after in zip(asked, filled, strict=True):
        assert list(after) == list(before)
        assert after["train_config"] == before["train_config"]
        assert list(after["eval_results"]) == list(before["eval_results"])
        assert all(0 <= score <= 1 for score in after["eval_results"].values())
    assert filled[0]["eval_results"]["de"] == 0.5
    assert filled[0]["eval_results"]["ja"] == 0.25
    assert filled[1]["seed"] == 7


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_tidy_table_has_exactly_the_columns_of_a_forecast(run, litmus, litmus_scores, tmp_path, ending):
    out = tmp_path / f"filled.{ending}"
    assert run("forecast", "-e", litmus_scores, "--queries", litmus, "--out", out)[0] == 0
    found = pl.read_parquet(out) if ending == "parquet" else pl.read_csv(out)
    assert found.columns == COLUMNS
    assert found.select("query_row", "target_as_reported", "train").rows() == [
        (0, "yo", "eng:100"),
        (0, "de", "eng:100"),
        (1, "de", "eng:100,fra:50"),
    ]


def test_out_and_json_give_both(run, scores, tmp_path):
    _, out, _ = run("forecast", "-e", scores, *QUESTION, "--out", tmp_path / "out.csv", "--json")
    assert len(json.loads(out)["tables"]["forecasts"]) == pl.read_csv(tmp_path / "out.csv").height == 3


def test_a_table_of_questions_is_answered_in_its_order(run, scores, tmp_path):
    path = tmp_path / "questions.tsv"
    path.write_text("target\ttrain\nwol\ten:100\nfra\ten:100\nwol\t\n")
    out = run("forecast", "-e", scores, "--queries", path, "--task", "topics", "--model", "toy", "--json")[1]
    answers = json.loads(out)["tables"]["forecasts"]
    assert [(one["query_row"], one["target"], one["train"]) for one in answers] == [
        (0, "wol", "eng:100"),
        (1, "fra", "eng:100"),
        (2, "wol", ""),
    ]
    assert "mix_unmeasured" in answers[2]["flags"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "--targets: no language to forecast; name languages or groups: --targets Yoruba,Wolof"),
        ((*QUESTION[:-2], "--targets", " , "), "--targets: no language to forecast"),
        ((*QUESTION, "--targets", "yorubba"), "--targets: unknown language 'yorubba'; did you mean 'yor' (Yoruba)"),
        ((*QUESTION, "--train", "eng:-1"), "--train: size -1 of 'eng' is negative"),
        ((*QUESTION, "--task", "topisc"), "unknown task 'topisc'; did you mean 'topics'?"),
        ((*QUESTION, "--model", "toi"), "unknown model 'toi'; did you mean 'toy'?"),
        ((*QUESTION, "--recipe", "lora"), "unknown recipe 'lora'"),
        ((*QUESTION, "--level", "nan"), "error: level must be a number above 0 and below 1, not nan"),
        ((*QUESTION, "--forecaster", "defualt"), "unknown forecaster 'defualt'; did you mean 'default'?"),
        ((*QUESTION, "--filled", "FOLDER/out.json"), "out.json: a .json answer fills the LITMUS file that asked, and"),
        (("--queries", "FOLDER/absent.csv"), "absent.csv: no such file"),
        (
            ("--queries", "FOLDER/scores.csv", *QUESTION),
            "--queries: a file of queries has its own targets and training mixes",
        ),
        (("--queries", "FOLDER/scores.csv", "--filled", "FOLDER/out.json"), "out.json: a .json answer fills a LITMUS"),
        (("--queries", "FOLDER/columns.csv"), "columns.csv: lacks the column"),
        (("--queries", "FOLDER/empty.csv"), "empty.csv: "),
        (("--queries", "FOLDER/header.csv"), "header.csv: "),
        (("--queries", "FOLDER/broken.json"), "broken.json: "),
        (("--evidence", "FOLDER/absent", *QUESTION), "absent: no such file"),
        (("--evidence", "FOLDER/header.csv", *QUESTION), "header.csv: "),
    ],
)
def test_bad_input_ends_with_2_and_one_line_and_writes_nothing(run, scores, tmp_path, arguments, complaint):
    (tmp_path / "columns.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("model,task,target,train,score\n")
    (tmp_path / "broken.json").write_text('[{"train_config": {"en": 1}, "eval_res')
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = run(
        "forecast", "--evidence", scores, *(str(one).replace("FOLDER", str(tmp_path)) for one in arguments)
    )
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert complaint in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_no_evidence_option_is_a_usage_error(run):
    code, _, err = run("forecast", *QUESTION)
    assert code == 2
    assert "--evidence" in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--levle", "0.9"], "No such option: --levle"), (["--level", "high"], "Invalid value for '--level'")],
)
def test_a_command_that_cannot_be_understood_is_one_line_that_says_where_to_look(run, arguments, complaint):
    code, out, err = run("forecast", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert complaint in err
    assert err.endswith("see 'isogloss forecast --help'\n")
    assert err.count("\n") == 1


def test_every_option_is_explained(run):
    _, out, _ = run("forecast", "--help")
    for option in ("evidence", "task", "model", "train", "targets", "queries", "metric", "recipe", "level", "out",
                   "forecaster", "forecaster-from", "save"):  # fmt: skip
        assert f"--{option}" in out


def test_a_saved_forecaster_answers_as_it_did_without_its_evidence(run, scores, tmp_path):
    folder = tmp_path / "saved"
    _, first, _ = run("forecast", "--evidence", scores, *QUESTION, "--json", "--save", folder)
    scores.unlink()
    code, again, err = run("forecast", "--forecaster-from", folder, *QUESTION, "--json")
    assert (code, err) == (0, "")
    assert json.loads(again)["tables"] == json.loads(first)["tables"]


def test_a_forecaster_is_saved_without_a_question_and_knows_all_of_the_evidence(run, scores, tmp_path):
    other = write_scores(tmp_path / "other.csv", "names", "toy", "accuracy")
    folder = tmp_path / "saved"
    code, out, _ = run(
        "forecast", "--evidence", scores, "--evidence", other, "--save", folder, "--forecaster", "nearest"
    )
    assert (code, "".join(out.split())) == (0, f"Theforecasterissaved,to{folder}.")
    for task in ("topics", "names"):
        assert run("forecast", "--forecaster-from", folder, *QUESTION, "--task", task)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--forecaster-from", "FOLDER/absent", *QUESTION), "absent: has no forecaster.json"),
        (("--forecaster-from", "FOLDER", *QUESTION), "has no forecaster.json"),
        (("--evidence", "FOLDER/scores.csv", "--forecaster-from", "FOLDER", *QUESTION), "has its evidence with it"),
        (("--evidence", "FOLDER/scores.csv", "--save", "FOLDER", *QUESTION), "holds something else"),
        (("--evidence", "FOLDER/scores.csv", "--save", "FOLDER/scores.csv", *QUESTION), "holds something else"),
        (("--evidence", "FOLDER/scores.csv", "--save", "FOLDER/absent/saved"), "its folder does not exist"),
        (("--save", "FOLDER/saved"), "--evidence: no evidence"),
    ],
)
def test_bad_folders_of_forecasters_end_with_2_and_one_line(run, scores, tmp_path, arguments, complaint):
    code, out, err = run("forecast", *(str(one).replace("FOLDER", str(tmp_path)) for one in arguments))
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


@pytest.mark.data
def test_a_sumeval_file_is_filled_whole(tmp_path):
    data = Path(os.environ.get("ISOGLOSS_DATA", Path(__file__).parents[3] / "shared" / "data"))
    folder = data / "observations" / "sumeval"
    if not folder.is_dir():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    queries, out = folder / "test" / "UDPOS_XLMR.json", tmp_path / "filled.json"
    program = "import sys; sys.argv[0] = 'isogloss'; from isogloss.cli import main; main()"
    arguments = ["--evidence", folder / "train" / "UDPOS_XLMR.json", "--queries", queries, "--filled", out]
    command = [sys.executable, "-c", program, "forecast", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "... and 2,940 rows more" in ran.stdout
    asked, filled = json.loads(queries.read_text()), json.loads(out.read_text())
    assert '"x"' not in out.read_text()
    assert [list(entry["eval_results"]) for entry in filled] == [list(entry["eval_results"]) for entry in asked]
    assert [entry["train_config"] for entry in filled] == [entry["train_config"] for entry in asked]
    scores = [score for entry in filled for score in entry["eval_results"].values()]
    assert len(scores) == 3000
    assert all(0 <= score <= 1 for score in scores)
    assert max(scores) - min(scores) > 0.3


def test_a_list_of_languages_where_a_file_was_meant_is_said_with_its_option(run, tmp_path):
    (tmp_path / "scores.csv").write_text("language,score\ndeu,0.5\n")
    code, _, err = run("forecast", tmp_path / "scores.csv", "Yoruba,Igbo")
    assert code == 2
    assert err == "error: Yoruba,Igbo: no such file; if it is languages that are meant: --targets Yoruba,Igbo\n"
