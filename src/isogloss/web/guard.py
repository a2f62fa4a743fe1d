"""Who may ask: the right host name, no other web page, a token where the server is reached from other machines.

A page of another site can make a browser send requests to a local server. Names of hosts are checked because such
a page may let its own name point here; origins, because it may send a form here.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isogloss.web.settings import LOOPBACK, ServerSettings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
TOKEN = "isogloss_token"
"""Name of the cookie and of the part of the first address that hold the token."""


class Guard:
    """Middleware that refuses what does not come from the server's own pages, and bounds the size of what is sent."""

    def __init__(self, app: ASGIApp, settings: ServerSettings):
        self.app, self.settings = app, settings
        self.names = {*LOOPBACK, "[::1]"} if settings.local else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        await self.app(scope, _bounded(receive, self.settings.upload_bytes + (1 << 16)), _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that is not let in."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.names is not None and _name(host) not in self.names:
            return PlainTextResponse("This server answers only to the name localhost.", 421)
        origin = headers.get("origin")
        if origin is not None and (urlsplit(origin).netloc != host or origin == "null"):
            return PlainTextResponse("Another web page may not use this server.", 403)
        if headers.get("sec-fetch-site") == "cross-site" and not _opens_a_page(scope, headers):
            return PlainTextResponse("Another web page may not use this server.", 403)
        if origin is None and scope["method"] not in ("GET", "HEAD") and "cookie" in headers:
            referrer = headers.get("referer")
            if referrer is not None and urlsplit(referrer).netloc != host:
                return PlainTextResponse("Another web page may not use this server.", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.settings.upload_bytes + (1 << 16):
            return PlainTextResponse(
                f"The file is larger than {self.settings.upload_bytes >> 20} MB. Send a part of it.", 413
            )
        return self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        if self.settings.token is None:
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        given = dict(query).get("token")
        if given is not None and _same(given, self.settings.token):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            response = RedirectResponse(f"{scope['path']}?{rest}" if rest else scope["path"], 303)
            response.set_cookie(TOKEN, given, httponly=True, samesite="strict")
            return response
        if _same(cookie_parser(headers.get("cookie", "")).get(TOKEN, ""), self.settings.token):
            return None
        return PlainTextResponse("Open the address that the server printed when it started: it holds a token.", 401)


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


def _name(host: str) -> str:
    return host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host.lower()


def _opens_a_page(scope: Scope, headers: Headers) -> bool:
    """Whether a person follows a link to a page."""
    return (
        scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and not scope["path"].startswith(("/api", "/picture", "/download"))
    )


def _bounded(receive: Receive, most: int) -> Receive:
    """The body of a request, which ends where it grows beyond what may be sent."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            return {"type": "http.disconnect"}
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sender
