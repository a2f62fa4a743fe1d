from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from isogloss import read_evidence, resolve
from isogloss.questions.demo import COMMAND, EVIDENCE, LANGUAGES


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`isogloss demo` as a user runs it, in a terminal of 80 columns."""
    return subprocess.run(
        [sys.executable, "-c", "from isogloss.cli import main; main()", "demo", "--into", str(folder), *options],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
        timeout=300,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "made" / "here"
    return folder, run_demo(folder)


def test_the_demo_s_languages_were_not_measured():
    evidence = read_evidence(EVIDENCE)
    assert not {resolve(name).id for name in LANGUAGES} & {*evidence.targets, *evidence.sources}
    assert 12 <= len(LANGUAGES) <= 15


@pytest.mark.slow
def test_the_demo_prints_a_table_and_where_its_files_are(demo):
    folder, ended = demo
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    header = next(line for line in lines if line.startswith("language "))
    assert header.split() == ["language", "forecast", "from", "to", "trust"]
    assert any(line.startswith("Rusyn") for line in lines)
    assert max(map(len, lines[: lines.index(header) + 15])) <= 80
    whole = "".join(ended.stdout.split())  # long paths are broken
    for name, file in [("Picture", "forecast.png"), ("Table", "forecast.csv"), ("Report", "report.html")]:
        assert f"{name}:{folder / file}" in whole
    assert "multilingual-e5-small in 14 languages:" in (folder / "report.html").read_text()
    assert COMMAND in ended.stdout
    assert "isogloss open" in ended.stdout


@pytest.mark.slow
def test_the_demo_draws_the_line_where_the_encoder_has_read_nothing_like_it(demo):
    """Close kin of rich languages come first; new scripts of new families are guesses."""
    table = pl.read_csv(demo[0] / "forecast.csv")
    means = dict(table.select("target", "mean").iter_rows())
    assert len(means) == len(LANGUAGES)
    assert min(means[code] for code in ("lat", "rue")) > max(means[code] for code in ("abk", "kal", "nav", "haw"))
    assert max(means[code] for code in ("chr", "cop")) < 0.6 < min(means[code] for code in ("abk", "kal", "nav", "haw"))
    assert 0.7 < means["rue"] < 0.86  # bul, ukr, srp, mkd and bel were measured at .82 to .86
    assert ((table["lower"] <= table["mean"]) & (table["mean"] <= table["upper"])).all()
    assert table.filter(trust="guess")["language"].to_list() == ["Cherokee", "Coptic"]
    assert table.filter(pl.col("flags").str.contains("far"))["language"].to_list() == ["Cherokee", "Coptic"]


@pytest.mark.slow
def test_the_demo_leaves_a_picture_a_table_and_a_report_and_nothing_else(demo):
    folder, _ = demo
    assert sorted(path.name for path in folder.iterdir()) == ["forecast.csv", "forecast.png", "report.html"]
    head = (folder / "forecast.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (1600, 900)


@pytest.mark.slow
def test_the_demo_gives_the_same_again_also_as_json(demo, tmp_path):
    folder, _ = demo
    rows = json.loads(run_demo(tmp_path, "--json").stdout)["tables"]["forecasts"]
    assert [row["target"] for row in rows] == pl.read_csv(folder / "forecast.csv")["target"].to_list()
    # The oldest linear algebra that is allowed may round the last digit otherwise in another process.
    assert_frame_equal(pl.read_csv(tmp_path / "forecast.csv"), pl.read_csv(folder / "forecast.csv"))
    assert (tmp_path / "forecast.png").read_bytes() == (folder / "forecast.png").read_bytes()


def test_the_demo_says_at_once_that_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("mine")
    ended = run_demo(tmp_path / "file")
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: {tmp_path / 'file'}: cannot be made a folder: File exists")
    assert len(ended.stderr.splitlines()) == 1
    assert (tmp_path / "file").read_text() == "mine"
