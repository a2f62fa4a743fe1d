"""Test texts by the n-grams that they have: an inverted index on the disk, read a few languages at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import IO, Any

import numpy as np

from isogloss.errors import BadFile
from isogloss.lab.recipe import Arrays
from isogloss.lab.recipe.ngram_logreg.ngrams import NgramCounts

Array = np.ndarray[Any, Any]

TOGETHER = 2**20
"""Entries from which a block is full: more at once take more memory, fewer more time."""


class Entries:
    """Rows of a sparse matrix of texts and n-grams, gathered language by language.

    Parameters
    ----------
    ngrams : numpy.ndarray of uint64, shape (n-grams,)
        The hashes of the columns, ascending. Other n-grams are left out.
    """

    def __init__(self, ngrams: Array):
        self._ngrams = ngrams
        self._values: list[Array] = [np.empty(0, np.float32)]
        self._columns: list[Array] = [np.empty(0, np.int32)]
        self._lengths: list[Array] = [np.empty(0, np.int64)]

    def add(self, counted: NgramCounts) -> None:
        """Take the texts of a language, with 1 + log count of each n-gram that they have."""
        columns = _places(counted.ngrams, self._ngrams)[counted.columns]
        known = columns >= 0
        before = np.concatenate([[0], np.cumsum(known)])
        self._values.append((1 + np.log(counted.counts[known])).astype(np.float32))
        self._columns.append(columns[known])
        self._lengths.append(np.diff(before[counted.starts]))

    def __len__(self) -> int:
        return sum(map(len, self._values))

    def arrays(self) -> tuple[Array, Array, Array]:
        """Values, columns and starts of the rows, as scipy takes them."""
        starts = np.cumsum(np.concatenate([[0], *self._lengths]))
        if starts[-1] < 2**31:
            starts = starts.astype(np.int32)  # otherwise scipy keeps every position in 64 bits
        return np.concatenate(self._values), np.concatenate(self._columns), starts


def write_index(languages: Iterable[NgramCounts], ngrams: Array) -> Arrays:
    """Write the index of test texts, language by language.

    Parameters
    ----------
    languages : iterable of NgramCounts
        Gone through once; no more of them than a block holds are kept in memory.
    ngrams : numpy.ndarray of uint64, shape (n-grams,)
        The hashes of those that can bear on an answer, ascending.

    Returns
    -------
    dict of str to numpy.ndarray
        index, all blocks, mapped from a file without a name, which goes when nothing looks at it any more, however the
        process ends; index_sizes, (blocks, 3), the texts, n-grams and entries of each.

    Raises
    ------
    BadFile
        If the folder for temporary files has no room.

    Notes
    -----
    A block is four arrays of 32-bit numbers, one after the other: its n-grams, ascending, as positions in `ngrams`;
    where the entries of each begin, and where the last ones end; the text of each entry, counted within the block; and
    its value.
    """
    sizes = []
    with ExitStack() as stack:
        with _reported():
            file = stack.enter_context(tempfile.TemporaryFile(prefix="isogloss-lab-"))
        gathered = Entries(ngrams)
        for counted in languages:
            gathered.add(counted)
            if len(gathered) >= TOGETHER:
                sizes.append(_write_block(file, gathered, len(ngrams)))
                gathered = Entries(ngrams)
        sizes.append(_write_block(file, gathered, len(ngrams)))
        index = np.asarray(np.memmap(file, np.int32, mode="r"))
    return {"index": index, "index_sizes": np.array(sizes)}


def score_index(prepared: Arrays, learnt: Arrays) -> Iterator[Array]:
    """The scores of test texts, block by block.

    Parameters
    ----------
    prepared : Arrays
        As `write_index` gives them, and ngrams, their number.
    learnt : Arrays
        ngrams, rarity, coefficients and intercepts, see `NgramLogreg.fit`.

    Yields
    ------
    numpy.ndarray of float64, shape (texts, classes)
        The same to the last bit in blocks of any size: each text's entries are summed up in the order of the n-grams.
    """
    weights, squares = learnt["coefficients"] * learnt["rarity"][:, None], learnt["rarity"] * learnt["rarity"]
    place = np.full(int(prepared["ngrams"][0]), -1, np.int32)
    place[learnt["ngrams"]] = np.arange(len(weights), dtype=np.int32)
    for ngrams, block in _read_index(prepared):
        places = place[ngrams]
        known = np.flatnonzero(places >= 0)
        texts, places = block[known].T, places[known]  # (texts, known)
        scores = texts @ weights[places]
        texts.data = texts.data * texts.data
        lengths = np.sqrt(texts @ squares[places])
        lengths[lengths == 0] = 1.0
        yield scores / lengths[:, None] + learnt["intercepts"]


def _read_index(prepared: Arrays) -> Iterator[tuple[Array, Any]]:
    """The n-grams of each block, and its entries as a sparse matrix, (n-grams, texts)."""
    from scipy.sparse import csr_array

    first = 0
    for texts, seen, entries in prepared["index_sizes"].tolist():
        ends = np.cumsum([first, seen, seen + 1, entries, entries])
        ngrams, starts, rows, values = (prepared["index"][begin:end] for begin, end in pairwise(ends))
        block = csr_array((seen, texts), dtype=np.float32)
        # Given to it at once, they would be copied whole: scipy takes a part of an array for the rest of a larger one.
        block.data, block.indices, block.indptr = values.view(np.float32), rows, starts
        yield ngrams, block
        first = ends[-1]


def _write_block(file: IO[bytes], gathered: Entries, ngrams: int) -> tuple[int, int, int]:
    """Write texts by n-gram; how many texts, n-grams and entries they are."""
    from scipy.sparse import csr_array

    values, columns, starts = gathered.arrays()
    index = csr_array((values, columns, starts), shape=(len(starts) - 1, ngrams)).T.tocsr()
    seen = np.flatnonzero(np.diff(index.indptr))
    with _reported():
        for part in (seen, np.append(index.indptr[seen], index.nnz), index.indices):
            file.write(part.astype(np.int32).data)
        file.write(index.data.data)
        file.flush()
    return len(starts) - 1, len(seen), index.nnz


@contextmanager
def _reported() -> Iterator[None]:
    """What goes wrong with the file, in one line."""
    try:
        yield
    except OSError as error:
        raise BadFile(
            f"n-grams cannot be written: {error.strerror}",
            where=tempfile.gettempdir(), hint="set TMPDIR to a folder with room",
        ) from None  # fmt: skip


def _places(hashes: Array, ngrams: Array) -> Array:
    """Where each hash stands in the ascending `ngrams`; -1 if it does not."""
    if not len(ngrams):
        return np.full(len(hashes), -1, dtype=np.int32)
    found = np.minimum(np.searchsorted(ngrams, hashes), len(ngrams) - 1)
    return np.where(ngrams[found] == hashes, found, -1).astype(np.int32)
