"""`mad-x`, `modular-late-interaction`: adapters of languages, learnt from their texts, and a task on top of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadFile, BadValue
from isogloss.files import cache_folder, write_to_cache
from isogloss.lab.adaptation.objectives.prediction import own_loss
from isogloss.lab.adaptation.texts import digest
from isogloss.lab.adaptation.texts_file import TextsFile
from isogloss.lab.recipe import Apply, Arrays, Corpus, Fitted, Training
from isogloss.lab.recipe.bi_encoder import LateInteraction
from isogloss.lab.recipe.marks import marked
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.languages import resolve
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import tokenize
from isogloss.models.runtime import adamw, device, start_torch
from isogloss.models.tokenizers import Tokenizer
from isogloss.parameters import Count, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.adapter_network import LanguageAdapter
    from isogloss.lab.recipe.neural.network import Network

Matrix = np.ndarray[Any, Any]

SEED = 0
"""Of what is hidden in texts: adapters of languages are the same for all seeds of a grid."""
HIDDEN = 0.15
HELD_OUT = 10
"""Every so many texts one is only measured on."""
CUT = 2


@dataclass(frozen=True)
class MadX(TrainedRecipe):
    """An adapter of each language, learnt from its texts, and one of the task, learnt on that of the source.

    Parameters
    ----------
    texts : str, default ""
        A table with the columns `language` and `text`: what adapters of languages are learnt from, of every language
        of the grid.
    most : int, default 1000
        Texts of each language at most.
    language_size, task_size : int, default 0
        Widths of adapters; 0 for a half and a sixteenth of that of states.
    trains : {"adapter", "shared"}, default "adapter"
        What the task teaches: an adapter of its own, or all of the encoder but its embeddings, as in models that were
        pretrained in modules. Adapters of languages stay either way.
    swapped : bool, default True
        Whether a text is read by the adapter of its own language; otherwise by that of the first source, the control.
    text_epochs : int, default 3
        How often the texts are gone through.
    text_learning_rate : float, default 1e-3
        The highest, of AdamW, in learning from texts.
    learning_rate : float, default 1e-3
        The same in learning the task.

    Notes
    -----
    After a layer, a state h becomes h' = h + U relu(D h + a) + b, those of the language of the text; then the same with
    those of the task. Adapters of languages are learnt one by one by telling hidden words, the model and its head
    staying as they are (MAD-X: Pfeiffer et al. 2020); there is none after the last layer (as in Pfeiffer et al. 2021),
    and none at the embeddings, unlike MAD-X. They are learnt once and kept in the user's cache folder. The notes of a
    training say the loss in each language before and after, in nats per hidden token, on texts held out. The other
    parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "mad-x"
    unlabelled: ClassVar[tuple[str, ...]] = (*TrainedRecipe.unlabelled, "texts")

    learning_rate: Positive = 1e-3
    texts: str = ""
    most: Count = 1000
    language_size: Annotated[int, Ge(0)] = 0
    task_size: Annotated[int, Ge(0)] = 0
    trains: Literal["adapter", "shared"] = "adapter"
    swapped: bool = True
    text_epochs: Count = 3
    text_learning_rate: Positive = 1e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.texts:
            raise BadValue(f"{self.name} names no texts of languages", hint='add texts = "texts.parquet"')
        if not Path(self.texts).is_file():
            raise BadFile("no such file of texts", where=self.texts, hint="correct `texts`")

    @cached_property
    def _read(self) -> dict[str, list[str]]:
        """Texts by canonical language."""
        texts = TextsFile(Path(self.texts), most=self.most).read(where=self.texts)
        return {resolve(code, where=self.texts).id: some for code, some in texts.items()}

    @property
    def identity(self) -> dict[str, Any]:
        """The texts stand for their file."""
        return super().identity | {"texts": digest(self._read)}

    @property
    def preparation(self) -> tuple[Any, ...]:
        return (self.name, digest(self._read), *self._plan, self.swapped, *super().preparation)

    @property
    def _width(self) -> int:
        return self.language_size or max(1, int(self.facts()["embedding_size"]) // 2)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens, and learn the adapters of languages.

        Raises
        ------
        BadValue
            If there are no texts of a language.
        BadFile
            If the model has no head for hidden words.
        """
        from isogloss.models.masked import load_masked

        load_masked(self.folder)  # whether it has a head is to be known before anything is read
        ids = corpus.ids or corpus.languages
        for code, one in zip(corpus.languages, ids, strict=True):
            if len(self._read.get(one, ())) < CUT:
                raise BadValue(f"fewer than {CUT} texts of '{code}'", where=self.texts,
                               hint="add some, or leave out the language")  # fmt: skip
        found = super().prepare(corpus, apply)
        learn = partial(learnt_adapter, self.folder, self.revision, self._plan)
        adapters = list(apply(learn, [tuple(self._read[one]) for one in ids]))
        vocabulary = shared_encoder_model(self.folder, "float32").config.vocab_size
        if self.swapped:
            places = list(range(len(ids)))
        else:
            places = [next(place for place, rows in enumerate(corpus.train) if rows)] * len(ids)
        return marked(found, places, vocabulary) | {
            "adapters": np.stack([one.numbers for one in adapters]),
            "adapter_losses": np.array([one.losses for one in adapters]),
            "adapter_languages": np.array(corpus.languages),
        }

    @property
    def _plan(self) -> Plan:
        return Plan(self._width, self.text_epochs, self.text_learning_rate, self.batch_size, self.max_length)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn the task; notes tell the losses of the adapters of languages."""
        fitted = super().fit(prepared, training)
        losses = {
            str(code): [round(float(one), 4) for one in both]
            for code, both in zip(prepared["adapter_languages"], prepared["adapter_losses"], strict=True)
        }
        return replace(fitted, notes={**fitted.notes, "losses_of_adapters": losses})

    def adapt(self, encoder: Any) -> Any:
        """The encoder as it is: adapters follow once their weights are there."""
        return encoder

    def is_learnt(self, name: str) -> bool:
        if self.trains == "adapter":
            return "encoder.task." in name
        return ".languages." not in name and "embeddings" not in name

    def _network(self, prepared: Arrays, outputs: int, objective: str) -> Network:
        from isogloss.lab.recipe.adapter_network import AdapterEncoder, LanguageAdapter

        network = super()._network(prepared, outputs, objective)
        languages: list[LanguageAdapter] = []
        for numbers in prepared["adapters"]:
            languages.append(LanguageAdapter(network.encoder, self._width))
            languages[-1].numbers = numbers
        size = (self.task_size or max(1, network.encoder.config.hidden_size // 16)) if self.trains == "adapter" else 0
        network.encoder = AdapterEncoder(network.encoder, languages, size)
        return self._ready(network)


@dataclass(frozen=True)
class ModularLateInteraction(MadX, LateInteraction):
    """Late interaction on adapters of languages: learnt on that of the source, answered by that of each target.

    Parameters
    ----------
    trains : {"adapter", "shared"}, default "shared"
        See `MadX`.
    learning_rate : float, default 2e-5
        The highest, of AdamW.

    Notes
    -----
    After ColBERT-XM (Louis et al. 2024), whose encoder was pretrained in modules (X-MOD: Pfeiffer et al. 2022); here
    adapters are learnt after pretraining. The other parameters are those of `MadX` and `LateInteraction`; `rank` is not
    for it.
    """

    name: ClassVar[str] = "modular-late-interaction"
    answers: ClassVar[tuple[str, ...]] = ("ranking",)

    learning_rate: Positive = 2e-5
    trains: Literal["adapter", "shared"] = "shared"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rank:
            raise BadValue("adapters of low rank are another recipe's", where=self.name, hint="leave out rank")


class Plan(NamedTuple):
    """How adapters of languages are learnt; see `MadX`."""

    width: int
    epochs: int
    learning_rate: float
    batch_size: int
    max_length: int


class Learnt(NamedTuple):
    """The adapter of a language: its weights, and the loss on texts held out, before and after."""

    numbers: Matrix
    losses: tuple[float, float]


def learnt_adapter(folder: Path, revision: str, plan: Plan, texts: Sequence[str]) -> Learnt:
    """The adapter of a language, from the cache folder if it was learnt before."""
    start_torch()
    from safetensors.numpy import load_file, save_file

    named = json.dumps([revision, plan, digest({"texts": list(texts)})])
    path = cache_folder() / "language-adapters" / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.safetensors"
    if not path.is_file():
        numbers, losses = _learn(folder, plan, texts)
        made = {"numbers": numbers, "losses": np.array(losses)}
        write_to_cache(path, lambda to: save_file(made, to), "adapters of languages", "free some space")
    kept = load_file(path)
    return Learnt(kept["numbers"], tuple(kept["losses"].tolist()))


def _learn(folder: Path, plan: Plan, texts: Sequence[str]) -> tuple[Matrix, tuple[float, float]]:
    """Weights of an adapter that lowers the loss of hidden words, and that loss before and after."""
    from isogloss.lab.recipe.adapter_network import Reader
    from isogloss.models.masked import load_masked

    torch = start_torch()
    tokens = tokenize(list(texts), Tokenizer(folder, plan.max_length))
    sequences = [np.asarray(tokens.sequence(one), np.int64) for one in range(len(texts))]
    held_out = sequences[::HELD_OUT]
    learnt = [one for place, one in enumerate(sequences) if place % HELD_OUT]
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        reader = Reader(deepcopy(load_masked(folder).model), plan.width).to(device())
        own, chance = own_loss(folder, reader, HIDDEN, plan.max_length), np.random.default_rng(SEED)

        def measured() -> float:
            with torch.inference_mode():
                return float(sum(own.terms(reader.eval(), held_out, np.random.default_rng(SEED))))

        before, trained = measured(), list(reader.learnt())
        steps = plan.epochs * -(-len(learnt) // plan.batch_size)
        optimizer, slope = adamw(
            trained, learning_rate=plan.learning_rate, weight_decay=0.01, warmup=0.1, steps=steps
        )  # fmt: skip
        for _ in range(plan.epochs):
            order = chance.permutation(len(learnt))
            for first in range(0, len(order), plan.batch_size):
                optimizer.zero_grad(set_to_none=True)
                for term in own.terms(
                    reader.train(), [learnt[one] for one in order[first:][: plan.batch_size]], chance
                ):
                    term.backward()
                torch.nn.utils.clip_grad_norm_(trained, 1.0)
                optimizer.step()
                slope.step()
        return reader.adapter.numbers, (before, measured())
