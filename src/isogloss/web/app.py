"""The application: guard, responses that are kept, API, pages and files."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from isogloss import __version__
from isogloss.errors import BadValue, InputError, IsoglossError, UnknownName
from isogloss.web import api
from isogloss.web.guard import Guard
from isogloss.web.jobs import BROKEN, Busy, Stopped
from isogloss.web.kept import KeptResponses
from isogloss.web.pages import ask, routers
from isogloss.web.pages.rendering import error_page
from isogloss.web.responses import not_modified, session_of, tagged
from isogloss.web.settings import ServerSettings
from isogloss.web.site import Site

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
log = logging.getLogger("isogloss.web")


def create_app(settings: ServerSettings | None = None) -> FastAPI:
    """The pages and the API of a server, as an ASGI application.

    Parameters
    ----------
    settings : ServerSettings, optional
    """
    settings = settings or ServerSettings()
    site = Site(settings)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        site.reader.start()
        Thread(target=prepare, daemon=True).start()
        try:
            yield
        finally:
            site.close()

    app = FastAPI(
        title="isogloss", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        description="Forecast how well a multilingual model does in languages that nobody tested.", lifespan=running,
    )  # fmt: skip
    app.state.site = site
    app.add_middleware(KeptResponses)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard, settings=settings)
    _add_errors(app)
    app.include_router(api.router)
    for router in routers():
        app.include_router(router, include_in_schema=False)
    app.add_api_route("/static/{name}", static_file, methods=["GET"], include_in_schema=False)
    return app


def prepare() -> None:
    """Load what the first pages and pictures need, so that nobody waits for it."""
    from isogloss.charts import draw_ranks, to_svg

    ask.prepare()
    line = {"candidate": "", "mean": 0.5, "lower": None, "upper": None, "rank": 1, "best_rank": 1, "worst_rank": 1,
            "measured": 1}  # fmt: skip
    to_svg(draw_ranks(pl.DataFrame([line]), 1))


async def static_file(request: Request, name: str) -> Response:
    """A style sheet or script of the package."""
    content = {path.name: path for path in STATIC.iterdir()}.get(name)
    if content is None:
        raise HTTPException(404)
    body = content.read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:16]
    return not_modified(request, tag) or tagged(Response(body, media_type=TYPES[content.suffix]), tag)


def _add_errors(app: FastAPI) -> None:
    """Errors as JSON below /api, as pages elsewhere; never with a trace."""

    async def known(request: Request, error: Any) -> Response:
        if isinstance(error, Stopped):
            error = InputError("the work was stopped", hint="ask again")
        status = 404 if isinstance(error, UnknownName) and error.kind in ("evidence", "job", "file", "page") else 422
        status = 500 if error is BROKEN else 429 if isinstance(error, Busy) else status
        return await _error(request, error, status)

    async def invalid(request: Request, error: Any) -> Response:
        first = error.errors()[0]
        where = str(first["loc"][-1]) if first["loc"] else None
        return await _error(request, BadValue(str(first["msg"]).lower(), where=where), 422)

    async def http(request: Request, error: Any) -> Response:
        reasons = {404: "there is no such page", 405: "this page takes no such request"}
        reason = reasons.get(error.status_code, str(error.detail))
        return await _error(request, InputError(reason, hint="begin at the start page"), error.status_code)

    async def broken(request: Request, error: Any) -> Response:
        log.error("a request failed", exc_info=error)
        return await _error(request, BROKEN, 500)

    app.add_exception_handler(IsoglossError, known)
    app.add_exception_handler(Stopped, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, broken)


async def _error(request: Request, error: IsoglossError, status: int) -> Response:
    if request.url.path.startswith("/api"):
        return Response(api.error_json(error), status, media_type="application/json")
    session_of(request)
    return error_page(request, error, status)
