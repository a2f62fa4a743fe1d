"""In which language does a model go on inside, when it reads another?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import Corpus
from isogloss.questions.fields import Languages, Level
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SHOWN = {"reads": "read_name", "layer": "layer", "own": "own", "highest other": "other_name", "its share": "other",
         "shared": "shared", "none": "none", "bits": "entropy"}  # fmt: skip
NOTES = (
    "Shares are of the probability of the next token. 'shared' has tokens that several of these languages use; "
    "'none' has those without letters and those of other scripts.",
    "Tokens are told apart by how often these languages use them: a language that is not among them cannot be seen.",
    "The lens uses the output of the last layer for all: early layers can look emptier than they are.",
)


class LatentQuestion(Question):
    """Tell in which language a decoder would go on after each layer, by the logit lens."""

    command: ClassVar[str] = "align latent"
    positional: ClassVar[tuple[str, ...]] = ("model", "corpus")

    model: Annotated[
        str, Field(description="Folder of a decoder's checkpoint, or the name of a model that was downloaded.")
    ]
    corpus: Corpus
    languages: Languages = Field(default_factory=list)
    sentences: Annotated[int, Field(ge=2, description="Of each language, that are read.")] = 40
    positions: Annotated[int, Field(ge=1, description="Places in each sentence where the next token is looked at.")] = 4
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Of which sentences are read.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Look through the lens."""
        from isogloss.alignment import latent_language, load_reader, read_corpus

        corpus = read_corpus(self.corpus)
        corpus = corpus.select(self.languages) if self.languages else corpus
        reader = load_reader(self.model)
        shares = latent_language(
            reader, corpus, sentences=self.sentences, positions=self.positions, level=self.level, seed=self.seed,
            progress=progress,
        )  # fmt: skip
        names = Names(None)
        table = _table(shares, names)
        sentences = tuple(_sentences(Path(self.model).name, table))
        shown = _layers_shown(table["layer"].max())  # type: ignore[arg-type]  # of whole numbers
        tables = {
            "layers": Table(table.filter(table["layer"].is_in(shown)), "Share of languages by layer", SHOWN, digits=2),
            "shares": Table(shares, "Share of each language in each layer", rows=0),
        }
        read = f"{counted(self.sentences, 'sentence')} of each language, at {counted(self.positions, 'place')} each."
        return Answer(
            self.command, sentences, tables, scale=RAW, notes=(read, *NOTES), result=shares,
            draw=partial(_draw, table, sentences[0], names),
        )  # fmt: skip


def _layers_shown(last: int) -> list[int]:
    """At most nine layers, evenly spaced."""
    import numpy as np

    return sorted({int(one) for one in np.linspace(0, last, min(last, 8) + 1).round()})


def _table(shares: pl.DataFrame, names: Names) -> pl.DataFrame:
    """One row per language that is read and layer: its own share, the highest of another, and the rest."""
    import polars as pl

    from isogloss.alignment.latent import OTHER, SHARED
    from isogloss.languages import resolve

    ids = {one: resolve(one).id for one in shares["read"].unique()}
    key = ["read", "layer"]
    own = shares.filter(pl.col("read") == pl.col("language"))
    own = own.select(*key, "entropy", own="share", own_lower="lower", own_upper="upper", own_uniform="uniform")
    rest = shares.filter((pl.col("read") != pl.col("language")) & ~pl.col("language").is_in([SHARED, OTHER]))
    first = rest.sort("share", descending=True, maintain_order=True).group_by(key, maintain_order=True).first()
    others = first.select(*key, other_language="language", other="share", other_lower="lower", other_upper="upper")
    table = own.join(others, on=key, how="left")
    for name in (SHARED, OTHER):
        table = table.join(shares.filter(language=name).select(*key, pl.col("share").alias(name)), on=key)
    table = table.with_columns(
        pl.col("read").replace_strict(ids), pl.col("other_language").replace_strict(ids, default=None)
    )
    return table.with_columns(
        names.of("read").alias("read_name"), names.of("other_language").alias("other_name")
    ).sort("read", "layer")  # fmt: skip


def _sentences(model: str, table: pl.DataFrame) -> Iterator[str]:
    """Through which language most are read, and what is told and not told of the inner layers."""
    import polars as pl

    last = int(table["layer"].max())  # type: ignore[arg-type]  # of whole numbers
    middle = table.filter((pl.col("layer") >= last // 2) & (pl.col("layer") < last))
    reads = table["read"].unique()
    through = middle.filter(pl.col("other_lower") > pl.col("own_upper"))
    by = through.group_by("read", "read_name", "other_name").agg(
        pl.len(), pl.col("layer").min(), last=pl.col("layer").max()
    )
    by = by.sort("len", "read", descending=[True, False]).unique("read", keep="first", maintain_order=True)
    latent = by.group_by("other_name").len().sort("len", "other_name", descending=[True, False])
    if latent.is_empty():
        yield f"{model} goes on in the language that it reads: no other one leads in any layer of the second half."
    else:
        name, number = latent.row(0)
        of = reads.len() - int((table["read_name"] == name).any())
        share = float(through.filter(other_name=name)["other"].mean())  # type: ignore[arg-type]  # of numbers
        yield (
            f"{model} goes on in {name} inside: it leads when {number} of {counted(of, 'other language')} "
            f"{'is' if number == 1 else 'are'} read, with {share:.0%} of the probability."
        )
        for row in by.head(4).iter_rows(named=True):
            yield f"{row['read_name']}: {row['other_name']} leads surely in layers {row['layer']} to {row['last']}."
    output = table.filter(layer=last)
    lost = output.filter(pl.col("other_lower") > pl.col("own_upper"))
    yield (
        f"At the output, the language that is read leads in {output.height - lost.height} of "
        f"{counted(output.height, 'language')} or is not surely behind."
    )
    unclear = float((middle["shared"] + middle["none"]).mean())  # type: ignore[arg-type]  # of numbers
    yield f"In the second half of the layers, {unclear:.0%} of the probability is of tokens of no single language."


def _draw(table: pl.DataFrame, verdict: str, names: Names) -> Any:
    """Two lines for each language that is read: its own share and the highest of another in each layer."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    rows, values = [], []
    for _, own in table.group_by("read", maintain_order=True):
        second = own["other_name"].drop_nulls().mode().sort()
        name = own["read_name"][0]
        rows += [f"{name}: itself", f"{name}: {second[0] if len(second) else 'another'}"]
        named = own.with_columns(pl.when(pl.col("other_name") == second.first()).then("other").alias("of_other"))
        values += [own["own"].to_list(), named["of_other"].to_list()]
    layers = [str(layer) for layer in table["layer"].unique().sort()]
    return draw_matrix(
        Matrix(rows, layers, values, "share of the next token by layer"),
        lines=["Two rows for each language that is read: tokens of itself, and of the other language that comes up."],
        canvas=canvas_of(verdict, RAW, names.written),
    )
