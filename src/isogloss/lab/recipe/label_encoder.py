"""`label-encoder`: words are compared with the names of labels, so that labels never seen can be given.

Golde, Hamborg and Akbik 2024, Large-scale label interpretation learning for few-shot named entity recognition (LitSet);
Ma et al. 2022, Label semantics for few shot named entity recognition.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab.recipe import Apply, Arrays, Corpus, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe, Weights
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import Tokens, WordsType, tokenize
from isogloss.models.runtime import device
from isogloss.parameters import Count
from isogloss.texts.tables import read_table

if TYPE_CHECKING:
    from isogloss.lab.recipe.label_network import LabelNetwork
    from isogloss.lab.recipe.neural.network import Network

BEGINNING, INSIDE, OUTSIDE = "beginning of", "inside of", "no name"
"""How tags of spans are read out: B-PER, I-PER and O."""


@dataclass(frozen=True)
class LabelEncoder(TrainedRecipe):
    """Fine-tuning of one encoder that reads texts and the names of their labels.

    Parameters
    ----------
    descriptions : dict of str to str
        What labels are called: of tags such as B-PER and I-PER, what PER is called. By default the label itself.
    first : str, default ""
        CoNLL file of words and tags, which may be quite other ones, that is learnt from first. With it, a size of 0
        gives labels of which no example was seen.
    first_epochs : int, default 3
        How often it is gone through.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`. The score of a label is the product of two vectors by the root
    of their width: the state of the word (or `pooling` of the text), and the mean of the states of the label's name;
    training minimises the cross entropy of the right one. There is no head, so nothing is new but the labels.
    """

    name: ClassVar[str] = "label-encoder"
    answers: ClassVar[tuple[str, ...]] = ("label", "tags")
    unlabelled: ClassVar[tuple[str, ...]] = (*TrainedRecipe.unlabelled, "descriptions")
    zero_shot: ClassVar[bool] = True

    descriptions: dict[str, str] = field(default_factory=dict)
    first: str = ""
    first_epochs: Count = 3

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the first file stands for its place."""
        known = super().identity
        more = {"first": self._first_content(), "descriptions": self.descriptions}
        return known | {"parameters": known["parameters"] | more}

    @property
    def preparation(self) -> tuple[Any, ...]:
        described = json.dumps(self.descriptions, sort_keys=True)
        return ("named", *super().preparation, described, self._first_content())

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text and every name of a label into tokens.

        Raises
        ------
        UnknownName
            If a description is of no label.
        BadValue
            If two labels are called alike.
        """
        prepared = dict(super().prepare(corpus, apply))
        prepared |= self._named(corpus.labels).arrays("labels")
        known = {*corpus.labels, *(_kind_of(label) for label in corpus.labels)}
        if self.first:
            sentences, tags = read_tagged(Path(self.first))
            labels = sorted({tag for some in tags for tag in some})
            known |= {*labels, *(_kind_of(label) for label in labels)}
            prepared |= tokenize(sentences, self.tokenizer, WordsType()).arrays("first")
            prepared |= self._named(labels).arrays("first_labels")
            prepared["first_right"] = np.array([labels.index(tag) for some in tags for tag in some])
        for label in self.descriptions:
            if label not in known:
                raise UnknownName("label", label, sorted(known), where="descriptions")
        return prepared

    def begin(self, network: Network, prepared: Arrays, training: Training) -> None:
        """Learn from the first file; what the job before learnt from it is taken over."""
        if not self.first:
            return
        from isogloss.lab.recipe.label_network import LabelNetwork
        from isogloss.lab.recipe.neural.training import train

        assert isinstance(network, LabelNetwork)
        global _interpreted
        key = f"{sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()} {training.seed}"
        if _interpreted is None or _interpreted[0] != key:
            tokens, right = Tokens.of(prepared, "first"), prepared["first_right"]
            network.name(Tokens.of(prepared, "first_labels"))
            rows, schedule = np.arange(len(tokens.rows) - 1), replace(self.schedule, epochs=self.first_epochs)
            train(network, tokens, rows, right, schedule, training.seed, lambda epoch: None)
            network.name(Tokens.of(prepared, "labels"))
            _interpreted = key, self._learnt(network)
        self._restore(network, _interpreted[1])

    def check_training(self, training: Training) -> None:
        """Raise BadValue without examples and a first file, or where all examples have the same label."""
        if len(training.rows):
            super().check_training(training)
        elif not self.first:
            raise BadValue("there is nothing to learn from", hint='give first = "FILE", or more examples than 0')

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        if not len(training.rows):
            return {"selected_on": "nothing: the first file alone is learnt from"}
        return super()._learn_source(network, tokens, training)

    def _network(self, prepared: Arrays, outputs: int, objective: str) -> LabelNetwork:
        from isogloss.lab.recipe.label_network import LabelNetwork

        encoder = deepcopy(shared_encoder_model(self.folder, "float32"))
        return LabelNetwork(encoder, self.pooling, self.dropout, Tokens.of(prepared, "labels")).to(device())

    def _named(self, labels: Sequence[str]) -> Tokens:
        names = [self._name_of(label) for label in labels]
        if twice := [name for name in names if names.count(name) > 1]:
            raise BadValue(f"two labels are called '{twice[0]}'", hint="give each its own name in `descriptions`")
        return tokenize(names, self.tokenizer)

    def _name_of(self, label: str) -> str:
        if label in self.descriptions:
            return self.descriptions[label]
        kind = _kind_of(label)
        called = self.descriptions.get(kind, kind)
        before = {"B": f"{BEGINNING} ", "I": f"{INSIDE} "}.get(label[0], "") if kind != label else ""
        return OUTSIDE if label == "O" else f"{before}{called}"

    def _first_content(self) -> str:
        if not self.first:
            return ""
        if not Path(self.first).is_file():
            raise BadFile("no such file", where=self.first, hint="correct `first`")
        return sha256(Path(self.first).read_bytes()).hexdigest()


_interpreted: tuple[str, Weights] | None = None
"""What this process learnt last from a first file alone: jobs with the same seed stand beside each other."""


def _kind_of(label: str) -> str:
    """PER of B-PER; the label itself where it is no tag of spans."""
    return label[2:] if label[:2] in ("B-", "I-") and len(label) > 2 else label


def read_tagged(path: Path) -> tuple[list[tuple[str, ...]], list[list[str]]]:
    """Sentences as words, and the tags of each, from a CoNLL file.

    Raises
    ------
    BadFile
        If it cannot be read.
    BadValue
        If all words have one tag.
    """
    table = read_table(path, {"words": "1", "tags": "last"}, {"words": " ", "tags": " "})
    tags: list[list[str]] = table["tags"].to_list()
    if len({tag for some in tags for tag in some}) < 2:
        raise BadValue(f"all words have the tag '{tags[0][0]}'", where=str(path), hint="give a file with names in it")
    return [tuple(words) for words in table["words"].to_list()], tags
