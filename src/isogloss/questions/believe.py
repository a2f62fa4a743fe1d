"""Can I believe the forecasts, and which forecaster is best?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about import WithBackground
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import ForecasterName, Levels, NameList, Pairs, Shell, Targets
from isogloss.questions.names import Names
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import RAW, scale_of
from isogloss.questions.target_trust import CALIBRATION, answer_targets, shown_strata

if TYPE_CHECKING:
    from isogloss.evaluation import Benchmark
    from isogloss.evidence import Evidence


class _Held(WithBackground):
    """A question about scores that are withheld and asked for."""

    task: Annotated[str | None, Field(description="Ask only about this task; the others stay evidence.")] = None
    model: Annotated[str | None, Field(description="Ask only about this model; the others stay evidence.")] = None
    metric: Annotated[str | None, Field(description="Use only evidence in this metric.")] = None
    recipe: Annotated[str | None, Field(description="Use only evidence of this recipe.")] = None
    every: Annotated[
        int | None,
        Field(
            ge=1,
            description="Leave out only every n-th language, family, fold, ...; 1 for all. By default a sample of 40 "
            "languages where there are more.",
        ),
    ] = None
    folds: Annotated[int | None, Field(ge=1, description="Number of folds or draws, where a protocol has them.")] = None
    seed: Annotated[int, Field(ge=0, description="Seed of folds, draws and bootstrap.")] = 0


class TrustQuestion(_Held):
    """Report how far forecasts can be trusted, by asking for measured languages as if they were not measured."""

    command: ClassVar[str] = "trust"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "targets")

    targets: Targets = Field(default_factory=list)
    protocol: Annotated[
        str | None,
        Field(
            description="What is withheld; see 'isogloss benchmark'. By default what is unlike the measured languages "
            "as the targets are or, without targets, each language."
        ),
    ] = None
    levels: Annotated[Levels, Field(description="Levels of intervals.")] = Field(
        default_factory=lambda: [0.5, 0.8, 0.9, 0.95]
    )
    forecaster: ForecasterName = "default"

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Withhold, ask and compare."""
        from isogloss.evaluation import assess_trust

        if self.targets:
            return self._about_targets(evidence, progress)
        trust = assess_trust(
            evidence, task=self.task, model=self.model, metric=self.metric, recipe=self.recipe,
            forecaster=self.forecaster, protocol=self.protocol or "lolo", levels=self.levels, every=self.every,
            folds=self.folds, seed=self.seed, progress=progress,
        )  # fmt: skip
        tables = {
            "calibration": Table(trust.calibration, "Do intervals hold?", CALIBRATION, 2),
            "strata": shown_strata(trust),
        }
        sentences = trust.sentences()
        observations = evidence.filter(task=self.task, model=self.model, metric=self.metric).observations
        return Answer(
            self.command, sentences, tables, details=trust.as_dict(), result=trust,
            draw=drawer(trust, sentences[0], scale_of(observations), Names(evidence).written),
        )  # fmt: skip

    def _about_targets(self, evidence: Evidence, progress: Progress | None) -> Answer:
        """Withhold languages that are unlike the others as the targets are."""
        from isogloss.evaluation import assess_targets
        from isogloss.languages.groups import read_languages
        from isogloss.questions.about import settings_of

        given = [name for name in ("protocol", "every", "folds") if getattr(self, name) is not None]
        if given:
            raise BadValue("the targets decide what is withheld", where=given[0], hint=f"leave out {given[0]}=...")
        which = {name: value for name in ("task", "model", "metric", "recipe") if (value := getattr(self, name))}
        setting = settings_of(evidence, which, several=("model", "model_revision"))[0]
        targets = read_languages(self.targets, evidence.targets, languages=self.languages)
        result = assess_targets(
            evidence, [*targets], task=setting.task, model=self.model and setting.model, metric=setting.metric,
            recipe=setting.recipe, forecaster=self.forecaster, levels=self.levels, seed=self.seed, progress=progress,
        )  # fmt: skip
        return answer_targets(result, evidence, Names(evidence, targets))


class BenchmarkQuestion(_Held):
    """Withhold measured scores, ask forecasters for them, and report error and coverage of the answers."""

    command: ClassVar[str] = "benchmark"

    protocol: Annotated[
        NameList,
        Shell(flags=("--protocol",), kind=str),
        Field(
            description="What is left out: configs, lolo, low-resource, family, script, shift-aware, models, tasks, "
            "language-in-task, target-in-model, anchors."
        ),
    ] = Field(default_factory=lambda: ["lolo", "low-resource"])
    forecasters: Annotated[NameList, Field(description="The first is the candidate, the others are its baselines.")] = (
        Field(default_factory=lambda: ["default", "litmus", "additive", "nearest"])
    )
    sisters: Annotated[
        Pairs,
        Shell(flags=("--sister",), metavar="TASK=SISTER"),
        Field(description="language-in-task: leave SISTER out while TASK is asked."),
    ] = Field(default_factory=dict)
    levels: Annotated[Levels, Field(description="Levels of intervals; the first is reported.")] = Field(
        default_factory=lambda: [0.9]
    )

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Run every protocol with every forecaster."""
        from isogloss.charts.benchmark_page import report_page
        from isogloss.evaluation import run_benchmark
        from isogloss.evaluation.trust import verdicts

        if not self.levels:
            raise BadValue("no level", where="levels", hint="give 0.9, or 0.5,0.9")
        benchmark = run_benchmark(
            evidence.filter(metric=self.metric, recipe=self.recipe), task=self.task, model=self.model,
            protocols=self.protocol, forecasters=self.forecasters, levels=self.levels, every=self.every,
            folds=self.folds, seed=self.seed, progress=progress,
            options={"language-in-task": {"sisters": self.sisters}},
        )  # fmt: skip
        per_protocol = verdicts(benchmark)
        sentences = tuple(sentence for protocol in benchmark.protocols for sentence in per_protocol[protocol])
        sentences += () if benchmark.sample is None else (benchmark.sample,)
        notes = tuple(f"{name}: {description}" for name, description in benchmark.protocols.items())
        return Answer(
            self.command, sentences, dict(_tables(benchmark)), notes=notes, details=benchmark.as_dict(),
            result=benchmark, failed=bool(benchmark.refusals["failed"].any()),
            draw=drawer(benchmark, sentences[0], RAW),
            page=partial(report_page, benchmark, title="How good are the forecasts?"),
        )  # fmt: skip


def _tables(benchmark: Benchmark) -> Any:
    """A table for each protocol, table of evidence and condition."""
    import polars as pl

    from isogloss.evaluation.trust import count_units

    note = pl.when("best").then(pl.lit("best")).when("strongest_baseline").then(pl.lit("strongest baseline"))
    columns = {"forecaster": "forecaster", "error": "mae", "from": "mae_low", "to": "mae_high", "rmse": "rmse",
               "coverage": "coverage", "width": "mean_width", "": "note"}  # fmt: skip
    whole = benchmark.summary.with_columns(note=note.otherwise(pl.lit("")))
    yield "summary", Table(whole, rows=0)
    for (protocol, table, condition), part in whole.group_by("protocol", "table", "condition", maintain_order=True):
        units = count_units(part["groups"][0], part["grouped_by"][0])
        title = " · ".join(str(word) for word in (protocol, table, condition, units) if word)
        yield title, Table(part, title, columns, 2)
