from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from isogloss.forecasting.curves import round_sizes

LANGUAGES = "deu fra spa ita nld pol rus hin tur fin hun tam".split()
ASKED = ("--task", "topics", "--model", "toy", "--target", "swa")


@pytest.fixture
def scores(tmp_path) -> Path:
    """Twelve languages with four sizes, Swahili without examples of its own."""
    path = tmp_path / "scores.csv"
    rows = [
        (name, f"eng:1000,{name}:{size}" if size else "eng:1000", 0.4 + 0.01 * place + 0.04 * step)
        for place, name in enumerate(LANGUAGES)
        for step, size in enumerate((0, 100, 500, 2000))
    ]
    table = pl.DataFrame([*rows, ("swa", "eng:1000", 0.3)], schema=["target", "train", "score"], orient="row")
    table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy")).write_csv(path)
    return path


def test_a_table_a_basis_and_what_the_goal_needs_are_printed(run, scores):
    code, out, _ = run("curve", "-e", scores, *ASKED, "--to", 2000, "--goal", 0.38, "--why")
    assert code == 0
    assert "90 % band" in " ".join(out.split())
    sizes = [line.split()[0] for line in out.splitlines() if line.strip()[:1].isdigit()]
    assert sizes == "0 10 20 50 100 200 500 1000 2000".split()
    assert "swa measured with 0 labelled examples only" in out
    assert ": 0.380 needs about" in out


def test_json_holds_the_curve_and_the_number_needed(run, scores):
    code, out, _ = run("curve", "-e", scores, *ASKED, "--from", 100, "--to", 2000, "--goal", 0.38, "--json")
    found = json.loads(out)
    assert code == 0
    assert tuple(found["details"][name] for name in ("target", "train", "kind")) == ("swa", "eng:1000", "labelled")
    assert [row["size"] for row in found["tables"]["curve"]] == [100, 200, 500, 1000, 2000]
    needed = found["details"]["needed"]
    assert needed["lower"] <= needed["expected"] <= needed["upper"]


def test_without_a_goal_nothing_is_needed(run, scores):
    _, out, _ = run("curve", "-e", scores, *ASKED, "--json")
    found = json.loads(out)
    assert found["details"]["needed"] is None
    assert found["tables"]["curve"][-1]["size"] == 2000


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_the_curve_is_drawn(run, scores, tmp_path, ending):
    picture = tmp_path / f"curve.{ending}"
    code, out, _ = run("curve", "-e", scores, *ASKED, "--goal", 0.4, "--out", picture)
    assert code == 0
    assert picture.stat().st_size > 1000
    assert f"written to {picture}" in out.replace("\n", "")


def test_too_high_a_level_says_what_the_evidence_supports(run, scores):
    code, out, _ = run("curve", "-e", scores, *ASKED, "--level", 0.99)
    assert code == 0
    assert "Too little was measured for a 99 % band: ask for at most 92 %." in " ".join(out.split())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--from", 50, "--to", 20], "--from, --to: sizes from 50 to 20 are no range; write 0 and 5000, say"),
        (["--to", 10**20], "--from, --to: size 100000000000000000000 is beyond 1000000000000000"),
        (["--from", -1], "Invalid value for '--from'"),
        (["--goal", 80], "--goal: 80 is no fraction, as the scores are; write 0.8"),
        (["--level", 1], "level must be a number above 0 and below 1, not 1.0"),
        (["--train", "eng:1000,swa:5"], "--train: the mix holds labelled examples of 'swa'"),
        (["--train", "eng:-5"], "--train: size -5 of 'eng' is negative"),
        (["--vary", "bought"], "unknown vary 'bought'; known: kin, kin-text, labelled"),
        (["--vary", "translated"], "was measured with two different numbers of its own translated examples"),
        (["--model", "toi"], "unknown model 'toi'; did you mean 'toy'?"),
        (["--target", "xyzzy"], "--target: unknown language 'xyzzy'"),
    ],
)
def test_bad_input_ends_in_one_line_and_two(run, scores, wrong, said):
    code, out, err = run("curve", "-e", scores, *ASKED, *wrong)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.fixture
def shots(tmp_path) -> Path:
    """Scores that rise by the same with every doubling of the shots."""
    path = tmp_path / "shots.csv"
    rows = [
        (name, shots, 50 + place + 5 * step)
        for place, name in enumerate(LANGUAGES)
        for step, shots in enumerate((0, 1, 3, 7))
    ]
    table = pl.DataFrame(rows, schema=["target", "shots", "score"], orient="row")
    table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy")).write_csv(path)
    return path


def test_a_law_is_read_off_at_shots_that_nobody_measured_and_drawn(run, shots, tmp_path):
    picture = tmp_path / "law.svg"
    code, out, _ = run("curve", "-e", shots, "--vary", "shots", "--to", 15, "--goal", 65, "--out", picture)
    said = " ".join(out.split())
    assert code == 0
    assert said.startswith("Mean of 12 languages: 65.0 needs about 3 shots")
    assert "Mean of 12 languages: 55 with 0 shots, 70 with 7 (90 % interval of the change: 1" in said
    assert "No knee is shown in the range measured." in said
    assert ">shots<" in picture.read_text()


def test_what_a_law_says_is_in_json(run, shots):
    _, out, _ = run("curve", "-e", shots, "--vary", "shots", "--target", "deu", "--json")
    details = json.loads(out)["details"]
    assert details["growth"]["knee"] is None
    assert sum(details["growth"]["shapes"].values()) == pytest.approx(1)


def test_examples_are_counted_of_a_language(run, scores):
    code, _, err = run("curve", "-e", scores, "--task", "topics")
    assert code == 2
    assert "--target: labelled examples are those of a language, and none is named" in err


@pytest.mark.parametrize(
    ("start", "end", "sizes"),
    [
        (0, 5000, [0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]),
        (0, 30, [0, 1, 2, 5, 10, 20, 30]),
        (300, 700, [300, 500, 700]),
    ],
)
def test_round_sizes_lie_between_the_ends(start, end, sizes):
    assert round_sizes(start, end) == sizes
