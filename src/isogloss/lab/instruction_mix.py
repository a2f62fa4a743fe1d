"""Mixes of instructions: which share is asked and answered in which languages, and which share is translations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from annotated_types import Ge, Gt, Le
from pydantic import Field, model_validator

from isogloss.config import Help, OneOrMore, Table, checked, numbered, read_toml, section_of, validate
from isogloss.errors import BadFile, BadValue
from isogloss.files import atomic_write
from isogloss.lab.task_mix import task_instructions
from isogloss.languages import resolve
from isogloss.texts.tables import read_table

Share = Annotated[float, Gt(0), Le(1)]


class PartTable(Table):
    """A section `[[part]]`: examples of one kind in one pair of languages."""

    question: str
    answer: str
    share: Share
    kind: Literal["instruction", "translation"] = "instruction"
    wording: str = ""

    @model_validator(mode="after")
    @checked
    def _check_wording(self) -> PartTable:
        place = "{instruction}" if self.kind == "instruction" else "{text}"
        if self.wording and self.wording.count(place) != 1:
            raise BadValue(f"wording has {place} {self.wording.count(place)} times", hint="write it once")
        if self.kind == "translation" and not self.wording:
            raise BadValue(
                "a part of translations has no wording", hint='add wording = "Translate into German: {text}"'
            )
        return self


class InstructionColumns(Table):
    """The file's own names of columns of instructions."""

    language: str = "language"
    item: str = "id"
    instruction: str = "instruction"
    output: str = "output"
    input: str | None = None


class SentenceColumns(Table):
    """The file's own names of columns of sentences."""

    language: str = "language"
    item: str = "id"
    text: str = "text"


class SentencesTable(Table):
    """The section `[sentences]`: parallel sentences that are translated."""

    file: Annotated[str, Help(example='"sentences.csv"')]
    columns: SentenceColumns = SentenceColumns()


class MixFile(Table):
    """A file that says what a mix is made of."""

    file: Annotated[str, Help(example='"instructions.jsonl"')]
    columns: InstructionColumns = InstructionColumns()
    size: Annotated[int, Ge(1)]
    seed: Annotated[int, Ge(0)] = 0
    sentences: SentencesTable | None = None
    part: OneOrMore[PartTable] = Field(default_factory=list)


@dataclass(frozen=True)
class InstructionMix:
    """Examples of a mix.

    Attributes
    ----------
    rows : polars.DataFrame
        `id`, `language` (of the question, as the file calls it), `answer_language`, `kind`, `instruction` and `output`,
        in an order that the seed decides.
    parts : polars.DataFrame
        `question`, `answer`, `kind` (of tasks, the name), `share` (asked for, or of all) and `examples`.
    """

    rows: pl.DataFrame
    parts: pl.DataFrame

    @property
    def crossed(self) -> int:
        """How many examples are answered in another language than asked."""
        return self.rows.filter(pl.col("language") != pl.col("answer_language")).height

    def write(self, path: str | Path) -> None:
        """Write the rows as JSON lines, which the kind of task `instructions` reads."""
        write_instructions(self.rows, path)


def write_instructions(rows: pl.DataFrame, path: str | Path) -> None:
    """Write examples as JSON lines, which the kind of task `instructions` reads."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows.iter_rows(named=True)]
    atomic_write(Path(path), lambda whole: whole.write_text("".join(lines), encoding="utf-8"))


def mix_instructions(path: str | Path, *, data: str | Path | None = None) -> InstructionMix:
    """Make a mix of instructions, as a file says.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML: `file` and `columns` of parallel instructions, `size`, `seed`, sections `[[part]]` (question, answer,
        share, kind, wording), and `[sentences]` (file, columns) where parts are translations. Or, to have instructions
        made of tasks: `most` examples of a task in a language, `seed`, and sections `[[task]]` (use, and perhaps file,
        as in a grid; `templates` in English; `translated`, templates by language; verbalizer; languages; most).
    data : str or pathlib.Path, optional
        Folder of the files, by default that of `path`.

    Returns
    -------
    InstructionMix

    Raises
    ------
    BadFile, BadValue, UnknownName, UnknownLanguage
        One line: the section, the key, the reason, the hint. Such as: shares that do not add up to 1, or too few items
        that both languages of a part have.

    Notes
    -----
    An item is the same in all languages, and stands in one part at most, so that nothing is learnt twice. Items are
    taken in the order of the SHA-256 of seed and item: those of a smaller size are among those of a larger one, part by
    part. Numbers of examples are the shares of the size, rounded down, and what is left goes to the largest remainders.
    Of tasks, training examples alone are taken, in the order in which a grid takes them, so that translations of one
    text are taken together; which template an example gets is drawn by its id, and is the same in all languages that
    have as many (Muennighoff et al. 2023, Crosslingual generalization through multitask finetuning).
    """
    where = str(path)
    read = read_toml(Path(path))
    if "task" in read:
        return InstructionMix(*task_instructions(path, data=data))
    file = validate(MixFile, read, where)
    folder = Path(data) if data is not None else Path(path).parent
    if not file.part:
        raise BadValue("no part", where=where, hint="add [[part]] with question, answer and share")
    if abs(sum(part.share for part in file.part) - 1) > 1e-6:
        raise BadValue(f"shares add up to {sum(part.share for part in file.part):g}", where=where, hint="make that 1")
    sources = {"instruction": _instructions(folder / file.file, file.columns)}
    if any(part.kind == "translation" for part in file.part):
        if file.sentences is None:
            raise BadValue("a part is of translations", where=where, hint="add [sentences] with their file")
        sources["translation"] = _sentences(folder / file.sentences.file, file.sentences.columns)
    taken: dict[str, set[str]] = {kind: set() for kind in sources}
    rows: list[dict[str, Any]] = []
    sizes = _sizes([part.share for part in file.part], file.size)
    for place, (part, size) in enumerate(zip(file.part, sizes, strict=True)):
        section = section_of(where, numbered("part", place, len(file.part)))
        found = [*_examples(part, sources[part.kind], taken[part.kind], file.seed, section or where)][:size]
        if len(found) < size:
            raise BadValue(
                f"{len(found)} items in {part.question} and {part.answer} are left, and {size} are needed",
                where=section, hint="lower size, or the share",
            )  # fmt: skip
        taken[part.kind] |= {row.pop("item") for row in found}
        rows += found
    rows.sort(key=lambda row: digest(file.seed, row["id"]))
    counted = [part.model_dump(include={"question", "answer", "kind", "share"}) | {"examples": size}
               for part, size in zip(file.part, sizes, strict=True)]  # fmt: skip
    return InstructionMix(pl.DataFrame(rows), pl.DataFrame(counted))


Texts = dict[str, dict[str, tuple[str, str]]]
"""Language, canonical, to item to what is asked and what is answered."""


def _instructions(path: Path, columns: InstructionColumns) -> Texts:
    table = read_table(path, {key: name for key, name in columns.model_dump().items() if name})
    if "input" in table.columns:
        whole = pl.concat_str("instruction", "input", separator="\n\n")
        has_input = pl.col("input").fill_null("").str.strip_chars() != ""
        table = table.with_columns(instruction=pl.when(has_input).then(whole).otherwise(pl.col("instruction")))
    return _by_language(table, "instruction", "output", str(path))


def _sentences(path: Path, columns: SentenceColumns) -> Texts:
    return _by_language(read_table(path, columns.model_dump()), "text", "text", str(path))


def _by_language(table: pl.DataFrame, first: str, second: str, where: str) -> Texts:
    found: Texts = {}
    complete = table.select("language", "item", first, *([second] if second != first else [])).drop_nulls()
    for row in complete.iter_rows(named=True):
        own = found.setdefault(resolve(row["language"], where=where).id, {})
        if row["item"] in own:
            raise BadFile(f"item '{row['item']}' stands twice in '{row['language']}'", where=where, hint="keep one")
        if row[first].strip() and row[second].strip():
            own[row["item"]] = (row[first], row[second])
    return found


def _sizes(shares: list[float], size: int) -> list[int]:
    exact = [share * size for share in shares]
    counts = [int(one + 1e-9) for one in exact]
    by_remainder = sorted(range(len(shares)), key=lambda place: counts[place] - exact[place])
    for place in by_remainder[: size - sum(counts)]:
        counts[place] += 1
    return counts


def digest(seed: int, item: str) -> bytes:
    """What items are put in order by, for a seed."""
    return hashlib.sha256(f"{seed}\x00{item}".encode()).digest()


def _examples(part: PartTable, texts: Texts, taken: set[str], seed: int, where: str) -> Iterator[dict[str, Any]]:
    """Examples of a part, one for each item that both languages have and no part before has taken."""
    question, answer = (resolve(one, where=where).id for one in (part.question, part.answer))
    asked, said = texts.get(question, {}), texts.get(answer, {})
    for item in sorted(asked.keys() & said.keys() - taken, key=lambda one: digest(seed, one)):
        text = asked[item][0]
        place = "{instruction}" if part.kind == "instruction" else "{text}"
        yield {
            "id": item if part.kind == "instruction" else f"{part.kind} {item}", "item": item,
            "language": question, "answer_language": answer, "kind": part.kind,
            "instruction": part.wording.replace(place, text) if part.wording else text, "output": said[item][1],
        }  # fmt: skip
