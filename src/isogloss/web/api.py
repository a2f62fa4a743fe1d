"""The JSON API: every question as an address, its answer as JSON, long work with progress."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from isogloss.errors import UnknownName
from isogloss.questions.about import AboutEvidence
from isogloss.web.fields import read_fields, signature, web_questions
from isogloss.web.jobs import Job
from isogloss.web.names import matching
from isogloss.web.responses import error_body, json_response, not_modified, session_of, site_of

PATIENCE, LONGEST_WAIT = 10.0, 30.0
BEAT = 0.25
"""Seconds between two looks at the progress of a job."""

router = APIRouter(prefix="/api")


class AnswerBody(BaseModel):
    """An answer: first what it means, then its tables; scores are on the reader's scale."""

    question: str
    verdict: str
    sentences: list[str]
    notes: list[str]
    assumptions: list[str]
    scale: str
    flags: list[dict[str, Any]]
    tables: dict[str, list[dict[str, Any]]]
    details: dict[str, Any]


class JobBody(BaseModel):
    """Work that goes on; its answer is at the same address later, its progress at `events`."""

    job: str
    state: str
    stage: str
    done: int
    total: int
    events: str


class ErrorText(BaseModel):
    """What is wrong, where, and what to do."""

    reason: str
    where: str | None = None
    hint: str | None = None


class ErrorBody(BaseModel):
    """An error that whoever asks can act on."""

    error: ErrorText


class EvidenceBody(BaseModel):
    """Evidence that can be asked."""

    key: str = Field(description="What `evidence` of a question takes.")
    title: str
    own: bool = Field(description="Whether this session sent it.")


@router.get("/evidence", summary="Evidence that can be asked")
async def list_evidence(request: Request) -> list[EvidenceBody]:
    """All evidence that this session sees."""
    there = site_of(request).evidence_of(session_of(request))
    return [EvidenceBody(key=key, title=held.title, own=held.own) for key, held in there.items()]


class NameBody(BaseModel):
    """A language."""

    name: str
    id: str


@router.get("/names", summary="Languages by name")
async def list_names(
    q: Annotated[str, Query(max_length=80, description="Beginning or part of a name.")],
) -> list[NameBody]:
    """Languages whose name holds a text, those that begin with it first."""
    found = await run_in_threadpool(matching, q)
    return [NameBody(name=name, id=code) for name, code in found]


@router.get("/jobs/{key}", responses={404: {"model": ErrorBody}}, summary="Progress of an answer")
async def show_job(request: Request, key: str) -> JobBody:
    """How far an answer is that this session asked for."""
    return job_body(_job(request, key))


@router.delete("/jobs/{key}", status_code=204, responses={404: {"model": ErrorBody}}, summary="Stop waiting")
async def stop_job(request: Request, key: str) -> None:
    """Stop an answer, unless another session waits for it."""
    site_of(request).worker.stop(_job(request, key), session_of(request).key)


@router.get(
    "/jobs/{key}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, 404: {"model": ErrorBody}},
    summary="Progress of an answer as server-sent events",
)
async def watch_job(request: Request, key: str) -> StreamingResponse:
    """An event for every change, the last when the answer is there."""
    job = _job(request, key)

    async def events() -> AsyncIterator[str]:
        last = ""
        while not await request.is_disconnected():
            now = job_body(job).model_dump_json()
            if now != last:
                last = now
                yield f"data: {now}\n\n"
            if job.future.done():
                return
            await asyncio.sleep(BEAT)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})


def job_body(job: Job) -> JobBody:
    """A job as JSON."""
    return JobBody(job=job.key, state=job.state, stage=job.stage, done=job.done, total=job.total,
                   events=f"/api/jobs/{job.key}/events")  # fmt: skip


async def finished(job: Job, seconds: float) -> bool:
    """Whether a job is done within so many seconds."""
    future = asyncio.wrap_future(job.future)
    future.add_done_callback(lambda one: one.cancelled() or one.exception())  # looked at, so that nobody logs it
    done, _ = await asyncio.wait([future], timeout=seconds)
    return bool(done)


def _job(request: Request, key: str) -> Job:
    job = site_of(request).worker.find(key, session_of(request).key)
    if job is None:
        raise UnknownName("job", key[:40], [])
    return job


def _endpoint(kind: type[AboutEvidence]) -> Callable[..., Any]:
    async def endpoint(request: Request, evidence: str | None, wait: float, **_: Any) -> Response:
        site, session = site_of(request), session_of(request)
        held = await run_in_threadpool(site.held, session, evidence)
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        job = await run_in_threadpool(site.ask, session, held, kind, read_fields(kind, given))
        if (unchanged := not_modified(request, job.key)) is not None and job.state == "done":
            return unchanged
        if not await finished(job, wait):
            return Response(job_body(job).model_dump_json(), 202, media_type="application/json")
        answer = job.future.result()
        return await run_in_threadpool(lambda: json_response(answer.to_dict(), job.key))

    request = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    named = Annotated[str | None, Query(max_length=100, description="Name of the evidence, as /api/evidence lists it.")]
    waits = Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait before progress is answered.")]
    before = [
        request,
        inspect.Parameter("evidence", inspect.Parameter.KEYWORD_ONLY, annotation=named, default=None),
        inspect.Parameter("wait", inspect.Parameter.KEYWORD_ONLY, annotation=waits, default=PATIENCE),
    ]
    endpoint.__signature__ = signature(kind, before)  # type: ignore[attr-defined]  # mypy knows none; FastAPI reads it
    endpoint.__name__ = kind.command.replace(" ", "_")
    endpoint.__doc__ = inspect.getdoc(kind)
    return endpoint


def error_json(error: Any) -> bytes:
    """An error as JSON."""
    return json.dumps({"error": error_body(error)}, ensure_ascii=False).encode("utf-8", "replace")


for _command, _kind in web_questions().items():
    router.add_api_route(
        "/" + _command.replace(" ", "/"), _endpoint(_kind), methods=["GET"], response_model=AnswerBody,
        responses={202: {"model": JobBody}, 404: {"model": ErrorBody}, 422: {"model": ErrorBody},
                   429: {"model": ErrorBody}},
        summary=(inspect.getdoc(_kind) or "").splitlines()[0],
    )  # fmt: skip
