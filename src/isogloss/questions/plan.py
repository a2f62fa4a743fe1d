"""How should I spend a budget on examples?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.errors import InputError
from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground, refuse_untrained
from isogloss.questions.advice import ADVICE
from isogloss.questions.answer import Answer, Table
from isogloss.questions.change import usual_parameters
from isogloss.questions.fields import (
    ForecasterName,
    Goal,
    Languages,
    Level,
    Number,
    OptionalPath,
    Shell,
    Target,
    Targets,
    Texts,
    Weights,
)
from isogloss.questions.names import Names
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import Scale
from isogloss.text import first_of

if TYPE_CHECKING:
    from isogloss.evidence import Evidence
    from isogloss.planning.budget.result import Plan
    from isogloss.planning.costs import Costs
    from isogloss.planning.kinds import KindsPlan

MOST_NAMED = 4
UNTRAINED = (
    "nothing tells what examples are worth",
    "first train on two numbers of examples of one language, and measure both",
)
"""What models used as they are cannot tell of kinds of examples, and what to measure first."""
SCORES = ("before", "after", "lower", "upper", "guarantee")
BOUGHT = {"language": "language", "kind": "kind", "examples": "examples", "cost": "cost", "worth": "without"}
FORECASTS = {"language": "language", "before": "before", "after": "after", "from": "lower", "to": "upper"}

OFFERED = {name: name for name in ("offer", "cost", "gain", "worst", "best", "verdict")}
CHANGED = {"offer": "offer", "language": "language", "change": "change", "from": "lower", "to": "upper"}

CostsFile = Annotated[
    OptionalPath,
    Shell(flags=("--costs", "--cost")),
    Field(description="Prices, exchange rates, caps and adaptations; by default each labelled example costs 1."),
]
Budget = Annotated[Number, Field(ge=0, description="What may be spent, in the currency of the costs.")]
Aim = Annotated[
    Literal["mean", "min", "speakers", "demand", "gini", "welfare"],
    Field(description="What is to be as good as can be."),
]


class PlanQuestion(WithBackground, AboutSettings):
    """Plan how many examples of which language to buy, and which adaptation."""

    command: ClassVar[str] = "plan"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "targets", "budget")

    targets: Targets = Field(default_factory=list)
    budget: Budget = None
    costs: CostsFile = None
    objective: Aim = "mean"
    weights: Weights = None
    tau: Annotated[Number, Field(ge=0, le=1, description="For demand: 1 counts speakers, 0 languages.")] = None
    train: Annotated[
        str | None,
        Field(description="What there is already, e.g. eng:1000; by default the model as it is, else a usual mix."),
    ] = None
    buy: Annotated[Languages, Field(description="Languages that can be bought; by default the targets.")] = Field(
        default_factory=list
    )
    at_least: Annotated[
        Texts, Field(description="Scores to guarantee: 60 for all, or yor:60,wol:50, as the evidence writes scores.")
    ] = Field(default_factory=list)
    cap: Annotated[Texts, Field(description="Labelled examples there are at most: 800, or yor:800,wol:200.")] = Field(
        default_factory=list
    )
    robust: Annotated[bool, Field(description="Plan with the lower ends of intervals.")] = False
    steps: Annotated[int, Field(ge=1, description="Sums tried for each language, each half the one before.")] = 6
    rounds: Annotated[int, Field(ge=0, description="How often to ask the forecaster again around the best plan.")] = 8
    fast: Annotated[bool, Field(description="A greedy plan without proof.")] = False
    level: Level = 0.9
    forecaster: ForecasterName = "default"

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Plan, and say first what the plan cannot know."""
        from isogloss.evidence.adaptations import unadapted
        from isogloss.planning import forecast_offers, plan_budget
        from isogloss.planning.budget.greedy import GuaranteeMissed
        from isogloss.planning.costs import parse_caps, parse_floors

        costs = _costs(self)
        if not costs.offers:
            refuse_untrained(
                evidence, "no purchase can be recommended",
                "first train on 100 and on 1000 examples of one target, measure both, and plan with those scores too",
            )  # fmt: skip
        if self.budget is None:
            raise InputError(
                "no budget", where="budget", hint="give budget=..., or ask 'isogloss goal' what a score costs"
            )
        if not self.targets:
            raise InputError("no targets to plan for", where="targets", hint="name some, e.g. targets=Yoruba,Wolof")
        adapted = evidence
        evidence, setting, named, scale = self.one_setting(unadapted(evidence) if costs.offers else evidence)
        targets = read_languages(self.targets, evidence.targets, languages=self.languages)
        names = Names(evidence, targets)
        offers = forecast_offers(
            adapted, costs, setting, list(targets), level=self.level, defaults=usual_parameters(), progress=progress
        ) if costs.offers else ()  # fmt: skip
        floors = parse_floors(self.at_least, self.languages)
        try:
            plan = plan_budget(
                evidence, targets=list(targets), budget=self.budget, **named,
                costs=parse_caps(self.cap, costs, self.languages) if self.cap else costs, weights=read_weights_of(self),
                floors={name: scale.stored(value, "at_least") for name, value in floors.items()},
                buy=list(read_languages(self.buy, languages=self.languages, where="buy")) if self.buy else None,
                train=self.train, aim=self.objective, tau=self.tau, languages=self.languages,
                forecaster=self.forecaster, robust=self.robust, level=self.level, steps=self.steps, rounds=self.rounds,
                fast=self.fast, progress=progress, offers=offers,
            )  # fmt: skip
        except GuaranteeMissed as error:
            raise error.shown(names, scale.factor) from None
        return _answer_plan(plan, names, scale)


def _answer_plan(plan: Plan, names: Names, scale: Scale) -> Answer:
    import polars as pl

    bought = plan.purchases.with_columns(names.of("language")).with_columns(pl.col("without") * scale.points)
    forecasts = scale.table(plan.forecasts, SCORES).with_columns(language=names.of("target"))
    rivals = scale.table(plan.rivals, ("value", "gain"))
    shown = FORECASTS | ({"guarantee": "guarantee"} if forecasts["guarantee"].is_not_null().any() else {})
    tables = {
        "purchases": Table(bought, "Buy", BOUGHT, 2),
        "forecasts": Table(forecasts, f"Forecast, {100 * plan.level:g} % intervals", shown, scale.digits),
        "rivals": Table(
            rivals, f"Other ways to spend it, by {plan.objective.name}", digits=2 if scale.factor > 1 else 4
        ),
    }
    if not plan.offers.is_empty():
        tables |= _offer_tables(plan, names, scale)
    verdict = plan.verdict(names, scale.factor, scale.digits)
    sentences = tuple(filter(None, (verdict, *_doubts(plan, names, scale), plan.why_no_adaptation())))
    return Answer(
        "plan", sentences, tables, scale=scale, notes=tuple(plan.words(scale.factor)[1:]), details=plan.record(),
        result=plan, draw=drawer(plan, sentences[0], scale, names.written, plan.metric),
    )  # fmt: skip


def _doubts(plan: Plan, names: Names, scale: Scale) -> Iterator[str]:
    """Where a plan is a guess, shaky or outside what was measured, and guarantees that its forecasts miss."""
    from isogloss.forecasting.flags import OUTSIDE_MEASURED

    is_bought = plan.adaptation is not None or not plan.purchases.is_empty()
    if not plan.budget:
        return
    words = {row["target"]: {row["trust"]} for row in plan.forecasts.to_dicts()}
    if not is_bought:
        for target, word in plan.changes.select("target", "trust").rows():
            words[target].add(word)
    said = set(plan.guesses) if is_bought or plan.refused else set()
    does = "this does" if is_bought else "purchases would do"
    for word, verb in (("guess", "is a guess"), ("shaky", "is shaky")):
        doubtful = [target for target, its in words.items() if word in its and target not in said]
        said |= set(doubtful)
        if doubtful:
            yield f"What {does} for {first_of([*map(names, doubtful)], MOST_NAMED)} {verb}: {ADVICE[word]}."
    far = [row["target"] for row in plan.forecasts.to_dicts() if OUTSIDE_MEASURED.intersection(row["flags"])]
    if far:
        whose = "its gain" if len(far) == 1 else "their gains"
        yield f"Outside what was measured: {first_of([*map(names, far)], MOST_NAMED)}; {whose} may be anything."
    for target, by in plan.missed.items():
        missed = f"{scale.factor * by:.3g}"
        yield f"GUARANTEE of {names(target)}: kept where gains add up, missed by {missed} by the forecaster."


def _offer_tables(plan: Plan, names: Names, scale: Scale) -> dict[str, Table]:
    """Adaptations with a price, and what each changes where; instead of examples where none could be bought."""
    import polars as pl

    points = pl.col("gain", "worst", "best") * scale.points
    changes = scale.table(plan.changes, ("change", "lower", "upper")).with_columns(language=names.of("target"))
    of_changes = f"What each changes, {100 * plan.level:g} % intervals"
    return {
        "offers": Table(plan.offers.with_columns(points), f"Adaptations, gains in {plan.objective.name}", OFFERED, 2),
        "changes": Table(changes, of_changes, CHANGED, scale.digits),
    }


class GoalQuestion(WithBackground, AboutSettings):
    """Tell what a score costs at least in one language, in labelled and translated examples."""

    command: ClassVar[str] = "goal"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "target", "goal")

    target: Target
    goal: Goal = None
    costs: CostsFile = None
    train: Annotated[
        str | None, Field(description="The other languages' examples, e.g. eng:1000; by default the usual ones.")
    ] = None

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Weigh kinds of examples for the goal."""
        refuse_untrained(evidence, *UNTRAINED)
        if self.goal is None:
            raise InputError(
                "no score to reach", where="goal", hint="give goal=..., written as the evidence writes scores"
            )
        return _weigh(self, evidence, goal=self.goal, budget=None)


class KindsQuestion(AboutSettings):
    """Weigh labelled against translated examples of one language."""

    command: ClassVar[str] = "kinds"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "target", "budget")

    target: Target
    budget: Budget = None
    costs: CostsFile = None
    train: Annotated[
        str | None, Field(description="The other languages' examples, e.g. eng:1000; by default the usual ones.")
    ] = None

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Weigh kinds of examples, and say what a budget buys best."""
        refuse_untrained(evidence, *UNTRAINED)
        return _weigh(self, evidence, goal=None, budget=self.budget)


def _weigh(
    question: GoalQuestion | KindsQuestion, evidence: Evidence, *, goal: float | None, budget: float | None
) -> Answer:
    from isogloss.planning import plan_kinds

    if question.costs is None:
        raise InputError("no prices", where="costs", hint="give [labelled] and [translated] in a file, costs=...")
    evidence, _, named, scale = question.one_setting(evidence)
    kinds = plan_kinds(
        evidence, target=question.target, costs=_costs(question), train=question.train, budget=budget,
        goal=None if goal is None else scale.stored(goal, "goal"), languages=question.languages, **named,
    )  # fmt: skip
    names = Names(evidence, {kinds.target: question.target})
    sentences = tuple(kinds.words(names(kinds.target), scale.factor, scale.digits))
    return Answer(
        question.command, sentences, {"buys": _buys(kinds, scale)},
        scale=scale, details=kinds.record(), result=kinds, draw=drawer(kinds, sentences[0], scale, names.written),
    )  # fmt: skip


def _buys(kinds: KindsPlan, scale: Scale) -> Table:
    import polars as pl

    rows = [
        {"for": label, "labelled": bought.labelled, "translated": bought.translated, "cost": bought.cost}
        for label, bought in ((f"goal of {kinds.goal and scale.score(kinds.goal)}", kinds.cheapest),
                              (f"budget of {kinds.budget}", kinds.best)) if bought is not None
    ]  # fmt: skip
    schema = {"for": pl.String, "labelled": pl.Float64, "translated": pl.Float64, "cost": pl.Float64}
    return Table(pl.DataFrame(rows, schema=schema), f"Examples to buy, costs in {kinds.currency}", digits=0)


def _costs(question: Any) -> Costs:
    from isogloss.planning.costs import Costs, read_costs

    return Costs() if question.costs is None else read_costs(question.costs, question.languages)


def read_weights_of(question: Any) -> Any:
    from pathlib import Path

    from isogloss.planning import read_weights

    weights = question.weights
    return read_weights(weights, question.languages) if isinstance(weights, str | Path) else weights
