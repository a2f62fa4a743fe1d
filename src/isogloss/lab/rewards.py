"""Rewards of answers that a model gives while it learns: by a rule, or by a recipe that was trained on preferences."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadValue

Array = np.ndarray[Any, Any]
RULES = ("answer", "language")
PATTERN = "pattern:"


@dataclass(frozen=True)
class Prompts:
    """What rewards know of the prompts.

    Attributes
    ----------
    texts : sequence of str
        What is asked, without what a template adds.
    answers : sequence of str
        Right ones.
    languages : sequence of str
        Of each prompt, as the task names it.
    """

    texts: Sequence[str]
    answers: Sequence[str]
    languages: Sequence[str]


Reward = Callable[[Prompts, Sequence[Sequence[str]]], Array]
"""From prompts, and the answers to each, to rewards of shape (prompts, answers)."""


def read_reward(reward: str) -> Reward:
    """A reward by its name.

    Parameters
    ----------
    reward : str
        `answer`: 1 for the right answer, whatever its letter case. `language`: 1 for an answer in the language of the
        prompt. `pattern:` and a regular expression: 1 where it is found in an answer. Else the folder of a recipe that
        was trained on choices (`isogloss.lab.save`): 1 for the answer that it chooses of those to a prompt.

    Raises
    ------
    BadValue
        If it is none of these.
    """
    if reward == "answer":
        return _is_right
    if reward == "language":
        return _is_in_language
    if reward.startswith(PATTERN):
        try:
            return _Matches(re.compile(reward.removeprefix(PATTERN)))
        except re.error as error:
            raise BadValue(f"'{reward}' is no regular expression: {error}", where="reward") from None
    if not Path(reward).is_dir():
        hint = f"give {', '.join(RULES)}, {PATTERN}REGULAR_EXPRESSION or the folder of a trained recipe"
        raise BadValue(f"'{reward}' is no reward", where="reward", hint=hint)
    return _Chosen(Path(reward))


def digest_of(reward: str) -> str:
    """What stands for a reward: its name, or the content of its folder."""
    if reward in RULES or reward.startswith(PATTERN):
        return reward
    digest = hashlib.sha256()
    for path in sorted(Path(reward).glob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_right(prompts: Prompts, answers: Sequence[Sequence[str]]) -> Array:
    pairs = zip(prompts.answers, answers, strict=True)
    return np.array([[one.strip().casefold() == right.strip().casefold() for one in some] for right, some in pairs],
                    float)  # fmt: skip


def _is_in_language(prompts: Prompts, answers: Sequence[Sequence[str]]) -> Array:
    from isogloss.texts.identification import codes_of, identify

    found = identify({one for some in answers for one in some})
    wanted = {code: codes_of(code) for code in {*prompts.languages}}
    lacking = sorted(code for code, codes in wanted.items() if not codes)
    if lacking:
        raise BadValue(f"'{lacking[0]}' cannot be identified", where="reward",
                       hint="learn from other languages, or take another reward")  # fmt: skip
    pairs = zip(prompts.languages, answers, strict=True)
    return np.array([[found[one] in wanted[code] for one in some] for code, some in pairs], float)


@dataclass(frozen=True)
class _Matches:
    pattern: re.Pattern[str]

    def __call__(self, prompts: Prompts, answers: Sequence[Sequence[str]]) -> Array:
        return np.array([[self.pattern.search(one) is not None for one in some] for some in answers], float)


class _Chosen:
    """The answer that a recipe trained on choices takes for the best."""

    def __init__(self, folder: Path):
        from isogloss.lab.saving import load

        self._recipe, self._fitted = load(folder)
        if "choice" not in self._recipe.answers:
            raise BadValue(f"{self._recipe.name} answers no choices", where=str(folder),
                           hint="train a recipe on a task of kind multiple-choice")  # fmt: skip

    def __call__(self, prompts: Prompts, answers: Sequence[Sequence[str]]) -> Array:
        from isogloss.lab.kinds import tasks
        from isogloss.lab.recipe import Corpus
        from isogloss.models.inputs import Choice

        choices = [Choice(prompt, tuple(some)) for prompt, some in zip(prompts.texts, answers, strict=True)]
        corpus = Corpus([[]], [choices], ["eng"], tasks.get("multiple-choice")(), [])
        prepared = self._recipe.prepare(corpus, lambda function, values: map(function, values))
        best = np.asarray(self._recipe.predict(prepared, self._fitted)[""], int)
        return np.array(np.arange(len(answers[0])) == best[:, None], float)
