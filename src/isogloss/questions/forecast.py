"""How well will the model do in languages that nobody tested?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import InputError
from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import ForecasterName, Level, OptionalPath, Targets
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION, Scale, scale_of
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.forecasting import Forecaster
    from isogloss.forecasting.settings import Setting

SCORES = ("mean", "lower", "upper")
GUESS, SHAKY = "guess", "shaky"
WARNINGS = {
    GUESS: ("is a guess", "are guesses", "test before you act on a number"),
    SHAKY: ("is shaky", "are shaky", "act on the interval, not on the number in it"),
}
"""What the verdict says first, the gravest word first: of one forecast, of several, and what to do."""
MOST_NAMED, MOST_SHOWN = 4, 60


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
        queries = self._queries(evidence)
        estimator = self._forecaster(evidence, queries, progress)
        forecasts = estimator.predict_interval(queries, self.level)
        if self.save is not None:  # after the forecasts, so that what they needed is saved with it
            estimator.save(self.save)
        if self.filled is not None:
            write_forecasts(forecasts, self.filled, queries=self.queries)
        return answer_forecasts(forecasts, queries, evidence)

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
        mixes = {setting: self._mix(evidence, setting) for setting in self.settings(evidence)}
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

    def _mix(self, evidence: Evidence, setting: Setting) -> str:
        """The training mix that is meant, as a canonical text."""
        from isogloss.evidence import TrainingMix
        from isogloss.languages import resolve

        if self.train is not None:
            read_as = self.languages
            return str(
                TrainingMix.parse(
                    self.train, where="train", language=lambda code: resolve(read_as.get(code, code), where="train").id
                )
            )
        return usual_mix(evidence, setting)

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


def usual_mix(evidence: Evidence, setting: Setting) -> str:
    """The training mix with which a setting was measured in most languages; the model as it is wins a tie."""
    import polars as pl

    counts = same_setting(evidence.observations, setting).group_by("train").agg(targets=pl.col("target").n_unique())
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


def answer_forecasts(forecasts: pl.DataFrame, queries: pl.DataFrame, evidence: Evidence | None) -> Answer:
    """The answer that some forecasts are.

    Parameters
    ----------
    forecasts : polars.DataFrame
        With the columns of `isogloss.forecasting.FORECAST`.
    queries : polars.DataFrame
        The queries that they answer.
    evidence : Evidence or None
        What they were made from; None for a saved forecaster.
    """
    import polars as pl

    scale = FRACTION if evidence is None else scale_of(_about(evidence, forecasts))
    written = dict(forecasts.select("target", "target_as_reported").unique().rows())
    names = Names(evidence, written)
    labels = forecasts["target"].replace_strict({code: names(code) for code in written}, return_dtype=pl.String)
    table = scale.table(forecasts.clone().insert_column(0, labels.alias("language")), SCORES)
    shared = _shared_flags(table)
    changing = [name for name in ("model", "task", "train") if forecasts[name].n_unique() > 1]
    shown: dict[str, Any] = {
        "language": "language", **{name: name for name in changing}, "forecast": "mean", "from": "lower",
        "to": "upper", "trust": "trust", "flags": _own_flags(shared),
    }  # fmt: skip
    sentences = (*_sentences(table, scale), *(f"Of all these: {clause}." for clause in shared.values()))
    return Answer(
        "forecast", sentences, {"forecasts": Table(table, _title(table), shown, scale.digits, MOST_SHOWN)},
        scale=scale, flags=_flags(table), notes=tuple(_notes(table, evidence)), result=forecasts,
        draw=partial(_draw, forecasts, queries, evidence, scale, names, sentences[0]),
    )  # fmt: skip


def _shared_flags(table: pl.DataFrame) -> dict[str, str]:
    """Flags that all of several forecasts have and whose sentence is the same, so that it is said once."""
    from isogloss.forecasting.flags import SENTENCES

    if table.height < 2:
        return {}
    flags = set.intersection(*map(set, table["flags"].to_list()))
    return {flag: clause for flag, clause in SENTENCES.items() if flag in flags and "{" not in clause}


def _own_flags(shared: Mapping[str, str]) -> pl.Expr:
    import polars as pl

    return pl.col("flags").list.eval(pl.element().filter(~pl.element().is_in(list(shared))))


def _flags(table: pl.DataFrame) -> pl.DataFrame:
    """One row per flag of a forecast that is a warning, with its sentence."""
    import polars as pl

    from isogloss.forecasting.flags import sentences

    rows = [
        (row["language"], row["target"], flag, sentence)
        for row in table.iter_rows(named=True)
        for flag, sentence in zip(row["flags"], sentences(row), strict=True)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("language", "target", "flag", "sentence"), pl.String), orient="row")


def _about(evidence: Evidence, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Observations of the tasks that forecasts are of."""
    import polars as pl

    return evidence.observations.filter(pl.col("task").is_in(forecasts["task"].unique().implode()))


def _title(table: pl.DataFrame) -> str:
    level = table["level"][0] if table.height else 0.9
    what = [str(table[name][0]) for name in ("model", "task") if table[name].n_unique() == 1]
    return f"{', '.join(what)}: {100 * level:g} % intervals" if what else f"{100 * level:g} % intervals"


def _sentences(table: pl.DataFrame, scale: Scale) -> list[str]:
    """The verdict: how many of the forecasts are guesses or shaky, then what they say."""
    import polars as pl

    if table.height == 1:
        return _about_one(table.row(0, named=True), scale)
    best, worst = (table.sort("mean", descending=down, nulls_last=True).row(0, named=True) for down in (True, False))
    count = table["target"].n_unique()
    of_one = "model" if count == 1 else "language"
    span = (
        f"{_of(table)}: forecasts from {_rough(worst['mean'], scale)} ({worst[of_one]}) to "
        f"{_rough(best['mean'], scale)} ({best[of_one]}) in {counted(count, 'language')}."
    )
    for word, (one, several, advice) in WARNINGS.items():
        warned = table.filter(pl.col("trust") == word)
        if warned.height:
            which = "All" if warned.height == table.height else f"{warned.height} of {table.height}"
            return [f"{which} forecasts {one if warned.height == 1 else several} ({_some(warned)}): {advice}.", span]
    words = table["trust"].value_counts(sort=True)
    return [span, f"Trust: {', '.join(f'{count} {word}' for word, count in words.rows())}."]


def _some(table: pl.DataFrame) -> str:
    """The first few languages of a table, by name."""
    languages = table["language"].unique(maintain_order=True).to_list()
    more = f" and {len(languages) - MOST_NAMED} more" if len(languages) > MOST_NAMED else ""
    return ", ".join(languages[:MOST_NAMED]) + more


def _about_one(row: Mapping[str, Any], scale: Scale) -> list[str]:
    low, high, best = (_rough(row[name], scale) for name in ("lower", "upper", "mean"))
    sentence = f"{row['language']}: probably {low} to {high} (best guess {best})."
    if row["trust"] == GUESS:
        return [f"{row['language']}: a guess. Test this language before you act on a number.", sentence]
    return [sentence, f"Trust: {row['trust']}."]


def _rough(value: float, scale: Scale) -> str:
    """A score of a table (on the reader's scale already), rounded as a sentence says it."""
    return f"{value:z.{max(scale.digits - 1, 0)}f}"


def _of(table: pl.DataFrame) -> str:
    models, tasks = table["model"].unique(), table["task"].unique()
    who = str(models[0]) if len(models) == 1 else counted(len(models), "model")
    return f"{who}, {tasks[0]}" if len(tasks) == 1 else who


def _notes(table: pl.DataFrame, evidence: Evidence | None) -> list[str]:
    """What all forecasts rest on."""
    mixes = table["train"].unique().to_list()
    notes = [] if evidence is None else [
        f"Learnt from {counted(len(evidence), 'score')} in {counted(len(evidence.targets), 'language')}."
    ]  # fmt: skip
    if mixes != [""]:
        notes.append(f"Trained on: {'; '.join(mix or 'nothing (the model as it is)' for mix in mixes)}.")
    return notes + [_explained(part) for _, part in _flags(table).group_by("flag", maintain_order=True)]


def _explained(flags: pl.DataFrame) -> str:
    """What a flag means for the first language that has it, and which others have it."""
    first = flags.row(0, named=True)
    others = flags["language"].unique(maintain_order=True).to_list()[1:]
    more = f", ... {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    also = f" (so: {', '.join(others[:MOST_NAMED])}{more})" if others else ""
    return f"{first['flag'].replace('_', ' ')}: {first['language']}: {first['sentence']}{also}."


def _draw(
    forecasts: pl.DataFrame, queries: pl.DataFrame, evidence: Evidence | None, scale: Scale, names: Names, verdict: str
) -> Any:
    from isogloss.charts import draw_forecast
    from isogloss.evidence import SETTING

    measured, score = None, "score"
    if evidence is not None:
        # A query that leaves a property of its setting free has only one value for it in the evidence.
        given = [
            name
            for name in (*SETTING, "train")
            if name in ("task", "model", "train") or not queries[name].is_null().all()
        ]
        measured = evidence.observations.join(queries.select(given).unique(), on=given, how="semi", nulls_equal=True)
        metrics = measured["metric"].unique().to_list()
        score = metrics[0] if len(metrics) == 1 else score
    return draw_forecast(forecasts, measured, canvas=canvas_of(verdict, scale, names.written, score))
