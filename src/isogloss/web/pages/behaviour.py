"""Behaviour: send a table of test items, and see all that it says, one question at a time."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from isogloss.errors import BadFile, InputError, UnknownName
from isogloss.questions.answer import ENDINGS
from isogloss.questions.behaviour_report import SECTIONS, BehaviourReportQuestion
from isogloss.questions.question import Question
from isogloss.web.api import finished
from isogloss.web.jobs import Job
from isogloss.web.pages.questions import description, file_response
from isogloss.web.pages.rendering import Address, render, texts_of, waiting
from isogloss.web.responses import not_modified, session_of, site_of
from isogloss.web.sessions import ItemTable

WHOLE = "all"
KINDS: dict[str, tuple[str, type[Question]]] = {WHOLE: ("All that it says", BehaviourReportQuestion), **SECTIONS}
"""Name of a question in addresses to its heading and the question."""
TEXTS = {
    "columns": ("Columns", "which is which, where names do not say it: country=answer, item=question_nr"),
    "languages": ("Names of languages", "how to read those that are unclear: kurd=Northern Kurdish"),
    "model": ("Model", "only this one"),
    "task": ("Task", "only this one"),
}
"""The fields of the form, with label and help: no field here runs a model or names a file."""
PAIRS = ("columns", "languages")

router = APIRouter()


@router.get("/behaviour")
async def behaviour(request: Request) -> Response:
    """The form to send a table, and what one that was sent says."""
    address, session = Address(request), session_of(request)
    shared: dict[str, Any] = {"title": "Behaviour", "kinds": KINDS, "sent": [*reversed(session.items.values())],
                              "texts": TEXTS, "most": site_of(request).settings.upload_bytes >> 20}  # fmt: skip
    if not address.first("items"):
        return render(request, "behaviour.html", table=None, answer=None, **shared)
    about, table = _about(address), _table(request, address)
    shared |= {"table": table, "about": about}
    try:
        job = await run_in_threadpool(_ask, request, address, table)
        if not await finished(job, site_of(request).settings.patience):
            return waiting(request, job, **shared)
        made = job.future.result()
    except InputError as error:  # the form is still there, to ask otherwise
        return render(request, "behaviour.html", answer=None, error=_for_the_form(error), **shared)
    return render(
        request, "behaviour.html", answer=made, picture=await run_in_threadpool(description, made),
        query=address.to().partition("?")[2], **shared,
    )  # fmt: skip


@router.post("/behaviour")
async def send_items(request: Request) -> Response:
    """Take a table of test items."""
    site, session = site_of(request), session_of(request)
    async with request.form(max_files=1, max_fields=2) as form:
        sent = form.get("file")
        if sent is None or isinstance(sent, str) or not sent.filename:
            raise BadFile("no file was sent", hint="choose one first")
        name, content = sent.filename, await sent.read()
    taken = await run_in_threadpool(site.sessions.take_items, session, name, content, site.reader.read_items)
    return RedirectResponse(f"/behaviour?items={taken.key}", 303)


@router.get("/behaviour/picture")
async def picture(request: Request) -> Response:
    """The picture of an answer."""
    return await _file(request, ".svg", request.query_params.get("theme", "light"))


@router.get("/behaviour/answer{ending}")
async def save(request: Request, ending: str) -> Response:
    """An answer as a file."""
    if ending not in ENDINGS:
        raise UnknownName("page", f"answer{ending}"[:60], [])
    return await _file(request, ending, None)


async def _file(request: Request, ending: str, theme: str | None) -> Response:
    address = Address(request)
    job = await run_in_threadpool(_ask, request, address, _table(request, address))
    tag = f"{job.key}{ending[1:]}{theme or ''}"
    if (unchanged := not_modified(request, tag)) is not None:
        return unchanged
    await finished(job, 600.0)
    return await file_response(job.future.result(), f"behaviour {_about(address)}", ending, theme, tag)


def _for_the_form(error: InputError) -> InputError:
    """The error with hints that can be typed into the form."""
    hint = error.hint and re.sub(r"columns=\{'(\w+)': '([^']*)'\}", r"\1=\2 under Columns", error.hint)
    return InputError(error.reason, where=error.where, hint=hint)


def _table(request: Request, address: Address) -> ItemTable:
    there = session_of(request).items
    if (key := address.first("items")) not in there:
        raise UnknownName("file", key[:40], [])
    return there[key]


def _about(address: Address) -> str:
    """The question of an address."""
    about = address.first("about") or WHOLE
    if about not in KINDS:
        raise UnknownName("page", about[:40], [])
    return about


def _ask(request: Request, address: Address, table: ItemTable) -> Job:
    """The work that answers what an address asks about a table."""
    kind = KINDS[_about(address)][1]
    given = {name: texts_of(address.given, name) if name in PAIRS else address.first(name) for name in TEXTS}
    fields = {name: value for name, value in given.items() if value and name in kind.model_fields}
    return site_of(request).ask_items(session_of(request), table, kind, fields)
