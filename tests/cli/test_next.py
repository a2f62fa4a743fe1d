from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

ASKED = ("--task", "topics", "--model", "toy")


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "scores.csv"
    names = "eng deu fra rus hin zho".split()
    table = pl.DataFrame({"target": names, "score": np.linspace(0.5, 0.8, len(names)).tolist()})
    table.with_columns(
        task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy"), train=pl.lit("")
    ).write_csv(path)
    return path


def test_languages_of_a_group_are_chosen_with_what_the_baselines_leave(run, scores):
    code, out, _ = run("next", "-e", scores, *ASKED, "--among", "africa", "-k", 3)
    assert code == 0
    assert out.startswith("Test ")
    assert "most central" in out


def test_json_and_a_file_hold_the_languages(run, scores, tmp_path):
    code, out, _ = run("next", "-e", scores, *ASKED, "--among", "europe,yor", "--json", "--out", tmp_path / "n.csv")
    found = json.loads(out)
    assert code == 0
    assert [row["language"] for row in found["tables"]["next"]] == pl.read_csv(tmp_path / "n.csv")["language"].to_list()
    assert len(found["tables"]["next"]) == 5


def test_the_picture_is_drawn(run, scores, tmp_path):
    code, out, _ = run("next", "-e", scores, *ASKED, "--among", "africa", "-k", 3, "--out", tmp_path / "n.svg")
    assert code == 0
    assert "intervals of the others narrow" in " ".join((tmp_path / "n.svg").read_text().split())
    assert out.rstrip().endswith("n.svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--among", "asai"), "did you mean 'asia'"), (("--among", "yor", "-k", 3), "not more than 3")],
)
def test_bad_input_exits_with_2_and_one_line(run, scores, arguments, said):
    code, _, err = run("next", "-e", scores, *ASKED, *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
