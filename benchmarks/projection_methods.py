"""Claim: without an encoder, candidates find spans better than linked words do; with one, they are close.

Names of UNER, gold in English, German and Russian on the same sentences of UD-PUD; and runs of proper nouns in ten
other languages of it, whose treebanks differ in what is one. Spans of English are carried to each language by
the maximal span of linked words, by the stretch with the most evidence, by candidates ranked by probability and by
constrained markers; with multilingual-e5-small, and without a model. F1 of whole spans; differences to the maximal
span with the same knowledge have 95 % intervals over sentences, drawn anew in pairs. The temperature and the
probability of no translation of the scorers were chosen on the first 300 sentences, with German and Russian names; a
first look at other formulas had all of these two. Other languages had no part in it. The next 300 sentences are tested.

    python -m benchmarks.projection_methods [draw]    # docs/images/projection-methods.png, from the file
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, ROOT, Array, have_data, machine, points, versions, write_result
from isogloss.languages import resolve
from isogloss.texts import (
    Bitext,
    Projection,
    Span,
    project_probable,
    project_spans,
    read_aligner,
    read_span_scorer,
    read_spans,
)
from isogloss.threads import one_blas_thread

PIVOT, CHOSEN, TESTED = "eng", 300, 300
ENCODER, LEXICAL = read_span_scorer({"name": "encoder"}), read_span_scorer({"name": "lexical"})
Carry = Callable[[Bitext, list[list[str]]], Projection]


LANGUAGES = ("arb", "ces", "fin", "fra", "hin", "ind", "jpn", "kor", "spa", "tur")
"""In which runs of proper nouns are carried."""


class Prepared(NamedTuple):
    """A scorer that has read a bitext, so that several methods ask it without reading anew."""

    scorers: Any

    def prepare(self, bitext: Bitext, origin: str, into: str) -> Any:
        """What is there already."""
        return self.scorers


class Side(NamedTuple):
    """Sentences of one language, and the labels of their spans."""

    words: list[list[str]]
    labels: list[list[str]]


def main() -> None:
    """F1 by language, method and what probabilities come from."""
    if not have_data("ud_pud.parquet", "uner.parquet"):
        return
    began = time.process_time()
    with one_blas_thread():
        rows = []
        for kind, sides in read_sides().items():
            for target in sorted(set(sides) - {PIVOT}):
                rows.append(compared(sides[PIVOT], sides[target], target, kind))
                print(rows[-1], round(time.process_time() - began), flush=True)
    write_result(
        "projection_methods",
        {
            "claim": "spans by alignment, candidates and constrained markers, with an encoder and without",
            "machine": machine(), "versions": versions("numpy", "torch", "transformers"),
            "input": f"UD-PUD and UNER, from English; {TESTED} sentences tested after {CHOSEN} to choose on",
            "cpu_s": round(time.process_time() - began, 1), "languages": rows, "summary": summary(rows),
        },
    )  # fmt: skip


def read_sides() -> dict[str, dict[str, Side]]:
    """Sentences by kind of span and language, in the order of their ids."""
    table = pl.read_parquet(DATA / "ud_pud.parquet").with_columns(pl.col("lang").cast(pl.String))
    nouns = {
        str(code): Side(own["form"].to_list(), [runs(tags) for tags in own["upos"]])
        for (code,), own in table.sort("sent_id").group_by("lang")
        if code in (PIVOT, *LANGUAGES)
    }
    named = pl.read_parquet(DATA / "uner.parquet").with_columns(pl.col("lang", "treebank").cast(pl.String))
    named = named.filter(pl.col("treebank").str.ends_with("PUD")).sort("sent_id")
    names = {str(code): Side(own["form"].to_list(), own["ner"].to_list()) for (code,), own in named.group_by("lang")}
    return {"names": names, "proper nouns": nouns}


def runs(tags: Sequence[str]) -> list[str]:
    """Labels of the longest runs of proper nouns."""
    labels: list[str] = []
    for is_name, run in groupby(tags, key=lambda tag: tag == "PROPN"):
        count = len([*run])
        labels += ["B-NAME", *["I-NAME"] * (count - 1)] if is_name else ["O"] * count
    return labels


def methods(bitext: Bitext, target: str) -> dict[str, tuple[str, Carry]]:
    """Each method, and what its difference is taken to. Links and words without a model are learnt from all."""
    links = {name: read_aligner({"name": name}).align(bitext) for name in ("argmax", "hmm")}

    def along(name: str, how: Any) -> Carry:
        return lambda some, labels: project_spans(some, labels, links[name], method=how)

    def probable(scorer: Any, how: Any, kept: int = 1) -> Carry:
        return lambda some, labels: project_probable(some, labels, scorer, PIVOT, target, method=how, kept=kept)

    found: dict[str, tuple[str, Carry]] = {}
    for name, aligner, scorer in (("encoder", "argmax", ENCODER), ("none", "hmm", LEXICAL)):
        base, scorer = f"{name}: maximal span", Prepared(scorer.prepare(bitext, PIVOT, target))
        found |= {
            base: (base, along(aligner, "widest")),
            f"{name}: most evidence": (base, along(aligner, "best")),
            f"{name}: candidates": (base, probable(scorer, "candidates")),
            f"{name}: constrained": (base, probable(scorer, "constrained")),
            f"{name}: constrained, 5 ranked": (base, probable(scorer, "constrained", 5)),
        }
    return found


def compared(source: Side, own: Side, target: str, kind: str) -> dict[str, Any]:
    """F1 of each method, and its difference with an interval."""
    chosen = slice(0, CHOSEN + TESTED)
    bitext = Bitext(source.words[chosen], own.words[chosen])
    gold = [{*read_spans(one)} for one in own.labels[chosen]]
    counts, every = {}, methods(bitext, target)
    for name, (_, carry) in every.items():
        found = carry(bitext, source.labels[chosen]).labels
        counts[name] = np.array([tallied(one, right) for one, right in zip(found, gold, strict=True)], float)[CHOSEN:]
    row: dict[str, Any] = {"target": target, "kind": kind, "spans": int(next(iter(counts.values()))[:, 2].sum())}
    for name, (base, _) in every.items():
        low, high = interval(counts[name], counts[base])
        row[name] = {"f1": points(f1(counts[name].sum(axis=0)), 1)}
        if name != base:
            difference = f1(counts[name].sum(axis=0)) - f1(counts[base].sum(axis=0))
            row[name] |= {"less_maximal": points(difference, 1), "from": points(low, 1), "to": points(high, 1)}
    return row


def tallied(labels: Sequence[str | None], gold: set[Span]) -> tuple[int, int, int]:
    """Spans that are right, that are there, and that ought to be."""
    made = {*read_spans([label or "O" for label in labels])}
    return len(made & gold), len(made), len(gold)


def f1(counts: Array) -> float:
    """Of sums of right, made and gold spans."""
    return float(2 * counts[..., 0] / np.maximum(1, counts[..., 1] + counts[..., 2]))


def interval(first: Array, second: Array, draws: int = 2000) -> tuple[float, float]:
    """95 % interval of the difference of F1 when sentences are drawn anew, both methods on the same."""
    drawn = np.random.default_rng(0).multinomial(len(first), np.ones(len(first)) / len(first), size=draws)
    scores = [2 * sums[:, 0] / np.maximum(1, sums[:, 1] + sums[:, 2]) for sums in (drawn @ first, drawn @ second)]
    low, high = np.quantile(scores[0] - scores[1], [0.025, 0.975])
    return float(low), float(high)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over languages: mean F1 with proper nouns, and how often a method is better or worse by its interval."""
    own = [row for row in rows if row["kind"] == "proper nouns"]
    found = {}
    for name in (name for name in own[0] if ":" in name):
        cells = [row[name] for row in own]
        found[name] = {"mean_f1": round(float(np.mean([cell["f1"] for cell in cells])), 1)}
        if "from" in cells[0]:
            found[name] |= {
                "mean_less_maximal": round(float(np.mean([cell["less_maximal"] for cell in cells])), 1),
                "better": sum(cell["from"] > 0 for cell in cells), "worse": sum(cell["to"] < 0 for cell in cells),
                "languages": len(cells),
            }  # fmt: skip
    return found


def draw() -> None:
    """Candidates less the maximal span in each language, with intervals, with an encoder and without a model."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    rows = json.loads((RESULTS / "projection_methods.json").read_text())["languages"]
    canvas = Canvas(
        title="Without a model, candidates find more spans than linked words do; with an encoder they are close"
    )
    page = canvas.page(canvas.title, [
        "F1 less that of the maximal span, 95 % intervals over 300 sentences. Names: UNER; else proper nouns."
    ])  # fmt: skip
    panels = []
    for name, title in (("encoder", "multilingual-e5-small"), ("none", "no model, 600 sentences")):
        data = [
            {"language": resolve(row["target"]).name + (", names" if row["kind"] == "names" else ""),
             **{key: row[f"{name}: candidates"][key] for key in ("less_maximal", "from", "to")}}
            for row in rows
        ]  # fmt: skip
        order = [one["language"] for one in sorted(data, key=lambda one: -one["less_maximal"])]
        y = alt.Y("language:N", sort=order, title=None)
        x = alt.X("less_maximal:Q", scale=alt.Scale(domain=[-8, 18]), title=f"points, {title}")
        base = alt.Chart(inline(data)).encode(y=y)
        zero = alt.Chart(inline([{"zero": 0}])).mark_rule(strokeDash=[3, 3]).encode(x="zero:Q")
        bars = base.mark_rule(strokeWidth=2, color=canvas.colours.forecast).encode(x="from:Q", x2="to:Q")
        dots = base.mark_circle(size=70, opacity=1, color=canvas.colours.forecast).encode(x=x)
        panels.append((zero + bars + dots).properties(width=page.width / 2 - 130, height=page.height - 60))
    said = "Differences of F1 by language, in two panels: with an encoder and without a model."
    save(page.finish(alt.hconcat(*panels), said), ROOT / "docs/images/projection-methods.png")


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
