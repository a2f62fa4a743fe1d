"""Importers: one per result format, found by name or recognised from the file itself."""

from __future__ import annotations

from pathlib import Path

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer
from isogloss.evidence.importers.encodings import plain_path, plain_text
from isogloss.files import open_input
from isogloss.registry import Registry

importers: Registry[type[Importer]] = Registry(
    "importer",
    {
        "euroeval": "isogloss.evidence.importers.euroeval:EuroEval",
        "every-eval-ever": "isogloss.evidence.importers.every_eval_ever:EveryEvalEver",
        "hf-trainer": "isogloss.evidence.importers.hf_trainer:HFTrainer",
        "inspect-ai": "isogloss.evidence.importers.inspect_ai:InspectAI",
        "lighteval": "isogloss.evidence.importers.lighteval:Lighteval",
        "litmus": "isogloss.evidence.importers.litmus:Litmus",
        "lm-eval": "isogloss.evidence.importers.lm_eval:LmEval",
        "mteb": "isogloss.evidence.importers.mteb:Mteb",
        "opencompass": "isogloss.evidence.importers.opencompass:OpenCompass",
        "simple-evals": "isogloss.evidence.importers.simple_evals:SimpleEvals",
        "table": "isogloss.evidence.importers.table:Table",
        "xtreme": "isogloss.evidence.importers.xtreme:Xtreme",
    },
    "isogloss.importers",
    base="isogloss.evidence.importers.base:Importer",
)
"""Importers by format; other packages announce theirs in the entry-point group `isogloss.importers`."""

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to recognise its format."""


def importer_for(path: Path, name: str | None = None) -> Importer:
    """The importer called `name`, or the one that is surest of the file.

    Raises
    ------
    BadFile
        If the file is absent or empty, or if no importer recognises it.
    """
    folder = path.is_dir()
    head = b"" if folder else _head(path)
    if name is not None:
        return importers.get(name)()
    candidates: list[Importer] = [entry() for _, entry in importers.items()]
    confidence, best = max(
        ((one.sniff_folder(path) if folder else one.sniff(head, plain_path(path)), one) for one in candidates),
        key=lambda pair: pair[0],
    )
    if folder and confidence <= 0:
        raise BadFile("is a folder of no known format", where=str(path), hint="give the files in it")
    if confidence <= 0:
        raise BadFile(
            "not recognised as any known format",
            where=str(path),
            hint=f"name the format, one of: {', '.join(importers.names())}; packages such as isogloss-papers add more",
        )
    return best


def is_folder_of_results(folder: Path) -> bool:
    """Whether some importer knows this folder as what its tool writes."""
    return any(entry().sniff_folder(folder) > 0 for _, entry in importers.items())


def _head(path: Path) -> bytes:
    with open_input(path) as file:
        head = plain_text(file.read(HEAD_BYTES), str(path), whole=False)
    if not head.strip():
        raise BadFile("is empty", where=str(path))
    return head
