"""What a mapping from an encoder into a decoder learns from. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from isogloss.alignment.cosines import Pair
from isogloss.lab.adaptation.objectives.contrast import info_nce
from isogloss.lab.tuning.instructions import Places, Schedule, descend
from isogloss.lab.tuning.mapped import MappedTokens
from isogloss.lab.tuning.training import Sequences, log_likelihoods
from isogloss.models.decoder import Decoder
from isogloss.models.runtime import by_length, padded

Integers = np.ndarray[Any, Any]

TEMPERATURE = 0.07
MARGIN = 1.0
"""Nats per token that an answer should gain by what is mapped."""


def train_used(
    decoder: Decoder, sequences: Sequences, bare: Sequences, schedule: Schedule, seed: int, usage: float
) -> None:
    """Learn answers, and that they depend on what is mapped.

    Parameters
    ----------
    decoder : Decoder
    sequences, bare : Sequences
        Prompts with their answers, with what is mapped and without.
    schedule : Schedule
    seed : int
    usage : float
        Weight of the mean over answers of max(0, margin - gain), where the gain is what an answer's log-probability per
        token has more with what is mapped than without. No gradient goes through the latter.
    """

    def loss(part: Places, batch: Places, step: int) -> Any:
        tokens = sum(len(sequences[place][1]) for place in batch)
        found = log_likelihoods(decoder, [sequences[place] for place in part])
        with torch.no_grad():
            without = log_likelihoods(decoder, [bare[place] for place in part])
        lengths = torch.tensor([len(sequences[place][1]) for place in part], device=found.device)
        lacking = (MARGIN - (found - without) / lengths).clamp(min=0)
        return -found.sum() / tokens + usage * lacking.sum() / len(batch)

    descend(decoder, sequences, loss, schedule, seed)


def train_contrast(
    decoder: Decoder, tokens: MappedTokens, texts: Sequence[Integers], targets: Any, schedule: Schedule, seed: int
) -> None:
    """Bring one vector of each text near the state of its translation, and away from those of others in the batch.

    Parameters
    ----------
    decoder : Decoder
    tokens : MappedTokens
        Of the decoder.
    texts : sequence of numpy.ndarray of int
        In tokens of the encoder.
    targets : torch.Tensor, shape (texts, width)
    schedule : Schedule
    seed : int

    Notes
    -----
    Where memory does not suffice for a batch, each half of it is compared with itself alone.
    """

    def loss(part: Places, batch: Places, step: int) -> Any:
        vectors = tokens.mapping.summary(*tokens.read([texts[place] for place in part]))
        return info_nce(vectors, targets[torch.from_numpy(part)], TEMPERATURE) * len(part) / len(batch)

    nothing = np.empty(0, np.int64)
    descend(decoder, [(one, nothing) for one in texts], loss, schedule, seed)


def final_states(decoder: Decoder, texts: Sequence[Integers]) -> Any:
    """The last layer's state of the last token of each text, (texts, width)."""
    found: list[Any] = [None] * len(texts)
    with torch.no_grad():
        for batch in by_length(np.array([len(one) for one in texts])):
            ids, mask = padded([texts[place] for place in batch], decoder.filler)
            states = decoder.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
            for place, row in zip(batch, states[torch.arange(len(batch)), mask.sum(1) - 1].float(), strict=True):
                found[place] = row
    return torch.stack(found)


def summaries(tokens: MappedTokens, texts: Sequence[Integers]) -> Any:
    """The vector of each text that `train_contrast` compares, (texts, width)."""
    found: list[Any] = [None] * len(texts)
    with torch.no_grad():
        for batch in by_length(np.array([len(one) for one in texts])):
            rows = tokens.mapping.summary(*tokens.read([texts[place] for place in batch]))
            for place, row in zip(batch, rows.float(), strict=True):
                found[place] = row
    return torch.stack(found)


def retrieval(vectors: Any, targets: Any) -> float:
    """Share of the vectors whose own target is the nearest by cosine; half for a tie of two."""
    first, second = (torch.nn.functional.normalize(one.double(), dim=1).cpu().numpy() for one in (vectors, targets))
    return float(np.mean(Pair(first, second).nearest.forward))
