"""What a test of a language would do for its own forecast, and for the forecasts of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from isogloss.errors import InputError
from isogloss.questions.scale import Scale

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence

FEWEST, MOST = 3, 150
"""Languages asked about: one is measured and the others are more than one; beyond the most it would take long."""


def narrowing(
    forecasts: pl.DataFrame, queries: pl.DataFrame, evidence: Evidence, name: Callable[[str], str], scale: Scale
) -> str | None:
    """Which language to measure, and how much narrower the others' intervals would be; None where that is not known.

    It is said where some language is poorer than every measured one, and all forecasts are of one task and metric.

    Parameters
    ----------
    forecasts : polars.DataFrame
        With the columns of `isogloss.forecasting.FORECAST`.
    queries : polars.DataFrame
        What they answer.
    evidence : Evidence
        What they were made from.
    name : callable
        From the id of a language to what the reader calls it.
    scale : Scale
    """
    from isogloss.forecasting import Flag
    from isogloss.planning import choose_next

    cells = forecasts[["target", "model", "flags"]].rows()
    open_ones = [(target, model, flags) for target, model, flags in cells if Flag.MEASURED not in flags]
    targets = list(dict.fromkeys(target for target, _, _ in open_ones))
    poorer = any(Flag.POORER_THAN_MEASURED in flags for _, _, flags in open_ones)
    if not poorer or not FEWEST <= len(targets) <= MOST:
        return None
    about = queries.select("task", "metric", "recipe").unique()
    if about.height != 1:
        return None
    models = list({model for _, model, _ in open_ones})
    try:
        tests = choose_next(
            evidence, targets, k=1, model=models[0] if len(models) == 1 else None, **about.row(0, named=True)
        )
    except InputError:  # the evidence has several settings of the task, or a model that was never measured is meant
        return None
    before, after = tests.baselines.filter(choice="none")["width_of_rest"][0], tests.alone["width_of_rest"][0]
    best = " or ".join(map(name, tests.alone["language"].head(2)))
    return f"Measure {best}: {narrows(before, after, scale, about['metric'][0])}."


def narrows(before: float, after: float, scale: Scale, metric: str | None) -> str:
    """From which to which width intervals narrow, in words; widths on the scale of the stored scores."""
    digits = 0 if scale.points * before >= 10 else 1
    start, end = (f"{scale.points * one:.{digits}f}" if scale.bounded else f"{one:.3g}" for one in (before, after))
    unit = scale.unit(metric or "score")
    return f"the 90 % intervals of the others narrow from {start} to {end} {unit}"


def narrowing_by_items(forecast: Mapping[str, Any], scale: Scale, items: int) -> str | None:
    """How much narrower a forecast's interval would be after a test; None of what was measured or has no range.

    Parameters
    ----------
    forecast : mapping of str to object
        A row of the answer to `forecast`, on the reader's scale.
    scale : Scale
    items : int
        Of the test.
    """
    from isogloss.forecasting import Flag
    from isogloss.planning.items import interval_after_items

    if not scale.bounded or forecast["lower"] is None or Flag.MEASURED in forecast["flags"]:
        return None
    lower, upper, mean = (forecast[name] / scale.factor for name in ("lower", "upper", "mean"))
    after = interval_after_items(lower, upper, mean, items, forecast["level"])
    advice = "Do not act on this number yet. " if forecast["trust"] in ("guess", "shaky") else ""
    before = scale.width(upper - lower).removesuffix(" points")
    name = forecast["language"]
    return (
        f"{advice}{items} test items in {name} would narrow the interval from {before} to about {scale.width(after)}."
    )
