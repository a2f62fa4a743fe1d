"""Answer: the verdict, bars in the order of scores with measured languages between, a map, one language at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.charts.forecast_rows import MEASURED, Row, forecast_rows, measured_rows, select, unasked
from isogloss.errors import InputError
from isogloss.evidence import Evidence
from isogloss.languages import card, nearest
from isogloss.questions.advice import ADVICE
from isogloss.questions.answer import Answer
from isogloss.questions.forecast import ForecastQuestion
from isogloss.questions.names import Names
from isogloss.questions.narrowing import narrowing_by_items
from isogloss.questions.pictures import canvas_of
from isogloss.web.api import finished
from isogloss.web.pages.drawing import FADE, bar_of, map_of, track_of
from isogloss.web.pages.rendering import Address, render, texts_of, waiting
from isogloss.web.responses import session_of, site_of
from isogloss.web.setting import Choice

ITEMS = 100
MOST_ROWS, BETWEEN = 400, 8
RELATIVES = 5

router = APIRouter()


@router.get("/answer")
async def answer(request: Request) -> Response:
    """Forecasts, or progress where they take longer."""
    address = Address(request)
    site, session = site_of(request), session_of(request)
    targets = texts_of(address.given, "targets")
    if not targets:
        raise InputError("no language is named", hint="choose some on the page Ask")
    held = await run_in_threadpool(site.held, session, address.first("evidence"))
    choice = await run_in_threadpool(site.choice, held, address.flat())
    fields = {"targets": targets, **as_fields(choice)}
    job = await run_in_threadpool(site.ask, session, held, ForecastQuestion, fields)
    if not await finished(job, site.settings.patience):
        return waiting(request, job, "Forecasting", held=held, choice=choice)
    made = job.future.result()
    context = await run_in_threadpool(_context, made, choice, address)
    return render(request, "answer.html", title="Answer", held=held, choice=choice, answer=made, **context)


def as_fields(choice: Choice) -> dict[str, Any]:
    """The setting as fields of a question."""
    return {name: int(value) if name == "shots" else value for name, value in choice.named.items()}


def _context(made: Answer, choice: Choice, address: Address) -> dict[str, Any]:
    names, metric = Names(choice.evidence), choice.evidence.observations["metric"][0]
    written = dict(made.result.select("target", "target_as_reported").unique().rows())
    canvas = canvas_of(made.verdict, made.scale, names.written | written, metric)
    asked = forecast_rows(made.result, canvas)
    measured = measured_rows(_measured(choice.evidence, made.result), canvas)
    others = unasked(measured, asked)
    every = bool(address.first("measured"))
    most = len(asked) + (len(others) if every else BETWEEN)
    shown = set(select(asked, others, most).targets) | ({row["target"] for row in others} if every else set())
    rows = sorted(
        [*asked, *(row for row in others if row["target"] in shown)], key=lambda row: (-row["mean"], row["name"])
    )
    ends = [row[end] for row in [*asked, *others] for end in ("mean", "lower", "upper") if end in row]
    track = track_of(ends, made.scale)
    open_to_ask = {row["target"] for row in asked}
    rows = [
        {**row, "bar": bar_of(row, track), "shown": _shown(row, made), "asked": row["target"] in open_to_ask}
        for row in rows
    ]
    chosen = next((row for row in rows if row["asked"] and row["target"] == address.first("language")), None)
    if chosen is None and len(asked) == 1:
        chosen = next(row for row in rows if row["asked"])
    known = {row["target"]: row["mean"] for row in measured}
    return {
        "rows": rows[:MOST_ROWS], "left_out": max(len(rows) - MOST_ROWS, 0), "track": track, "stops": FADE,
        "map": map_of(asked, others, percent=canvas.percent), "trust": ADVICE,
        "panel": None if chosen is None else _panel(chosen, made, known, names),
        "unmentioned": len({row["target"] for row in others} - shown), "metric": metric, "words": _words(asked),
    }  # fmt: skip


def _measured(evidence: Evidence, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Scores of all measured languages with the training mix that the forecasts are of."""
    same = evidence.observations.filter(pl.col("train").is_in(forecasts["train"].unique().implode()))
    return same.select("target", "target_as_reported", "score")


def _shown(row: Row, made: Answer) -> str:
    ends = ("mean",) if row["kind"] == MEASURED else ("lower", "upper")
    return " to ".join(made.scale.rough_shown(row[end]) for end in ends)


def _words(asked: Sequence[Row]) -> list[tuple[str, int]]:
    counts = {word: sum(row["trust"] == word for row in asked) for word in ADVICE}
    return [(word, count) for word, count in counts.items() if count]


def _panel(row: dict[str, Any], made: Answer, known: dict[str, float], names: Names) -> dict[str, Any]:
    """What is known of one language: the forecast's warnings, relatives, facts, and what a test would buy."""
    flags = (
        []
        if made.flags is None
        else made.flags.filter(pl.col("target") == row["target"])["sentence"].unique(maintain_order=True).to_list()
    )
    others = [code for code in known if code != row["target"]]
    near = nearest(row["target"], [*others], "combined", top=RELATIVES).rows(named=True) if others else []
    relatives = [
        {**one, "name": names(one["language"]), "score": made.scale.rough_shown(known[one["language"]])}
        for one in near if one["distance"] is not None
    ]  # fmt: skip
    facts = [fact for fact in card(row["target"]).rows(named=True) if fact["known"]]
    answered = made.table.filter(pl.col("target") == row["target"]).row(0, named=True)
    return {
        "row": row, "flags": flags, "relatives": relatives, "facts": facts,
        "items": narrowing_by_items(answered, made.scale, ITEMS),
    }  # fmt: skip
