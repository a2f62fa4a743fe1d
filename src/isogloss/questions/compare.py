"""Which recipe pays, and which model serves all languages best?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from isogloss.errors import InputError
from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Languages, NameList, Number, OptionalPath, Shell, Targets, Weights
from isogloss.questions.names import Names
from isogloss.questions.pictures import drawer
from isogloss.questions.plan import read_weights_of
from isogloss.questions.scale import FRACTION, Scale, scale_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.planning.ranks import Ranks

RECIPES = {"recipe": "recipe", "quality": "quality", "to make": "development", "per 1,000": "serving",
           "seconds": "latency", "on the front": "efficient"}  # fmt: skip
MEASURES = {"": "candidate", "mean": "mean", "demand": "demand", "gini": "gini", "minimum": "minimum", "worst": "worst",
            "prioritarian": "prioritarian"}  # fmt: skip
SHOWN, SHOWN_INVESTMENTS = 20, 5


class CompareQuestion(AboutSettings):
    """Compare recipes: quality, cost to make, cost to run, latency; Pareto front and break-even volumes."""

    command: ClassVar[str] = "compare"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "costs")

    costs: Annotated[
        OptionalPath,
        Shell(flags=("--costs", "--cost")),
        Field(description="Prices, machine time, and what each recipe takes."),
    ] = None
    recipes: Annotated[NameList, Field(description="What to compare; by default all with scores and costs.")] = Field(
        default_factory=list
    )
    targets: Annotated[Languages, Field(description="Languages that count; by default all in common.")] = Field(
        default_factory=list
    )
    volume: Annotated[Number, Field(ge=0, description="Queries to come, for costs in all.")] = None
    seed: Annotated[int, Field(ge=0, description="Seed of the bootstrap over languages.")] = 0

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Compare them."""
        from isogloss.planning import compare_recipes, read_costs

        if self.costs is None:
            raise InputError(
                "no costs", where="costs", hint="give a file of prices and of what each recipe takes, costs=..."
            )
        task = self.only_task(evidence)
        scale = scale_of(evidence.filter(task=task, metric=self.metric).observations)
        targets = read_languages(self.targets, evidence.targets, languages=self.languages) if self.targets else None
        comparison = compare_recipes(
            evidence, read_costs(self.costs, self.languages), task=task, recipes=self.recipes or None, model=self.model,
            metric=self.metric, targets=None if targets is None else list(targets), volume=self.volume, seed=self.seed,
        )  # fmt: skip
        table = scale.table(comparison.recipes, ("quality", "lower", "upper"))
        sentences = tuple(comparison.words(scale.factor, scale.digits))
        return Answer(
            self.command, sentences,
            {"recipes": Table(table, f"Costs in {comparison.currency}", RECIPES, scale.digits)},
            scale=scale, details=comparison.record(), result=comparison, draw=drawer(comparison, sentences[0], scale),
        )  # fmt: skip


class RankQuestion(AboutSettings):
    """Rank models or recipes over the languages that all were measured in, with intervals of means and ranks."""

    command: ClassVar[str] = "rank"

    models: Annotated[NameList, Field(description="What to compare; by default all. See by.")] = Field(
        default_factory=list
    )
    by: Annotated[Literal["model", "recipe", "train"], Field(description="What is compared.")] = "model"
    targets: Annotated[
        Languages, Field(description="Languages that count, such as africa; by default all that every one has.")
    ] = Field(default_factory=list)
    seed: Annotated[int, Field(ge=0, description="Seed of the bootstrap over languages.")] = 0

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Rank them."""
        from isogloss.planning import compare_ranks

        task = self.only_task(evidence)
        scale = scale_of(evidence.filter(task=task, metric=self.metric).observations)
        targets = read_languages(self.targets, evidence.targets, languages=self.languages) if self.targets else None
        ranks = compare_ranks(
            evidence, task=task, candidates=self.models or None, by=self.by, metric=self.metric, model=self.model,
            recipe=self.recipe, targets=None if targets is None else list(targets), seed=self.seed,
        )  # fmt: skip
        names = Names(evidence, targets)
        table = scale.table(ranks.table, ("mean", "lower", "upper", "own_mean"))
        sentences = tuple(ranks.words(scale.factor, scale.digits))
        notes = tuple(f"{what}: {', '.join(map(names, codes))}." for what, codes in (
            ("Counted", ranks.targets), ("Left out, as not all were measured in them", ranks.left_out),
            ("Not measured", ranks.missing)) if codes)  # fmt: skip
        return Answer(
            self.command, sentences,
            {"ranks": Table(table, f"{ranks.task}, {ranks.metric}", _shown_ranks(), scale.digits),
             "languages": Table(_by_language(ranks, names, scale), "Language by language", digits=scale.digits,
                                rows=SHOWN)},
            scale=scale, notes=notes, details=ranks.record(), result=ranks,
            draw=drawer(ranks, sentences[0], scale, names.written, ranks.metric),
        )  # fmt: skip


def _shown_ranks() -> dict[str, str | pl.Expr]:
    """Columns of ranks for readers, with both ends of a rank in one."""
    import polars as pl

    best, worst = pl.col("best_rank"), pl.col("worst_rank")
    ends = pl.when(best == worst).then(pl.format("{}", best)).otherwise(pl.format("{} to {}", best, worst))
    return {"": "candidate", "mean": "mean", "from": "lower", "to": "upper", "rank": ends,
            "measured in": "measured", "own mean": "own_mean"}  # fmt: skip


def _by_language(ranks: Ranks, names: Names, scale: Scale) -> pl.DataFrame:
    """Scores of all in each language that counts, where they differ most first."""
    import polars as pl

    scores = {name: scale.factor * row for name, row in zip(ranks.table["candidate"], ranks.scores, strict=True)}
    columns = {"language": list(map(names, ranks.targets)), **scores}
    spread = pl.Series(scale.factor * (ranks.scores.max(0) - ranks.scores.min(0)))
    return (
        pl.DataFrame(columns)
        .with_columns(spread.alias("differ by"))
        .sort("differ by", "language", descending=[True, False])
    )


class FairQuestion(WithBackground, AboutSettings):
    """Tell which model is best by utility, demand, inequality, minimum, leximin and priority to the worst-off."""

    command: ClassVar[str] = "fair"

    targets: Annotated[
        Targets,
        Field(
            description="Languages that count, forecast where they were not measured; by default those in which all "
            "were measured."
        ),
    ] = Field(default_factory=list)
    models: Annotated[NameList, Field(description="What to compare; by default all. See by.")] = Field(
        default_factory=list
    )
    by: Annotated[Literal["model", "recipe", "train"], Field(description="What is compared.")] = "model"
    weights: Weights = None
    tau: Annotated[Number, Field(ge=0, le=1, description="For demand: 1 counts speakers, 0 languages.")] = 1.0
    unserved: Annotated[bool, Field(description="Count languages with speakers but without a score as 0.")] = False

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Compare them by every rule."""
        from isogloss.planning import compare_fairness

        task = self.only_task(evidence)
        targets = read_languages(self.targets, evidence.targets, languages=self.languages) if self.targets else None
        fairness = compare_fairness(
            evidence, task=task, candidates=self.models or None, by=self.by, weights=read_weights_of(self),
            tau=1.0 if self.tau is None else self.tau, unserved=self.unserved, metric=self.metric,
            model=self.model, recipe=self.recipe, targets=None if targets is None else list(targets), progress=progress,
        )  # fmt: skip
        names = Names(evidence, targets)
        measures = fairness.measures.with_columns(names.of("worst"))
        invest = fairness.invest.with_columns(names.of("target"))
        tables = {
            "measures": Table(
                measures, f"{fairness.task}, {fairness.metric}: shares of the best possible score", MEASURES
            ),
            "rules": Table(fairness.rule_table(), "Which rule picks which"),
            "invest": Table(invest, "Most demand unmet, by what meets most of it", rows=SHOWN_INVESTMENTS),
        }
        sentences = tuple(fairness.words())
        return Answer(
            self.command, sentences, tables, details=fairness.record(), result=fairness,
            draw=drawer(fairness, sentences[0], FRACTION, names.written),
        )  # fmt: skip
