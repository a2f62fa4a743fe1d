from __future__ import annotations

import json

import polars as pl
import pytest
from tests.planning.transfer_world import cells, transfer_scores

ASKED = ("--task", "topics", "--model", "toy", "--target", "ces")


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "scores.csv"
    cells(transfer_scores()).filter(~pl.col("train").str.starts_with("ces") & (pl.col("target") != "ces")).write_csv(
        path
    )
    return path


def test_sources_and_what_baselines_choose_are_printed(run, scores):
    code, out, _ = run("sources", "-e", scores, *ASKED, "--top", 3, "--together", 2, "--why")
    assert code == 0
    assert "Sources for Czech" in out
    assert "2 together" in out
    assert "best average" in out
    assert "28 sources measured on 28 other targets" in out


def test_json_and_a_file_hold_the_same_table(run, scores, tmp_path):
    code, out, _ = run("sources", "-e", scores, *ASKED, "--json", "--out", tmp_path / "t.csv")
    found = json.loads(out)
    assert code == 0
    assert [row["source"] for row in found["tables"]["sources"]] == pl.read_csv(tmp_path / "t.csv")["source"].to_list()
    assert {"source", "source_as_reported", "mean", "lower", "upper", "regret"} <= set(found["tables"]["sources"][0])


def test_the_picture_is_drawn(run, scores, tmp_path):
    code, _, _ = run("sources", "-e", scores, *ASKED, "--out", tmp_path / "t.svg")
    assert code == 0
    assert "Polish" in (tmp_path / "t.svg").read_text()


def test_several_targets_are_served_together(run, scores):
    code, out, _ = run("sources", "-e", scores, *ASKED[:4], "--target", "tel,swe,pol", "--choose", 2)
    assert code == 0
    assert out.startswith("Train toy on ")
    assert "one per cluster" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "xqz"), "unknown language 'xqz'"),
        (("--candidates", "xqz"), "unknown language 'xqz'"),
        (
            ("--choose", 2, "--out", "t.gif"),
            "unknown ending '.gif'; write to .png, .svg, .html, .pdf, .csv, .xlsx, .parquet",
        ),
    ],
)
def test_bad_input_exits_with_2_and_one_line(run, scores, arguments, said):
    code, _, err = run("sources", "-e", scores, *ASKED, *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_the_verdict_speaks_of_the_level_that_was_asked_for(run, scores):
    _, out, _ = run("sources", "-e", scores, *ASKED, "--level", 0.5)
    assert "With 50 % probability" in " ".join(out.split())
