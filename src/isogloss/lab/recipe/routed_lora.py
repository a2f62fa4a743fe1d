"""`routed-lora`: several low-rank additions beside every linear layer, weighted by a router that reads the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe, _Chosen
from isogloss.models.inputs import Tokens
from isogloss.parameters import Count, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network

LOOKED_AT = 64
"""Training texts of each language whose routes are noted."""


@dataclass(frozen=True)
class RoutedLora(TrainedRecipe):
    """Training in stages: the embeddings, all other weights, and then routed low-rank additions alone.

    Parameters
    ----------
    experts : int, default 6
        How many additions each linear layer has.
    rank : int, default 8
        Of each.
    alpha : int, default 16
        Additions are multiplied by alpha / rank.
    top : int, default 0
        How many additions a text is answered with, those of the largest weights; 0 for all. All are learnt.
    embedding_epochs, shared_epochs : int, default 1 and 2
        How often all examples are gone through with the embeddings alone, and with all other weights of the model; 0
        for not at all.
    shared_learning_rate : float, default 1e-4
        The highest of these two stages.
    learning_rate : float, default 1e-3
        The highest of the additions.

    Notes
    -----
    After MT4CrossOIE: y = W x + (alpha / rank) sum_i p_i B_i A_i x with p = softmax(R h), h being the state of the
    text's first token before the layer, and one R for all linear layers of a layer. The head is learnt in all stages.
    With `top`, others get the logit minus infinity, so that the weights that are left sum to 1 and the others add
    nothing; the release sets weights to 0 and takes the softmax again, by which they still add. B begins as 0. The mean
    of p by language, over layers and some training texts, is noted as `routes`. The control is `lora` of rank experts x
    rank, with as many weights. The other parameters are those of `TrainedRecipe`; few examples of a target after those
    of a source (`shots`) are learnt with them, not after them.
    """

    name: ClassVar[str] = "routed-lora"
    continues: ClassVar[bool] = False

    learning_rate: Positive = 1e-3
    experts: Annotated[int, Ge(2)] = 6
    rank: Count = 8
    alpha: Count = 16
    top: Annotated[int, Ge(0)] = 0
    embedding_epochs: Annotated[int, Ge(0)] = 1
    shared_epochs: Annotated[int, Ge(0)] = 2
    shared_learning_rate: Positive = 1e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.top > self.experts:
            raise BadValue(f"top ({self.top}) is above experts ({self.experts})", hint="leave out top")

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As other encoders, with the languages for the note of routes."""
        return {**super().prepare(corpus, apply), "codes": np.array(corpus.languages, np.str_)}

    def adapt(self, encoder: Any) -> Any:
        """The encoder with additions beside every linear layer, which change nothing at first."""
        from isogloss.lab.recipe.routed_network import with_routed

        return with_routed(encoder, self.experts, self.rank, self.alpha, self.top)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn in stages, and note which additions each language of the training rows goes through."""
        fitted = super().fit(prepared, training)
        network = self._network(prepared, fitted.settings["outputs"], fitted.settings["objective"])
        self._restore(network, fitted.arrays)
        routes = dict(self._routes(network.eval(), prepared, training))
        return replace(fitted, notes={**fitted.notes, "routes": routes})

    def estimate(self, corpus: Corpus, trainings: Any) -> Estimate:
        """As for fine-tuning with the epochs of all stages."""
        epochs = self.embedding_epochs + self.shared_epochs + self.epochs
        return super(RoutedLora, replace(self, epochs=epochs)).estimate(corpus, trainings)

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        embeddings = {id(one) for one in network.encoder.get_input_embeddings().parameters()}
        stages = ((self.embedding_epochs, True), (self.shared_epochs, False))
        for epochs, is_first in stages:
            if not epochs:
                continue
            for name, parameter in network.named_parameters():
                is_own = not _is_expert(name) and (id(parameter) in embeddings) == is_first
                parameter.requires_grad_(name.startswith("head.") or is_own)
            stage = replace(self, epochs=epochs, learning_rate=self.shared_learning_rate)
            stage._train(network, tokens, training.rows, training.labels, training.seed, _Chosen())
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith("head.") or _is_expert(name))
        notes = super()._learn_source(network, tokens, training)
        network.requires_grad_(True)
        return notes

    def _routes(self, network: Network, prepared: Arrays, training: Training) -> Iterator[tuple[str, list[float]]]:
        from isogloss.lab.recipe.routed_network import routes

        tokens = Tokens.of(prepared, "train")
        firsts = np.concatenate([[0], np.cumsum(prepared["train_rows_of"])])
        for code, (first, last) in zip(prepared["codes"].tolist(), pairwise(firsts.tolist()), strict=True):
            own = training.rows[(training.rows >= first) & (training.rows < last)][:LOOKED_AT]
            if len(own):
                yield code, [round(one, 4) for one in routes(network, tokens, tokens.sequences_of(own)).tolist()]


def _is_expert(name: str) -> bool:
    return ".expert_" in name
