"""Pages that show one question's answer as it is: verdict, picture, tables, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.errors import InputError, UnknownName
from isogloss.questions.about import AboutEvidence
from isogloss.questions.answer import ENDINGS, Answer
from isogloss.questions.fields import choices_of
from isogloss.questions.question import default_of
from isogloss.web.api import finished
from isogloss.web.fields import read_fields, web_fields, web_questions
from isogloss.web.pages.answer import as_fields
from isogloss.web.pages.ask import REGIONS
from isogloss.web.pages.rendering import Address, render, texts_of, waiting
from isogloss.web.responses import not_modified, session_of, site_of, tagged
from isogloss.web.setting import PROPERTIES, Choice
from isogloss.web.site import answer_key


@dataclass(frozen=True)
class View:
    """A page about a question.

    Attributes
    ----------
    command : str
    title : str
    lead : str
        What the page answers, above everything else.
    fields : tuple of str
        Fields that its form shows.
    needed : tuple of str
        Of these, what has to be given before there is an answer.
    free : tuple of str
        Parts of a setting that need not be chosen.
    more : (str, str), optional
        The page of a question beside this one, and that question.
    trained : bool
        Whether it needs scores of a model that was trained on different languages.
    """

    command: str
    title: str
    lead: str
    fields: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    more: tuple[str, str] | None = None
    trained: bool = False


VIEWS = {
    "/believe": View(
        "trust", "Believe?", "Measured languages are hidden and forecast from the others: this is how far off the "
        "forecasts were, and how often their intervals held.",
    ),
    "/why": View(
        "explain", "Why", "What goes with high and low scores; and, for one language, what its forecast is made of.",
        ("target",),
    ),
    "/plan": View(
        "plan", "Plan", "How to spend a budget on training examples, so that the languages that you name gain most.",
        ("targets", "budget", "objective"), ("targets", "budget"), trained=True,
    ),
    "/sources": View(
        "sources", "Sources", "Which languages to train on for a language.", ("targets", "top"), ("targets",),
        trained=True,
    ),
    "/next": View(
        "next", "Next", "Which languages to test next, so that most is learnt about the others.", ("among", "k"),
        ("among",), more=("/report", "Write this into a report"),
    ),
    "/compare": View(
        "rank", "Compare", "Which model or recipe is best, over the languages in which all of them were measured. "
        "Choose which ones to compare and which languages count: means and ranks are computed anew.",
        ("models", "by", "targets"), free=("model", "recipe"),
        more=("/fair", "Which one serves languages most evenly?"),
    ),
    "/fair": View(
        "fair", "Fair", "Which model serves languages most evenly, by several rules, over the languages in which all "
        "of them were measured.", ("models", "by"), free=("model", "recipe"), more=("/compare", "Which one is best?"),
    ),
    "/report": View(
        "report", "Report", "Two pages for who pays: what is known, what is not, what to test first.", ("targets",),
        ("targets",),
    ),
}  # fmt: skip
MOST_BOXES = 16
"""Candidates up to which each has a box to tick."""
UNTRAINED = InputError(
    "this evidence cannot say: its models were measured as they are, not after training on different languages",
    hint="Measure a model after training on some languages, one at a time, and send those scores, too. Which languages "
    "to test next is on the page Next.",
)
LABELS = {
    "targets": "Languages",
    "models": "Compared",
    "by": "Compare by",
    "target": "Language",
    "k": "How many",
    "top": "How many",
    "among": "Candidates",
}
MEDIA = {
    ".png": "image/png", ".svg": "image/svg+xml", ".html": "text/html", ".csv": "text/csv", ".json": "application/json",
    ".pdf": "application/pdf", ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip

router = APIRouter()


def _page_of(view: View) -> Any:
    async def page(request: Request) -> Response:
        address = Address(request)
        if "among" in view.fields and not address.first("among") and (asked := texts_of(address.given, "targets")):
            address.given["among"] = asked  # whoever asked about languages chooses among these
        site, session = site_of(request), session_of(request)
        kind = web_questions()[view.command]
        held = await run_in_threadpool(site.held, session, address.first("evidence"))
        choice = await run_in_threadpool(site.choice, held, address.flat(), view.free)
        fields = read_fields(kind, address.given) | _setting_of(kind, as_fields(choice))
        shared: dict[str, Any] = {
            "title": view.title,
            "view": view,
            "held": held,
            "choice": choice,
            "form": _form(view, kind, address, choice),
            "regions": REGIONS if view.command == "rank" else {},
        }
        if view.trained and choice.evidence.observations["train"].n_unique() < 2:
            return render(request, "question.html", answer=None, error=UNTRAINED, **shared)
        if any(not address.first(name) for name in view.needed):
            return render(request, "question.html", answer=None, error=None, **shared)
        try:
            job = await run_in_threadpool(site.ask, session, held, kind, fields)
            if not await finished(job, site.settings.patience):
                return waiting(request, job, **shared)
            made = job.future.result()
        except InputError as error:  # the form is still there, to ask otherwise
            return render(request, "question.html", answer=None, error=error, **shared)
        setting = {name: str(value) for name, value in fields.items() if name in PROPERTIES}
        own = {name: address.given.get(name, []) for name in web_fields(kind) if name not in setting}
        query = address.to(f"/{view.command}", **setting, **own).partition("?")[2]
        drawn = await run_in_threadpool(description, made)
        return render(
            request,
            "question.html",
            answer=made,
            picture=drawn,
            query=query,
            path=view.command,
            printed=find_spec("typst") is not None,
            **shared,
        )

    return page


for _path, _view in VIEWS.items():
    router.add_api_route(_path, _page_of(_view), methods=["GET"])


def _setting_of(kind: type[AboutEvidence], named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name in web_fields(kind)}


def _form(view: View, kind: type[AboutEvidence], address: Address, choice: Choice) -> list[dict[str, Any]]:
    """The fields of the form: those of the question, with its own words; of few candidates, a box for each."""
    fields = web_fields(kind)
    form = []
    for name in view.fields:
        given = texts_of(address.given, name)
        value = ", ".join(given) or _text(default_of(fields[name]))
        label = LABELS.get(name, name.capitalize())
        compared = choice.options.get(address.first("by") or "model", []) if name == "models" else []
        form.append({"name": name, "label": label, "help": fields[name].description or "", "value": value,
                     "choices": choices_of(fields[name]), "boxes": compared if len(compared) <= MOST_BOXES else [],
                     "given": given})  # fmt: skip
    return form


def _text(default: Any) -> str:
    return ", ".join(default) if isinstance(default, list) else "" if default is None else str(default)


def description(answer: Answer) -> str | None:
    """The text alternative of the answer's picture; None where there is no picture."""
    if answer.draw is None:
        return None
    from isogloss.charts import describe

    return describe(answer.draw())


@router.get("/picture/{command}")
async def picture(request: Request, command: str) -> Response:
    """The picture of an answer."""
    return await _file(request, command, ".svg", theme=request.query_params.get("theme", "light"))


@router.get("/download/{name}")
async def download(request: Request, name: str) -> Response:
    """An answer as a file: `forecast.csv`, `forecast.png`."""
    command, dot, ending = name.rpartition(".")
    return await _file(request, command, dot + ending)


async def _file(request: Request, command: str, ending: str, theme: str | None = None) -> Response:
    kinds = web_questions()
    command = command.replace("-", " ")
    if command not in kinds or ending not in ENDINGS:
        raise UnknownName("page", f"{command}{ending}"[:60], [])
    address, site, session = Address(request), site_of(request), session_of(request)
    kind = kinds[command]
    held = await run_in_threadpool(site.held, session, address.first("evidence"))
    fields = read_fields(kind, address.given)
    tag = f"{answer_key(held.key, held.stamp(), command, fields)}{ending[1:]}{theme or ''}"
    if (unchanged := not_modified(request, tag)) is not None:
        return unchanged
    job = await run_in_threadpool(site.ask, session, held, kind, fields)
    await finished(job, 600.0)
    return await file_response(job.future.result(), command, ending, theme, tag)


async def file_response(answer: Answer, command: str, ending: str, theme: str | None, tag: str) -> Response:
    """An answer as a file to save, or with a theme as a picture for a page."""
    body = await run_in_threadpool(_written, answer, ending, theme)
    response = Response(body, media_type=MEDIA[ending])
    response.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    if theme is None:
        response.headers["content-disposition"] = f'attachment; filename="{command.replace(" ", "-")}{ending}"'
    return tagged(response, tag)


def _written(answer: Answer, ending: str, theme: str | None) -> bytes:
    """The file; a picture on a page is in the colours of the page."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    if theme is not None:
        from isogloss.charts import look, to_svg

        with look(theme=theme, titled=False):  # the page has the title
            return to_svg(answer.picture(), whole_page=False).encode()
    with TemporaryDirectory() as folder:
        return answer.write(Path(folder) / f"answer{ending}").read_bytes()
