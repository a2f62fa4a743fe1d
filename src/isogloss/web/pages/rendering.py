"""Pages from templates: what all of them are given, addresses that keep the state, and waiting for an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from isogloss.errors import IsoglossError, UnknownLanguage, UnknownName, closest
from isogloss.questions.content import Table
from isogloss.text import printable, sentence
from isogloss.web.jobs import Job
from isogloss.web.responses import not_modified, session_of, site_of, tagged
from isogloss.web.setting import PROPERTIES

FOLDER = Path(__file__).parents[1]
NAVIGATION = (
    ("/", "Start"), ("/ask", "Ask"), ("/believe", "Believe?"), ("/why", "Why"), ("/what-if", "What if"),
    ("/plan", "Plan"), ("/sources", "Sources"), ("/next", "Next"), ("/compare", "Compare"), ("/report", "Report"),
    ("/behaviour", "Behaviour"), ("/evidence", "Evidence"), ("/languages", "Languages"),
)  # fmt: skip
MOST_ROWS = 200
"""Rows of a table that a page shows; files have them all."""
KEPT = ("evidence", *PROPERTIES, "targets")
"""Parts of the address that go from page to page."""
NOT_KEPT = {"targets": None, "model": None, "recipe": None}
"""Of these, what does not go to a page about all models and the languages that they were measured in."""
BY_OTHER_NAMES = "Look for it by another name or by part of its name on the page Languages."


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates, which escape all that is put into them."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=lambda value: printable(value) if type(value) is str else value,
    )  # fmt: skip
    made.globals.update(static=static_address, table_of=table_of)
    made.filters["sentence"] = sentence
    return made


@lru_cache(maxsize=8)
def static_address(name: str) -> str:
    """The address of a file of the package, which changes with its content."""
    content = (FOLDER / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:8]}"


def table_of(table: Table) -> Markup:
    """A table of an answer, with as many rows as a page shows."""
    from isogloss.reporting import table_html

    return Markup(table_html(replace(table, rows=MOST_ROWS).grid()))


class Address:
    """The address of a request, from which others are made that keep its state."""

    def __init__(self, request: Request):
        self.path = request.url.path
        self.given = {name: request.query_params.getlist(name) for name in request.query_params}

    def first(self, name: str) -> str:
        """One part of the address."""
        return next((text for text in self.given.get(name, []) if text.strip()), "")

    def number(self, name: str) -> int:
        """A whole number of at most nine digits, such as a place in a table; 0 for anything else."""
        text = self.first(name)
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    def flat(self) -> dict[str, str]:
        """All parts that are given once or more, the last of each."""
        return {name: texts[-1] for name, texts in self.given.items() if texts and texts[-1].strip()}

    def to(self, path: str | None = None, **changes: Any) -> str:
        """This address with changes: None takes a part away. For another path, what all pages share is kept."""
        kept = self.given if path is None or path == self.path else {k: v for k, v in self.given.items() if k in KEPT}
        parts = {name: [text for text in texts if text] for name, texts in kept.items()}
        for name, value in changes.items():
            parts[name] = (
                [] if value is None else [str(one) for one in value] if isinstance(value, list) else [str(value)]
            )
        query = urlencode(parts, doseq=True)
        return f"{path or self.path}?{query}" if query else (path or self.path)


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page."""
    address = Address(request)
    session = session_of(request)
    own = [held for held in site_of(request).evidence_of(session).values() if held.own]
    navigation = [
        (address.to(path, **(NOT_KEPT if path == "/compare" else {})), title, path == address.path)
        for path, title in NAVIGATION
    ]
    shared: dict[str, Any] = {"address": address, "navigation": navigation, "own_evidence": own, "held": None,
                              "choice": None, "error": None, **context}  # fmt: skip
    body = environment().get_template(template).render(shared)
    page = body.encode("utf-8", "replace")
    if status != 200 or shared["error"] is not None:  # what is wrong may be mended: such a page is not kept
        return HTMLResponse(page, status)
    tag = hashlib.sha256(page).hexdigest()[:24]
    return not_modified(request, tag) or tagged(HTMLResponse(page), tag)


def waiting(request: Request, job: Job, title: str, **context: Any) -> Response:
    """A page that shows progress until the answer is there."""
    response = render(request, "waiting.html", 202, job=job, title=title, **context)
    response.headers["cache-control"] = "no-store"
    return response


def error_page(request: Request, error: IsoglossError, status: int) -> Response:
    """A page that says what is wrong, with addresses that may have been meant."""
    address = Address(request)
    meant = _meant(address, error)
    hint = BY_OTHER_NAMES if isinstance(error, UnknownLanguage) else error.hint  # a mapping is typed, not clicked
    return render(request, "error.html", status, error=error, hint=hint, meant=meant, title="That did not work")


def _meant(address: Address, error: IsoglossError) -> list[tuple[str, str]]:
    if isinstance(error, UnknownLanguage):
        return [
            (f"{written} → {name}", address.to(targets=_replaced(address, written, code), language=None))
            for written, near in error.unknown.items() for code, name in near[:3]
        ]  # fmt: skip
    if isinstance(error, UnknownName) and error.kind in PROPERTIES:
        near = closest(error.name, error.known) or error.known[:5]
        return [(name, address.to(**{error.kind: name})) for name in near]
    return []


def _replaced(address: Address, written: str, code: str) -> list[str]:
    return [code if text == written else text for text in texts_of(address.given, "targets")]


def texts_of(given: Mapping[str, list[str]], name: str) -> list[str]:
    """Texts of a part of an address that holds several, with commas or one by one."""
    from isogloss.questions.fields import split_names

    return list(dict.fromkeys(part for text in given.get(name, []) for part in split_names(text)))
