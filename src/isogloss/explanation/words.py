"""What drives transfer, in a paragraph for people who do no statistics, claiming no more than the numbers do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isogloss.explanation.factors import SILENT_GROUPS, Factor
from isogloss.languages import resolve

if TYPE_CHECKING:
    from isogloss.explanation.drivers import Drivers
    from isogloss.explanation.forecast import Explanation

INSEPARABLE = 5.0
"""Variance inflation above which a factor can hardly be told from the others."""
OVERFITTED = 0.1
"""By how much R2 may fall for languages that were left out before it is said."""
SMALLEST = 0.05
"""Points of a contribution worth telling."""
SMALLEST_WEIGHT, NAMED_NEIGHBOURS = 0.01, 4
FEW = 15
"""Languages below which what is true of these need not be true of others."""


def describe_drivers(found: Drivers) -> str:
    """A paragraph about drivers of transfer."""
    return " ".join(_sentences(found))


def _sentences(found: Drivers) -> Iterator[str]:
    what = "mixes" if found.mixed else "sources"
    scores = "Scores relative to the target's own" if found.response == "relative" else "Scores"
    yield (
        f"{scores} of {found.model} on {found.task} in {found.pairs} pairs of {found.sources} {what} and "
        f"{found.targets} targets were compared with {_factors(found.table.height)}."
    )
    rows = found.table.to_dicts()
    driving = sorted((row for row in rows if row["driver"]), key=lambda row: -abs(row["effect"]))
    yield from _driving(driving, found)
    yield from _silent([row["factor"] for row in rows if not row["driver"]], bool(driving))
    yield _how_much(found)
    yield from _cautions(found, rows)


def _factors(count: int) -> str:
    return f"{count} factor{'' if count == 1 else 's'}"


def _driving(driving: Sequence[Mapping[str, Any]], found: Drivers) -> Iterator[str]:
    if not driving:
        yield (
            "None of them is shown to go with the scores: what was found could as well be chance. That is no proof "
            "that none matters."
        )
        return
    for first, row in enumerate(driving):
        phrase = Factor.named(row["factor"]).phrase
        more = "higher" if row["effect"] > 0 else "lower"
        lead = "Shown to go with the scores: " if first == 0 else ""
        yield (
            f"{lead}{phrase if lead else phrase[0].upper() + phrase[1:]} goes with {more} scores, "
            f"{abs(row['effect']):.2g} {found.unit} per standard deviation "
            f"(95 % interval {_ends(row)}){_share(row)}."
        )


def _ends(row: Mapping[str, Any]) -> str:
    ends = sorted(abs(row[end]) for end in ("lower", "upper"))
    return f"{ends[0]:.2g} to {ends[1]:.2g}"


def _share(row: Mapping[str, Any]) -> str:
    if row["share"] is None:
        return ""
    return f", {100 * row['share']:.0f} % of the variance" if row["share"] >= 0.01 else ", under 1 % of the variance"


def _silent(names: Sequence[str], others: bool) -> Iterator[str]:
    if names and others:
        yield f"Not shown to matter beside these, which is no proof that they do not: {', '.join(names)}."


def _how_much(found: Drivers) -> str:
    said = f"Together the factors account for {100 * found.r2:.0f} % of the differences between these pairs"
    if found.left_out_r2 != found.left_out_r2:
        return f"{said}; there are too few languages to say how much in others."
    if found.left_out_r2 <= 0:
        return f"{said}, but for languages left out they tell less than the mean does: do not forecast with them."
    fall = "; the rest does not carry over to them" if found.r2 - found.left_out_r2 > OVERFITTED else ""
    return f"{said}, and for {100 * found.left_out_r2:.0f} % for languages that were left out{fall}."


def _cautions(found: Drivers, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not found.higher_is_better:
        yield f"Of {found.metric} less is better: what goes with higher scores goes with worse ones."
    tangled = [row["factor"] for row in rows if row["vif"] > INSEPARABLE]
    if tangled:
        yield f"Hardly to be told from the other factors here: {', '.join(tangled)}."
    if found.sources == 1:
        yield (
            "All scores come from one mix, so nothing can be said about others, and what is peculiar to it is "
            "in every number."
            if found.mixed
            else "All scores come from one source, so nothing can be said about sources, and what is peculiar to it is "
            "in every number."
        )
    elif found.between_targets > 0.5:
        yield "Most of what is left differs between targets, whatever the source: factors lack something about them."
    if min(found.targets, found.sources if found.sources > 1 else found.targets) < FEW:
        yield "With so few languages, what is true of these may not be true of others."
    yield (
        f"The model is one, so nothing is said about {' and '.join(SILENT_GROUPS)}. These are associations between "
        "measured scores: languages that are alike in one way are alike in others, and no cause is shown."
    )


def name_of(language: str) -> str:
    """A language's name, with its id where the script needs telling."""
    known = resolve(language)
    return f"{known.name} ({language})" if "_" in language else known.name


def describe_forecast(found: Explanation) -> str:
    """A paragraph about one forecast."""
    return " ".join(_about_forecast(found))


def _about_forecast(found: Explanation) -> Iterator[str]:
    from isogloss.forecasting.contributions import MEASURED_ITSELF

    unit = 100.0 if found.bounded else 1.0
    points = "points" if found.bounded else found.metric
    name = name_of(found.target)
    if found.baseline_is == MEASURED_ITSELF:
        yield f"{name} was measured under this mix: the forecast is that score, and there is nothing to explain."
        return
    yield (
        f"The forecast for {name} starts from {found.baseline:.3f}, the {found.baseline_is}, and ends at "
        f"{found.mean:.3f} ({100 * found.level:g} % interval {found.lower:.3f} to {found.upper:.3f})."
    )
    rows = found.groups.to_dicts()
    told = [row for row in rows if unit * abs(row["contribution"]) >= SMALLEST]
    if told:
        said = [f"{row['group']} {unit * row['contribution']:+.1f}" for row in told]
        yield f"In {points}: {', '.join(said)}."
    yield from _leaning(found)
    yield from _unexplained(found, unit, points)
    if found.measured is not None:
        yield f"It was measured as {found.measured:.3f}, which was hidden from the forecaster."
    yield "This says how the forecaster came to its number, not what would happen if the language were another."


def _leaning(found: Explanation) -> Iterator[str]:
    nearest = found.neighbours.filter(found.neighbours["weight"] > SMALLEST_WEIGHT).head(NAMED_NEIGHBOURS)
    if nearest.height:
        said = [f"{row['name']} ({row['weight']:.2f})" for row in nearest.iter_rows(named=True)]
        yield f"Of the measured languages it leans most on {', '.join(said)}; weights in brackets."


def _unexplained(found: Explanation, unit: float, points: str) -> Iterator[str]:
    from isogloss.forecasting.contributions import MEAN_OF_LANGUAGE, UNEXPLAINED

    share = found.members.get("kernel", 0.0) if found.baseline_is == MEAN_OF_LANGUAGE else 0.0
    if share > 0:
        yield f"{100 * share:.0f} % of the weight is a kernel over whole mixes, which is not split any further."
    lacking = float(found.groups.filter(found.groups["group"] == UNEXPLAINED)["contribution"].sum())
    if unit * abs(lacking) >= SMALLEST:
        yield f"{unit * lacking:+.1f} {points} have no finer explanation."
