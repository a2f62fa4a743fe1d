"""Why does it do well in some languages and badly in others?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.errors import BadValue, InputError
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground
from isogloss.questions.answer import Answer, Table
from isogloss.questions.change import about_changes
from isogloss.questions.fields import Adaptation, ForecasterName, Level, NameList, OptionalPath
from isogloss.questions.model_drivers import answer_model_drivers, compares_models, read_facts
from isogloss.questions.names import Names
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import Scale

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.explanation import Explanation

ABSOLUTE, USUAL = "absolute", "usual"
DRIVERS = {"factor": "factor", "effect": "effect", "from": "lower", "to": "upper", "q": "q", "driver": "driver",
           "share": "share"}  # fmt: skip
OF_CHANGES = (
    "Scores here are changes, after the adaptation less before; words of trust are against the range of those measured."
)
MOST_PARTS, MOST_ADDITIONS = 8, 10
PARTS = {
    "resourced": "resources, as public scores show them",
    "resourced, below the hinge": "resources, further fall of the poorest languages",
    "probe retrieval": "sentences found again from English by a small public encoder",
    "probe cosine gap": "likeness to English in a small public encoder",
    "web text": "web text in CC-100",
}
"""What readers call some parts of a forecast."""


class ExplainQuestion(WithBackground, AboutSettings):
    """Explain the forecast for a language; without one, which factors drive transfer or set models apart."""

    command: ClassVar[str] = "explain"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "target")

    target: Annotated[str | None, Field(description="Explain the forecast for this language.")] = None
    train: Annotated[
        str | None, Field(description="With target: the training mix; by default the one measured most.")
    ] = None
    hide: Annotated[bool, Field(description="With target: forecast as if the target had never been measured.")] = False
    response: Annotated[
        Literal["absolute", "relative"],
        Field(description="What is explained: scores, or scores relative to the target's own."),
    ] = "absolute"
    factors: Annotated[
        NameList, Field(description="Only these factors; word-order and registered similarities may be named, too.")
    ] = Field(default_factory=list)
    interactions: Annotated[
        NameList, Field(description="Products of factors to test, e.g. script*syntactic; 'usual' for some.")
    ] = Field(default_factory=list)
    examples: Annotated[
        int | None, Field(ge=0, description="Which number of training examples, where sources have several.")
    ] = None
    adaptation: Adaptation = None
    facts: Annotated[
        OptionalPath,
        Field(
            description="A table with a column model and facts in the others (architecture, parameters, ...), to tell "
            "what sets models apart; or with a column language and numbers, which become factors of targets."
        ),
    ] = None
    permutations: Annotated[
        int, Field(ge=1, description="Permutations of the language labels at most, or of the models.")
    ] = 999
    seed: Annotated[int, Field(ge=0, description="Seed of the permutations.")] = 0
    level: Level = 0.9
    forecaster: ForecasterName = "default"

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Explain one forecast, or the setting."""
        self._check()
        facts = None if self.facts is None else read_facts(self.facts)
        of_languages = facts if facts is not None and "language" in facts.columns else None
        if of_languages is None and compares_models(self, evidence, facts):
            return answer_model_drivers(self, evidence, facts)
        if self.adaptation is not None:
            of_changes, evidence = about_changes(self, self.adaptation, evidence)
            answer = of_changes.respond(evidence, progress)
            return replace(answer, sentences=(*answer.sentences, OF_CHANGES))
        evidence, setting, named, scale = self.one_setting(evidence)
        if self.target is None:
            return self._drivers(evidence, named, scale, of_languages)
        from isogloss.explanation import explain_forecast

        explanation = explain_forecast(
            evidence, self.target, **named, train=self.train, hide=self.hide, level=self.level,
            forecaster=self.forecaster, languages=self.languages, progress=progress,
        )  # fmt: skip
        names = Names(evidence, {explanation.target: self.target})
        sentences = explanation.sentences(names(explanation.target), scale.factor, scale.digits)
        return Answer(
            self.command, sentences, _parts(explanation, scale), scale=scale, details=explanation.as_dict(),
            result=explanation, draw=drawer(explanation, sentences[0], scale, names.written, setting.metric),
        )  # fmt: skip

    def _check(self) -> None:
        if self.target is None:
            if self.train is not None or self.hide:
                raise InputError("no language is named", where="train, hide", hint="say which with target=...")
            return
        of_drivers: dict[str, Any] = {
            "factors": self.factors, "interactions": self.interactions, "examples": self.examples,
            "response": self.response != ABSOLUTE, "facts": self.facts,
        }  # fmt: skip
        if given := [name for name, value in of_drivers.items() if value]:
            raise InputError(
                "belongs to what drives all scores, not to one forecast", where=", ".join(given),
                hint="leave it out, or leave out target=...",
            )  # fmt: skip

    def _drivers(self, evidence: Evidence, named: dict[str, Any], scale: Scale, facts: pl.DataFrame | None) -> Answer:
        from isogloss.explanation import find_drivers, target_facts
        from isogloss.explanation.regression import USUAL as USUAL_PRODUCTS

        products: Any = USUAL_PRODUCTS if self.interactions == [USUAL] else [_product(one) for one in self.interactions]
        drivers = find_drivers(
            evidence, **named, response=self.response, factors=self.factors or None, interactions=products,
            examples=self.examples, facts=None if facts is None else target_facts(facts, str(self.facts)),
            permutations=self.permutations, seed=self.seed,
        )  # fmt: skip
        title = f"Effects in {drivers.unit} for one standard deviation more"
        tables = {"factors": Table(drivers.table, title, DRIVERS, 2)}
        if drivers.interactions.height:
            tables["interactions"] = Table(drivers.interactions, "Products of factors, beside all of them", DRIVERS, 2)
        left = tuple(f"Not used: {name} ({why})." for name, why in drivers.excluded.items())
        sentences = drivers.sentences()
        return Answer(
            self.command, sentences, tables, scale=scale, notes=(*left, *drivers.notes), details=drivers.as_dict(),
            result=drivers, draw=drawer(drivers, sentences[0], scale),
        )  # fmt: skip


class AdditionsQuestion(AboutSettings):
    """Tell what adding a language to a training mix does to the others."""

    command: ClassVar[str] = "additions"

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Compare mixes with the same ones without a language."""
        import polars as pl

        from isogloss.explanation import compare_additions
        from isogloss.explanation.additions import describe_additions

        evidence, setting, named, scale = self.one_setting(evidence)
        table = compare_additions(evidence, **named)
        unit = scale.unit(setting.metric)
        names = Names(evidence)
        written = table.with_columns(names.of(one) for one in ("added", "target"))
        points = pl.col("difference", "lower", "upper") * scale.points
        shown = {"added": "added", "target": "target", "kind": "kind", "pairs": "pairs", "change": "difference",
                 "from": "lower", "to": "upper", "q": "q", "verdict": "verdict"}  # fmt: skip
        title = f"What adding a language does, worst first, in {unit}"
        return Answer(
            self.command, describe_additions(table, unit),
            {"additions": Table(written.with_columns(points), title, shown, 2, MOST_ADDITIONS)},
            scale=scale, result=table,
        )  # fmt: skip


def _product(text: str) -> tuple[str, str]:
    first, star, second = (part.strip() for part in text.partition("*"))
    if not (first and star and second):
        raise BadValue(f"'{text}' is no product", where="interactions", hint="write script*syntactic")
    return first, second


def _parts(explanation: Explanation, scale: Scale) -> dict[str, Table]:
    """Contributions by group and part, and the measured languages whose scores are carried over, in points."""
    import polars as pl

    unit, digits = (100.0, 1) if scale.bounded else (1.0, 4)
    scaled = pl.col("contribution") * unit
    parts = explanation.contributions.group_by("group", "part", maintain_order=True).agg(pl.col("contribution").sum())
    largest = parts.filter(~pl.col("part").is_in(explanation.neighbours["language"].implode()))
    largest = largest.sort(pl.col("contribution").abs(), descending=True).with_columns(pl.col("part").replace(PARTS))
    title = f"From {scale.score(explanation.baseline)} to {scale.score(explanation.mean)}, in points"
    near = scale.table(explanation.neighbours, ("score",)).with_columns(scaled)
    columns = {"language": "name", "distance": "distance", "score": "score"}
    weighed = not near["weight"].is_null().all()
    columns |= {"weight": "weight", "points": "contribution"} if weighed else {}
    tables = {
        "groups": Table(explanation.groups.with_columns(scaled), title, digits=digits),
        "parts": Table(largest.with_columns(scaled), "Largest parts", digits=digits, rows=MOST_PARTS),
        "neighbours": Table(
            near, "Measured languages it leans on" if weighed else "Measured languages near it", columns, 2, MOST_PARTS
        ),
    }
    return {name: table for name, table in tables.items() if table.frame.height}
