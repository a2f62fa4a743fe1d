"""How well will the model do in languages that nobody tested?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import InputError
from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground, settings_of
from isogloss.questions.answer import Answer
from isogloss.questions.change import answer_changes
from isogloss.questions.fields import Adaptation, ForecasterName, Level, OptionalPath, Targets
from isogloss.questions.forecast_answer import answer_forecasts
from isogloss.questions.scale import scale_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.forecasting import Forecaster
    from isogloss.forecasting.settings import Setting


SAME_BUT_SHOTS = ("task", "metric", "model", "model_revision", "recipe", "split", "pair")


class ForecastQuestion(WithBackground, AboutSettings):
    """Forecast scores in languages and training mixes that nobody measured."""

    command: ClassVar[str] = "forecast"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "targets")

    targets: Targets = Field(default_factory=list)
    train: Annotated[
        str | None,
        Field(
            description="Training mix, e.g. eng:1000,hin:500; by default the one that was measured in most languages."
        ),
    ] = None
    queries: Annotated[OptionalPath, Field(description="File of queries, instead of targets and train.")] = None
    level: Level = 0.9
    forecaster: ForecasterName = "default"
    forecaster_from: Annotated[
        OptionalPath, Field(description="Folder of a saved forecaster, which answers instead of evidence.")
    ] = None
    save: Annotated[OptionalPath, Field(description="Save the forecaster to this folder, with all that it learnt.")] = (
        None
    )
    new_model: Annotated[
        bool, Field(description="Answer also about a model that the evidence does not have at all.")
    ] = False
    adaptation: Adaptation = None
    filled: Annotated[
        OptionalPath, Field(description="Write the file of queries (LITMUS .json) with its blanks filled.")
    ] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Forecast from evidence, or from what a saved forecaster learnt of it."""
        if self.forecaster_from is None:
            return super().answer(progress)
        if self.evidence:
            raise InputError(
                "a saved forecaster has its evidence with it",
                where="forecaster_from",
                hint="leave out evidence=..., or it",
            )
        return self._forecast(None, progress)

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Forecast every target in every setting that is meant."""
        if self.adaptation is not None:
            return self._changes(self.adaptation, evidence, progress)
        if self.save is not None and not self.targets and self.queries is None:
            self._forecaster(evidence, None, progress).save(self.save)
            return Answer(self.command, (f"The forecaster is saved, to {self.save}.",), {})
        return self._forecast(evidence, progress)

    def _forecast(self, evidence: Evidence | None, progress: Progress | None = None) -> Answer:
        from isogloss.forecasting.output import check_output, write_forecasts
        from isogloss.forecasting.persistence import check_folder

        if self.save is not None:
            check_folder(self.save)
        if self.filled is not None:
            check_output(self.filled, self.queries)
        if evidence is not None and self.shots is not None and self._of_targets_alone:
            measured = self._measured_shots(evidence)
            if measured and self.shots not in measured:
                return self._unmeasured_shots(evidence, measured, progress)
        queries = self._queries(evidence)
        estimator = self._forecaster(evidence, queries, progress)
        forecasts = estimator.predict_interval(queries, self.level)
        if self.save is not None:  # after the forecasts, so that what they needed is saved with it
            estimator.save(self.save)
        if self.filled is not None:
            write_forecasts(forecasts, self.filled, queries=self.queries)
        return answer_forecasts(forecasts, queries, evidence)

    def _changes(self, adaptation: str, evidence: Evidence, progress: Progress | None) -> Answer:
        """What an adaptation changes, and the scores before and after."""
        given = {"queries": self.queries, "save": self.save, "filled": self.filled, "new_model": self.new_model}
        if unfit := [name for name, value in given.items() if value]:
            raise InputError("does not go with adaptation=...", where=", ".join(unfit), hint="leave one of them out")
        return answer_changes(self, adaptation, evidence, progress)

    @property
    def _of_targets_alone(self) -> bool:
        """Whether targets of measured models are forecast, and nothing is saved or filled in."""
        return bool(self.targets) and not (self.queries or self.new_model or self.save or self.filled)

    def _measured_shots(self, evidence: Evidence) -> list[int]:
        """Numbers of shots in what is asked about."""
        named = {name: value for name, value in self._which().items() if name != "shots"}
        settings = settings_of(evidence, named, several=("task", "model", "model_revision", "shots"))
        return sorted({one.shots for one in settings if one.shots is not None})

    def _unmeasured_shots(self, evidence: Evidence, measured: list[int], progress: Progress | None) -> Answer:
        """Forecasts with the nearest number of shots, moved to the one that is asked about."""
        import polars as pl

        from isogloss.forecasting.shots import nearest_shots, with_shots

        assert self.shots is not None
        start = nearest_shots(measured, self.shots)
        queries = self.model_copy(update={"shots": start})._queries(evidence)
        forecasts = self._forecaster(evidence, queries, progress).predict_interval(queries, self.level)
        parts = []
        for (task, model), rows in forecasts.group_by("task", "model", maintain_order=True):
            about = queries.filter(task=task, model=model).row(0, named=True)
            same = [pl.col(name).eq_missing(pl.lit(about[name])) for name in SAME_BUT_SHOTS]
            of_both = evidence.with_observations(evidence.observations.filter(same))
            parts.append(with_shots(rows, of_both, start, self.shots))
        return answer_forecasts(pl.concat(parts), queries, evidence)

    def _queries(self, evidence: Evidence | None) -> pl.DataFrame:
        """The queries: those of a file, or each target in each setting that is meant."""
        if self.queries is not None:
            if self.targets or self.train is not None:
                raise InputError(
                    "a file of queries has its own targets and training mixes", where="queries",
                    hint="leave out targets=... and train=..., or queries=...",
                )  # fmt: skip
            return self._read_queries(evidence)
        if not self.targets:
            raise InputError(
                "no language to forecast",
                where="targets",
                hint="name languages or groups: targets=Yoruba,Wolof or targets=africa",
            )
        if evidence is None or self.new_model:
            return self._saved_queries()
        targets = read_languages(self.targets, evidence.targets, languages=self.languages)
        measured = {setting: same_setting(evidence.observations, setting) for setting in self.settings(evidence)}
        _check_one_scale(measured)
        mixes = {setting: self._mix(observations) for setting, observations in measured.items()}
        return queries_of(mixes, targets)

    def _read_queries(self, evidence: Evidence | None) -> pl.DataFrame:
        from isogloss.evidence import read_queries

        assert self.queries is not None
        task, model = self.task, self.model
        if evidence is not None:  # what the evidence has only one of need not be in the file
            tasks, models = (evidence.observations[name].unique() for name in ("task", "model"))
            task = task or (tasks[0] if len(tasks) == 1 else None)
            model = model or (models[0] if len(models) == 1 else None)
        queries = read_queries(
            self.queries, languages=self.languages, task=task, model=model, metric=self.metric, recipe=self.recipe
        )
        if queries.is_empty():
            raise InputError("holds no query", where=str(self.queries), hint="give a row for every score to forecast")
        return queries

    def _mix(self, observations: pl.DataFrame) -> str:
        """The training mix that is meant in one setting, as a canonical text."""
        from isogloss.evidence import TrainingMix
        from isogloss.languages import resolve

        if self.train is not None:
            read_as = self.languages
            return str(
                TrainingMix.parse(
                    self.train, where="train", language=lambda code: resolve(read_as.get(code, code), where="train").id
                )
            )
        return usual_mix(observations)

    def _saved_queries(self) -> pl.DataFrame:
        """Queries to a saved forecaster or about an unmeasured model, of which task and model are named."""
        from isogloss.forecasting import ask

        if self.task is None or self.model is None:
            missing = [name for name in ("task", "model") if getattr(self, name) is None]
            raise InputError(
                f"no {' and no '.join(missing)}",
                where="question",
                hint=f"give {' and '.join(f'{one}=...' for one in missing)}",
            )
        targets = read_languages(self.targets, languages=self.languages)
        queries = ask(task=self.task, model=self.model, targets=[*targets], train=self.train or "", metric=self.metric,
                      recipe=self.recipe, languages=self.languages)  # fmt: skip
        written = queries["target"].replace_strict(targets, return_dtype=queries["target"].dtype)
        return queries.with_columns(target_as_reported=written)

    def _forecaster(
        self, evidence: Evidence | None, queries: pl.DataFrame | None, progress: Progress | None = None
    ) -> Forecaster:
        from isogloss.forecasting import fitted, forecasters, load

        if evidence is None:
            assert self.forecaster_from is not None
            return load(self.forecaster_from).conformalize()
        estimator = forecasters.get(self.forecaster)()
        if "new_models" in estimator.get_params():
            estimator.set_params(new_models=self.new_model)
        return fitted(evidence, queries, forecaster=estimator, progress=progress)


def _check_one_scale(measured: Mapping[Setting, pl.DataFrame]) -> None:
    """Several tasks are answered together where their scores can be read side by side."""
    scales: dict[tuple[str, bool], str] = {}
    for setting, observations in measured.items():
        key = scale_of(observations).name, bool(observations["higher_is_better"][0])
        scales.setdefault(key, setting.task)
    if len(scales) > 1:
        listed = ", ".join(
            f"{task}: {scale}, {'higher' if higher else 'lower'} is better" for (scale, higher), task in scales.items()
        )
        raise InputError(
            f"tasks on several scales ({listed})",
            where="evidence",
            hint=f"say which: task={next(iter(measured)).task!r}",
        )


def usual_mix(observations: pl.DataFrame) -> str:
    """The training mix with which a setting was measured in most languages; the model as it is wins a tie."""
    import polars as pl

    counts = observations.group_by("train").agg(targets=pl.col("target").n_unique())
    return str(counts.sort("targets", "train", descending=[True, False])["train"][0])


def same_setting(observations: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The observations of a setting."""
    import polars as pl

    return observations.filter(
        pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value)) for name, value in setting._asdict().items())
    )


def queries_of(mixes: Mapping[Setting, str], targets: Mapping[str, str]) -> pl.DataFrame:
    """Queries for each target in each setting, with the mix that goes with the setting.

    Parameters
    ----------
    mixes : mapping of Setting to str
    targets : mapping of str to str
        Canonical id to what the reader wrote.
    """
    import polars as pl

    from isogloss.evidence import QUERY

    rows = [
        {**setting._asdict(), "train": mix, "target": target, "target_as_reported": written}
        for setting, mix in mixes.items() for target, written in targets.items()
    ]  # fmt: skip
    schema: dict[str, Any] = {**QUERY, "query_row": pl.Int64}
    blank = dict.fromkeys(schema)
    return pl.DataFrame([{**blank, **row, "query_row": place} for place, row in enumerate(rows)], schema=schema)
