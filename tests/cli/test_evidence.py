from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from isogloss.cli import main

FIXTURES = Path(__file__).parents[1] / "evidence" / "fixtures"


@pytest.fixture
def run(capsys, monkeypatch):
    """Run `isogloss` with these arguments; gives the exit code, what it printed and what it complained."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["isogloss", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def test_import_reports_what_was_kept_and_what_was_dropped_and_why(run, tmp_path):
    code, out, _ = run("evidence", "import", FIXTURES / "scores.csv", "--into", tmp_path / "store")
    assert code == 0
    assert "scores.csv     4     3        0        1" in out
    assert "scores.csv: 1 dropped: no score" in out
    assert "languages: de=deu en=eng hi=hin sw=swa" in out
    assert len(list((tmp_path / "store").glob("part-*.parquet"))) == 1


def test_import_fits_eighty_columns(run):
    _, out, _ = run("evidence", "import", FIXTURES / "scores.csv", FIXTURES / "UDPOS_XLMR.json", "--dry-run")
    assert max(map(len, out.splitlines())) <= 80


def test_import_as_json_lists_every_file(run, tmp_path):
    _, out, _ = run("evidence", "import", FIXTURES / "*.json", FIXTURES / "scores.csv", "--dry-run", "--json")
    report = json.loads(out)
    assert [file["rows"] for file in report["files"]] == [6, 4]
    assert report["files"][1]["dropped"] == {"no score": 1}
    assert report["kept"] == 8
    assert report["part"] is None


def test_import_takes_what_the_file_does_not_say_from_options(run, tmp_path):
    (tmp_path / "bare.csv").write_text("target,train,score\nxx,en:5,0.5\n")
    options = ["--task", "T", "--model", "M", "--metric", "loss", "--recipe", "probe", "--language", "xx=wol"]
    assert run("evidence", "import", tmp_path / "bare.csv", *options, "--into", tmp_path / "store")[0] == 0
    settings = json.loads(run("evidence", "show", tmp_path / "store", "--json")[1])
    assert [(row["task"], row["model"], row["metric"], row["recipe"]) for row in settings] == [
        ("T", "M", "loss", "probe")
    ]


def test_import_by_a_mapping_file(run):
    code, out, _ = run("evidence", "import", FIXTURES / "wide.csv", "--map", FIXTURES / "wide.toml", "--dry-run")
    assert code == 0
    assert "5 observations to keep; nothing written (dry run)" in out


def test_show_has_one_line_per_setting(run):
    code, out, _ = run("evidence", "show", FIXTURES / "scores.csv", FIXTURES / "UDPOS_XLMR.json")
    assert code == 0
    assert out.split("\n")[0].split() == ["task", "metric", "model", "targets", "mixtures", "seeds", "scores", "mean"]
    assert "UDPOS   f1        xlm-roberta-large        3         2      0       5  0.800" in out
    assert "topics  accuracy  toy                      2         1      2       3  0.723" in out


def test_show_as_json(run):
    settings = json.loads(run("evidence", "show", FIXTURES / "scores.csv", "--json")[1])
    assert settings[0]["observations"] == 3
    assert settings[0]["mean_score"] == pytest.approx(0.7233, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["import", FIXTURES / "scores.csv"], "nowhere to keep the observations; name a store with --into"),
        (["import", "absent.csv", "--dry-run"], "absent.csv: no such file"),
        (
            ["import", FIXTURES / "scores.csv", "--dry-run", "--scale", "fraction"],
            "scores.csv row 0: accuracy 81.5 lies",
        ),
        (["import", FIXTURES / "scores.csv", "--dry-run", "--language", "de"], "--language de does not say"),
        (["import", FIXTURES / "scores.csv", "--dry-run", "--format", "tabel"], "did you mean 'table'"),
        (["import", FIXTURES / "scores.csv", "--dry-run", "--duplicates", "both"], "unknown way to settle duplicates"),
        (["import", FIXTURES, "--dry-run"], "is a folder of no known format; give the files in it"),
        (["show", "absent"], "absent: no such file"),
        (["show", FIXTURES], "is not a store"),
        (["show", FIXTURES / "questions.tsv"], "holds no scores"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(run, arguments, complaint):
    code, out, err = run("evidence", *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_a_corrupt_part_is_one_line_of_warning(run, tmp_path):
    run("evidence", "import", FIXTURES / "scores.csv", "--into", tmp_path)
    (tmp_path / "part-bad.v1.parquet").write_text("not Parquet")
    code, out, err = run("evidence", "show", tmp_path)
    assert code == 0
    assert "topics" in out
    assert err == f"warning: {tmp_path / 'part-bad.v1.parquet'}: is not whole Parquet; skipped\n"


def test_nothing_is_written_if_any_file_fails(run, tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    code, _, err = run(
        "evidence", "import", FIXTURES / "scores.csv", tmp_path / "bad.csv", "--into", tmp_path / "store"
    )
    assert code == 2
    assert "bad.csv: lacks the columns" in err
    assert not (tmp_path / "store").exists()
