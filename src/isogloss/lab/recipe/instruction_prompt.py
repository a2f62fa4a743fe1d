"""`instruction-prompt`: soft prompts before what a decoder reads are trained on the answers to prompts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from isogloss.errors import BadFile
from isogloss.lab.recipe.instructions import InstructionTune
from isogloss.models.decoder import Decoder
from isogloss.models.runtime import start_torch
from isogloss.parameters import Count, Positive


@dataclass(frozen=True)
class InstructionPrompt(InstructionTune):
    """Soft prompts before what a decoder reads, learnt on the answers to prompts; no weight of the model changes.

    Parameters
    ----------
    epochs : int, default 20
        How often all examples are gone through.
    learning_rate : float, default 1e-2
        The highest, of AdamW.
    length : int, default 20
        How many vectors stand before each prompt.

    Notes
    -----
    Lester, Al-Rfou and Constant (2021). The vectors begin as those of tokens of the vocabulary, drawn by the seed. They
    take places of `max_length`. The other parameters are those of `InstructionTune`.
    """

    name: ClassVar[str] = "instruction-prompt"

    epochs: Count = 20
    learning_rate: Positive = 1e-2
    length: Count = 20

    def adapt(self, model: Any) -> Any:
        from isogloss.lab.tuning.soft_prompt import add_prompts

        return add_prompts(model, self.length)

    def weights(self, model: Any) -> dict[str, Any]:
        from isogloss.lab.tuning.soft_prompt import prompts_of

        return {"prompts": prompts_of(model).vectors.detach().cpu().numpy().copy()}

    def restore(self, model: Any, learnt: dict[str, Any]) -> None:
        torch = start_torch()
        from isogloss.lab.tuning.soft_prompt import prompts_of

        vectors, found = prompts_of(model).vectors, learnt.get("prompts")
        if found is None or found.shape != tuple(vectors.shape):
            raise BadFile("holds the weights of another model", where=self.name, hint="train it again")
        with torch.no_grad():
            vectors.copy_(torch.from_numpy(found))

    @contextmanager
    def _adapted(self, decoder: Decoder) -> Iterator[tuple[Decoder, Any]]:
        from isogloss.lab.tuning.soft_prompt import prompts_of

        with super()._adapted(decoder) as (ready, model):
            yield replace(ready, lead=[*prompts_of(model).ids, *ready.lead]), model
