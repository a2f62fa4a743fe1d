"""Sections of a report on alignment, made from answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.questions.align_score import HARDLY, WELL
from isogloss.questions.content import Content, Table
from isogloss.questions.report_text import file_facts, made_with, origin
from isogloss.questions.typed import command
from isogloss.text import counted, sentence

if TYPE_CHECKING:
    import polars as pl

    from isogloss.alignment import Encodings
    from isogloss.questions.question import Question
    from isogloss.reporting import Document, Grid, Picture, Section

MOST_BADLY = 40
"""Languages that are listed as held badly."""
LOWEST = 10
"""Languages that are listed as the lowest, by a measure that has no line between well and badly."""
VALUES = {"value": "value", "from": "lower", "to": "upper", "chance": "chance"}


def of_layers(scored: Content) -> pl.DataFrame:
    """The mean of all languages at each layer, with an interval from languages drawn anew.

    Returns
    -------
    polars.DataFrame
        `metric`, `layer`, `value`, `lower`, `upper`, `chance` and `languages`.
    """
    import polars as pl

    from isogloss.stats import bootstrap_interval

    scores = scored.tables["layers"].frame.filter(layers="each").drop_nulls("value")
    scores = scores.filter(pl.col("lang_a").is_null() | (pl.col("lang_a") != pl.col("lang_b")))
    rows = []
    for (metric, layer), part in scores.group_by("metric", "layer", maintain_order=True):
        values = part["value"].to_numpy()
        lower, upper = bootstrap_interval(values) if len(values) > 1 else (None, None)
        rows.append({"metric": metric, "layer": layer, "value": float(values.mean()), "lower": lower, "upper": upper,
                     "chance": part["chance"].mean(), "languages": len(values)})  # fmt: skip
    schema = dict.fromkeys(("value", *("lower", "upper", "chance")), pl.Float64)
    return pl.DataFrame(rows, schema={"metric": pl.String, "layer": pl.Int64} | schema | {"languages": pl.Int64})


def in_one_sentence(layers: pl.DataFrame, metric: str) -> Iterator[str]:
    """At which layer languages are nearest to the pivot."""
    import polars as pl

    own = layers.filter(pl.col("metric") == metric)
    if own.height < 2:
        return
    best = own.sort("value", descending=True, maintain_order=True).row(0, named=True)
    interval = "" if best["lower"] is None else f" ({best['lower']:.2f} to {best['upper']:.2f})"
    mean = counted(best["languages"], "language")
    yield f"By layer, {metric} is highest at layer {best['layer']}: {best['value']:.2f}{interval}, the mean of {mean}."


@dataclass(frozen=True)
class Material:
    """What a report is composed of.

    Attributes
    ----------
    question : Question
        For the command that makes the report again.
    encodings : Encodings
    answers : mapping of str to Content
        `languages` against the pivot, `similarity` of every two, `probes` and `transfer` where there are labels, and
        `tokens` where they were counted.
    layers : polars.DataFrame
        See `of_layers`.
    metrics : sequence of str
        The first makes the finding.
    over : str
        What of all layers the finding is about.
    similarity : str
    corpus : object
        Of the tokens, if any.
    appendix : bool
    """

    question: Question
    encodings: Encodings
    answers: Mapping[str, Content]
    layers: pl.DataFrame
    metrics: Sequence[str]
    over: str
    similarity: str
    corpus: Any
    appendix: bool


def compose(material: Material, out: str) -> Document:
    """The document: what was found, layers, every two languages, probes, tokens, who is held badly, method, data."""
    from isogloss.reporting import Document, Section

    answers, scored = material.answers, material.answers["languages"]
    sections = [_finding(scored), *_layers(material, scored), _alike(answers["similarity"])]
    if "probes" in answers:
        sections += _probes(answers["probes"], answers["transfer"])
    if "tokens" in answers:
        tokens = answers["tokens"]
        sections.append(
            Section("What a sentence costs in tokens", [*tokens.sentences, _picture(tokens), _grid(tokens)])
        )
    sections += [
        _badly(material, scored),
        _every_language(scored, answers.get("probes")),
        _method(material),
        _data(material, scored, out),
    ]
    if material.appendix:
        every = Table(scored.tables["layers"].frame.drop("reason"), "Every measure by language and layer", digits=3)
        sections.append(Section("Appendix", [every.grid(whole=True)], new_page=True))
    return Document(scored.verdict.rstrip("."), sections, footer=origin())


def _finding(scored: Content) -> Section:
    from isogloss.reporting import Section

    return Section("", [*scored.sentences[1:], _picture(scored)])


def _layers(material: Material, scored: Content) -> list[Section]:
    """The measure by layer, where there are several."""
    import polars as pl

    from isogloss.questions.names import Names
    from isogloss.questions.pictures import canvas_of
    from isogloss.reporting import Section

    layers, metric = material.layers, material.metrics[0]
    if layers["layer"].n_unique() < 2:
        return []
    each = scored.tables["layers"].frame.filter(
        (pl.col("metric") == metric) & (pl.col("layers") == "each")
        & (pl.col("lang_a").is_null() | (pl.col("lang_a") != pl.col("lang_b")))
    )  # fmt: skip
    ids = {one: _id(one) for one in each["lang_b"].unique()}
    each = each.with_columns(language=pl.col("lang_b").replace_strict(ids, return_dtype=pl.String))

    def draw() -> Any:
        from isogloss.charts import draw_layer_curves

        return draw_layer_curves(each, measure=metric, canvas=canvas_of("", scored.scale, Names(None).written))

    title = "Mean of all languages by layer; intervals are of languages drawn anew"
    grid = _beside_each_other(layers.with_columns(pl.col("layer").cast(pl.String)), "layer", title)
    return [Section("Layers", [*in_one_sentence(layers, metric), _drawn(draw), grid])]


def _alike(answer: Content) -> Section:
    from isogloss.reporting import Section

    return Section("How alike the languages are to each other", [*answer.sentences, _picture(answer)])


def _probes(probes: Content, transfer: Content) -> Iterator[Section]:
    """What a probe reads, by layer and language, and what of it carries over."""
    from isogloss.reporting import Section

    layers = probes.tables["layers"].grid(whole=True)
    yield Section("What a linear probe reads", [*probes.sentences, _picture(probes), layers])
    shown: list[Any] = [*transfer.sentences, _picture(transfer)]
    if "matrix" in transfer.views and transfer.views["matrix"] is not transfer.draw:
        shown.append(_drawn(transfer.views["matrix"]))
    yield Section("What carries over from language to language", [*shown, _grid(transfer)])


def _badly(material: Material, scored: Content) -> Section:
    """Languages of which the measure surely is low; by a measure without such a line, the lowest."""
    import polars as pl

    from isogloss.alignment import alignment_measures
    from isogloss.reporting import Section

    metric = material.metrics[0]
    rows = scored.table.filter(metric=metric).drop_nulls("value").sort("value", maintain_order=True)
    shown = {"language": "name", **VALUES}
    if not alignment_measures.get(metric).of_retrieval:
        lowest = Table(rows.head(LOWEST), f"The lowest by {metric}", shown, digits=2)
        return Section("Languages it holds worst", [f"{metric} has no line between well and badly.", lowest.grid()])
    badly = rows.filter(pl.col("upper") < WELL)
    title = "Languages it holds badly"
    if badly.is_empty():
        return Section(
            title, ["None: in no language do surely fewer than half of the sentences find their translation."]
        )
    hardly = badly.filter(pl.col("upper") < HARDLY).height
    said = (
        f"In {counted(badly.height, 'language')} of {rows.height}, surely fewer than half of the sentences find their "
        f"translation by {metric}; in {hardly} of them, fewer than one in ten."
    )
    return Section(title, [said, Table(badly, "The worst first", shown, digits=2, rows=MOST_BADLY).grid()])


def _every_language(scored: Content, probes: Content | None) -> Section:
    """All languages, the measures beside each other, and the accuracy of a probe where there are labels."""
    import polars as pl

    from isogloss.reporting import Section

    columns = ("language", "name", "metric", "value", "lower", "upper")
    table = scored.table.select(columns)
    if probes is not None:
        read = probes.tables["languages"].frame.with_columns(metric=pl.lit("probe"))
        read = read.rename({"accuracy": "value"}).select(columns)
        table = pl.concat([table, read.filter(pl.col("language").is_in(table["language"].implode()))])
    return Section("Every language", [_beside_each_other(table, "name", "Best first", key="language")])


def _beside_each_other(table: pl.DataFrame, by: str, title: str, *, key: str = "layer") -> Grid:
    """A line for each `key`, called as `by` says, with a column for each measure."""
    import polars as pl

    from isogloss.reporting import Grid

    text = pl.struct("value", "lower", "upper").map_elements(_with_interval, return_dtype=pl.String)
    wide = table.with_columns(text=text).select(key=key, called=by, metric="metric", text="text")
    wide = wide.pivot("metric", index=["key", "called"], values="text", maintain_order=True).drop("key")
    rows = [[cell or "-" for cell in row] for row in wide.iter_rows()]
    head = {"name": "language"}.get(by, by)
    return Grid((head, *wide.columns[1:]), rows, (False, *(True for _ in wide.columns[1:])), title)


def _with_interval(row: Mapping[str, float | None]) -> str:
    value, lower, upper = row["value"], row["lower"], row["upper"]
    if value is None:
        return "-"
    return f"{value:z.2f}" if lower is None or upper is None else f"{value:z.2f} ({lower:z.2f} to {upper:z.2f})"


def _method(material: Material) -> Section:
    """How the numbers were made, in five lines."""
    from isogloss.alignment import alignment_measures
    from isogloss.reporting import Items, Section

    encodings = material.encodings
    names = dict.fromkeys([*material.metrics, material.similarity])
    measures = "; ".join(f"{name}: {_summary(alignment_measures.get(name))}" for name in names)
    layers = f"{counted(len(encodings.layers), 'layer')} of {encodings.model}"
    lines = [
        f"The same sentences in {counted(len(encodings.languages), 'language')} went through {layers}, without a "
        "label; a sentence is one vector per layer, made of the vectors of its tokens.",
        f"Measures: {measures}.",
        f"The finding is about the {'mean' if material.over == 'mean' else 'maximum'} over layers; layer 0 are the "
        "embeddings.",
        "Intervals are 95 %, from sentences drawn anew; chance is the value of shuffled sentences.",
        "A language whose translations lie near those of another may still do badly at a task: test it there.",
    ]
    return Section("Method", [Items([*lines])])


def _summary(measure: type[Any]) -> str:
    text = inspect.cleandoc(measure.__doc__ or "").partition("\n")[0].rstrip(".")
    return text[:1].lower() + text[1:].replace("`", "")


def _data(material: Material, scored: Content, out: str) -> Section:
    """What was encoded with which model, and how to make the report again."""
    from isogloss.reporting import Items, Section

    encodings, facts = material.encodings, material.encodings.facts
    lines = [
        f"Model: {encodings.model}, fingerprint {facts.fingerprint or 'not known'}; vectors of {facts.dimension} "
        "numbers.",
        f"Encodings: {encodings.folder.name}, identity {encodings.identity[:16]}...",
        *scored.notes[:2],
        *scored.notes[3:],
    ]
    if material.corpus is not None:
        lines += [f"Corpus of the tokens: {text}" for text in file_facts(material.corpus)]
    made = [made_with(), f"Command: {command(material.question, out)}"]
    return Section("Data, and how to make this report again", [Items([*map(sentence, lines), *made])])


def _picture(answer: Content) -> Picture:
    return _drawn(answer.draw)


def _drawn(draw: Callable[[], Any] | None) -> Picture:
    """A picture for paper, without the title that the page says already."""
    from isogloss.charts import describe, look
    from isogloss.reporting import Picture

    assert draw is not None, "answers about alignment have a picture"
    with look(theme="print", titled=False):
        chart = draw()
    return Picture(chart, describe(chart))


def _grid(answer: Content) -> Grid:
    return next(iter(answer.tables.values())).grid(whole=True)


def _id(written: str) -> str:
    from isogloss.languages import resolve

    return resolve(written).id
