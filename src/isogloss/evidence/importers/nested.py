"""JSON of scores without a format: objects in objects, `{task: {language: {metric: score}}}`, or records of names."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.bounds import check_table
from isogloss.evidence.importers.cells import number_in
from isogloss.evidence.importers.headers import TASKS, is_bookkeeping
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.pairs import find_pairs
from isogloss.languages.context import is_summary, read_column
from isogloss.languages.names import fold
from isogloss.metrics.registry import find_metric

MOST_LEVELS = 6
LANGUAGES = 0.8
"""The part of the keys of a level that are languages, from which on it is one of languages."""

WORDS = frozenset("id no is or to it as so my be in he an am of".split())
"""Codes that are words: an object of these alone is none of languages."""

LONGEST_NUMBER = 40
LOOKED_AT = 2000
"""Keys of a level that are looked at."""

ITEMS = ("n", "items", "num_samples", "n_samples", "samples", "support", "total", "count", "num_examples")
ERRORS = ("stderr", "standard_error", "se", "std_err", "std_error")
SAYS = {
    "model": "model", "model_name": "model", "model_id": "model", "system": "model", "checkpoint": "model",
    "task": "task", "task_name": "task", "dataset": "task", "dataset_name": "task", "benchmark": "task",
    "metric": "metric", "metric_name": "metric", "language": "target", "lang": "target", "target": "target",
    "target_language": "target", "language_code": "target", "shots": "shots", "num_fewshot": "shots",
    "n_shot": "shots", "seed": "seed", "split": "split", "revision": "model_revision",
    "model_revision": "model_revision", "recipe": "recipe", "train": "train",
}  # fmt: skip
"""Keys of texts beside the scores, and the column of an observation that they say."""

_MODEL = re.compile(
    r".+/.+|.*(?:gpt|llama|bert|xlm|mt5|\bt5|qwen|mistral|gemma|bloom|aya\b|nllb|m2m|opus-mt|whisper|claude|gemini|phi-"
    r"|falcon|labse|\be5|bge|\d[bm]\b).*",
    re.IGNORECASE,
)
_TEST_SET = re.compile(r"(?:newstest|wmt|flores|ntrex|tatoeba|iwslt|ted|opus|test|dev|valid).*", re.IGNORECASE)

_FOLDED_TASKS = frozenset(map(fold, TASKS))

Path = tuple[str, ...]
Leaf = tuple[Path, Any]


def looks_nested(head: bytes) -> bool:
    """Whether a file begins like an object of scores of languages, or a record of one."""
    try:
        data = json.loads(head)
    except (ValueError, RecursionError):
        return _begins_like_languages(head)
    if not isinstance(data, dict):
        return False
    said, scores = _unwrapped(data)
    try:
        leaves = list(_leaves(scores)) if scores is not None else []
    except BadFile:
        return False
    if "target" in said:
        return any(map(_is_metric, data)) or any(_is_metric(key) for path, _ in leaves for key in path)
    roles = _level_roles(_levels(leaves)) if leaves else []
    return "target" in roles


def _begins_like_languages(head: bytes) -> bool:
    keys = dict.fromkeys(re.findall(rb'"([^"\\]{2,30})"\s*:\s*[\[{\d]', head))
    names = [key.decode("utf-8", "replace") for key in keys]
    return len(names) > 2 and head.lstrip()[:1] == b"{" and read_column(names[:LOOKED_AT]).share >= LANGUAGES / 2


def sheet_of_json(data: Any, name: str, values: dict[str, str], where: str) -> Sheet:
    """The table in a JSON document: a list of records, one record, or objects in objects.

    Parameters
    ----------
    data : Any
        As parsed.
    name : str
        Of the sheet.
    values : dict of str to str
        What the user said holds for the whole file, by column.
    where : str
        The file, for errors.

    Raises
    ------
    BadFile, BadValue
        If it holds no scores of languages, or whether names are tasks or models cannot be told.
    """
    if isinstance(data, list):
        return Sheet(_frame([_flat(one, where) for one in data], where), name)
    if not isinstance(data, dict):
        raise BadFile("is no list of objects", where=where, hint="write one object per row")
    said, scores = _unwrapped(data)
    leaves = list(_leaves(scores)) if scores is not None else []
    if "target" in said or not leaves:
        return Sheet(_frame([_flat(data, where)], where), name)
    levels = _levels(leaves)
    roles = _named_levels(_level_roles(levels), levels, {**values, **said}, where)
    return Sheet(_frame(_rows(leaves, roles, said, where), where), name)


def _unwrapped(data: dict[str, Any]) -> tuple[dict[str, str], Any]:
    """What texts beside the scores say, and the object that holds the scores; None where there is none."""
    said = {
        SAYS[key]: str(value)
        for key, value in data.items()
        if key in SAYS and isinstance(value, str | int) and not isinstance(value, bool)
    }
    inner = [value for value in data.values() if isinstance(value, dict)]
    texts = [value for value in data.values() if isinstance(value, str) and not _is_number(value)]
    if (said or texts) and len(inner) == 1:
        deeper, scores = _unwrapped(inner[0])
        return said | deeper, scores
    return said, None if texts and not inner else data


def _leaves(data: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every number with the keys that lead to it; what is no number is left out."""
    if len(path) > MOST_LEVELS:
        raise BadFile("is nested too deeply for a table of scores", hint="give a table of one score a row")
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, str(key)))
    elif path and _is_number(data):
        yield path, data


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return number_in(value[:LONGEST_NUMBER]) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _levels(leaves: Sequence[Leaf]) -> list[list[str]]:
    """The distinct keys of each level, of leaves as deep as most."""
    depth = Counter(len(path) for path, _ in leaves).most_common(1)[0][0]
    deep = [path for path, _ in leaves if len(path) == depth]
    return [list(dict.fromkeys(path[level] for path in deep))[:LOOKED_AT] for level in range(depth)]


def _level_roles(levels: list[list[str]]) -> list[str | None]:
    """What each level names: languages, metrics, tasks or models; None where that cannot be told from the names."""
    roles = [_role(keys) for keys in levels]
    if any(_are_pairs(keys) for keys in levels):  # then other names are languages only by chance
        roles = [None if role == "target" and not _are_pairs(keys) else role
                 for role, keys in zip(roles, levels, strict=True)]  # fmt: skip
    for place, keys in enumerate(levels):  # one code of another kind, as `owl` beside `de` and `sw`, may be a model
        others = {len(key) for other, role in zip(levels, roles, strict=True)
                  if role == "target" and other is not keys for key in other}  # fmt: skip
        if roles[place] == "target" and len(keys) == 1 and others and len(keys[0]) not in others:
            roles[place] = None
    if roles.count("target") == 2:  # from which, and to which or tested on which
        first = roles.index("target")
        roles[first] = "source"
    return roles


def _role(keys: list[str]) -> str | None:
    names = [key for key in keys if not is_summary(key)]
    if names and all(map(_is_metric, names)):
        return "metric"
    certain = names and not WORDS.issuperset(names)
    if certain and (_are_pairs(names) or read_column(names).share >= LANGUAGES):
        return "target"
    if names and sum(map(_is_task, names)) * 2 > len(names):
        return "task"
    return "model" if names and all(_MODEL.fullmatch(one) for one in names) else None


def _are_pairs(keys: list[str]) -> bool:
    names = [key for key in keys if not is_summary(key)]
    return bool(names) and len(find_pairs(names, translated=True).pairs) == len(names)


def _is_metric(key: str) -> bool:
    folded = key.casefold()
    beside = folded in ITEMS or folded.endswith(ERRORS) or is_bookkeeping(key)
    return beside or find_metric(key).is_fraction is not None


def _is_task(key: str) -> bool:
    return bool(_TEST_SET.fullmatch(key)) or fold(key) in _FOLDED_TASKS


def _named_levels(roles: list[str | None], levels: list[list[str]], values: dict[str, str], where: str) -> list[str]:
    """The levels with those filled in that only one role is left for."""
    if "target" not in roles:
        raise BadFile("no level of its keys names languages", where=where, hint="give a table of one score a row")
    open_levels = [place for place, role in enumerate(roles) if role is None]
    free = [role for role in ("task", "model") if role not in roles and role not in values]
    if len(open_levels) > 1 or (open_levels and len(free) != 1):
        shown = ", ".join(map(repr, levels[open_levels[0]][:3]))
        raise BadValue(
            f"whether {shown} are tasks or models cannot be told", where=where,
            hint="give model=... if they are tasks, task=... if they are models; or a table of one score a row",
        )  # fmt: skip
    for place in open_levels:
        roles[place] = free[0]
    return [role or "" for role in roles]


def _rows(leaves: list[Leaf], roles: list[str], said: dict[str, str], where: str) -> list[dict[str, Any]]:
    """A row per score; what stands beside it at the same place are its error and its number of items."""
    first = next(path for path, _ in leaves if len(path) == len(roles))
    language = roles.index("target")
    rows: dict[Path, dict[str, Any]] = {}
    beside: dict[Path, dict[str, Any]] = {}
    for path, value in leaves:
        full = path
        if len(path) != len(roles):
            if not is_summary(path[-1]) or len(path) > len(roles):
                raise BadFile(f"is nested unevenly at '{'.'.join(path)[:80]}'", where=where,
                              hint="give a table of one score a row")  # fmt: skip
            full = (*path[:-1], *first[len(path) - 1 :])
            full = (*full[:language], path[-1], *full[language + 1 :])
        key = full[-1].casefold() if roles[-1] == "metric" else ""
        if key in ITEMS:
            beside.setdefault(full[:-1], {})["items"] = value
        elif key.endswith(ERRORS):
            beside.setdefault((*full[:-1], _of_error(full[-1])), {})["standard_error"] = value
        elif not (key and is_bookkeeping(full[-1])):
            rows[full] = {**said, **dict(zip(roles, full, strict=True)), "score": value}
    for path, row in rows.items():
        row.update(beside.get(path[:-1], {}) if roles[-1] == "metric" else {})
        row.update(beside.get(path, {}) or beside.get((*path[:-1], ""), {}) if roles[-1] == "metric" else {})
    return list(rows.values())


def _of_error(key: str) -> str:
    ending = next(one for one in sorted(ERRORS, key=len, reverse=True) if key.casefold().endswith(one))
    return key[: -len(ending)].rstrip("_- .")


def _flat(record: Any, where: str) -> dict[str, Any]:
    """A record with the objects in it opened: `metrics: {f1: 0.5}` is a column f1."""
    if not isinstance(record, dict):
        raise BadFile("is no list of objects", where=where, hint="write one object per row")
    flat: dict[str, Any] = {}
    for key, value in record.items():
        inner = value if isinstance(value, dict) and value and all(map(_is_metric, value)) else {key: value}
        for name, one in inner.items():
            if name in flat:
                raise BadFile(f"the key '{name[:60]}' stands twice in one object", where=where, hint="keep one of them")
            flat[name] = one
    return flat


def _frame(rows: list[dict[str, Any]], where: str) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_table(len(rows), len(names), where)
    columns = {name: [_as_text(row.get(name)) for row in rows] for name in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, float) and value != value else json.dumps(value)
