"""Do a few examples from one culture help with questions about another?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about_items import ITEMS, AboutItems
from isogloss.questions.answer import Answer, Table
from isogloss.questions.answering import read_about
from isogloss.questions.fields import NameList, ReadAs, Settings, Shell
from isogloss.questions.pictures import canvas_of
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import CulturalTransfer
    from isogloss.models.respondents import Meter

GAINS = {"demonstrations from": "demonstrations_country", "questions about": "country", "gain": "gain",
         "from": "lower", "to": "upper", "without": "zero_shot", "items": "items", "draws": "draws"}  # fmt: skip
ARMS = {"arm": "arm", "against": "against", "demonstrations": "kind", "difference": "difference",
        "from": "lower", "to": "upper", "items": "items"}  # fmt: skip
GAIN_SIDES = ("demonstrations_country", "country")
WORDS = {"own": "of the same country", "other": "of other countries", "control": "of controls"}


class CultureQuestion(AboutItems, RunsModels):
    """Tell what demonstrations from one country change in questions about another, from items or by asking a model."""

    command: ClassVar[str] = "behaviour culture"

    items: Annotated[
        Any, Shell(flags=("--items",), kind=str, argument=True, metavar="ITEMS"),
        Field(description=f"{ITEMS} With demonstrations, a table of questions for the model."),
    ]  # fmt: skip
    languages: ReadAs = Field(default_factory=dict)
    task: Annotated[str | None, Field(description="Only this task.")] = None
    model: Annotated[
        str | None, Field(description=f"Only this model; with demonstrations, the one to run. {MODEL}")
    ] = None
    demonstrations: Annotated[
        int | None, Field(ge=1, description="Ask the model with so many demonstrations of each country; 12 say much.")
    ] = None
    draws: Annotated[int, Field(ge=1, description="Sets of demonstrations of each country, for a model.")] = 3
    controls: Annotated[
        NameList,
        Shell(flags=("--control", "--controls"), kind=str),
        Field(description="Countries whose questions are shown and not scored, such as those of another region."),
    ] = Field(default_factory=list)
    arms: Annotated[
        NameList,
        Shell(flags=("--arms", "--arm"), kind=str),
        Field(
            description="Put demonstrations before questions (in-context), or train a local decoder on them: sft, dpo, "
            "ditto."
        ),
    ] = Field(default_factory=lambda: ["in-context"])
    training: Annotated[
        Settings, Field(description="Parameters of training, such as steps=30 and learning_rate=3e-5.")
    ] = Field(default_factory=dict)
    shared: Annotated[bool, Field(description="Leave out items that are not answered under all demonstrations.")] = (
        False
    )

    def answer(self, progress: Progress | None = None) -> Answer:
        """Score the gains."""
        from isogloss.behaviour import score_cultural_transfer

        meter = self.meter()
        items = self._read() if self.demonstrations is None else self._answered(self.demonstrations, meter, progress)
        result = score_cultural_transfer(items, shared=self.shared, level=self.level, seed=self.seed)
        sentences = tuple(_sentences(result))
        about = {"model": "model"} if result.models["model"].n_unique() > 1 else {}
        about |= {"arm": "arm"} if "arm" in result.models.columns else {}
        means = {"own": "own", "other": "other", "controls": "control", "other - controls": "other_less_control",
            "from": "other_less_control_lower", "to": "other_less_control_upper"}  # fmt: skip
        title = (
            f"Accuracy gained by demonstrations; {100 * self.level:g} % intervals, items and demonstrations drawn anew"
        )
        tables = {
            "gains": Table(result.gains, title, about | GAINS, rows=25),
            "models": Table(result.models, "Means of the gains by kind of demonstrations", about | means),
        }
        if result.arms.height:
            title = "Arms compared on the same questions and demonstrations"
            tables["arms"] = Table(result.arms, title, ({"model": "model"} if "model" in about else {}) | ARMS)
        return Answer(
            self.command, sentences, tables, scale=FRACTION, flags=_flags(result),
            notes=(*NOTES, *(meter_notes(meter) if meter.prompts else ())), details=meter_details(meter),
            result=result, draw=partial(_draw, result.gains, sentences[0]),
        )  # fmt: skip

    def _read(self) -> pl.DataFrame:
        """Answers of a table."""
        from isogloss.behaviour import read_items
        from isogloss.behaviour.items import OUTCOMES

        roles = (*OUTCOMES, "text", "answers", "demonstrations_country", "draw", "arm")
        return self.chosen(read_items(self.items, columns=self.columns, languages=self.languages, roles=roles))

    def _answered(self, demonstrations: int, meter: Meter, progress: Progress | None) -> pl.DataFrame:
        """Answers of a model to questions, with and without demonstrations."""
        from isogloss.behaviour.demonstrations import answer_with_demonstrations
        from isogloss.lab.tuning import Tuning

        if self.model is None:
            raise BadValue("no model to show demonstrations to", where="model", hint="give model=...")
        read = read_about(self.items, self.columns, self.languages, [])
        questions = self.model_copy(update={"model": None}).chosen(read)
        return answer_with_demonstrations(
            self.respondent(self.model), questions, demonstrations=demonstrations, draws=self.draws,
            controls=self.controls, listed=self.listed, template=self.template, arms=self.arms,
            tuning=Tuning.read(self.training, where="training"), seed=self.seed, meter=meter,
            progress=progress,
        )  # fmt: skip


NOTES = (
    "Controls are demonstrations from no country that is scored: random ones, or another region. A gain that controls "
    "give as well is one of the format, not of culture.",
    "Questions must not be among the demonstrations, or gains are too large.",
)


def _sentences(result: CulturalTransfer) -> list[str]:
    said = []
    for row in result.models.iter_rows(named=True):
        parts = [f"{100 * row[kind]:+.0f} points by demonstrations {words}" for kind, words in WORDS.items()
                 if row[kind] is not None]  # fmt: skip
        arm = f" ({row['arm']})" if row.get("arm") else ""
        said.append(f"{row['model'] or 'The model'}{arm}: {', '.join(parts)}.")
        if row["other_less_control"] is None:
            said.append("Without controls, the format of demonstrations cannot be told from their culture.")
            continue
        low, high = row["other_less_control_lower"], row["other_less_control_upper"]
        ends = f"({100 * low:+.0f} to {100 * high:+.0f} points)"
        shown = "more than" if low > 0 else "less than" if high < 0 else "not shown to differ from"
        help_ = "help" if low > 0 or high < 0 else "are"
        said.append(f"Demonstrations of other countries {help_} {shown} controls {ends}.")
    return [*said, *_compared(result.arms)]


def _compared(arms: pl.DataFrame) -> Iterator[str]:
    """Each arm against the first, by what demonstrations of other countries gain, or else of the own."""
    for (_, against), rows in arms.group_by("model", "against", maintain_order=True):
        if against != arms["against"][0]:
            continue
        kind = "other" if "other" in rows["kind"] else "own"
        for row in rows.filter(kind=kind).iter_rows(named=True):
            low, high = row["lower"], row["upper"]
            differs = "more than" if low > 0 else "less than" if high < 0 else "not shown to differ from"
            gains = "gains" if low > 0 or high < 0 else "is"
            ends = f"{100 * row['difference']:+.0f} points, {100 * low:+.0f} to {100 * high:+.0f}"
            yield f"By demonstrations {WORDS[kind]}, {row['arm']} {gains} {differs} {against} ({ends})."


def _flags(result: CulturalTransfer) -> pl.DataFrame:
    """Where intervals leave something out."""
    import polars as pl

    once = result.gains.filter(pl.col("draws") == 1)["demonstrations_country"].unique(maintain_order=True).to_list()
    rows = [
        {"about": ", ".join(once), "flag": "one_draw",
         "meaning": "One set of demonstrations: the interval does not hold how far another would differ."}
    ] if once else []  # fmt: skip
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _draw(gains: pl.DataFrame, verdict: str) -> Any:
    """The gain matrix of the first model, in its first arm."""
    from isogloss.charts import Matrix, draw_matrix

    several = gains["model"].n_unique() > 1
    gains = gains.filter(model=gains["model"][0])
    arm = [gains["arm"][0]] if "arm" in gains.columns else []
    gains = gains.filter(arm=arm[0]) if arm else gains
    sources, countries = (gains[name].unique(maintain_order=True).to_list() for name in GAIN_SIDES)
    values = {(one, other): gain for one, other, gain in gains.select(*GAIN_SIDES, "gain").iter_rows()}
    most = max(0.05, *(abs(gain) for gain in values.values()))
    framed = frozenset(
        (row, column) for row, one in enumerate(sources) for column, other in enumerate(countries) if one == other
    )
    grid = [[values.get((one, other)) for other in countries] for one in sources]
    said = "Row: the country of the demonstrations. Column: that of the questions. With a frame: the same."
    of_one = ", ".join([*([gains["model"][0]] if several else []), *arm])
    return draw_matrix(
        Matrix(sources, countries, grid, "gain in accuracy", low=-most, high=most, framed=framed),
        lines=[*([of_one] if of_one else []), said],
        diverging=True,
        canvas=canvas_of(verdict, FRACTION),
    )
