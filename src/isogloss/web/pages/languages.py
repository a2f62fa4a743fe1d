"""Languages: one page each, with names, place, relatives, scripts, web text, and what models do on it."""

from __future__ import annotations

from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.charts.land import land_path
from isogloss.charts.projection import EqualEarth
from isogloss.languages import card, nearest, resolve
from isogloss.questions.scale import scale_of
from isogloss.web.names import every_language, matching
from isogloss.web.pages.rendering import Address, render
from isogloss.web.responses import session_of, site_of

PAGE, RELATIVES, SHOWN = 100, 8, 12
MAP = 720, 300

router = APIRouter()


@router.get("/languages")
async def languages(request: Request) -> Response:
    """All languages, or those whose name holds a text."""
    address = Address(request)
    text, offset = address.first("q"), address.number("offset")
    rows, total = await run_in_threadpool(_listed, text, offset)
    return render(
        request, "languages.html", title="Languages", rows=rows, total=total, offset=offset, page=PAGE, text=text
    )


@router.get("/languages/{code}")
async def language(request: Request, code: str) -> Response:
    """One language."""
    address = Address(request)
    held = await run_in_threadpool(site_of(request).held, session_of(request), address.first("evidence"))
    context = await run_in_threadpool(_about, code, held.load)
    return render(request, "language.html", held=held, **context)


def _listed(text: str, offset: int) -> tuple[list[dict[str, Any]], int]:
    there = every_language().select(
        "language", "name", "native_name", "family", "script", "macro_area", "resource_class"
    )
    if text:
        found = [code for _, code in matching(text, 500)]
        order = {code: place for place, code in enumerate(found)}
        there = there.filter(pl.col("language").is_in(found)).sort(pl.col("language").replace_strict(order, default=0))
    else:
        there = there.sort("name")
    return there.slice(offset, PAGE).to_dicts(), there.height


def _about(code: str, load: Any) -> dict[str, Any]:
    known = resolve(code, where="language")
    evidence = load()
    there = evidence.observations.filter(pl.col("target") == known.id)
    scale = scale_of(evidence.observations)
    keys = ["task", "model", "metric"]
    scores = there.group_by(keys).agg(pl.col("score").mean() * scale.factor, scores=pl.len()).sort(keys)
    near = nearest(known, [one for one in evidence.targets if one != known.id], "combined", top=RELATIVES)
    world = None
    if known.longitude is not None and known.latitude is not None:
        place = (known.longitude, known.latitude)
        drawn = EqualEarth.cropped([place], *MAP)
        x, y = drawn.project(*place)
        world = {"width": drawn.width, "height": drawn.height, "land": land_path(drawn), "x": round(x), "y": round(y)}
    return {
        "title": known.name, "language": known, "facts": [fact for fact in card(known.id).to_dicts() if fact["known"]],
        "scores": scores.head(SHOWN).to_dicts(), "digits": scale.digits, "relatives": near.to_dicts(), "map": world,
    }  # fmt: skip
