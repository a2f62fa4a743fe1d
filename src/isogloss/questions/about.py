"""Questions about evidence: what is read, and which task, model and metric are meant where nobody said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from pydantic import Field, PrivateAttr

from isogloss.errors import BadFile, BadValue, InputError, NotEnoughEvidence, UnknownLanguage, UnknownName
from isogloss.progress import Progress
from isogloss.questions.answer import Answer
from isogloss.questions.fields import OptionalPath, ReadAs, Shell, Sources
from isogloss.questions.question import Question
from isogloss.questions.scale import Scale, scale_of
from isogloss.text import first_of

if TYPE_CHECKING:
    from isogloss.evidence import Evidence
    from isogloss.forecasting.background.probe import Probe
    from isogloss.forecasting.settings import Setting

MOST_NAMED = 6
READING_FIELDS = ("languages", "scale", "better")
"""What every question takes of the fields of `read_evidence`."""


class AboutEvidence(Question):
    """A question about what was measured."""

    evidence: Sources = Field(default_factory=list)
    languages: ReadAs = Field(default_factory=dict)
    scale: Annotated[
        Literal["fraction", "percent", "raw"] | None,
        Field(description="How scores are written, where files do not tell."),
    ] = None
    better: Annotated[
        Literal["higher", "lower"] | None, Field(description="Which scores are better, where the metric is not known.")
    ] = None

    _known: Any = PrivateAttr(None)

    def about(self, evidence: Evidence) -> Self:
        """The same question about evidence that `read_evidence` gave, which is not read again."""
        asked = self.model_copy(update={"evidence": [evidence]})
        asked._known = evidence
        return asked

    def answer(self, progress: Progress | None = None) -> Answer:
        """Read the evidence and answer from it, with what was assumed in reading."""
        evidence = self.read()
        return replace(self.respond(evidence, progress), assumptions=evidence.notes)

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Answer from evidence that has been read."""
        raise NotImplementedError

    def read(self) -> Evidence:
        """The evidence.

        Raises
        ------
        InputError
        """
        from isogloss.evidence import read_evidence

        if self._known is not None:
            return cast("Evidence", self._known)
        sources = self.given()
        try:
            return read_evidence(*sources, **{name: getattr(self, name) for name in READING_FIELDS})
        except InputError as error:
            raise error.in_reading(READING_FIELDS) from None

    def given(self) -> list[Any]:
        """The sources of evidence.

        Raises
        ------
        InputError
            If there is none.
        """
        if not self.evidence:
            raise InputError(
                "no evidence", where="evidence", hint="give a spreadsheet, result files or a store, or isogloss:NAME"
            )
        for source in self.evidence:
            self._check_no_language(source)
        return self.evidence

    def _check_no_language(self, source: Any) -> None:
        """Refuse names of languages where a file was meant: a shell takes a word without an option for one."""
        from isogloss.forecasting.settings import split_names
        from isogloss.languages.groups import read_languages

        field = next((name for name in ("target", "targets") if name in type(self).model_fields), None)
        if field is None or not isinstance(source, str) or Path(source).exists():
            return
        names = split_names(source)
        if not all(name.replace(":", "").isalpha() for name in names):
            return
        try:
            count = len(read_languages(names))
        except (BadValue, UnknownLanguage, UnknownName):
            return
        meant = "the language that is" if count == 1 else "languages that are"
        raise BadFile("no such file", where=source, hint=f"if it is {meant} meant: {field}={source!r}")


class WithBackground(AboutEvidence):
    """A question that forecasts from evidence and from what public evidence says of languages."""

    background: Annotated[
        str | None,
        Shell(metavar="none|FILE"),
        Field(
            description="What public evidence may say: none, or a file of 'isogloss background build'. "
            "By default what ships."
        ),
    ] = None
    probe: Annotated[
        OptionalPath,
        Field(
            description="What the model says of languages: a folder of 'isogloss align encode', or a table of how "
            "well they are aligned with English: language,alignment."
        ),
    ] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Read the evidence and answer from it, all forecasts with the background."""
        if self.background is None and self.probe is None:
            return super().answer(progress)
        from isogloss.forecasting import use_background

        with use_background(self.background, read_label_free(self.probe)):
            return super().answer(progress)


def read_label_free(probe: Path | None) -> Path | Probe | None:
    """A folder of encodings as a probe; a table, or none, as it is.

    Raises
    ------
    BadFile
        If there are too few languages to tell them apart.
    """
    from isogloss.alignment.encodings import is_encodings

    if probe is None or not is_encodings(probe):
        return probe
    from isogloss.alignment import Encodings, label_free_alignment
    from isogloss.forecasting import probe_of

    return probe_of(label_free_alignment(Encodings.read(probe)), str(probe))


class AboutSettings(AboutEvidence):
    """A question about a task, a metric and models, each inferred where the evidence has only one."""

    task: Annotated[str | None, Field(description="Task as the evidence names it, where it has several.")] = None
    model: Annotated[str | None, Field(description="Model as the evidence names it, where it has several.")] = None
    metric: Annotated[str | None, Field(description="Metric, where the evidence has several.")] = None
    recipe: Annotated[str | None, Field(description="Recipe, where the evidence has several.")] = None
    shots: Annotated[int | None, Field(ge=0, description="Examples in the prompt, where the evidence has several.")] = (
        None
    )
    pair: Annotated[
        str | None, Field(description="The other language of a translation, such as eng-x, where there are several.")
    ] = None

    def settings(self, evidence: Evidence) -> list[Setting]:
        """The settings that are meant: one for each task and model.

        Raises
        ------
        InputError
            If a task has several metrics or recipes, naming them all at once.
        """
        return settings_of(evidence, self._which(), several=("task", "model", "model_revision"))

    def setting(self, evidence: Evidence) -> Setting:
        """The only setting that is meant.

        Raises
        ------
        InputError
            If several are possible, saying what tells them apart, all at once.
        """
        return settings_of(evidence, self._which())[0]

    def one_setting(self, evidence: Evidence) -> tuple[Evidence, Setting, dict[str, Any], Scale]:
        """The evidence of the only setting that is meant, that setting, its names for functions, and its scale."""
        setting = self.setting(evidence)
        named = {name: getattr(setting, name) for name in ("task", "model", "metric", "recipe")}
        evidence = only_setting(evidence, setting)
        scale = scale_of(evidence.filter(task=setting.task, metric=setting.metric).observations)
        return evidence, setting, named, scale

    def only_task(self, evidence: Evidence) -> str:
        """The task that is meant.

        Raises
        ------
        InputError
            If the evidence has several.
        """
        tasks = sorted(evidence.observations["task"].unique())
        if self.task is None and len(tasks) > 1:
            raise InputError(
                f"several are possible: {len(tasks)} tasks ({_named(tasks)})",
                where="evidence",
                hint=f"say which: task={tasks[0]!r}",
            )
        return self.task or tasks[0]

    def _which(self) -> dict[str, Any]:
        names = ("task", "metric", "model", "recipe", "shots", "pair")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def settings_of(evidence: Evidence, which: dict[str, Any], several: Sequence[str] = ()) -> list[Setting]:
    """Settings of the evidence that have some properties.

    Parameters
    ----------
    which : dict of str to object
        Properties that were named. Settings of single languages come before those of pairs.
    several : sequence of str
        Properties in which the settings may differ.
    """
    from isogloss.evidence import SETTING
    from isogloss.forecasting.settings import Setting

    rows = evidence.observations[list(SETTING)].unique().rows()
    left = sorted((Setting(*row) for row in rows), key=lambda row: [(value is None, value) for value in row])
    for name, given in which.items():
        wanted = _as_evidence_writes_it(given, {getattr(one, name) for one in left})
        values = {getattr(one, name) for one in left}
        if wanted not in values:
            raise UnknownName(name, str(wanted), map(str, values - {None}), where="evidence")
        left = [one for one in left if getattr(one, name) == wanted]
    if "pair" not in which and any(one.pair is None for one in left):
        left = [one for one in left if one.pair is None]
    tasks = sorted({one.task for one in left}) if "task" in several else [None]
    for task in tasks:
        of_task = left if task is None else [one for one in left if one.task == task]
        if open_ones := list(_open(of_task, several)):
            listed = "; ".join(f"{len(values)} {name}s ({_named(values)})" for name, values in open_ones)
            hint = "say which: " + ", ".join(f"{name}={values[0]!r}" for name, values in open_ones)
            where = f" for {task}" if len(tasks) > 1 else ""
            raise InputError(f"several are possible{where}: {listed}", where="evidence", hint=hint)
    return left


def refuse_untrained(evidence: Evidence, cannot: str, hint: str) -> None:
    """Refuse evidence of models used as they are alone, before anything is asked that would not help.

    Parameters
    ----------
    evidence : Evidence
    cannot : str
        What it cannot tell.
    hint : str
        What to measure first.

    Raises
    ------
    NotEnoughEvidence
    """
    if evidence.observations["train"].unique().to_list() == [""]:
        raise NotEnoughEvidence(
            f"{cannot}: every score is of a model used as it is, which does not tell what training adds",
            where="evidence", hint=hint,
        )  # fmt: skip


def _as_evidence_writes_it(given: Any, values: set[Any]) -> Any:
    """A value as the evidence has it, where only the case of letters differs."""
    alike = [one for one in values if isinstance(one, str) and str(given).casefold() == one.casefold()]
    return alike[0] if given not in values and len(alike) == 1 else given


def only_setting(evidence: Evidence, setting: Setting) -> Evidence:
    """The evidence without other runs of the same task, metric, model and recipe (other shots, splits, pairs)."""
    import polars as pl

    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.lit(getattr(setting, name))) for name in ("task", "metric", "model", "recipe")
    )
    others = pl.any_horizontal(
        pl.col(name).ne_missing(pl.lit(getattr(setting, name))) for name in ("model_revision", "shots", "split", "pair")
    )
    return evidence.with_observations(evidence.observations.filter(~(same & others)))


def _open(left: Sequence[Setting], several: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Properties in which settings differ within what may differ, with their values.

    A property that another one decides (a metric of each task) is not asked about as well.
    """
    rest = left
    for name in ("task", "metric", "model", "recipe", "shots", "split", "pair", "model_revision"):
        values = sorted({str(getattr(one, name)) for one in rest})
        if name in several or len(values) < 2:
            continue
        yield name, values
        rest = [one for one in rest if str(getattr(one, name)) == values[0]]


def _named(values: Sequence[str]) -> str:
    return first_of(values, MOST_NAMED)
