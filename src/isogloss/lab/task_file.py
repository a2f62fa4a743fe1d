"""Task descriptions: a section of a grid file, a file of one's own, or one that comes with isogloss."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.schema import TEXT_ORIGINS
from isogloss.lab.copies import read_copies
from isogloss.lab.hub import is_on_hub
from isogloss.lab.sections import Section
from isogloss.lab.task import TaskInfo, tasks

CATALOGUE = Path(__file__).parent / "catalogue"

_KEYS = ("name", "kind", "file", "metrics", "columns", "splits", "codes", "languages", "labels", "copies")
_OF_KINDS = ("right", "question_languages")
_FACTS = ("text_origin", "licence", "source")
METRICS_OF = {
    "text-classification": ("accuracy", "macro_f1"),
    "token-tagging": ("accuracy", "macro_f1", "span_f1"),
    "multiple-choice": ("accuracy",),
    "cloze": ("accuracy",),
    "generation": ("exact_match", "valid_output_rate"),
    "extractive-qa": ("f1", "exact_match"),
}
"""Metrics of each kind of task, by the names that observations give them."""
_DEV_NAMES = ("dev", "validation", "valid", "val")


@dataclass(frozen=True)
class Columns:
    """What a kind of task reads: text columns that it must have, and those it may have."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


COLUMNS = {
    "text-classification": Columns(("text", "label")),
    "token-tagging": Columns(("words", "tags")),
    "multiple-choice": Columns(("premise", "label"), ("question",)),
    "cloze": Columns(("prompt", "candidates"), ("answer",)),
    "generation": Columns(("question", "answer")),
    "extractive-qa": Columns(("context", "question", "answer", "answer_start")),
}


def known_tasks() -> dict[str, Path]:
    """Descriptions that come with isogloss, by the name that `use` takes."""
    return {path.stem: path for path in sorted(CATALOGUE.glob("*.toml"))}


def describe_known() -> pl.DataFrame:
    """What each task that comes with isogloss is: `use`, name, kind, file, metrics, text_origin, licence, source."""
    rows = []
    for use, path in known_tasks().items():
        info = read_info(Section("task", {"use": use}, str(path)), Path())
        facts = {fact: getattr(info, fact) for fact in _FACTS}
        named = {"use": use, "name": info.name, "kind": info.kind, "file": info.file.name}
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
    section.expect(*_KEYS, *_FACTS, *_OF_KINDS, "allowed_leakage")
    name, kind = section.take("name", str), section.take("kind", str, "text-classification")
    if kind not in tasks.names():
        raise UnknownName("task kind", kind, tasks.names(), where=section.where)
    if not name.strip() or "," in name:
        raise BadValue(f"name {name!r} must be text without commas", where=section.where)
    file, metrics = section.take("file", str), _read_metrics(section, kind)
    splits, division, shares = _read_splits(section.section("splits"))
    columns = _read_columns(section.section("columns"), kind, file, division)
    right = _read_right(section, kind, columns)
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
        allowed_leakage=float(leakage), shares=shares, right=right, **facts,
        question_languages=_read_question_languages(section, kind),
        copies=read_copies(section.section("copies"), kind),
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


def _read_metrics(section: Section, kind: str) -> tuple[str, ...]:
    known = METRICS_OF.get(kind, ("accuracy",))
    metrics = section.take("metrics", list, [metric for metric in known if metric != "span_f1"])
    for metric in metrics or [""]:
        if metric not in known:
            raise UnknownName(f"metric of {kind}", str(metric), known, where=section.where)
    return tuple(dict.fromkeys(metrics))


def _read_columns(section: Section, kind: str, file: str, division: str) -> dict[str, str]:
    of_kind = COLUMNS.get(kind, Columns(()))
    choices = section.take("choices", list, []) if kind == "multiple-choice" else []
    section.expect("language", "split", "item", *of_kind.needed, *of_kind.optional)
    if kind == "multiple-choice" and len(choices) < 2:
        raise BadValue("no choices", where=section.where, hint='add choices = ["choice1", "choice2"]')
    # What the name of a file tells need not stand in it.
    told = [key for key in ("language", "split") if f"{{{key}}}" in file or (key == "split" and division)]
    needed = [key for key in ("language", "split") if key not in told] + list(of_kind.needed)
    named = {key: section.take(key, str, key) for key in needed}
    for key in ("item", *of_kind.optional):
        if column := section.take(key, str, ""):
            named[key] = column
    named |= {"division": division} if division else {}
    return named | {f"choice {place}": str(column) for place, column in enumerate(choices)}


def _read_right(section: Section, kind: str, columns: dict[str, str]) -> str | None:
    """Which candidate of a cloze is the answer."""
    right = section.take("right", str, "") or None
    if kind != "cloze" and right is not None:
        raise BadValue(f"right is not for {kind}", where=section.where, hint="leave it out")
    if right not in (None, "first", "last"):
        raise UnknownName("place of the answer", right, ("first", "last"), where=section.where)
    if kind == "cloze" and ("answer" in columns) == (right is not None):
        raise BadValue(
            "either a column has the answer or its place is the same in every row", where=section.where,
            hint='add answer = "..." to the columns, or right = "first" or "last"',
        )  # fmt: skip
    return right


def _read_question_languages(section: Section, kind: str) -> tuple[str, ...] | str:
    """What else test items are asked in."""
    given: Any = section.take("question_languages", object, ())
    if given and kind != "extractive-qa":
        raise BadValue(f"question_languages is not for {kind}", where=section.where, hint="leave it out")
    if given in ((), "all"):
        return "all" if given else ()
    if not isinstance(given, list) or not given or not all(isinstance(code, str) for code in given):
        raise BadValue(f'question_languages must be a list of languages or "all", not {given!r}', where=section.where)
    return tuple(given)


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


def dev_split(info: TaskInfo, there: set[str]) -> str | None:
    """The file's name of the split that models are chosen on: the one declared, else one with a usual name."""
    if "dev" in info.splits:
        return info.splits["dev"]
    taken = set(info.splits.values())
    return next((name for name in _DEV_NAMES if name in there - taken), None)


def _read_names(section: Section, key: str) -> tuple[str, ...] | None:
    names = section.take(key, list, [])
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise BadValue(f"{key} must be a list of different names, not {names!r}", where=section.where)
    return tuple(names) or None
