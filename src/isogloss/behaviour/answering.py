"""What a model answers to questions, as a table of items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from isogloss.behaviour.prompts import check_template, chosen_place, holds, listed_prompt, open_prompt, ranked_prompt
from isogloss.errors import BadValue
from isogloss.models.inputs import Choice
from isogloss.models.respondents import Meter, Respondent, ask
from isogloss.progress import Progress


def answer_questions(
    respondent: Respondent,
    questions: pl.DataFrame,
    *,
    listed: bool = False,
    candidates: bool = False,
    template: str = "",
    before: str = "",
    meter: Meter | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Let a model answer questions.

    Parameters
    ----------
    respondent : Respondent
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`; all with choices, or none.
    listed : bool
        Whether prompts list the choices and a letter is the answer, as is always so where the model gives no
        likelihoods; else the texts of choices are scored.
    candidates : bool
        Whether to give one row for each choice, with its score.
    template : str
        How a question is put, with `{question}`, and `{choices}` where they are listed. A question with a slot is put
        as it is where choices are scored.
    before : str
        What stands before every question, such as demonstrations.
    meter : Meter, optional
    progress : Progress, optional

    Returns
    -------
    polars.DataFrame
        `model`, `task` and `country` where there are any, `language`, `written`, `item`, `question`; with `candidates`
        also `candidate` (its number), `choice`, `score` and `correct` (whether it is the right one); else `completion`
        (the reply, or the choice) and `correct`, null where it is not known what is right.

    Raises
    ------
    BadValue
        If some questions have choices and others none, or candidates are wanted of a model that gives no likelihoods.
    IsoglossError
        If the model cannot be run.

    Notes
    -----
    A reply is right if it holds one of the answers as whole words, case and width of letters aside. Of replies to
    listed choices, the letter counts, or the text of a choice; one that names none is wrong, and an empty one, too.
    """
    with_choices = (questions["choices"].list.len() > 0).unique().to_list()
    if len(with_choices) > 1:
        raise BadValue("some questions have choices and some none", where="questions", hint="ask them separately")
    listed = bool(with_choices[0]) and (listed or not respondent.has_likelihoods)
    check_template(template, listed=listed)
    if candidates and not (with_choices[0] and respondent.has_likelihoods):
        reason = "a chat gives no scores of candidates" if with_choices[0] else "questions have no choices"
        raise BadValue(reason, where="questions", hint="leave out candidates=True")
    meter = meter if meter is not None else Meter()
    kept = [name for name in ("task", "country") if name in questions.columns]
    base = questions.select(pl.lit(respondent.name).alias("model"), *kept, "language", "written", "item", "question")
    if not with_choices[0]:
        return base.hstack(_replies(respondent, questions, template, before, meter, progress))
    if candidates:
        pairs = [*questions.select("question", "choices").iter_rows()]
        prompts = _prompts(pairs, listed, template, before)
        return _candidates(base, questions, ask(respondent, "score", prompts, meter=meter, progress=progress))
    pairs = [*questions.select("question", "choices").iter_rows()]
    places = choose(respondent, pairs, listed=listed, template=template, before=before, meter=meter, progress=progress)
    completion = [choices[place] if place is not None else None for place, choices in
                  zip(places, questions["choices"].to_list(), strict=True)]  # fmt: skip
    right = [None if truth is None else truth == place for place, truth in
             zip(places, questions["place"].to_list(), strict=True)]  # fmt: skip
    return base.hstack([pl.Series("completion", completion, pl.String), pl.Series("correct", right, pl.Boolean)])


def choose(
    respondent: Respondent,
    questions: Sequence[tuple[str, Sequence[str]]],
    *,
    listed: bool = False,
    template: str = "",
    before: str = "",
    meter: Meter,
    progress: Progress | None = None,
) -> list[int | None]:
    """Which choice a model takes for each question, by its place; None for a reply that names none.

    Parameters
    ----------
    respondent : Respondent
    questions : sequence of (str, sequence of str)
        Each with its choices.
    listed, template, before, meter, progress : see `answer_questions`
    """
    if respondent.has_likelihoods:
        prompts = _prompts(questions, listed, template, before)
        scores = ask(respondent, "score", prompts, meter=meter, progress=progress)
        return [int(np.argmax(one)) for one in scores]
    texts = [before + listed_prompt(*one, template, is_chat=True).premise for one in questions]
    replies = ask(respondent, "write", texts, meter=meter, progress=progress)
    return [chosen_place(reply, choices) for reply, (_, choices) in zip(replies, questions, strict=True)]


def _prompts(questions: Sequence[tuple[str, Sequence[str]]], listed: bool, template: str, before: str) -> list[Choice]:
    """Prompts whose choices are scored."""
    prompts = [(listed_prompt if listed else ranked_prompt)(*one, template) for one in questions]
    return [one._replace(premise=before + one.premise) for one in prompts]


def _replies(
    respondent: Respondent, questions: pl.DataFrame, template: str, before: str, meter: Meter,
    progress: Progress | None,
) -> pl.DataFrame:  # fmt: skip
    is_chat = respondent.form == "chat"
    prompts = [before + open_prompt(one, template, is_chat=is_chat) for one in questions["question"]]
    replies = ask(respondent, "write", prompts, meter=meter, progress=progress)
    right = [
        any(holds(reply, one) for one in answers) if len(answers) else None
        for reply, answers in zip(replies, questions["answers"].to_list(), strict=True)
    ]
    return pl.DataFrame(
        {"completion": replies, "correct": right}, schema={"completion": pl.String, "correct": pl.Boolean}
    )


def _candidates(base: pl.DataFrame, questions: pl.DataFrame, scores: Sequence[Sequence[float]]) -> pl.DataFrame:
    """One row for each choice."""
    listed = questions.select("choices", "place")
    table = base.hstack(listed).with_columns(
        pl.Series("score", [list(map(float, one)) for one in scores], pl.List(pl.Float64)),
        candidate=pl.int_ranges(0, pl.col("choices").list.len()),
    )
    wide = table.explode("choices", "score", "candidate").rename({"choices": "choice"})
    columns = [*base.columns, "candidate", "choice", "score"]
    if questions["place"].null_count():
        return wide.select(columns)
    return wide.select(*columns, correct=pl.col("candidate") == pl.col("place"))
