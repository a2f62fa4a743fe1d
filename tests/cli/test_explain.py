from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from tests.explanation.worlds import transfer_table

ASKED = ("--task", "topics", "--model", "toy")
FACTORS = ("--factors", "syntactic,genetic,geographic,target text", "--permutations", 49)


@pytest.fixture(scope="module")
def scores(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scores") / "scores.csv"
    transfer_table(1, 12, {"syntactic": 0.04, "target text": 0.05}).write_csv(path)
    return path


def test_factors_are_printed_with_a_paragraph(run, scores):
    code, out, _ = run("explain", "-e", scores, *ASKED, *FACTORS)
    assert code == 0
    assert "Effects in points for one standard deviation more" in out
    rows = [line.split("  ")[0] for line in out.splitlines()]
    assert rows.index("target text") < rows.index("geographic")
    assert "no cause is shown" in " ".join(out.split())


def test_json_holds_factors_groups_and_words(run, scores):
    code, out, _ = run("explain", "-e", scores, *ASKED, *FACTORS, "--interactions", "syntactic*genetic", "--json")
    found = json.loads(out)
    assert code == 0
    assert {row["factor"] for row in found["tables"]["factors"]} == {
        "syntactic",
        "genetic",
        "geographic",
        "target text",
    }
    assert [row["factor"] for row in found["tables"]["interactions"]] == ["syntactic x genetic"]
    assert found["details"]["pairs"] == 132
    assert found["verdict"]


def test_a_forecast_is_taken_apart(run, scores):
    code, out, _ = run("explain", "-e", scores, *ASKED, "--target", "Yue Chinese", "--json")
    found = json.loads(out)
    assert code == 0
    details = found["details"]
    assert details["target"] == "yue"
    assert found["verdict"].startswith(
        "A guess: the forecast for" if details["trust"] == "guess" else "The forecast for"
    )
    points = sum(row["contribution"] for row in found["tables"]["groups"])
    assert details["baseline"] + points / 100 == pytest.approx(details["mean"], abs=1e-9)


def test_a_measured_language_is_hidden_when_asked(run, scores):
    target = pl.read_csv(scores)["target"][0]
    _, out, _ = run("explain", "-e", scores, *ASKED, "--target", target, "--hide")
    assert "Measured languages it leans on" in out
    assert "which was hidden from the forecaster" in " ".join(out.split())


@pytest.mark.parametrize(("ending", "asked"), [("png", FACTORS), ("svg", FACTORS), ("html", ("--target", "yue"))])
def test_pictures_are_written(run, scores, tmp_path, ending, asked):
    out = tmp_path / f"explained.{ending}"
    code, said, _ = run("explain", "-e", scores, *ASKED, *asked, "--out", out)
    assert code == 0
    assert out.stat().st_size > 100
    assert "written to" in said


def test_a_table_written_holds_every_column(run, scores, tmp_path):
    out = tmp_path / "drivers.csv"
    run("explain", "-e", scores, *ASKED, *FACTORS, "--out", out)
    assert {"factor", "effect", "q", "vif", "p_clustered"} <= set(pl.read_csv(out).columns)


def test_mixes_are_compared_with_themselves_without_a_language(run, tmp_path):
    path = tmp_path / "mixes.csv"
    rows = [(train, target, seed, 0.5 + 0.01 * seed - 0.2 * ("hin" in train) * (seed + 9) / 9)
            for train in ("eng:10", "eng:10,hin:10") for target in ("eng", "rus") for seed in range(4)]  # fmt: skip
    table = pl.DataFrame(rows, schema=["train", "target", "seed", "score"], orient="row")
    table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy")).write_csv(path)
    code, out, _ = run("additions", "-e", path, *ASKED)
    assert code == 0
    assert "Interference is shown in 1 of 1 cases" in " ".join(out.split())
    assert max(len(line) for line in out.splitlines()) <= 80
    assert re.search(r"Hindi +Russian +other language +4 +-\d\d\.\d\d ", out), "a row on one line, in points"
    _, out, _ = run("additions", "-e", path, *ASKED, "--json")
    assert [row["kind"] for row in json.loads(out)["tables"]["additions"]] == ["source of before", "other language"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--model", "toi"], "unknown model 'toi'; did you mean 'toy'?"),
        (["--factors", "sintactic"], "unknown factor 'sintactic'; did you mean 'syntactic'?"),
        (["--response", "log"], "unknown response 'log'; known: absolute, relative"),
        (["--response", "relative"], "nothing can be relative to its own score"),
        (["--interactions", "script"], "'script' is no product; write script*syntactic"),
        (["--interactions", "script*sintactic"], "unknown factor 'sintactic'; did you mean 'syntactic'?"),
        (["--interactions", "script*source examples"], "'source examples' is not used: the same in all pairs"),
        ([*FACTORS, "--interactions", "script*syntactic"], "'script' is not used: it is not among the factors named"),
        (["--permutations", 3], "3 permutations; give 19 to 99999"),
        (["--examples", 5], "nothing was trained on 5 examples; known: 1000"),
        (["--target", "xyzzy"], "unknown language 'xyzzy'"),
        (["--target", "yue", "--level", 1], "level must be a number above 0 and below 1, not 1.0"),
        (["--train", "eng:5"], "--train, --hide: no language is named; say which with --target"),
        (["--target", "yue", "--factors", "script"], "--factors: belongs to what drives all scores"),
        (["--target", "yue", "--response", "relative", "--examples", 9], "--examples, --response: belongs to what"),
    ],
)
def test_bad_input_ends_in_one_line_and_two(run, scores, wrong, said):
    code, out, err = run("explain", "-e", scores, *ASKED, *wrong)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_language_where_a_file_was_meant_is_said_with_its_option(run, tmp_path):
    (tmp_path / "scores.csv").write_text("model,task,metric,target,train,score\na,t,accuracy,deu,,0.5\n")
    code, out, err = run("explain", tmp_path / "scores.csv", "Yoruba", "--target", "deu")
    assert (code, out) == (2, "")
    assert err == "error: Yoruba: no such file; if it is the language that is meant: --target Yoruba\n"


def test_a_guess_is_called_one_before_it_is_explained(run):
    nine = Path(__file__).parents[2] / "examples" / "scores.csv"
    code, out, _ = run("explain", nine, "--model", "LaBSE", "--target", "Yoruba")
    assert code == 0
    assert out.startswith("A guess: the forecast for Yoruba starts from")


def test_where_no_measured_language_is_weighed_by_itself_the_nearest_are_named(run, tmp_path):
    sheet = tmp_path / "scores.csv"
    rows = "English,81.2 German,79.1 Hindi,66.7 Swahili,60.1 Turkish,70.9 Finnish,75.5 Zulu,41.0".split()
    sheet.write_text("language,score\n" + "\n".join(rows) + "\n")
    code, out, _ = run("explain", sheet, "--target", "Xhosa", "--json")
    found = json.loads(out)
    assert code == 0
    assert next((one["name"], one["weight"]) for one in found["tables"]["neighbours"]) == ("Zulu", None)
    assert "nearest measured languages are Zulu (41.0)" in " ".join(found["sentences"])
