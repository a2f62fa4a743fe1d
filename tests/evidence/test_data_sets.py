"""Public data sets as facts of languages: what counts once, and what a licence allows."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.evidence.data_sets import CLASSES, count_data_sets, licence_class, read_data_sets

ROWS = [
    ("wiki", "zh|ja;Korean", "CC BY-SA 4.0", "language modelling", "2019", "100"),
    ("qa", "zho", "cc-by-nc-4.0", "qa", "2020-03-01", "10"),
    ("qa", "zho", "cc-by-nc-4.0", "reading", "2021", None),
    ("toxic", "Japanese", None, "toxicity", None, None),
    ("code", "ja", "Apache-2.0", "qa", "2022", "5"),
    ("mixed", "ko", "mit", "ner", "2022", "1,000"),
    ("mixed", "ko", "CC-BY-ND-3.0", "ner", "2022", None),
]
NAMES = ["Name", "lang", "license", "task", "year", "size"]


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return pl.DataFrame(ROWS, schema=dict.fromkeys(NAMES, pl.String), orient="row")


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC0-1.0", "open"), ("cc-by-4.0", "open"), ("CC BY 3.0", "open"), ("mit", "open"),
        ("Apache License 2.0", "open"),
        ("bsd-3-clause", "open"), ("license:odc-by", "open"),
        ("Creative Commons Attribution-ShareAlike", "share_alike"),
        ("CC BY-SA 4.0", "share_alike"), ("gpl-3.0", "share_alike"), ("LGPL", "share_alike"), ("odbl", "share_alike"),
        ("cc-by-nd-4.0", "no_derivatives"), ("CC-BY-NC-ND-4.0", "noncommercial"), ("CC BY-NC-SA 4.0", "noncommercial"),
        ("for academic use", "noncommercial"), ("other", "other"), ("KLUE terms", "other"), ("unknown", "unknown"),
        (None, "unknown"), (" ", "unknown"), ("N/A", "unknown"),
    ],
)  # fmt: skip
def test_a_licence_is_sorted_by_its_name(licence, expected):
    assert licence_class(licence) == expected


def test_a_data_set_counts_once_in_each_of_its_languages(table):
    counts = {row["language"]: row for row in count_data_sets(table).languages.rows(named=True)}
    assert {name: row["data_sets"] for name, row in counts.items()} == {"jpn": 3, "kor": 2, "zho": 2}
    assert all(sum(row[name] for name in CLASSES) == row["data_sets"] for row in counts.values())
    assert (counts["jpn"]["usable"], counts["jpn"]["unknown"]) == (2, 1)
    assert (counts["zho"]["noncommercial"], counts["zho"]["tasks"], counts["zho"]["size"]) == (1, 3, 110)
    assert (counts["zho"]["first_year"], counts["zho"]["last_year"]) == (2019, 2020)


def test_of_several_licences_the_one_that_allows_least_counts_and_all_are_kept(table):
    found = count_data_sets(table)
    mixed = found.data_sets.filter(dataset="mixed").row(0, named=True)
    assert (mixed["licence"], mixed["licence_class"]) == ("mit|CC-BY-ND-3.0", "no_derivatives")
    assert "mixed" in found.notes[0]
    written = dict(found.licences.select("licence", "data_sets").iter_rows())
    assert written == {"CC BY-SA 4.0": 1, "cc-by-nc-4.0": 1, None: 1, "Apache-2.0": 1, "mit": 1, "CC-BY-ND-3.0": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop("lang"), "unknown column 'language'"),
        (lambda table: table.with_columns(year=pl.lit("soon")), "row 0: year 'soon' is not a number"),
        (lambda table: table.with_columns(size=pl.lit("big")), "row 0: size 'big' is not a number"),
        (lambda table: table.with_columns(lang=pl.lit("Klingonish")), "unknown language 'Klingonish'"),
        (lambda table: table.with_columns(Name=pl.lit(" ")), "row 0: no dataset"),
        (lambda table: table[:0], "no data sets in it"),
    ],
)
def test_a_survey_that_cannot_be_counted_is_refused(table, change, message):
    with pytest.raises(InputError, match=message):
        count_data_sets(change(table))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_data_sets(tmp_path / "survey.csv")


def test_a_column_that_is_called_as_asked_comes_before_one_that_means_the_same(table):
    both = table.rename({"Name": "dataset"}).with_columns(name=pl.lit("x"), languages=pl.lit("deu"))
    both = both.rename({"lang": "language"})
    assert count_data_sets(both).languages.equals(count_data_sets(table).languages)
