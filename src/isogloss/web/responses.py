"""What requests and responses share: the session of a request, entity tags, errors."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from isogloss.errors import IsoglossError
from isogloss.web.sessions import Session
from isogloss.web.site import Site

COOKIE = "isogloss_session"


def site_of(request: Request) -> Site:
    """The state of the server."""
    site: Site = request.app.state.site
    return site


def session_of(request: Request) -> Session:
    """The session of a request, which is begun with the first one."""
    session: Session | None = getattr(request.state, "session", None)
    if session is None:
        sessions = site_of(request).sessions
        session = sessions.find(request.cookies.get(COOKIE)) or sessions.begin()
        request.state.session = session
    return session


def not_modified(request: Request, tag: str) -> Response | None:
    """The answer to who has it already."""
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return tagged(Response(status_code=304), tag)
    return None


def tagged(response: Response, tag: str) -> Response:
    """A response that a browser keeps and asks about again."""
    response.headers["etag"] = f'"{tag}"'
    response.headers["cache-control"] = "private, no-cache"
    return response


def json_response(value: Any, tag: str | None = None) -> Response:
    """JSON with an entity tag; by default that of its bytes."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return tagged(Response(body, media_type="application/json"), tag or hashlib.sha256(body).hexdigest()[:24])


def error_body(error: IsoglossError) -> dict[str, Any]:
    """An error for JSON."""
    return {"reason": error.reason, "where": error.where, "hint": error.hint}
