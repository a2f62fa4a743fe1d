"""Random states of an encoder, and how far those of translations are apart. Imported only once torch is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from isogloss.lab.tuning.instructions import Places, Schedule, descend, steps_of
from isogloss.lab.tuning.pairs import Pairs, PosteriorWeights
from isogloss.lab.tuning.training import Sequences
from isogloss.models.decoder import Decoder, encoded, forced_after
from isogloss.models.runtime import device, padded

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Of the kernels of `discrepancy`."""
MOST_TOKENS = 256
"""Tokens of each side that are compared at once: memory grows with their product."""
NARROW = -4.0
"""The logarithm of the variance at the beginning."""


class Variance(nn.Module):
    """The logarithm of the variance of the states of a sentence, from a mean of its states weighed by attention.

    Parameters
    ----------
    width : int
    """

    def __init__(self, width: int):
        super().__init__()
        self.attention, self.out = nn.Linear(width, 1), nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.out.bias, NARROW)

    def forward(self, states: Any, there: Any) -> Any:
        """Of states (sentences, tokens, width) and where there is a token; shape (sentences, width)."""
        scores = self.attention(states)[..., 0].masked_fill(there == 0, -torch.inf)
        return self.out((torch.softmax(scores, dim=1)[..., None] * states).sum(1))


def discrepancy(first: Any, second: Any) -> Any:
    """The maximum mean discrepancy between two sets of vectors.

    Parameters
    ----------
    first, second : torch.Tensor, shape (vectors, width)

    Returns
    -------
    torch.Tensor
        mean k(x, x') + mean k(y, y') - 2 mean k(x, y), with k = sum over s of C / (C + |x - y|^2), C = 2 s width
        (Gretton et al. 2012; the kernel of Tolstikhin et al. 2018). 0 between a set and itself.
    """

    def kernel(one: Any, other: Any) -> Any:
        squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None]
        distance = (squares - 2 * one @ other.T).clamp(min=0)
        return sum((c / (c + distance)).mean() for c in (2 * scale * first.shape[1] for scale in SCALES))

    return kernel(first, first) + kernel(second, second) - 2 * kernel(first, second)


def transport(first: Any, first_spread: Any, second: Any, second_spread: Any) -> Any:
    """The squared Wasserstein distance of order 2 between normal distributions with diagonal covariance.

    Parameters
    ----------
    first, second : torch.Tensor, shape (distributions, width)
        Means.
    first_spread, second_spread : torch.Tensor, shape (distributions, width)
        Standard deviations.

    Returns
    -------
    torch.Tensor, shape (distributions,)
        |m1 - m2|^2 + |s1 - s2|^2: what that of Bures is where covariances are diagonal.
    """
    return ((first - second) ** 2 + (first_spread - second_spread) ** 2).sum(-1)


def to_prior(means: Any, log_variance: Any) -> Any:
    """KL(N(m, v) || N(0, 1)) for each number: (m^2 + v - 1 - log v) / 2."""
    return (means**2 + log_variance.exp() - 1 - log_variance) / 2


@dataclass
class Sentences:
    """Sentences of a batch as normal distributions around the states of their tokens."""

    states: Any
    there: Any
    log_variance: Any
    drawn: Any = field(init=False)

    def __post_init__(self) -> None:
        self.spread = (self.log_variance / 2).exp()
        self.drawn = self.states + self.spread[:, None] * torch.randn_like(self.states)

    @property
    def means(self) -> Any:
        """The mean of the states of each sentence's tokens, shape (sentences, width)."""
        return (self.states * self.there[..., None]).sum(1) / self.there.sum(1, keepdim=True)

    def tokens(self, of: Any) -> Any:
        """Vectors of tokens, padding left out, some of them drawn if there are many; shape (tokens, width)."""
        found = of[self.there.bool()]
        return found[torch.randperm(len(found), device=found.device)[:MOST_TOKENS]]


@dataclass
class PosteriorTraining:
    """The loss of answers after random states, what keeps these near a prior, and pairs of translations together.

    Parameters
    ----------
    decoder : Decoder
    sequences : Sequences
    pairs : Pairs
        Places in the sequences of translations of one another.
    weights : PosteriorWeights
    """

    decoder: Decoder
    sequences: Sequences
    pairs: Pairs
    weights: PosteriorWeights
    variance: Variance = field(init=False)

    def __post_init__(self) -> None:
        self.variance = Variance(int(self.decoder.model.get_encoder().config.hidden_size)).to(device())

    def train(self, schedule: Schedule, seed: int) -> None:
        steps = steps_of(schedule, self.sequences)

        def loss(part: Places, batch: Places, step: int) -> Any:
            tokens = sum(len(self.sequences[place][1]) for place in batch)
            share, rise = len(part) / len(batch), min(1.0, 2 * step / steps)
            answers, sentences = self._read(part)
            total = answers / tokens + rise * share * self._to_prior(sentences)
            if step % self.weights.every == 0 and len(self.pairs):
                total = total + share * self._together(schedule.batch_size)
            return total

        descend(self.decoder, self.sequences, loss, schedule, seed, [*self.variance.parameters()])

    def _read(self, places: Places) -> tuple[Any, Sentences]:
        """The loss of answers after states that were drawn, summed over tokens; and the sentences."""
        some = [self.sequences[place] for place in places]
        states, there = encoded(self.decoder, [read for read, _ in some])
        sentences = Sentences(states, there, self.variance(states, there))
        answers = [answer for _, answer in some]
        logits = forced_after(self.decoder, sentences.drawn, there, answers)
        right, _ = padded(answers, -100)
        loss = nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), right.to(device()).flatten(), ignore_index=-100, reduction="sum"
        )
        return loss, sentences

    def _to_prior(self, sentences: Sentences) -> Any:
        """How far states are from those of the prior, each sentence's and all together."""
        drawn = sentences.tokens(sentences.drawn)
        divergence = to_prior(sentences.states, sentences.log_variance[:, None])[sentences.there.bool()].mean()
        together = discrepancy(drawn, torch.randn_like(drawn))
        return self.weights.prior * divergence + self.weights.prior_discrepancy * together

    def _together(self, most: int) -> Any:
        """The loss of answers of some pairs of translations, and how far their states are apart."""
        drawn = self.pairs[torch.randperm(len(self.pairs))[:most].numpy()]
        (first, ours), (second, theirs) = (self._read(side) for side in drawn.T)
        answers = sum(len(self.sequences[place][1]) for place in drawn.flatten())
        apart = transport(ours.means, ours.spread, theirs.means, theirs.spread).mean() / ours.states.shape[-1]
        tokens = discrepancy(ours.tokens(ours.states), theirs.tokens(theirs.states))
        return (first + second) / answers + self.weights.transport * apart + self.weights.discrepancy * tokens
