"""Files of labelled words: CoNLL-U and CoNLL read with one label for each word, and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from isogloss.errors import BadValue, UnknownName
from isogloss.files import atomic_write, read_text
from isogloss.text import counted
from isogloss.texts.tables import read_conll, read_conllu
from isogloss.texts.words import cut_words

CONLLU, CONLL = (".conllu",), (".conll", ".iob2", ".bio")
WRITTEN = (*CONLLU, *CONLL)
PLACES = {"upos": 3, "xpos": 4, "deprel": 7}
"""Columns of CoNLL-U that hold labels, to where they stand."""
NONE = "_"


@dataclass(frozen=True)
class Sentences:
    """Sentences cut into words.

    Attributes
    ----------
    ids : list of str
        As the file names them, else their numbers from 1.
    texts : list of str
        As they are written, or their words with spaces between.
    words : list of list of str
    labels : list of list of str
        Of each word; empty where the file has none.
    """

    ids: list[str]
    texts: list[str]
    words: list[list[str]]
    labels: list[list[str]]

    def part(self, places: Sequence[int]) -> Sentences:
        """Some sentences of it."""
        ids, texts, words, labels = self.ids, self.texts, self.words, self.labels
        return Sentences(
            [ids[place] for place in places], [texts[place] for place in places],
            [words[place] for place in places], [labels[place] for place in places],
        )  # fmt: skip


def label_column(path: Path, column: str | None = None) -> str:
    """The column of a file that holds labels, where none is chosen."""
    return column or ("upos" if path.suffix.lower() in CONLLU else "last")


def read_labelled(path: Path, column: str | None = None) -> Sentences:
    """Sentences with a label for each word.

    Parameters
    ----------
    path : pathlib.Path
        `.conllu`, or `.conll`, `.iob2`, `.bio`.
    column : str, optional
        upos (the default), xpos or deprel; else the number of a column, from 1, or `last` (the default).

    Raises
    ------
    BadFile, BadValue, UnknownName
    """
    suffix = path.suffix.lower()
    if suffix not in WRITTEN:
        raise UnknownName("format of labels", suffix or path.name, WRITTEN, where=str(path))
    is_conllu = suffix in CONLLU
    table = read_conllu(path) if is_conllu else read_conll(path)
    chosen = label_column(path, column)
    known = [*PLACES] if is_conllu else [name for name in table.columns if name != "sent_id"]
    if chosen not in known:
        raise UnknownName("column", chosen, known, where=str(path))
    if table.is_empty():
        raise BadValue("holds no sentences", where=str(path))
    words = table["form" if is_conllu else "1"].to_list()
    ids = [name or str(number) for number, name in enumerate(table["sent_id"], start=1)]
    written = table["text"].to_list() if is_conllu else [""] * len(words)
    texts = [text or " ".join(own) for text, own in zip(written, words, strict=True)]
    return Sentences(ids, texts, words, table[chosen].to_list())


def read_translations(path: Path, source: Sentences, column: str | None = None) -> Sentences:
    """Translations: labelled words, or a text file with one on each line, also empty ones, which has no ids.

    Raises
    ------
    BadFile, BadValue, UnknownName
        If it cannot be read, or there are not as many sentences as in the source.
    """
    read = _read_translations(path, column)
    if len(source.ids) != len(read.words):
        raise BadValue(
            f"{counted(len(source.ids), 'labelled sentence')}, {counted(len(read.words), 'translation')}",
            where=str(path), hint="give one for each, in the same order",
        )  # fmt: skip
    return read if read.ids else replace(read, ids=source.ids)


def _read_translations(path: Path, column: str | None) -> Sentences:
    if path.suffix.lower() in WRITTEN:
        return read_labelled(path, column)
    lines = read_text(path).splitlines()
    words = [cut_words(line) for line in lines]
    return Sentences([], lines, words, [[] for _ in lines])


def write_labelled(sentences: Sentences, labels: Sequence[Sequence[str | None]], path: Path, column: str) -> None:
    """Write words with labels; `_` where there is none.

    Parameters
    ----------
    sentences : Sentences
    labels : sequence of sequence of (str or None)
    path : pathlib.Path
        Its ending names the format.
    column : str
        Of CoNLL-U; labels that belong in none of its columns go into MISC as `Label=...`.
    """
    is_conllu = path.suffix.lower() in CONLLU
    blocks = []
    for name, text, words, own in zip(sentences.ids, sentences.texts, sentences.words, labels, strict=True):
        lines = [f"# sent_id = {name}", *([f"# text = {text}"] if is_conllu else [])]
        for number, (word, label) in enumerate(zip(words, own, strict=True), start=1):
            lines.append("\t".join(_conllu(number, word, label, column) if is_conllu else [word, label or NONE]))
        blocks.append("\n".join(lines) + "\n\n")
    atomic_write(path, lambda place: place.write_text("".join(blocks), encoding="utf-8"))


def _conllu(number: int, word: str, label: str | None, column: str) -> list[str]:
    cells = [str(number), word, *[NONE] * 8]
    if column in PLACES:
        cells[PLACES[column]] = label or NONE
    elif label:
        cells[-1] = f"Label={label}"
    return cells
