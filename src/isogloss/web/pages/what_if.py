"""What if: move the number of training examples of each language, and see the forecast move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from isogloss.errors import InputError
from isogloss.evidence import Evidence, TrainingMix
from isogloss.languages import resolve
from isogloss.questions.answer import Answer
from isogloss.questions.forecast import ForecastQuestion
from isogloss.questions.names import Names
from isogloss.web.api import finished
from isogloss.web.pages.answer import as_fields
from isogloss.web.pages.drawing import FADE, bar_of, track_of
from isogloss.web.pages.rendering import Address, render, texts_of, waiting
from isogloss.web.responses import session_of, site_of

FEWEST_MIXES = 3
MOST_SLIDERS, MOST_TARGETS, STEPS = 8, 12, 20
PREFIX = "examples_"

router = APIRouter()


@dataclass(frozen=True)
class Slider:
    """Examples of one language: from none to the most that was measured."""

    code: str
    name: str
    most: int
    value: int

    @property
    def field(self) -> str:
        """Its name in the address."""
        return PREFIX + self.code

    @property
    def step(self) -> int:
        """A round part of the whole."""
        return max(self.most // STEPS, 1)


@router.get("/what-if")
async def what_if(request: Request) -> Response:
    """The sliders, and the forecasts for where they stand."""
    address = Address(request)
    site, session = site_of(request), session_of(request)
    held = await run_in_threadpool(site.held, session, address.first("evidence"))
    choice = await run_in_threadpool(site.choice, held, address.flat())
    sliders = await run_in_threadpool(sliders_of, choice.evidence, address)
    targets = texts_of(address.given, "targets")[:MOST_TARGETS]
    shared: dict[str, Any] = {
        "title": "What if",
        "held": held,
        "choice": choice,
        "sliders": sliders,
        "targets": targets,
    }
    mix = ",".join(f"{one.code}:{one.value}" for one in sliders if one.value)
    if not sliders or not targets or not mix:
        return render(request, "what_if.html", answer=None, error=None, **shared)
    fields = {"targets": targets, "train": mix, **as_fields(choice)}
    try:
        job = await run_in_threadpool(site.ask, session, held, ForecastQuestion, fields)
        if not await finished(job, site.settings.patience):
            return waiting(request, job, **shared)
        made = job.future.result()
    except InputError as error:
        return render(request, "what_if.html", answer=None, error=error, **shared)
    return render(request, "what_if.html", answer=made, error=None, **_rows(made), **shared)


def sliders_of(evidence: Evidence, address: Address) -> list[Slider]:
    """A slider for each language that models of the evidence were trained on, most often first; none if too few were.

    They stand where the address says, else at the mix that was measured in most languages.
    """
    counts = evidence.observations["train"].value_counts(sort=True).sort("count", "train", descending=[True, False])
    mixes = [TrainingMix.parse(text, language=str) for text in counts["train"] if text]
    if len(mixes) < FEWEST_MIXES:
        return []
    sizes: dict[str, list[int]] = {}
    for mix in mixes:
        for code in mix:
            sizes.setdefault(code, []).append(_size(mix, code))
    sizes = {code: known for code, known in sizes.items() if max(known)}
    usual = mixes[0]
    codes = sorted(sizes, key=lambda code: (code not in usual, -len(sizes[code]), code))[:MOST_SLIDERS]
    moved = any(name.startswith(PREFIX) for name in address.given)
    names = Names(None, {code: resolve(code).name for code in codes})
    return [
        Slider(code, names(code), most := max(sizes[code]), _value(address, code, most, None if moved else usual))
        for code in codes
    ]


def _size(mix: TrainingMix, code: str) -> int:
    return mix[code] or 0  # of some the size is not known


def _value(address: Address, code: str, most: int, usual: TrainingMix | None) -> int:
    if usual is not None:
        return _size(usual, code) if code in usual else 0
    return min(address.number(PREFIX + code), most)


def _rows(made: Answer) -> dict[str, Any]:
    table = made.table.sort("mean", descending=True)
    track = track_of([end for name in ("mean", "lower", "upper") for end in table[name].drop_nulls()], made.scale)
    digits = max(made.scale.digits - 1, 1)
    rows = [
        {**row, "bar": bar_of(row, track), "shown": f"{row['mean']:.{digits}f}",
         "interval": "" if row["lower"] is None else f"{row['lower']:.{digits}f} to {row['upper']:.{digits}f}"}
        for row in table.iter_rows(named=True)
    ]  # fmt: skip
    return {"rows": rows, "track": track, "stops": FADE}
