"""`isogloss languages`: what people see, and how it fails."""

import json

import pytest

from isogloss.cli import main
from isogloss.languages import similarities
from isogloss.languages.varieties import clear_variety_caches


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


def test_show_tells_how_a_code_was_read(run):
    _, out, _ = run("show", "iw")
    assert "no standard has 'iw' for it now; read as heb" in " ".join(out.split())


def test_nearest_ranks_the_measured_languages(run):
    code, out, _ = run("nearest", "wol", "--among", "measured", "--kind", "typology", "--top", "3")
    title, header, *rows = out.splitlines()
    assert code == 0
    assert "Wolof" in title
    assert header.split() == ["language", "name", "distance", "coverage"]
    assert len(rows) == 3


def test_nearest_takes_a_list_weights_and_json(run):
    _, out, _ = run("nearest", "gsw", "--among", "deu,yor,nld", "--weights", "genetic=2,script=1", "--json")
    ranked = [row["language"] for row in json.loads(out)]
    assert ranked == ["deu", "nld", "yor"]


def test_a_table_of_similarities_is_a_kind(run, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("lang_a,lang_b,similarity\nde,en,0.75\n")
    _, out, _ = run("distance", "de", "en", "--kind", "my-own", "--table", f"my-own={path}", "--json")
    (row,) = json.loads(out)
    assert row["my-own"] == 0.25
    similarities.unregister("my-own")


def test_map_writes_a_picture(run, tmp_path):
    code, out, _ = run("map", "deu", "yor", "zho", "nqo", "--colour", "script", "--out", str(tmp_path / "map.svg"))
    assert code == 0
    assert str(tmp_path / "map.svg") in out
    assert "1 without one are not drawn" in (tmp_path / "map.svg").read_text()


def test_add_shows_what_was_added(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_VARIETIES", str(tmp_path / "kept"))
    (tmp_path / "mine.toml").write_text('[[variety]]\nid = "zueri-stadt"\nparent = "gsw"\n')
    code, out, _ = run("add", str(tmp_path / "mine.toml"))
    assert code == 0
    assert out.splitlines()[1].split()[:3] == ["zueri-stadt", "zueri-stadt", "gsw"]
    monkeypatch.undo()
    clear_variety_caches()


def test_sources_lists_where_features_come_from(run):
    _, out, _ = run("sources", "--json")
    assert {"syntactic", "grambank"} <= {row["source"] for row in json.loads(out)}


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
def test_table_writes_the_catalogue(run, tmp_path, ending):
    code, out, _ = run("table", "--out", str(tmp_path / f"languages.{ending}"))
    assert (code, "languages written" in out) == (0, True)
    assert (tmp_path / f"languages.{ending}").stat().st_size > 100_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nearest", "wol", "--among", "deu,Germn"], "error: unknown language 'Germn'; did you mean 'deu'"),
        (["nearest", "wol", "--weights", "syntactic"], "error: --weights: 'syntactic' is no weight"),
        (["nearest", "wol", "--weights", "syntactic=1,syntactic=2"], "error: --weights: two weights of 'syntactic'"),
        (["distance", "de", "en", "--table", "mine"], "error: --table: 'mine' names no table"),
        (["distance", "de", "en", "--kind", "featural", "--impute", "mean"], "error: unknown way to impute 'mean'"),
        (["map", "--colour", "famly"], "error: unknown colour 'famly'; did you mean 'family'?"),
        (["add", "missing.toml"], "error: missing.toml: cannot be read"),
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
