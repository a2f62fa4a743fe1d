"""`entailment`: each label is a sentence, and a model of pairs says whether it follows from the text.

Yin, Hay and Roth 2019, Benchmarking zero-shot text classification; Wang et al. 2021, Entailment as few-shot learner.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe, Weights
from isogloss.models.inputs import Choice, Pair, PairType, Tokens, tokenize
from isogloss.parameters import Count
from isogloss.texts.tables import read_table

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network
    from isogloss.lab.task import TaskKind

LABEL = "{label}"
ENTAILED = ("entailment", "1", "true")
"""What a table of pairs calls those whose second sentence follows from the first."""


@dataclass(frozen=True)
class Entailment(TrainedRecipe):
    """Fine-tuning to tell which description of a label follows from a text.

    Parameters
    ----------
    hypothesis : str, default "This text is about {label}."
        What describes a label.
    descriptions : dict of str to str
        Whole descriptions of some labels, instead of that.
    pairs : str, default ""
        Table of pairs that are learnt from first, with columns premise, hypothesis and label, which is `entailment`
        (or 1) where the one follows from the other. With it, a size of 0 is zero-shot classification.
    pair_epochs : int, default 3
        How often these are gone through.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`. A text with each description is a pair with one score z; training
    minimises the mean over pairs of the cross entropy of sigmoid(z) and whether the label is right, and the answer is
    the label with the highest. So head and weights are shared by all labels.
    """

    name: ClassVar[str] = "entailment"
    answers: ClassVar[tuple[str, ...]] = ("label",)
    unlabelled: ClassVar[tuple[str, ...]] = (*TrainedRecipe.unlabelled, "descriptions")
    zero_shot: ClassVar[bool] = True
    unfit: ClassVar[str | None] = "the labels of one text can be described"

    hypothesis: str = f"This text is about {LABEL}."
    descriptions: dict[str, str] = field(default_factory=dict)
    pairs: str = ""
    pair_epochs: Count = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if LABEL not in self.hypothesis:
            raise BadValue(f"the hypothesis '{self.hypothesis}' has no {LABEL}", hint=f"write {LABEL} where it belongs")

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        return super().fits(kind) and len(kind.texts) == 1

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the pairs stands for their place."""
        known = super().identity
        more = {"pairs": self._pairs_content(), "descriptions": self.descriptions}
        return known | {"parameters": known["parameters"] | more}

    @property
    def preparation(self) -> tuple[Any, ...]:
        described = (self.hypothesis, json.dumps(self.descriptions, sort_keys=True), self._pairs_content())
        return ("described", *super().preparation, *described)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text with every description into tokens, and the pairs.

        Raises
        ------
        UnknownName
            If a description is of no label.
        """
        for label in self.descriptions:
            if label not in corpus.labels:
                raise UnknownName("label", label, corpus.labels, where="descriptions")
        prepared = dict(super().prepare(self._asked(corpus), apply))
        if self.pairs:
            pairs, entailed = read_pairs(Path(self.pairs))
            prepared |= tokenize(pairs, self.tokenizer, PairType()).arrays("pairs") | {"pairs_entailed": entailed}
        return prepared

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As for fine-tuning on as many texts as there are pairs of a text and a label."""
        return super().estimate(self._asked(corpus), trainings)

    def begin(self, network: Network, prepared: Arrays, training: Training) -> None:
        """Learn from the pairs; what the job before learnt from them is taken over."""
        if not self.pairs:
            return
        from isogloss.lab.recipe.neural.training import train

        global _pretrained
        key = f"{sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()} {training.seed}"
        if _pretrained is None or _pretrained[0] != key:
            tokens, entailed = Tokens.of(prepared, "pairs"), prepared["pairs_entailed"]
            schedule = replace(self.schedule, epochs=self.pair_epochs)
            train(network, tokens, np.arange(len(entailed)), entailed, schedule, training.seed, lambda epoch: None)
            _pretrained = key, self._learnt(network)
        self._restore(network, _pretrained[1])

    def objective(self, labels: np.ndarray[Any, Any]) -> str:
        return "entailment"

    def check_training(self, training: Training) -> None:
        """Raise BadValue without examples and pairs, or where all examples have the same label."""
        if len(training.rows):
            super().check_training(training)
        elif not self.pairs:
            raise BadValue("there is nothing to learn from", hint='give pairs = "FILE", or more examples than 0')

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        if not len(training.rows):
            return {"selected_on": "nothing: pairs alone are learnt from"}
        return super()._learn_source(network, tokens, training)

    def _asked(self, corpus: Corpus) -> Corpus:
        """Every text as a choice among the descriptions of all labels."""
        from isogloss.lab.kinds import tasks

        described = tuple(self.descriptions.get(one, self.hypothesis.replace(LABEL, one)) for one in corpus.labels)
        plain = corpus.kind.input_type.plain
        train, test = (
            [[Choice(plain(one), described) for one in texts] for texts in split]
            for split in (corpus.train, corpus.test)
        )
        return replace(corpus, train=train, test=test, kind=tasks.get("multiple-choice")())

    def _pairs_content(self) -> str:
        if not self.pairs:
            return ""
        path = Path(self.pairs)
        if not path.is_file():
            raise BadFile("no such file", where=str(path), hint="correct `pairs`")
        return sha256(path.read_bytes()).hexdigest()


_pretrained: tuple[str, Weights] | None = None
"""What this process learnt last from pairs alone: jobs with the same seed stand beside each other."""


def read_pairs(path: Path) -> tuple[list[Pair], np.ndarray[Any, Any]]:
    """Pairs of sentences, and whether the second of each follows from the first, 0 or 1.

    Raises
    ------
    BadFile, UnknownName
        If the table cannot be read.
    BadValue
        If all pairs are entailed, or none.
    """
    table = read_table(path, {name: name for name in ("premise", "hypothesis", "label")}).drop_nulls()
    entailed = table["label"].str.to_lowercase().is_in(ENTAILED).to_numpy().astype(np.int64)
    if len(np.unique(entailed)) < 2:
        share = "all" if entailed.any() else "none"
        hint = f"the label of those that are is one of {', '.join(ENTAILED)}"
        raise BadValue(f"{share} of {len(entailed)} pairs are entailed", where=str(path), hint=hint)
    return [Pair(*row) for row in table.select("premise", "hypothesis").iter_rows()], entailed
