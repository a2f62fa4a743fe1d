"""The pages: each a view of questions, with its state in the address."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """The routes of all pages."""
    from isogloss.web.pages import answer, ask, behaviour, evidence, languages, questions, start, what_if

    return [start.router, ask.router, answer.router, questions.router, what_if.router, behaviour.router,
            evidence.router, languages.router]  # fmt: skip
