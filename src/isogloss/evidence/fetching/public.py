"""Public evidence: where it lies, under which licence, and bringing a store up to date with what has changed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.duplicates import settle_duplicates
from isogloss.evidence.fetching.download import download
from isogloss.evidence.fetching.snapshots import ArchiveSnapshot, GitSnapshot, Progress, Snapshot
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.normalise import Normalised
from isogloss.evidence.read import read_source
from isogloss.evidence.store import Store
from isogloss.files import cache_folder
from isogloss.registry import Registry


@dataclass(frozen=True)
class PublicSource:
    """Public results in the format of some importer.

    Attributes
    ----------
    name : str
    url : str
        A git repository, or an archive (.zip, .tar.gz) over HTTPS.
    licence, citation : str
        Kept in the store, with every file that was read.
    importer : str
        Name of the importer that reads the files.
    pattern : str
        Regular expression that a file's path must match; its group `file` is the path that counts, so that a
        repository and an archive of it name their files alike.
    companion : str
        Name of a file that is always given to the importer together with others of its folder; empty if there is none.
    """

    name: str
    url: str
    licence: str
    citation: str
    importer: str
    pattern: str
    companion: str


MTEB = PublicSource(
    name="mteb",
    url="https://github.com/embeddings-benchmark/results.git",
    licence="CC0-1.0",
    citation="Muennighoff et al. 2023, MTEB: Massive Text Embedding Benchmark; "
    "Enevoldsen et al. 2025, MMTEB: Massive Multilingual Text Embedding Benchmark",
    importer="mteb",
    pattern=r"(?:.*/)?(?P<file>[^/]+__[^/]+/[^/]+/[^/]+\.json)",
    companion="model_meta.json",
)

EUROEVAL = PublicSource(
    name="euroeval",
    url="https://github.com/EuroEval/leaderboards.git",
    licence="MIT",
    citation="Nielsen 2023, ScandEval: A Benchmark for Scandinavian Natural Language Processing; "
    "Nielsen et al. 2025, Encoder vs Decoder: Comparative Analysis of Encoder and Decoder Language Models",
    importer="folder",
    pattern=r"(?:.*/)?(?P<file>[^/]+_all\.csv|(?:euro|scand)eval_benchmark_results\.jsonl)",
    companion="",
)

public_sources: Registry[PublicSource] = Registry(
    "public evidence", {name.lower(): f"{__name__}:{name}" for name in ("MTEB", "EUROEVAL")},
    "isogloss.sources", base=f"{__name__}:PublicSource",
)  # fmt: skip
"""Public evidence by name; other packages announce theirs in the entry-point group `isogloss.sources`."""


FILES_AT_ONCE = 2000
"""Files that are read and stored together; what breaks off loses at most so many."""

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


@dataclass
class FetchReport:
    """What a fetch brought; `kept` and `dropped` together are all rows of the files read.

    Attributes
    ----------
    source, url, revision, licence, citation : str
    files, changed : int
        Of the source, and those among them that the store did not have.
    gone : int
        Files that the store has read and the source has no more; what they said is kept.
    kept : int
    dropped : dict of str to int
        Reason to number of rows.
    unreadable : list of str
        Files that could not be read, and why.
    notes : list of str
    """

    source: str
    url: str
    revision: str
    licence: str
    citation: str
    files: int = 0
    changed: int = 0
    gone: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)


def fetch(
    name: str,
    store: Store,
    *,
    url: str | None = None,
    checksum: str | None = None,
    languages: dict[str, str] | None = None,
    again: bool = False,
    cache: Path | None = None,
    progress: Progress = lambda what, done, total: None,
) -> FetchReport:
    """Fetch public evidence into a store.

    The store keeps which files it has read, with their checksums, and the licence and citation of the source:
    a fetch that breaks off, or that is done again later, reads only files that are new or have changed.

    Parameters
    ----------
    name : str
        Of a source in `public_sources`.
    store : Store
    url : str, optional
        Of another copy: a git repository (also a folder), or an archive over HTTPS.
    checksum : str, optional
        SHA-256 that an archive must have.
    languages : dict of str to str, optional
        How to read a code, ahead of all else.
    again : bool
        Read every file, also those that have been read.
    cache : pathlib.Path, optional
        Where to keep what was downloaded; the user's cache folder by default.
    progress : callable, optional
        Called with what is going on, how much is done and how much there is, which may be None.

    Raises
    ------
    UnknownName
        If there is no such source.
    IsoglossError
        If the source cannot be had, or the store not be written.
    """
    source: PublicSource = public_sources.get(name)
    source = replace(source, url=url or source.url)
    snapshot = _snapshot(source, cache, checksum, progress)
    read = _read_before(store, source)
    changed = sorted(file for file, digest in snapshot.files.items() if again or read.get(file) != digest)
    report = FetchReport(source.name, source.url, snapshot.revision, source.licence, source.citation)
    report.files, report.changed = len(snapshot.files), len(changed)
    report.gone = len(set(read) - set(snapshot.files))
    done = 0
    for files in _batches(changed):
        progress("Reading", done, len(changed))
        _read_into(store, files, source, snapshot, languages or {}, report, progress)
        done += len(files)
        progress("Reading", done, len(changed))
    return report


def is_archive(url: str) -> bool:
    """Whether a URL is that of an archive to download, not of a repository."""
    return urlsplit(url).scheme in ("http", "https") and urlsplit(url).path.lower().endswith(ARCHIVES)


def _snapshot(source: PublicSource, cache: Path | None, checksum: str | None, progress: Progress) -> Snapshot:
    cache = cache or cache_folder() / "fetched"
    folder = cache / f"{source.name}-{hashlib.sha256(source.url.encode()).hexdigest()[:16]}"
    if is_archive(source.url):
        path, digest = download(source.url, folder, progress, checksum)
        return ArchiveSnapshot(path, digest, source.pattern, progress)
    return GitSnapshot(source.url, folder, source.pattern, progress)


def _read_before(store: Store, source: PublicSource) -> dict[str, str]:
    """Checksum of each file that the store has read of the source, from wherever it came."""
    sources = store.sources().filter(pl.col("source") == source.name)
    return dict(sources.select("file", "checksum").iter_rows())


def _batches(files: list[str]) -> Iterator[list[str]]:
    """Files a few at a time, those of one folder together."""
    batch: list[str] = []
    for place, file in enumerate(files):
        if len(batch) >= FILES_AT_ONCE and Path(file).parent != Path(files[place - 1]).parent:
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _read_into(
    store: Store,
    files: Sequence[str],
    source: PublicSource,
    snapshot: Snapshot,
    languages: dict[str, str],
    report: FetchReport,
    progress: Progress,
) -> None:
    """Read some files and store what they say, then that they were read."""
    beside = {f"{Path(file).parent.as_posix()}/{source.companion}" for file in files}
    wanted = [*files, *sorted((beside & set(snapshot.files)) - set(files))]
    with tempfile.TemporaryDirectory(prefix="isogloss-") as folder:
        for path, content in snapshot.read(wanted, progress):
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        evidence = _read_folder(Path(folder), source, ReadOptions(languages=languages), report)
    if evidence is not None:
        observations = evidence.observations.with_columns(
            origin=pl.lit(f"{source.name}:") + pl.col("origin").str.strip_prefix(f"{folder}/")
        )
        kept, duplicates = settle_duplicates(observations, "last")
        for reason in pl.concat([evidence.dropped["reason"], duplicates["reason"]]):
            report.dropped[reason] = report.dropped.get(reason, 0) + 1
        report.kept += kept.height
        report.notes += [note for note in evidence.notes if note not in report.notes]
        if kept.height:
            store.append(kept, evidence.items, models=evidence.models, tasks=evidence.tasks)
        elif evidence.models.height:
            store.describe(models=evidence.models)
    store.record_sources(
        pl.DataFrame({"file": files, "checksum": [snapshot.files[file] for file in files]}).with_columns(
            source=pl.lit(source.name),
            url=pl.lit(source.url),
            revision=pl.lit(snapshot.revision),
            licence=pl.lit(source.licence),
            citation=pl.lit(source.citation),
            retrieved_at=pl.lit(datetime.now(UTC)),
        )
    )


def _read_folder(folder: Path, source: PublicSource, options: ReadOptions, report: FetchReport) -> Normalised | None:
    """The evidence in a folder, without files that the importer refuses; they are named in the report."""
    while any(path.is_file() for path in folder.rglob("*")):
        try:
            return read_source(folder, options, source.importer).normalised
        except BadFile as error:
            broken = Path(error.where or "")
            if not (broken.is_file() and broken.is_relative_to(folder)):
                if any(path.name != source.companion for path in folder.rglob("*.*")):
                    raise
                return None  # nothing but metadata
            report.unreadable.append(f"{broken.relative_to(folder).as_posix()}: {error.reason}")
            broken.unlink()
    return None
