"""Task descriptions: a section of a grid file, a file of one's own, or one that comes with isogloss."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, create_model, model_validator

from isogloss.config import Help, Table, checked, known, read_toml, section_of, validate
from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.schema import TEXT_ORIGINS
from isogloss.lab.byte_tokenizer import MOST_COPIES
from isogloss.lab.domains import Domains
from isogloss.lab.kinds import tasks
from isogloss.lab.task import Copy, TaskInfo, TaskKind
from isogloss.texts.hub import LANGUAGE, is_on_hub

CATALOGUE = Path(__file__).parent / "catalogue"


OWN = ("item", "category")
"""Columns that a table of any kind may have."""


def known_tasks() -> dict[str, Path]:
    """Descriptions that come with isogloss, by the name that `use` takes."""
    return {path.stem: path for path in sorted(CATALOGUE.glob("*.toml"))}


def describe_known() -> pl.DataFrame:
    """What each task that comes with isogloss is: `use`, name, kind, file, metrics, text_origin, licence, source."""
    rows = []
    for use, path in known_tasks().items():
        info = read_info({"use": use}, Path(), str(path))
        named = {"use": use, "name": info.name, "kind": info.kind.name, "file": _said(info.file)}
        facts = {"text_origin": info.text_origin, "licence": info.licence, "source": info.source}
        rows.append({**named, "metrics": list(info.metrics), **facts})
    return pl.DataFrame(rows)


def _said(file: Path) -> str:
    """A file without its folder, or a dataset of the hub."""
    return file.as_posix() if is_on_hub(file) else file.name


Share = Annotated[float, Gt(0), Lt(1)]


def _day(written: object) -> object:
    return datetime.date.fromisoformat(written) if isinstance(written, str) else written


Day = Annotated[datetime.date, BeforeValidator(_day), Help("a day", '"2012-01-01"')]


def _different(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError
    return names


Names = Annotated[list[str], AfterValidator(_different), Help("a list of different names")]


class SplitsTable(Table):
    """The section `[task.splits]`: the file's names of splits, or the column that splits are made by.

    A column `date` says when texts are from: splits have to follow each other in time, and are made so from their first
    days in `begin`, where that is given. A column `domain`, or a number of `characters`, tells which texts of these
    splits are learnt from and which are tested on.
    """

    train: str = "train"
    test: str = "test"
    dev: str | None = None
    by: str | None = None
    date: str | None = None
    begin: dict[Annotated[str, known("split", ("dev", "test"))], Day] = Field(default_factory=dict)
    shares: dict[Annotated[str, known("split", ("train", "dev"))], Share] = Field(
        default_factory=lambda: {"train": 0.5, "dev": 0.1}
    )
    domain: str | None = None
    characters: Annotated[int, Ge(1)] | None = None
    learnt: Names = Field(default_factory=list)
    tested: Names = Field(default_factory=list)

    @model_validator(mode="after")
    @checked
    def _check(self) -> SplitsTable:
        if bool(self.learnt or self.tested) != bool(self.domain or self.characters) or (
            self.domain and self.characters
        ):
            hint = 'write domain = "column", or characters = 80, with learnt = ["news"] and tested = ["forum"]'
            raise BadValue("which texts are learnt from and tested on is not clear", hint=hint)
        own = {"domain", "characters", "learnt", "tested"}
        if self.by:
            for name in sorted(self.model_fields_set - own - {"by", "shares"}):
                raise UnknownName("key", name, ("by", "shares"))
            if "train" not in self.shares or sum(self.shares.values()) >= 1:
                hint = "write shares = { train = 0.5, dev = 0.1 }: the rest is tested on"
                raise BadValue(f"shares are {self.shares!r}", hint=hint)
        elif self.begin:
            for name in sorted(self.model_fields_set - own - {"date", "begin"}):
                raise UnknownName("key", name, ("date", "begin"))
            if (
                not self.date
                or "test" not in self.begin
                or self.begin.get("dev", datetime.date.min) >= self.begin["test"]
            ):
                hint = 'write date = "column", begin = { dev = 2011-01-01, test = 2012-01-01 }'
                raise BadValue("the first days of splits are not clear", hint=hint)
        elif self.train == self.test:
            raise BadValue(f"train and test are both '{self.train}'", hint="test on what was not trained on")
        elif self.dev in (self.train, self.test):
            raise BadValue(f"dev is '{self.dev}' too", hint="leave it out: some training examples are put aside")
        return self

    def domains(self) -> Domains | None:
        """Which texts are learnt from and tested on; None for all."""
        if not (self.learnt or self.tested):
            return None
        return Domains(tuple(self.learnt), tuple(self.tested), self.characters or 0)

    def names(self) -> dict[str, str]:
        """Train, test and, where there is one, dev, to what the file calls them."""
        if self.begin:
            return {split: split for split in ("train", *sorted(self.begin, reverse=True))}
        if self.by:
            return {split: split for split in (*sorted(self.shares, reverse=True), "test")}
        return {"train": self.train, "test": self.test} | ({"dev": self.dev} if self.dev else {})


class CopyTable(Table):
    """A section `[task.copies.CODE]`; see `Copy`."""

    of: str
    number: Annotated[int, Ge(1), Le(MOST_COPIES)] = Field(1, alias="copy")


class TaskTable(Table):
    """The section `[task]`, without what only some kinds of tasks have."""

    name: Annotated[str, StringConstraints(pattern=r"^[^,]*[^\s,][^,]*$"), Help("text without commas", '"..."')]
    kind: str = "text-classification"
    file: Annotated[str, Help(example='"data.parquet"')]
    metrics: Annotated[list[str], MinLen(1)] | None = None
    splits: SplitsTable = SplitsTable()
    codes: dict[str, str] = Field(default_factory=dict)
    languages: Names | None = None
    labels: Names | None = None
    copies: dict[str, CopyTable] = Field(default_factory=dict)
    text_origin: Annotated[str, known("origin of texts", TEXT_ORIGINS)] | None = None
    licence: str | None = None
    source: str | None = None
    allowed_leakage: Annotated[float, Ge(0), Le(1), Help("a share from 0 to 1")] = 0.05


@lru_cache
def _table_of(kind: TaskKind) -> type[TaskTable]:
    """The section `[task]` of a kind: with its columns, and the keys that only it has."""
    columns: dict[str, Any] = {name: (str, name) for name in ("language", "split", *kind.needed)}
    columns |= dict.fromkeys((*OWN, *kind.optional), (str | None, None))
    for key, name in kind.several.items():
        several = Annotated[list[str], MinLen(2), Help("a list of two or more columns", f'["{name}1", "{name}2"]')]
        columns[key] = (several, ...)
    options: dict[str, Any] = dict.fromkeys(kind.options, (Any, None))
    return create_model(
        "TaskTable", __base__=TaskTable, columns=(create_model("Columns", __base__=Table, **columns), ...), **options
    )  # fmt: skip


def read_info(described: Mapping[str, Any], folder: Path, path: str, section: str = "task") -> TaskInfo:
    """The metadata of a task, from a section `[task]`.

    Parameters
    ----------
    described : mapping of str
        Either says everything, or says with `use` whose description holds save where it says otherwise.
    folder : pathlib.Path
        What a relative `file` is relative to.
    path : str
        The file of the section, for errors.
    section : str, default "task"
        What it is called there.

    Raises
    ------
    BadFile, BadValue, UnknownName
    """
    where = section_of(path, section)
    table = {"columns": {}, **_with_description(described, path, where)}
    name = table.get("kind", "text-classification")
    if name not in tasks.names():
        raise UnknownName("task kind", str(name), tasks.names(), where=where)
    kind = tasks.get(name)()
    read: Any = validate(_table_of(kind), table, path, section)
    columns, file = _columns(read, kind), Path(read.file)
    given = {option: getattr(read, option) for option in kind.options if option in read.model_fields_set}
    info = TaskInfo(
        read.name, kind, _metrics(read, kind, where), file if is_on_hub(file) else folder / file, columns,
        read.splits.names(), codes=read.codes, languages=tuple(read.languages or ()) or None,
        labels=tuple(read.labels or ()) or None, text_origin=read.text_origin, licence=read.licence,
        source=read.source, allowed_leakage=read.allowed_leakage, shares=read.splits.shares if read.splits.by else {},
        options=kind.read_options(given, columns, str(where)),
        copies={code: Copy(one.of, one.number) for code, one in read.copies.items()}, begins=read.splits.begin,
        domains=read.splits.domains(),
    )  # fmt: skip
    if read.copies:
        try:
            kind.copied(info)
        except BadValue as error:
            raise error.at(where) from None
    return info


def _with_description(described: Mapping[str, Any], path: str, where: str | None) -> dict[str, Any]:
    """A section with what the description that it refers to says beside."""
    table = dict(described)
    used = table.pop("use", "")
    if not used:
        return table
    file = Path(path).parent / used if str(used).endswith(".toml") else known_tasks().get(used)
    if file is None:
        raise UnknownName("task", str(used), known_tasks(), where=where)
    if not file.is_file():
        raise BadFile("no such task description", where=str(file))
    return read_toml(file) | table


def _metrics(read: TaskTable, kind: TaskKind, where: str | None) -> tuple[str, ...]:
    metrics = kind.metrics if read.metrics is None else read.metrics
    for metric in metrics:
        if metric not in kind.measurable:
            raise UnknownName(f"metric of {kind.name}", metric, kind.measurable, where=where)
    return tuple(dict.fromkeys(metrics))


def _columns(read: Any, kind: TaskKind) -> dict[str, str]:
    """The file's own name of each column that is read; see `TaskInfo`."""
    given = read.columns.model_dump()
    # The name of a file, or of its columns, may say the language, that of a file the split; and splits may be made.
    unneeded = {key for key in ("language", "split") if f"{{{key}}}" in read.file}
    unneeded |= {"language"} if any(LANGUAGE in str(name) for name in given.values()) else set()
    unneeded |= {"split"} if read.splits.by or read.splits.begin else set()
    names = [name for name in ("language", "split", *kind.needed) if name not in unneeded]
    columns = {name: given[name] for name in (*names, *OWN, *kind.optional) if given[name]}
    columns |= {"division": read.splits.by} if read.splits.by else {}
    columns |= {"date": read.splits.date} if read.splits.date else {}
    columns |= {"domain": read.splits.domain} if read.splits.domain else {}
    return columns | {
        f"{name} {place}": column for key, name in kind.several.items() for place, column in enumerate(given[key])
    }
