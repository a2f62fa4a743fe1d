"""Evidence as a notebook shows it: how much there is, a corner of the table of languages and models, assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from isogloss.text import counted, printable

if TYPE_CHECKING:
    import polars as pl


MOST_LANGUAGES, MOST_MODELS = 8, 5


def evidence_html(rows: pl.DataFrame, notes: Sequence[str]) -> str:
    """The HTML of observations and of what was assumed in reading them; every name is escaped.

    Notes
    -----
    The table holds the mean scores of the task and metric with most scores, of the languages and models with most
    of these, in the scale in which they were written.
    """
    counts = [
        f"{rows.height:,} {'score' if rows.height == 1 else 'scores'}", counted(rows["model"].n_unique(), "model"),
        counted(rows["target"].n_unique(), "language"), counted(rows["task"].n_unique(), "task"),
    ]  # fmt: skip
    assumed = "".join(f"<li>{_text(note)}</li>" for note in notes)
    table = _table(rows) if rows.height else ""
    return f"<div><p><b>Evidence</b>: {', '.join(counts)}</p>{table}{f'<ul>{assumed}</ul>' if assumed else ''}</div>"


def _table(rows: pl.DataFrame) -> str:
    import polars as pl

    task, metric = _most(rows, "task", "metric", most=1)[0]
    rows = rows.filter(task=task, metric=metric)
    models = [model for (model,) in _most(rows, "model", most=MOST_MODELS)]
    languages = [language for (language,) in _most(rows, "target", most=MOST_LANGUAGES)]
    means = rows.group_by("target", "model").agg(pl.col("score").mean())
    scores = {(target, model): score for target, model, score in means.iter_rows()}
    percent = "percent" in rows["scale"].unique()
    head = "".join(f'<th scope="col">{_text(model)}</th>' for model in models)
    body = "".join(
        f'<tr><th scope="row">{_text(_name(language))}</th>'
        + "".join(f"<td>{_cell(scores.get((language, model)), percent=percent)}</td>" for model in models)
        + "</tr>"
        for language in languages
    )
    more_languages, more_models = rows["target"].n_unique() - len(languages), rows["model"].n_unique() - len(models)
    further = {"more language": more_languages, "more model": more_models}
    left = [counted(count, noun) for noun, count in further.items() if count]
    rest = f"<p>and {' and '.join(left)}</p>" if left else ""
    caption = f"<caption>{_text(task)}, {_text(metric)}: mean scores</caption>"
    head = f'<tr><th scope="col">language</th>{head}</tr>'
    return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>{rest}"


def _most(rows: pl.DataFrame, *columns: str, most: int) -> list[tuple[str, ...]]:
    """The values with most rows, in the order of their names where there are as many."""
    counts = rows.group_by(columns).len().sort("len", *columns, descending=[True, *[False] * len(columns)])
    return counts.select(columns).head(most).rows()


def _name(language: str) -> str:
    from isogloss.languages import resolve

    return resolve(language).name


def _cell(score: float | None, *, percent: bool) -> str:
    if score is None:
        return "-"
    return f"{100 * score:.1f}" if percent else f"{score:.3f}"


def _text(value: str) -> str:
    return escape(printable(value))
