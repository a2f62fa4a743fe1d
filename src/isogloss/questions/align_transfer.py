"""Does what a probe learns in one language carry over to others, less to distant ones, and is one for all as good?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import InputError
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import EncodedLanguages
from isogloss.questions.fields import FilePath, NameList, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from isogloss.alignment import Encodings, ProbeTransfer

SIGNIFICANT = 0.05
MOST_CONFUSED = 3
SHOWN_ROWS = 40
FITS = {"response": "response", "against": "against", "slope": "slope", "per": "unit", "r": "correlation", "p": "p",
        "p (Holm)": "p_holm", "": "reason"}  # fmt: skip
LANGUAGES = {"language": "name", "own": "own", "all": "all", "difference": "difference", "from": "lower", "to": "upper",
             "same size": "same_size"}  # fmt: skip


class TransferQuestion(Question):
    """Test probes of each language in all others, regress that on distance, and compare one probe for all with each."""

    command: ClassVar[str] = "align transfer"
    positional: ClassVar[tuple[str, ...]] = ("encodings", "task")

    encodings: Annotated[
        FilePath, Shell(argument=True, metavar="FOLDER"), Field(description="What 'isogloss align encode' wrote.")
    ]
    task: Annotated[
        Any,
        Shell(kind=str, metavar="FILE"),
        Field(
            description="Labels, as for 'align probe'; or 'language', for which languages are taken for each other. "
            "Without it, only measures of alignment are regressed."
        ),
    ] = None
    label: Annotated[
        str | None,
        Field(description="Column of the labels, where it is not label, category, topic, class, upos or tag."),
    ] = None
    against: Annotated[
        NameList, Field(description="Kinds of distance, such as geographic,genetic, or a similarity of your own.")
    ] = Field(default_factory=lambda: ["geographic"])
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(description="Measures of alignment of every two languages that are regressed, too, such as cka,p@1."),
    ] = Field(default_factory=lambda: ["cka"])
    languages: EncodedLanguages = Field(default_factory=list)
    layer: Annotated[int | None, Field(description="The layer; by default the last.")] = None
    pooling: Annotated[str | None, Field(description="How token vectors were pooled; by default mean.")] = None
    folds: Annotated[int, Field(ge=2, le=20, description="Parts of the sentences; each is tested once.")] = 5
    seeds: Annotated[int, Field(ge=1, le=100, description="How often sentences are dealt to folds anew.")] = 3
    permutations: Annotated[int, Field(ge=99, le=1_000_000, description="Of languages, for each p-value.")] = 9999
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Probe, score and regress."""
        import polars as pl

        from isogloss.alignment import Encodings, against_distance, probe_transfer
        from isogloss.alignment.probing import chosen_layer

        if self.task is None and not self.metrics:
            raise InputError("nothing to regress", where="task", hint="give task='topics.csv', or metrics='cka'")
        encodings = Encodings.read(self.encodings)
        chosen = [encodings.find(one) for one in self.languages] or list(encodings.languages)
        layer = chosen_layer(encodings, self.layer)
        transfer = None if self.task is None else probe_transfer(
            encodings, self.task, column=self.label, languages=chosen, layer=layer, pooling=self.pooling,
            folds=self.folds, seeds=self.seeds, seed=self.seed, progress=progress,
        )  # fmt: skip
        found = [
            against_distance(responses, languages, self.against, permutations=self.permutations, seed=self.seed)
            for languages, responses in self._responses(encodings, chosen, layer, transfer, progress)
        ]
        fits = _corrected(pl.concat(one.fits for one in found))
        points = pl.concat(one.points for one in found)
        names, model = Names(None), Path(encodings.model).name
        sentences = (*_of_transfer(transfer, model, layer, names), *_of_fits(fits), *_of_all(transfer, names))
        tables = {"distance": Table(fits, "Against distance", _shown(fits))}
        if transfer is not None and transfer.languages.height:
            named = _named(transfer.languages, names)
            tables["languages"] = Table(
                named, "One probe for all languages, or one for each", LANGUAGES, rows=SHOWN_ROWS
            )
        if transfer is not None:
            tables["pairs"] = Table(transfer.pairs, "Every two languages", rows=0)
        drawn = partial(_draw, fits, points, sentences[0], names) if fits["slope"].count() else None
        views = {} if transfer is None else {"matrix": partial(_draw_matrix, transfer, sentences[0], names)}
        return Answer(
            self.command, sentences, tables, scale=FRACTION, notes=tuple(_notes(fits, transfer, self.folds)),
            result=transfer, draw=drawn or views.get("matrix"), views=views,
        )  # fmt: skip

    def _responses(
        self, encodings: Encodings, chosen: list[str], layer: int, transfer: ProbeTransfer | None,
        progress: Progress | None,
    ) -> Iterator[tuple[tuple[str, ...], Mapping[str, NDArray[np.float64]]]]:  # fmt: skip
        """Languages, and what holds between them by name: transfer, and measures of alignment."""
        from isogloss.alignment import score
        from isogloss.alignment.labels import VARIETY

        if transfer is not None:
            values, name = transfer.matrix(), transfer.labels.name
            responses = {"confusion": values} if name == VARIETY else {
                f"{name} transfer": values, f"{name} transfer less own": values - values.diagonal()
            }  # fmt: skip
            yield transfer.labels.languages, responses
        if self.metrics:
            scores = score(
                encodings, self.metrics, all_pairs=True, languages=chosen, layers=[layer], pooling=self.pooling,
                seed=self.seed, progress=progress,
            ).filter(layers="each")  # fmt: skip
            yield (
                tuple(chosen),
                {
                    name: scores.filter(metric=name)["value"].to_numpy().reshape(len(chosen), -1)
                    for name in self.metrics
                },
            )


def _corrected(fits: pl.DataFrame) -> pl.DataFrame:
    """With p-values that are corrected for all regressions together."""
    import polars as pl

    from isogloss.stats import holm

    return fits.with_columns(pl.Series("p_holm", holm(fits["p"].to_list()), dtype=pl.Float64))


def _of_transfer(transfer: ProbeTransfer | None, model: str, layer: int, names: Names) -> Iterator[str]:
    """How much carries over, or who is taken for whom."""
    import polars as pl

    from isogloss.alignment.labels import VARIETY

    if transfer is None:
        return
    pairs = transfer.pairs.filter(pl.col("source") != pl.col("target")).sort("accuracy", descending=True)
    own = transfer.pairs.filter(pl.col("source") == pl.col("target"))["accuracy"].to_numpy().mean()
    if transfer.labels.name == VARIETY:
        most = "; ".join(
            f"{names(_id(source))} for {names(_id(target))} ({share:.2f})"
            for source, target, share in pairs.head(MOST_CONFUSED).select("source", "target", "accuracy").iter_rows()
        )
        languages = counted(len(transfer.labels.languages), "language")
        yield f"A linear probe tells {languages} apart at layer {layer} of {model} with accuracy {own:.2f}."
        yield f"Most often taken for another: {most}."
        return
    best, worst = pairs.row(0, named=True), pairs.row(-1, named=True)
    yield (
        f"A linear probe of {transfer.labels.name} at layer {layer} of {model} that learnt from one language has "
        f"accuracy {pairs['accuracy'].to_numpy().mean():.2f} in others and {own:.2f} in its own."
    )
    yield (
        f"Highest from {names(_id(best['source']))} to {names(_id(best['target']))} ({best['accuracy']:.2f}), lowest "
        f"from {names(_id(worst['source']))} to {names(_id(worst['target']))} ({worst['accuracy']:.2f})."
    )


def _of_fits(fits: pl.DataFrame) -> Iterator[str]:
    """Whether what holds between languages goes with distance."""
    for row in fits.iter_rows(named=True):
        what = f"{row['response'].capitalize()} against {row['against']} distance"
        if row["slope"] is None:
            yield f"{what}: no regression, {row['reason']}."
            continue
        goes = "falls" if row["slope"] < 0 else "rises"
        told = "more than by chance" if row["p_holm"] < SIGNIFICANT else "not more than by chance"
        yield (
            f"{what}: it {goes} by {abs(row['slope']):.3f} per {row['unit']}, {told} (correlation "
            f"{row['correlation']:.2f}, p {row['p']:.3f} from permuted languages, {row['p_holm']:.3f} corrected)."
        )


def _of_all(transfer: ProbeTransfer | None, names: Names) -> Iterator[str]:
    """Whether one probe for all languages is as good as one for each."""
    import polars as pl

    if transfer is None or transfer.languages.is_empty():
        return
    table, mean = transfer.languages, transfer.mean
    worse = [names(_id(one)) for one in table.filter(pl.col("interference"))["language"]]
    yield (
        f"One probe for all languages less one for each: {mean['difference']:+.3f} ({mean['lower']:+.3f} to "
        f"{mean['upper']:+.3f}); from as many sentences as one language has {mean['same_size_difference']:+.3f} "
        f"({mean['same_size_lower']:+.3f} to {mean['same_size_upper']:+.3f})."
    )
    better = f"Surely better in {counted(int(table['gain'].sum()), 'language')} of {table.height}"
    yield f"{better}; interference in {', '.join(worse)}." if worse else f"{better}; interference in none."


def _notes(fits: pl.DataFrame, transfer: ProbeTransfer | None, folds: int) -> Iterator[str]:
    """What the numbers rest on."""
    for against, left_out in fits.select("against", "left_out").unique(maintain_order=True).iter_rows():
        if left_out:
            yield f"Left out of a regression on {against} distance, for want of numbers: {', '.join(left_out)}."
    yield "Permuted are languages, rows and columns together (Mantel): pairs that share one are not independent."
    if transfer is not None:
        labels = transfer.labels
        if labels.unlabelled or labels.unencoded:
            yield f"{labels.unlabelled:,} vectors have no label, {labels.unencoded:,} labels no vector."
        if transfer.zeros:
            yield f"Vectors of nothing but zeros, which no model makes of a sentence: {transfer.zeros:,}."
        yield (
            f"Sentences are dealt to {folds} folds; a sentence is tested by probes that saw it in no language. "
            "Intervals are 95 %, from resampled sentences and seeds."
        )
        yield "The penalty of the probe for all languages is as large against the mean loss as that of one language."


def _shown(fits: pl.DataFrame) -> dict[str, str]:
    return {header: name for header, name in FITS.items() if fits[name].count()}


def _named(table: pl.DataFrame, names: Names) -> pl.DataFrame:
    import polars as pl

    ids = {one: _id(one) for one in table["language"]}
    return table.with_columns(pl.col("language").replace_strict(ids)).with_columns(name=names.of("language"))


def _id(written: str) -> str:
    from isogloss.languages import resolve

    return resolve(written).id


def _draw(fits: pl.DataFrame, points: pl.DataFrame, verdict: str, names: Names) -> Any:
    from isogloss.charts import draw_pair_regressions

    return draw_pair_regressions(fits, points, canvas=canvas_of(verdict, FRACTION, names.written))


def _draw_matrix(transfer: ProbeTransfer, verdict: str, names: Names) -> Any:
    from isogloss.charts import Matrix, draw_matrix

    values = transfer.matrix()
    called = [names(_id(one)) for one in transfer.labels.languages]
    title = f"{transfer.labels.name}: from the language of a row to that of a column"
    matrix = Matrix(called, called, values.tolist(), title, float(values.min()), float(values.max()))
    return draw_matrix(matrix, lines=[title], canvas=canvas_of(verdict, FRACTION, names.written))
