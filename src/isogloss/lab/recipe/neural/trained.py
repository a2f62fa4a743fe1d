"""What recipes share that adapt weights of a pretrained model by gradient descent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.lab.recipe import Answers, Arrays, Corpus, Estimate, Fitted, Stage, Training
from isogloss.lab.recipe.neural import NeuralRecipe, holdout, objective_of, validation_score
from isogloss.lab.task import NO_LABEL
from isogloss.metrics.ranking import average_precision, ranked
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import Tokens, join
from isogloss.models.runtime import device, start_torch
from isogloss.models.tokenizers import overlap
from isogloss.parameters import Count, NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network
    from isogloss.lab.recipe.neural.training import Schedule

LAST, BEST = "last", "best"
SOURCE_DEV = "validation data of the source"
HELD_OUT = "a fifth of the source's training examples, not learnt from"

Weights = dict[str, np.ndarray[Any, Any]]
AnyNetwork = TypeVar("AnyNetwork", bound="Network")


@dataclass(frozen=True)
class TrainedRecipe(NeuralRecipe):
    """Gradient descent on a pretrained encoder with a new linear head.

    Parameters
    ----------
    epochs : int, default 5
        How often all examples are gone through.
    batch_size : int, default 32
        Texts, sentences or choices.
    learning_rate : float, default 1e-4
        The highest, of AdamW.
    warmup : float, default 0.1
        Share of the steps in which the learning rate rises.
    weight_decay : float, default 0.01
        Of AdamW.
    dropout : float, default 0.1
        Before the head.
    pooling : {"mean", "cls", "last", "weighted", "max", "pooler"}, default "mean"
        How a text becomes one vector, see `isogloss.models.pool`; "pooler" is the model's own.
    select : {"last", "best"}, default "last"
        Which epoch's weights are taken: the last one's, or those that do best on the source's validation data
        (where it has none, on a fifth of its training examples, which are then not learnt from).

    Notes
    -----
    No example of a target is ever chosen on.
    """

    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "labels", "value", "ranking", "choice", "span")
    continues: ClassVar[bool] = True

    epochs: Count = 5
    batch_size: Count = 32
    learning_rate: Positive = 1e-4
    warmup: NotNegative = 0.1
    weight_decay: NotNegative = 0.01
    dropout: NotNegative = 0.1
    pooling: Literal["mean", "cls", "last", "weighted", "max", "pooler"] = "mean"
    select: Literal["last", "best"] = "last"

    @property
    def selects(self) -> bool:
        return self.select == BEST

    def adapt(self, encoder: Any) -> Any:
        """The encoder with whatever the recipe adds to it."""
        return encoder

    def is_learnt(self, name: str) -> bool:
        """Whether a weight of the encoder is learnt; the head always is."""
        return True

    def objective(self, labels: np.ndarray[Any, Any]) -> str:
        """What is learnt, see `isogloss.lab.recipe.neural.network.Network`."""
        return objective_of(labels)

    def check_training(self, training: Training) -> None:
        """Raise BadValue if nothing can be learnt from the training rows: all have the same label, or labels."""
        labels = training.labels
        if self.takes_gaps and objective_of(labels) == "label" and labels.ndim == 1:
            labels = labels[labels != NO_LABEL]
        if len(np.unique(labels, axis=0)) < 2:
            raise BadValue("all training examples have the same label", hint="take more of them, or another seed")

    def begin(self, network: Network, prepared: Arrays, training: Training) -> None:
        """Whatever is learnt before the training rows."""

    @property
    def schedule(self) -> Schedule:
        """How long and how fast to learn."""
        from isogloss.lab.recipe.neural.training import Schedule

        return Schedule(
            self.epochs, self.batch_size, self.learning_rate, self.warmup, self.weight_decay, self.precision
        )

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the training rows, and then from those of further stages.

        Raises
        ------
        BadValue
            If all rows have the same label, or labels.
        """
        torch = start_torch()
        tokens = Tokens.of(prepared, "train")
        self.check_training(training)
        objective = "ranking" if tokens.has_rankings else self.objective(training.labels)
        outputs = _outputs(tokens, training, objective)
        training, center, scale = _standardised(training) if objective == "value" else (training, 0.0, 1.0)
        with torch.random.fork_rng():
            torch.manual_seed(training.seed)
            network = self._network(prepared, outputs, objective)
            self.begin(network, prepared, training)
            notes = self._first_stage(network, tokens, training)
            for number, stage in enumerate(training.then, start=1):
                torch.manual_seed(training.seed + number)
                beside = self.beside_stage(network, tokens, stage)
                self._train(network, tokens, stage.rows, stage.labels, training.seed + number, _Chosen(), beside)
        common = _most_common(training.labels) if tokens.has_words and len(training.labels) else 0
        settings = {"outputs": outputs, "common": common, "objective": objective, "center": center, "scale": scale}
        return Fitted(self._learnt(network), settings, notes)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The most likely answer to every test unit; for words that were cut off, the most common label."""
        torch = start_torch()
        network = self.restored(prepared, fitted)
        if self.precision == "bfloat16":
            network.encoder.to(torch.bfloat16)
        found = self._answer(network, Tokens.of(prepared, "test"), fitted.settings["common"])
        if fitted.settings["objective"] == "value":
            found = found * fitted.settings["scale"] + fitted.settings["center"]
        return {"": found}

    def restored(self, prepared: Arrays, fitted: Fitted) -> Network:
        """The network with what was learnt, ready to answer."""
        network = self._network(prepared, fitted.settings["outputs"], fitted.settings["objective"])
        self._restore(network, fitted.arrays)
        return network.eval()

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """From the speed of the encoder: a training step takes thrice as long as an answer."""
        per_text, tested, lengths = self._count_tokens(corpus)
        rate = self._tokens_per_second(lengths)
        texts = sum(len(one.rows) + sum(len(stage.rows) for stage in one.then) for one in trainings) / len(trainings)
        parameters = self.facts()["parameters"]
        # Weights as read and as adapted, gradients, two moments; torch itself.
        worker = 4 * parameters * 5 + 5e8
        seconds = (3 * self.epochs * texts * per_text + tested) / rate
        return Estimate(0.0, seconds, 0.0, worker, 0.0, f"{rate:.0f} tokens/s tried")

    def finish(self, epochs: list[Weights]) -> Weights | None:
        """The weights to end with, from those after each epoch that was kept; None for those there are."""
        return None

    def keeps(self, epoch: int) -> bool:
        """Whether the weights after an epoch are needed later."""
        return False

    def _answer(self, network: Network, tokens: Tokens, common: int) -> np.ndarray[Any, Any]:
        from isogloss.lab.recipe.neural.network import answer, answer_spans

        if tokens.has_spans:
            return answer_spans(network, tokens, overlap(self.max_length))
        return answer(network, tokens, common)

    def _score(self, network: Network, tokens: Tokens, labels: Any) -> float:
        """How good the answers are, by what is chosen by."""
        answers = self._answer(network, tokens, 0)
        if tokens.has_rankings:
            return float(ranked(average_precision, labels, answers, tokens.units).mean())
        if tokens.has_spans:
            from isogloss.lab.recipe.neural.network import shared_characters

            return shared_characters(answers, labels)
        return validation_score(answers, labels, words=tokens.has_words)

    def _network(self, prepared: Arrays, outputs: int, objective: str) -> Network:
        encoder = self.adapt(deepcopy(shared_encoder_model(self.folder, "float32")))
        kind = self._network_type()
        return self._ready(kind(encoder, outputs, self.pooling, self.dropout, objective=objective))

    def _ready(self, network: AnyNetwork) -> AnyNetwork:
        """A network whose head and whatever `is_learnt` names want a gradient, and nothing else, on the device."""
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith("head.") or self.is_learnt(name))
        return network.to(device())

    def _network_type(self) -> type[Network]:
        from isogloss.lab.recipe.neural.network import Network

        return Network

    def _first_stage(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        """Learn from the source, or take what was learnt if the job before began alike."""
        if not training.then:
            return self._learn_source(network, tokens, training)
        global _begun
        key = self._beginning(training)
        if _begun is None or _begun[0] != key:
            notes = self._learn_source(network, tokens, training)
            _begun = key, self._learnt(network), notes
        else:
            self._restore(network, _begun[1])
        return _begun[2]

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        rows, labels = training.rows, training.labels
        if not self.selects:
            self._train(network, tokens, rows, labels, training.seed, _Chosen(), self.beside(network, tokens, training))
            return {"selected_on": "nothing: the weights after the last step are taken"}
        dev_rows, dev_labels, where = training.dev_rows, training.dev_labels, SOURCE_DEV
        if not len(dev_rows):
            aside = holdout(len(rows), training.seed)
            of_units = np.repeat(aside, np.diff(tokens.units)[rows])
            dev_rows, dev_labels, where = rows[aside], labels[of_units], HELD_OUT
            rows, labels = rows[~aside], labels[~of_units]
        some = join([tokens.part(row, row + 1) for row in dev_rows])
        chosen = _Chosen(lambda network: self._score(network, some, dev_labels))
        self._train(network, tokens, rows, labels, training.seed, chosen, self.beside(network, tokens, training))
        self._restore(network, chosen.weights)
        found = {"selected": {"epoch": chosen.epoch}, "validation_score": round(chosen.score, 4)}
        return {**found, "selected_on": where}

    def beside(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None] | None:
        """What adds the gradient of another loss for the rows of each batch of the source; nothing by default."""
        return None

    def beside_stage(self, network: Network, tokens: Tokens, stage: Stage) -> Callable[[Any], None] | None:
        """The same for a further stage."""
        return None

    def _train(
        self, network: Network, tokens: Tokens, rows: Any, labels: Any, seed: int, chosen: _Chosen,
        beside: Callable[[Any], None] | None = None,
    ) -> None:  # fmt: skip
        from isogloss.lab.recipe.neural.training import train

        kept: list[Weights] = []

        def after_epoch(epoch: int) -> None:
            if self.keeps(epoch):
                kept.append(self._learnt(network))
            if chosen.is_better(network, epoch):
                chosen.weights = self._learnt(network)

        train(network, tokens, rows, labels, self.schedule, seed, after_epoch, beside)
        if (last := self.finish(kept)) is not None:
            self._restore(network, last)

    def _learnt(self, network: Network) -> Weights:
        return {
            name: parameter.detach().cpu().numpy().copy()
            for name, parameter in network.named_parameters()
            if parameter.requires_grad
        }

    def _restore(self, network: Network, weights: Weights) -> None:
        torch = start_torch()
        wanted = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
        if wanted != set(weights):
            raise BadFile("holds the weights of another model", where=self.name, hint="train it again")
        network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=False)

    def _beginning(self, training: Training) -> str:
        digest = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode())
        digest.update(training.rows.tobytes() + training.labels.tobytes() + training.dev_rows.tobytes())
        digest.update(f"{training.seed} {training.labels_count}".encode())
        return digest.hexdigest()


_begun: tuple[str, Weights, dict[str, Any]] | None = None
"""What this process learnt last from a source alone: jobs that go on from there stand beside each other."""


def _outputs(tokens: Tokens, training: Training, objective: str) -> int:
    """What the head gives: a score per label, one per choice or number, or two for the ends of an answer."""
    if tokens.has_spans:
        return 2
    return (
        1
        if tokens.has_choices or objective in ("value", "ranking")
        else training.labels_count or int(training.labels.max()) + 1
    )


def _most_common(labels: np.ndarray[Any, Any]) -> int:
    """The label of most units, or with the largest share of all."""
    return int((labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels[labels != NO_LABEL])).argmax())


def _standardised(training: Training) -> tuple[Training, float, float]:
    """The training with its numbers less their mean, by their standard deviation, and these two."""
    center, scale = float(training.labels.mean()), float(training.labels.std())

    def scaled(labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return (labels - center) / scale

    then = tuple(replace(stage, labels=scaled(stage.labels)) for stage in training.then)
    scaled_training = replace(
        training, labels=scaled(training.labels), dev_labels=scaled(training.dev_labels), then=then
    )
    return scaled_training, center, scale


class _Chosen:
    """The best epoch so far, by some score; by none, no epoch is."""

    def __init__(self, score: Callable[[Network], float] | None = None):
        self._score = score
        self.score, self.epoch = -np.inf, 0
        self.weights: Weights = {}

    def is_better(self, network: Network, epoch: int) -> bool:
        """Whether an epoch does better than all before."""
        if self._score is None:
            return False
        network.eval()
        score = self._score(network)
        network.train()
        if score <= self.score:
            return False
        self.score, self.epoch = score, epoch
        return True
