"""Judges of mixed texts: two measures, the share of each language and the order of words, and models that are asked."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.models.inputs import Choice
from isogloss.models.respondents import Meter, Respondent, ask
from isogloss.progress import Progress
from isogloss.texts.identification import NO_LANGUAGE, probabilities
from isogloss.texts.mixing.drafts import Draft, Prompts
from isogloss.texts.mixing.word_languages import check_pair, word_languages
from isogloss.texts.words import cut_words, with_words

SHUFFLES = 19
"""Orders of words that a text is compared with; one in random order is likelier than all of them once in 20 times."""
SURE = 0.8
"""Probability above which a text is in a third language; kin of one of the two has less in mixed texts."""
FEWEST_WORDS = 4
"""Of a text whose order is judged."""


class Judgement(NamedTuple):
    """What a judge says of a text.

    Attributes
    ----------
    score : float or None
        On the judge's scale; None where it gave none that can be read.
    passes : bool
    advice : str
        What goes back to whoever wrote the text.
    """

    score: float | None
    passes: bool
    advice: str


class Judge(ABC):
    """Gives texts a score on a stated scale, of which some let a text pass.

    Attributes
    ----------
    name : str
    scale : str
        From where to where scores go, and which pass.
    against : str
        What a text is compared with to see whether the judge can tell; empty where it is not.
    """

    name: str
    scale: str
    against: ClassVar[str] = ""

    def applies(self, draft: Draft) -> bool:
        """Whether it judges a text of this kind."""
        return True

    def control(self, draft: Draft, seed: int) -> Draft | None:
        """A text that should have a lower score than another; None where there is none."""
        return None

    @abstractmethod
    def judge(
        self, drafts: Sequence[Draft], meter: Meter | None = None, progress: Progress | None = None
    ) -> list[Judgement]:
        """One judgement for each text."""


@dataclass(frozen=True)
class ShareJudge(Judge):
    """Measures the share of words in the embedded language, see `isogloss.texts.word_languages`.

    Parameters
    ----------
    least, most : float
        Shares that pass, both ends with them. A text that is identified as a third language does not pass.
    """

    against: ClassVar[str] = "the texts in one language that they were made from"

    least: float = 0.15
    most: float = 0.6
    name: str = "share"

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.most < 1:
            raise BadValue(f"shares from {self.least:g} to {self.most:g} are none between 0 and 1", where="share",
                           hint="give 0 < least <= most < 1")  # fmt: skip

    @property
    def scale(self) -> str:  # type: ignore[override]  # others have it as a field
        """Both ends."""
        return f"0 to 1, the share of words in the embedded language; {self.least:g} to {self.most:g} pass"

    def control(self, draft: Draft, seed: int) -> Draft | None:
        """The text in one language to begin with."""
        return replace(draft, text=draft.source) if draft.source else None

    def judge(
        self, drafts: Sequence[Draft], meter: Meter | None = None, progress: Progress | None = None
    ) -> list[Judgement]:
        """The share of each text; none for one without words."""
        return [self._judge(one) for one in drafts]

    def _judge(self, draft: Draft) -> Judgement:
        found = [language for _, language in word_languages(draft.text, draft.language, draft.embedded)]
        if not found:
            return Judgement(None, False, "It has no words.")
        share, name = found.count(draft.embedded) / len(found), resolve(draft.embedded).name
        code, sure = max(probabilities(draft.text).items(), key=lambda one: one[1])
        if (
            sure > SURE
            and code != NO_LANGUAGE
            and code not in frozenset().union(*check_pair(draft.language, draft.embedded))
        ):
            return Judgement(share, False, f"It is written in {resolve(code).name}.")
        wanted = f"{self.least:.0%} to {self.most:.0%} of the words should be {name}"
        return Judgement(share, self.least <= share <= self.most, f"{share:.0%} of its words are {name}, {wanted}.")


@dataclass(frozen=True)
class OrderJudge(Judge):
    """Measures fluency: the share of random orders of the same words that a model finds less likely than the text.

    Parameters
    ----------
    respondent : Respondent
        One that has likelihoods, and has read both languages.
    least : float
        Share that passes. At 0.95 and 19 orders a text in random order passes once in 20 times.
    seed : int

    Notes
    -----
    Words with letters or digits change places, marks and spaces stay; ties count half. The same words in another order
    have the same languages, so that a model that prefers one of them gains a text nothing. It says nothing of which
    words there are. Texts with fewer than 4 words get no score.
    """

    respondent: Respondent
    least: float = 0.95
    seed: int = 0
    name: str = "order"

    @property
    def scale(self) -> str:  # type: ignore[override]  # others have it as a field
        """Chance with it."""
        return (
            f"0 to 1, the share of {SHUFFLES} random orders of its words that are less likely, chance 0.5; "
            f"{self.least:g} and more pass"
        )

    def judge(
        self, drafts: Sequence[Draft], meter: Meter | None = None, progress: Progress | None = None
    ) -> list[Judgement]:
        """The share for each text."""
        asked = [one for one in drafts if len(_movable(cut_words(one.text))) >= FEWEST_WORDS]
        orders = [Choice("\n", (one.text, *shuffles(one.text, self.seed, SHUFFLES))) for one in asked]
        found = ask(self.respondent, "score", orders, meter=meter, progress=progress)
        shares = {id(one): _share_below(scores) for one, scores in zip(asked, found, strict=True)}
        return [self._judgement(shares.get(id(one))) for one in drafts]

    def _judgement(self, share: float | None) -> Judgement:
        if share is None:
            return Judgement(None, False, "It has too few words.")
        return Judgement(share, share >= self.least, "Its words are in an order that is not fluent.")


def _share_below(scores: Sequence[float]) -> float:
    text, others = scores[0], np.array(scores[1:])
    return float(np.mean((others < text) + 0.5 * (others == text)))


def shuffles(text: str, seed: int, times: int) -> list[str]:
    """A text with its words in random orders, drawn by seed and text; what stands between words stays."""
    digest = hashlib.sha256(text.encode()).digest()[:8]
    generator = np.random.default_rng([seed, int.from_bytes(digest, "big")])
    words = cut_words(text)
    places = _movable(words)
    made = []
    for _ in range(times):
        others = [*words]
        for to, place in zip(places, generator.permutation(places), strict=True):
            others[to] = words[place]
        made.append(with_words(text, words, others))
    return made


def _movable(words: Sequence[str]) -> list[int]:
    return [place for place, word in enumerate(words) if any(map(str.isalnum, word))]


class Criterion(NamedTuple):
    """What a model is asked of a text: a question, and what the lowest and the highest number mean."""

    question: str
    lowest: str
    highest: str


CRITERIA = {
    "naturalness": Criterion("Would people who speak both languages every day say it like this?", "never", "just so"),
    "fluency": Criterion("Are grammar and wording right in both languages and where they meet?", "wrong", "right"),
    "culture": Criterion("Does it fit the people, places and habits where both are spoken?", "not at all", "fully"),
    "meaning": Criterion("Does it mean the same as this text? {source}", "something else", "the same"),
}
"""What models may be asked to judge, by name; `meaning` only where there was a text to begin with."""
RATE: Prompts = {
    "text": "Text: {text}\n{question}\nFrom 1 ({lowest}) to 5 ({highest}):",
    "chat": "Text: {text}\n\nThe text mixes {language} and {embedded}. {question}\n\nRate it from 1 ({lowest}) to 5 "
    "({highest}). Reply with the number, and then say in a few words, without numbers, what should change.",
}
"""How models are asked to judge."""
_OF_FIVE = re.compile(r"(?<=\d)\s*(?:/|out of|of)\s*5(?![\w.,]*\d)", re.IGNORECASE)
_NUMBER = re.compile(r"[-\w.,]*\d[\w.,]*")


@dataclass(frozen=True)
class PromptedJudge(Judge):
    """Asks a model for a number from 1 to 5.

    Parameters
    ----------
    respondent : Respondent
    name : str
        One of `CRITERIA`.
    least : float
        Number that passes.

    Notes
    -----
    A reply counts if it has one number, from 1 to 5, perhaps followed by "/5" or "out of 5": of two numbers nothing
    tells which is meant. What else it says goes back to whoever wrote the text.
    """

    against: ClassVar[str] = "the same words in random order"

    respondent: Respondent
    name: str
    least: float = 4.0

    def __post_init__(self) -> None:
        if self.name not in CRITERIA:
            raise BadValue(f"'{self.name}' is no criterion", where="criteria", hint=f"known are {', '.join(CRITERIA)}")

    @property
    def scale(self) -> str:  # type: ignore[override]  # others have it as a field
        """Both ends in words."""
        one = CRITERIA[self.name]
        return f"1 ({one.lowest}) to 5 ({one.highest}), as {self.respondent.name} says; {self.least:g} and more pass"

    def control(self, draft: Draft, seed: int) -> Draft | None:
        """The same words in random order."""
        return replace(draft, text=shuffles(draft.text, seed, 1)[0])

    def applies(self, draft: Draft) -> bool:
        return bool(draft.source) or "{source}" not in CRITERIA[self.name].question

    def judge(
        self, drafts: Sequence[Draft], meter: Meter | None = None, progress: Progress | None = None
    ) -> list[Judgement]:
        """What it replies to each text."""
        one = CRITERIA[self.name]
        form = self.respondent.form
        prompts = [
            draft.prompt({form: RATE[form].replace("{question}", one.question)}, form, **one._asdict())
            for draft in drafts
        ]
        replies = ask(self.respondent, "write", prompts, meter=meter, progress=progress)
        return [self._judgement(reply) for reply in replies]

    def _judgement(self, reply: str) -> Judgement:
        score, said = read_rating(reply)
        return Judgement(score, score is not None and score >= self.least, f"{self.name}: {said or 'too low'}.")


def read_rating(reply: str) -> tuple[float | None, str]:
    """The one number from 1 to 5 in a reply, and what else it says; None where there is not one.

    Examples
    --------
    >>> read_rating("Rating: 4/5 - the end is stiff.")
    (4.0, 'the end is stiff')
    >>> read_rating("From 1 to 5 it is a 4")[0] is None
    True
    """
    plain = _OF_FIVE.sub("", " ".join(reply.split()))
    found = _NUMBER.findall(plain)
    number = found[0].strip(".,") if len(found) == 1 else ""
    if not re.fullmatch(r"\d(?:[.,]\d+)?", number) or not 1 <= (score := float(number.replace(",", "."))) <= 5:
        return None, ""
    behind = plain.partition(found[0])[2]
    said = behind if any(map(str.isalpha, behind)) else ""
    return score, said.strip(" \t-–—:;.,()*\"'")
