"""Evidence: what was measured and what is missing, as a grid, in counts, and score by score."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.questions.evidence import ConflictsQuestion, ShowQuestion
from isogloss.questions.names import Names
from isogloss.questions.scale import scale_of
from isogloss.web.api import finished
from isogloss.web.pages.rendering import Address, render, waiting
from isogloss.web.responses import json_response, session_of, site_of
from isogloss.web.sessions import Held
from isogloss.web.setting import PROPERTIES

PAGE = 100
COLUMNS = ("language", "model", "task", "metric", "train", "score", "items", "origin")

router = APIRouter()


@router.get("/evidence")
async def evidence(request: Request) -> Response:
    """Counts, the grid, conflicts, and the first scores."""
    address = Address(request)
    site, session = site_of(request), session_of(request)
    held = await run_in_threadpool(site.held, session, address.first("evidence"))
    choice = await run_in_threadpool(site.choice, held, address.flat(), PROPERTIES)
    jobs = [await run_in_threadpool(site.ask, session, held, ShowQuestion, {}),
            await run_in_threadpool(site.ask, session, held, ConflictsQuestion, {})]  # fmt: skip
    for job in jobs:
        if not await finished(job, site.settings.patience):
            return waiting(request, job, "Evidence", held=held, choice=choice)
    shown, conflicts = (job.future.result() for job in jobs)
    offset = address.number("offset")
    rows = await run_in_threadpool(partial(scores_of, choice.evidence, offset, PAGE))
    return render(
        request, "evidence.html", title="Evidence", held=held, choice=choice, answer=shown, conflicts=conflicts,
        rows=rows, offset=offset, total=len(choice.evidence), page=PAGE, columns=COLUMNS,
        licence=_licence(held),
    )  # fmt: skip


@router.get("/rows")
async def rows(request: Request) -> Response:
    """Some scores, for a table that shows only what is on the screen."""
    address = Address(request)
    site = site_of(request)
    held = await run_in_threadpool(site.held, session_of(request), address.first("evidence"))
    choice = await run_in_threadpool(site.choice, held, address.flat(), PROPERTIES)
    shown = await run_in_threadpool(scores_of, choice.evidence, address.number("offset"), PAGE)
    return json_response(shown)


def scores_of(evidence: Any, offset: int, count: int) -> list[dict[str, Any]]:
    """Some scores in the order of the evidence, on the reader's scale."""
    part = evidence.observations.slice(offset, count)
    scale = scale_of(evidence.observations)
    names = Names(None, dict(part.select("target", "target_as_reported").drop_nulls().unique().rows()))
    shown = part.with_columns(
        language=names.of("target"), score=(pl.col("score") * scale.factor).round(scale.digits),
        train=pl.when(pl.col("train") == "").then(pl.lit("-")).otherwise(pl.col("train")),
        origin=pl.col("origin").fill_null("").str.split("/").list.last(),
    )  # fmt: skip
    rows: list[dict[str, Any]] = shown.select(COLUMNS).to_dicts()
    return rows


def _licence(held: Held) -> str:
    if held.own:
        return "Your own file: it stays in your session."
    return "It ships with isogloss, or whoever runs this server brought it; NOTICE names the sources of what ships."
