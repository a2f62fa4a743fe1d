"""How many examples of the language itself does a score need?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings, WithBackground
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import ForecasterName, Goal, Level, Shell, Target
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import Scale

if TYPE_CHECKING:
    from isogloss.evidence import Evidence
    from isogloss.forecasting.curves import Curve, Needed

CURVE = {"examples": "size", "forecast": "mean", "from": "lower", "to": "upper", "trust": "trust", "flags": "flags"}


class CurveQuestion(WithBackground, AboutSettings):
    """Show how a score grows with examples of the target, and how many a goal needs."""

    command: ClassVar[str] = "curve"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "target")

    target: Target
    start: Annotated[int, Shell(flags=("--from",)), Field(ge=0, description="Smallest number of examples.")] = 0
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
    vary: Annotated[Literal["labelled", "translated"], Field(description="Which examples are counted.")] = "labelled"
    level: Level = 0.9
    forecaster: ForecasterName = "default"

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Fit the curve and read it off between the two sizes."""
        from isogloss.charts import draw_curve
        from isogloss.evidence.training_mix import MAX_EXAMPLES
        from isogloss.forecasting import forecasters
        from isogloss.forecasting.curves import fit_curve, round_sizes

        if (beyond := max(self.start, self.end or 0)) > MAX_EXAMPLES:
            raise BadValue(f"size {beyond} is beyond {MAX_EXAMPLES}", where="start, end", hint="write a smaller one")
        if self.end is not None and self.end <= self.start:
            raise BadValue(
                f"sizes from {self.start} to {self.end} are no range", where="start, end", hint="write 0 and 5000, say"
            )
        evidence, _, named, scale = self.one_setting(evidence)
        goal = None if self.goal is None else scale.stored(self.goal, "goal")
        curve = fit_curve(
            evidence, **named, target=self.target, train=self.train, vary=self.vary, languages=self.languages,
            forecaster=forecasters.get(self.forecaster)(),
        )  # fmt: skip
        end = max(curve.largest, self.start + 1) if self.end is None else self.end
        table = scale.table(curve.predict(round_sizes(self.start, end), self.level), ("mean", "lower", "upper"))
        needed = None if goal is None else curve.needed(goal, self.level)
        names = Names(evidence, {curve.target: self.target})
        name = names(curve.target)
        sentences = tuple(self._sentences(curve, needed, scale, name))

        def draw() -> Any:
            canvas = canvas_of(sentences[0], scale, names.written, curve.metric)
            return draw_curve(curve, start=self.start, end=end, goal=goal, level=self.level, canvas=canvas)

        return Answer(
            self.command, sentences,
            {"curve": Table(table, f"{name}, {curve.kind} examples: {100 * self.level:g} % band", CURVE, scale.digits)},
            scale=scale, notes=curve.notes, result=curve, details=_details(curve, needed),
            draw=draw,
        )  # fmt: skip

    def _sentences(self, curve: Curve, needed: Needed | None, scale: Scale, name: str) -> list[str]:
        sentences = [] if needed is None else [_goal(needed, scale, name, curve.kind)]
        if curve.too_little_for(self.level):
            most = 100 * curve.calibration.highest_level
            sentences.append(
                f"Too little was measured for a {100 * self.level:g} % band: ask for at most {most:.0f} %."
            )
        first, last = curve.predict([0, curve.largest], self.level)["mean"]
        grows = (
            f"{name}: {scale.rough(first)} without {curve.kind} examples, {scale.rough(last)} with {curve.largest:,}."
        )
        return [*sentences, grows] if sentences else [grows]


def _goal(needed: Needed, scale: Scale, name: str, kind: str) -> str:
    goal, within = scale.score(needed.goal), f"within the range measured (up to {needed.reach:,} examples)"
    if needed.banded and needed.lower is None:
        return f"{name}: {goal} is not reachable {within}."
    if needed.expected is None:
        expected = f"{name}: {goal} is not expected {within}"
    else:
        expected = f"{name}: {goal} needs about {needed.expected:,} {kind} examples"
    if not needed.banded:
        return f"{expected}; too little was measured for an interval."
    worst = f"more than {needed.reach:,}" if needed.upper is None else f"{needed.upper:,}"
    return f"{expected} ({100 * needed.level:g} % interval: {needed.lower:,} to {worst})."


def _details(curve: Curve, needed: Needed | None) -> dict[str, object]:
    names = ("task", "model", "metric", "target", "kind", "train", "law", "notes")
    return {name: getattr(curve, name) for name in names} | {"needed": asdict(needed) if needed else None}
