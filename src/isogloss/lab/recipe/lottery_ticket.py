"""`lottery-ticket`: soft prompts, and the few weights of the model that further reading moved most."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Le

from isogloss.errors import BadFile, BadValue
from isogloss.lab.recipe.prompt_tuning import PromptTuning
from isogloss.models.checkpoints import fingerprint, locate
from isogloss.models.encoder import load_encoder_model, shared_encoder_model

Matrix = np.ndarray[Any, Any]

SEED = 0
"""Of the weights that `by = "random"` draws: the same ones for all seeds of a grid."""


@dataclass(frozen=True)
class LotteryTicket(PromptTuning):
    """Soft prompts, the head, and a share of the weights of the layers.

    Parameters
    ----------
    trained : str, default ""
        The checkpoint after it has read more text, such as one that `continued-pretraining` made; it says which
        weights are learnt, and nothing of it is kept.
    share : float, default 0.2
        Of the weights of the layers that are learnt; embeddings and the pooler stay as they are.
    by : {"change", "magnitude", "random"}, default "change"
        The weights that reading moved farthest; or, to compare with, the largest ones, or random ones.

    Notes
    -----
    After Lottery Ticket Prompt-learning (2024): the ticket is the top share of |W' - W|, W' being the weights after
    training on text of one language; all are put back to W, and prompts, head and ticket are learnt from the task.
    Weight decay leaves the ticket alone. The other parameters are those of `PromptTuning`.
    """

    name: ClassVar[str] = "lottery-ticket"
    unlabelled: ClassVar[tuple[str, ...]] = (*PromptTuning.unlabelled, "trained")

    trained: str = ""
    share: Annotated[float, Gt(0), Le(1)] = 0.2
    by: Literal["change", "magnitude", "random"] = "change"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by == "change" and not self.trained:
            raise BadValue(
                "lottery-ticket needs the checkpoint after further training",
                hint='add trained = "folder of it", made by continued-pretraining, or by = "magnitude"',
            )

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the trained checkpoint stands for its place."""
        return super().identity | ({"trained": fingerprint(locate(self.trained))} if self.by == "change" else {})

    def changed(self, *left_out: str) -> list[str]:
        """With the name of the trained checkpoint."""
        named = [f"trained={Path(self.trained).name}"] if self.by == "change" else []
        return [*super().changed(*left_out), *named]

    def adapt(self, encoder: Any) -> Any:
        """The encoder with prompts, and with what is added to the weights of the ticket, which is 0 at first."""
        from isogloss.lab.recipe.tickets import add_ticket

        add_ticket(
            encoder, _ticket(self.folder, locate(self.trained) if self.by == "change" else None, self.share, self.by)
        )
        return super().adapt(encoder)

    def is_learnt(self, name: str) -> bool:
        return super().is_learnt(name) or name.endswith(".ticket")


@lru_cache(maxsize=1)
def _ticket(folder: Path, trained: Path | None, share: float, by: str) -> dict[str, Matrix]:
    """Which weights are learnt: places in each flattened tensor, by name.

    Raises
    ------
    BadFile, BadValue
        If the trained checkpoint is of another model, or no weight of it differs.
    """
    before = _of_layers(shared_encoder_model(folder, "float32"))
    if trained is not None:
        after = _of_layers(load_encoder_model(trained))
        if {name: one.shape for name, one in before.items()} != {name: one.shape for name, one in after.items()}:
            raise BadFile("has other weights than the checkpoint", where=str(trained), hint="train that checkpoint")
        ranked = np.concatenate([np.abs(after[name] - one).ravel() for name, one in before.items()])
        if not ranked.any():
            raise BadValue(
                "no weight of a layer differs from the checkpoint", where=str(trained), hint="train it on text"
            )
    elif by == "magnitude":
        ranked = np.concatenate([np.abs(one).ravel() for one in before.values()])
    else:
        ranked = np.random.default_rng(SEED).random(sum(one.size for one in before.values()))
    count = max(1, round(share * len(ranked)))
    chosen = np.zeros(len(ranked), bool)
    chosen[np.argpartition(-ranked, count - 1)[:count]] = True
    chosen &= ranked > 0
    found, first = {}, 0
    for name, one in before.items():
        places = np.flatnonzero(chosen[first : first + one.size])
        first += one.size
        if len(places):
            found[name] = places
    return found


def _of_layers(model: Any) -> dict[str, Matrix]:
    """The weights of a model that can be in a ticket."""
    from torch import nn

    lookups = [name for name, module in model.named_modules() if isinstance(module, nn.Embedding)]
    return {
        name: parameter.detach().float().cpu().numpy()
        for name, parameter in model.named_parameters()
        if name.rpartition(".")[0] not in lookups and "pooler" not in name
    }
