"""How much text of each language a model saw before it was adapted."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.files import read_input
from isogloss.languages.aliases import REPRESENTATIVES
from isogloss.languages.language import resolve
from isogloss.languages.writing import read_table

SHIPPED: dict[str, str] = {"cc100": "cc100.tsv"}
"""Pretraining corpora whose composition is published, and the file that tells it."""

MODELS: dict[str, str] = {
    "xlm-r": "cc100", "xlm-roberta-base": "cc100", "xlm-roberta-large": "cc100", "xlm-roberta-xl": "cc100",
    "xlm-roberta-xxl": "cc100",
}  # fmt: skip
"""Models, and the corpus they were pretrained on."""

_added: dict[str, Corpus] = {}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a pretraining corpus is made of.

    Attributes
    ----------
    name : str
    written : mapping of str to float
        Canonical language id to size, as the source has it. A language that is not a key is not known to be in it.
    unit : str
    source : str
    """

    name: str
    written: Mapping[str, float]
    unit: str
    source: str


def corpora() -> list[str]:
    """Names of all corpora and models that `resources` knows."""
    return sorted({*SHIPPED, *MODELS, *_added})


def resources(name: str = "cc100") -> dict[str, float]:
    """Size of each language in a pretraining corpus.

    Parameters
    ----------
    name : str, default "cc100"
        The corpus, or a model: `cc100` is what XLM-RoBERTa (`xlm-r`) was pretrained on (GiB of text, Conneau et
        al. 2020); any other has been registered with `register_resources`.

    Returns
    -------
    dict of str to float
        Canonical language id to size. What a corpus has of a macrolanguage (`nor`) stands for its
        representative (`nob`) too, so the sizes do not add up to that of the corpus. A language that
        is not a key is not known to be in the corpus.

    Raises
    ------
    UnknownName
    BadValue
        If it is no text.
    """
    return dict(_sizes(_corpus(name).name))


def resource_shares(name: str = "cc100") -> dict[str, float]:
    """Share of each language in a pretraining corpus, 0 to 1.

    Parameters and errors are those of `resources`. The shares of the languages that the source lists add up to 1;
    what a macrolanguage has stands for its representative too.
    """
    written = _corpus(name).written
    total = sum(written.values())
    return _with_representatives({language: size / total for language, size in written.items()} if total else {})


def register_resources(name: str, table: str | Path | Mapping[str, float], *, unit: str = "") -> Corpus:
    """Make known what a model was pretrained on: `resources(name)` gives it from now on.

    Parameters
    ----------
    name : str
        Of the model or the corpus.
    table : path or mapping of language to size
        CSV or TSV with columns `language` and `size` (in any unit; shares are sizes too).
    unit : str, optional
        Of the sizes, such as GiB.

    Returns
    -------
    Corpus

    Raises
    ------
    BadValue
        If the name comes with isogloss already.
    BadFile
        If a column is missing, or a size is negative, no number or given twice with different values; with the row.
    UnknownLanguage
    """
    if name in SHIPPED or name in MODELS:
        raise BadValue(f"'{name}' comes with isogloss", hint="choose another name")
    if isinstance(table, Mapping):
        rows, source = [(code, str(size), f"size of {code}") for code, size in table.items()], "given"
    else:
        rows, source = _read(Path(table)), str(table)
    written: dict[str, float] = {}
    for code, text, where in rows:
        language, size = resolve(code, where=where).id, _size(text, where)
        if written.setdefault(language, size) != size:
            raise BadFile(f"{language} has two sizes", where=where, hint="keep one")
    if not written:
        raise BadFile("no languages in it", where=source, hint="one row for each, with its size")
    _added[name] = Corpus(name, written, unit, source)
    _sizes.cache_clear()
    return _added[name]


def _read(path: Path) -> list[tuple[str, str, str]]:
    """Rows of a file: language, size, and where they stand."""
    try:
        text = read_input(path).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if path.suffix == ".tsv" else ",")
        missing = [name for name in ("language", "size") if name not in (reader.fieldnames or ())]
        if missing:
            raise BadFile(f"no column {', '.join(missing)}", where=str(path), hint="name them language, size")
        return [
            (row["language"] or "", row["size"] or "", f"{path} line {line}")
            for line, row in enumerate(reader, start=2)
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"cannot be read: {error}", where=str(path)) from None


def _size(text: str, where: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0 <= size < math.inf:
        raise BadFile(f"'{text}' is no size", where=where, hint="0 or more; leave out what is not known")
    return size


def _corpus(name: str) -> Corpus:
    if not isinstance(name, str):
        raise BadValue(f"{name!r} is no name", where="name", hint="name one corpus or model, such as 'cc100'")
    if name in _added:
        return _added[name]
    corpus = MODELS.get(name, name)
    if corpus not in SHIPPED:
        raise UnknownName("pretraining corpus", name, corpora())
    return _shipped(corpus)


@lru_cache(maxsize=4)
def _shipped(name: str) -> Corpus:
    written = {resolve(code).id: float(size) for code, size in read_table(SHIPPED[name])}
    return Corpus(name, written, "GiB", "Conneau et al. 2020")


@lru_cache(maxsize=16)
def _sizes(name: str) -> dict[str, float]:
    return _with_representatives(_corpus(name).written)


def _with_representatives(written: Mapping[str, float]) -> dict[str, float]:
    sizes = dict(written)
    for language, size in written.items():
        macro, _, script = language.partition("_")
        if (member := REPRESENTATIVES.get(macro)) is not None:
            sizes.setdefault(resolve(f"{member}_{script}" if script else member).id, size)
    return sizes
