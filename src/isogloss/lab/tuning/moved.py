"""Answers after states of an encoder that are moved from one language to another. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from isogloss.lab.tuning.instructions import Places, Schedule, descend
from isogloss.lab.tuning.training import Sequences
from isogloss.models.decoder import Decoder, encoded, forced_after
from isogloss.models.runtime import device, padded


def means_of(decoder: Decoder, sequences: Sequences, groups: Sequence[str]) -> dict[str, Any]:
    """The mean of the states of all tokens that each group of examples reads, shape (width,)."""
    totals: dict[str, Any] = {}
    counts: dict[str, int] = {}
    with torch.no_grad():
        for (read, _), group in zip(sequences, groups, strict=True):
            states, _ = encoded(decoder, [read])
            totals[group] = totals.get(group, 0) + states[0].sum(0)
            counts[group] = counts.get(group, 0) + states.shape[1]
    return {group: total / counts[group] for group, total in totals.items()}


def train_moved(
    decoder: Decoder, sequences: Sequences, groups: Sequence[str], onto: str, schedule: Schedule, seed: int
) -> None:
    """Lower the mean cross entropy of answers after moved states.

    Parameters
    ----------
    decoder : Decoder
        Its encoder does not learn.
    sequences : Sequences
    groups : sequence of str
        Of each; the states of a group are moved by the mean of `onto` less its own, those of "" are not.
    onto : str
    schedule : Schedule
    seed : int
    """
    decoder.model.eval()
    means = means_of(decoder, sequences, groups)
    still = torch.zeros_like(means[onto])
    moves = {group: means[onto] - mean if group else still for group, mean in means.items()}

    def loss(part: Places, batch: Places, step: int) -> Any:
        tokens = sum(len(sequences[place][1]) for place in batch)
        some = [sequences[place] for place in part]
        states, there = encoded(decoder, [read for read, _ in some])
        moved = states + torch.stack([moves[groups[place]] for place in part])[:, None]
        answers = [answer for _, answer in some]
        right, _ = padded(answers, -100)
        return torch.nn.functional.cross_entropy(
            forced_after(decoder, moved, there, answers).flatten(0, 1).float(), right.to(device()).flatten(),
            ignore_index=-100, reduction="sum",
        ) / tokens  # fmt: skip

    descend(decoder, sequences, loss, schedule, seed)
