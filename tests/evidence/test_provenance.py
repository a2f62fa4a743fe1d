"""The source and the licence of every file stay with its observations, and come out in exports and answers."""

from __future__ import annotations

import hashlib
import json

import polars as pl
import pytest

from isogloss.evidence import Store, import_files, read_evidence
from isogloss.evidence.exporters import export


@pytest.fixture
def store(tmp_path, table):
    path = tmp_path / "scores.csv"
    table({}, {"target": "sw"}).write_csv(path)
    import_files([path], into=tmp_path / "store", licence="CC-BY-4.0", citation="Somebody 2026")
    return Store(tmp_path / "store")


def test_every_imported_file_is_recorded_with_checksum_licence_and_citation(store, tmp_path):
    path = tmp_path / "scores.csv"
    rows = store.sources().select("source", "file", "checksum", "licence", "citation").rows()
    assert rows == [("import", str(path), hashlib.sha256(path.read_bytes()).hexdigest(), "CC-BY-4.0", "Somebody 2026")]


def test_evidence_says_under_which_licence_it_is(store):
    assert read_evidence(store).notes == ("licences: CC-BY-4.0 (2 scores of 1 files; cite Somebody 2026)",)


def test_files_without_a_licence_are_recorded_and_say_nothing(tmp_path, table):
    import_files([table({})], into=tmp_path / "plain")
    assert Store(tmp_path / "plain").sources().select("file", "checksum", "licence").rows() == [("table 0", None, None)]
    assert read_evidence(tmp_path / "plain").notes == ()


def test_a_workbook_of_several_sheets_has_one_checksum(tmp_path):
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("XNLI", "XCOPA"):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate((("Language", "A"), ("German", 81.5), ("Swahili", 70.5))):
                sheet.write_row(row, 0, cells)
    import_files([path], into=tmp_path / "store")
    assert set(Store(tmp_path / "store").sources()["checksum"]) == {hashlib.sha256(path.read_bytes()).hexdigest()}


def test_answers_repeat_the_licence(store):
    import isogloss

    answer = isogloss.forecast(read_evidence(store), ["fra"], forecaster="nearest")
    assert any("CC-BY-4.0" in line for line in answer.to_dict()["assumptions"])


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_an_exported_file_has_its_sources_beside_it(store, tmp_path, format):
    report = export(read_evidence(store), format, tmp_path / f"out.{format}")
    assert report.sources == tmp_path / f"out.{format}.sources.txt"
    (row,) = pl.read_csv(report.sources, separator="\t").iter_rows(named=True)
    assert (row["licence"], row["citation"], row["scores"]) == ("CC-BY-4.0", "Somebody 2026", 2)


def test_an_exported_folder_has_them_within(store, tmp_path):
    report = export(read_evidence(store), "every-eval-ever", tmp_path / "out")
    assert report.sources == tmp_path / "out" / "sources.txt"
    (result, _) = json.loads(report.files[0].read_text())["evaluation_results"]
    details = result["score_details"]["details"]
    assert (details["licence"], details["citation"]) == ("CC-BY-4.0", "Somebody 2026")
    assert len(read_evidence(tmp_path / "out")) == 2


def test_sources_that_no_score_comes_from_are_not_exported(store, tmp_path):
    report = export(read_evidence(store).filter(target="swa"), "csv", tmp_path / "out.csv")
    assert pl.read_csv(report.sources, separator="\t")["scores"].to_list() == [1]
