"""`isogloss languages`: what people see, and how it fails."""

import json

import polars as pl
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
    code, out, _ = run("show", "arb", "zh-TW", "--json")
    answer = json.loads(out)
    facts = {(row["language"], row["what"]): row["known"] for row in answer["tables"]["facts"]}
    assert code == 0
    assert facts["Standard Arabic", "is"] == "an individual language, one of ara"
    assert facts["Standard Arabic", "morphological"] == "63 of 75 features"
    assert "some from ara" in facts["Standard Arabic", "phonological"]
    assert answer["sentences"][1].startswith("zh-TW: a macrolanguage, not one of its members")


def test_show_as_json_holds_one_record_per_language(run):
    code, out, _ = run("show", "de", "eus", "--json")
    german, basque = json.loads(out)["tables"]["languages"]
    assert code == 0
    assert (german["language"], german["glottocode"], german["script"]) == ("deu", "stan1295", "Latn")
    assert (german["syntactic"], german["syntactic_of"], german["syntactic_from"]) == (87, 103, [])
    assert basque["family"] == []


def test_show_names_relatives_that_there_are_texts_of(run):
    _, out, _ = run("show", "Wolof", "--json")
    relatives = json.loads(out)["tables"]["relatives"]
    assert [(row["of"], row["name"]) for row in relatives][:1] == [("Wolof", "Nigerian Fulfulde")]
    assert all(row["distance"] < 1 for row in relatives)


def test_a_group_is_shown_in_one_line_for_each_language(run):
    _, out, _ = run("show", "family:Bantu")
    assert out.startswith("23 languages: Bemba (Zambia) (bem), ")
    assert "What is known" not in out
    assert "... and 3 rows more" in out


def test_distance_has_a_row_per_pair_and_a_column_per_kind(run):
    code, out, _ = run("distance", "German", "en", "yo", "--kind", "syntactic,genetic")
    verdict, table = out.split("\n\n")
    header, *rows = table.splitlines()
    assert code == 0
    assert " ".join(verdict.split()) == (
        "Nearest by syntactic distance are German and English (0.36), farthest German and Yoruba (0.68)."
    )
    assert header.split() == ["language", "other", "syntactic", "genetic"]
    assert [row.split()[:2] for row in rows] == [["German", "English"], ["German", "Yoruba"], ["English", "Yoruba"]]


def test_distance_as_json_has_null_where_nothing_is_known(run):
    _, out, _ = run("distance", "slk", "deu", "--kind", "syntactic", "--json")
    answer = json.loads(out)
    (row,) = answer["tables"]["pairs"]
    assert answer["verdict"] == "Nothing is known of their syntactic distance."
    assert row["syntactic"] is None
    assert row["syntactic_coverage"] == 0.0


def test_show_tells_how_a_code_was_read(run):
    _, out, _ = run("show", "iw")
    assert "no standard has 'iw' for it now; read as heb" in " ".join(out.split())


def test_nearest_ranks_the_measured_languages(run):
    code, out, _ = run("nearest", "wol", "-e", "isogloss:sib200-ngram", "--kind", "typology", "--top", "3")
    verdict, table = out.split("\n\n")
    header, *rows, more = table.splitlines()
    assert code == 0
    assert verdict.startswith("Nearest to Wolof by typology distance")
    assert header.split() == ["language", "id", "distance", "coverage"]
    assert (len(rows), more.startswith("... and ")) == (3, True)


def test_nearest_takes_a_list_weights_and_json(run):
    _, out, _ = run("nearest", "gsw", "--among", "deu,yor,nld", "--weights", "genetic=2,script=1", "--json")
    ranked = [row["language"] for row in json.loads(out)["tables"]["languages"]]
    assert ranked == ["deu", "nld", "yor"]


def test_languages_of_which_little_is_known_are_not_the_nearest(run):
    """Only a script in common makes a distance of 0."""
    _, out, _ = run("nearest", "wol", "--among", "all", "--json")
    coverage = [row["coverage"] for row in json.loads(out)["tables"]["languages"]]
    assert min(coverage[:10]) >= 0.5
    assert coverage[-1] < 0.5


def test_a_table_of_similarities_is_a_kind(run, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("lang_a,lang_b,similarity\nde,en,0.75\n")
    _, out, _ = run("distance", "de", "en", "--kind", "my-own", "--table", f"my-own={path}", "--json")
    (row,) = json.loads(out)["tables"]["pairs"]
    assert row["my-own"] == 0.25
    assert "my-own" not in similarities.names()


def test_a_list_is_drawn_on_a_map(run, tmp_path):
    code, out, _ = run("list", "deu", "yor", "zho", "nqo", "--colour", "script", "--out", str(tmp_path / "map.svg"))
    assert code == 0
    assert " ".join(out.split()).startswith("4 languages of 4 families in 3 scripts; the place of 3 is known.")
    assert str(tmp_path / "map.svg") in out
    assert "1 without one are not drawn" in (tmp_path / "map.svg").read_text()


def test_add_shows_what_was_added(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_VARIETIES", str(tmp_path / "kept"))
    (tmp_path / "mine.toml").write_text('[[variety]]\nid = "zueri-stadt"\nparent = "gsw"\n')
    code, out, _ = run("add", str(tmp_path / "mine.toml"))
    assert code == 0
    assert out.splitlines()[0] == "1 variety added: zueri-stadt."
    assert out.splitlines()[3].split()[:3] == ["zueri-stadt", "zueri-stadt", "gsw"]
    monkeypatch.undo()
    clear_variety_caches()


def test_sources_lists_where_features_come_from(run):
    _, out, _ = run("sources", "--json")
    assert {"syntactic", "grambank"} <= {row["source"] for row in json.loads(out)["tables"]["sources"]}


@pytest.mark.parametrize(("varieties", "least"), [((), 7_900), (("--varieties",), 20_000)])
def test_a_list_of_all_languages_is_the_catalogue(run, tmp_path, varieties, least):
    code, out, _ = run("list", *varieties, "--out", str(tmp_path / "languages.csv"))
    table = pl.read_csv(tmp_path / "languages.csv", infer_schema=False)
    assert (code, table.height > least) == (0, True)
    assert out.startswith(f"{table.height:,} languages of ")
    assert table.filter(language="cmn")["macro"].to_list() == ["zho"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nearest", "wol", "--among", "deu,Germn"], "error: --among: unknown language 'Germn'; did you mean 'deu'"),
        (["nearest", "wol", "--weights", "syntactic"], "error: --weights: 'syntactic' is no weight"),
        (["nearest", "wol", "--weights", "syntactic=1,syntactic=2"], "error: --weights: two weights of 'syntactic'"),
        (["distance", "de", "en", "--table", "mine"], "error: --table: 'mine' is no pair; put an equals sign between"),
        (["distance", "de", "en", "--kind", "featural", "--impute", "mean"], "error: unknown impute 'mean'"),
        (["list", "--colour", "famly"], "error: unknown colour 'famly'; did you mean 'family'?"),
        (["add", "missing.toml"], "error: missing.toml: no such file"),
        (["show", "Germn"], "error: names: unknown language 'Germn'; did you mean 'deu' (German)"),
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
