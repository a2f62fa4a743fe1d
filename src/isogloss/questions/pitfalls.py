"""Which harmless sentence makes a model lose in another language what it knows in English?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.answering import language_ids, read_about
from isogloss.questions.fields import Level, NameList, OptionalPath, Pairs, ReadAs, Shell, Target
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour.pitfalls import Pitfalls, Sentence
    from isogloss.texts.translators import Translator

QUESTIONS = (
    "Table of questions with item, language, question, choices and answer, in English and the target, see "
    "docs/how-to/pitfalls.md; or what to ask with the names of the Unicode CLDR: official-languages, currencies, "
    "countries or scripts."
)
SENTENCES = (
    "Table of harmless sentences with item (their id), language and sentence; {choice} stands for a wrong choice. By "
    "default, facts of the questions, or with a translator five that ship."
)
TRANSLATOR = "What translates questions that the target lacks: name=apertium, name=seq2seq and checkpoint=FOLDER, ..."
PAIRS = {"half": "half", "question in English": "question", "in the target": "question_target", "right": "right",
         "simulators right": "rate_target", "lost by": "lost_by"}  # fmt: skip
EFFECTS = {"sentence": "sentence", "place": "place", "English": "accuracy_english", "target": "accuracy_target",
           "drop": "drop", "from": "drop_lower", "to": "drop_upper", "right in both": "kept",
           "lost": "lost_target", "lost in English": "lost_english", "p (Holm)": "p_holm"}  # fmt: skip
TRIED = {"sentence": "english", "place": "place", "tries": "tries", "lost": "wins", "chosen": "chosen"}
SHOWN_PAIRS, SHOWN = 2, 5
FEWEST_KEPT = 20
"""Questions right in both languages below which little can be shown."""


class PitfallsQuestion(RunsModels):
    """Search sentences that make models lose a question in one language and keep it in English.

    Simulators choose the sentences on half of the questions; other models are measured on the other half.
    """

    command: ClassVar[str] = "behaviour pitfalls"
    positional: ClassVar[tuple[str, ...]] = ("questions",)
    writes: ClassVar[bool] = True

    questions: Annotated[Any, Shell(kind=str, metavar="QUESTIONS"), Field(description=QUESTIONS)]
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as item=question_nr."),
    ] = Field(default_factory=dict)
    languages: ReadAs = Field(default_factory=dict)
    models: Annotated[
        NameList, Shell(flags=("--model", "--models"), kind=str), Field(description=f"Models to measure. {MODEL}")
    ]
    simulators: Annotated[NameList, Field(description="Other models, whose answers decide which sentences are chosen.")]
    target: Target
    sentences: Annotated[Any, Shell(kind=str, metavar="SENTENCES"), Field(description=SENTENCES)] = None
    translator: Annotated[Pairs, Shell(metavar="NAME=VALUE"), Field(description=TRANSLATOR)] = Field(
        default_factory=dict
    )
    budget: Annotated[
        int, Field(ge=2, description="Questions put to simulators at most; the control takes as many again.")
    ] = 500
    method: Annotated[
        Literal["thompson", "beam", "random"],
        Field(description="How sentences are drawn: from what they did so far, as released, or at random."),
    ] = "thompson"
    chosen: Annotated[int, Field(ge=1, description="Sentences that are measured on fresh questions.")] = 3
    fresh: Annotated[int | None, Field(ge=1, description="Fresh questions at most; by default half of all.")] = None
    skip_control: Annotated[
        bool, Field(description="Leave out the control, English against English in other words.")
    ] = False
    benchmark: Annotated[
        OptionalPath, Field(description="New folder for the pairs as a benchmark that other tools run.")
    ] = None
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Search, measure, and write the benchmark where one is wanted."""
        from isogloss.behaviour.pitfalls import pair_questions, search_pitfalls, write_benchmark

        (target,) = language_ids([self.target])
        translator = self._translator()
        questions = self._questions(target, translator)
        pairs = pair_questions(questions, target, seed=self.seed)
        sentences = self._sentences(target, translator)
        meter = self.meter()
        result = search_pitfalls(
            pairs, [self.respondent(name) for name in self.simulators], [self.respondent(name) for name in self.models],
            sentences=sentences, budget=self.budget, method=self.method, chosen=self.chosen, fresh=self.fresh,
            control=not self.skip_control, level=self.level, seed=self.seed, listed=self.listed,
            template=self.template, meter=meter, progress=progress,
        )  # fmt: skip
        if self.benchmark is not None:
            write_benchmark(result.pairs, target, self.benchmark, self.template)
        name = Names(None, written_names(questions))(target)
        said = tuple(sentences_of(result, name))
        return Answer(
            self.command, said, _tables(result), scale=FRACTION, flags=_flags(result),
            notes=(*_notes(result, len(pairs)), *meter_notes(meter)), details=meter_details(meter) | result.calls,
            result=result, draw=partial(_draw, result, canvas_of(said[0], FRACTION)),
        )  # fmt: skip

    def _translator(self) -> Translator | None:
        from isogloss.texts.translators import read_translator

        if not self.translator:
            return None
        several = {name: value.split(",") for name, value in self.translator.items() if name == "pairs"}
        return read_translator(self.translator | several)

    def _questions(self, target: str, translator: Translator | None) -> pl.DataFrame:
        """From the table or from CLDR, with what a translator adds."""
        from isogloss.behaviour.pitfalls import cldr_questions, translate_questions
        from isogloss.behaviour.pitfalls.cldr import KINDS

        source = self.questions
        if isinstance(source, str) and source in KINDS:
            source = cldr_questions(source, target, seed=self.seed)
        questions = read_about(source, self.columns, self.languages, [])
        return questions if translator is None else translate_questions(questions, target, translator)

    def _sentences(self, target: str, translator: Translator | None) -> list[Sentence]:
        """Of the table, else those that can be translated."""
        from isogloss.behaviour.pitfalls import read_sentences, translated_sentences

        if self.sentences is not None:
            return read_sentences(self.sentences, target, languages=self.languages)
        return [] if translator is None else translated_sentences(target, translator)


def _tables(result: Pitfalls) -> dict[str, Table]:
    import polars as pl

    right = pl.struct("choices", "place").map_elements(lambda row: row["choices"][row["place"]], return_dtype=pl.String)
    pairs = result.pairs.with_columns(right.alias("right"))
    several = result.effects["model"].n_unique() > 1
    effects = with_words(result, result.effects)
    about = {"model": "model"} if several else {}
    control = {"against": pl.when("control").then(pl.lit("English")).otherwise(pl.lit("target"))}
    return {
        "pairs": Table(pairs, "Questions right in English by all simulators and lost in the target, and fresh ones",
                       PAIRS, rows=SHOWN_PAIRS),
        "effects": Table(effects, f"On fresh questions; drop: 1 - target / English, {100 * result.level:g} % intervals",
                         about | control | EFFECTS),
        "sentences": Table(result.sentences.sort("mean", descending=True, maintain_order=True),
                           "What sentences did to simulators", TRIED, rows=SHOWN),
    }  # fmt: skip


def with_words(result: Pitfalls, effects: pl.DataFrame) -> pl.DataFrame:
    """Effects with the words of each sentence in place of its id."""
    import polars as pl

    words = dict(result.sentences.select("sentence", "english").iter_rows())
    named = pl.col("sentence").replace(words)
    return effects.with_columns(sentence=pl.when(pl.col("kind") == "chosen").then(named).otherwise(pl.col("kind")))


def sentences_of(result: Pitfalls, target: str) -> Iterator[str]:
    """What a search came to, in words; first the verdict."""
    finds = with_words(result, result.finds.filter(~result.finds["control"])).sort("excess", descending=True)
    measured = result.effects.filter(~result.effects["control"])
    models = measured["model"].unique(maintain_order=True).to_list()
    who = " and ".join(models) if len(models) < 3 else f"{len(models)} models"
    if finds.is_empty():
        yield f"No sentence was shown to make {who} lose answers in {target} that stay right in English."
    else:
        row = finds.row(0, named=True)
        ends = f"{100 * row['excess_lower']:.0f} to {100 * row['excess_upper']:.0f}"
        yield (
            f"{row['model']} loses {100 * row['excess']:.0f} points more of its right answers in {target} than in "
            f"English ({ends}) if '{row['sentence']}' stands {row['place']} the question."
        )
        if finds.height > 1:
            yield f"{counted(finds.height, 'find')} in all, of {_tests(measured)}."
    for row in measured.filter(kind="as is").iter_rows(named=True):
        shares = f"{100 * row['accuracy_english']:.0f} % right in English and {100 * row['accuracy_target']:.0f} %"
        yield f"Without any sentence, {row['model']} has {shares} in {target}."
        if row["kept"] < FEWEST_KEPT:
            yield f"Right in both: only {counted(row['kept'], 'fresh question')}, so little can be shown."
    for row in measured.filter(kind="random").drop_nulls("excess").iter_rows(named=True):
        yield f"Random sentences: {100 * row['excess']:+.0f} points more lost by {row['model']} in {target}."
    control = result.effects.filter("control")
    if control.height:
        wrong = result.finds.filter("control").height
        yield f"Control, English against English in other words: {counted(wrong, 'find')} of {_tests(control)}."


def _tests(effects: pl.DataFrame) -> str:
    return counted(effects["p_holm"].count(), "test")


def _notes(result: Pitfalls, pairs: int) -> Iterator[str]:
    good = result.pairs.filter(half="search")
    yield (
        f"{counted(pairs, 'question')} in both languages, half searched and half kept fresh. The search put "
        f"{result.calls['search']:,} questions to simulators, and found {good.height:,} pairs of "
        f"{counted(good['item'].n_unique(), 'item')}."
    )
    yield "Sentences are chosen by simulators on the searched half; other models are measured on the fresh half alone."
    yield (
        "lost: right in both languages without the sentence, and wrong in the target alone with it. That must be more "
        "than is lost in English alone (McNemar's exact test), and more than beside random sentences (permutation "
        "test); Holm corrects the larger p for all sentences and models."
    )
    yield "A drop without any sentence is the gap between the languages, not a pitfall."


def _flags(result: Pitfalls) -> pl.DataFrame:
    """What makes the answer weak."""
    import polars as pl

    rows = []
    for row in result.effects.filter(kind="as is", control=False).iter_rows(named=True):
        if row["kept"] < FEWEST_KEPT:
            meaning = f"Only {counted(row['kept'], 'question')} right in both languages: little can be shown."
            rows.append({"about": row["model"], "flag": "few_right", "meaning": meaning})
    if not result.sentences["chosen"].any():
        meaning = "No sentence made simulators lose a question; none is measured."
        rows.append({"about": "sentences", "flag": "none_chosen", "meaning": meaning})
    if result.finds.filter("control").height:
        meaning = "The control has finds: other words alone may make models lose answers."
        rows.append({"about": "control", "flag": "control_finds", "meaning": meaning})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _draw(result: Pitfalls, canvas: Any) -> Any:
    """What sentences make models lose."""
    from isogloss.charts import draw_pitfalls

    return draw_pitfalls(with_words(result, result.effects), result.level, canvas=canvas)
