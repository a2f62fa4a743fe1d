"""An answer as HTML: a page of its own, or what a notebook shows; neither loads anything from outside."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from isogloss.questions.content import Content
from isogloss.text import printable

if TYPE_CHECKING:
    from isogloss.reporting import Document

STYLE = """
.isogloss { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; }
.isogloss .verdict { font-size: 1.15em; font-weight: 600; }
.isogloss table { border-collapse: collapse; margin: 1em 0; }
.isogloss caption { text-align: left; font-weight: 600; padding: .3em 0; }
.isogloss th, .isogloss td { padding: .2em .8em .2em 0; text-align: left; }
.isogloss thead th { border-bottom: 1px solid currentColor; }
.isogloss tbody th { font-weight: normal; }
.isogloss .number { text-align: right; font-variant-numeric: tabular-nums; }
.isogloss img { max-width: 100%; }
.isogloss .notes { color: GrayText; }
"""

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<meta name="color-scheme" content="light">
<title>$title</title>
<style>body { margin: 2rem; } $style</style>
</head>
<body>
<main class="isogloss">
$before
$picture
$after
</main>
</body>
</html>
""")


def answer_page(answer: Content) -> str:
    """A whole page: sentences, picture (with its values on hover), tables and notes."""
    return PAGE.substitute(
        title=_text(answer.verdict or answer.question), style=STYLE, before=_sentences(answer),
        picture=_interactive(answer), after="\n".join([*_tables(answer), _notes(answer)]),
    )  # fmt: skip


def answer_document(answer: Content) -> Document:
    """The same as a document on paper; the picture does not move there."""
    from isogloss.charts import describe, look
    from isogloss.reporting import Document, Items, Picture, Section

    parts: list[Any] = [*answer.sentences[1:]]
    if answer.draw is not None:
        with look(theme="print", titled=False):
            chart = answer.draw()
        parts.append(Picture(chart, describe(chart)))
    parts += [table.grid() for table in answer.tables.values() if table.view().height]
    notes = (*answer.assumptions, *answer.notes)
    return Document(
        answer.verdict.rstrip(".") or answer.question, [Section("", [*parts, *([Items(notes)] if notes else [])])]
    )


def notebook_html(answer: Content, *, picture: bool = True) -> str:
    """What a notebook shows: sentences, main table, picture as an image."""
    image = ""
    if picture and answer.draw is not None:
        from isogloss.charts.files import png

        data = b64encode(png(answer.draw(), 1.5)).decode()
        image = f'<img alt="{_text(answer.verdict)}" src="data:image/png;base64,{data}">'
    parts = [f"<style>{STYLE}</style>", _sentences(answer), *_tables(answer), image, _notes(answer)]
    return f'<div class="isogloss">{"".join(parts)}</div>'


def _sentences(answer: Content) -> str:
    classes = ["verdict"] + [""] * len(answer.sentences)
    return "".join(
        f'<p class="{kind}">{_text(sentence)}</p>' for sentence, kind in zip(answer.sentences, classes, strict=False)
    )


def _tables(answer: Content) -> list[str]:
    from isogloss.reporting import table_html

    return [table_html(table.grid()) for table in answer.tables.values() if table.view().height]


def _notes(answer: Content) -> str:
    return "".join(f'<p class="notes">{_text(note)}</p>' for note in (*answer.assumptions, *answer.notes))


def _interactive(answer: Content) -> str:
    if answer.draw is None:
        return ""
    from isogloss.charts.files import embedded

    return embedded(answer.draw())


def _text(value: str) -> str:
    return escape(printable(value))
