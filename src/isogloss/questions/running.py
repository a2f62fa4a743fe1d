"""Questions that are put to models: how these are run, and what running them took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from isogloss.questions.fields import Number, Pairs, Precision, Shell
from isogloss.questions.question import Question
from isogloss.text import counted

if TYPE_CHECKING:
    from isogloss.models.respondents import Meter, Respondent

MODEL = "A folder of a checkpoint, package:module/path, a downloaded model, or an endpoint: http://HOST/v1#NAME."


class WritesReplies(Question):
    """A question for which models write replies."""

    form: Annotated[
        Literal["text", "chat"] | None,
        Field(description="Whether a prompt is a text to go on from or a turn of a chat; endpoints chat by default."),
    ] = None
    system: Annotated[str, Field(description="What a chat is told before everything else.")] = ""
    precision: Precision = "float32"
    max_new: Annotated[int, Field(ge=1, description="Tokens of a reply at most.")] = 64
    timeout: Annotated[float, Field(gt=0, description="Seconds that an endpoint has for a reply.")] = 60.0
    parallel: Annotated[int, Field(ge=1, le=64, description="Requests to an endpoint at a time.")] = 4
    requests_per_minute: Annotated[Number, Field(description="To an endpoint at most.")] = None
    price: Annotated[
        Pairs,
        Shell(metavar="input=PRICE"),
        Field(description="Price of a million tokens, such as input=0.15 and output=0.6."),
    ] = Field(default_factory=dict)

    def respondent(self, name: str, **changes: Any) -> Respondent:
        """The model of a name, with settings that differ from those of the question."""
        from isogloss.models.respondents import RunSettings, open_respondent

        own = {
            "form": self.form, "system": self.system, "max_new": self.max_new, "precision": self.precision,
            "timeout": self.timeout, "parallel": self.parallel, "requests_per_minute": self.requests_per_minute,
        }  # fmt: skip
        return open_respondent(name, RunSettings(**(own | changes)))

    def meter(self) -> Meter:
        """One that knows the prices."""
        from isogloss.models.respondents import Meter
        from isogloss.models.respondents.base import read_prices

        return Meter(prices=read_prices(self.price))


class RunsModels(WritesReplies):
    """A question that is put to models, which choose or write."""

    template: Annotated[
        str, Field(description="How a question is put, with {question}, and {choices} where they are listed.")
    ] = ""
    listed: Annotated[
        bool, Field(description="List the choices in the prompt and take a letter; endpoints that chat always do.")
    ] = False
    normalise: Annotated[
        Literal["sum", "tokens", "characters"],
        Field(description="Whether a choice counts with its log-likelihood, or with that per token or character."),
    ] = "tokens"

    def respondent(self, name: str, **changes: Any) -> Respondent:
        """The model of a name, and how it weighs choices."""
        return super().respondent(name, **({"normalise": self.normalise} | changes))


def meter_notes(meter: Meter) -> Iterator[str]:
    """What running models took, in words."""
    kept = f", {meter.kept:,} of them answered in earlier runs" if meter.kept else ""
    yield f"{counted(meter.prompts, 'prompt')}{kept}."
    if meter.requests:
        retries = f", {counted(meter.retries, 'retry')}" if meter.retries else ""
        tokens = f"{meter.tokens_in:,} tokens in and {meter.tokens_out:,} out"
        unknown = f" ({counted(meter.uncounted, 'reply')} without a count)" if meter.uncounted else ""
        yield f"{counted(meter.requests, 'request')}{retries}; {tokens}{unknown}."
    if meter.cost is not None:
        yield f"Cost of this run: {meter.cost:.4g}, in the currency of the prices."


def meter_details(meter: Meter) -> dict[str, Any]:
    """The same as numbers."""
    names = ("prompts", "kept", "requests", "retries", "tokens_in", "tokens_out", "uncounted", "cost")
    return {name: getattr(meter, name) for name in names}
