"""Forecasts as bars that fade to their ends, between the scores that were measured; one panel per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import LABEL_SIZE, Canvas, decimals, figure, inline, score_range, text_width
from isogloss.charts.forecast_rows import GUESS, KINDS, MEASURED, Row, Selection

if TYPE_CHECKING:
    pass

HEADER, AXIS = 20.0, 34.0
"""Units for the key above the lines, and for the axis below."""
KEY = -11.0
"""Where the key stands, above the plot."""
LEAST_ROW, MOST_ROW = 14.5, 30.0
MOST_NAME = 150.0
GAP = 12.0
"""Units between columns."""
PALEST, STRONGEST = 0.14, 0.8
"""Strength of an interval's colour at its ends and at the forecast."""
NARROW = 0.12
"""Share of the axis up to which an interval has the whole strength; a wider one is paler, as its ink is spread."""
OUTLINE = "M-1.6,-.75H1.6V.75H-1.6Z"
"""The mark of a guess in the key."""
SHORT_FIGURES = text_width("75 to 100")
HOLLOW = {"shaky"}
"""Trust of forecasts whose dot is a ring."""


def most_lines(height: float) -> int:
    """How many lines a panel of this height has room for."""
    return int((height - HEADER - AXIS) / LEAST_ROW)


def bars(cells: Sequence[Row], selection: Selection, canvas: Canvas, width: float, height: float) -> Any:
    """Panels of lines, one per model, each with the forecasts and measured scores of the chosen languages.

    Parameters
    ----------
    cells : sequence of rows
        Of all models; a language that was measured and forecast is drawn as forecast.
    selection : Selection
    canvas : Canvas
    width, height : float
        Of all panels together, in units.
    """
    import altair as alt

    drawn = _drawn(cells, selection)
    low, high = score_range([row[end] for row in drawn for end in ("mean", "lower", "upper") if end in row],
                            percent=canvas.percent)  # fmt: skip
    lines = _lines(selection, height)
    models = list(dict.fromkeys(row["model"] for row in drawn if row["kind"] != MEASURED))
    names = [{"name": row["name"], "y": lines[row["target"]], "kind": row["kind"]} for row in _firsts(drawn)]
    if selection.left_out:
        names.append({"name": f"… {selection.left_out} more between", "y": lines[""], "kind": MEASURED})
    left = min(max(text_width(row["name"]) for row in names), MOST_NAME) + GAP
    if len(models) == 1:
        return _panel(drawn, lines, canvas, (low, high), (left, width), names=names)
    share = (width - left - GAP * (len(models) - 1)) / len(models)
    panels = []
    for at, model in enumerate(models):
        of_model = [row for row in drawn if row["model"] in (model, None)]
        panels.append(
            _panel(of_model, lines, canvas, (low, high), (0.0 if at else left, share + (0.0 if at else left)),
                   names=[] if at else names, model=model)
        )  # fmt: skip
    return alt.hconcat(*panels, spacing=GAP)


def _drawn(cells: Sequence[Row], selection: Selection) -> list[Row]:
    """The cells of the chosen languages; a forecast takes the place of a measured score of its language and model."""
    shown = set(selection.targets)
    forecast = {(row["model"], row["target"]) for row in cells if row["kind"] != MEASURED}
    unmodelled = {target for _, target in forecast}
    return [
        row for row in cells
        if row["target"] in shown
        and not (row["kind"] == MEASURED and ((row["model"], row["target"]) in forecast
                                              or (row["model"] is None and row["target"] in unmodelled)))
    ]  # fmt: skip


def _firsts(rows: Sequence[Row]) -> list[Row]:
    """One row per language, a forecast if it has one."""
    by_target: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row["kind"] == MEASURED):
        by_target.setdefault(row["target"], row)
    return list(by_target.values())


def _lines(selection: Selection, height: float) -> dict[str, float]:
    """The height of each language's line; that of the gap is under no name."""
    targets = [*selection.targets]
    if selection.left_out:
        targets.insert(selection.gap, "")
    step = min((height - HEADER - AXIS) / len(targets), MOST_ROW)
    return {target: (at + 0.5) * step for at, target in enumerate(targets)}


def _panel(
    rows: Sequence[Row], lines: Mapping[str, float], canvas: Canvas, ends: tuple[float, float],
    sides: tuple[float, float], *, names: Sequence[Row], model: str | None = None,
) -> Any:  # fmt: skip
    """Names, intervals and dots, figures and words of trust of one model; of several, figures are short."""
    import altair as alt

    (low, high), (start, right) = ends, sides
    digits = decimals([row["upper"] - row["lower"] for row in rows if row["kind"] != MEASURED])
    data = [{**row, **_figures(row, digits, model is not None), "y": lines[row["target"]]} for row in rows]
    figures = max(text_width(row["figures"]) for row in data) if model is None else SHORT_FIGURES
    words = max(text_width(row["trust_word"]) for row in data)
    end = right - figures - GAP - (words + GAP if words else 0)
    step = _step(lines)
    axis = alt.Axis(
        title=canvas.score_title if names else None, tickCount=max(2, int((end - start) / 35)), labelOverlap=True
    )
    x = {"scale": alt.Scale(domain=[low, high], range=[start, end], nice=False), "axis": axis}
    marks, texts = _key(data, canvas, start) if model is None else ([], _heading(model, canvas, start))
    texts += _words(data, names, canvas, (end + GAP, end + figures + 2 * GAP))
    layers = [
        _grid(lines, start, end, canvas), *_intervals(data, x, step, canvas, ends), _dots(data, x, canvas),
        *([_marks(marks)] if marks else []), _text(texts),
    ]  # fmt: skip
    chart: Any = alt.layer(*layers)
    return chart.properties(width=right, height=max(lines.values()) + step / 2)


def _step(lines: Mapping[str, float]) -> float:
    """Units from one line to the next."""
    heights = sorted(lines.values())
    return heights[1] - heights[0] if len(heights) > 1 else 2 * heights[0]


def _figures(row: Row, digits: int, short: bool) -> Row:
    """What stands beside a line: the numbers, and the word of trust."""
    mean, word = figure(row["mean"], digits), row["trust"] or ""
    if row["kind"] == MEASURED:
        return {"figures": mean, "trust_word": "" if short else word, "interval": ""}
    interval = f"{figure(row['lower'], digits)} to {figure(row['upper'], digits)}"
    if short:
        shown = GUESS if row["kind"] == GUESS else interval if word in HOLLOW else mean
        return {"figures": shown, "trust_word": "", "interval": interval}
    shown = interval if row["kind"] == GUESS else f"{mean} ({interval})"
    return {"figures": shown, "trust_word": word, "interval": interval}


def _grid(lines: Mapping[str, float], start: float, end: float, canvas: Canvas) -> Any:
    import altair as alt

    rows = [{"y": y, "x": start, "x2": end} for target, y in lines.items() if target]
    return (
        alt.Chart(inline(rows))
        .mark_rule(color=canvas.colours.lines, strokeWidth=1)
        .encode(x=alt.X("x:Q", scale=None, axis=None), x2=alt.X2("x2:Q"), y=alt.Y("y:Q", scale=None, axis=None))
    )


def _intervals(
    rows: Sequence[Row], x: Mapping[str, Any], step: float, canvas: Canvas, ends: tuple[float, float]
) -> list[Any]:
    """Bars that fade from the forecast to the ends of its interval; an outline for a guess."""
    import altair as alt

    colours, (low, high) = canvas.colours, ends
    look: Any = {"height": min(0.62 * step, 13.0)}
    shared = {"y": alt.Y("y:Q", scale=None, axis=None), "tooltip": _tooltip(canvas)}
    data = [
        {**row, "from": max(row["lower"], low), "to": min(row["upper"], high), "density": _density(row, ends)}
        for row in rows
        if row["kind"] != MEASURED
    ]
    fading, guesses = ([row for row in data if (row["kind"] == GUESS) == guess] for guess in (False, True))
    layers = []
    for begin, stop, strengths in (("from", "mean", (PALEST, STRONGEST)), ("mean", "to", (STRONGEST, PALEST))):
        fill: Any = alt.Gradient(
            gradient="linear", x1=0, x2=1, y1=0, y2=0,
            stops=[alt.GradientStop(offset=at, color=colours.fade(colours.forecast, strength))
                   for at, strength in enumerate(strengths)],
        )  # fmt: skip
        bar = alt.Chart(inline(fading)).mark_bar(color=fill, **look)
        density = alt.Opacity("density:Q", scale=None)
        layers.append(bar.encode(x=alt.X(f"{begin}:Q", **x), x2=alt.X2(f"{stop}:Q"), opacity=density, **shared))
    if guesses:
        pale = colours.fade(colours.forecast, 0.08)
        band = alt.Chart(inline(guesses)).mark_bar(
            color=pale, stroke=colours.forecast, strokeWidth=1, strokeDash=[3, 2], **look
        )
        layers.append(band.encode(x=alt.X("from:Q", **x), x2=alt.X2("to:Q"), **shared))
    return layers


def _density(row: Row, ends: tuple[float, float]) -> float:
    share = (min(row["upper"], ends[1]) - max(row["lower"], ends[0])) / (ends[1] - ends[0])
    return round(min(1.0, max(0.35, (NARROW / max(share, 1e-9)) ** 0.5)), 3)


def _look(kind: str, trust: str | None, canvas: Canvas) -> Row:
    """Shape and colours of the mark of a row."""
    colours = canvas.colours
    if MEASURED in (kind, trust):
        return {"shape": "square", "fill": colours.measured, "stroke": colours.measured, "size": 46, "dash": [1, 0]}
    if kind == GUESS:
        pale = colours.fade(colours.forecast, 0.08)
        return {"shape": OUTLINE, "fill": pale, "stroke": colours.forecast, "size": 60, "dash": [3, 2]}
    fill = colours.background if trust in HOLLOW else colours.forecast
    return {"shape": "circle", "fill": fill, "stroke": colours.forecast, "size": 54, "dash": [1, 0]}


def _dots(rows: Sequence[Row], x: Mapping[str, Any], canvas: Canvas) -> Any:
    import altair as alt

    data = [{**row, **_look(row["kind"], row["trust"], canvas)} for row in rows if row["kind"] != GUESS]
    return _points(data).encode(x=alt.X("mean:Q", **x), tooltip=_tooltip(canvas))


def _marks(rows: Sequence[Row]) -> Any:
    import altair as alt

    return _points(rows).encode(x=alt.X("x:Q", scale=None, axis=None), strokeDash=alt.StrokeDash("dash:N", scale=None))


def _points(rows: Sequence[Row]) -> Any:
    import altair as alt

    return alt.Chart(inline(rows)).mark_point(opacity=1, strokeWidth=1.8).encode(
        y=alt.Y("y:Q", scale=None, axis=None), fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("stroke:N", scale=None), shape=alt.Shape("shape:N", scale=None),
        size=alt.Size("size:Q", scale=None),
    )  # fmt: skip


def _tooltip(canvas: Canvas) -> list[Any]:
    import altair as alt

    return [
        alt.Tooltip("name:N", title="language"), alt.Tooltip("target:N", title="id"), alt.Tooltip("kind:N"),
        alt.Tooltip("mean:Q", title=canvas.score, format=".3~g"), alt.Tooltip("interval:N"),
        alt.Tooltip("trust:N"),
    ]  # fmt: skip


def _words(rows: Sequence[Row], names: Sequence[Row], canvas: Canvas, columns: tuple[float, float]) -> list[Row]:
    """Names, figures and words of trust, each with its place; what was measured is pale."""
    colours = canvas.colours

    def word(row: Row, field: str, at: float) -> Row:
        colour = colours.pale_ink if row["kind"] == MEASURED else colours.alert if row[field] == GUESS else colours.ink
        return {"text": row[field], "x": at, "y": row["y"], "colour": colour}

    words = [word(row, "name", 0.0) for row in names]
    words += [
        word(row, field, at) for row in rows for field, at in zip(("figures", "trust_word"), columns, strict=True)
    ]
    return [one for one in words if one["text"]]


def _text(words: Sequence[Row]) -> Any:
    import altair as alt

    return (
        alt.Chart(inline(words))
        .mark_text(align="left", baseline="middle", fontSize=LABEL_SIZE, limit=MOST_NAME + 60)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None), text=alt.Text("text:N"),
            color=alt.Color("colour:N", scale=None),
        )
    )  # fmt: skip


def _heading(model: str, canvas: Canvas, start: float) -> list[Row]:
    return [{"text": model, "x": start, "y": KEY, "colour": canvas.colours.ink}]


def _key(rows: Sequence[Row], canvas: Canvas, start: float) -> tuple[list[Row], list[Row]]:
    """What the marks mean, above the first line: marks and words."""
    marks, words, x = [], [], start + 5
    for kind in (kind for kind in KINDS if any(row["kind"] == kind for row in rows)):
        half = 11.0 if kind == GUESS else 4.0
        marks.append({**_look(kind, None, canvas), "x": x + half - 4, "y": KEY})
        x += 2 * half + 1
        words.append({"text": kind, "x": x, "y": KEY, "colour": canvas.colours.pale_ink})
        x += text_width(kind) + 16
    return marks, words
