"""Which texts of a corpus mix languages by accident, and which of their lines are translations?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.languages import resolve
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, OptionalPath, Shell
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SHOWN = {"main": "main", "other": "other", "original": "original", "translation": "translation"}
MOST = 10


class BilingualQuestion(Question):
    """Find texts of a corpus that mix languages and translations in them, and write the corpus without them."""

    command: ClassVar[str] = "lab bilingual"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("corpus",)

    corpus: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Texts with their lines: a table with a column text (CSV, JSONL, Parquet)."),
    ]
    dictionary: Annotated[
        OptionalPath,
        Field(description="Words and their translations, two columns: lines must share more than by chance."),
    ] = None
    into: Annotated[OptionalPath, Field(description="File for the other texts, in the corpus's format.")] = None
    remove: Annotated[
        Literal["pairs", "bilingual"],
        Field(description="What is not written: texts with a translation, or all that mix languages."),
    ] = "pairs"
    seed: Annotated[int, Field(ge=0, description="Of the lines that are drawn to tell chance.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Find, count and write."""
        import polars as pl

        from isogloss.texts import find_bilingual

        table = _read(self.corpus)
        if "text" not in table.columns:
            raise UnknownName("column", "text", table.columns, where=str(self.corpus))
        words = None if self.dictionary is None else _words(self.dictionary)
        found = find_bilingual(table["text"].fill_null("").to_list(), dictionary=words, seed=self.seed)
        mixed = found.texts.filter(pl.col("others").list.len() > 0)
        pairs = Counter(found.pairs.select("main", "other").rows())
        counts = pl.DataFrame(
            [(main, other, texts, pairs[main, other]) for (main, other), texts in sorted(
                Counter((row["main"], one) for row in mixed.rows(named=True) for one in row["others"]).items(),
                key=lambda one: (-one[1], one[0]),
            )],
            schema={"main": pl.String, "other": pl.String, "texts": pl.Int64, "pairs": pl.Int64}, orient="row",
        )  # fmt: skip
        translated = found.pairs["text"].n_unique()
        said = [
            f"{mixed.height:,} of {counted(table.height, 'text')} mix languages, and {translated:,} "
            f"have lines that may be translations ({counted(found.pairs.height, 'pair')})."
        ]
        if found.chance == found.chance:
            said.append(
                f"Of such lines from different texts, {100 * found.chance:.0f} % would be taken for translations."
            )
        if self.into is not None:
            kept = found.without(range(table.height), bilingual=self.remove == "bilingual")
            _write(self.corpus, kept, self.into)
            said.append(f"{counted(len(kept), 'text')} without them written to {self.into}.")
        tables = {"languages": Table(_named(counts), "By main and other language"),
                  "pairs": Table(_named(found.pairs), "Lines that may be translations", SHOWN, rows=MOST)}  # fmt: skip
        return Answer(self.command, tuple(said), tables, scale=RAW, result=found)


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """With names of languages for their codes."""
    import polars as pl

    name = pl.col("main", "other").map_elements(lambda code: resolve(code).name, return_dtype=pl.String)
    return table.with_columns(name)


def _read(path: Path) -> pl.DataFrame:
    from isogloss.evidence.importers.files import read_frame

    if not path.is_file():
        raise BadFile("no such file", where=str(path))
    return read_frame(path)


def _words(path: Path) -> dict[str, frozenset[str]]:
    """Words to their translations, in both directions."""
    table = _read(path)
    if table.width < 2:
        raise BadFile("has one column", where=str(path), hint="give two: a word, and its translation")
    known: dict[str, set[str]] = {}
    for first, second in table[:, :2].drop_nulls().rows():
        known.setdefault(str(first).lower(), set()).add(str(second).lower())
        known.setdefault(str(second).lower(), set()).add(str(first).lower())
    return {word: frozenset(others) for word, others in known.items()}


def _write(corpus: Path, kept: Sequence[int], path: Path) -> None:
    """Some rows of a table, as they stand in it."""
    import polars as pl

    from isogloss.files import atomic_write, read_text

    if path.suffix != corpus.suffix:
        raise BadValue(f"'{path.suffix}' is not the corpus's format", where="into", hint=f"end it in {corpus.suffix}")
    if path.suffix == ".parquet":
        atomic_write(path, lambda place: pl.read_parquet(corpus)[kept].write_parquet(place))
    elif path.suffix == ".jsonl":
        lines = [line for line in read_text(corpus).splitlines() if line.strip()]
        text = "".join(f"{lines[row]}\n" for row in kept)
        atomic_write(path, lambda place: place.write_text(text, encoding="utf-8"))
    else:
        between = "\t" if path.suffix == ".tsv" else ","
        atomic_write(path, lambda place: _read(corpus)[kept].write_csv(place, separator=between))
