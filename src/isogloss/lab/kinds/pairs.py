"""Translations from any of several languages into any other: what is learnt from are some of the pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.pairs import ARROW, read_direction
from isogloss.lab.kinds.texts import Generation
from isogloss.lab.task import Form, Task, TaskInfo
from isogloss.languages import Language, resolve
from isogloss.models.inputs import InputType, TextType

MOST_PAIRS = 1_000
"""Pairs that are made of parallel texts where a task does not name them."""


class DirectedType(TextType):
    """Texts whose translation is the task, so that nothing else may translate them."""

    translatable: ClassVar[bool] = False


@dataclass(frozen=True)
class TranslationPairs(Generation):
    """A text and its translation, between any two of several languages.

    The language of a row is a pair, such as `deu->fra`, from German into French. Or, where no column of translations is
    named, rows are texts in one language each, those of one item are translations of each other, and every pair of
    languages is made of them, or those in `pairs`.
    """

    name: ClassVar[str] = "translation-pairs"
    texts: ClassVar[tuple[str, ...]] = ("text",)
    right: ClassVar[str] = "translation"
    optional: ClassVar[tuple[str, ...]] = ("translation",)
    options: ClassVar[tuple[str, ...]] = ("pairs",)
    metrics: ClassVar[tuple[str, ...]] = ("chrf", "bleu")
    input_type: ClassVar[InputType[Any]] = DirectedType()
    form: ClassVar[Form | None] = Form(("text",), "translation", "{from}: {text}\n{into}: {translation}")

    def read_options(self, options: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
        """`pairs`: those that are made of parallel texts, which need the ids of their items."""
        if "translation" not in columns and "item" not in columns:
            hint = 'name the column of either: columns = { translation = "..." }, or columns = { item = "..." }'
            raise BadValue("nothing says which texts are translations of each other", where=where, hint=hint)
        pairs = options.get("pairs")
        if pairs is None:
            return {}
        if "translation" in columns:
            raise BadValue("the rows name their pairs themselves", where=where, hint="leave out pairs")
        if not isinstance(pairs, list) or not pairs or not all(isinstance(one, str) for one in pairs):
            raise BadValue(f"pairs must be a list, not {pairs!r}", where=where, hint='write pairs = ["deu->fra"]')
        return {"pairs": [self._sides(one, f"{where}: pairs") for one in pairs]}

    def copied(self, info: TaskInfo) -> tuple[str, ...]:
        """The texts, from which pairs are made afterwards."""
        if "translation" in info.columns:
            raise BadValue("rows that are pairs cannot be copied", hint="give texts of one language each, with items")
        return self.texts

    def arranged(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """Rows that are pairs: as they stand, or made of the texts of an item in two languages.

        Raises
        ------
        BadValue
            If there would be too many pairs, or a pair has no item in both of its languages.
        UnknownName
            If there are no texts in a language of `pairs`.
        """
        if "translation" in table.columns:
            return table
        languages = table["language"].unique().sort().to_list()
        wanted = info.options.get("pairs") or [(one, two) for one in languages for two in languages if one != two]
        if len(wanted) > MOST_PAIRS:
            hint = 'name those that you need: pairs = ["deu->fra"]'
            raise BadValue(f"{len(languages)} languages make {len(wanted):,} pairs", where=str(info.file), hint=hint)
        for one in dict.fromkeys(side for pair in wanted for side in pair):
            if one not in languages:
                raise UnknownName("language of the task", one, languages, where=f"{info.file}: pairs")
        # The item of both texts; the category, if there is one, is that of the text that is read.
        other = table.select("item", "split", into="language", translation="text")
        both = table.join(other, on=["item", "split"])
        chosen = pl.DataFrame(wanted, schema=["language", "into"], orient="row")
        both = both.join(chosen, on=["language", "into"], how="semi")
        there = set(both.select("language", "into").unique().iter_rows())
        if lacking := next((pair for pair in wanted if tuple(pair) not in there), None):
            reason = f"no item is in '{lacking[0]}' and '{lacking[1]}'"
            raise BadValue(reason, where=str(info.file), hint="give translations the same item, or leave out the pair")
        return both.with_columns(language=pl.concat_str("language", pl.lit(ARROW), "into")).drop("into")

    def spoken(self, code: str, info: TaskInfo, where: str) -> tuple[Language, ...]:
        """From which language, and into which.

        Raises
        ------
        BadValue
            If it is no pair, or one language twice.
        UnknownLanguage
        """
        first, second = (resolve(info.codes.get(one, one), where=where) for one in self._sides(code, where))
        if first.id == second.id:
            raise BadValue(f"'{code}' is one language twice", where=where, hint="leave its rows out")
        return first, second

    def complete(self, task: Task) -> Task:
        """The task with both languages of every pair.

        Raises
        ------
        BadValue
            If test texts of a language, or translations of them, are learnt from in any pair.
        """
        pairs = {code: self.spoken(code, task.info, str(task.info.file)) for code in task.languages}
        whole = replace(task, pairs={code: (first, second) for code, (first, second) in pairs.items()})
        if "item" not in task.info.columns:
            _check_apart(whole)
        return whole

    def _sides(self, code: str, where: str) -> tuple[str, str]:
        sides = read_direction(code)
        if sides is None:
            raise BadValue(f"'{code}' is no pair of languages", where=where, hint="write it as deu->fra")
        return sides


def _check_apart(task: Task) -> None:
    """Refuse texts of a language that are tested in one pair and learnt in another; of one pair `Leak` counts them."""

    def texts(code: str, examples: Mapping[str, Any]) -> list[tuple[str, Sequence[str]]]:
        if code not in examples:
            return []
        read, written = (side.id for side in task.pairs[code])
        return [(read, examples[code].inputs), (written, [right[0] for right in examples[code].answers or ()])]

    learnt: dict[str, dict[str, str]] = {}
    for code in task.pairs:
        for language, some in texts(code, task.train):
            learnt.setdefault(language, {}).update(dict.fromkeys(some, code))
    for code in task.pairs:
        for language, some in texts(code, task.test):
            found = [one for one in some if learnt.get(language, {}).get(one, code) != code]
            if len(found) > task.info.allowed_leakage * len(some):
                raise BadValue(
                    f"{len(found)} of {len(some)} test texts of '{code}' in {language} are learnt from in "
                    f"'{learnt[language][found[0]]}'", where=str(task.info.file),
                    hint="keep a text and its translations in one split, or set allowed_leakage",
                )  # fmt: skip
