"""How far can forecasts of these languages be trusted? The answer to `trust` where languages are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from isogloss.questions.answer import Answer, Table
from isogloss.questions.names import Names
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import scale_of
from isogloss.text import counted, first_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evaluation.public_shifts import PublicShift
    from isogloss.evaluation.target_trust import TargetTrust
    from isogloss.evaluation.trust import Trust
    from isogloss.evidence import Evidence

CALIBRATION = {"level": "level", "coverage": "coverage", "from": "coverage_low", "to": "coverage_high",
               "width": "mean_width", "languages": "groups", "whole range": "whole_range"}  # fmt: skip
STRATA = {"grouped by": "stratum", "value": "value", "languages": "groups", "error": "mae", "coverage": "coverage",
          "from": "coverage_low", "to": "coverage_high", "width": "mean_width"}  # fmt: skip
FEWEST_SHOWN = 3
"""Languages that a stratum needs to be shown."""
MOST_NAMED = 4
BY_MODEL = {"model": "model", "languages": "languages", "error": "error", "coverage": "coverage", "width": "width"}
PUBLIC = {"measured languages": "measured", "tables": "tables", "error": "error", "coverage": "coverage"}
SHIFTS = {
    "hard": "the poorest third of the languages, forecast from the {richest}",
    "random": "languages forecast from any {others}",
}


def answer_targets(result: TargetTrust, evidence: Evidence, names: Names) -> Answer:
    """The answer for some languages: the verdict about them, what was withheld, and what was not looked at."""
    sentences = tuple(_sentences(result, names))
    if result.trust is None:
        assert result.public is not None, "public tables stand in for a simulation"
        table = _public_table(result.public)
        return Answer("trust", sentences, {"public": Table(table, "On public tables", PUBLIC, 2)}, result=result)
    trust = result.trust
    scale = scale_of(evidence.filter(task=trust.task).observations)
    tables = {"calibration": Table(trust.calibration, "Do intervals hold?", CALIBRATION, 2)}
    by_model = _by_model(trust, scale.points)
    if by_model.height > 1:
        tables["models"] = Table(by_model, "By model, 90 % intervals", BY_MODEL, 2)
    tables["strata"] = shown_strata(trust)
    return Answer(
        "trust", sentences, tables, details=trust.as_dict(), result=trust,
        draw=drawer(trust, sentences[0], scale, names.written),
    )  # fmt: skip


def _sentences(result: TargetTrust, names: Names) -> Iterator[str]:
    from isogloss.evaluation.trust import belief

    trust, public = result.trust, result.public
    if trust is not None:
        yield _verdict(result, trust)
        yield _withheld(result, trust)
        if public is not None:
            yield f"Yours have still less text online than those. {_on_public(public)}"
        yield from trust.worst_strata()
    elif public is not None:
        count = len(result.measured)
        few = f"Your {counted(count, 'measured language')} {'is' if count == 1 else 'are'} too few to try it"
        yield f"{belief(public.error, 'points', '', result.simulation.languages)}, as far as public tables tell."
        yield f"{_on_public(public)} {few}: {result.reason}."
    yield from _kinds(result, names)
    yield from _samples(result)


def _verdict(result: TargetTrust, trust: Trust) -> str:
    """What can be believed, and why; the worse of what was withheld here and of public tables decides."""
    from isogloss.evaluation.trust import TOO_FEW, belief, judge_coverage

    row, unit, who = _at(trust), trust.unit, result.simulation.languages
    errors, held = [trust.overall["mae"]], [] if row is None else [100 * row["coverage"]]
    judged = TOO_FEW if row is None else judge_coverage(trust.level, row)
    if result.public is not None and unit == "points":
        errors, held = [*errors, result.public.error], [*held, 100 * result.public.coverage]
        judged = "" if judged == TOO_FEW else judged
    digits = 0 if min(errors) >= 1 else 1
    off = " to ".join(dict.fromkeys(f"{error:.{digits}f}" for error in sorted(errors)))
    shares = " to ".join(dict.fromkeys(f"{share:.0f}" for share in sorted(held)))
    of_intervals = f"; {100 * trust.level:g} % intervals held {shares} %" if held else ""
    return f"{belief(max(errors), unit, judged, who)}: off by {off} {unit} on average{of_intervals}."


def _at(trust: Trust) -> dict[str, Any] | None:
    return next((row for row in trust.calibration.iter_rows(named=True) if row["level"] == trust.level), None)


def _withheld(result: TargetTrust, trust: Trust) -> str:
    from isogloss.evaluation.trust import judge_coverage

    row, error = _at(trust), trust.overall
    which = "of the poorest measured languages" if result.kind == "poorer" else "measured languages"
    within = "" if error["mae_low"] is None else f" (95 % interval {error['mae_low']:.1f} to {error['mae_high']:.1f})"
    judged = (
        "" if row is None else f", intervals held {100 * row['coverage']:.0f} %: {judge_coverage(trust.level, row)}"
    )
    return (
        f"Withheld and forecast from the others by the forecaster '{trust.forecaster}': {error['groups']} {which}, "
        f"off by {error['mae']:.1f} {trust.unit}{within}{judged}."
    )


def _on_public(public: PublicShift) -> str:
    richest = "richest" if public.measured == 1 else f"{public.measured} richest"
    which = SHIFTS[public.shift].format(richest=richest, others=counted(public.measured, "other"))
    prompted = "prompted models" if public.kind == "prompted" else "other models and tasks"
    return (
        f"On {public.tables} public tables of {prompted}, {which}: off by {public.error:.0f} points on average; the "
        f"90 % intervals held {100 * public.coverage:.0f} %."
    )


def _kinds(result: TargetTrust, names: Names) -> Iterator[str]:
    """How the targets differ from what was measured: those that were simulated, then the others."""
    from isogloss.evaluation.target_kinds import SIMULATIONS

    count = len(result.kinds)
    if count == 1:
        return
    if len(result.of_kind) == count:
        yield f"The {count} languages that you ask about: all {result.simulation.targets}."
        return
    parts = [f"{len(result.of_kind)} {result.simulation.targets}"]
    for kind, simulation in SIMULATIONS.items():
        others = [target for target, its in result.kinds.items() if its == kind]
        if others and kind != result.kind:
            listed = first_of([names(target) for target in others], MOST_NAMED)
            parts.append(f"{len(others)} {simulation.targets} ({listed})")
    alone = "The verdict is about the first; ask about the others alone."
    yield f"Of the {count} languages that you ask about: {'; '.join(parts)}. {alone}"


def _samples(result: TargetTrust) -> Iterator[str]:
    for (looked_at, every), noun in ((result.models, "models"), (result.mixes, "training mixes")):
        if looked_at < every:
            yield f"Looked at: {looked_at} of {every} {noun}, evenly spread."


def _by_model(trust: Trust, points: float) -> pl.DataFrame:
    """Error, coverage and width with each model, in points."""
    import polars as pl

    inside = pl.col("score").is_between("lower", "upper")
    return trust.guesses.group_by("model", maintain_order=True).agg(
        pl.col("target").n_unique().alias("languages"),
        ((pl.col("mean") - pl.col("score")).abs().mean() * points).alias("error"),
        inside.mean().alias("coverage"),
        ((pl.col("upper") - pl.col("lower")).mean() * points).alias("width"),
    )


def _public_table(public: PublicShift) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame([public._asdict()])


def shown_strata(trust: Trust) -> Table:
    """The strata of enough languages to say anything of."""
    import polars as pl

    strata = trust.strata.with_columns(trust.strata["value"].str.replace(r"^\d ", ""))
    title = f"By group of languages, {100 * trust.level:g} % intervals"
    return Table(strata.filter(pl.col("groups") >= FEWEST_SHOWN), title, STRATA, 2)
