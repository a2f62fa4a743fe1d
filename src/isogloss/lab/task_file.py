"""Task descriptions: a section of a grid file, a file of one's own, or one that comes with isogloss."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.schema import TEXT_ORIGINS
from isogloss.lab.copies import read_copies
from isogloss.lab.hub import is_on_hub
from isogloss.lab.kinds import tasks
from isogloss.lab.sections import Section
from isogloss.lab.task import TaskInfo, TaskKind

CATALOGUE = Path(__file__).parent / "catalogue"

_KEYS = ("name", "kind", "file", "metrics", "columns", "splits", "codes", "languages", "labels", "copies")
_FACTS = ("text_origin", "licence", "source")


def known_tasks() -> dict[str, Path]:
    """Descriptions that come with isogloss, by the name that `use` takes."""
    return {path.stem: path for path in sorted(CATALOGUE.glob("*.toml"))}


def describe_known() -> pl.DataFrame:
    """What each task that comes with isogloss is: `use`, name, kind, file, metrics, text_origin, licence, source."""
    rows = []
    for use, path in known_tasks().items():
        info = read_info(Section("task", {"use": use}, str(path)), Path())
        facts = {fact: getattr(info, fact) for fact in _FACTS}
        named = {"use": use, "name": info.name, "kind": info.kind.name, "file": info.file.name}
        rows.append({**named, "metrics": list(info.metrics), **facts})
    return pl.DataFrame(rows)


def read_info(section: Section, folder: Path) -> TaskInfo:
    """The metadata of a task, from a section `[task]`.

    Parameters
    ----------
    section : Section
        Either says everything, or says with `use` whose description holds save where it says otherwise.
    folder : pathlib.Path
        What a relative `file` is relative to.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the hint.
    """
    section = _with_description(section)
    kind_name = section.take("kind", str, "text-classification")
    if kind_name not in tasks.names():
        raise UnknownName("task kind", kind_name, tasks.names(), where=section.where)
    kind = tasks.get(kind_name)()
    section.expect(*_KEYS, *_FACTS, *kind.options, "allowed_leakage")
    name = section.take("name", str)
    if not name.strip() or "," in name:
        raise BadValue(f"name {name!r} must be text without commas", where=section.where)
    file, metrics = section.take("file", str), _read_metrics(section, kind)
    splits, division, shares = _read_splits(section.section("splits"))
    columns = _read_columns(section.section("columns"), kind, file, division)
    options = kind.read_options(section.taken(kind.options), columns, section.where)
    copies = read_copies(section.section("copies"))
    if copies and kind.answer not in ("label", "tags"):
        hint = "leave it out"
        raise BadValue(f"copies are for tasks with labels or tags, not for {kind.name}", where=section.where, hint=hint)
    facts = {fact: section.take(fact, str, "") or None for fact in _FACTS}
    if facts["text_origin"] is not None and facts["text_origin"] not in TEXT_ORIGINS:
        raise UnknownName("origin of texts", facts["text_origin"], TEXT_ORIGINS, where=section.where)
    leakage: Any = section.take("allowed_leakage", object, 0.05)
    if isinstance(leakage, bool) or not isinstance(leakage, int | float) or not 0 <= leakage <= 1:
        raise BadValue(f"allowed_leakage must be a share from 0 to 1, not {leakage!r}", where=section.where)
    codes = section.section("codes").rest()
    return TaskInfo(
        name, kind, metrics, Path(file) if is_on_hub(Path(file)) else folder / file, columns, splits, codes=codes,
        languages=_read_names(section, "languages"), labels=_read_names(section, "labels"),
        allowed_leakage=float(leakage), shares=shares, options=options, copies=copies, **facts,
    )  # fmt: skip


def _with_description(section: Section) -> Section:
    """The section with what the description it refers to says beside."""
    used = section.take("use", str, "")
    if not used:
        return section
    own = Path(section.path).parent / used
    path = own if used.endswith(".toml") else known_tasks().get(used)
    if path is None:
        raise UnknownName("task", used, known_tasks(), where=section.where)
    if not path.is_file():
        raise BadFile("no such task description", where=str(path))
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"is not TOML: {error}", where=str(path)) from None
    return Section(section.name, described | section.rest(), section.path)


def _read_metrics(section: Section, kind: TaskKind) -> tuple[str, ...]:
    metrics, known = section.take("metrics", list, [*kind.metrics]), kind.measurable
    for metric in metrics or [""]:
        if metric not in known:
            raise UnknownName(f"metric of {kind.name}", str(metric), known, where=section.where)
    return tuple(dict.fromkeys(metrics))


def _read_columns(section: Section, kind: TaskKind, file: str, division: str) -> dict[str, str]:
    section.expect("language", "split", "item", *kind.needed, *kind.optional, *kind.several)
    several: dict[str, str] = {}
    for key, name in kind.several.items():
        columns = section.take(key, list, [])
        if len(columns) < 2:
            hint = f'add {key} = ["{name}1", "{name}2"]'
            raise BadValue(f"no {key}", where=section.where, hint=hint)
        several |= {f"{name} {place}": str(column) for place, column in enumerate(columns)}
    # What the name of a file tells need not stand in it.
    told = [key for key in ("language", "split") if f"{{{key}}}" in file or (key == "split" and division)]
    needed = [key for key in ("language", "split") if key not in told] + list(kind.needed)
    named = {key: section.take(key, str, key) for key in needed}
    for key in ("item", *kind.optional):
        if column := section.take(key, str, ""):
            named[key] = column
    return named | ({"division": division} if division else {}) | several


def _read_splits(section: Section) -> tuple[dict[str, str], str, dict[str, float]]:
    """The names of the splits; and the column that they are made by, with their shares, if the file has none."""
    section.expect("train", "dev", "test", "by", "shares")
    if by := section.take("by", str, ""):
        return _read_shares(section, by)
    return _read_names_of_splits(section), "", {}


def _read_shares(section: Section, by: str) -> tuple[dict[str, str], str, dict[str, float]]:
    given = section.take("shares", dict, {"train": 0.5, "dev": 0.1})
    section.expect()  # names of splits that the file has not
    shares = {split: share for split, share in given.items() if isinstance(share, int | float) and 0 < share < 1}
    if not {"train"} <= set(shares) == set(given) <= {"train", "dev"} or sum(shares.values()) >= 1:
        raise BadValue(
            f"shares are {given!r}", where=section.where,
            hint="write shares = { train = 0.5, dev = 0.1 }: the rest is tested on",
        )  # fmt: skip
    return {split: split for split in (*sorted(shares, reverse=True), "test")}, by, shares


def _read_names_of_splits(section: Section) -> dict[str, str]:
    chosen = {split: section.take(split, str, split) for split in ("train", "test")}
    if chosen["train"] == chosen["test"]:
        raise BadValue(
            f"train and test are both '{chosen['train']}'", where=section.where, hint="test on what was not trained on"
        )
    if dev := section.take("dev", str, ""):
        if dev in chosen.values():
            raise BadValue(f"dev is '{dev}' too", where=section.where, hint="leave it out: some training examples")
        chosen["dev"] = dev
    return chosen


def _read_names(section: Section, key: str) -> tuple[str, ...] | None:
    names = section.take(key, list, [])
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise BadValue(f"{key} must be a list of different names, not {names!r}", where=section.where)
    return tuple(names) or None
