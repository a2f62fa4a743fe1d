"""Whatever stands in a file of another tool, reading it ends in evidence or in one line that says why not."""

from __future__ import annotations

import copy
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.seeds import DATE, DOCUMENTS, LM_EVAL, SAMPLE, TABLES, TOLD
from tests.fuzz.seeds import archive as whole_archive

from isogloss.errors import IsoglossError
from isogloss.evidence import ReadOptions, import_files
from isogloss.evidence.importers import importers
from isogloss.text import printable

HUGE = st.sampled_from([10**400, -(10**30), 2**63, 1e308, float("inf"), float("nan"), -0.0, -1, 10**12])
VALUES = st.recursive(
    st.none() | st.booleans() | HUGE | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CELLS = st.one_of(
    st.sampled_from(["", "nan", "inf", "-1", "1e400", "5", "0.5", "x", "eng", "xx9", "en:5,de", "a|b"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)


def imported(path, name):
    """The report of an import, or None where it was refused in one line."""
    options = ReadOptions(values=TOLD.get(name, {}), duplicates="last")
    try:
        report = import_files([path], options, format=name, dry_run=True).files[0]
    except IsoglossError as error:
        message, report = str(error), None
    else:
        message = ""
    assert message == printable(message)
    if report is None:
        return None
    assert report.kept + report.queries + sum(report.dropped.values()) == report.rows
    return report


def test_every_importer_for_a_tool_is_put_to_the_test():
    ours = {name.removesuffix("-state") for name in DOCUMENTS} | set(TABLES)
    assert ours | {"folder", "helm", "litmus", "model-card", "mteb", "table"} == set(importers.names())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_to_be_damaged_are_whole(tmp_path, name):
    document, file = DOCUMENTS[name]
    (tmp_path / file).write_text(json.dumps(document))
    assert imported(tmp_path / file, name.removesuffix("-state")).kept > 0


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_to_be_damaged_are_whole(tmp_path, name):
    file, row = TABLES[name]
    path = tmp_path / file
    pl.DataFrame([row]).write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
    assert imported(path, name).kept > 0


def places(value, path=()):
    """Every place in a document, the root aside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*path, key)
        yield from places(part, (*path, key))


def damaged(draw, document):
    """A document with other values, without some, or with keys of another name, in a few places."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        if not (spots := list(places(document))):
            break
        *path, last = draw(st.sampled_from(spots))
        part = document
        for key in path:
            part = part[key]
        kind = draw(st.sampled_from(["change", "remove", "rename"]))
        if kind == "change":
            part[last] = draw(VALUES)
        elif kind == "remove":
            del part[last]
        elif isinstance(part, dict):
            part[draw(st.text(max_size=8) | st.just("\ud800"))] = part.pop(last)
    return document


@pytest.mark.parametrize("name", DOCUMENTS)
@QUIET
@given(data=st.data())
def test_a_damaged_document_is_read_or_refused_in_one_line(tmp_path, name, data):
    document, file = DOCUMENTS[name]
    (tmp_path / file).write_text(json.dumps(damaged(data.draw, document)))
    imported(tmp_path / file, name.removesuffix("-state"))


@pytest.mark.parametrize("name", DOCUMENTS)
@QUIET
@given(content=VALUES | st.binary(max_size=200))
def test_anything_else_is_refused_in_one_line(tmp_path, name, content):
    path = tmp_path / DOCUMENTS[name][1]
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    imported(path, name.removesuffix("-state"))


@QUIET
@given(data=st.data())
def test_damaged_samples_are_read_or_refused_in_one_line(tmp_path, data):
    (tmp_path / f"results_{DATE}.json").write_text(json.dumps(LM_EVAL))
    line = json.dumps(damaged(data.draw, SAMPLE))
    (tmp_path / f"samples_xnli_de_{DATE}.jsonl").write_text(line)
    imported(tmp_path / f"results_{DATE}.json", "lm-eval")


@pytest.mark.parametrize("name", TABLES)
@QUIET
@given(data=st.data())
def test_a_damaged_table_is_read_or_refused_in_one_line(tmp_path, name, data):
    file, row = TABLES[name]
    path = tmp_path / file
    rows = [{key: str(value) for key, value in row.items()} for _ in range(data.draw(st.integers(1, 3)))]
    for _ in range(data.draw(st.integers(1, 3))):
        data.draw(st.sampled_from(rows))[data.draw(st.sampled_from(list(row)))] = data.draw(CELLS)
    pl.DataFrame(rows, schema=dict.fromkeys(row, pl.String)).write_csv(
        path, separator="\t" if path.suffix == ".tsv" else ","
    )
    imported(path, name)


@pytest.fixture(scope="module")
def archive():
    return whole_archive()


@QUIET
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_archive_is_read_or_refused_in_one_line(tmp_path, archive, places):
    content = bytearray(archive)
    for place, byte in places:
        content[int(place * len(content))] = byte
    (tmp_path / "log.eval").write_bytes(content)
    imported(tmp_path / "log.eval", "inspect-ai")
