"""Fine-tuning in one language with states that cannot be told from those of another: the loss of DIAL.

Wu et al. 2025, Aligning LLMs with domain invariant reward models. On a task of two choices, the score of each of which
is a number, the loss of the source is that of a reward model: -log sigmoid of the better one's score less the other's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isogloss.lab.recipe import Arrays, Fitted, Training
from isogloss.lab.recipe.neural.target_texts import TargetTextsRecipe
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import device, padded, start_torch
from isogloss.parameters import Count, NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network

WIDTHS = (256, 128)
"""Of the layers of the critic."""
AT_ONCE = 16
"""Texts of each language that are compared in a step."""


@dataclass(frozen=True)
class DomainInvariant(TargetTextsRecipe):
    """Fine-tuning on a source, with states drawn to those of unlabelled texts of the target.

    Parameters
    ----------
    invariance : float, default 0.01
        Weight of the distance between states of source and target, beside the loss of the source.
    critic_steps : int, default 3
        Steps of the critic, which estimates the distance, for each of the model.
    critic_learning_rate : float, default 1e-4
        Of the critic.
    gradient_penalty : float, default 1
        Of the critic.

    Notes
    -----
    One training for each target. Its texts are the training examples of the target, whose labels are not read: the
    task must have some. Where source and target are one language, it is fine-tuning. The distance is that of
    Wasserstein, max over f of E f(source) - E f(target), with a critic f of two hidden layers whose gradient is held at
    length 1 between both (Gulrajani et al. 2017). The other parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "domain-invariant"
    answers: ClassVar[tuple[str, ...]] = ("label", "choice")

    invariance: NotNegative = 0.01
    critic_steps: Count = 3
    critic_learning_rate: Positive = 1e-4
    gradient_penalty: NotNegative = 1.0

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the source, and from the texts of the target; errors are those of `target_rows`."""
        rows = self.target_rows(prepared, training)
        return super().fit(prepared, replace(training, unlabelled=np.setdiff1d(rows, training.rows)))

    def beside(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None] | None:
        of_source = not len(training.unlabelled) or bool(np.isin(training.rows, training.unlabelled).any())
        return None if of_source or not self.invariance else self._drawn_together(network, tokens, training)

    def _drawn_together(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None]:
        """Adds the gradient of the distance between the texts of a batch and as many of the target."""
        torch = start_torch()
        critic = _critic(network.head.in_features).to(device())
        optimizer = torch.optim.Adam(critic.parameters(), lr=self.critic_learning_rate, betas=(0.5, 0.9))
        chance = np.random.default_rng(training.seed)

        def states(rows: Any) -> Any:
            drawn = chance.permutation(tokens.sequences_of(rows))[:AT_ONCE]
            ids, there = padded([tokens.sequence(int(one)) for one in drawn], network.encoder.config.pad_token_id or 0)
            return network.vectors(ids, there).float()

        def add(batch: Any) -> None:
            source = states(batch)
            target = states(chance.permutation(training.unlabelled)[: len(batch)])
            count = min(len(source), len(target))
            source, target = source[:count], target[:count]
            for _ in range(self.critic_steps):
                optimizer.zero_grad()
                apart = critic(source.detach()).mean() - critic(target.detach()).mean()
                (self.gradient_penalty * _steepness(critic, source.detach(), target.detach()) - apart).backward()
                optimizer.step()
            (self.invariance * (critic(source).mean() - critic(target).mean())).backward()

        return add


def _critic(inputs: int) -> Any:
    from torch import nn

    layers, width = [], inputs
    for wide in WIDTHS:
        layers += [nn.Linear(width, wide), nn.GELU()]
        width = wide
    return nn.Sequential(*layers, nn.Linear(width, 1))


def _steepness(critic: Any, source: Any, target: Any) -> Any:
    """How far the length of the critic's gradient is from 1, squared, at points between both."""
    torch = start_torch()
    share = torch.rand(len(source), 1, device=source.device)
    between = (share * source + (1 - share) * target).requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((gradient.norm(dim=1) - 1) ** 2).mean()
