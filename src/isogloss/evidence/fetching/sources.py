"""Public evidence that can be fetched: where it lies, under which licence, and whom to cite."""

from __future__ import annotations

from dataclasses import dataclass

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
        Name of a file that is always given to the importer together with others of its folder.
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

public_sources: Registry[PublicSource] = Registry(
    "public evidence", {"mteb": f"{__name__}:MTEB"}, "isogloss.sources", base=f"{__name__}:PublicSource"
)
"""Public evidence by name; other packages announce theirs in the entry-point group `isogloss.sources`."""
