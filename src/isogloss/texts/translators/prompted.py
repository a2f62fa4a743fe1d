"""`prompted`: a decoder on this machine, or a model behind an endpoint, that is asked to translate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.models.respondents import Respondent, RunSettings, ask, open_respondent
from isogloss.parameters import Count
from isogloss.texts.translators import Passage, Translator

PROMPTS = {
    "text": "{source}: {text}\n{target}:",
    "chat": "Translate this text from {source} into {target}. Write nothing but the translation.\n\n{text}",
}
"""What is asked where no prompt is given, by form."""


@dataclass(frozen=True)
class PromptedTranslator(Translator):
    """Asks a model to translate; the same model may answer afterwards, which is then its own translator.

    Parameters
    ----------
    model : str
        A checkpoint, as `isogloss.models.locate` takes it, or the address of an endpoint: `http://localhost:8000/v1#NAME`.
    prompt : str
        What it is asked, with `{text}`, and perhaps `{source}` and `{target}`, the languages in English; examples of
        translations may stand before.
    form : {"", "text", "chat"}, default ""
        Whether a prompt is a text to go on from, or a turn of a chat; by default text for local models, and chat for
        endpoints.
    max_new : int, default 256
        Tokens of a translation at most.
    max_length : int, default 2048
        Tokens of prompt and translation together, of local models.

    Notes
    -----
    A translation is the first line of the reply, and the lines of a text are joined. What a model replies is kept in
    the cache folder. Nothing checks that the reply is a translation: see `isogloss behaviour confusion` for its
    language, and `isogloss behaviour generation` beside translations by people.
    """

    name: ClassVar[str] = "prompted"
    kept: ClassVar[bool] = False  # replies are
    unlabelled: ClassVar[tuple[str, ...]] = ("model",)

    model: str = ""
    prompt: str = ""
    form: Literal["", "text", "chat"] = ""
    max_new: Count = 256
    max_length: Annotated[int, Ge(4)] = 2048

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise BadValue(f"translator '{self.name}' needs a model", hint='write model = "folder of a decoder"')
        if self.prompt and self.prompt.count("{text}") != 1:
            raise BadValue(f"the prompt has {{text}} {self.prompt.count('{text}')} times",
                           where=f"translator '{self.name}'", hint="write it once")  # fmt: skip

    @property
    def label(self) -> str:
        """With the name of the model."""
        return f"{self.name}:{self._respondent.name}"

    @property
    def identity(self) -> dict[str, Any]:
        """The model by its content, or its address, and what it is asked."""
        asked = {"prompt": self.prompt or PROMPTS[self._respondent.form], "respondent": {**self._respondent.identity}}
        return {"translator": self.name, "version": self.version, **asked}

    @cached_property
    def _respondent(self) -> Respondent:
        return open_respondent(
            self.model, RunSettings(form=self.form or None, max_new=self.max_new, max_length=self.max_length)
        )

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Nothing: a model may be asked for any language."""

    def describe(self, origin: str, into: str) -> str:
        """The name of the model."""
        return self.label

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        names = {"{source}": resolve(origin).name, "{target}": resolve(into).name}
        template = self.prompt or PROMPTS[self._respondent.form]
        for place, name in names.items():
            template = template.replace(place, name)
        before, behind = template.split("{text}")
        prompts = [before + " ".join(passage.text.split()) + behind for passage in passages]
        return [reply.strip() for reply in ask(self._respondent, "write", prompts)]
