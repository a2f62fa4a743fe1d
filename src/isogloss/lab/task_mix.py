"""Instructions from tasks: training examples written into templates, some of each task in each language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from annotated_types import Ge, MinLen
from pydantic import Field, model_validator

from isogloss.config import OneOrMore, Table, checked, numbered, read_toml, section_of, validate
from isogloss.errors import BadValue, InputError
from isogloss.lab.recipe.prompted.templates import Wording, of_languages
from isogloss.lab.task import Task
from isogloss.lab.task_use import TaskUse, check_uses

WRITTEN = ("label", "choice", "text")
"""What an answer has to be to stand in a template."""


class TaskPart(TaskUse):
    """A section `[[task]]`: a task, and how its examples are written."""

    templates: Annotated[list[str], MinLen(1)]
    translated: dict[str, Annotated[list[str], MinLen(1)]] = Field(default_factory=dict)
    verbalizer: dict[str, str] = Field(default_factory=dict)


class TaskMixFile(Table):
    """A file that says of which tasks instructions are made."""

    task: OneOrMore[TaskPart]
    most: Annotated[int, Ge(1)] = 100
    seed: Annotated[int, Ge(0)] = 0

    @model_validator(mode="after")
    @checked
    def _check(self) -> TaskMixFile:
        check_uses(self.task)
        return self


def task_instructions(path: str | Path, *, data: str | Path | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Instructions made of training examples of tasks, and how many there are of each task in each language.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML: `most` (examples of a task in a language), `seed`, and sections `[[task]]`, see `mix_instructions`.
    data : str or pathlib.Path, optional
        Folder of the tasks' files, by default that of `path`.

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        One line: the section, the reason, the hint. Such as: a template without a place for the answer, or a task whose
        answers are no labels, choices or texts.
    """
    where = str(path)
    file = validate(TaskMixFile, read_toml(Path(path)), where)
    folder = Path(data) if data is not None else Path(path).parent
    rows: list[dict[str, Any]] = []
    for place, part in enumerate(file.task):
        section = str(section_of(where, numbered("task", place, len(file.task))))
        most = file.most if part.most is None else part.most
        rows += _of_task(part, part.read(folder, where), most, file.seed, section)
    rows.sort(key=lambda row: _digest(file.seed, row["language"], row["id"]))
    table = pl.DataFrame(rows)
    counts = table.group_by("language", "answer_language", "kind").agg(examples=pl.len()).sort("kind", "language")
    parts = counts.with_columns(share=pl.col("examples") / table.height)
    named = pl.col("language").alias("question"), pl.col("answer_language").alias("answer")
    return table, parts.select(*named, "kind", "share", "examples")


def _of_task(part: TaskPart, task: Task, most: int, seed: int, where: str) -> Iterator[dict[str, Any]]:
    """Examples of a task, the first of each language in the order of the seed."""
    kind = task.info.kind
    if kind.form is None or kind.answer not in WRITTEN or kind.form.answer is None:
        raise BadValue(f"answers of the kind {kind.name} stand in no template", where=where,
                       hint=f"choose tasks whose answers are a {', a '.join(WRITTEN)}")  # fmt: skip
    codes = task.find(part.languages or "all", "train", where)
    own = of_languages(part.translated, codes, [task.languages[code].id for code in codes], f"{where}: translated")
    try:
        wordings = {
            code: [Wording.of(text, part.verbalizer, task.labels, kind.form) for text in texts or part.templates]
            for code, texts in zip(codes, own, strict=True)
        }
    except InputError as error:
        raise error.at(": ".join(filter(None, (where, error.where)))) from None
    for code in codes:
        examples, texts = task.train[code], kind.input_type
        for row in examples.order(seed)[:most].tolist():
            one, id_ = examples.inputs[row], f"{task.info.name} {examples.items[row]}"
            choices = texts.choices(one)
            wording = wordings[code][int.from_bytes(_digest(seed, id_)[:8], "big") % len(wordings[code])]
            written = texts.texts(one)
            instruction, output = wording.parted(written[: len(written) - len(choices)], _answer(task, code, row))
            yield {
                "id": id_, "language": task.input_language(code).id, "answer_language": task.answer_language(code).id,
                "kind": task.info.name, "instruction": instruction, "output": output.strip(),
            }  # fmt: skip


def _answer(task: Task, code: str, row: int) -> str:
    """The right answer of a training example, as text."""
    examples = task.train[code]
    if examples.answers is not None:
        return examples.answers[row][0]
    choices = examples.input_type.choices(examples.inputs[row])
    return (choices or task.labels)[int(examples.labels[examples.starts[row]])]


def _digest(seed: int, *parts: str) -> bytes:
    return hashlib.sha256("\x00".join([str(seed), *parts]).encode()).digest()
