"""A document is read without scripts or a network, by eyes and by screen readers, and no name in it can act."""

from __future__ import annotations

from html.parser import HTMLParser

import altair as alt
import pytest

from isogloss.errors import BadValue
from isogloss.reporting import Document, Grid, Items, Picture, Section, to_html, to_pdf

HOSTILE = "<script>alert(1)</script>\"'#pagebreak()\u202e"


class Elements(HTMLParser):
    """All elements of a page with their attributes, in order."""

    def __init__(self, page: str):
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.all if tag in tags]


def document(name: str = "Yoruba", rows: int = 3) -> Document:
    chart = alt.Chart(alt.Data(values=[{"x": 1}]), title=name).mark_point().encode(x="x:Q")
    table = Grid(("language", "score"), [(f"{name} {row}", str(row)) for row in range(rows)], (False, True), name, name)
    parts = [name, Items([name]), table, Picture(chart, f"{name}: 1")]
    return Document(name, [Section("", parts), Section(name, [name], new_page=True)], footer=name)


def test_a_page_has_landmarks_and_headings_in_order():
    page = Elements(to_html(document()))
    assert [tag for tag, _ in page.all if tag in ("header", "main", "footer", "h1", "h2")] == [
        "header", "h1", "main", "h2", "footer",
    ]  # fmt: skip
    labels = [section.get("aria-labelledby") for section in page.named("section")]
    assert labels == [None, page.named("h2")[0]["id"]]
    assert page.named("html")[0]["lang"] == "en"


def test_tables_have_captions_and_header_cells_and_pictures_a_text():
    page = Elements(to_html(document()))
    assert len(page.named("caption")) == len(page.named("table")) == 1
    assert [head["scope"] for head in page.named("th")] == ["col", "col", "row", "row", "row"]
    assert [image["alt"] for image in page.named("img")] == ["Yoruba: 1"]


def test_a_long_narrow_table_stands_in_two_halves_that_together_have_all_rows():
    grid = document(rows=31).sections[0].parts[2]
    first, second = grid.halves(14)
    assert (*first.rows, *second.rows) == tuple(grid.rows)
    assert (first.title, second.title) == ("Yoruba (1 of 2)", "Yoruba (2 of 2)")


def test_a_long_table_of_wide_cells_stays_whole():
    row = ("Central Atlas Tamazight", *["0.17 (0.15 to 0.19)"] * 3)
    wide = Grid(("language", "mexa", "p@1", "csls"), [row] * 31, (False, True, True, True))
    assert wide.halves(14) == [wide]


@pytest.mark.parametrize("name", [HOSTILE, "</style></title>", "&lt;b&gt;", "'); DROP", "{{ 7*7 }}", "$title"])
def test_names_are_escaped_and_nothing_runs_or_is_loaded(name):
    html = to_html(document(name))
    page = Elements(html)
    assert not page.named("script", "link", "iframe", "object", "embed", "b", "a")
    assert all(image["src"].startswith("data:image/svg+xml") for image in page.named("img"))
    assert "default-src 'none'" in page.named("meta")[2]["content"]
    assert "\u202e" not in html
    assert page.named("table")  # nothing ended an element early


@pytest.mark.parametrize("name", [HOSTILE, '#import "/etc/passwd"', "*bold* $x$ @ref <label>", "Yorùbá Eʋe"])
def test_a_pdf_is_tagged_and_takes_any_name_as_text(name):
    pdf = to_pdf(document(name, rows=31))
    assert pdf.startswith(b"%PDF-")
    assert b"pdfuaid:part" in pdf


def test_a_letter_that_no_font_has_is_named():
    with pytest.raises(BadValue, match="no font on this machine has '\U0003134a'; install a font of that script"):
        to_pdf(document("\U0003134a"))


def test_without_the_typesetter_a_pdf_says_what_to_install(monkeypatch):
    monkeypatch.setattr("isogloss.extras.find_spec", lambda name: None)
    with pytest.raises(Exception, match=r"needs typst, which is not installed; pip install 'isogloss\[pdf\]'"):
        to_pdf(document())
