"""Does a model give the same answers in every language?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about_items import ITEMS, AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.answering import Among, language_ids, read_about
from isogloss.questions.fields import ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import Consistency
    from isogloss.models.respondents import Meter

PAIRS = {"RankC": "rankc", "from": "rankc_lower", "to": "rankc_upper", "after chance": "rankc_corrected",
         "same best": "same_best", "Jaccard": "jaccard", "kappa": "kappa", "agreement": "agreement"}  # fmt: skip
LANGUAGES = {"accuracy": "accuracy", "RankC": "rankc", "after chance": "rankc_corrected", "Jaccard": "jaccard",
             "kappa with English": "kappa_with_english"}  # fmt: skip
TITLES = {"rankc": "RankC", "kappa": "kappa"}
EXPLAINED = {
    "rankc": "RankC: 1 if both languages rank all candidates alike. Random rankings are above 0, see the notes.",
    "kappa": "Kappa: 1 if two languages are right on the same items, 0 if as often as by chance at their accuracies.",
}
SHOWN = 10


class ConsistencyQuestion(AboutItems, RunsModels):
    """Tell whether a model answers alike in every language: RankC of candidates, Jaccard and kappa of right answers."""

    command: ClassVar[str] = "behaviour consistency"

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=ITEMS)] = None
    facts: Annotated[
        Any, Shell(kind=str, metavar="FACTS"), Field(description="Table of questions for the model, instead of items.")
    ] = None
    languages: ReadAs = Field(default_factory=dict)
    task: Annotated[str | None, Field(description="Only this task.")] = None
    model: Annotated[str | None, Field(description=f"Only this model; with facts, the one to run. {MODEL}")] = None
    targets: Among = Field(default_factory=list)
    shared: Annotated[bool, Field(description="Leave out items that are not the same in all languages.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Compare every two languages."""
        from isogloss.behaviour import score_consistency
        from isogloss.behaviour.ratings import with_right

        meter = self.meter()
        items = self._read() if self.facts is None else self._answered(meter, progress)
        judged = items if "candidate" in items.columns else with_right(items)
        result = score_consistency(judged, shared=self.shared, level=self.level, seed=self.seed)
        names = Names(None, written_names(items) if "written" in items.columns else {})
        main = "rankc" if "rankc" in result.pairs.columns else "kappa"
        sentences = tuple(_sentences(result, main, names))
        return Answer(
            self.command, sentences, _tables(result, main, names, self.level), scale=FRACTION,
            notes=(*_notes(main), *(meter_notes(meter) if meter.prompts else ())), details=meter_details(meter),
            result=result, draw=partial(_draw, result, main, names, canvas_of(sentences[0], FRACTION)),
        )  # fmt: skip

    def _read(self) -> pl.DataFrame:
        """Answers of a table."""
        import polars as pl

        from isogloss.behaviour import read_items
        from isogloss.behaviour.items import OUTCOMES

        if self.items is None:
            hint = "give a table of answers, or facts=... and the model=... that answers them"
            raise BadValue("no items", where="items", hint=hint)
        read = read_items(self.items, columns=self.columns, languages=self.languages, roles=(*OUTCOMES, "candidate"))
        items = self.chosen(read)
        return items.filter(pl.col("language").is_in(language_ids(self.targets))) if self.targets else items

    def _answered(self, meter: Meter, progress: Progress | None) -> pl.DataFrame:
        """Answers of a model to facts."""
        from isogloss.behaviour import answer_questions

        if self.items is not None:
            raise BadValue("both items and facts", where="facts", hint="give one of them")
        if self.model is None:
            raise BadValue("no model to answer the facts", where="model", hint="give model=...")
        questions = read_about(self.facts, self.columns, self.languages, self.targets)
        respondent = self.respondent(self.model)
        return answer_questions(
            respondent, questions, listed=self.listed, candidates=respondent.has_likelihoods, template=self.template,
            meter=meter, progress=progress,
        )  # fmt: skip


def _tables(result: Consistency, main: str, names: Names, level: float) -> dict[str, Table]:
    about = {"model": "model"} if result.pairs["model"].n_unique() > 1 else {}
    pairs = result.pairs.with_columns(names.of("language").alias("name"), names.of("other").alias("other_name"))
    pairs = pairs.sort(main, "language", "other", nulls_last=True, maintain_order=True)
    languages = result.languages.with_columns(names.of("language").alias("name"))
    intervals = f"; {100 * level:g} % intervals, items drawn anew" if main == "rankc" else ""
    title = f"Least consistent pairs{intervals}"
    named = {"language": "name"}
    both = named | {"other": "other_name"}
    return {
        "pairs": Table(pairs, title, about | both | _present(PAIRS, pairs), rows=SHOWN),
        "languages": Table(
            languages, "By language: means over its pairs", about | named | _present(LANGUAGES, languages)
        ),
    }  # fmt: skip


def _present(shown: dict[str, str], table: pl.DataFrame) -> dict[str, str]:
    """The columns that there are."""
    return {title: name for title, name in shown.items() if name in table.columns}


def _sentences(result: Consistency, main: str, names: Names) -> list[str]:
    said = []
    models = _best_first(result, main)
    best = models.row(0, named=True)
    who = best["model"] or "The model"
    if best[main] is None:
        return ["Every language is always right or always wrong, so agreement beyond chance does not exist."]
    chance = f" ({best['rankc_corrected']:.3f} after chance)" if main == "rankc" else ""
    over = f"over {counted(best['pairs'], 'pair')} of languages"
    several = models.height > 1
    first = f"Most consistent of {models.height} models: {who}, " if several else f"{who}: "
    said.append(f"{first}{TITLES[main]} {best[main]:.3f}{chance} on average {over}.")
    pairs = result.pairs.filter(model=best["model"]).drop_nulls(main).sort(main, "language", "other")
    if pairs.height > 1:
        least, most = (pairs.row(place, named=True) for place in (0, -1))
        ends = [f"{names(row['language'])} and {names(row['other'])} ({row[main]:.3f})" for row in (least, most)]
        said.append(f"Least alike: {ends[0]}; most alike: {ends[1]}.")
    return said


def _best_first(result: Consistency, main: str) -> pl.DataFrame:
    """Means over pairs of languages, the most consistent model first."""
    import polars as pl

    models = result.pairs.group_by("model", maintain_order=True).agg(pl.col(pl.Float64).mean(), pairs=pl.len())
    return models.sort(main, descending=True, nulls_last=True, maintain_order=True)


def _notes(main: str) -> tuple[str, ...]:
    notes = [
        "Consistency says nothing of being right: languages may agree on wrong answers.",
        "Jaccard and agreement rise with accuracy; kappa takes off what accuracies give by chance.",
    ]
    if main == "rankc":
        notes.append("RankC of random rankings is .31 with 5 candidates, .16 with 10: read it after chance. Ties are "
                     "broken at random.")  # fmt: skip
    return tuple(notes)


def _draw(result: Consistency, main: str, names: Names, canvas: Any) -> Any:
    """Every two languages of the most consistent model."""
    from isogloss.charts import Matrix, draw_matrix

    model = _best_first(result, main)["model"][0]
    pairs = result.pairs.filter(model=model)
    means = result.languages.filter(model=model).sort(main, "language", descending=[True, False], nulls_last=True)
    order = means["language"].to_list()
    value = {
        key: one for first, second, one in pairs.select("language", "other", main).iter_rows()
        for key in ((first, second), (second, first))
    }  # fmt: skip
    values = [[value.get((one, other)) for other in order] for one in order]
    called = [names(one) for one in order]
    return draw_matrix(
        Matrix(called, called, values, TITLES[main]),
        lines=[*([model] if result.pairs["model"].n_unique() > 1 else []), EXPLAINED[main]],
        canvas=canvas,
    )
