"""Responses as they were sent before: packed bytes with their entity tag, so that nothing is computed twice.

What a page shows depends on its address, on the state of the evidence that it is about, and on what the session sent.
A response that has an entity tag may be kept; one without is progress, an error or a file being checked.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isogloss.errors import IsoglossError
from isogloss.web.responses import COOKIE, not_modified, session_of, site_of, tagged

MOST_BYTES, LARGEST = 48 << 20, 4 << 20
"""Of all responses that are kept, and of one."""
WORTH_PACKING, LEVEL = 1000, 5
"""Bytes from which a body is packed, and how hard."""
COPIED = ("content-type", "content-disposition", "content-security-policy")
"""Headers that belong to a body; `tagged` and the guard add the others."""

Key = tuple[object, ...]


@dataclass(frozen=True)
class Kept:
    """A response.

    Attributes
    ----------
    tag : str
        Its entity tag.
    headers : dict of str to str
    body, packed : bytes
        As it is, and by gzip; the latter is empty for a short one.
    """

    tag: str
    headers: dict[str, str]
    body: bytes
    packed: bytes

    def response(self, request: Request) -> Response:
        """What is sent: nothing to who has it, packed to who reads that."""
        if (unchanged := not_modified(request, self.tag)) is not None:
            return unchanged
        if self.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return tagged(Response(self.packed, headers=self.headers | {"content-encoding": "gzip"}), self.tag)
        return tagged(Response(self.body, headers=self.headers), self.tag)


class KeptResponses:
    """Middleware that answers with what it sent before, where that cannot have changed; sessions get their cookie."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        with_cookie = _with_cookie(request, send)
        key = await key_of(request)
        if key is None:
            await self.app(scope, receive, with_cookie)
            return
        kept = self._find(key)
        if kept is None:
            whole = _Whole(with_cookie)
            await self.app(scope, receive, whole)
            if (kept := whole.kept) is None:
                return
            self._keep(key, kept)
        await kept.response(request)(scope, receive, with_cookie)

    def _find(self, key: Key) -> Kept | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Key, kept: Kept) -> None:
        with self._lock:
            if key not in self._kept and _size(kept) <= LARGEST:
                self._kept[key] = kept
                self._size += _size(kept)
            while self._size > MOST_BYTES:
                self._size -= _size(self._kept.popitem(last=False)[1])


class _Whole:
    """Sends a response on; one with an entity tag when it is whole, as what is kept of it."""

    def __init__(self, send: Send):
        self.send = send
        self.tag, self.headers, self.parts = "", dict[str, str](), list[bytes]()
        self.kept: Kept | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            self.tag = headers.get("etag", "").strip('"') if message["status"] == 200 else ""
            self.headers = {name: headers[name] for name in COPIED if name in headers}
        if not self.tag:
            await self.send(message)
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
            if not message.get("more_body"):
                body = b"".join(self.parts)
                packed = await run_in_threadpool(_packed, body)
                self.kept = Kept(self.tag, self.headers, body, packed)


async def key_of(request: Request) -> Key | None:
    """What a response depends on; None where it may be another one next time."""
    if request.method != "GET":
        return None
    address: Key = (request.url.path, request.url.query)
    if request.url.path.startswith("/static/"):
        return address
    site, session = site_of(request), session_of(request)
    try:
        held = site.held(session, request.query_params.get("evidence"))
        stamp = await run_in_threadpool(held.stamp) if held.may_change else held.stamp()
    except IsoglossError:  # the page says so
        return None
    sent = tuple((upload.read_as, upload.accepted) for upload in session.uploads.values())
    return (*address, held.key, stamp, sent, tuple(session.evidence), tuple(session.items))


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0) if len(body) > WORTH_PACKING else b""


def _size(kept: Kept) -> int:
    return len(kept.body) + len(kept.packed)


def _with_cookie(request: Request, send: Send) -> Send:
    """Give a new session its cookie."""

    async def sender(message: Message) -> None:
        session = getattr(request.state, "session", None)
        begins = message["type"] == "http.response.start"
        if begins and session is not None and request.cookies.get(COOKIE) != session.key:
            cookie = Response()
            cookie.set_cookie(COOKIE, session.key, httponly=True, samesite="lax")
            message["headers"] = [*message["headers"], (b"set-cookie", cookie.headers["set-cookie"].encode())]
        await send(message)

    return sender
