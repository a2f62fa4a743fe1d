from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import import_files, read_evidence
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.mapping import load_mapping, shipped_mappings


@pytest.fixture
def mapped(tmp_path):
    """Reads a table of one row (lang=de, size=5, src=en, f1=0.5) by a mapping file of the given text."""

    def read(mapping: str, **columns):
        (tmp_path / "map.toml").write_text(mapping)
        rows = {"model": "m", "task": "t", "metric": "f1", "lang": "de", "train": "en:5", "score": 0.5, "src": "hi"}
        return read_evidence(pl.DataFrame([rows | columns]), mapping=tmp_path / "map.toml").observations.row(
            0, named=True
        )

    return read


def test_a_mapping_names_columns_cuts_codes_makes_mixes_and_melts_models(fixtures):
    observations = read_evidence(fixtures / "wide.csv", mapping=fixtures / "wide.toml").observations
    assert observations.select("model", "target", "train", "score", "recipe", "origin_row").rows() == [
        ("small", "deu", "eng:200", 0.41, None, 0),
        ("large", "deu", "eng:200", 0.635, "fine-tune", 0),
        ("small", "hin", "eng:200", 0.005, None, 1),
        ("large", "hin", "eng:200", 0.38, "fine-tune", 1),
        ("small", "hin", "hin:150", 0.55, None, 2),
    ]


def test_every_score_column_counts_in_the_report(fixtures):
    options = ReadOptions(mapping=fixtures / "wide.toml")
    report = import_files([fixtures / "wide.csv"], options, dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (6, 5, {"no score": 1})


def test_columns_the_mapping_leaves_out_are_taken_by_their_own_names(mapped):
    row = mapped('[columns]\ntarget = "lang"')
    assert (row["target"], row["train"], row["details"]) == ("deu", "eng:5", None)


def test_a_mix_of_one_language_may_have_a_constant_size_or_none(mapped):
    assert mapped('[columns]\ntarget = "lang"\n[train]\ncolumn = "src"\nsize = 9')["train"] == "hin:9"
    assert mapped('[columns]\ntarget = "lang"\n[train]\ncolumn = "src"')["train"] == "hin"


def test_the_scale_of_a_mapping_is_a_declaration(mapped):
    assert mapped('scale = "percent"\n[columns]\ntarget = "lang"')["score"] == 0.005


@pytest.mark.parametrize(
    ("mapping", "error", "reason"),
    [
        ('[columns]\ntarget = "lan"', UnknownName, "unknown column 'lan'; did you mean 'lang'"),
        ('[columns]\ntarget = "lang"\n[melt]\nfone = "m"', UnknownName, "unknown column 'fone'"),
        ('[columns]\ntaget = "lang"', UnknownName, "[columns]: unknown column 'taget'; did you mean 'target'"),
        ('[values]\norigin = "here"', UnknownName, "unknown column 'origin'"),
        ('[colums]\ntarget = "lang"', UnknownName, "unknown key 'colums'; did you mean 'columns'"),
        ('[columns]\ntarget = "lang"\n[train]\ncolum = "src"', UnknownName, "did you mean 'column'"),
        ("[columns]\ntarget = 5", BadValue, "[columns]: target must be text, not 5"),
        ('columns = "lang"', BadValue, "columns must be a table of texts, not 'lang'"),
        ('scale = "per cent"', UnknownName, "did you mean 'percent'"),
        ("[columns", BadFile, "is not TOML"),
        ('[columns]\ntarget = "lang"\n[regex]\ntarget = "(["', BadFile, "cannot use the pattern"),
        ('[columns]\ntarget = "lang"\n[regex]\ntarget = "^(f.)$"', BadValue, "row 0: 'de' does not match"),
        ('[columns]\ntarget = "lang"\n[train]\nsize = 5', BadValue, '[train]: no column; add column = "..."'),
    ],
)
def test_a_wrong_mapping_is_one_line(mapped, mapping, error, reason):
    with pytest.raises(error) as caught:
        mapped(mapping)
    assert reason in str(caught.value)
    assert "map.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mix_is_not_one_language(mapped):
    with pytest.raises(BadValue, match=r"^table row 0: 'en:5' is not one language; mixes need no \[train\]"):
        mapped('[columns]\ntarget = "lang"\n[train]\ncolumn = "train"')


def test_an_unknown_mapping_lists_those_that_ship(table):
    with pytest.raises(UnknownName, match="did you mean 'nn-rank'"):
        read_evidence(table({}), mapping="nn-rnak")


@pytest.mark.parametrize("name", shipped_mappings())
def test_a_shipped_mapping_is_recognised_by_the_columns_it_is_for(name):
    mapping = load_mapping(name)
    assert mapping.recognise.columns
    cell = {"eval_file": "de_test", "train_file": "en_train", "num_eval_examples": "100"}
    rows = pl.DataFrame(
        [{column: cell.get(column, "de" if "lang" in column else "50.5") for column in mapping.recognise.columns}]
    )
    observations = read_evidence(rows).observations
    assert observations["target"].unique().to_list() == ["deu"]
    assert observations["score"].unique().to_list() == [0.505]
