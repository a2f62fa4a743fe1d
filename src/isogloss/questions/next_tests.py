"""Which languages should I test next?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground, only_setting
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Languages, Shell, Targets
from isogloss.questions.names import Names
from isogloss.questions.narrowing import narrows
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import scale_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence

NEXT = {"order": "order", "language": "language", "width now": "width", "others then": "width_of_rest",
        "tells most about": "tells_most_about"}  # fmt: skip
OTHER_CHOICES = {"choice": "choice", "others then": "width_of_rest"}
WIDTHS = ("width", "width_of_rest", "gain")


class NextQuestion(WithBackground, AboutSettings):
    """Choose the languages to test next, so that the others are known best."""

    command: ClassVar[str] = "next"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "among")

    among: Annotated[
        Languages,
        Field(description="Languages and groups to choose from, such as africa or family:Bantu; by default flores."),
    ] = Field(default_factory=lambda: ["flores"])
    targets: Annotated[Targets, Field(description="Languages that you want to know; by default those of among.")] = (
        Field(default_factory=list)
    )
    k: Annotated[int, Shell(flags=("--k", "-k")), Field(ge=1, description="How many languages to test.")] = 5

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Choose one language after another, each given those before."""
        import polars as pl

        from isogloss.planning import choose_next

        settings = self.settings(evidence)
        for setting in settings:
            evidence = only_setting(evidence, setting)
        about = settings[0]
        tests = choose_next(
            evidence, self.among, task=about.task, model=about.model if len(settings) == 1 else None,
            metric=about.metric, recipe=about.recipe, k=self.k, targets=self.targets or None, languages=self.languages,
            progress=progress,
        )  # fmt: skip
        scale = scale_of(evidence.filter(task=about.task, metric=about.metric).observations)
        unit, names = scale.unit(about.metric), Names(evidence, tests.written)
        table, baselines = (_in_points(one, scale.points) for one in (tests.table, tests.baselines))
        named_table = table.with_columns(
            names.of("language"),
            pl.col("tells_most_about").map_elements(lambda text: _listed(text, names), return_dtype=pl.String),
        )
        before, alone = tests.baselines.filter(choice="none")["width_of_rest"][0], tests.alone
        after, after_one = tests.table["width_of_rest"][-1], alone["width_of_rest"][0]
        verdict = (
            f"Test {', '.join(named_table['language'])} next: {narrows(before, after, scale, about.metric)} on average."
        )
        best = " or ".join(map(names, alone["language"].head(2)))
        only_one = f"If you can test one alone, test {best}: {narrows(before, after_one, scale, about.metric)}."
        title = (
            f"In this order; widths of 90 % intervals of a language's level, in {unit}; 'now' is after the tests above"
        )
        return Answer(
            self.command, (verdict, only_one) if self.k > 1 else (verdict,),
            {"next": Table(named_table, title, NEXT, 1),
             "baselines": Table(baselines, f"Width for the others after {self.k} more", OTHER_CHOICES, 1)},
            scale=scale, notes=tests.notes, result=tests, draw=drawer(tests, verdict, scale, names.written),
        )  # fmt: skip


def _in_points(table: pl.DataFrame, points: float) -> pl.DataFrame:
    """A table with its widths in points."""
    import polars as pl

    return table.with_columns(pl.col([name for name in WIDTHS if name in table.columns]) * points)


def _listed(text: str, names: Names) -> str:
    return ", ".join(names(code.strip()) for code in text.split(",") if code.strip())
