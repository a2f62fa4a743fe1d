"""How stable are a model's vectors when it is tuned, or when the prompt changes?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.align_score import SHOWN
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import EncodedLanguages, Layers
from isogloss.questions.fields import FilePath, NameList, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SAME = 1e-6
"""How near to 1 all values of a layer are where vectors differ by rounding at most."""
MOST_NAMED = 4
SHOWN_ROWS = 40


class CompareVectorsQuestion(Question):
    """Compare the vectors of the same texts by layer: before and after tuning, or in two prompts."""

    command: ClassVar[str] = "align compare"
    positional: ClassVar[tuple[str, ...]] = ("encodings", "against")

    encodings: Annotated[
        FilePath, Shell(argument=True, metavar="FOLDER"), Field(description="What 'isogloss align encode' wrote.")
    ]
    against: Annotated[
        FilePath,
        Shell(argument=True, metavar="OTHER"),
        Field(description="The same texts by another model of that shape, or in other prompts, with the same ids."),
    ]
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(description="Measures by name; the first makes the verdict. mplm-sim is the mean cosine."),
    ] = Field(default_factory=lambda: ["cka", "mplm-sim"])
    languages: EncodedLanguages = Field(default_factory=list)
    layers: Layers = Field(default_factory=list)
    pooling: Annotated[
        str | None, Field(description="How token vectors were pooled; by default as in the measure's source.")
    ] = None
    seed: Annotated[int, Field(ge=0, description="Seed of the bootstrap.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Compare layer by layer."""
        import polars as pl

        from isogloss.alignment import Encodings, score_against
        from isogloss.languages import resolve

        first, second = Encodings.read(self.encodings), Encodings.read(self.against)
        scores = score_against(
            first, second, self.metrics, languages=self.languages or None, layers=self.layers or None,
            pooling=self.pooling, seed=self.seed, progress=progress,
        )  # fmt: skip
        names = Names(None)
        ids = {one: resolve(one).id for one in scores["language"].unique()}
        scores = scores.with_columns(pl.col("language").replace_strict(ids, return_dtype=pl.String))
        scores = scores.with_columns(name=names.of("language"))
        each = scores.filter(layers="each")
        sentences = tuple(self._sentences(scores, names))
        columns = {key: one for key, one in {"language": "name", "layer": "layer", **SHOWN}.items()
                   if scores[one].count() and (one != "name" or len(ids) > 1)}  # fmt: skip
        tables = {"layers": Table(each, "By layer", columns, rows=SHOWN_ROWS),
                  "all": Table(scores, "Each layer, and over layers", rows=0)}  # fmt: skip
        notes = tuple(_notes(scores, first.model, second.model))
        return Answer(
            self.command, sentences, tables, scale=RAW, notes=notes, result=scores,
            draw=lambda: _draw(each, self.metrics[0], sentences[0], names),
        )  # fmt: skip

    def _sentences(self, scores: pl.DataFrame, names: Names) -> Iterator[str]:
        """Where vectors are alike and where not; the least stable language; layers that are the same."""
        import polars as pl

        metric = self.metrics[0]
        rows = scores.filter(metric=metric).drop_nulls("value")
        each = rows.filter(layers="each")
        if each.is_empty():
            yield f"No language has a value of {metric}."
            return
        one, other = Path(self.encodings).name, Path(self.against).name
        least, most = (each.sort("value", descending=end, maintain_order=True).row(0, named=True)
                       for end in (False, True))  # fmt: skip
        several = rows["language"].n_unique() > 1
        if each.height == 1:
            yield f"Vectors in {one} and {other} by {metric}, at layer {least['layer']}: {_value(least)}."
            return
        places = [f"{_value(row)} at layer {row['layer']}" for row in (least, most)]
        of = [f" of {names(row['language'])}" if several else "" for row in (least, most)]
        said = [f"{place}{whose}" for place, whose in zip(places, of, strict=True)]
        yield f"Vectors in {one} and {other} are least alike by {metric} with {said[0]}, most with {said[1]}."
        if several:
            mean = rows.filter(layers="mean").sort("value", maintain_order=True).head(MOST_NAMED)
            listed = "; ".join(f"{names(row['language'])} {_value(row)}" for row in mean.iter_rows(named=True))
            if listed:
                yield f"Least alike over layers: {listed}."
        same = each.group_by("layer").agg(alike=(pl.col("value") > 1 - SAME).all()).sort("layer")
        alike = same.filter("alike")["layer"].to_list()
        if alike:
            yield f"The same in both but for rounding: {counted(len(alike), 'layer')} ({_listed(alike)})."


def _value(row: dict[str, Any]) -> str:
    interval = "" if row["lower"] is None else f" ({row['lower']:.2f} to {row['upper']:.2f})"
    return f"{row['value']:.2f}{interval}"


def _listed(layers: list[int]) -> str:
    whole = layers == list(range(layers[0], layers[-1] + 1)) and len(layers) > 2
    return f"{layers[0]} to {layers[-1]}" if whole else ", ".join(map(str, layers))


def _notes(scores: pl.DataFrame, first: str, second: str) -> Iterator[str]:
    """What the values rest on."""
    by = scores.unique(["language", "n", "left_out"], maintain_order=True)
    texts, left_out = sum(by["n"].to_list()), sum(by["left_out"].to_list())
    rest = f"; {left_out:,} that one of them lacks are left out" if left_out else ""
    yield f"{counted(texts, 'text')} that both have{rest}. Models: {first}; {second}."
    yield f"Pooling of tokens: {', '.join(dict.fromkeys(scores['pooling']))}. Layer 0 are the embeddings."
    yield "Intervals are 95 %, from resampled texts; chance is the value of shuffled texts."
    yield from (
        f"{row['name']}: {row['reason']}."
        for row in scores.drop_nulls("reason").unique("language").head(MOST_NAMED).iter_rows(named=True)
    )


def _draw(each: pl.DataFrame, metric: str, verdict: str, names: Names) -> Any:
    from isogloss.charts import draw_layer_curves

    return draw_layer_curves(
        each.filter(metric=metric), measure=metric, canvas=canvas_of(verdict, RAW, names.written)
    )  # fmt: skip
