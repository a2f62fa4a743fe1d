"""Files: what is replaced, what is refused, what is read; delimited text is read as it is written."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile
from isogloss.evidence.importers.files import read_frame
from isogloss.files import atomic_folder, atomic_write, check_place, open_input, parse_delimited, read_input, write_csv

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",'), min_size=1).filter(
    lambda name: name != "b"
)


@pytest.mark.parametrize("start", ["x^2", "x\x01", "\x1f\x8b", "(\u00b5/\u00fd"])
def test_text_that_begins_like_a_compressed_stream_is_still_text(start: str) -> None:
    table = parse_delimited(f"{start},b\n1,2\n".encode(), ",")
    assert table.to_dict(as_series=False) == {start: ["1"], "b": ["2"]}


@given(NAMES, NAMES)
def test_any_header_and_cell_come_back_as_they_were_written(header: str, cell: str) -> None:
    table = parse_delimited(f"{header},b\n{cell},007\n".encode(), ",")
    assert table.rows() == [(cell, "007")]
    assert table.columns == [header.removeprefix("\ufeff") or header, "b"]


def test_types_are_inferred_only_where_asked() -> None:
    assert parse_delimited(b"a\n01\n", ",").rows() == [("01",)]
    assert parse_delimited(b"a\n01\n", ",", infer_schema=True).rows() == [(1,)]


def write(path: Path, text: str = "new") -> None:
    atomic_write(path, lambda whole: whole.write_text(text))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_a_file_that_is_replaced_hands_on_its_mode(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "answer.csv"
    path.write_text("old")
    path.chmod(bits)
    write(path)
    assert (path.read_text(), mode(path)) == ("new", bits)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("mask", "bits"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_and_a_new_folder_get_what_the_umask_leaves(
    tmp_path: Path, umask: Callable[[int], int], mask: int, bits: int
) -> None:
    umask(mask)
    write(tmp_path / "answer.csv")
    with atomic_folder(tmp_path / "folder") as folder:
        (folder / "a").touch()
    assert mode(tmp_path / "answer.csv") == bits
    assert mode(tmp_path / "folder") == 0o777 & ~mask


def test_what_replaces_a_private_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "answer.csv"
    path.touch(0o600)
    seen: list[int] = []
    atomic_write(path, lambda whole: seen.append(mode(whole)))
    assert seen == [0o600]


def test_a_folder_that_is_replaced_hands_on_its_mode(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(0o700)
    (tmp_path / "link").symlink_to("folder")
    with atomic_folder(tmp_path / "link") as folder:
        (folder / "a").touch()
    assert mode(tmp_path / "folder") == 0o700
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["a"]


def test_a_link_to_a_file_stays_and_the_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    file, link = tmp_path / "there" / "file.csv", tmp_path / "answer.csv"
    file.write_text("old")
    link.symlink_to("there/file.csv")
    check_place(link, [".csv"])
    write(link)
    assert link.is_symlink()
    assert file.read_text() == "new"


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with tempfile.TemporaryDirectory() as short:  # the path of a socket may have about 100 characters
        socket.socket(socket.AF_UNIX).bind(f"{short}/s")
        os.rename(f"{short}/s", path)


OTHERS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "pipe": (make_pipe, "it is a pipe, not a file", "is a pipe, not a file"),
    "socket": (make_socket, "it is a socket, not a file", "is a socket, not a file"),
    "device": (lambda path: path.symlink_to("/dev/null"), "it is a device, not a file", "is a device, not a file"),
    "folder": (Path.mkdir, "Is a directory", "is a folder, not a file"),
    "link to nothing": (
        lambda path: path.symlink_to("absent"), "it is a link to what is not there", "is a link to what is not there",
    ),
    "link to itself": (
        lambda path: path.symlink_to(path.name),
        "Too many levels of symbolic links", "cannot be read: Too many levels of symbolic links",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_file_is_neither_replaced_nor_read(tmp_path: Path, kind: str) -> None:
    make, not_written, not_read = OTHERS[kind]
    path = tmp_path / "answer.csv"
    make(path)
    before = os.lstat(path)
    for refused in (lambda: write(path), lambda: check_place(path, [".csv"])):
        with pytest.raises(BadFile) as caught:
            refused()
        assert str(caught.value) == f"{path}: cannot be written: {not_written}; choose another place"
    with pytest.raises(BadFile) as caught:
        read_input(path)
    assert str(caught.value) == f"{path}: {not_read}"
    assert os.lstat(path).st_ino == before.st_ino
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_as_input_does_not_hang_a_command(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scores.csv")
    for asked in (["evidence", "show"], ["forecast", "--targets", "yor", "-e"]):
        command = [sys.executable, "-c", "from isogloss.cli import main; main()", *asked, tmp_path / "scores.csv"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 2
        assert ran.stderr.startswith("error: ")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("{")

    def read_while_it_is_written() -> None:
        with open_input(path) as file:
            file.read()
            path.write_text("{}")

    with pytest.raises(BadFile, match="changed while it was read; wait until it is written"):
        read_while_it_is_written()


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("old")
    with open_input(path) as file:
        write(path)
        assert file.read() == b"old"


FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "'=1", "''-1", "it's", "'quoted'", "-", ""]


def test_no_text_in_csv_is_a_formula_and_all_is_read_back(tmp_path: Path) -> None:
    table = pl.DataFrame({"=model": FORMULAS, "score": [-0.5] * len(FORMULAS)})
    atomic_write(tmp_path / "a.csv", lambda whole: write_csv(table, whole))
    cells = parse_delimited((tmp_path / "a.csv").read_bytes(), ",")
    assert [cell for cell in cells["'=model"] if cell and cell[0] in "=+-@\t\r"] == []
    assert cells["score"].to_list() == ["-0.5"] * len(FORMULAS)
    read = read_frame(tmp_path / "a.csv")
    assert read["=model"].fill_null("").to_list() == FORMULAS


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(FORMULAS), min_size=1))
def test_any_text_written_as_csv_is_read_back(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = pl.DataFrame({"model": texts, "b": ["x"] * len(texts)})
        write_csv(table, Path(folder, "a.csv"))
        assert read_frame(Path(folder, "a.csv"))["model"].fill_null("").to_list() == texts
