"""The language of a token: by how often each language uses it, and by its script where no language uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from isogloss.models.pieces import Pieces
from isogloss.text import main_script

Array = np.ndarray[Any, Any]

SHARED, OTHER = -1, -2
"""Tokens of several languages, and tokens of none."""
OWN_SHARE = 0.9
"""Share of its uses, all languages being as long, from which a token is a language's own."""
FEWEST_USES = 5
"""Uses below which the script decides."""


class TokenLanguages(NamedTuple):
    """Which language each token of a vocabulary is of.

    Attributes
    ----------
    languages : list of str
    of : numpy.ndarray of int, shape (vocabulary,)
        Place of the language in that list, `SHARED` or `OTHER`.
    """

    languages: list[str]
    of: Array

    def groups(self) -> Array:
        """1 where a token is of a language, is shared, or is of none: (vocabulary, languages + 2)."""
        places = np.where(self.of >= 0, self.of, len(self.languages) - 1 - self.of)
        return np.eye(len(self.languages) + 2, dtype=np.float32)[places]

    def sizes(self) -> Array:
        """Share of the vocabulary in each of these groups, what a uniform distribution gives them."""
        return np.asarray(self.groups().mean(0))


def token_languages(texts: Mapping[str, Sequence[str]], pieces: Pieces, vocabulary: int) -> TokenLanguages:
    """Tell the languages of tokens from texts.

    Parameters
    ----------
    texts : mapping of str to sequence of str
        By language; translations of each other, so that topics tell nothing.
    pieces : Pieces
        The tokeniser, without special tokens.
    vocabulary : int
        Tokens that there are.

    Notes
    -----
    With c_l(t) uses of token t among the N_l tokens of language l, f_l = c_l / N_l: a token with `FEWEST_USES` or more
    is of the language with f_l / sum_m f_m of `OWN_SHARE` or more, else it is shared. One with fewer is of the one
    language whose texts are mostly in its script, shared if there are several such languages, and of none without
    letters or with letters of another script.
    """
    languages = list(texts)
    counts = np.zeros((len(languages), vocabulary))
    for row, own in enumerate(texts.values()):
        used, times = np.unique(np.concatenate([np.array(ids, int) for ids in pieces.encode(own)]), return_counts=True)
        counts[row, used] = times
    shares = counts / counts.sum(1, keepdims=True)
    total = shares.sum(0)
    own_share = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    of = np.where(own_share.max(0) >= OWN_SHARE, own_share.argmax(0), SHARED)
    rare = np.flatnonzero(counts.sum(0) < FEWEST_USES)
    of[rare] = _by_script(rare, texts, pieces)
    return TokenLanguages(languages, of)


def _by_script(tokens: Array, texts: Mapping[str, Sequence[str]], pieces: Pieces) -> list[int]:
    owners: dict[str, list[int]] = {}
    for row, own in enumerate(texts.values()):
        owners.setdefault(main_script("".join(own)), []).append(row)
    languages: list[int] = []
    for text in pieces.decode([[int(one)] for one in tokens]):
        scripts = {main_script(letter) for letter in text if letter.isalpha()}
        written_so = owners.get(scripts.pop(), []) if len(scripts) == 1 else []
        languages.append(written_so[0] if len(written_so) == 1 else SHARED if written_so else OTHER)
    return languages
