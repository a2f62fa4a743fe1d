"""Coverage-guided fuzzing of everything that reads a file from outside.

    python -m tests.fuzz.importers [-max_total_time=60] [any option of libFuzzer] [corpus folder]

The first byte of an input says through which door it comes (an importer and a file name), the rest is the content
of the file. Whole files of every format are the first corpus. A file must be read, every row accounted for, or be
refused in one line: any other exception, work of more than 20 s, more than 2 GB, or a file opened outside the
folder of the input ends the run with exit code 77 and the input that did it.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed: it has wheels for Python 3.11 to 3.13 on x86-64 Linux only")

with atheris.instrument_imports(include=["isogloss", "isogloss_papers"], enable_loader_override=False):
    from isogloss.errors import IsoglossError
    from isogloss.evidence import ReadOptions, import_files, plan_reading
    from isogloss.evidence.importers import importers
    from isogloss.evidence.importers.mapping import load_mapping
    from isogloss.text import printable

    for name in importers.names():
        importers.get(name)

from platformdirs import user_cache_path
from tests.fuzz import seeds

SECONDS, MEGABYTES, LONGEST = 20, 2000, 4096
INSTALLED = (sys.prefix, sys.base_prefix, Path(__file__).parents[2], user_cache_path("isogloss"))


class Door(NamedTuple):
    """How a file comes in: under which name, through which importer, and a whole one to begin with."""

    file: str
    importer: str | None
    seed: bytes
    beside: dict[str, bytes]


def files(documents: dict[str, Any]) -> dict[str, bytes]:
    """Documents as the files beside an input."""
    return {name: json.dumps(document).encode() for name, document in documents.items()}


def doors() -> list[Door]:
    """Every importer, archives, samples beside results, mapping files, and files that must be recognised."""
    found = []
    for name, (document, file) in seeds.DOCUMENTS.items():
        found.append(Door(file, name.removesuffix("-state"), json.dumps(document).encode(), {}))
    for name, (file, row) in seeds.TABLES.items():
        found.append(Door(file, name, seeds.delimited(row, "\t" if file.endswith(".tsv") else ","), {}))
    results, samples = f"results_{seeds.DATE}.json", f"samples_xnli_de_{seeds.DATE}.jsonl"
    mapped = seeds.delimited(seeds.MAPPED, ",")
    return [
        *found,
        Door("UDPOS_XLMR.json", "litmus", json.dumps(seeds.LITMUS).encode(), {}),
        Door("Topics.json", "mteb", json.dumps(seeds.MTEB).encode(), {}),
        Door("table.csv", "table", seeds.delimited(seeds.TABLE, ","), {}),
        Door("table.parquet", "table", seeds.parquet(), {}),
        Door("log.eval", "inspect-ai", seeds.archive(), {}),
        Door(samples, "lm-eval", json.dumps(seeds.SAMPLE).encode(), {results: json.dumps(seeds.LM_EVAL).encode()}),
        Door("map.toml", "mapping", seeds.MAPPING.encode(), {"table.csv": mapped}),
        Door("euroeval.jsonl", "euroeval", json.dumps(seeds.EUROEVAL).encode(), {}),
        Door("danish_all.csv", "euroeval", seeds.BOARD.encode(), {}),
        Door("run.jsonl", "every-eval-ever", json.dumps(seeds.EVERY_ITEM).encode(), {}),
        Door(
            "run_samples.jsonl",
            "every-eval-ever",
            json.dumps(seeds.EVERY_ITEM).encode(),
            {"run.json": json.dumps(seeds.EVERY).encode()},
        ),
        Door(
            "stats.json",
            "helm",
            json.dumps(seeds.HELM).encode(),
            files({"run_spec.json": seeds.HELM_SPEC, "per_instance_stats.json": seeds.HELM_ITEMS}),
        ),
        Door("run_spec.json", "helm", json.dumps(seeds.HELM_SPEC).encode(), files({"stats.json": seeds.HELM})),
        Door(
            "per_instance_stats.json",
            "helm",
            json.dumps(seeds.HELM_ITEMS).encode(),
            files({"run_spec.json": seeds.HELM_SPEC, "stats.json": seeds.HELM}),
        ),
        Door("README.md", "model-card", seeds.CARD.encode(), {}),
        Door("belebele.yaml", "model-card", seeds.COMMUNITY.encode(), {}),
        Door("wide.csv", "table", seeds.WIDE.encode(), {}),
        Door("wide.tsv.gz", "table", gzip.compress(seeds.WIDE.replace(",", "\t").encode(), mtime=0), {}),
        Door("wide.txt", "table", seeds.WIDE.encode("utf-16"), {}),
        Door("wide.md", "table", seeds.MARKDOWN.encode(), {}),
        Door("wide.html", "table", seeds.HTML.encode(), {}),
        Door("wide.tex", "table", seeds.LATEX.encode(), {}),
        Door("wide.xlsx", "table", seeds.spreadsheet(), {}),
        Door("sheet.xml", "xlsx", seeds.SHEET.encode(), {}),
        Door("content.xml", "ods", seeds.ODS.encode(), {}),
        Door("rows.tex", "table", seeds.MULTIROW.encode(), {}),
        Door("western.csv", "table", "Sprache;Läufer\nEspañol;81,5\nFrançais;70,5\n".encode("cp1252"), {}),
        Door("mark.csv", "table", seeds.WIDE.encode("utf-16-le"), {}),
        *(Door(file, "table", content.encode(), {}) for file, content in seeds.MESSY.items()),
        Door("records.json", "table", json.dumps(seeds.RECORDS).encode(), {}),
        Door("nested.json", "table", json.dumps(seeds.NESTED).encode(), {}),
        Door("found_nested.json", None, json.dumps(seeds.NESTED["results"]).encode(), {}),
        Door(
            "one.json", "folder", json.dumps(seeds.NESTED).encode(), {"two.json": json.dumps(seeds.LIGHTEVAL).encode()}
        ),
        Door("found.json", None, json.dumps(seeds.XTREME).encode(), {}),
        Door("found.csv", None, seeds.delimited(seeds.TABLE, ","), {}),
        *(Door(file, importer, content, {}) for file, importer, content in seeds.hostile()),
    ]


DOORS = doors()


def mutate(data: bytes, longest: int, seed: int) -> bytes:
    """Half of the time change a JSON document as a document, since changed bytes mostly break it off."""
    draw = random.Random(seed)
    content = data[1:]
    if data and content[:1] in (b"{", b"[") and draw.random() < 0.5:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            pass
        else:
            changed = json.dumps(damaged(document, draw)).encode("utf-8", "surrogatepass")
            return (data[:1] + changed)[:longest]
    return atheris.Mutate(data, longest)


STRANGE = (None, True, -1, 10**30, 1e308, float("nan"), float("inf"), "", "x", "\ud800", [], {}, [[]], "de", "a|b")


def damaged(document: Any, draw: random.Random) -> Any:
    """The document with one value changed, removed, renamed, doubled or exchanged for another of its own."""
    spots: list[tuple[Any, Any]] = []

    def collect(value: Any) -> None:
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, part in inside:
            spots.append((value, key))
            collect(part)

    collect(document)
    if not spots:
        return draw.choice(STRANGE)
    holder, key = draw.choice(spots)
    other, name = draw.choice(spots)
    kind = draw.randrange(5)
    if kind == 0:
        holder[key] = draw.choice(STRANGE)
    elif kind == 1:
        del holder[key]
    elif kind == 2:
        holder[key] = json.loads(json.dumps(other[name]))
    elif kind == 3 and isinstance(holder, list):
        holder.extend([holder[key]] * draw.choice((1, 100)))
    elif isinstance(holder, dict):
        holder[draw.choice(("", "x", "\ud800", str(name)))] = holder.pop(key)
    return document


def allowed(folder: Path) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that ends the run when something is opened for reading outside `folder` and the installation."""
    inside = tuple(os.path.realpath(path) for path in (folder, *INSTALLED))
    system = ("/proc/", "/sys/", "/dev/", "/etc/localtime", "/usr/share/zoneinfo", "/usr/lib")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(inside + system):
                os.write(2, f"opened a file outside the input: {path}\n".encode())
                os.abort()

    return watch


PACKED = {"xlsx": seeds.spreadsheet, "ods": seeds.open_document}
"""Spreadsheets that hold an input as one of their members, since changed bytes of an archive mostly damage it."""


def planned(path: Path) -> None:
    """Say how a table is read, and write it as a mapping file that a mapping file may be."""
    plan = plan_reading(path, format="table")
    if plan.tables and len(plan.tables) == 1 and plan.tables[0].mapping is not None:
        (path.parent / "plan.toml").write_text(plan.mapping(), encoding="utf-8", errors="backslashreplace")
        load_mapping(path.parent / "plan.toml")


def read(data: bytes, folder: Path) -> None:
    """Give one input to its door; what is not an answer or a refusal in one line is raised."""
    door = DOORS[data[0] % len(DOORS)] if data else DOORS[0]
    for old in folder.iterdir():
        old.unlink()
    for name, content in (door.beside | {door.file: data[1:]}).items():
        (folder / name).write_bytes(content)
    values = seeds.TOLD.get(door.importer or "", {})
    options, path, importer = ReadOptions(values=values, duplicates="last"), folder / door.file, door.importer
    if importer == "mapping":
        options, path, importer = ReadOptions(mapping=path), folder / "table.csv", "table"
    elif importer in PACKED:
        path, importer = folder / f"packed.{importer}", "table"
        path.write_bytes(PACKED[door.importer or ""](data[1:]))
    elif importer in ("folder", "helm"):
        path = folder
    elif door.beside:
        path = folder / next(iter(door.beside))
    try:
        report = import_files([path], options, format=importer, dry_run=True).files[0]
        if importer == "table" and options.mapping is None:
            planned(path)
    except IsoglossError as error:
        message = str(error)
    else:
        assert report.kept + report.queries + sum(report.dropped.values()) == report.rows, report
        message = ""
    assert printable(message) == message, f"more than one line: {message!r}"


def main() -> None:
    """Run libFuzzer over all doors, beginning with a whole file for each."""
    warnings.simplefilter("ignore")
    assert {door.importer for door in DOORS} >= set(importers.names()), "an importer without a door"
    with tempfile.TemporaryDirectory() as place:
        folder, corpus = Path(place, "input"), Path(place, "corpus")
        folder.mkdir()
        corpus.mkdir()
        for number, door in enumerate(DOORS):
            whole = bytes([number]) + door.seed
            (corpus / f"{number:02d}").write_bytes(whole)
            read(whole, folder)  # also imports and caches all that is read once
        sys.addaudithook(allowed(Path(place)))
        limits = [f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-max_len={LONGEST}", "-print_final_stats=1"]
        atheris.Setup(
            [sys.argv[0], *limits, *sys.argv[1:], str(corpus)],
            lambda data: read(data, folder),
            custom_mutator=mutate,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
