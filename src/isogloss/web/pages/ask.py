"""Ask: choose languages by name, place or family, and what is asked about them."""

from __future__ import annotations

from functools import lru_cache
from heapq import nsmallest
from math import dist
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.charts.land import land_path
from isogloss.charts.projection import EqualEarth
from isogloss.forecasting.features import space
from isogloss.languages import resolve
from isogloss.languages.groups import flores_languages
from isogloss.web.names import every_language, matching
from isogloss.web.pages.rendering import Address, render, texts_of
from isogloss.web.responses import session_of, site_of

REGIONS = {"africa": "Africa", "americas": "The Americas", "asia": "Asia", "europe": "Europe", "oceania": "Oceania"}
WORLD = EqualEarth.whole(720)
NEAR, FAMILIES, FEWEST = 10, 24, 3

router = APIRouter()


@router.get("/ask")
async def ask(request: Request) -> Response:
    """The form whose answer is the next page."""
    return await run_in_threadpool(_ask, request)


def _ask(request: Request) -> Response:
    address = Address(request)
    site = site_of(request)
    held = site.held(session_of(request), address.first("evidence"))
    evidence = held.load()
    choice = site.choice(held, address.flat())
    targets = texts_of(address.given, "targets")
    measured = set(evidence.targets)
    return render(
        request, "ask.html", title="Ask", held=held, choice=choice, targets=targets, regions=REGIONS,
        families=_families(), dots=_dots(measured), land=land_path(WORLD), world=WORLD, near=_near(address, targets),
        count=len(measured), scores=len(evidence),
    )  # fmt: skip


def _near(address: Address, targets: list[str]) -> list[str]:
    """Names of the languages nearest to where the map was clicked."""
    try:
        x, y = (float(part) for part in address.first("near").split(","))
    except ValueError:
        return []
    nearest = nsmallest(NEAR, _places(), key=lambda place: dist(WORLD.project(*place[1:]), (x, y)))
    return [name for code, *_ in nearest if (name := resolve(code).name) not in targets]


def prepare() -> None:
    """Read what the first pages of every browser need, with the distances of the languages most often asked about."""
    _families(), _places(), _dots(set()), matching("a"), land_path(WORLD), space(flores_languages())


@lru_cache(maxsize=1)
def _places() -> tuple[tuple[str, float, float], ...]:
    """Every language whose place is known."""
    rows = every_language().select("language", "longitude", "latitude").drop_nulls().rows()
    return tuple(rows)


@lru_cache(maxsize=1)
def _families() -> list[tuple[str, str, int]]:
    """Families with several languages of which there are texts to test on, the largest first."""
    from collections import Counter

    counts = Counter(family for code in flores_languages() for family in resolve(code).family[:1])
    large = [(f"family:{name}", name, count) for name, count in counts.most_common(FAMILIES) if count >= FEWEST]
    return sorted(large, key=lambda one: one[1])


def _dots(measured: set[str]) -> list[dict[str, Any]]:
    """Languages on the map: those that were measured, and those of FLORES-200 that were not."""
    dots = []
    for code in sorted({*flores_languages(), *measured}):
        language = resolve(code)
        if language.latitude is not None and language.longitude is not None:
            x, y = WORLD.project(language.longitude, language.latitude)
            dots.append({"name": language.name, "x": round(x), "y": round(y), "measured": code in measured})
    return dots
