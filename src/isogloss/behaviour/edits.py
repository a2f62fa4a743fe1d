"""Facts edited in the prompt: a sentence that says another answer stands before questions in every language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.answering import answer_questions
from isogloss.behaviour.question_table import place_of
from isogloss.behaviour.scoring import BehaviourScores, score_items
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.models.inputs import SLOT
from isogloss.models.respondents import Meter, Respondent
from isogloss.progress import Progress

FEWEST = 4
"""Facts that are edited, at least."""
MEMORY = ("context_rate", "memorisation_ratio")


def edit_facts(
    respondent: Respondent,
    questions: pl.DataFrame,
    *,
    language: str | None = None,
    demonstrations: int = 0,
    introduction: str = "",
    one_step: pl.DataFrame | None = None,
    listed: bool = False,
    template: str = "",
    seed: int = 0,
    meter: Meter | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Ask a model about facts after a sentence that says another answer, and without it.

    Parameters
    ----------
    respondent : Respondent
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`, with choices. `edited` is the answer that the sentence says, a wrong
        choice; where there is no such column one is drawn, the same in all languages. With `paraphrase`, generality is
        tested, too.
    language : str, optional
        Language of the sentence, for questions in all languages; by default that of each question.
    demonstrations : int
        How many other edits stand before, with a question and its answer each: in turn the edited question, and a
        question that the edit does not concern. Their facts are not scored.
    introduction : str
        What the sentence begins with, such as `New fact: `.
    one_step : polars.DataFrame, optional
        Questions one step away, with the answer that follows from the edit of the same `item`: portability.
    listed, template, meter, progress : see `isogloss.behaviour.answer_questions`
    seed : int
        Of the answers that are drawn, of the demonstrations, and of the questions that an edit does not concern.

    Returns
    -------
    polars.DataFrame
        One row for each `probe` (`reliability`, `generality`, `locality`, `portability`), `item` and `language`:
        `question` as it was put, `completion`, `correct`; with reliability also `answer_from` (`context`, `memory` or
        `other`) and `closed_book`, whether the model is right without the sentence.

    Raises
    ------
    BadValue, UnknownName, NotEnoughEvidence
        If choices or answers are missing, an edit says what is true, or too few facts are left.

    Notes
    -----
    Edits in context are those of Nie et al. (2025, BMIKE-53). With the sentence alone it is a passage that contradicts
    memory (Longpre et al. 2021). Locality: a question about another fact is answered as it is without the sentence.
    """
    table = _with_edits(questions, seed)
    if one_step is not None and "edited" not in questions.columns:
        raise BadValue("what follows from an edit is not known where edits are drawn", where="one_step",
                       hint="give a column 'edited' with the answer that is to be said")  # fmt: skip
    there = table["language"].unique(maintain_order=True).to_list()
    if language is not None and language not in there:
        raise UnknownName("language of the questions", language, there, where="language")
    rng = np.random.default_rng(seed)
    items = rng.permutation(table["item"].unique(maintain_order=True).to_numpy()).tolist()
    shown, scored = items[:demonstrations], items[demonstrations:]
    if len(scored) < FEWEST:
        raise NotEnoughEvidence(f"{len(scored)} facts are left to edit, fewer than {FEWEST}", where="questions",
                                hint="give more facts, or fewer demonstrations")  # fmt: skip
    facts = {(row["item"], row["language"]): row for row in table.iter_rows(named=True)}

    def said(item: str, asked_in: str) -> str:
        row = _row(facts, item, language or asked_in)
        return f"{introduction}{_sentence(row['question'], row['choices'][row['new']])}\n"

    before = {one: _demonstrations(facts, shown, one, said) for one in there}
    other = dict(zip(scored, [*scored[1:], scored[0]], strict=True))
    probes = [*_probes(facts, scored, there, said, other)]
    probes += [*_one_step(one_step, scored, said)] if one_step is not None else []
    put = pl.DataFrame(probes, infer_schema_length=None)
    asked = put.select(
        "item", "language", pl.col("language").alias("written"), "choices", "place", "answers",
        question=pl.col("language").replace_strict(before, return_dtype=pl.String) + pl.col("question"),
    )  # fmt: skip
    answered = answer_questions(respondent, asked, listed=listed, template=template, meter=meter, progress=progress)
    return _judged(put.hstack(answered.select("model", "completion", prompt="question")))


def _with_edits(questions: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The questions with `new`, the place of the answer that is said."""
    without = questions.filter(pl.col("place").is_null())
    if without.height:
        raise BadValue(f"item {without['item'][0]} has no choices, or no right one", where="questions",
                       hint="give choices and answer in every row")  # fmt: skip
    rng, places = np.random.default_rng([seed, 1]), []
    drawn: dict[str, int] = {}
    for row in questions.iter_rows(named=True):
        where = f"questions, item {row['item']}, {row['written']}"
        if row.get("edited") is not None:
            new = place_of(row["edited"], row["choices"], where)
        else:
            wrong = [place for place in range(len(row["choices"])) if place != row["place"]]
            new = drawn.setdefault(row["item"], wrong[int(rng.integers(len(wrong)))])
        if new == row["place"] or new >= len(row["choices"]):
            raise BadValue("the edit is no wrong choice", where=where,
                           hint="give a column 'edited', and choices in the same order in all languages")  # fmt: skip
        places.append(new)
    return questions.with_columns(new=pl.Series(places, dtype=pl.Int64))


def _row(facts: dict[tuple[str, str], dict[str, Any]], item: str, language: str) -> dict[str, Any]:
    if (item, language) not in facts:
        raise BadValue(f"item {item} is not asked in {language}", where="questions",
                       hint="give every fact in every language")  # fmt: skip
    return facts[item, language]


def _sentence(question: str, answer: str) -> str:
    """A fact with an answer in its place."""
    return question.replace(SLOT, answer) if SLOT in question else f"{question} {answer}"


def _demonstrations(
    facts: dict[tuple[str, str], dict[str, Any]], shown: Sequence[str], language: str, said: Callable[[str, str], str]
) -> str:
    """Other edits with a question and its answer: in turn the edited one, and one that the edit does not concern."""
    parts = []
    for number, item in enumerate(shown):
        own = number % 2 == 0 or len(shown) == 1
        row = _row(facts, item if own else shown[number - 1], language)
        answer = row["choices"][row["new" if own else "place"]]
        parts.append(f"{said(item, language)}{_sentence(row['question'], answer)}\n\n")
    return "".join(parts)


def _probes(
    facts: dict[tuple[str, str], dict[str, Any]], scored: Sequence[str], languages: Sequence[str],
    said: Callable[[str, str], str], other: dict[str, str],
) -> list[dict[str, Any]]:  # fmt: skip
    """What is asked after each edit, and without it."""
    rows = []
    for item in scored:
        for language in languages:
            row, unrelated = _row(facts, item, language), _row(facts, other[item], language)
            context = said(item, language)
            rows += [
                _probe("closed book", row, row["question"], row["place"]),
                _probe("reliability", row, context + row["question"], row["new"]),
                _probe("locality", unrelated, context + unrelated["question"], unrelated["place"]) | {"item": item,
                                                                                                    "of": other[item]},
            ]  # fmt: skip
            if row.get("paraphrase"):
                rows.append(_probe("generality", row, context + row["paraphrase"], row["new"]))
    return rows


def _one_step(
    one_step: pl.DataFrame, scored: Sequence[str], said: Callable[[str, str], str]
) -> list[dict[str, Any]]:  # fmt: skip
    kept = one_step.filter(pl.col("item").is_in(list(scored)))
    if kept.is_empty():
        raise NotEnoughEvidence("no question one step away is of an edited item", where="one_step",
                                hint="give them the items of the questions")  # fmt: skip
    return [_probe("portability", row, said(row["item"], row["language"]) + row["question"], row["place"])
            for row in kept.iter_rows(named=True)]  # fmt: skip


def _probe(name: str, row: dict[str, Any], question: str, right: int | None) -> dict[str, Any]:
    if right is None:
        raise BadValue("has no right choice", where=f"one_step, item {row['item']}", hint="give choices and answer")
    return {
        "probe": name, "item": row["item"], "language": row["language"], "question": question,
        "choices": row["choices"], "place": right, "answers": [row["choices"][right]], "of": row["item"],
        "true": row["choices"][row["place"]], "new": row["choices"][row["new"]] if "new" in row else None,
    }  # fmt: skip


def _judged(put: pl.DataFrame) -> pl.DataFrame:
    """Whether each answer is right, and what it follows."""
    closed = put.filter(probe="closed book").select(
        "language", of="item", without="completion", closed_book=pl.col("completion").eq_missing(pl.col("true"))
    )
    table = put.filter(pl.col("probe") != "closed book").join(closed, on=["of", "language"], how="left",
                                                              maintain_order="left")  # fmt: skip
    completion, is_edit = pl.col("completion"), pl.col("probe") == "reliability"
    right = (
        pl.when(pl.col("probe") == "locality").then(completion.eq_missing(pl.col("without")))
        .otherwise(completion.eq_missing(pl.col("answers").list.first()))
    )  # fmt: skip
    follows = (
        pl.when(completion == pl.col("new")).then(pl.lit("context"))
        .when(completion == pl.col("true")).then(pl.lit("memory")).otherwise(pl.lit("other"))
    )  # fmt: skip
    return table.select(
        "model", "probe", "item", "language", "completion", question="prompt", correct=right,
        answer_from=pl.when(is_edit).then(follows), closed_book=pl.when(is_edit).then("closed_book"),
    )  # fmt: skip


def score_edits(items: pl.DataFrame, *, level: float = 0.95, seed: int = 0) -> BehaviourScores:
    """Score edited facts: reliability, generality, locality, portability, and context against memory.

    Parameters
    ----------
    items : polars.DataFrame
        See `edit_facts`.
    level : float
    seed : int

    Returns
    -------
    BehaviourScores
        Context against memory is of facts that the model knows without the sentence; where it knows none, these
        metrics are among `unscored`.
    """
    probes = items["probe"].unique(maintain_order=True).to_list()
    edits = score_items(items.drop("answer_from", "closed_book"), [f"edit_{one}" for one in probes], level=level,
                        seed=seed)  # fmt: skip
    passages = items.filter(pl.col("probe") == "reliability").drop("probe", "correct")
    if not passages["closed_book"].any():
        reason = "the model knows none of the facts without the sentence"
        return BehaviourScores(edits.scores, dict.fromkeys(MEMORY, reason), level)
    memory = score_items(passages, MEMORY, level=level, seed=seed)
    return BehaviourScores(pl.concat([edits.scores, memory.scores]), memory.unscored, level)
