"""What a model is asked about: a text, the words of a sentence, a choice, a question with its context."""

from __future__ import annotations

from typing import NamedTuple


class Choice(NamedTuple):
    """A beginning and the ways it may go on, of which one is right."""

    premise: str
    choices: tuple[str, ...]


SLOT = "<mask>"
"""Stands in the premise of a `Cloze` where the answer belongs."""


class Cloze(Choice):
    """A sentence with a slot, and what may stand in it; how many choices there are differs by item."""

    def filled(self) -> tuple[str, ...]:
        """The sentence with each choice in its slot."""
        return tuple(self.premise.replace(SLOT, choice) for choice in self.choices)


class Question(NamedTuple):
    """A question, and a context in which its answer stands."""

    question: str
    context: str


Input = str | tuple[str, ...] | Choice | Question
"""What is answered about: a text, the words of a sentence, a choice, or a question with its context."""


def is_words(one: Input) -> bool:
    """Whether an input is the words of a sentence, each of which gets an answer."""
    return type(one) is tuple
