"""How does a score grow: with examples, training languages, shots, model size or pretraining text?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.errors import BadValue, InputError
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground, settings_of
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import ForecasterName, Goal, Level, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import Scale, scale_of
from isogloss.text import amount, compact, counted

if TYPE_CHECKING:
    from isogloss.evidence import Evidence
    from isogloss.forecasting.curves import Curve, Growth, Needed

SHOWN = {"forecast": "mean", "from": "lower", "to": "upper", "trust": "trust", "flags": "flags"}


class CurveQuestion(WithBackground, AboutSettings):
    """Show how a score grows with examples of the target or another amount, and how much a goal needs."""

    command: ClassVar[str] = "curve"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "target")

    target: Annotated[
        str | None,
        Field(
            description="The language, by name or code; it need not have been measured. Without one, the mean of the "
            "measured languages, where no examples of the target are counted."
        ),
    ] = None
    start: Annotated[
        int | None,
        Shell(flags=("--from",)),
        Field(ge=0, description="Smallest amount; by default 0 examples, or the smallest that was measured."),
    ] = None
    end: Annotated[
        int | None,
        Shell(flags=("--to",)),
        Field(ge=0, description="Largest; by default the largest that was measured."),
    ] = None
    goal: Goal = None
    train: Annotated[
        str | None,
        Field(description="The rest of the mix, e.g. eng:1000; by default the one measured most or in the middle."),
    ] = None
    vary: Annotated[
        Literal["labelled", "translated", "languages", "kin", "parameters", "shots", "web-text", "kin-text"],
        Field(
            description="What varies: examples of the target (labelled, translated), training languages, examples of "
            "related languages (kin), parameters of the model, shots, or web text of the language or of related ones."
        ),
    ] = "labelled"
    level: Level = 0.9
    forecaster: ForecasterName = "default"

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Fit the curve and read it off between the two amounts."""
        from isogloss.charts import draw_curve
        from isogloss.forecasting.curves import AMOUNTS, LawBand, round_sizes

        self._check_range()
        evidence, curve, scale = self._law(evidence) if self.vary in AMOUNTS else self._examples(evidence)
        goal = None if self.goal is None else scale.stored(self.goal, "goal")
        start = self.start if self.start is not None else curve.smallest
        end = max(curve.largest, start + 1) if self.end is None else self.end
        table = scale.table(curve.predict(round_sizes(start, end), self.level), ("mean", "lower", "upper"))
        needed = None if goal is None else curve.needed(goal, self.level)
        names = Names(evidence, {curve.target: self.target} if self.target else None)
        name = names(curve.target) if curve.target else f"Mean of {counted(len(evidence.targets), 'language')}"
        growth = curve.band.growth(self.level) if isinstance(curve.band, LawBand) else None
        sentences = [] if needed is None else [f"{name}: {curve.goal_in_words(needed, scale.score(needed.goal))}."]
        sentences += self._grows(curve, scale, name) if growth is None else _changes(growth, curve, scale, name)

        def draw() -> Any:
            canvas = canvas_of(sentences[0], scale, names.written, curve.metric)
            return draw_curve(curve, start=start, end=end, goal=goal, level=self.level, canvas=canvas)

        title = f"{name}, {curve.unit}: {100 * self.level:g} % band"
        header = "examples" if growth is None else curve.kind
        tables = {"curve": Table(table, title, {header: "size"} | SHOWN, scale.digits)}
        if growth is not None and growth.beside.height:
            effects = scale.differences(growth.beside, ("effect", "lower", "upper"))
            title = f"Twice as much of what else differs, in {scale.unit(curve.metric)}"
            tables["beside"] = Table(effects, title, BESIDE, 2)
        return Answer(
            self.command, tuple(sentences), tables, scale=scale, notes=curve.notes, result=curve,
            details=_details(curve, needed, growth), draw=draw,
        )  # fmt: skip

    def _check_range(self) -> None:
        from isogloss.evidence.training_mix import MAX_EXAMPLES

        start = self.start or 0
        if (beyond := max(start, self.end or 0)) > MAX_EXAMPLES:
            raise BadValue(f"size {beyond} is beyond {MAX_EXAMPLES}", where="start, end", hint="write a smaller one")
        if self.end is not None and self.end <= start:
            raise BadValue(
                f"sizes from {start} to {self.end} are no range", where="start, end", hint="write 0 and 5000, say"
            )

    def _examples(self, evidence: Evidence) -> tuple[Evidence, Curve, Scale]:
        """The curve over examples of the target."""
        from isogloss.forecasting import forecasters
        from isogloss.forecasting.curves import fit_curve

        if self.target is None:
            raise InputError(
                f"{self.vary} examples are those of a language, and none is named", where="target",
                hint="name one, or say what else varies: vary='languages'",
            )  # fmt: skip
        evidence, _, named, scale = self.one_setting(evidence)
        curve = fit_curve(
            evidence, **named, target=self.target, train=self.train, vary=self.vary, languages=self.languages,
            forecaster=forecasters.get(self.forecaster)(),
        )  # fmt: skip
        return evidence, curve, scale

    def _law(self, evidence: Evidence) -> tuple[Evidence, Curve, Scale]:
        """The law over an amount that differs between runs, models or languages."""
        import polars as pl

        from isogloss.evidence import SETTING
        from isogloss.forecasting import forecasters
        from isogloss.forecasting.curves import AMOUNTS, fit_law

        settings = settings_of(evidence, self._which(), several=AMOUNTS[self.vary].carrier)
        schema = {name: evidence.observations.schema[name] for name in SETTING}
        rows = pl.DataFrame(settings, schema=schema, orient="row")
        kept = evidence.observations.join(rows, on=SETTING, how="semi", nulls_equal=True, maintain_order="left")
        evidence = evidence.with_observations(kept)
        curve = fit_law(
            evidence, vary=self.vary, target=self.target, train=self.train, languages=self.languages,
            forecaster=forecasters.get(self.forecaster)(),
        )  # fmt: skip
        return evidence, curve, scale_of(kept)

    def _grows(self, curve: Curve, scale: Scale, name: str) -> list[str]:
        sentences = []
        if curve.too_little_for(self.level):
            most = 100 * curve.band.highest_level
            sentences.append(
                f"Too little was measured for a {100 * self.level:g} % band: ask for at most {most:.0f} %."
            )
        first, last = curve.predict([0, curve.largest], self.level)["mean"]
        return [
            *sentences,
            f"{name}: {scale.rough(first)} without {curve.unit}, {scale.rough(last)} with {curve.largest:,}.",
        ]


BESIDE = {"amount": "amount", "effect": "effect", "from": "lower", "to": "upper"}


def _changes(growth: Growth, curve: Curve, scale: Scale, name: str) -> list[str]:
    """What a law says: the change over the measured range, the knee, the exponent."""
    import numpy as np

    unit, level = scale.unit(curve.metric), f"{100 * growth.level:g} % interval"
    ends = f"{scale.points * growth.lower:z.1f} to {scale.points * growth.upper:z.1f} {unit}"
    if not growth.shown:
        measured = f"{compact(growth.smallest)} to {amount(growth.largest, curve.unit)}"
        return [f"{name}: no change is shown from {measured} ({level}: {ends})."]
    scores = curve.predict(np.array([growth.smallest, growth.largest]), growth.level)["mean"]
    first, last = (scale.rough(score) for score in scores)
    least, most = amount(growth.smallest, curve.unit), compact(growth.largest)
    sentences = [f"{name}: {first} with {least}, {last} with {most} ({level} of the change: {ends})."]
    if growth.knee is None:
        sentences.append("No knee is shown in the range measured.")
    else:
        knee = amount(growth.knee[0], curve.unit)
        lower, upper = (compact(one) for one in growth.knee[1:])
        sentences.append(f"Growth is slower from about {knee} on ({level}: {lower} to {upper}).")
    if growth.exponent is not None:
        exponent, lower, upper = (f"{one:.2f}" for one in growth.exponent)
        sentences.append(f"A power law fits best, with the exponent {exponent} ({level}: {lower} to {upper}).")
    return sentences


def _details(curve: Curve, needed: Needed | None, growth: Growth | None) -> dict[str, object]:
    names = ("task", "model", "metric", "target", "kind", "train", "held", "law", "notes")
    details = {name: getattr(curve, name) for name in names} | {"needed": asdict(needed) if needed else None}
    return details | {"growth": growth.as_dict() if growth else None}
