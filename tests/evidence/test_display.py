"""Evidence in a notebook: counts, a corner of its table, what was assumed; no name acts on the page."""

from __future__ import annotations

import polars as pl

from isogloss.evidence import read_evidence


def scores(models: list[str], languages: list[str]) -> pl.DataFrame:
    rows = [(model, language, 50.0) for model in models for language in languages]
    table = pl.DataFrame(rows, schema=["model", "target", "score"], orient="row")
    return table.with_columns(task=pl.lit("topics"), metric=pl.lit("accuracy"), train=pl.lit(""))


def test_counts_names_and_scores_are_shown_as_they_were_written():
    shown = read_evidence(scores(["a", "b"], ["deu", "yor"]), scale="percent")._repr_html_()
    assert "4 scores, 2 models, 2 languages, 1 task" in shown
    assert '<tr><th scope="row">Yoruba</th><td>50.0</td><td>50.0</td></tr>' in shown


def test_names_are_escaped():
    shown = read_evidence(scores(["<script>alert(1)</script>\x1b[31m"], ["deu"]), scale="percent")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "\x1b" not in shown


def test_a_large_table_is_cut_and_what_is_left_is_counted():
    languages = "deu eng fra spa ita pol rus hin arb zho".split()
    shown = read_evidence(scores(list("abcdef"), languages), scale="percent")._repr_html_()
    assert "and 2 more languages and 1 more model</p>" in shown
