"""Start: send a file, look at how it is read, say what is unclear, accept."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from isogloss.errors import BadValue, InputError, UnknownName, closest
from isogloss.evidence import Evidence
from isogloss.questions.scale import scale_of
from isogloss.text import counted
from isogloss.web.hints import DIRECTIONS, DUPLICATES, LABELS, SCALES, hint_on_page
from isogloss.web.pages.rendering import render
from isogloss.web.reading import OPTIONS, Reading
from isogloss.web.responses import session_of, site_of
from isogloss.web.sessions import Session, Upload

MOST_NAMES = 400
CONFIDENCES = ("certain", "assumed", "unclear")
WORDS = {"percent": "percentages", "fraction": "fractions", "raw": "scores on a scale of their own"}

router = APIRouter()


@router.get("/")
async def start(request: Request) -> Response:
    """Where everybody begins."""
    session = session_of(request)
    site = site_of(request)
    waiting = [upload for upload in session.uploads.values() if upload.accepted is None]
    served = [held for held in site.evidence_of(session).values() if not held.own]
    return render(request, "start.html", title="Start", waiting=waiting, served=served,
                  most=site.settings.upload_bytes >> 20)  # fmt: skip


@router.get("/open")
async def first_page(request: Request) -> Response:
    """Where the browser is opened: on the file that the server was started with, if there is one to check."""
    waiting = [key for key, upload in session_of(request).uploads.items() if upload.accepted is None]
    return RedirectResponse(f"/check/{waiting[0]}" if waiting else "/", 303)


@router.post("/files")
async def send(request: Request) -> Response:
    """Take files; nothing of them is evidence before it is accepted."""
    site, session = site_of(request), session_of(request)
    async with request.form(max_files=4, max_fields=4) as form:
        files = [one for one in form.getlist("file") if not isinstance(one, str)]
        taken = [site.sessions.take(session, one.filename or "file", await one.read()) for one in files if one.filename]
    if not taken:
        raise InputError("no file was sent", hint="choose one first")
    return RedirectResponse(f"/check/{taken[0].key}", 303)


@router.get("/check/{key}")
async def check(request: Request, key: str) -> Response:
    """How a file is read."""
    upload = _upload(session_of(request), key)
    await run_in_threadpool(_read, request, upload)
    return _plan_page(request, upload)


@router.post("/check/{key}")
async def decide(request: Request, key: str) -> Response:
    """Say what is unclear; accept or forget the file."""
    site, session = site_of(request), session_of(request)
    upload = _upload(session, key)
    async with request.form(max_files=0, max_fields=3 * MOST_NAMES + 20) as form:
        action = str(form.get("action", "update"))
        if action == "forget":
            site.sessions.forget(session, key)
            return RedirectResponse("/", 303)
        _take_over(upload, form)
    await run_in_threadpool(_read, request, upload)
    if action == "accept" and upload.reading is not None and upload.reading.evidence is not None:
        held = site.sessions.accept(session, upload)
        return RedirectResponse(f"/ask?evidence={held.key}", 303)
    return RedirectResponse(f"/check/{key}", 303)


def _upload(session: Session, key: str) -> Upload:
    if key not in session.uploads:
        raise UnknownName("file", key[:40], [])
    return session.uploads[key]


def _read(request: Request, upload: Upload) -> None:
    if upload.reading is None:
        options: dict[str, Any] = {**upload.options, "languages": upload.languages}
        upload.reading = site_of(request).reader.read(upload.path, options, upload.left_out)


def _take_over(upload: Upload, form: FormData) -> None:
    """What a person said about how a file is read."""
    given = {name: str(value).strip()[:200] for name, value in form.multi_items()}
    said = {name: given[name] for name in OPTIONS if given.get(name)}
    languages, left_out = dict(upload.languages), set(upload.left_out)
    for name, written in given.items():
        if not name.startswith("written_"):
            continue
        number = name.removeprefix("written_")
        read, before = given.get(f"read_{number}", ""), given.get(f"before_{number}", "")
        left_out.discard(written)
        if given.get(f"leave_{number}"):
            left_out.add(written)
        elif read and read != before:
            languages[written] = _id_of(read)
    now = (said, languages, tuple(sorted(left_out)))
    if now != (upload.options, upload.languages, upload.left_out):
        upload.options, upload.languages, upload.left_out = now
        upload.reading = None


def _id_of(text: str) -> str:
    from isogloss.languages import resolve

    return resolve(text, where="language").id


def _plan_page(request: Request, upload: Upload) -> Response:
    reading = upload.reading
    assert reading is not None
    by_confidence: dict[str, Any] = {
        word: [one for one in reading.decisions if one.confidence == word] for word in CONFIDENCES
    }
    unknown = [(written, near or meant(written)) for written, near in reading.unknown.items()]
    return render(
        request, "check.html", title=f"Check {upload.title}", upload=upload, reading=reading,
        summary=summary(reading), renamed=_renamed(reading), unknown=unknown, **by_confidence,
        scales=SCALES, directions=DIRECTIONS, duplicates=DUPLICATES, labels=LABELS, hint_on_page=hint_on_page,
    )  # fmt: skip


def meant(written: str) -> list[tuple[str, str]]:
    """What an unknown name may mean by its parts: `Kurdsh (Kurmanji)` by what is in brackets."""
    from isogloss.errors import UnknownLanguage
    from isogloss.languages import resolve

    found = []
    for part in re.split(r"[()\[\],/;:-]+", written):
        try:
            language = resolve(part.strip())
        except (UnknownLanguage, BadValue):
            continue
        found.append((language.id, language.name))
    return found


def summary(reading: Reading) -> str:
    """What is in a file, as a person would count it."""
    if reading.evidence is None:
        return ""
    parts = _counts(reading.evidence)
    blanks = reading.dropped.get("no score", 0)
    others = sum(reading.dropped.values()) - blanks
    if blanks:
        parts.append(counted(blanks, "blank"))
    if others:
        parts.append(f"{counted(others, 'row')} left out")
    return ", ".join(parts) + "."


def _counts(evidence: Evidence) -> list[str]:
    there = evidence.observations
    parts = [counted(there["target"].n_unique(), "language"), counted(there["model"].n_unique(), "model")]
    if (tasks := there["task"].n_unique()) > 1:
        parts.append(counted(tasks, "task"))
    return [*parts, counted(there.height, "score"), WORDS[scale_of(there).name]]


def _renamed(reading: Reading) -> list[tuple[str, str, str]]:
    """Names that are read as something that is called otherwise: the least alike first."""
    pairs = [
        (written, code, name)
        for written, (code, name) in reading.languages.items()
        if written.casefold() != name.casefold()
    ]
    return sorted(pairs, key=lambda pair: (bool(closest(pair[0], [pair[2]])), pair[0]))[:MOST_NAMES]
