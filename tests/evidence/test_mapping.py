from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import import_files, read_evidence
from isogloss.evidence.importers import importers
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.table import MappedTable


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


def test_a_mapping_answers_for_a_metric_that_isogloss_does_not_know(mapped):
    text = 'scale = "fraction"\n[columns]\ntarget = "lang"\n[values]\nhigher_is_better = false'
    row = mapped(text, metric="dullness")
    assert (row["metric"], row["scale"], row["higher_is_better"]) == ("dullness", "fraction", False)


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


def test_a_missing_mapping_file_is_one_line(table):
    with pytest.raises(BadFile, match=r"^nowhere.toml: no such file"):
        read_evidence(table({}), mapping="nowhere.toml")


@pytest.fixture
def format_of_colours(tmp_path):
    """A format of its own, described by a mapping that recognises it."""
    path = tmp_path / "colours.toml"
    path.write_text(
        'scale = "percent"\n[recognise]\ncolumns = ["tongue", "hue"]\n[columns]\ntarget = "tongue"\nscore = "hue"\n'
        '[values]\nmodel = "m"\ntask = "t"\nmetric = "f1"\ntrain = ""\n'
    )
    importers.register("colours")(type("Colours", (MappedTable,), {"name": "colours", "mapping": path}))
    yield
    importers.unregister("colours")


def test_a_mapping_that_recognises_columns_makes_a_format(format_of_colours, tmp_path):
    (tmp_path / "scores.csv").write_text("tongue,hue\nde,50.5\n")
    row = read_evidence(tmp_path / "scores.csv").observations.row(0, named=True)
    assert (row["target"], row["score"], row["importer"]) == ("deu", 0.505, "colours")


def test_a_table_in_memory_may_be_of_a_format_that_a_mapping_describes(format_of_colours):
    observations = read_evidence(pl.DataFrame({"tongue": ["de"], "hue": [50.5]}), format="colours").observations
    assert observations.select("target", "score", "importer").rows() == [("deu", 0.505, "colours")]
