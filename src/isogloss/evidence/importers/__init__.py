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
        "folder": "isogloss.evidence.reading.folders:Folder",
        "helm": "isogloss.evidence.importers.helm:Helm",
        "hf-trainer": "isogloss.evidence.importers.hf_trainer:HFTrainer",
        "inspect-ai": "isogloss.evidence.importers.inspect_ai:InspectAI",
        "lighteval": "isogloss.evidence.importers.lighteval:Lighteval",
        "litmus": "isogloss.evidence.importers.litmus:Litmus",
        "lm-eval": "isogloss.evidence.importers.lm_eval:LmEval",
        "model-card": "isogloss.evidence.importers.model_card:ModelCard",
        "mteb": "isogloss.evidence.importers.mteb:Mteb",
        "opencompass": "isogloss.evidence.importers.opencompass:OpenCompass",
        "papers-with-code": "isogloss.evidence.importers.papers_with_code:PapersWithCode",
        "sacrebleu": "isogloss.evidence.importers.sacrebleu:SacreBleu",
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


CERTAIN = 0.95
"""From here on no other importer is asked."""


def importer_for(path: Path, name: str | None = None) -> Importer:
    """The importer called `name`, or the one that is surest of the file.

    Raises
    ------
    BadFile
        If the file is absent or empty, or if no importer recognises it.
    """
    folder = path.is_dir()
    if name is not None:
        if not folder:
            _head(path)
        return importers.get(name)()
    if folder:
        if (importer := is_folder_of(path)) is None:
            raise BadFile("is a folder of no known format", where=str(path), hint="give the files in it")
        return importer
    if (importer := _surest(_head(path), path)) is None:
        raise BadFile(
            "not recognised as any known format",
            where=str(path),
            hint=f"name the format, one of: {', '.join(importers.names())}; packages such as isogloss-papers add more",
        )
    return importer


def importer_of_file(path: Path) -> Importer | None:
    """The importer that is surest of a file; None of one that is empty, or that none knows."""
    with open_input(path) as file:
        head = file.read(HEAD_BYTES)
    try:
        head = plain_text(head, str(path), whole=False)
    except BadFile:
        return None
    return _surest(head, path) if head.strip() else None


def _surest(head: bytes, path: Path) -> Importer | None:
    plain = plain_path(path)
    confidence, best = 0.0, None
    for _, entry in importers.items():
        importer = entry()
        if (found := importer.sniff(head, plain)) > confidence:
            confidence, best = found, importer
        if confidence >= CERTAIN:
            break
    return best


def is_folder_of(folder: Path, *, but: str | None = None) -> Importer | None:
    """The importer, other than `but`, that is surest that its tool wrote this folder; None where none is."""
    candidates: list[Importer] = [entry() for name, entry in importers.items() if name != but]
    confidence, best = max(((one.sniff_folder(folder), one) for one in candidates), key=lambda pair: pair[0])
    return best if confidence > 0 else None


def _head(path: Path) -> bytes:
    with open_input(path) as file:
        head = plain_text(file.read(HEAD_BYTES), str(path), whole=False)
    if not head.strip():
        raise BadFile("is empty", where=str(path))
    return head
