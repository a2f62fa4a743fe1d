"""Tasks about a text: a label for it or for each of its words, or an answer that is written, such as a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.lab.examples import Examples
from isogloss.lab.task import NO_LABEL, UNTAGGED, Answer, Form, Task, TaskInfo, TaskKind
from isogloss.languages import resolve
from isogloss.metrics.labels import is_tag_of_spans
from isogloss.models.inputs import InputType, Pair, PairType, WordsType


@dataclass(frozen=True)
class TextClassification(TaskKind):
    """A text and its label; every language must have every label in training."""

    name: ClassVar[str] = "text-classification"
    texts: ClassVar[tuple[str, ...]] = ("text",)
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    form: ClassVar[Form | None] = Form(("text",), "label", "Text: {text}\nLabel: {label}")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return group["text"].to_list()

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """Raise BadValue for a single label, or label sets that differ between languages."""
        labels = self.labels(table, info)
        if len(labels) < 2:
            hint = "classification needs two or more"
            raise BadValue(f"only one label, '{labels[0]}'", where=str(info.file), hint=hint)
        trained = table.filter(split="train").sort("language")
        for (language,), group in trained.group_by("language", maintain_order=True):
            if missing := sorted(set(labels) - set(group[self.right])):
                raise BadValue(
                    f"'{language}' has no training example of the label '{missing[0]}', which others have",
                    where=str(info.file),
                    hint="label sets must be alike in every language: map or remove the label",
                )
        return table


@dataclass(frozen=True)
class SentencePairs(TextClassification):
    """Two sentences and their label, such as premise, hypothesis and whether the one follows from the other."""

    name: ClassVar[str] = "sentence-pairs"
    texts: ClassVar[tuple[str, ...]] = ("first", "second")
    input_type: ClassVar[InputType[Any]] = PairType()
    form: ClassVar[Form | None] = Form(("first", "second"), "label", "First: {first}\nSecond: {second}\nLabel: {label}")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return [Pair(*row) for row in group.select(self.texts).iter_rows()]


@dataclass(frozen=True)
class Generation(TaskKind):
    """A question and its answer, a text or a number.

    The task's labels are all different answers, so that those to learn from can be looked up there; what is
    answered is a text and need be none of them.
    """

    name: ClassVar[str] = "generation"
    texts: ClassVar[tuple[str, ...]] = ("question",)
    right: ClassVar[str] = "answer"
    metrics: ClassVar[tuple[str, ...]] = ("exact_match", "valid_output_rate")
    answer: ClassVar[Answer] = "text"
    form: ClassVar[Form | None] = Form(("question",), "answer", "Question: {question}\nAnswer: {answer}")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return group[self.texts[0]].to_list()

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        return list(table[self.right].unique().sort())

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        return replace(super().examples(group, labels), answers=[(answer,) for answer in group[self.right]])

    def copied(self, info: TaskInfo) -> tuple[str, ...]:
        """Question and answer."""
        return (*self.texts, self.right)


@dataclass(frozen=True)
class Translation(Generation):
    """A text and its translation, out of one language into several, or out of several into one.

    The task says which one it is, as `origin = "eng"` or as `into = "eng"`; the language of a row is the other.
    """

    name: ClassVar[str] = "translation"
    texts: ClassVar[tuple[str, ...]] = ("text",)
    right: ClassVar[str] = "translation"
    options: ClassVar[tuple[str, ...]] = ("origin", "into")
    metrics: ClassVar[tuple[str, ...]] = ("chrf", "bleu")
    form: ClassVar[Form | None] = Form(("text",), "translation", "Text: {text}\nTranslation: {translation}")

    def read_options(self, options: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
        """`origin` or `into`: the language on the side of every pair that the rows do not name."""
        if len(options) != 1:
            said = "both origin and into" if options else "neither origin nor into"
            raise BadValue(f"the task names {said}", where=where, hint='write into = "eng", or origin = "eng"')
        ((side, language),) = options.items()
        if not isinstance(language, str):
            raise BadValue(f"{side} must be a language, not {language!r}", where=where, hint=f'write {side} = "eng"')
        resolve(language, where=f"{where}: {side}")
        return dict(options)

    def copied(self, info: TaskInfo) -> tuple[str, ...]:
        """The side of the pair that is in the language of the row."""
        return self.texts if "into" in info.options else (self.right,)

    def complete(self, task: Task) -> Task:
        """The task with the language of its other side.

        Raises
        ------
        BadValue
            If rows are in that language too.
        """
        ((side, named),) = task.info.options.items()
        fixed = resolve(named)
        same = next((code for code, one in task.languages.items() if one.id == fixed.id), None)
        if same is not None:
            reason = f"'{same}' would be translated into itself"
            raise BadValue(reason, where=str(task.info.file), hint=f"leave its rows out, or name another {side}")
        pairs = {code: (fixed, one) if side == "origin" else (one, fixed) for code, one in task.languages.items()}
        return replace(task, pairs=pairs)


@dataclass(frozen=True)
class Instructions(Generation):
    """An instruction, the input that some of them have, and what is to be written.

    The fields are those of Alpaca and Bactrian-X. Rows without an instruction, without an output or in an unknown
    language are left out and counted. An input stands below its instruction, after an empty line.
    """

    name: ClassVar[str] = "instructions"
    texts: ClassVar[tuple[str, ...]] = ("instruction",)
    right: ClassVar[str] = "output"
    optional: ClassVar[tuple[str, ...]] = ("input",)
    metrics: ClassVar[tuple[str, ...]] = ("exact_match", "f1")
    form: ClassVar[Form | None] = Form(
        ("instruction",), "output", "### Input:\n{instruction}\n\n### Output:\n{output}", "{instruction}{output}"
    )
    leaves_out: ClassVar[bool] = True

    def copied(self, info: TaskInfo) -> tuple[str, ...]:
        """Instruction and output; refused where inputs stand below, as the empty line between is in no copy's bytes."""
        if "input" in info.columns:
            raise BadValue("instructions with inputs cannot be copied", hint="leave `input` out of the columns")
        return super().copied(info)

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table with inputs below their instructions."""
        if "input" not in table.columns:
            return table
        whole = pl.concat_str("instruction", "input", separator="\n\n")
        has_input = pl.col("input").str.strip_chars() != ""
        return table.with_columns(instruction=pl.when(has_input).then(whole).otherwise(pl.col("instruction")))


@dataclass(frozen=True)
class TokenTagging(TaskKind):
    """Sentences as lists of words and of tags, from a table or from CoNLL-U and CoNLL files.

    Notes
    -----
    `_` among the tags of a training sentence says that the word has none, as CoNLL-U has it: nothing is learnt from it.
    """

    name: ClassVar[str] = "token-tagging"
    texts: ClassVar[tuple[str, ...]] = ("words",)
    right: ClassVar[str] = "tags"
    lists: ClassVar[Mapping[str, str]] = {"words": " ", "tags": " "}
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    answer: ClassVar[Answer] = "tags"
    input_type: ClassVar[InputType[Any]] = WordsType()
    keeps_predictions: ClassVar[bool] = False  # the tags of a sentence would take more room than all the rest

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """Raise BadValue for sentences with more words than tags, and for tags that cannot be learnt or scored."""
        where = str(info.file)
        uneven = table.filter(pl.col("words").list.len() != pl.col("tags").list.len())
        if uneven.height:
            row = uneven.row(0, named=True)
            raise BadValue(f"{len(row['words'])} words and {len(row['tags'])} tags", where=f"{where} row {row['row']}")
        for name in ("words", "tags"):
            empty = table.filter(pl.col(name).list.eval(pl.element().is_null() | (pl.element() == "")).list.any())
            if empty.height:
                raise BadValue(f"an empty one among the {name}", where=f"{where} row {empty['row'][0]}")
        tested = table.filter(pl.col("split") != "train", pl.col("tags").list.contains(UNTAGGED))
        if tested.height:
            hint = "leave such sentences out; only training sentences may have them"
            raise BadValue(f"a word to be tested on has no tag, '{UNTAGGED}'", where=f"{where} row {tested['row'][0]}",
                           hint=hint)  # fmt: skip
        labels = self.labels(table, info)
        if len(labels) < 2:
            named = f"only one tag, '{labels[0]}'" if labels else "no tags"
            raise BadValue(named, where=where, hint="tagging needs two or more")
        if "span_f1" in info.metrics and (strange := [label for label in labels if not is_tag_of_spans(label)]):
            hint = "write B-PER, I-PER and O, or drop span_f1"
            raise BadValue(f"tag '{strange[0]}' marks no span", where=where, hint=hint)
        self._check_trained(table, where)
        return table

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        """All tags, see `TaskKind.labels`, without that for none."""
        tags = pl.col("tags").list.eval(pl.element().filter(pl.element() != UNTAGGED))
        return super().labels(table.with_columns(tags), info)

    def plain(self, table: pl.DataFrame) -> pl.Expr:
        return pl.col("words").list.join(" ")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        return [tuple(sentence) for sentence in group["words"].to_list()]

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        tags = group["tags"].explode().to_numpy().astype(str)
        positions = np.where(tags == UNTAGGED, NO_LABEL, np.searchsorted(np.array(labels), tags))
        starts = np.cumsum([0, *group["tags"].list.len()])
        return Examples(group["item"].to_list(), self.inputs(group), positions, starts, input_type=self.input_type)

    def _check_trained(self, table: pl.DataFrame, where: str) -> None:
        trained = set(table.filter(split="train")["tags"].explode())
        tested = table.filter(split="test").select("language", "tags").explode("tags")
        strange = tested.filter(~pl.col("tags").is_in(list(trained))).sort("tags", "language")
        if strange.height:
            language, tag = strange.row(0)
            raise BadValue(
                f"tag '{tag}' is tested on in '{language}' and trained on in no language",
                where=where,
                hint="label sets must be alike: map or remove the tag",
            )
