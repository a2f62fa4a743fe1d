"""Which languages should I test next?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Languages, Shell
from isogloss.questions.forecast import queries_of, same_setting, usual_mix
from isogloss.questions.names import Names
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import Scale

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.forecasting.settings import Setting
    from isogloss.planning.next import NextTests

NEXT = {"order": "order", "language": "language", "width now": "width", "others then": "width_of_rest",
        "tells most about": "tells_most_about"}  # fmt: skip
MOST_MIXES = 10
"""Training mixes of a setting up to which forecasts are quick."""
NORMAL_WIDTH = 3.29
"""Width of the 90 % interval of a normal distribution, in standard deviations."""


class NextQuestion(WithBackground, AboutSettings):
    """Choose the languages to test next, so that the others are known best."""

    command: ClassVar[str] = "next"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "among")

    among: Annotated[
        Languages,
        Field(description="Languages and groups to choose from, such as africa or family:Bantu; by default flores."),
    ] = Field(default_factory=lambda: ["flores"])
    k: Annotated[int, Shell(flags=("--k", "-k")), Field(ge=1, description="How many languages to test.")] = 5

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Choose one language after another, each given those before."""
        import polars as pl

        from isogloss.planning import choose_next

        evidence, setting, named, scale = self.one_setting(evidence)
        tests = choose_next(evidence, self.among, k=self.k, languages=self.languages, **named)
        tests = self._as_wide_as_forecasts(tests, evidence, setting, progress)
        names = Names(evidence, dict(tests.table.select("language", "language_as_reported").rows()))
        table, baselines = (_widths(one, scale) for one in (tests.table, tests.baselines))
        before = baselines.filter(choice="none")["width_of_rest"][0]
        after, word = table["width_of_rest"][-1], scale.unit(setting.metric)
        named_table = table.with_columns(
            names.of("language"),
            pl.col("tells_most_about").map_elements(lambda text: _listed(text, names), return_dtype=pl.String),
        )
        digits = 0 if before >= 10 else 1
        verdict = (
            f"Test {', '.join(named_table['language'])} next: the 90 % intervals of the others narrow from "
            f"{before:.{digits}f} to {after:.{digits}f} {word} on average."
        )
        title = f"In this order; widths of 90 % intervals of a language's level, in {word}"
        return Answer(
            self.command, (verdict,),
            {"next": Table(named_table, title, NEXT, 1),
             "baselines": Table(baselines, f"Width for the others after {self.k} more", digits=1)},
            scale=scale, notes=tests.notes, result=tests, draw=drawer(tests, verdict, scale, names.written),
        )  # fmt: skip

    def _as_wide_as_forecasts(
        self, tests: NextTests, evidence: Evidence, setting: Setting, progress: Progress | None
    ) -> NextTests:
        """The choice with deviations in proportion, so that before any test they are as wide as the forecasts are.

        The process that chooses knows which languages go together, and less about how far their levels may lie apart
        than the forecaster does. Where many mixes were measured forecasts would take long, and nothing is changed.
        """
        import polars as pl

        from isogloss.forecasting import fitted
        from isogloss.languages.groups import read_languages

        measured = same_setting(evidence.observations, setting)
        deviation = tests.baselines.filter(choice="none")["deviation_of_rest"][0]
        if measured["train"].n_unique() > MOST_MIXES or deviation == 0:
            return tests
        candidates = read_languages(self.among, evidence.targets, languages=self.languages, where="among")
        rest = {code: name for code, name in candidates.items() if code not in set(measured["target"])}
        queries = queries_of({setting: usual_mix(evidence, setting)}, rest)
        forecasts = fitted(evidence, queries, progress=progress).predict_interval(queries, 0.9)
        width = (forecasts["upper"] - forecasts["lower"]).to_numpy().mean()
        factor = float(width) / (NORMAL_WIDTH * deviation)
        scaled = pl.col("^(deviation.*|gain)$") * factor
        return replace(tests, table=tests.table.with_columns(scaled), baselines=tests.baselines.with_columns(scaled))


def _widths(table: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """Standard deviations as widths of 90 % intervals, in points."""
    import polars as pl

    factor = NORMAL_WIDTH * scale.points
    deviations = [name for name in table.columns if name.startswith("deviation")]
    renamed = {name: name.replace("deviation", "width") for name in deviations}
    return table.with_columns(pl.col(deviations) * factor).rename(renamed)


def _listed(text: str, names: Names) -> str:
    return ", ".join(names(code.strip()) for code in text.split(",") if code.strip())
