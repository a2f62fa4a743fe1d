"""An answer as a terminal shows it."""

from __future__ import annotations

from isogloss.layout import Column, lay_out, paragraph
from isogloss.questions.content import Content, Table
from isogloss.text import counted, printable, printable_lines


def answer_text(answer: Content, width: int, *, why: bool = False) -> str:
    """Verdict, tables and notes, broken at `width` between words and never within a number."""
    parts = [_paragraphs(answer.sentences, width)]
    parts += [table_text(table, width) for table in answer.tables.values() if table.view().height]
    # The layout of a sheet, and how an import says otherwise, are for --why; rows left out are not.
    said = [one for one in answer.assumptions if one.startswith("assumed") or " left out: " in one]
    assumed = [one.partition("; to say otherwise")[0] for one in said]
    shown = (answer.assumptions, answer.notes) if why else (tuple(assumed),)
    parts += [_paragraphs(group, width) for group in shown]
    return "\n\n".join(part for part in parts if part)


def table_text(table: Table, width: int) -> str:
    """A table in columns, or one field per line where they do not fit."""
    view = table.view()
    columns = [
        Column(printable(one.name), [printable(table.cell(value)) for value in one.to_list()], one.dtype.is_numeric())
        for one in view
    ]
    header, body = lay_out(columns, width)
    title = [_paragraphs((table.title,), width)] if table.title else []
    left = table.frame.height - view.height
    return "\n".join([*title, *header, *body, *([f"... and {counted(left, 'row')} more"] if left else [])])


def _paragraphs(sentences: tuple[str, ...], width: int) -> str:
    return "\n".join(line for sentence in sentences for line in paragraph(printable_lines(sentence), width))
