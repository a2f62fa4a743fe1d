"""Which languages does a model hold well, by its own vectors of parallel sentences?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
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

    from isogloss.alignment import Encodings

WELL, HARDLY = 0.5, 0.1
"""Shares of sentences that find their translation: more is a language held well, less one hardly held."""
MOST_NAMED, MOST_PAIRS = 4, 3
SHOWN_ROWS = 40
SHOWN = {"metric": "metric", "value": "value", "from": "lower", "to": "upper", "chance": "chance",
         "sentences": "n", "": "reason"}  # fmt: skip


class AlignmentQuestion(Question):
    """Tell which languages a model holds well, by its vectors of parallel sentences and without any label."""

    command: ClassVar[str] = "align score"
    positional: ClassVar[tuple[str, ...]] = ("encodings",)
    writes: ClassVar[bool] = True

    encodings: Annotated[
        FilePath, Shell(argument=True, metavar="FOLDER"), Field(description="What 'isogloss align encode' wrote.")
    ]
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(description="Measures by name, such as mexa,p@1,csls,cosine-gap,cka; the first makes the verdict."),
    ] = Field(default_factory=lambda: ["mexa"])
    pivot: Annotated[str, Field(description="The language that all others are compared with.")] = "eng"
    all_pairs: Annotated[bool, Field(description="Compare every two languages instead.")] = False
    languages: EncodedLanguages = Field(default_factory=list)
    layers: Layers = Field(default_factory=list)
    pooling: Annotated[
        str | None, Field(description="How token vectors were pooled; by default as in the measure's source.")
    ] = None
    over: Annotated[
        Literal["mean", "max"], Field(description="What of all layers the verdict is about.")
    ] = "mean"  # fmt: skip
    as_similarity: Annotated[
        str | None,
        Field(description="Keep all pairs as a distance of this name, for --kind, --factors and forecasters."),
    ] = None
    into: Annotated[str | None, Field(description="Store to add the scores to, a folder or s3://...")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Score the languages."""
        import polars as pl

        from isogloss.alignment import Encodings, score

        encodings = Encodings.read(self.encodings)
        chosen = [encodings.find(name) for name in self.languages] or list(encodings.languages)
        pivot, pairs = self._pivot(encodings), self.all_pairs or self.as_similarity is not None
        self._check_similarity()
        scores = score(
            encodings, self.metrics, pivot=pivot, all_pairs=pairs, languages=chosen,
            layers=self.layers or None, pooling=self.pooling, progress=progress,
        )  # fmt: skip
        names = Names(None)
        whole = scores["layers"].unique().to_list()
        pooled = scores.filter(pl.col("layers") == (self.over if self.over in whole else "each"))
        sentences = [*(self._of_pairs(pooled, names) if pairs else self._of_languages(pooled, names, pivot, encodings))]
        sentences += self._written(scores, pooled, encodings)
        ranked = _ranked(pooled, names, self.metrics, None if pairs else pivot)
        tables = {
            "languages": Table(ranked, shown=_shown(ranked, pairs=pairs), rows=SHOWN_ROWS),
            "layers": Table(scores, "Each layer", rows=0),
        }
        return Answer(
            self.command, tuple(sentences), tables, scale=RAW, notes=self._notes(encodings, chosen, pooled),
            result=scores, draw=partial(_draw, ranked, scores, self.metrics[0], sentences[0], names, pairs),
        )  # fmt: skip

    def _pivot(self, encodings: Encodings) -> str:
        return encodings.find(self.pivot, "pivot") if not self.all_pairs and self.as_similarity is None else self.pivot

    def _check_similarity(self) -> None:
        """Refuse what is no similarity before anything is computed."""
        if self.as_similarity is None:
            return
        from isogloss.languages.similarity import check_name_to_keep

        try:
            check_name_to_keep(self.as_similarity)
        except BadValue as error:
            raise error.at("as_similarity") from None
        if len(self.metrics) > 1:
            raise BadValue("one distance has one measure", where="as_similarity", hint=f"metric={self.metrics[0]!r}")
        check_is_similarity(self.metrics[0], "as_similarity")

    def _of_languages(self, pooled: pl.DataFrame, names: Names, pivot: str, encodings: Encodings) -> list[str]:
        """The verdict, and the best and the worst."""
        import polars as pl

        from isogloss.alignment import alignment_measures

        metric = self.metrics[0]
        measure = alignment_measures.get(metric)
        rows = pooled.filter((pl.col("metric") == metric) & (pl.col("lang_b") != pivot)).drop_nulls("value")
        if rows.is_empty():
            return [f"No language has a value of {metric} against {names(_id(pivot))}."]
        rows = rows.sort("value", descending=True)
        best, worst = (_listed(some, names) for some in _ends(rows, MOST_NAMED))
        model, layers = Path(encodings.model).name, self._over(pooled)
        if not measure.of_retrieval:
            what = "" if not measure.of_pairs else f" to {names(_id(pivot))}"
            lowest = [f"Lowest: {worst}."] if worst else []
            return [f"By {metric}{layers}, highest in {model}{what}: {best}.", *lowest]
        well, hardly = int((rows["lower"] > WELL).sum()), int((rows["upper"] < HARDLY).sum())
        return [
            f"{model} holds {well} of {rows.height} languages well and {hardly} hardly, by {metric}{layers}.",
            f"Well: surely more than half of {rows['n'][0]:,} sentences find their translation in {names(_id(pivot))}; "
            "hardly: surely fewer than one in ten.",
            f"Best: {best}.",
            *([f"Worst: {worst}."] if worst else []),
        ]

    def _of_pairs(self, pooled: pl.DataFrame, names: Names) -> list[str]:
        """The nearest pairs and the farthest."""
        import polars as pl

        metric = self.metrics[0]
        rows = pooled.filter((pl.col("metric") == metric) & (pl.col("lang_a") < pl.col("lang_b"))).drop_nulls("value")
        if rows.is_empty():
            return [f"No two languages have a value of {metric}."]
        rows = rows.sort("value", descending=True)
        near, far = (
            ", ".join(f"{names(_id(a))} and {names(_id(b))} ({value:.2f})" for a, b, value in some.rows())
            for some in _ends(rows.select("lang_a", "lang_b", "value"), MOST_PAIRS)
        )
        return [f"Most alike by {metric}{self._over(pooled)}: {near}.", *([f"Least alike: {far}."] if far else [])]

    def _over(self, pooled: pl.DataFrame) -> str:
        return {"each": "", "mean": ", the mean over layers", "max": ", the maximum over layers"}[pooled["layers"][0]]

    def _written(self, scores: pl.DataFrame, pooled: pl.DataFrame, encodings: Encodings) -> list[str]:
        """Keep what was asked to be kept, and say so."""
        import polars as pl

        sentences = []
        if self.as_similarity is not None:
            from isogloss.languages import keep_similarity

            pairs = pooled.select("lang_a", "lang_b", similarity=pl.col("value").clip(0, 1)).drop_nulls()
            keep_similarity(self.as_similarity, pairs)
            sentences.append(f"Kept as the distance '{self.as_similarity}', 1 less {self.metrics[0]}.")
        if self.into is not None:
            from isogloss.alignment.observations import facts_of, observations_of
            from isogloss.evidence import Store

            rows = observations_of(scores, encodings.model, encodings.identity[:12])
            Store(self.into).append(rows, tasks=facts_of(rows))
            sentences.append(f"{counted(rows.height, 'score')} written to {self.into}.")
        return sentences

    def _notes(self, encodings: Encodings, chosen: list[str], pooled: pl.DataFrame) -> tuple[str, ...]:
        """What the values rest on."""
        shared = encodings.parallel(chosen, encodings.layers[0], encodings.poolings[0])
        left_out = f"; {shared.left_out:,} that some languages lack are left out" if shared.left_out else ""
        poolings = ", ".join(dict.fromkeys(pooled["pooling"]))
        notes = [
            f"{counted(len(shared.ids), 'sentence')} that all languages have{left_out}.",
            f"Pooling of tokens: {poolings}. Layers: {encodings.layers[0]} to {encodings.layers[-1]}.",
            "Intervals are 95 %, from resampled sentences; chance is the value of shuffled sentences.",
        ]
        missing = pooled.drop_nulls("reason")
        notes += [f"{row['lang_b']}: {row['reason']}." for row in missing.head(MOST_NAMED).iter_rows(named=True)]
        return tuple(notes)


def check_is_similarity(metric: str, where: str) -> None:
    """Refuse a measure that is no similarity of two languages.

    Raises
    ------
    BadValue, UnknownName
    """
    from isogloss.alignment import alignment_measures

    measure = alignment_measures.get(metric)
    if not (measure.one_with_itself and measure.symmetric):
        reason = f"{metric} is not 1 between a language and itself, or depends on the direction"
        raise BadValue(reason, where=where, hint="use cka, mplm-sim or mexa")


def _id(written: str) -> str:
    from isogloss.languages import resolve

    return resolve(written).id


def _ends(rows: pl.DataFrame, most: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first rows and, from the last on, the last ones; none is in both."""
    first = rows.head(min(most, (rows.height + 1) // 2))
    return first, rows.tail(min(most, rows.height - first.height)).reverse()


def _listed(rows: pl.DataFrame, names: Names) -> str:
    def one(language: str, value: float, lower: float | None, upper: float | None) -> str:
        interval = "" if lower is None else f", {lower:.2f} to {upper:.2f}"
        return f"{names(_id(language))} ({value:.2f}{interval})"

    return "; ".join(one(*row) for row in rows.select("lang_b", "value", "lower", "upper").rows())


def _ranked(pooled: pl.DataFrame, names: Names, metrics: list[str], pivot: str | None) -> pl.DataFrame:
    """Best first, by the first measure; languages as canonical ids with their names, and none with itself."""
    import polars as pl

    from isogloss.alignment import alignment_measures

    twice = [name for name in metrics if pivot is not None or not alignment_measures.get(name).symmetric]
    first, second = pl.col("lang_a"), pl.col("lang_b")
    kept = first.is_null() | (first < second) | ((first != second) & pl.col("metric").is_in(twice))
    pooled = pooled.filter(kept)
    ids = {name: _id(name) for name in {*pooled["lang_a"].drop_nulls(), *pooled["lang_b"]}}
    table = pooled.with_columns(
        other=pl.col("lang_a").replace_strict(ids, return_dtype=pl.String),
        language=pl.col("lang_b").replace_strict(ids, return_dtype=pl.String),
    )
    by = pl.col("value").filter(pl.col("metric") == metrics[0]).first().over("other", "language")
    order = pl.col("metric").replace_strict({name: at for at, name in enumerate(metrics)}, return_dtype=pl.Int64)
    return table.sort(by, "language", order, descending=[True, False, False], nulls_last=True).select(
        "language", names.of("language").alias("name"), "other", names.of("other").alias("other_name"), "metric",
        "value", "lower", "upper", "chance", "n", "pooling", "layers", "layer", "reason",
    )  # fmt: skip


def _shown(ranked: pl.DataFrame, *, pairs: bool) -> dict[str, str]:
    """Columns for a terminal: what is nowhere filled is left out."""
    shown = {"with": "other_name"} if pairs else {}
    columns = {"language": "name"} | shown | SHOWN
    return {key: one for key, one in columns.items() if ranked[one].count()}


def _draw(
    ranked: pl.DataFrame, scores: pl.DataFrame, metric: str, verdict: str, names: Names, pairs: bool
) -> Any:  # fmt: skip
    import polars as pl

    from isogloss.charts import draw_alignment, draw_distances

    canvas = canvas_of(verdict, RAW, names.written)
    rows = ranked.filter(pl.col("metric") == metric)
    if pairs and rows["other"].count():
        kind = f"1 - {metric}"
        both = rows.select("language", "other", (1 - pl.col("value")).clip(0.0).alias(kind))
        return draw_distances(both, kind=kind, canvas=canvas)
    each = scores.filter((pl.col("metric") == metric) & (pl.col("layers") == "each"))
    layers = each.select(pl.col("lang_b").map_elements(_id, return_dtype=pl.String).alias("language"), "layer", "value")
    return draw_alignment(rows, layers, measure=metric, canvas=canvas)
