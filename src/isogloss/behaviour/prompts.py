"""Questions as prompts, and what a reply says."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence

from isogloss.errors import BadValue
from isogloss.models.inputs import SLOT, Choice, Cloze

PLAIN = "Question: {question}\nAnswer: "
LISTED = "{question}\n{choices}\nAnswer: "
CHAT = "{question}"
LISTED_CHAT = "{question}\n{choices}\nAnswer with the letter of the right choice alone."
BLANK = "___"
PLACE, CHOICES = "{question}", "{choices}"
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
"""How the names of letters begin that are written without spaces between words."""


def check_template(template: str, *, listed: bool) -> None:
    """Refuse a template without places for what it must hold.

    Raises
    ------
    BadValue
    """
    for place in (PLACE, *([CHOICES] if listed else [])):
        if template and template.count(place) != 1:
            reason = f"{place} stands {template.count(place)} times in '{template}'"
            raise BadValue(reason, where="template", hint="write it once")


def ranked_prompt(question: str, choices: Sequence[str], template: str = "") -> Choice:
    """A prompt whose choices are scored as texts: in the slot of the question if it has one, else behind it."""
    if SLOT in question:
        return Cloze(question, tuple(choices))
    return Choice((template or PLAIN).replace(PLACE, question), tuple(choices))


def listed_prompt(question: str, choices: Sequence[str], template: str = "", *, is_chat: bool = False) -> Choice:
    """A prompt that lists its choices, of which a letter is the answer."""
    letters = string.ascii_uppercase[: len(choices)]
    if len(choices) > len(letters):
        raise BadValue(f"{len(choices)} choices are too many to list", where="questions", hint="give at most 26")
    listed = "\n".join(f"{letter}. {choice}" for letter, choice in zip(letters, choices, strict=True))
    filled = {PLACE: question.replace(SLOT, BLANK), CHOICES: listed}
    # In one go: what is filled in may have braces itself.
    text = re.sub(
        r"\{question\}|\{choices\}", lambda place: filled[place[0]], template or (LISTED_CHAT if is_chat else LISTED)
    )
    return Choice(text, tuple(letters))


def open_prompt(question: str, template: str = "", *, is_chat: bool = False) -> str:
    """A prompt that is to be replied to."""
    plain = CHAT if is_chat or SLOT in question else PLAIN
    return (template or plain).replace(PLACE, question.replace(SLOT, BLANK))


def demonstration(
    question: str, choices: Sequence[str], answer: str, template: str = "", *, listed: bool, is_chat: bool = False
) -> str:
    """A question with its answer, as a prompt would put it; `listed` gives the letter of a choice."""
    if SLOT in question and not listed:
        return question.replace(SLOT, answer)
    if listed:
        prompt = listed_prompt(question, choices, template, is_chat=is_chat).premise
        answer = string.ascii_uppercase[list(choices).index(answer)]
    elif choices:
        prompt = ranked_prompt(question, choices, template).premise
    else:
        prompt = open_prompt(question, template, is_chat=is_chat)
    return f"{prompt}{answer}" if prompt.endswith(" ") else f"{prompt}\n{answer}"


def fold(text: str) -> str:
    """Text without differences of case, width and space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def chosen_place(reply: str, choices: Sequence[str]) -> int | None:
    """Which of its choices a reply names, by letter or by text; None if it names none, or several.

    The reply is a choice; or begins with a letter and a mark, as `B.` or `(B)`; or holds one letter that stands alone;
    or the text of one choice.
    """
    folded = [fold(choice) for choice in choices]
    text = reply.strip()
    if fold(text.strip(" .")) in folded:
        return folded.index(fold(text.strip(" .")))
    letters = string.ascii_uppercase[: len(choices)]
    if begins := re.match(rf"\W*([{letters}])(?:[.):,\]*]|\s*$)", text):
        return letters.index(begins[1])
    alone = set(re.findall(rf"(?<!\w)([{letters}])(?!\w)", text))
    if len(alone) == 1:
        return letters.index(alone.pop())
    held = [place for place, choice in enumerate(choices) if holds(text, choice)]
    return held[0] if len(held) == 1 else None


def holds(reply: str, answer: str) -> bool:
    """Whether a reply holds an answer, as whole words where its script has spaces between words."""
    text, part = fold(reply), fold(answer)
    if not part:
        return False
    if any(unicodedata.name(mark, "").startswith(UNSPACED) for mark in part):
        return part in text
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None
