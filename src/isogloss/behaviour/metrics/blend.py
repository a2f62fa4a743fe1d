"""BLEnD: everyday knowledge of a culture, by short answers that annotators gave and by multiple choice."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from isogloss.behaviour.matching import answer_counts, holds, plain
from isogloss.behaviour.metric import BehaviourMetric, Tally
from isogloss.behaviour.tallies import LANGUAGE, NUMBER, grouping, share
from isogloss.errors import BadValue, NotEnoughEvidence

MOST_UNANSWERABLE, MOST_UNSURE = 2, 4
"""Annotators up to which a question counts."""
SHORT = {"item": NUMBER, "language": LANGUAGE, "text": "the reply",
         "answers": "answers of annotators with their counts, as JSON; or answers with | between"}  # fmt: skip
SHORT_OPTIONAL = {
    "english_answers": "the same in English, tried after the others",
    "unanswerable": "annotators who said that there is no answer, or that it does not apply; from 3, it does not count",
    "unsure": "annotators who did not know; from 5 on, the question does not count",
}
CHOICE = {"item": NUMBER, "text": "the reply", "choices": "the options in their order, as JSON or with | between",
          "answers": "the right option, or its letter"}  # fmt: skip


def score_of(reply: Any, answers: Mapping[str, float]) -> tuple[float, float]:
    """Whether a reply holds an answer, and the count of the most frequent such answer over that of the first."""
    ranked = sorted(answers.items(), key=lambda one: -one[1])
    count = next((count for answer, count in ranked if holds(str(reply or ""), answer)), None)
    return (0.0, 0.0) if count is None else (1.0, count / ranked[0][1])


def _short(weighted: bool) -> Tally:
    def count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
        for role, most in (("unanswerable", MOST_UNANSWERABLE), ("unsure", MOST_UNSURE)):
            if role in items.columns:
                items = items.filter(pl.col(role).cast(pl.Float64, strict=False).fill_null(0) <= most)
        local = [answer_counts(one) for one in items["answers"]]
        items = items.filter(pl.Series([bool(one) for one in local], dtype=pl.Boolean))
        if items.is_empty():
            raise NotEnoughEvidence("no question has an answer", where="items, column answers")
        english = items["english_answers"] if "english_answers" in items.columns else [None] * items.height
        scores = []
        for reply, mine, theirs in zip(items["text"], filter(None, local), english, strict=True):
            score = score_of(reply, mine)
            further = answer_counts(theirs)
            scores.append(score[weighted] if score[0] or not further else score_of(reply, further)[weighted])
        return items.select(*grouping(items), score=pl.Series(scores, dtype=pl.Float64), questions=pl.lit(1))

    return Tally(SHORT, count, SHORT_OPTIONAL)


def letter_of(reply: Any, choices: Sequence[str]) -> str | None:
    """The option that a reply chooses: by JSON, by its letter, or by its text; None where that is not clear.

    Notes
    -----
    A letter counts where it stands alone, so that neither the first letter of a sentence nor "I" does.
    """
    text = str(reply or "").strip()
    letters = [chr(ord("A") + place) for place in range(len(choices))]
    try:
        read = json.loads(text)
        text = str(read.get("answer_choice", text)) if isinstance(read, dict) else text
    except ValueError:
        pass
    whole = text.strip(" .():\"'")
    if whole.upper() in letters:
        return whole.upper()
    alone: list[str] = re.findall(r"(?<!\w)([A-Z])(?=[).:,\s]|$)", text)
    named = [one for one in alone if one in letters and not (one in "AI" and re.search(rf"\b{one} [a-z]", text))]
    if named:
        return named[0]
    held = [letter for letter, choice in zip(letters, choices, strict=True) if holds(text, choice)]
    return held[0] if len(held) == 1 else None


def named_option(item: Any, reply: Any, choices: Any, gold: Any) -> tuple[str | None, str]:
    """The letters of the option that a reply chooses, None where that is not clear, and of the right one.

    Raises
    ------
    BadValue
        If the right option is none of the choices.
    """
    options = [*answer_counts(choices)]
    known = {plain(one): chr(ord("A") + place) for place, one in enumerate(options)}
    letter = known.get(plain(str(gold))) or str(gold).strip().upper()
    if letter not in known.values():
        reason = f"right option '{gold}' of item {item} is none of its choices"
        raise BadValue(reason, where="items, column answers", hint="write the option, or its letter")
    return letter_of(reply, options), letter


def _choice(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    rows = items.select("item", "text", "choices", "answers").iter_rows()
    right = [said == letter for said, letter in (named_option(*row) for row in rows)]
    return items.select(*grouping(items), right=pl.Series(right, dtype=pl.Boolean), questions=pl.lit(1))


_PAPER = "Myung et al. 2024: BLEnD"


def _metric(name: str, meaning: str, formula: str, chance: str, misleads: str, tally: Tally) -> BehaviourMetric:
    return BehaviourMetric(
        name=name, meaning=meaning, formula=formula, inputs=("sum of the scores of questions", "questions"),
        source=_PAPER, lowest=0.0, highest=1.0, higher_is_better=True, chance=chance, misleads=misleads, compute=share,
        tally=tally,
    )  # fmt: skip


_FORMS = (
    "Words are compared as they are written, for there is no lemmatiser here: languages with many forms of a word come "
    "out too low. A long reply holds more answers."
)
BLEND_SHORT = _metric(
    "blend_short",
    "Share of questions whose reply holds an answer that annotators gave (SEM-B).",
    "|reply holds an answer| / n",
    "0 for free answers",
    _FORMS,
    _short(False),
)
BLEND_WEIGHTED = _metric(
    "blend_weighted",
    "Mean over questions of the count of the answer in the reply over that of the most frequent one (SEM-W).",
    "mean of count(answer in the reply) / count(most frequent answer)",
    "0 for free answers",
    f"{_FORMS} It calls rare customs wrong.",
    _short(True),
)
BLEND_CHOICE = _metric(
    "blend_choice",
    "Share of multiple-choice questions whose reply names the right option.",
    "|right option| / n",
    "1 over the number of options",
    "Wrong options are answers of other countries: a model may exclude them without knowing the culture.",
    Tally(CHOICE, _choice),
)
