"""`transliterate`: texts, or those of their words that a table names, in another script."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from isogloss.errors import BadValue, IsoglossError
from isogloss.extras import MissingExtra
from isogloss.parameters import labelled
from isogloss.texts.tables import read_table
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.word_tables import content_of_tables, table_of
from isogloss.texts.words import cut_words, with_words

PROGRAM = "uconv"
TABLES = ("characters", "words")


@dataclass(frozen=True)
class Transliterate(TextTransform):
    """Write texts in another script: all of their words, or those that a table of words names.

    Parameters
    ----------
    rules : str, default ""
        Rules of ICU, such as `Any-Latin`, `Latin-Arabic` or `Cyrillic-Latin; Latin-ASCII`, which the program uconv
        carries out (Debian: icu-devtools). Nothing where `characters` says how.
    characters : str, default ""
        Table with the columns `source` and `target`: letters, or several together, and what is written for them. The
        longest that fits is taken; `{language}` in its name stands for the language of the texts. What is not in the
        table stays.
    words : str, default ""
        Table with the columns `word` and `kind`: only words are changed whose kind is among `kinds`; others, and words
        that the table lacks, stay. Nothing for all words.
    kinds : list of str
        Such as `["arabic"]`.

    Notes
    -----
    With a table of words it is the conditional transliteration of Micallef et al. (2024, Cross-lingual transfer from
    related languages: treating low-resource Maltese as multilingual code-switching), where only words of Arabic origin
    go into Arabic script. Labels and tags stay. Measure: `changed`, the share of words with letters that changed. Rules
    and tables go by letters: they do not know how a word is said, so that one that is written unlike its sound comes
    out wrong.
    """

    name: ClassVar[str] = "transliterate"

    rules: str = ""
    characters: str = ""
    words: str = ""
    kinds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.rules) == bool(self.characters):
            raise BadValue(
                "transliterate needs rules or a table of characters, one of both", hint='write rules = "Any-Latin"'
            )
        if bool(self.words) != bool(self.kinds):
            raise BadValue(
                "a table of words goes with kinds of words", hint='write words = "origins.tsv" and kinds = ["arabic"]'
            )

    @property
    def identity(self) -> dict[str, Any]:
        """The content of tables stands for their places."""
        parameters = {name: value for name, value in self.parameters.items() if name not in TABLES}
        tables = {name: content_of_tables(getattr(self, name)) for name in TABLES if getattr(self, name)}
        return super().identity | {"parameters": parameters, "tables": tables}

    @property
    def label(self) -> str:
        """With the names of the tables."""
        tables = [f"{name}={Path(getattr(self, name)).stem}" for name in TABLES if getattr(self, name)]
        return labelled(self.name, [*tables, *self.changed(*TABLES)])

    def describe(self, origin: str, into: str) -> str:
        """The version of ICU, where it is used."""
        return _version() if self.rules else ""

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        chosen = self._chosen(origin) if self.words else None
        if chosen is not None and not any(word.casefold() in chosen for item in items for word in item.words):
            where = table_of(self.words, origin)
            raise BadValue(
                f"has no word of these texts of kind {', '.join(self.kinds)}", where=where,
                hint="give words of their language, in the column word, and their kind",
            )  # fmt: skip
        words = sorted({word for item in items for word in item.words if chosen is None or word.casefold() in chosen})
        written = dict(zip(words, self.written(words, origin), strict=True))
        made, lettered, changed = [], 0, 0
        whole = {item.text for item in items if item.text} if chosen is None else set()
        texts = dict(zip(sorted(whole), self.written(sorted(whole), origin), strict=True))
        for item in items:
            others = tuple(written.get(word, word) for word in item.words)
            with_letters = [(one, other) for one, other in zip(item.words, others, strict=True) if _has_letter(one)]
            lettered += len(with_letters)
            changed += sum(one != other for one, other in with_letters)
            if not item.text:
                made.append(item._replace(words=others))
                continue
            text = texts[item.text] if chosen is None else with_words(item.text, item.words, others)
            made.append(item._replace(words=tuple(cut_words(text)), text=text))
        return Outcome(made, measures={"changed": changed / max(1, lettered)})

    def written(self, texts: Sequence[str], origin: str = "") -> list[str]:
        """Texts in the other script, whatever kinds their words are of.

        Parameters
        ----------
        texts : sequence of str
        origin : str, default ""
            Language of the texts, which names the table of characters where its name has `{language}`.

        Returns
        -------
        list of str
            As many, in the same order.

        Raises
        ------
        InputError
            If there is no table, no program uconv, or no such rules.
        """
        if self.rules:
            return _by_icu(texts, self.rules)
        table = _read_pairs(table_of(self.characters, origin))
        letters = re.compile("|".join(map(re.escape, sorted(table, key=lambda one: (-len(one), one)))))
        return [letters.sub(lambda found: table[found[0]], text) for text in texts]

    def _chosen(self, origin: str) -> frozenset[str]:
        path = table_of(self.words, origin)
        table = read_table(Path(path), {"word": "word", "kind": "kind"}).select("word", "kind").drop_nulls()
        there = sorted(set(table["kind"]))
        for kind in self.kinds:
            if kind not in there:
                raise BadValue(f"no word is of kind '{kind}'", where=path, hint=f"there are: {', '.join(there)}")
        return frozenset(word.strip().casefold() for word, kind in table.iter_rows() if kind in self.kinds)


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))


def _read_pairs(path: str) -> dict[str, str]:
    table = read_table(Path(path), {"source": "source", "target": "target"})
    pairs = {source: target or "" for source, target in table.select("source", "target").iter_rows() if source}
    if not pairs:
        raise BadValue("no characters", where=path, hint="give letters in the column source")
    return pairs


def _by_icu(texts: Sequence[str], rules: str) -> list[str]:
    """Texts by the program uconv, each a line of its input."""
    lines = [re.sub(r"\s", " ", text) for text in texts]
    said = _run("-x", rules, given="".join(f"{line}\n" for line in lines))
    found = said.split("\n")
    if len(found) != len(lines) + 1:
        raise IsoglossError(f"{len(found) - 1} texts came back of {len(lines)}", where=f"{PROGRAM} -x '{rules}'")
    return found[:-1]


@lru_cache(maxsize=1)
def _version() -> str:
    return _run("-V").strip()


def _run(*arguments: str, given: str = "") -> str:
    if shutil.which(PROGRAM) is None:
        raise MissingExtra(f"needs the program {PROGRAM}", hint="on Debian: apt-get install icu-devtools")
    command = [PROGRAM, "-f", "utf-8", "-t", "utf-8", *arguments]
    try:
        done = subprocess.run(command, input=given.encode(), capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {error.returncode}"]
        raise BadValue(said[-1][:200], where=" ".join([PROGRAM, *arguments]), hint="uconv -L lists rules") from None
    return done.stdout.decode(errors="replace")
