"""Requests over HTTP: several at a time, no faster than allowed, tried again, and bounded in time and size."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from isogloss.errors import first_line
from isogloss.models.respondents.base import Meter, RunSettings
from isogloss.models.respondents.replies import EndpointError, read_json, read_usage
from isogloss.text import printable

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 4 << 20
"""Of a reply."""
LONGEST_PAUSE = 60.0
PASSING = (408, 409, 425, 429, 500, 502, 503, 504)
"""States after which the same request may succeed."""
WRITTEN = 200
"""Characters of what an endpoint says of an error."""


class Address(Protocol):
    """Where requests go."""

    @property
    def address(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def is_local(self) -> bool: ...
    @property
    def settings(self) -> RunSettings: ...


@dataclass(frozen=True)
class Request:
    """A request, and what reads its reply: from the JSON and where it is from, to a value."""

    path: str
    body: dict[str, Any]
    read: Callable[[Any, str], Any]


class _PassingError(Exception):
    """A failure after which the same request may succeed."""

    def __init__(self, error: EndpointError, pause: float | None = None):
        self.error, self.pause = error, pause


def send_all(to: Address, requests: Sequence[Request], take: Callable[[int, Any], None], meter: Meter) -> None:
    """Send requests; `take` gets the place and the value of each reply as soon as it is there.

    Raises
    ------
    EndpointError
        For the first request that fails for good; others that are under way are dropped.
    """
    _run(_Sender(to, meter).send_all(requests, take))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run, in a thread of its own where a loop runs in this one already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


class _Sender:
    def __init__(self, to: Address, meter: Meter):
        self._to, self._meter, self._settings = to, meter, to.settings
        self._next = 0.0
        self._slots = asyncio.Semaphore(to.settings.parallel)

    async def send_all(self, requests: Sequence[Request], take: Callable[[int, Any], None]) -> None:
        import httpx

        async with httpx.AsyncClient(
            headers=self._headers(),
            timeout=self._settings.timeout,
            follow_redirects=False,
            trust_env=not self._to.is_local,
        ) as client:
            tasks = [
                asyncio.create_task(self._answer(client, place, request, take))
                for place, request in enumerate(requests)
            ]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _headers(self) -> dict[str, str]:
        plain = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        return plain | ({"Authorization": f"Bearer {self._to.key}"} if self._to.key else {})

    async def _answer(
        self, client: httpx.AsyncClient, place: int, request: Request, take: Callable[[int, Any], None]
    ) -> None:
        async with self._slots:
            reply = await self._with_retries(client, request)
        self._count(reply)
        take(place, request.read(reply, self._where(request)))

    async def _with_retries(self, client: httpx.AsyncClient, request: Request) -> Any:
        for tried in range(self._settings.tries):
            await self._turn()
            self._meter.requests += 1
            try:
                return await self._once(client, request)
            except _PassingError as passing:
                if tried == self._settings.tries - 1:
                    raise _after(passing.error, self._settings.tries) from None
                self._meter.retries += 1
                pause = self._settings.pause * 2**tried if passing.pause is None else passing.pause
                await asyncio.sleep(min(pause, LONGEST_PAUSE))
        raise AssertionError("tries is at least 1")

    async def _turn(self) -> None:
        """Wait until the next request may be sent."""
        if self._settings.requests_per_minute is None:
            return
        now = monotonic()
        mine = max(now, self._next)
        self._next = mine + 60 / self._settings.requests_per_minute
        await asyncio.sleep(mine - now)

    async def _once(self, client: httpx.AsyncClient, request: Request) -> Any:
        import httpx

        where, body = self._where(request), json.dumps(request.body).encode()
        try:
            async with asyncio.timeout(self._settings.timeout):
                async with client.stream("POST", f"{self._to.address}/{request.path}", content=body) as response:
                    content = await _content(response, where)
        except (TimeoutError, httpx.TimeoutException):
            seconds = f"{self._settings.timeout:g} seconds"
            hint = "give it longer with timeout=..."
            raise _PassingError(
                EndpointError(f"gave no whole reply within {seconds}", where=where, hint=hint)
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"cannot be reached ({self._without_key(first_line(error))})"
            raise _PassingError(EndpointError(reason, where=where, hint="is it running there?")) from None
        if response.is_success:
            return read_json(content, response.headers.get("content-type", ""), where)
        raise self._refusal(response, content, where)

    def _refusal(self, response: httpx.Response, content: bytes, where: str) -> Exception:
        code = response.status_code
        said = self._without_key(" ".join(content[: 4 * WRITTEN].decode("utf-8", "replace").split())[:WRITTEN])
        if code in (401, 403):
            hint = "set ISOGLOSS_API_KEY" if not self._to.key else "is ISOGLOSS_API_KEY the key of this endpoint?"
            return EndpointError(f"refused access ({code})", where=where, hint=hint)
        if response.is_redirect:
            return EndpointError(f"leads to another address ({code})", where=where, hint="give that address")
        error = EndpointError(f"answered {code}" + (f": {printable(said)}" if said else ""), where=where)
        return _PassingError(error, _pause_of(response)) if code in PASSING else error

    def _without_key(self, text: str) -> str:
        return text.replace(self._to.key, "***") if self._to.key else text

    def _count(self, reply: Any) -> None:
        usage = read_usage(reply)
        if usage is None:
            self._meter.uncounted += 1
            return
        self._meter.tokens_in += usage[0]
        self._meter.tokens_out += usage[1]

    def _where(self, request: Request) -> str:
        return f"endpoint {self._to.address}/{request.path}"


async def _content(response: httpx.Response, where: str) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > MOST_BYTES:
            raise EndpointError(f"sent more than {MOST_BYTES >> 20} MiB for one reply", where=where)
        parts.append(part)
    return b"".join(parts)


def _pause_of(response: httpx.Response) -> float | None:
    """Seconds that the endpoint wants to be left alone."""
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _after(error: EndpointError, tries: int) -> EndpointError:
    if tries == 1:
        return error
    return EndpointError(f"{error.reason}, {tries} times", where=error.where, hint=error.hint)
