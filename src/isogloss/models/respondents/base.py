"""What every respondent does, how it is run, and what running it takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from isogloss.errors import BadValue, UnknownName
from isogloss.models.inputs import Choice

Form = Literal["text", "chat"]
Normalise = Literal["sum", "tokens", "characters"]
Keep = Callable[[int, list[Any]], None]
"""Takes the place of a batch and its answers, as soon as they are there."""
PER = 1_000_000
"""Tokens that prices are for."""


@dataclass(frozen=True)
class RunSettings:
    """How models are run.

    Parameters
    ----------
    form : {"text", "chat"}, optional
        Whether a prompt is a text to go on from, or a turn of a chat; by default text for local models, and chat for
        endpoints.
    system : str
        With chat, what is said to the model before everything else.
    normalise : {"sum", "tokens", "characters"}
        Whether a candidate counts with its log-likelihood, or with that per token or per character.
    max_new : int
        Tokens of a reply at most.
    stop : tuple of str
        Where a reply ends.
    max_length : int
        Tokens of prompt and reply together, of local models.
    precision : {"float32", "bfloat16"}
        Of local models.
    timeout : float
        Seconds for a whole reply of an endpoint.
    tries : int
        How often an endpoint is asked before it counts as failed.
    pause : float
        Seconds before the second try; twice as long before each further one.
    parallel : int
        Requests to an endpoint at a time.
    requests_per_minute : float, optional
    """

    form: Form | None = None
    system: str = ""
    normalise: Normalise = "tokens"
    max_new: int = 64
    stop: tuple[str, ...] = ("\n",)
    max_length: int = 2048
    precision: str = "float32"
    timeout: float = 60.0
    tries: int = 5
    pause: float = 0.5
    parallel: int = 4
    requests_per_minute: float | None = None


@dataclass
class Meter:
    """What running models takes.

    Attributes
    ----------
    prompts : int
        Asked in all.
    kept : int
        Of these, answered from what was kept of earlier runs.
    requests, retries : int
        To endpoints.
    tokens_in, tokens_out : int
        As endpoints count them, or, of local models, tokens read and written.
    uncounted : int
        Replies of endpoints that did not say their tokens.
    """

    prompts: int = 0
    kept: int = 0
    requests: int = 0
    retries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    uncounted: int = 0
    prices: dict[str, float] = field(default_factory=dict)

    @property
    def cost(self) -> float | None:
        """In the currency of the prices; None without prices."""
        if not self.prices:
            return None
        tokens = {"input": self.tokens_in, "output": self.tokens_out}
        return sum(price * tokens[name] / PER for name, price in self.prices.items())


def read_prices(prices: Mapping[str, Any]) -> dict[str, float]:
    """Prices per million tokens of `input` and `output`.

    Raises
    ------
    UnknownName, BadValue
    """
    read = {}
    for name, price in prices.items():
        if name not in ("input", "output"):
            raise UnknownName("price", name, ("input", "output"), where="price")
        try:
            read[name] = float(price)
        except (TypeError, ValueError):
            read[name] = -1.0
        if not 0 <= read[name] < float("inf"):
            raise BadValue(f"'{price}' is no price", where="price", hint="give it per million tokens: input=0.15")
    return read


class Respondent(ABC):
    """A model that scores candidates, or writes replies.

    Attributes
    ----------
    name : str
        What tables call it.
    form : {"text", "chat"}
        How it takes prompts.
    has_likelihoods : bool
        Whether it can score candidates.
    """

    name: str
    form: Form = "text"
    has_likelihoods: bool = True

    @property
    @abstractmethod
    def identity(self) -> Mapping[str, Any]:
        """All that decides its answers, as plain values; they are kept under it."""

    @property
    def together(self) -> int:
        """How many prompts are answered in one go, on which an answer may depend."""
        return 1

    @abstractmethod
    def score(self, batches: Sequence[Sequence[Choice]], keep: Keep, meter: Meter) -> None:
        """Score the candidates of prompts: a list of numbers for each, larger is likelier."""

    @abstractmethod
    def write(self, batches: Sequence[Sequence[str]], keep: Keep, meter: Meter) -> None:
        """Reply to prompts: a text for each."""
