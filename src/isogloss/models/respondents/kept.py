"""Answers that are kept by content as soon as they are there, so that no prompt is paid for twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from isogloss.errors import BadFile
from isogloss.files import cache_folder
from isogloss.models.inputs import Choice
from isogloss.models.respondents.base import Meter, Respondent
from isogloss.progress import Progress

Task = Literal["score", "write"]


def ask(
    respondent: Respondent, task: Task, prompts: Sequence[Any], *, meter: Meter | None = None,
    progress: Progress | None = None,
) -> list[Any]:  # fmt: skip
    """Ask a respondent, and keep what it answers.

    Parameters
    ----------
    respondent : Respondent
    task : {"score", "write"}
        For scores of candidates, of prompts that are a `Choice` or a `Cloze`; or for replies, to texts.
    prompts : sequence
    meter : Meter, optional
        To which what it takes is added.
    progress : Progress, optional
        Told how many prompts are answered.

    Returns
    -------
    list
        For each prompt a list of numbers, or a text.

    Raises
    ------
    IsoglossError
        If the model cannot be run. What it answered before is kept: the next run goes on from there.

    Notes
    -----
    Prompts that are answered in one go are kept together, so that an answer is the same to the last bit whether it was
    kept or not.
    """
    meter = meter if meter is not None else Meter()
    size = respondent.together
    batches = [list(prompts[first : first + size]) for first in range(0, len(prompts), size)]
    described = json.dumps(respondent.identity, sort_keys=True)
    keys = [_digest(task, described, _plain(batch)) for batch in batches]
    if progress is not None:
        progress.begin(f"prompts to {respondent.name}", len(prompts))
    with _database(_digest(described)) as database:
        answers = _read(database, keys)
        missing = {key: batch for key, batch in zip(keys, batches, strict=True) if key not in answers}
        missing_keys = [*missing]
        meter.prompts += len(prompts)
        meter.kept += sum(len(batch) for key, batch in zip(keys, batches, strict=True) if key in answers)
        if progress is not None:
            progress.advance(len(prompts) - sum(map(len, missing.values())))

        def keep(place: int, values: list[Any]) -> None:
            key = missing_keys[place]
            answers[key] = values
            with database:
                database.execute("insert or replace into answers values (?, ?)", (key, json.dumps(values)))
            if progress is not None:
                progress.advance(len(values))

        if missing:
            getattr(respondent, task)([*missing.values()], keep, meter)
    return [answer for key in keys for answer in answers[key]]


def _plain(batch: Sequence[Any]) -> str:
    return json.dumps([[type(one).__name__, *one] if isinstance(one, Choice) else one for one in batch])


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@contextmanager
def _database(name: str) -> Iterator[sqlite3.Connection]:
    """The answers of one respondent; several processes may write at once."""
    path = cache_folder() / "replies" / f"{name}.sqlite"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=60, check_same_thread=False)) as database:
            database.execute("create table if not exists answers (key text primary key, answer text)")
            yield database
    except OSError as error:
        raise _not_kept(path, error.strerror or str(error)) from None
    except sqlite3.Error as error:
        raise _not_kept(path, str(error)) from None


def _not_kept(path: Path, reason: str) -> BadFile:
    hint = "delete it, or set ISOGLOSS_CACHE to a folder that can be written to"
    return BadFile(f"answers cannot be kept: {reason}", where=str(path), hint=hint)


def _read(database: sqlite3.Connection, keys: Sequence[str]) -> dict[str, list[Any]]:
    answers = {}
    for key in dict.fromkeys(keys):
        row = database.execute("select answer from answers where key = ?", (key,)).fetchone()
        if row is not None:
            answers[key] = json.loads(row[0])
    return answers
