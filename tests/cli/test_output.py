"""What reaches a terminal, a pipe that is closed and a disk that is full."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.evidence import Store, read_evidence
from isogloss.questions import Answer, Table
from isogloss.text import printable, printable_json

ISOGLOSS = [sys.executable, "-c", "from isogloss.cli import main; main()"]
HOSTILE = {
    "bell": "a\x07b",
    "clear the screen": "a\x1b[2Jb",
    "colour": "a\x1b[31mb",
    "title of the window": "a\x1b]0;owned\x07b",
    "link": "a\x1b]8;;https://example.org\x1b\\b",
    "eight-bit command": "a\x9b2Jb",
    "right to left": "a\u202eb\u2066c",
    "line": "a\nb\rc\u2028d",
    "markup": "[bold]a[/bold] [/red]",
    "half a character": "a\ud800b",
}
ACT = {"\x07", "\x1b", "\x9b", "\r", "\u202e", "\u2066", "\u2028", "\ud800"}
UNSEEN = st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Lu", "Lo"]), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", HOSTILE)
def test_names_cannot_act_on_a_terminal_in_tables_headers_titles_and_json(kind):
    name = HOSTILE[kind]
    cell = name.encode("utf-8", "replace").decode()
    table = Table(pl.DataFrame({cell: [cell], "score": [0.5]}), name)
    printed = Answer("evidence show", (f"About {name}.",), {"counts": table}).text()
    written = printable_json(json.dumps({name: [name]}, ensure_ascii=False))
    assert not ACT & set(printed + written)
    assert json.loads(written) == {name: [name]}


@given(UNSEEN)
def test_printable_text_keeps_what_is_seen_and_json_keeps_everything(text):
    shown = printable(text)
    assert not {mark for mark in shown if not mark.isprintable()} - {"\u200c", "\u200d"}
    assert printable(shown) == shown
    assert json.loads(printable_json(json.dumps(text, ensure_ascii=False))) == text


def test_persian_and_malayalam_are_spelt_as_they_are():
    assert printable("می\u200cخواهم") == "می\u200cخواهم"
    assert printable("നന്\u200dമ") == "നന്\u200dമ"


def test_nothing_is_below_zero_that_is_zero_to_the_digits_shown():
    table = Table(pl.DataFrame({"part": ["web text", "script"], "points": [-0.001, -0.126]}), digits=2)
    lines = Answer("explain", ("It is so.",), {"parts": table}).text().splitlines()
    assert [line.split()[-1] for line in lines[2:]] == ["points", "0.00", "-0.13"]


COMMANDS = {
    "show": ("evidence", "show", "STORE"),
    "show by target": ("evidence", "show", "STORE", "--by", "model,target"),
    "coverage": ("evidence", "show", "STORE", "--coverage", "--by", "model"),
    "conflicts": ("evidence", "conflicts", "STORE"),
    "query": ("evidence", "query", "STORE", "select model, task from observations"),
    "import": ("evidence", "import", "FILE", "--dry-run"),
    "compare": ("evidence", "compare", "STORE", "model=A", "model=B"),
    "sources": ("sources", "-e", "STORE", "--task", "t", "--model", "MODEL", "--target", "yor"),
    "forecast": ("forecast", "-e", "STORE", "--task", "absent", "--model", "MODEL", "--targets", "yor"),
    "unknown language": ("languages", "show", "MODEL"),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A store and a file in which every name that a stranger may choose is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    names = [text for kind, text in HOSTILE.items() if kind != "half a character"]
    rows = [
        {"model": name, "task": "t", "metric": "accuracy", "target": target, "train": "", "score": 0.25 + place / 100}
        for name in names for place, target in enumerate(("de", "sw", "hi"))
    ]  # fmt: skip
    table = pl.DataFrame(rows).with_columns(recipe=pl.lit(names[2]), split=pl.lit(names[6]))
    Store(folder / "store").append(read_evidence(table).observations)
    Store(folder / "store").append(read_evidence(table.with_columns(score=0.75)).observations)
    table.write_ndjson(folder / "a\x1b[31m.jsonl")
    return {"STORE": folder / "store", "FILE": folder / "a\x1b[31m.jsonl", "MODEL": names[1]}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_lets_a_name_act_on_a_terminal(run, places, command):
    _, out, err = run(*(places.get(word, word) for word in COMMANDS[command]))
    assert out + err
    assert not ACT & set(out + err)


def isogloss(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ISOGLOSS, *map(str, arguments)], text=True, stderr=subprocess.PIPE, timeout=120, **options)


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("asked", [("languages", "show", "yor"), ("languages", "show", "yor", "--json"), ("--help",)])
def test_a_full_disk_is_one_line_and_1(asked):
    with FULL.open("w") as full:
        ran = isogloss(*asked, stdout=full)
    assert (ran.returncode, ran.stderr) == (1, "error: standard output: cannot be written: No space left on device\n")


def test_who_stops_reading_hears_no_more():
    """As of `isogloss ... | head -1`: quiet, and the status that a shell reports of SIGPIPE."""
    reading = "import sys; sys.stdin.readline()"
    reader = subprocess.Popen([sys.executable, "-c", reading], stdin=subprocess.PIPE)
    reader.kill()
    reader.wait()
    ran = isogloss("languages", "show", "yor", "deu", "--json", stdout=reader.stdin)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_an_output_that_was_closed_is_one_line():
    ran = subprocess.run(["sh", "-c", '"$0" "$@" >&-', *ISOGLOSS, "languages", "show", "yor"], capture_output=True)
    assert (ran.returncode, ran.stderr) == (1, b"error: standard output: cannot be written: it is closed\n")


def test_a_name_that_the_encoding_of_a_terminal_lacks_is_shown_all_the_same():
    command = ["env", "PYTHONIOENCODING=ascii", *ISOGLOSS, "languages", "show", "yor"]
    ran = subprocess.run(command, capture_output=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"Yoruba" in ran.stdout
