"""Results of simple-evals by language, as its MGSM writes them: `{"de": 0.7, "de:std": 0.45, "score": 0.55}`."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.values import dropped_rows, number, prompted, raw_rows
from isogloss.languages.context import read_column

SPREAD = ":std"
"""Ending of the standard deviation over items, which is no standard error."""
_FILE = re.compile(r"(?P<task>[^_]+)_(?P<model>.+)")


class SimpleEvals(Importer):
    """Results of simple-evals that have one score per language.

    Deviations over items, means of groups and the score of the whole are dropped. The task and the model stand in the
    name of the file, `mgsm_<model>.json`.
    """

    name = "simple-evals"

    def sniff(self, head: bytes, path: PurePath) -> float:
        return 0.7 * (head.lstrip()[:1] == b"{" and b':std"' in head and path.suffix == ".json")

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        data = read_json(path)
        if not isinstance(data, dict):
            raise BadFile("is not an object", where=where, hint="give the scores of simple-evals by language")
        named = _named(path, options, where)
        single = [key for key in data if not key.endswith(SPREAD)]
        languages = read_column(key for key in single if not key.startswith("group_")).languages
        rows: list[dict[str, Any]] = []
        dropped: list[tuple[int, str]] = []
        for position, (key, value) in enumerate(data.items()):
            if key in languages:
                here = f"{where} row {position}"
                rows.append(
                    {
                        "origin_row": position,
                        "metric": "accuracy",
                        "target": key,
                        "score": number(value, key, here),
                        **prompted(options),
                        **named,
                    }
                )
            else:
                reason = "a deviation over items" if key.endswith(SPREAD) else "a mean of several languages"
                dropped.append((position, reason))
        if not rows:
            raise BadFile("holds no score by language", where=where, hint="give those of MGSM")
        return RawTable(raw_rows(rows, where), dropped_rows(dropped), marks_queries=False)


def _named(path: Path, options: ReadOptions, where: str) -> dict[str, str]:
    match = _FILE.fullmatch(path.stem)
    named = {name: options.values.get(name) or (match[name] if match else None) for name in ("task", "model")}
    if lacking := [name for name, value in named.items() if not value]:
        hint = "give " + " ".join(f"{name}=..." for name in lacking)
        raise BadValue(f"does not say the {' and the '.join(lacking)}", where=where, hint=hint)
    return {name: value for name, value in named.items() if value}
