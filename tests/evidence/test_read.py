from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, InputError, IsoglossError, StoreError, UnknownName
from isogloss.evidence import Evidence, Store, import_files, importers, read_evidence, read_queries, shipped


def test_files_patterns_stores_and_tables_mix(fixtures, tmp_path, table):
    Store(tmp_path / "store").append(read_evidence(fixtures / "UDPOS_XLMR.json").observations)
    evidence = read_evidence(tmp_path / "store", str(fixtures / "sco*.csv"), table({"task": "other"}))
    assert evidence.observations["task"].unique().sort().to_list() == ["UDPOS", "other", "topics"]


def test_evidence_can_be_read_again(table):
    evidence = read_evidence(table({}))
    assert isinstance(read_evidence(evidence), Evidence)


def test_nothing_given_is_an_error():
    with pytest.raises(InputError, match="no evidence given"):
        read_evidence()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("absent.json", "absent.json: no such file"),
        ("absent-*.json", r"absent-\*.json: no file matches"),
        (3, "int is not evidence"),
        ("isogloss:absent", "unknown evidence 'isogloss:absent'"),
    ],
)
def test_a_source_that_is_not_there_is_one_line(source, reason):
    with pytest.raises(IsoglossError, match=reason):
        read_evidence(source)


def test_an_unknown_shipped_name_lists_what_ships():
    with pytest.raises(UnknownName) as caught:
        read_evidence("isogloss:absent")
    assert all(name in str(caught.value) for name in shipped())


@pytest.mark.parametrize("name", shipped() or [pytest.param("", marks=pytest.mark.skip("no evidence ships yet"))])
def test_what_ships_can_be_read_by_its_name(name):
    assert len(read_evidence(name)) > 0


def test_a_folder_without_parts_is_no_store(tmp_path):
    with pytest.raises(BadFile, match="is not a store"):
        read_evidence(tmp_path)


def test_the_format_can_be_named(fixtures):
    with pytest.raises(UnknownName, match="unknown importer 'litmsu'; did you mean 'litmus'"):
        read_evidence(fixtures / "UDPOS_XLMR.json", format="litmsu")
    assert {"litmus", "table"} <= set(importers.names())


def test_queries_come_from_one_file(fixtures):
    with pytest.raises(BadValue, match="queries are read from one file"):
        read_queries(str(fixtures / "*.csv"))


def test_an_import_reads_all_files_before_it_writes(fixtures, tmp_path):
    (tmp_path / "bad.csv").write_text("model,task\n1,2\n")
    with pytest.raises(BadFile, match=r"bad.csv"):
        import_files([fixtures / "scores.csv", tmp_path / "bad.csv"], into=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_an_import_writes_one_part_and_accounts_for_every_row(fixtures, tmp_path):
    report = import_files([fixtures / "scores.csv", fixtures / "UDPOS_XLMR.json"], into=tmp_path / "store")
    for file in report.files:
        assert file.kept + file.queries + sum(file.dropped.values()) == file.rows
    store = Store(tmp_path / "store")
    assert store.parts() == [report.part]
    assert len(store.read()) == sum(file.kept for file in report.files) == 8


def test_a_file_named_twice_counts_once(fixtures, tmp_path):
    report = import_files([fixtures / "scores.csv", str(fixtures / "scores.*")], dry_run=True)
    assert len(report.files) == 1


def test_duplicates_across_files_are_counted_where_they_were_dropped(tmp_path, table):
    table({}, {"target": "fr"}).write_csv(tmp_path / "a.csv")
    table({}).write_csv(tmp_path / "b.csv")
    first, second = import_files([tmp_path / "a.csv", tmp_path / "b.csv"], dry_run=True).files
    assert (first.kept, first.dropped, second.kept, second.dropped) == (2, {}, 0, {"duplicate": 1})


def test_a_dry_run_writes_nothing(fixtures, tmp_path):
    import_files([fixtures / "scores.csv"], into=tmp_path / "store", dry_run=True)
    assert list(tmp_path.iterdir()) == []


def test_an_import_needs_somewhere_to_write_to(fixtures):
    with pytest.raises(InputError, match=r"no store to keep the observations; name a store, into=\.\.\."):
        import_files([fixtures / "scores.csv"])


def test_queries_are_not_imported_into_a_store(fixtures, tmp_path):
    with pytest.raises(BadValue, match="no observation to keep"):
        import_files([fixtures / "questions.tsv"], into=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_name_that_is_not_unicode_can_be_read(fixtures, tmp_path):
    path = tmp_path / "sc\udcffores.csv"
    try:
        path.write_bytes((fixtures / "scores.csv").read_bytes())
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system has no such names")
    assert len(read_evidence(path)) == 3


def test_corrupt_parts_are_skipped_with_a_warning_and_all_of_them_are_an_error(tmp_path, fixtures):
    store = Store(tmp_path)
    store.append(read_evidence(fixtures / "scores.csv").observations)
    good = store.parts()[0]
    (tmp_path / "part-bad.v1.parquet").write_bytes(good.read_bytes()[:-20])
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "foreign.parquet")
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert len(read_evidence(tmp_path)) == 3
    said = " ".join(str(one.message) for one in caught)
    assert "part-bad.v1.parquet: is not whole Parquet; skipped" in said
    assert "foreign.parquet: is no part of a store" in said
    good.unlink()
    with pytest.warns(UserWarning, match="skipped"), pytest.raises(StoreError, match="none of its parts can be read"):
        read_evidence(tmp_path)


def test_the_registry_of_importers_is_not_hidden_by_the_package_of_that_name():
    """Whatever was imported before, `isogloss.evidence.importers` is the registry."""
    code = "import isogloss.evidence.importers.base\nfrom isogloss.evidence import importers\nprint(importers.kind)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "importer\n"
