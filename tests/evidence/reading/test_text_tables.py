from __future__ import annotations

import gzip

import pytest

from isogloss.errors import BadFile
from isogloss.evidence import import_files, read_evidence

MARKDOWN = """# Chess

Some words | with a bar.

## XNLI
| Language | Rook | **Knight** |
|:---------|-----:|-----------:|
| German | **81.5** | 79.0 |
| [Swahili](https://example.org) | 70.5 | – |
| *Average* | 76.0 | 79.0 |

## XCOPA
| Language | Rook |
|---|---|
| German | 61.5 |
"""

HTML = """<html><script>var x = "<table><tr><td>German</td><td>1</td></tr></table>";</script>
<table><caption>XNLI</caption>
<tr><th rowspan=2>Language<th colspan=2>Models</tr>
<tr><th>Rook</th><th>Knight</th></tr>
<tr><td>German</td><td><b>81.5</b></td><td>79.0</td></tr>
<tr><td>Swahili</td><td>70.5</td><td>-</td></tr>
</table></html>"""

LATEX = r"""\begin{table}\caption{XNLI}
\begin{tabular}{lrr}
\toprule
Language & Rook & \textbf{Knight} \\ \midrule
German & \textbf{81.5} & 79.0 \\
Swahili & 70.5 & -- \\
\bottomrule
\end{tabular}\end{table}"""

EXPECTED = [("Knight", "deu", 0.79), ("Rook", "deu", 0.815), ("Rook", "swa", 0.705)]


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def triples(evidence):
    return sorted(evidence.observations.select("model", "target", "score").rows())


@pytest.mark.parametrize(("content", "name"), [(HTML, "a.html"), (LATEX, "a.tex")])
def test_tables_of_html_and_latex_are_read(write, content, name):
    assert triples(read_evidence(write(content, name))) == EXPECTED


def test_each_table_of_a_readme_is_a_task_after_its_heading(write):
    evidence = read_evidence(write(MARKDOWN, "README.md"))
    assert triples(evidence.filter(task="XNLI")) == EXPECTED
    assert triples(evidence.filter(task="XCOPA")) == [("Rook", "deu", 0.615)]


def test_every_number_of_a_markdown_table_is_accounted_for(write):
    text = MARKDOWN.partition("## XCOPA")[0]
    report = import_files([write(text, "a.md")], dry_run=True).files[0]
    assert (report.rows, report.kept) == (6, 3)
    assert report.dropped == {"a summary of several languages: 'Average'": 2, "no score": 1}


CSV = "Language\tRook\tKnight\nGerman\t81.5\t79.0\nSwahili\t70.5\t\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gzip.compress(CSV.encode(), mtime=0), "a.tsv.gz"),
        (CSV.encode("utf-16"), "a.txt"),
        (CSV.encode("utf-8-sig"), "a.tsv"),
        (CSV.replace("\n", "\r\n").encode(), "a.tsv"),
    ],
)
def test_packed_text_and_other_encodings_are_read(write, content, name):
    assert triples(read_evidence(write(content, name), format="table")) == EXPECTED


def test_damaged_gzip_is_one_line(write):
    with pytest.raises(BadFile, match="is not whole gzip"):
        read_evidence(write(gzip.compress(CSV.encode() * 99)[:-9], "a.csv.gz"))


def test_cells_of_latex_that_span_rows_hold_in_each_and_the_caption_names_the_metric(write):
    text = r"""\begin{table}\caption{F1 on WikiANN}
\begin{tabular}{llrr} \multirow{2}{*}{Model} & \multirow{2}{*}{Language} & \multicolumn{2}{c}{Setting} \\
 & & plain & long \\ \midrule
\multirow{2}{*}{Rook} & Telugu & 60 & 61 \\ & Finnish & 70 & \textbf{71} \\ \end{tabular}\end{table}"""
    evidence = read_evidence(write(text, "a.tex"))
    assert sorted(evidence.observations.select("model", "metric", "recipe", "target", "score").rows()) == [
        ("Rook", "f1", "long", "fin", 0.71), ("Rook", "f1", "long", "tel", 0.61),
        ("Rook", "f1", "plain", "fin", 0.7), ("Rook", "f1", "plain", "tel", 0.6),
    ]  # fmt: skip
