"""Evidence: a set of observations in memory, and how to narrow it down."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any

import polars as pl

from isogloss.errors import BadValue, UnknownName, first_line
from isogloss.evidence.dataframes import as_polars, to_pandas
from isogloss.evidence.facts import check_models, check_tasks
from isogloss.evidence.limits import chances, with_limits
from isogloss.evidence.schema import OBSERVATION, REQUIRED, SETTING, SOURCE, conform
from isogloss.evidence.summing import mean_in_order
from isogloss.evidence.training_mix import TrainingMix
from isogloss.forks import check_fork

if TYPE_CHECKING:
    import pandas


class Evidence:
    """What was measured.

    Parameters
    ----------
    observations : polars.DataFrame or pandas.DataFrame
        One row per score, already normalised (see `isogloss.read_evidence`, which makes it from what users have).
    models : polars.DataFrame, optional
        Facts about models: size, age, languages, ... with columns of `isogloss.evidence.schema.MODEL`.
    tasks : polars.DataFrame, optional
        Facts about tasks: chance level, origin of the texts, ... with columns of `schema.TASK`.
    notes : iterable of str, optional
        What was assumed when it was read.
    files : polars.DataFrame, optional
        Files that it comes from, with licence and citation: columns of `schema.SOURCE`.

    Attributes
    ----------
    observations : polars.DataFrame
        With the columns of `isogloss.evidence.schema.OBSERVATION`.
    models : polars.DataFrame
        With the columns of `MODEL`, one row per (model, revision); empty where nothing is known.
    tasks : polars.DataFrame
        With the columns of `TASK`, one row per (task, metric); empty where nothing is known.
    notes : tuple of str
        What was assumed when it was read, and under which licences, in sentences; answers repeat them.
    files : polars.DataFrame
        With the columns of `SOURCE`, one row per file; empty where nothing is known.

    Raises
    ------
    BadValue, UnknownName
        If the observations lack a column or hold another type, or the facts are not what they should be.
    """

    def __init__(
        self,
        observations: Any,
        models: pl.DataFrame | None = None,
        tasks: pl.DataFrame | None = None,
        notes: Iterable[str] = (),
        files: pl.DataFrame | None = None,
    ):
        check_fork()
        table = as_polars(observations)
        if missing := [name for name in REQUIRED if name not in table.columns]:
            raise BadValue(
                f"these are no observations: they lack {', '.join(missing)}",
                hint="read_evidence makes observations of a table of scores",
            )
        try:
            self._observations = conform(table, OBSERVATION)
        except pl.exceptions.PolarsError as error:
            raise BadValue(
                f"these are no observations: {first_line(error)}", hint="read_evidence converts types"
            ) from None
        self.models, self.tasks, self.notes = check_models(models), check_tasks(tasks), tuple(notes)
        self.files = conform(pl.DataFrame(schema=SOURCE) if files is None else files, SOURCE)

    def to_pandas(self) -> pandas.DataFrame:
        """The observations as a pandas frame."""
        return to_pandas(self.observations)

    def with_observations(self, observations: pl.DataFrame) -> Evidence:
        """Other observations, with the same facts beside them."""
        other = copy(self)  # the facts were checked
        other._observations = conform(observations, OBSERVATION)
        return other

    @property
    def observations(self) -> pl.DataFrame:
        """With the columns of `isogloss.evidence.schema.OBSERVATION`."""
        check_fork()
        return self._observations

    def filter(self, **equal: Any) -> Evidence:
        """The observations in which each named column has the given value; None leaves a column free.

        Raises
        ------
        UnknownName
            If there is no such column, or nothing has that value, naming those there are.
        """
        kept = self.observations
        for column, value in equal.items():
            if column not in OBSERVATION:
                raise UnknownName("column", column, OBSERVATION, where="evidence")
            if value is None:
                continue
            values = kept[column]
            try:
                kept = kept.filter(pl.col(column) == value)
            except pl.exceptions.PolarsError:  # another type than the column's
                kept = kept.clear()
            if kept.is_empty():
                raise UnknownName(column, str(value), values.drop_nulls().unique().cast(pl.String), where="evidence")
        return self.with_observations(kept)

    def without_language(self, language: str) -> Evidence:
        """The evidence as if `language` had never been seen: not tested on, alone or in a pair, not trained on.

        Its examples vanish from every mix; observations whose mix held nothing else go with
        it, because what remains would claim to be a model that was not adapted at all.
        """
        mixes = self.observations["train"].unique().to_list()
        reduced = {text: str(TrainingMix.parse(text, language=str).without(language)) for text in mixes}
        changed = {text: rest for text, rest in reduced.items() if rest != text}
        emptied = [text for text, rest in changed.items() if not rest]
        paired = pl.col("pair").is_in([f"{language}-x", f"x-{language}"]).fill_null(False)
        return self.with_observations(
            self.observations.filter(
                (pl.col("target") != language) & ~paired & ~pl.col("train").is_in(emptied)
            ).with_columns(pl.col("train").replace(changed))
        )

    @property
    def targets(self) -> list[str]:
        """Languages tested on, sorted."""
        return sorted(self.observations["target"].unique())

    @property
    def percent(self) -> bool:
        """Whether whoever wrote the scores wrote percentages: those of most observations that have bounds."""
        bounded = self.observations["scale"].filter(self.observations["scale"] != "raw")
        return 2 * int((bounded == "percent").sum()) > len(bounded)

    @property
    def sources(self) -> list[str]:
        """Languages trained on, sorted."""
        mixes = self.observations["train"].unique()
        return sorted({language for text in mixes for language in TrainingMix.parse(text, language=str)})

    def settings(self) -> pl.DataFrame:
        """One row per setting (task, metric, model, ...) with its counts (0 seeds: none recorded) and mean score.

        `at_chance` is the share of scores that a guess could reach, null where nobody knows what a guess
        scores; `saturated` the share at the ceiling (see `isogloss.evidence.limits`); `scale` how the scores were
        written: percent, fraction or raw.
        """
        return summary(self.observations.lazy(), chances(self.tasks, self.observations["task"])).collect()

    def __len__(self) -> int:
        return self.observations.height

    def __repr__(self) -> str:
        settings = self.observations.select(SETTING).n_unique() if len(self) else 0
        return f"<Evidence: {len(self)} observations, {len(self.targets)} target languages, {settings} settings>"

    def _repr_html_(self) -> str:
        from isogloss.evidence.display import evidence_html

        return evidence_html(self.observations, self.notes)


def summary(observations: pl.LazyFrame, guesses: list[pl.DataFrame]) -> pl.LazyFrame:
    """One row per setting, as `Evidence.settings` gives it."""
    return (
        with_limits(observations, guesses)
        .group_by(SETTING)
        .agg(
            observations=pl.len(),
            targets=pl.col("target").n_unique(),
            mixes=pl.col("train").n_unique(),
            seeds=pl.col("seed").drop_nulls().n_unique(),
            mean_score=mean_in_order("score"),
            lowest=pl.col("score").min(),
            highest=pl.col("score").max(),
            at_chance=pl.col("at_chance").mean(),
            saturated=pl.col("saturated").mean(),
            scale=written_scale(),
        )
        .sort(SETTING, nulls_last=True)
    )


def written_scale() -> pl.Expr:
    """How the scores of a group were written: `percent` if any were, else `fraction`; `raw` where none has bounds."""
    written = pl.col("scale")
    return (
        pl.when((written == "percent").any()).then(pl.lit("percent"))
        .when((written == "fraction").any()).then(pl.lit("fraction"))
        .otherwise(pl.lit("raw"))
    )  # fmt: skip
