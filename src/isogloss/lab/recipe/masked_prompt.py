"""`masked-prompt`: a masked model is asked which of some words belongs in a prompt, and learns from a few examples.

Gao, Fisch and Chen 2021, Making pre-trained language models better few-shot learners (LM-BFF); Schick and Schütze 2021,
Exploiting cloze questions for few shot text classification and natural language inference (PET).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.kinds.texts import TextClassification
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Fitted, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.models.inputs import InputType, Sequences, TextType, Tokens
from isogloss.models.runtime import device, start_torch

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network
    from isogloss.lab.task import TaskKind
    from isogloss.models.tokenizers import Tokenizer

TEXT, MASK = "{text}", "{mask}"
LEAST = 4
"""Tokens of a text that a prompt must have room for."""
Matrix = np.ndarray[Any, Any]


class _BareType(TextType):
    """A text without special tokens, which stand around whole prompts."""

    def tokenize(self, tokenizer: Tokenizer, inputs: Sequence[str]) -> Sequences:
        options = {"truncation": True, "max_length": tokenizer.max_length, "add_special_tokens": False}
        ids = tokenizer.inner(list(inputs), return_attention_mask=False, **options)["input_ids"]
        return Sequences(ids, [1] * len(ids))


@dataclass(frozen=True)
class _BareTexts(TextClassification):
    input_type: ClassVar[InputType[Any]] = _BareType()


@dataclass(frozen=True)
class MaskedPrompt(TrainedRecipe):
    """Fine-tuning of a masked model, head and all, to put the word of the right label into a prompt.

    Parameters
    ----------
    template : str, default "{text} It is {mask}."
        The prompt, with a place for the text and one for the word.
    words : dict of str to str
        The word of each label, one token; by default the label itself.
    demonstrations : int, default 0
        Sets of examples, one of each label, that stand behind the text with their words filled in; in training a new
        one is drawn for each text, and answers are means over so many sets.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`; no head is new, and `pooling` and `dropout` do nothing. A size of
    0 asks the model as it is, without demonstrations. Texts are cut so that all of the prompt has room.
    """

    name: ClassVar[str] = "masked-prompt"
    answers: ClassVar[tuple[str, ...]] = ("label",)
    unlabelled: ClassVar[tuple[str, ...]] = (*TrainedRecipe.unlabelled, "words")
    zero_shot: ClassVar[bool] = True
    unfit: ClassVar[str | None] = "one text belongs in the prompt"

    template: str = f"{TEXT} It is {MASK}."
    words: dict[str, str] = field(default_factory=dict)
    demonstrations: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for place in (TEXT, MASK):
            if self.template.count(place) != 1:
                found = self.template.count(place)
                raise BadValue(f"{found} {place} in the template '{self.template}'", hint="write each place once")

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        return super().fits(kind) and len(kind.texts) == 1

    @property
    def identity(self) -> dict[str, Any]:
        known = super().identity
        return known | {"parameters": known["parameters"] | {"words": self.words}}

    @property
    def preparation(self) -> tuple[Any, ...]:
        return ("bare", *super().preparation, self.template, json.dumps(self.words, sort_keys=True))

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens, and look up the words of labels.

        Raises
        ------
        UnknownName, BadValue
            If a word is of no label, of several, or no single token.
        BadFile
            If the model has no head for hidden words.
        """
        from isogloss.models.masked import load_masked

        for label in self.words:
            if label not in corpus.labels:
                raise UnknownName("label", label, corpus.labels, where="words")
        inner = load_masked(self.folder).tokenizer
        words = [self.words.get(label, label) for label in corpus.labels]
        ids = [_token_of(word, inner) for word in words]
        if twice := [word for word, one in zip(words, ids, strict=True) if ids.count(one) > 1]:
            raise BadValue(f"two labels have the word '{twice[0]}'", hint="give each its own with `words`")
        plain = corpus.kind.input_type.plain
        train, test = ([[*map(plain, texts)] for texts in split] for split in (corpus.train, corpus.test))
        prepared = super().prepare(replace(corpus, train=train, test=test, kind=_BareTexts()), apply)
        return {**prepared, "words": np.array(ids)}

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the prompts of the training rows; what may be shown is noted for answers."""
        texts = Tokens.of(prepared, "train")
        shown = self._shown(training, len(prepared["words"]))
        chance = np.random.default_rng([training.seed, 1])
        rows = range(len(texts.rows) - 1)
        prompts = self._prompts(prepared, texts, rows, shown, chance, of_training=True)
        fitted = super().fit({**prepared, **prompts.arrays("train")}, training)
        settings = {**fitted.settings, "shown": [one.tolist() for one in shown], "seed": training.seed}
        return replace(fitted, settings=settings)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The label whose word is likeliest, by the mean of log probabilities over sets of demonstrations."""
        from isogloss.lab.recipe.neural.network import answer

        network = self._network(prepared, fitted.settings["outputs"], "labels")  # a score for each label
        self._restore(network, fitted.arrays)
        shown = [np.array(one, np.int64) for one in fitted.settings["shown"]]
        texts, chance = Tokens.of(prepared, "test"), np.random.default_rng([fitted.settings["seed"], 2])
        whole = np.zeros((len(texts.rows) - 1, len(prepared["words"])))
        for _ in range(max(1, len(shown) and self.demonstrations)):
            prompts = self._prompts(prepared, texts, range(len(whole)), shown, chance, of_training=False)
            scores = answer(network.eval(), prompts, 0).astype(np.float64)
            whole += scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return {"": whole.argmax(axis=1)}

    def check_training(self, training: Training) -> None:
        """Raise BadValue where all examples have the same label; there may be none."""
        if len(training.rows):
            super().check_training(training)

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        if not len(training.rows):
            return {"selected_on": "nothing: the model is asked as it is"}
        return super()._learn_source(network, tokens, training)

    def _network(self, prepared: Arrays, outputs: int, objective: str) -> Network:
        from isogloss.lab.recipe.masked_network import MaskedNetwork
        from isogloss.models.masked import load_masked

        start_torch()
        masked = load_masked(self.folder)
        words, mask = prepared["words"], masked.tokenizer.mask_token_id
        return MaskedNetwork(deepcopy(masked.model), words, mask, objective).to(device())

    def _shown(self, training: Training, labels: int) -> list[Matrix]:
        """The training rows of each label, from which demonstrations are drawn."""
        if not (self.demonstrations and len(training.rows)):
            return []
        shown = [training.rows[training.labels == label] for label in range(labels)]
        if not all(map(len, shown)):
            raise BadValue("a label has no training example to show", hint="take more of them, or demonstrations = 0")
        return shown

    def _prompts(
        self, prepared: Arrays, texts: Tokens, rows: Iterable[int], shown: list[Matrix], chance: np.random.Generator,
        *, of_training: bool,
    ) -> Tokens:  # fmt: skip
        """The prompt of each text, a set of demonstrations behind it, of which none is the text itself."""
        from isogloss.models.masked import load_masked

        inner, trained = load_masked(self.folder).tokenizer, Tokens.of(prepared, "train")
        parts = [self._part(part, inner) for part in re.split(r"(\{text\}|\{mask\})", self.template)]
        around = inner("")["input_ids"]
        fixed = sum(len(part) for part in parts if isinstance(part, list)) + 1
        room = (self.max_length - len(around)) // (1 + len(shown)) - fixed
        if room < LEAST:
            hint = "raise max_length, shorten the template or show no demonstrations"
            raise BadValue(f"a prompt has room for {room} tokens of a text", hint=hint)

        def filled(text: Matrix, word: int) -> list[int]:
            put = {TEXT: text[:room].tolist(), MASK: [word]}
            return [token for part in parts for token in (put[part] if isinstance(part, str) else part)]

        sequences = []
        for row in rows:
            ids = filled(texts.sequence(row), inner.mask_token_id)
            for word, of_label in zip(prepared["words"].tolist(), shown, strict=False):
                others = of_label[of_label != row] if of_training else of_label
                one = int(chance.choice(others if len(others) else of_label))
                ids += filled(trained.sequence(one), word)
            sequences.append([*around[:-1], *ids, *around[-1:]])
        starts = np.cumsum([0, *map(len, sequences)])
        units = np.arange(len(sequences) + 1)
        return replace(texts, ids=np.concatenate([*map(np.array, sequences)]).astype(np.int32), starts=starts,
                       rows=units, units=units)  # fmt: skip

    def _part(self, part: str, inner: Any) -> str | list[int]:
        """A place, or the tokens of what stands between places."""
        if part in (TEXT, MASK):
            return part
        ids: list[int] = inner(part.rstrip(), add_special_tokens=False)["input_ids"] if part.strip() else []
        return ids


def _token_of(word: str, inner: Any) -> int:
    """The one token of a word, after a space if there is such a one."""
    pieces: list[int] = []
    for written in (f" {word}", word):
        pieces = inner(written, add_special_tokens=False)["input_ids"]
        if len(pieces) == 1 and pieces[0] != inner.unk_token_id:
            return int(pieces[0])
    cut = " ".join(inner.convert_ids_to_tokens(pieces))
    raise BadValue(f"the word '{word}' is no single token of the model ({cut})", hint="give another one with `words`")
