"""Training a decoder on a few demonstrations: on their answers, and to prefer them to what it says itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from isogloss.parameters import Count, Parameterized, Positive

Method = Literal["sft", "dpo", "ditto"]


class Demonstration(NamedTuple):
    """A prompt, and what is to follow it.

    Attributes
    ----------
    prompt : str
        As the model is asked; a space that separates it from the answer stands at the beginning of `answer`.
    answer : str
    end : str
        What ends an answer.
    """

    prompt: str
    answer: str
    end: str = "\n"


@dataclass(frozen=True)
class Tuning(Parameterized):
    """How a decoder is trained on demonstrations.

    Parameters
    ----------
    steps : int, default 30
        Of training on the answers of demonstrations, each on all of them.
    learning_rate : float, default 3e-5
        The highest of these steps, of AdamW.
    preference_steps : int, default 40
        Of training on preferences, which begins where the training on answers ends.
    preference_learning_rate : float, default 1e-6
    samples : int, default 10
        What the model says to each prompt, drawn at temperature 1.
    every : int, default 10
        Steps after which samples are drawn anew by `ditto`; `dpo` draws them once.
    pairs : int, default 24
        Of a step on preferences.
    beta : float, default 0.05
        How far preferences may take the model away from where they began: smaller is further.

    Notes
    -----
    The defaults are those of the release of Shaikh et al. (2024), which trains low-rank adapters of a model with 7
    billion weights. Here all weights are trained, so that a small model needs no other library.
    """

    name: ClassVar[str] = "tuning"

    steps: Count = 30
    learning_rate: Positive = 3e-5
    preference_steps: Count = 40
    preference_learning_rate: Positive = 1e-6
    samples: Count = 10
    every: Count = 10
    pairs: Count = 24
    beta: Positive = 0.05
