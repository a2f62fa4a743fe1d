"""Questions that a model writes to texts, so that a person's text is the answer: instructions to train on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.config import validate
from isogloss.errors import BadValue
from isogloss.lab.instruction_mix import SentenceColumns, digest, write_instructions
from isogloss.languages import resolve
from isogloss.models.respondents import Meter, Respondent, ask
from isogloss.progress import Progress
from isogloss.texts.identification import codes_of, identify
from isogloss.texts.tables import read_table
from isogloss.texts.words import cut_words

PROMPTS = {
    "text": "{text}\n\nA question in {question_language} that this text answers:",
    "chat": "Text: {text}\n\nWrite one question in {question_language} to which this text is a full answer. It must be "
    "understood without the text and must not repeat its wording. Write nothing but the question.",
}
"""What is asked where no prompt is given, by form; texts stand first, as prompts without room lose their beginning."""
REFINE_QUESTION = {
    "text": "{text}\n\nQuestion: {asked}\nThe same question in {question_language}, clearer and complete:",
    "chat": "Text: {text}\n\nQuestion: {asked}\n\nImprove the question so that it is clear, complete and understood "
    "without the text that answers it. Write nothing but the question, in {question_language}.",
}
REFINE_ANSWER = {
    "text": "{text}\n\nQuestion: {asked}\nThe answer in {language}, from the text:",
    "chat": "Text: {text}\n\nQuestion: {asked}\n\nRewrite the text in {language} as an answer to the question, in "
    "natural words. Add no facts, and write nothing but the answer.",
}
RATE = {
    "text": "Question: {asked}\nAnswer: {output}\nHow well the question is answered, from 1 (badly) to 5 (well):",
    "chat": "Question: {asked}\n\nAnswer: {output}\n\nHow good is this pair for teaching? Rate from 1 (unclear "
    "question, or no answer to it) to 5 (clear question, full answer in {language}). Reply with the number alone.",
}
RUN = 10
"""Characters of a run that counts as copied."""
_SCHEMA = dict.fromkeys(("id", "language", "answer_language", "kind", "instruction", "output"), pl.String())
_DROPPED = dict.fromkeys(("language", "item", "question", "reason"), pl.String())

Row = dict[str, Any]


@dataclass(frozen=True)
class QuestionRules:
    """Which questions are kept.

    Parameters
    ----------
    shortest, longest : int
        Words of a question; in scripts without spaces, characters.
    copied : float
        Largest share of a question's runs of ten characters that its text may hold, case and spaces aside.
    least : float
        Smallest rating, from 1 to 5, where pairs are rated.
    """

    shortest: int = 3
    longest: int = 60
    copied: float = 0.8
    least: float = 4.0


@dataclass(frozen=True)
class WrittenQuestions:
    """Instructions whose questions were written by a model.

    Attributes
    ----------
    rows : polars.DataFrame
        `id` (item and language of the text), `language` (of the question), `answer_language`, `kind`, `instruction` and
        `output`.
    dropped : polars.DataFrame
        `language` (of the text), `item`, `question` and `reason`: `not_drawn`, `no_text`, `no_question`,
        `question_language`, `too_short`, `too_long`, `copied`, `duplicate`, `no_answer`, `answer_language`, `unrated`
        or `rated_low`.
    languages : polars.DataFrame
        For each `language` of texts, `texts`, `kept`, and how many were dropped for each reason that there was.
    """

    rows: pl.DataFrame
    dropped: pl.DataFrame
    languages: pl.DataFrame

    def write(self, path: str | Path) -> None:
        """Write the rows as JSON lines, which the kind of task `instructions` reads."""
        write_instructions(self.rows, path)


def read_answer_texts(path: str | Path, columns: Mapping[str, str] | None = None) -> pl.DataFrame:
    """A table of texts: `language`, `item` (in a file `id`) and `text`.

    Parameters
    ----------
    path : str or pathlib.Path
    columns : mapping of str to str, optional
        What the file calls a column, where that is something else.

    Raises
    ------
    BadFile, UnknownName, UnknownLanguage
    """
    named = validate(SentenceColumns, dict(columns or {}), "column").model_dump()
    table = read_table(Path(path), named)
    languages = {one: resolve(one, where=str(path)).id for one in table["language"].unique().drop_nulls()}
    if table.select(pl.col("language", "item").is_null().any()).row(0) != (False, False):
        raise BadValue("a row has no language or no item", where=str(path), hint="fill it in, or take the row out")
    table = table.with_columns(pl.col("language").replace_strict(languages))
    twice = table.filter(table.select("language", "item").is_duplicated())
    if twice.height:
        one = twice.row(0, named=True)
        raise BadValue(f"item '{one['item']}' stands twice in '{one['language']}'", where=str(path), hint="keep one")
    return table.select("language", "item", "text")


def write_questions(
    respondent: Respondent,
    texts: pl.DataFrame,
    *,
    question: str = "eng",
    prompt: str = "",
    wording: str = "",
    rules: QuestionRules | None = None,
    refiner: Respondent | None = None,
    judge: Respondent | None = None,
    most: int | None = None,
    seed: int = 0,
    meter: Meter | None = None,
    progress: Progress | None = None,
) -> WrittenQuestions:
    """Let a model write the question that each text answers, and keep those that pass rules.

    Parameters
    ----------
    respondent : Respondent
        Writes the questions.
    texts : polars.DataFrame
        See `read_answer_texts`.
    question : str
        Language of the questions.
    prompt : str
        What is asked, with `{text}`, and perhaps `{language}` (of the text) and `{question_language}`, in English.
    wording : str
        How a question is put in an example, with `{question}`, and perhaps `{language}`; by default the question, and,
        where it is English and the text is not, "Answer in {language}." below.
    rules : QuestionRules, optional
    refiner : Respondent, optional
        Rewrites each question, before the rules, and each text as an answer to its question, after them.
    judge : Respondent, optional
        Rates each pair that is left from 1 to 5.
    most : int, optional
        Texts of a language at most.
    seed : int
        Of which these are.
    meter : Meter, optional
    progress : Progress, optional

    Returns
    -------
    WrittenQuestions

    Raises
    ------
    BadValue
        If a language cannot be identified in which something is written, or a prompt or wording lacks its place.
    MissingExtra
        Without a library that identifies languages.
    IsoglossError
        If a model cannot be run.

    Notes
    -----
    The answers stay what people wrote, so that a model which writes the language badly can still make examples of it
    (Iyer et al. 2025, XL-Instruct). Rules are applied in the order of the reasons in `WrittenQuestions.dropped`: a text
    is dropped for the first that it fails. A question is a duplicate if one before it, of another item in any language,
    has the same words. A rating is the first number of a reply; none, or one that is not from 1 to 5, is no rating.
    """
    rules = rules or QuestionRules()
    asked = resolve(question, where="question")
    _check_places(prompt, "text", "prompt")
    _check_places(wording, "question", "wording")
    _check_identified(asked.id, "question")
    spoken = {one: resolve(one) for one in texts["language"].unique(maintain_order=True)}
    if refiner is not None:
        for one in spoken:
            _check_identified(one, "refine")
    wordings = {one: wording or _usual_wording(asked.id, one) for one in spoken}
    dropped: list[Row] = []
    rows = [{**row, "asked": "", "output": row["text"] or ""} for row in texts.iter_rows(named=True)]

    def replies(one: Respondent, prompts: Mapping[str, str]) -> list[str]:
        filled = [
            _fill(prompts[one.form], row | {"text": _one_line(row["text"]), "output": _one_line(row["output"]),
                  "language": spoken[row["language"]].name, "question_language": asked.name})
            for row in rows
        ]  # fmt: skip
        return [_one_line(reply) for reply in ask(one, "write", filled, meter=meter, progress=progress)]

    def drop(reason: Callable[[Row], str]) -> None:
        reasons = [reason(row) for row in rows]
        dropped.extend(row | {"reason": one} for row, one in zip(rows, reasons, strict=True) if one)
        rows[:] = [row for row, one in zip(rows, reasons, strict=True) if not one]

    drawn = _drawn(rows, most, seed)
    drop(lambda row: "" if (row["language"], row["item"]) in drawn else "not_drawn")
    drop(lambda row: "" if row["output"].strip() else "no_text")
    _set(rows, "asked", replies(respondent, {"text": prompt, "chat": prompt} if prompt else PROMPTS))
    drop(lambda row: "" if row["asked"] else "no_question")
    if refiner is not None:
        _set(rows, "asked", replies(refiner, REFINE_QUESTION))
    drop(lambda row: _broken_rule(row, rules, asked.id))
    asked_of: dict[str, str] = {}
    drop(lambda row: _repeated(row, asked_of))
    if refiner is not None:
        _set(rows, "output", replies(refiner, REFINE_ANSWER))
        drop(lambda row: "" if row["output"] else "no_answer")
        drop(lambda row: "" if _is_in(row["output"], row["language"]) else "answer_language")
    if judge is not None:
        _set(rows, "rating", map(_rating, replies(judge, RATE)))
        drop(lambda row: _rated_low(row["rating"], rules.least))
    kept = [
        {"id": f"{row['item']} {row['language']}", "language": asked.id, "answer_language": row["language"],
         "kind": "written", "output": row["output"],
         "instruction": _fill(wordings[row["language"]],
                              {"question": row["asked"], "language": spoken[row["language"]].name})}
        for row in rows
    ]  # fmt: skip
    lost = pl.DataFrame([row | {"question": row["asked"]} for row in dropped], schema=_DROPPED)
    return WrittenQuestions(pl.DataFrame(kept, schema=_SCHEMA), lost, _counts(texts, rows, lost))


def _check_places(template: str, place: str, where: str) -> None:
    if template and template.count(f"{{{place}}}") != 1:
        times = template.count(f"{{{place}}}")
        raise BadValue(f"has {{{place}}} {times} times", where=where, hint="write it once")


def _check_identified(language: str, where: str) -> None:
    if not codes_of(language):
        raise BadValue(f"'{language}' cannot be identified, so what is written cannot be checked", where=where,
                       hint="see docs/methods/behaviour.md for which can")  # fmt: skip


def _usual_wording(question: str, answer: str) -> str:
    if question == answer:
        return "{question}"
    if resolve(question).code != "eng":
        raise BadValue("questions do not say that another language is to be answered in", where="wording",
                       hint='write it in the language of questions: "{question} ... {language}"')  # fmt: skip
    return "{question}\n\nAnswer in {language}."


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with its places filled in one go, so that braces of texts stay."""
    return re.sub(r"\{(\w+)\}", lambda place: str(values.get(place[1], place[0])), template)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _set(rows: Sequence[Row], name: str, values: Any) -> None:
    for row, value in zip(rows, values, strict=True):
        row[name] = value


def _drawn(rows: Sequence[Row], most: int | None, seed: int) -> set[tuple[str, str]]:
    """Which texts are asked about, by language and item: the first of each language in the order of the seed."""
    by_language: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: digest(seed, row["item"])):
        by_language.setdefault(row["language"], []).append(row["item"])
    return {(language, item) for language, items in by_language.items() for item in items[:most]}


def _is_in(text: str, language: str) -> bool:
    return identify([text])[text] in codes_of(language)


def _broken_rule(row: Row, rules: QuestionRules, question: str) -> str:
    """The first rule that a question breaks, or nothing."""
    if not row["asked"]:
        return "no_question"
    if not _is_in(row["asked"], question):
        return "question_language"
    words = [word for word in cut_words(row["asked"]) if word[0].isalnum()]
    if len(words) < rules.shortest:
        return "too_short"
    if len(words) > rules.longest:
        return "too_long"
    return "copied" if _share_copied(row["asked"], row["text"]) > rules.copied else ""


def _share_copied(question: str, text: str) -> float:
    """Share of the runs of characters of a question that stand in a text."""
    short, whole = (_one_line(one.casefold()) for one in (question, text))
    runs = [short[place : place + RUN] for place in range(max(1, len(short) - RUN + 1))]
    return sum(run in whole for run in runs) / len(runs)


def _repeated(row: Row, asked_of: dict[str, str]) -> str:
    """Whether another item has the same question; what is said of translations of one item may be the same."""
    first = asked_of.setdefault(" ".join(cut_words(row["asked"].casefold())), row["item"])
    return "" if first == row["item"] else "duplicate"


def _rating(reply: str) -> float | None:
    number = re.search(r"\d+(?:\.\d+)?", reply)
    return float(number[0]) if number and 1 <= float(number[0]) <= 5 else None


def _rated_low(rating: float | None, least: float) -> str:
    if rating is None:
        return "unrated"
    return "rated_low" if rating < least else ""


def _counts(texts: pl.DataFrame, rows: Sequence[Row], dropped: pl.DataFrame) -> pl.DataFrame:
    """Texts, kept ones and reasons by language."""
    kept = [row["language"] for row in rows]
    reasons = dropped["reason"].unique(maintain_order=True).to_list()
    counted = dropped.group_by("language", "reason").len()
    numbers = {(language, reason): number for language, reason, number in counted.iter_rows()}
    return pl.DataFrame([
        {"language": one, "texts": texts.filter(language=one).height, "kept": kept.count(one)}
        | {reason: numbers.get((one, reason), 0) for reason in reasons}
        for one in texts["language"].unique(maintain_order=True)
    ])  # fmt: skip
