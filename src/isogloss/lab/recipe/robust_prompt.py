"""`robust-prompt`: vectors before every prompt, learnt from a related task, for labels that nothing is learnt of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from isogloss.errors import BadFile, BadValue
from isogloss.files import read_input
from isogloss.lab.recipe import Apply, Arrays, Corpus, Fitted, Training
from isogloss.lab.recipe.in_context import InContext
from isogloss.lab.recipe.prompted import Asking
from isogloss.lab.recipe.prompted.neighbours import Neighbours, neighbours_of
from isogloss.lab.recipe.prompted.prompts import Query, about, queries
from isogloss.lab.recipe.prompted.templates import Wording
from isogloss.lab.tuning.checkpoint import check_decoder
from isogloss.models.decoder import Decoder, shared_decoder
from isogloss.models.likelihood import score
from isogloss.models.runtime import count
from isogloss.parameters import Count, NotNegative, Positive
from isogloss.texts.tables import read_table

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RobustPrompt(InContext):
    """A decoder reads learnt vectors and a fixed template, and answers with words near the name of a label.

    Parameters
    ----------
    first : str, default ""
        What the vectors are learnt from: a table with the columns `text` and `label`, of a related task whose labels
        may be others, such as eight examples of each label in English; the sizes of the grid are then [0]. Without,
        they are learnt from the training examples.
    length : int, default 8
        How many vectors.
    epochs, batch_size : int, default 10 and 8
        How often all examples of the file are gone through, and how many are in a step.
    learning_rate : float, default 1e-2
        At the beginning, of AdamW; it falls to 0 with half a cosine.
    smoothing : float, default 0.1
        Share of the probability that is asked for all labels alike, not for the right one.
    penalty : float, default 0.1
        Weight of how far vectors go from the tokens that they begin with.
    neighbours : int, default 10
        Words near the name of a label that stand for it beside the name; 0 for the name alone.

    Notes
    -----
    After RoSPrompt (2025), of which the abstract could be read; the template never changes, no weight of the model
    does. The loss of an example is cross entropy over the labels of the file, whose scores are log P(label | prompt),
    with `smoothing`, plus `penalty` times the mean of |v - v'|^2 / |v'|^2 over the vectors v, which begin as tokens v'
    drawn by the seed. A label's score is log sum_w q_w P(w | prompt) over its name and its neighbours w, see
    `isogloss.lab.recipe.prompted.neighbours.neighbours_of`. The controls are `in-context` at size 0, the same without
    the vectors, and a file whose labels say nothing. The other parameters are those of `InContext`, but for
    `selection`, `hint` and `chat`.
    """

    name: ClassVar[str] = "robust-prompt"
    answers: ClassVar[tuple[str, ...]] = ("label",)
    unlabelled: ClassVar[tuple[str, ...]] = (*InContext.unlabelled, "first")
    unfit: ClassVar[str | None] = "words stand for labels"

    first: str = ""
    length: Count = 8
    epochs: Count = 10
    batch_size: Count = 8
    learning_rate: Positive = 1e-2
    smoothing: Annotated[float, Ge(0), Lt(1)] = 0.1
    penalty: NotNegative = 0.1
    neighbours: Annotated[int, Ge(0)] = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("selection", "hint", "chat"):
            if getattr(self, name):
                raise BadValue("robust-prompt has the same vectors before every question", hint=f"leave out {name}")
        if self.first and not Path(self.first).is_file():
            raise BadFile("no such file of examples", where=self.first)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the file stands for its place."""
        found = super().identity
        parameters = {name: value for name, value in found["parameters"].items() if name != "first"}
        content = hashlib.sha256(read_input(Path(self.first))).hexdigest()[:16] if self.first else ""
        return {**found, "parameters": parameters, "first": content}

    def changed(self, *left_out: str) -> list[str]:
        """With the name of the file."""
        return [*super().changed(*left_out, "first"), *([f"first={Path(self.first).stem}"] if self.first else [])]

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As for `in-context`; encoder-decoders are refused, and so is a file with fewer than two labels."""
        check_decoder(self.folder)
        if self.first:
            self._examples()
        return super().prepare(corpus, apply)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn the vectors from the file, or without one from the training rows.

        Raises
        ------
        BadValue
            If there are training rows beside a file, or neither.
        """
        known, rows = about(prepared), training.rows
        if self.first and len(rows):
            raise BadValue("robust-prompt learns from the file `first` alone", hint="set sizes = [0]")
        if not self.first and not len(rows):
            raise BadValue("robust-prompt has nothing to learn from", hint='add first = "related.csv", or sizes')
        fitted = super().fit(prepared, training)
        settings = {**fitted.settings, "shown": []}
        if not self.first:
            wording = self.wordings(known).of(int(fitted.arrays["languages"][0]))
            prompts = [wording.ways(one.parts, ()) for one in queries(prepared, "train", rows)]
            vectors, notes = self._vectors(prompts, training.labels.tolist(), training.seed)
            return Fitted({**fitted.arrays, "vectors": vectors}, settings, {**fitted.notes, **notes})
        global _learnt
        key = f"{json.dumps(self.identity, sort_keys=True)} {training.seed}"
        if _learnt is None or _learnt[0] != key:
            texts, labels = self._examples()
            names = sorted(set(labels))
            wording = Wording.of(self.template or self.usual(known.form), {}, names, known.form)
            prompts = [wording.ways((text,), ()) for text in texts]
            _learnt = key, *self._vectors(prompts, [names.index(label) for label in labels], training.seed)
        _, vectors, notes = _learnt
        return Fitted({**fitted.arrays, "vectors": vectors}, settings, {**fitted.notes, **notes})

    def decoder(self, fitted: Fitted) -> Decoder:
        """The decoder that reads the vectors before every prompt."""
        from isogloss.lab.recipe.soft_tokens import with_tokens

        return with_tokens(shared_decoder(self.folder, self.precision), fitted.arrays["vectors"])

    def _vectors(
        self, prompts: list[tuple[str, list[str]]], right: list[int], seed: int
    ) -> tuple[Matrix, dict[str, Any]]:
        from isogloss.lab.recipe.soft_tokens import learn_labels

        vectors, losses, moved = learn_labels(
            shared_decoder(self.folder, "float32"), prompts, right, length=self.length, epochs=self.epochs,
            batch_size=self.batch_size, learning_rate=self.learning_rate, smoothing=self.smoothing,
            penalty=self.penalty, max_length=self.max_length, seed=seed,
        )  # fmt: skip
        notes = {
            "selected_on": "nothing: the vectors after the last step are taken", "learnt_examples": len(prompts),
            "loss_before": round(losses[0], 4), "loss_after": round(losses[-1], 4), "moved": round(moved, 4),
        }  # fmt: skip
        return vectors, notes

    def _examples(self) -> tuple[list[str], list[str]]:
        table = read_table(Path(self.first), {"text": "text", "label": "label"}).drop_nulls()
        labels = table["label"].to_list()
        if len(set(labels)) < 2:
            raise BadValue("its examples have one label", where=self.first, hint="give examples of two or more")
        return table["text"].to_list(), labels

    def _scores(self, decoder: Decoder, asking: Asking, rows: list[Query]) -> list[Matrix]:
        """The score of each label for each row, over its name and the words near it."""
        if not self.neighbours:
            return super()._scores(decoder, asking, rows)
        near = self._neighbours(asking.wording)
        written = [(asking.ask(one)[0], asking.wording.template.ways(one.parts, near.words)[1]) for one in rows]
        found = score(decoder, [one for one, _ in written], [ways for _, ways in written], max_length=self.max_length)
        count(shortened_prompts=found.cut)
        scores = found.normalised(self.normalise).reshape(len(rows), -1)
        return [near.of_labels(one) for one in scores]

    def _neighbours(self, wording: Wording) -> Neighbours:
        return neighbours_of(shared_decoder(self.folder, self.precision), [*wording.names.values()], self.neighbours)


_learnt: tuple[str, Matrix, dict[str, Any]] | None = None
"""What this process learnt last from a file: jobs of one seed take it over."""
