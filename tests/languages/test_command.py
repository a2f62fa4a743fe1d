"""`isogloss languages`: what people see, and how it fails."""

import json

import pytest

from isogloss.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line; returns its exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["isogloss", "languages", *arguments])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_show_tells_who_a_language_is(run):
    code, out, _ = run("show", "Yoruba")
    assert code == 0
    assert "ISO 639-3 yor, Glottolog yoru1245" in out
    assert "Atlantic-Congo > Volta-Congo" in out
    assert "91 of 103 features" in out
    assert max(map(len, out.splitlines())) <= 80


def test_show_tells_what_is_inherited(run):
    _, out, _ = run("show", "arb", "zh-TW")
    words = " ".join(out.split())
    assert "an individual language, one of ara" in words
    assert "28 of 28 features, some from ara" in words
    assert "a macrolanguage" in words


def test_show_as_json_holds_one_record_per_language(run):
    code, out, _ = run("show", "de", "eus", "--json")
    german, basque = json.loads(out)
    assert code == 0
    assert (german["language"], german["glottocode"], german["script"]) == ("deu", "stan1295", "Latn")
    assert (german["syntactic"], german["syntactic_of"], german["syntactic_from"]) == (87, 103, [])
    assert basque["family"] == []


def test_distance_has_a_row_per_pair_and_a_column_per_kind(run):
    code, out, _ = run("distance", "de", "en", "yo", "--kind", "syntactic,genetic")
    header, *rows = out.splitlines()
    assert code == 0
    assert header.split() == ["language", "other", "syntactic", "genetic"]
    assert [row.split()[:2] for row in rows] == [["deu", "eng"], ["deu", "yor"], ["eng", "yor"]]


def test_distance_as_json_has_null_where_nothing_is_known(run):
    _, out, _ = run("distance", "slk", "deu", "--kind", "syntactic", "--json")
    (row,) = json.loads(out)
    assert row["syntactic"] is None
    assert row["syntactic_coverage"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "Germn"], "error: unknown language 'Germn'; did you mean 'deu' (German)"),
        (
            ["distance", "de", "en", "--kind", "syntctic"],
            "error: unknown distance 'syntctic'; did you mean 'syntactic'?",
        ),
        (["distance", "de", "German"], "error: a distance needs two different languages"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert len(err.splitlines()) == 1
