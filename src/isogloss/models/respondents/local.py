"""Respondents that run here: decoders, encoder-decoders, and masked models with a mask for each token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from isogloss.errors import BadValue
from isogloss.models.chat import Chat
from isogloss.models.checkpoints import configuration, fingerprint, is_causal, load_tokenizer, locate
from isogloss.models.decoder import shared_decoder
from isogloss.models.generation import generate
from isogloss.models.inputs import SLOT, Choice, Cloze
from isogloss.models.likelihood import Likelihoods, score
from isogloss.models.masked import load_masked, score_masked
from isogloss.models.respondents.base import Form, Keep, Meter, Respondent, RunSettings
from isogloss.models.runtime import metered

VERSION = 1
BLANK = "___"
"""What stands for a slot where the answer is given behind the sentence."""


@dataclass(frozen=True)
class LocalRespondent(Respondent):
    """A checkpoint on this machine.

    Parameters
    ----------
    checkpoint : str
        See `isogloss.models.locate`.
    settings : RunSettings
    """

    checkpoint: str
    settings: RunSettings

    @property
    def name(self) -> str:  # type: ignore[override]  # others have it as a field
        """The last part of the checkpoint's name."""
        return self.checkpoint.rstrip("/").rpartition("/")[2].removesuffix(".gguf")

    @property
    def form(self) -> Form:  # type: ignore[override]  # others have it as a field
        """A text, where nothing else is said."""
        return self.settings.form or "text"

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the checkpoint stands for its place."""
        one = self.settings
        decided = {name: getattr(one, name) for name in
                   ("form", "system", "normalise", "max_new", "stop", "max_length", "precision")}  # fmt: skip
        return {"local": fingerprint(self.folder), "version": VERSION, **decided}

    @property
    def together(self) -> int:
        return 32

    def score(self, batches: Sequence[Sequence[Choice]], keep: Keep, meter: Meter) -> None:
        """Score batch after batch."""
        for place, batch in enumerate(batches):
            with metered() as counts:
                likelihoods = self._score(batch)
            meter.tokens_in += int(counts.get("tokens", 0))
            values = likelihoods.normalised(self.settings.normalise)
            keep(place, [values[first:last].tolist() for first, last in pairwise(likelihoods.starts)])

    def write(self, batches: Sequence[Sequence[str]], keep: Keep, meter: Meter) -> None:
        """Write greedily, batch after batch."""
        if self._is_masked:
            raise BadValue("a masked model writes no replies", where=self.name, hint="give every item its choices")
        decoder = shared_decoder(self.folder, self.settings.precision)
        for place, batch in enumerate(batches):
            prompts = [prompt.rstrip(" ") if self._chat is None else self._chat.prompt([], prompt) for prompt in batch]
            with metered() as counts:
                replies = generate(
                    decoder, prompts, max_new=self.settings.max_new, stop=self.settings.stop,
                    max_length=self.settings.max_length,
                )  # fmt: skip
            meter.tokens_in += int(counts.get("tokens", 0))
            keep(place, replies)

    def _score(self, batch: Sequence[Choice]) -> Likelihoods:
        if self._is_masked:
            clozes = [one if isinstance(one, Cloze) else Cloze(one.premise + SLOT, one.choices) for one in batch]
            return score_masked(
                load_masked(self.folder, self.settings.precision), clozes, max_length=self.settings.max_length
            )
        parts = [self.parts(one) for one in batch]
        decoder = shared_decoder(self.folder, self.settings.precision)
        return score(
            decoder, [prompt for prompt, _ in parts], [ways for _, ways in parts], max_length=self.settings.max_length
        )

    def parts(self, one: Choice) -> tuple[str, list[str]]:
        """A prompt, and the ways it may go on."""
        if self._chat is not None:
            return self._chat.prompt([], one.premise.replace(SLOT, BLANK).strip()), list(one.choices)
        before, after = one.premise, ""
        if isinstance(one, Cloze):
            before, _, after = one.premise.partition(SLOT)
        prompt = before.rstrip(" ")
        return prompt, [before[len(prompt) :] + choice + after for choice in one.choices]

    @property
    def model(self) -> Any:
        """The transformer that answers."""
        load = load_masked if self._is_masked else shared_decoder
        return load(self.folder, self.settings.precision).model

    def prompt(self, one: Choice) -> str:
        """What it reads before it answers; a masked model has a mask where the answer belongs."""
        if not self._is_masked:
            return self.parts(one)[0]
        premise = one.premise if SLOT in one.premise else one.premise + SLOT
        return premise.replace(SLOT, load_tokenizer(self.folder).mask_token)

    @property
    def end_of_turn(self) -> str:
        """What it ends a turn of a chat with."""
        return str(load_tokenizer(self.folder).eos_token or "\n")

    @cached_property
    def _chat(self) -> Chat | None:
        if self.form != "chat":
            return None
        return Chat(load_tokenizer(self.folder), self.settings.system)

    @cached_property
    def folder(self) -> Path:
        """Where the checkpoint is."""
        return locate(self.checkpoint)

    @cached_property
    def _is_masked(self) -> bool:
        is_seq2seq = bool(getattr(configuration(self.folder), "is_encoder_decoder", False))
        return not is_seq2seq and not is_causal(self.folder)
