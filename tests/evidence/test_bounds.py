"""Reading a hostile file takes bounded memory and time: it is refused, in one line, before it is unpacked."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import read_evidence
from isogloss.evidence.bounds import check_archive, check_delimited, check_json, limit_rows
from isogloss.evidence.parquet_bounds import check_parquet

ROW = {"model": "m", "task": "t", "metric": "f1", "target": "de", "train": "en:5", "score": 0.5}


def write_repeated_rows(path: Path) -> None:
    """Twenty million rows in some kilobytes: each column is one value, said to be repeated."""
    rows = pl.select(pl.repeat(value, 500_000).alias(name) for name, value in ROW.items())
    pl.concat([rows] * 40, rechunk=False).write_parquet(path, row_group_size=500_000)


def write_long_text(path: Path) -> None:
    """One text of a megabyte, stored once, in each of a hundred thousand cells."""
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    others = {name: pa.array([value] * 100_000) for name, value in ROW.items()}
    pq.write_table(pa.table(others | {"notes": text}), path)


def write_text_from_the_one_before(path: Path) -> None:
    """A text of a megabyte, and many that are said to begin like the one before."""
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    texts = pa.array(["x" * 1_000_000 + str(number % 7) for number in range(200)])
    pq.write_table(pa.table({"notes": pa.concat_arrays([texts] * 10)}), path, use_dictionary=False,
                   column_encoding={"notes": "DELTA_BYTE_ARRAY"}, data_page_size=1 << 30)  # fmt: skip


def write_many_columns(path: Path) -> None:
    path.write_text(",".join(f"c{number}" for number in range(1_000_000)) + "\n" + "1," * 999_999 + "1\n")


def write_short_rows(path: Path) -> None:
    """Nine thousand columns, and a million rows that hold their first cell alone."""
    path.write_text(",".join(f"c{number}" for number in range(9_000)) + "\n" + "1\n" * 1_000_000)


def write_one_line_of_json(path: Path) -> None:
    with path.open("w") as file:
        file.write("[" + '{"a": 1, "b": [0, 1, 2]}, ' * 7_700_000 + "0]")


def write_keys_of_their_own(path: Path) -> None:
    """A hundred thousand lines of JSON, each with a column of its own."""
    path.write_text("".join(f'{{"c{number}": {number}}}\n' for number in range(100_000)))


def write_zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b" " * 300_000_000)


BOMBS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "repeated rows": ("rows.parquet", write_repeated_rows),
    "long text": ("text.parquet", write_long_text),
    "text from the one before": ("delta.parquet", write_text_from_the_one_before),
    "many columns": ("columns.csv", write_many_columns),
    "short rows": ("short.csv", write_short_rows),
    "one line of JSON": ("results.json", write_one_line_of_json),
    "keys of their own": ("keys.jsonl", write_keys_of_their_own),
    "zip": ("log.eval", write_zip_bomb),
}

READ = """
import re, sys, time
from isogloss.errors import InputError
from isogloss.evidence import read_evidence
import isogloss.languages
before = time.process_time()
try:
    read_evidence(sys.argv[1])
except InputError as error:
    print(error)
status = open("/proc/self/status").read()
print(time.process_time() - before, int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
"""
MEMORY, SECONDS = 500, 2
REASONS = ("that one file may", "that a table may have", "unpacks from", "has a line of more than")


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_stands_for_a_large_table_is_refused_within_500_mb(tmp_path, bomb):
    name, write = BOMBS[bomb]
    write(tmp_path / name)
    ran = subprocess.run([sys.executable, "-c", READ, tmp_path / name], capture_output=True, text=True, timeout=120)
    refusal, cost = ran.stdout.splitlines()
    assert refusal.startswith(f"{tmp_path / name}")
    assert any(reason in refusal for reason in REASONS)
    print(bomb, cost, (tmp_path / name).stat().st_size)
    assert int(cost.split()[1]) < MEMORY


def parquet(rows: int = 3) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame([ROW | {"details": f"row {number}"} for number in range(rows)]).write_parquet(buffer)
    return buffer.getvalue()


@given(st.data())
def test_damaged_parquet_is_judged_or_refused(data):
    content = bytearray(parquet())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    with suppress(BadFile):
        check_parquet(bytes(content[: data.draw(st.integers(0, len(content)))]), "a.parquet")


def test_a_footer_whose_fields_are_of_other_kinds_is_refused():
    """The list of columns (field 2) is a number here."""
    footer = b"\x15\x02\x15\x02\x16\x02\x19\x0c\x00"
    content = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    with pytest.raises(BadFile, match=r"a\.parquet: is not whole Parquet"):
        check_parquet(content, "a.parquet")


def test_a_page_counts_for_what_it_says_itself_whatever_the_footer_says(monkeypatch):
    """A footer that makes little of a file does not let it pass: the page of `details` is judged by its own size."""
    monkeypatch.setenv("ISOGLOSS_READ_MEMORY", "2")
    with pytest.raises(BadFile, match="would take up to 4 MB of memory, more than the 2 MB that one file may"):
        check_parquet(parquet(20_000), "a.parquet")


@pytest.mark.parametrize("text", ["a,b\n1,2\n" * 1_000, 'a,"b\nc"\n1,2\n'])
def test_a_table_of_usual_size_is_read(text):
    check_delimited(text.encode(), ",", "a.csv")


def test_a_million_rows_of_ten_columns_are_read():
    check_delimited(
        b"model,task,metric,target,train,score,seed,items,recipe,shots\n" + b"m," * 9 + b"\n" * 1_000_000, ",", "a"
    )


def test_a_header_may_be_broken_by_a_quoted_cell_and_still_counts():
    header = '"a\nb",' * 10_001
    with pytest.raises(BadFile, match="has 10002 columns, more than the 10000 that a table may have"):
        check_delimited(f"{header}c\n1\n".encode(), ",", "a.csv")


def test_who_trusts_a_file_raises_the_limit_as_the_error_says(monkeypatch, tmp_path):
    (tmp_path / "results.json").write_text(json.dumps({"results": {"t": {"acc,none": [0] * 1_000_000}}}))
    monkeypatch.setenv("ISOGLOSS_READ_MEMORY", "50")
    with pytest.raises(BadFile, match="if you trust it, set ISOGLOSS_READ_MEMORY=") as refused:
        read_evidence(tmp_path / "results.json")
    monkeypatch.setenv("ISOGLOSS_READ_MEMORY", str(refused.value).rpartition("=")[2])
    check_json((tmp_path / "results.json").read_bytes(), "results.json")


@pytest.mark.parametrize("written", ["", "0", "-1", "1.5", "much", "9" * 40])
def test_a_limit_that_is_no_number_of_megabytes_is_refused(monkeypatch, written):
    monkeypatch.setenv("ISOGLOSS_READ_MEMORY", written)
    with pytest.raises(BadValue, match=f"ISOGLOSS_READ_MEMORY: '{written}' is no number of megabytes; write 1024"):
        check_json(b"[]", "a.json")


def test_a_workbook_that_unpacks_to_too_much_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(100):
            archive.writestr(f"xl/sheet{number}.xml", os.urandom(70_000) + b" " * 12_000_000)
    with zipfile.ZipFile(buffer) as archive, pytest.raises(BadFile, match=r"book\.xlsx: would take up to 1152 MB"):
        check_archive(archive, "book.xlsx")


@pytest.fixture
def ten_rows():
    limit_rows(10)
    yield
    limit_rows(None)


LONG = "".join(f"m{number},t,f1,de,,0.5\n" for number in range(11))
TOO_LONG = {
    "long.csv": "model,task,metric,target,train,score\n" + LONG,
    "long.jsonl": "".join(json.dumps(ROW | {"model": f"m{number}"}) + "\n" for number in range(11)),
    "wide.csv": "Language," + ",".join(f"m{number}" for number in range(60)) + "\nde" + ",0.5" * 60 + "\n",
}


@pytest.mark.parametrize(("name", "text"), TOO_LONG.items())
def test_a_server_reads_no_table_of_more_rows_than_it_may(ten_rows, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadFile, match=r"holds (11 rows, more than 10|61 cells, more than 30); send a part of it"):
        read_evidence(tmp_path / name)


def test_the_footer_of_parquet_says_how_many_rows_there_are(ten_rows):
    check_parquet(parquet(10), "a.parquet")
    with pytest.raises(BadFile, match="holds 11 rows, more than 10"):
        check_parquet(parquet(11), "a.parquet")


def test_as_many_rows_as_it_may_are_read(ten_rows, tmp_path):
    (tmp_path / "long.csv").write_text(TOO_LONG["long.csv"].removesuffix("m10,t,f1,de,,0.5\n"))
    assert len(read_evidence(tmp_path / "long.csv")) == 10
