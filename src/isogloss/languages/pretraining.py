"""How much text of each language a model saw before it was adapted."""

from __future__ import annotations

from functools import lru_cache

from isogloss.errors import UnknownName
from isogloss.languages.aliases import REPRESENTATIVES
from isogloss.languages.parse import resolve
from isogloss.languages.writing import read_table

CORPORA: dict[str, str] = {"cc100": "cc100.tsv"}
"""Pretraining corpora whose composition is known, and the file that tells it."""


def resources(name: str = "cc100") -> dict[str, float]:
    """Size of each language in a pretraining corpus.

    Parameters
    ----------
    name : str, default "cc100"
        The corpus; `cc100` is what XLM-RoBERTa was pretrained on (GiB of text, Conneau et al. 2020).

    Returns
    -------
    dict of str to float
        Canonical language id to size. What a corpus has of a macrolanguage (`nor`) stands for its
        representative (`nob`) too, so the sizes do not add up to that of the corpus. A language that
        is not a key is not known to be in the corpus.

    Raises
    ------
    UnknownName
    """
    if name not in CORPORA:
        raise UnknownName("pretraining corpus", name, CORPORA)
    return dict(_sizes(name))


@lru_cache(maxsize=4)
def _sizes(name: str) -> dict[str, float]:
    written = {resolve(code).id: float(size) for code, size in read_table(CORPORA[name])}
    sizes = dict(written)
    for language, size in written.items():
        macro, _, script = language.partition("_")
        if (member := REPRESENTATIVES.get(macro)) is not None:
            sizes.setdefault(resolve(f"{member}_{script}" if script else member).id, size)
    return sizes
