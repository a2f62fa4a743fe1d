"""Scores of sacreBLEU as JSON, with their signatures; the languages stand in the name of the file or of its folder."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.cells import number_in
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.free_names import read_free_name
from isogloss.evidence.importers.values import RawRow, details, number, raw_rows, text
from isogloss.evidence.pairs import SEPARATOR

USUAL = {
    "bleu": {"nrefs": "1", "case": "mixed", "eff": "no", "tok": "13a", "smooth": "exp"},
    "chrf": {"nrefs": "1", "case": "mixed", "eff": "yes", "nc": "6", "nw": "0", "space": "no"},
    "ter": {"nrefs": "1", "case": "lc", "tok": "tercom", "norm": "no", "punct": "yes", "asian": "no"},
}
"""Settings of a metric that its name alone stands for."""
SENTENCE_PIECES = ("spm", "flores101", "flores200")
INTERVAL = 1.96
"""sacreBLEU gives half the width of a 95 % interval."""

_OLD_NAMES = {"numrefs": "nrefs"}
_METRIC = re.compile(r"(BLEU|chrF\d*\+*|TER)")


class SacreBleu(Importer):
    """Scores of sacreBLEU, as it writes them as JSON.

    Settings that are not the usual ones are part of the metric: `spBLEU,tok:flores200`, `BLEU,case:lc`.
    Test set, languages and system are those of the file, `flores.eng-swh.system.json`, or of its folder,
    `flores/eng-swh/system.json`; an old signature has its own `lang` and `test`.
    """

    name = "sacrebleu"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if path.suffix != ".json" or head.lstrip()[:1] not in (b"{", b"["):
            return 0.0
        signed = b'"signature"' in head and b'"score"' in head and _METRIC.search(head.decode("utf-8", "replace"))
        several = re.search(rb'"system"\s*:\s*"[^"]*",\s*"(BLEU|chrF|TER)', head)
        return 0.95 * bool(signed or several)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        data = read_json(path)
        entries = data if isinstance(data, list) else [data]
        rows: list[RawRow] = []
        for entry in entries:
            if not isinstance(entry, dict):
                raise BadFile("is not an object", where=where, hint="give what sacreBLEU wrote")
            for scored in _scored(entry, where):
                rows.append({"origin_row": len(rows), **scored} | _about(path, scored, options))
        return RawTable(raw_rows(rows, where), marks_queries=False)


def _scored(entry: dict[str, Any], where: str) -> list[RawRow]:
    """The scores of one entry: of one metric, or of one system under several."""
    if (system := text(entry, "system", where)) is not None:
        metrics = {name: value for name, value in entry.items() if _METRIC.fullmatch(name)}
        return [
            {"metric": name, "score": _score(value, name, where), "scale": "percent",
             "model": system.removeprefix("Baseline: ")}
            for name, value in metrics.items()
        ]  # fmt: skip
    name = text(entry, "name", where)
    if name is None:
        raise BadFile("an entry names no metric", where=where, hint="give what sacreBLEU wrote with its signature")
    settings = _settings(text(entry, "signature", where) or "", entry)
    half = number(entry.get("confidence_var"), "confidence_var", where)
    return [
        {
            "metric": _metric(name, settings),
            "score": _score(entry.get("score"), name, where),
            "scale": "percent",
            "standard_error": None if half is None else half / INTERVAL,
            "details": details(signature=text(entry, "signature", where), version=settings.get("version")),
            "lang": settings.get("lang"),
            "test": settings.get("test"),
        }
    ]


def _score(value: Any, name: str, where: str) -> float | None:
    if isinstance(value, dict):
        value = value.get("score")
    return number_in(value) if isinstance(value, str) else number(value, name, where)


def _settings(signature: str, entry: dict[str, Any]) -> dict[str, str]:
    """The settings of a signature: `nrefs:1|tok:13a`, of before version 2 `BLEU+numrefs.1+tok.13a`."""
    if "|" in signature or ":" in signature:
        parts = [part.partition(":") for part in signature.split("|")]
    else:
        parts = [part.partition(".") for part in signature.split("+")]
    said = {_OLD_NAMES.get(name, name): value for name, mark, value in parts if mark}
    return {name: value for name, value in entry.items() if isinstance(value, str)} | said


def _metric(name: str, settings: dict[str, str]) -> str:
    """The metric with those of its settings that are not the usual ones."""
    kind = "chrf" if name.casefold().startswith("chrf") else name.casefold()
    usual = USUAL.get(kind, {})
    others = [f"{key}:{settings[key]}" for key, value in usual.items() if settings.get(key, value) != value]
    if kind == "chrf":  # the name says the order of words, chrF2++
        others = [one for one in others if not (one.startswith("nw:") and "+" in name)]
    plain = "spBLEU" if kind == "bleu" and settings.get("tok") in SENTENCE_PIECES else name
    return ",".join([plain, *(["|".join(others)] if others else [])])


def _about(path: Path, scored: RawRow, options: ReadOptions) -> RawRow:
    """Languages, test set and system, by the names of the file and its folders."""
    pair, test, model = _of_names(path)
    if (old := scored.get("lang")) and (read := read_free_name(old)) is not None:
        pair = read.language
    found = {
        "target": pair,
        "task": options.values.get("task") or scored.get("test") or test,
        "model": options.values.get("model") or scored.get("model") or model,
        "train": options.values.get("train", ""),
        "recipe": options.values.get("recipe"),
    }
    if lacking := [name for name in ("target", "task", "model") if not found[name]]:
        says = {"target": "languages", "task": "test set", "model": "system"}
        given = " ".join(f"{name}=..." for name in lacking if name != "target")
        raise BadValue(
            f"names no {', '.join(says[name] for name in lacking)}", where=str(path),
            hint="call the file TEST-SET.eng-swh.SYSTEM.json" + (f", or give {given}" if given else ""),
        )  # fmt: skip
    return found


def _of_names(path: Path) -> tuple[str | None, str | None, str | None]:
    """Pair, test set and system of `flores.eng-swh.system.json` or `flores/eng-swh/system.json`."""
    pieces = path.stem.split(".")
    for place, piece in enumerate(pieces):
        read = read_free_name(piece)
        if read is not None and SEPARATOR in read.language:
            test = ".".join(filter(None, [*pieces[:place], read.task]))
            return read.language, test or None, ".".join(pieces[place + 1 :]) or None
    read = read_free_name(path.parent.name)
    if read is not None and SEPARATOR in read.language:
        return read.language, read.task or path.parent.parent.name or None, path.stem
    return None, None, None
