"""Exporters: evidence in the formats of other tools, with a count of what they cannot say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.exporters.euroeval import euroeval_files
from isogloss.evidence.exporters.every_eval_ever import every_eval_ever_files
from isogloss.evidence.exporters.files import Files
from isogloss.evidence.exporters.litmus import litmus_files
from isogloss.evidence.exporters.mteb import mteb_files
from isogloss.evidence.provenance import sources_of
from isogloss.files import atomic_write, write_csv

FOLDERS: dict[str, Callable[[Evidence], tuple[Files, dict[str, int]]]] = {
    "euroeval": euroeval_files,
    "every-eval-ever": every_eval_ever_files,
    "litmus": litmus_files,
    "mteb": mteb_files,
}
"""Formats of folders, and what gives their files and the observations that they cannot say, by reason."""

SOURCES = "sources.txt"
"""Name of the table of sources in an exported folder, and ending of its name beside an exported file."""

FORMATS = ("csv", "parquet", *FOLDERS)


@dataclass
class ExportReport:
    """What an export wrote.

    Attributes
    ----------
    files : list of pathlib.Path
    written : int
        Observations in them.
    left_out : dict of str to int
        Why the format cannot say the others, and how many they are.
    sources : pathlib.Path or None
        A table of the files that the observations come from, with licence and citation, where that is known.
    """

    files: list[Path] = field(default_factory=list)
    written: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    sources: Path | None = None


def export(evidence: Evidence, format: str, out: Path) -> ExportReport:
    """Write evidence in some format.

    Parameters
    ----------
    evidence : Evidence
    format : {"csv", "parquet", "euroeval", "every-eval-ever", "litmus", "mteb"}
        A table of observations as one file; or a folder of files in the format of another tool, which holds what that
        format can say and is read back as the same observations.
    out : pathlib.Path
        The file, or the folder; a folder must be absent or empty.

    Raises
    ------
    UnknownName
        If there is no such format.
    BadValue
        If the format can say nothing of the evidence.
    BadFile
        If `out` cannot be written to.
    """
    if format in ("csv", "parquet"):
        table = evidence.observations
        atomic_write(out, partial(write_csv, table) if format == "csv" else table.write_parquet)
        return ExportReport(
            [out], table.height, sources=_with_sources(evidence, out.with_name(f"{out.name}.{SOURCES}"))
        )
    if format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadFile("is there already", where=str(out), hint="name a new folder")
    files, left_out = FOLDERS[format](evidence)
    report = ExportReport(written=len(evidence) - sum(left_out.values()), left_out=left_out)
    if not report.written:
        reasons = ", ".join(left_out) or "no observation"
        raise BadValue(f"nothing that {format} can say: {reasons}", where=str(out), hint="export as csv or parquet")
    taken: set[Path] = set()
    for name, text in files:
        path = _free(out / name, taken)
        taken.add(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadFile(f"cannot be made: {error.strerror}", where=str(path.parent)) from None
        atomic_write(path, partial(Path.write_text, data=text, encoding="utf-8"))
        report.files.append(path)
    report.sources = _with_sources(evidence, out / SOURCES)
    return report


def _with_sources(evidence: Evidence, path: Path) -> Path | None:
    """Write beside an export where its observations come from; nothing where that is not known."""
    known = sources_of(evidence.observations, evidence.files)
    if known.is_empty():
        return None
    atomic_write(path, partial(known.write_csv, separator="\t"))
    return path


def _free(path: Path, taken: set[Path]) -> Path:
    """`path`, or the same with a number if names that differ only in odd characters became one."""
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free
