"""Model cards of the Hugging Face Hub: `model-index` in the front matter, and `.eval_results/*.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.cells import number_in
from isogloss.evidence.importers.files import read_bytes
from isogloss.evidence.importers.free_names import language_of, read_free_name
from isogloss.evidence.importers.values import (
    RawRow,
    details,
    dropped_rows,
    listed,
    model_facts,
    moment,
    raw_rows,
    revision_of,
    section,
    text,
)
from isogloss.evidence.importers.yaml_text import parse_yaml
from isogloss.evidence.pairs import SEPARATOR

FOLDER = ".eval_results"
NAMED = 8
LANGUAGE_KEYS = ("language", "lang", "language_code", "config", "subset", "name")
_FRONT = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*---[ \t]*\r?\n(.*?)(?:\r?\n---[ \t]*(?:\r?\n|\Z)|\Z)", re.DOTALL)
_MTEB = "MTEB "


class ModelCard(Importer):
    """Results that a model card names.

    Each metric is a row. The language is that of `dataset.config` or `dataset.args`, else stands in the name of the
    data set; a result without any is left out and named. Results in `.eval_results` do not name model and metric: the
    model is the folder that they lie in.
    """

    name = "model-card"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if path.suffix.lower() in (".yaml", ".yml"):
            known = all(re.search(rb"(?m)^[- ] *" + key, head) for key in (b"dataset *:", b"value *:"))
            return 0.9 * (known and (path.parent.name == FOLDER or b"task_id" in head))
        card = path.suffix.lower() in (".md", ".markdown") and head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"---")
        return 0.95 * (card and re.search(rb"(?m)^model-index *:", head) is not None)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        content = read_bytes(path)
        if path.suffix.lower() in (".yaml", ".yml"):
            return _table(list(_community(parse_yaml(content, where), path, options)), options, where)
        front = _FRONT.match(content)
        card = parse_yaml(front[1], where) if front else None
        if not isinstance(card, dict) or not isinstance(card.get("model-index"), list):
            raise BadFile("has no model-index", where=where, hint="give a README.md with results in its front matter")
        found = list(_indexed(card, options, where))
        models = {one.row["model"] for one in found}
        facts = _facts(card, models.pop(), where) if len(models) == 1 else None
        return _table(found, options, where, facts)


@dataclass(frozen=True)
class _Result:
    """One metric: its row, the name of its data set, and the languages that fields of it name."""

    row: RawRow
    data_set: str
    fields: tuple[Any, ...]

    def read(self, options: ReadOptions) -> RawRow | None:
        """The row with task and language; None where nothing names a language."""
        plain = self.data_set.removeprefix(_MTEB)
        named = read_free_name(plain)
        task = (named.task if named else "") or plain
        if self.data_set in options.languages:
            return self.row | {"task": task, "target": self.data_set}
        codes = [found for one in self.fields if isinstance(one, str) and (found := _language(one)) is not None]
        target = codes[0] if codes else named.language if named else None
        return None if target is None else self.row | {"task": task, "target": target}


def _language(field: str) -> str | None:
    """The language that a configuration names: `de`, `swh_Latn`, `hi_in`, `de-en`."""
    if language_of(field) is not None:
        return field
    if re.fullmatch(r"[a-z]{2}_[a-z]{2}", field) or re.fullmatch(r"[a-z]{3}", field):  # of FLEURS; of three letters
        return field
    found = read_free_name(field)
    return found.language if found is not None and (not found.task or SEPARATOR in found.language) else None


def _indexed(card: dict[str, Any], options: ReadOptions, where: str) -> Iterator[_Result]:
    """Each metric of each result of a `model-index`."""
    for index in listed(card, "model-index", where):
        model = options.values.get("model") or (text(index, "name", where) if isinstance(index, dict) else None)
        if model is None:
            raise BadValue("does not name its model", where=where, hint="give model=...")
        for result in listed(index, "results", where):
            data = section(result, "dataset", where) if isinstance(result, dict) else {}
            entries = [one for one in listed(result, "metrics", where) if isinstance(one, dict)] if data else []
            kinds = [_kind(one, where) for one in entries]
            arguments = data.get("args")
            inner = [arguments.get(key) for key in LANGUAGE_KEYS] if isinstance(arguments, dict) else [arguments]
            for kind, entry in zip(kinds, entries, strict=True):
                called = text(entry, "name", where)
                yield _Result(
                    {
                        "model": model,
                        "metric": f"{kind},{called}" if kinds.count(kind) > 1 and called else kind,
                        "split": text(data, "split", where),
                        "train": options.values.get("train", ""),
                        "recipe": options.values.get("recipe"),
                        "score": _number(entry.get("value")),
                        "details": details(
                            task_type=text(section(result, "task", where), "type", where),
                            data_set=text(data, "type", where),
                            data_set_revision=revision_of(text(data, "revision", where)),
                            metric=called if called != kind else None,
                            verified=text(entry, "verified", where),
                            source=text(section(result, "source", where), "url", where),
                        ),
                    },
                    text(data, "name", where) or text(data, "type", where) or "",
                    (*inner, data.get("config")),
                )


def _kind(entry: dict[str, Any], where: str) -> str:
    kind = text(entry, "type", where) or text(entry, "name", where)
    if kind is None:
        raise BadValue("a metric has no type", where=where, hint="name it in the card: type: accuracy")
    return kind


def _community(entries: Any, path: Path, options: ReadOptions) -> Iterator[_Result]:
    """Each entry of a file of `.eval_results`."""
    where = str(path)
    folder = path.parent.parent.name if path.parent.name == FOLDER else ""
    model = options.values.get("model") or folder.replace("__", "/", 1)
    if not isinstance(entries, list):
        raise BadFile("is no list of results", where=where, hint="give a file of .eval_results")
    lacking = [name for name, value in (("model", model), ("metric", options.values.get("metric"))) if not value]
    if lacking:
        raise BadValue(f"does not name its {' and '.join(lacking)}", where=where,
                       hint=f"give {' and '.join(f'{name}=...' for name in lacking)}")  # fmt: skip
    for place, entry in enumerate(entries):
        here = f"{where} row {place}"
        if not isinstance(entry, dict):
            raise BadFile("is not an object", where=here)
        data = section(entry, "dataset", here)
        yield _Result(
            {
                "model": model,
                "metric": options.values["metric"],
                "train": options.values.get("train", ""),
                "recipe": options.values.get("recipe"),
                "score": _number(entry.get("value")),
                "recorded_at": moment(text(entry, "date", here)),
                "details": details(
                    data_set=text(data, "id", here),
                    notes=text(entry, "notes", here),
                    source=text(section(entry, "source", here), "url", here),
                ),
            },
            text(data, "id", here) or "",
            (data.get("task_id"), data.get("config")),
        )


def _table(found: list[_Result], options: ReadOptions, where: str, models: pl.DataFrame | None = None) -> RawTable:
    rows, dropped, unnamed = [], [], []
    for position, one in enumerate(found):
        row = one.read(options)
        if row is None:
            unnamed.append(one.data_set)
            dropped.append((position, "names no language"))
        else:
            rows.append(row | {"origin_row": position})
    names = list(dict.fromkeys(unnamed))
    if names and not rows:
        raise BadValue(f"no result names a language: {', '.join(names[:NAMED])}", where=where,
                       hint=f"give languages={ {names[0]: 'CODE'} }")  # fmt: skip
    notes: tuple[str, ...] = ()
    if names:
        more = f", ... ({len(names)} in all)" if len(names) > NAMED else ""
        reading = f"to read one: languages={ {names[0]: 'CODE'} }"
        notes = (f"left out, as no language is named: {', '.join(names[:NAMED])}{more}; {reading}",)
    return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False, models=models,
                    notes=notes)  # fmt: skip


def _facts(card: dict[str, Any], model: str, where: str) -> pl.DataFrame:
    """What the front matter says of the model."""
    facts = {key: card.get(key) for key in ("language", "license", "base_model", "datasets")}
    several = {key: [one] if isinstance(one, str) else one for key, one in facts.items()}
    texts = {key: [one for one in value if isinstance(one, str)] for key, value in several.items()
             if isinstance(value, list)}  # fmt: skip
    return model_facts(
        where,
        model=model,
        languages=texts.get("language") or None,
        license=next(iter(texts.get("license", [])), None),
        base_model=next(iter(texts.get("base_model", [])), None),
        training_tasks=texts.get("datasets") or None,
    )


def _number(value: Any) -> float | None:
    return number_in(value) if isinstance(value, str) else None
