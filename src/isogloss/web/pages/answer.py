"""Answer: the verdict, bars in the order of scores with measured languages between, a map, one language at a time."""

from __future__ import annotations

from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.errors import InputError
from isogloss.evidence import Evidence
from isogloss.forecasting import Flag
from isogloss.languages import card, nearest
from isogloss.questions.answer import Answer
from isogloss.questions.forecast import ForecastQuestion
from isogloss.questions.names import Names
from isogloss.questions.narrowing import narrowing_by_items
from isogloss.web.api import finished
from isogloss.web.pages.drawing import bar_of, gradient_stops, map_of, track_of
from isogloss.web.pages.rendering import Address, render, texts_of, waiting
from isogloss.web.responses import session_of, site_of
from isogloss.web.setting import Choice

ITEMS = 100
MOST_ROWS, BETWEEN = 400, 8
MEASURED = "measured"
RELATIVES = 5
TRUST = {
    "solid": "the interval is narrow and held when languages like it were withheld",
    "fair": "good enough to compare with, not to decide alone",
    "shaky": "act on the interval, not on the number",
    "guess": "test before you act on a number",
}

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
    forecasts = made.table
    measured = _measured(choice.evidence, forecasts)
    names = Names(choice.evidence)
    known = {code: made.scale.factor * score for code, score in measured.rows()}
    asked = [
        {**row, "name": row["language"], "trust": MEASURED if Flag.MEASURED in row["flags"] else row["trust"]}
        for row in forecasts.iter_rows(named=True)
    ]
    others = [
        {"target": code, "name": names(code), "mean": score, "trust": MEASURED, "lower": None, "upper": None}
        for code, score in known.items() if code not in set(forecasts["target"])
    ]  # fmt: skip
    ends = [row[name] for row in asked for name in ("lower", "upper") if row[name] is not None]
    track = track_of([*known.values(), *ends], made.scale)
    between = _between(others, asked, every=bool(address.first("measured")))
    rows = sorted([*asked, *between], key=lambda row: (-row["mean"], row["name"]))
    chosen = next((row for row in asked if row["target"] == address.first("language")), None)
    if chosen is None and len(asked) == 1:
        chosen = asked[0]
    return {
        "rows": [{**row, "bar": bar_of(row, track), "shown": _shown(row, made)} for row in rows[:MOST_ROWS]],
        "left_out": max(len(rows) - MOST_ROWS, 0),
        "track": track, "stops": gradient_stops(), "map": map_of(asked, others), "trust": TRUST,
        "panel": None if chosen is None else _panel({**chosen, "shown": _shown(chosen, made)}, made, known, names),
        "unmentioned": len(others) - len(between),
        "metric": choice.evidence.observations["metric"][0], "words": _words(asked),
    }  # fmt: skip


def _measured(evidence: Evidence, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Mean score of every measured language with the training mix that the forecasts are of."""
    same = evidence.observations.filter(pl.col("train").is_in(forecasts["train"].unique().implode()))
    return same.group_by("target").agg(pl.col("score").mean()).sort("target")


def _between(others: list[dict[str, Any]], asked: list[dict[str, Any]], *, every: bool) -> list[dict[str, Any]]:
    """Measured languages among the forecasts: the best, the worst, relatives of these, some evenly over the scores."""
    if every or len(others) <= BETWEEN:
        return others
    relatives = {row["nearest"] for row in asked}  # by name
    ranked = sorted(others, key=lambda row: row["mean"])
    spread = [ranked[round(place * (len(ranked) - 1) / (BETWEEN - 1))]["target"] for place in range(BETWEEN)]
    first = [row["target"] for row in ranked if row["name"] in relatives]
    shown = set(list(dict.fromkeys([ranked[0]["target"], ranked[-1]["target"], *first, *spread]))[:BETWEEN])
    return [row for row in others if row["target"] in shown]


def _shown(row: dict[str, Any], made: Answer) -> str:
    ends = ("mean",) if row["lower"] is None or row["trust"] == MEASURED else ("lower", "upper")
    return " to ".join(made.scale.rough_shown(row[end]) for end in ends)


def _words(asked: list[dict[str, Any]]) -> list[tuple[str, int]]:
    counts = {word: sum(row["trust"] == word for row in asked) for word in TRUST}
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
    return {
        "row": row, "flags": flags, "relatives": relatives, "facts": facts,
        "items": narrowing_by_items(row, made.scale, ITEMS),
    }  # fmt: skip
