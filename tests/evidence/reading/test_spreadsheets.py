from __future__ import annotations

import io
import zipfile

import pytest

from isogloss.errors import BadFile
from isogloss.evidence import read_evidence

ROWS = [
    ["Language", "Rook", "Knight"],
    ["English", 81.5, 79],
    ["Filipino", 70.25, None],
    ["Chinese (Traditional)", 64, 66.5],
]
EXPECTED = [
    ("Knight", "eng", 0.79),
    ("Knight", "zho_Hant", 0.665),
    ("Rook", "eng", 0.815),
    ("Rook", "fil", 0.7025),
    ("Rook", "zho_Hant", 0.64),
]


def triples(evidence):
    return sorted(evidence.observations.select("model", "target", "score").rows())


def test_a_spreadsheet_is_read_directly(xlsx, ods):
    for path in (xlsx({"Sheet1": ROWS}), ods(ROWS)):
        evidence = read_evidence(path)
        assert triples(evidence) == EXPECTED
        assert evidence.observations["task"].unique().to_list() == ["chess"]
        assert evidence.percent


def test_an_empty_corner_and_a_title_in_merged_cells_are_no_trouble(xlsx):
    titled = [["Results of spring", None, None], [None, None, None], [None, *ROWS[0][1:]], *ROWS[1:]]
    assert triples(read_evidence(xlsx({"Sheet1": titled}))) == EXPECTED


def test_each_sheet_is_a_task_and_sheets_without_scores_are_named(xlsx):
    notes = [["Who", "What"], ["me", "all of it"]]
    path = xlsx({"XNLI": ROWS, "XCOPA": ROWS[:3], "About": notes, "Old": ROWS}, hidden=["Old"])
    evidence = read_evidence(path)
    assert evidence.observations["task"].value_counts().sort("task").rows() == [("XCOPA", 3), ("XNLI", 5)]
    assert any("sheet 'About' is left out: holds no column of scores" in note for note in evidence.notes)


def test_a_sheet_named_for_its_metric_says_the_metric(xlsx):
    evidence = read_evidence(xlsx({"chrF": ROWS}))
    assert evidence.observations["metric"].unique().to_list() == ["chrf"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 and nothing more", "is not a whole spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is not a whole spreadsheet"),
    ],
)
def test_a_damaged_spreadsheet_is_one_line(tmp_path, content, reason):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=reason):
        read_evidence(path)


def encrypted_xlsx() -> bytes:
    """The beginning of what Excel makes of a workbook with a password: an OLE file with the names of its streams."""
    names = "".join(name.ljust(32, "\0") for name in ("Root Entry", "EncryptionInfo", "EncryptedPackage"))
    return (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(1024, b"\0") + names.encode("utf-16-le")).ljust(4096, b"\0")


def encrypted_ods() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<m:manifest><m:file-entry><m:encryption-data/></m:file-entry>")
        packed.writestr("content.xml", bytes(range(256)))
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", encrypted_xlsx), ("a.ods", encrypted_ods)])
def test_a_spreadsheet_with_a_password_says_so(tmp_path, name, content):
    (tmp_path / name).write_bytes(content())
    with pytest.raises(BadFile, match="is protected by a password; save it without one"):
        read_evidence(tmp_path / name)


def test_a_cell_far_from_all_others_costs_no_memory(xlsx):
    path = xlsx({"Sheet1": ROWS})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(BadFile, match=r"a cell in row 1048576, one in column 16384.: would take up to"):
        read_evidence(path)


FRACTIONS = [["Language", "Rook", "Knight"], ["English", 0.815, 0.79], ["Filipino", 0.7025, None]]


@pytest.mark.parametrize("shown", ["0.0%", "0.00%;-0.00%", '"about "0%'])
def test_numbers_that_are_shown_in_percent_are_percentages(xlsx, ods, shown):
    for path in (xlsx({"R & D": FRACTIONS}, percent=shown), ods(FRACTIONS)):
        evidence = read_evidence(path)
        assert triples(evidence) == [("Knight", "eng", 0.79), ("Rook", "eng", 0.815), ("Rook", "fil", 0.7025)]
        assert evidence.percent


def test_a_percent_sign_that_is_only_text_changes_no_number(xlsx):
    evidence = read_evidence(xlsx({"A": FRACTIONS}, percent='0.0"%"'))
    assert not evidence.percent


def test_a_cell_that_is_merged_with_those_below_it_holds_for_them(xlsx):
    rows = [["Model", "Task", "English"], ["Rook", "XNLI", 81.5], [None, "XCOPA", 61.5], ["Knight", "XNLI", 79]]
    evidence = read_evidence(xlsx({"A": rows}, merged=["A2:A3"]))
    assert sorted(evidence.observations.select("model", "task", "score").rows()) == [
        *[("Knight", "XNLI", 0.79), ("Rook", "XCOPA", 0.615), ("Rook", "XNLI", 0.815)]
    ]


def test_formulas_that_nobody_computed_are_said(xlsx):
    evidence = read_evidence(xlsx({"A": [*ROWS, ["Average", b"AVERAGE(B2:B4)", b"AVERAGE(C2:C4)"]]}))
    assert triples(evidence) == EXPECTED
    assert any(note.startswith("2 formulas of sheet 'A' without a value: open the file") for note in evidence.notes)


def test_a_sheet_of_nothing_but_formulas_says_what_to_do(xlsx):
    path = xlsx({"A": [["Language", "Rook"], ["English", b"1+1"], ["Thai", b"1+2"]]})
    with pytest.raises(BadFile, match="2 formulas of sheet 'A' without a value: open the file in a spreadsheet"):
        read_evidence(path)


def test_an_ods_file_of_few_cells_that_are_repeated_without_end_is_one_line(ods):
    path = ods([["Language", "Rook"], ["English", 0.5]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    repeated = content.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="900000">')
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", repeated)
    with pytest.raises(BadFile, match="repeats 1 cells 900000 times; give CSV"):
        read_evidence(path)


def test_an_ods_file_whose_content_breaks_off_is_one_line(ods):
    path = ods([["Language", "Rook"], ["English", 0.5]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content[: content.index("English")])
    with pytest.raises(BadFile, match="is not a whole spreadsheet"):
        read_evidence(path)
