"""`in-context`: a decoder is shown some examples in its prompt, or none, and learns nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from isogloss.lab.recipe import ANY, EACH, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.neural import TRIED
from isogloss.lab.recipe.prompted import SOURCE, TARGET, PromptedRecipe, right_answer
from isogloss.lab.recipe.prompted.prompts import about, first_rows, packed, queries
from isogloss.models.decoder import Decoder, shared_decoder


@dataclass(frozen=True)
class InContext(PromptedRecipe):
    """A decoder or encoder-decoder that is prompted, with examples before the question or without.

    Parameters
    ----------
    separator : str, default a blank line
        Between examples.
    demonstrations : {"any", "target"}, default "any"
        Whom a prompt with given demonstrations is for: every target, or, where they are examples of a target, that one
        alone.

    Notes
    -----
    The training examples of a job are its demonstrations, in an order that the seed decides: `sizes` of the grid
    counts those of the source, 0 for none, and `shots` those of the target. Nothing is learnt or chosen. The other
    parameters are those of `PromptedRecipe`.
    """

    name: ClassVar[str] = "in-context"
    worded: ClassVar[tuple[str, ...]] = (
        "template", "templates", "verbalizer", "verbalizers", "separator", "content_free", "stop", "system",
    )  # fmt: skip

    separator: str = "\n\n"
    demonstrations: Literal["any", "target"] = "any"

    @property
    def between(self) -> str:
        return self.separator

    @property
    def learns_for(self) -> str:
        return EACH if self.demonstrations == TARGET else ANY

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Keep the training rows as demonstrations, in an order that the seed decides."""
        rows, labels = training.rows, training.labels
        order = np.random.default_rng(training.seed).permutation(len(rows))
        known = about(prepared)
        shown = queries(prepared, "train", rows[order])
        of_rows = labels.reshape(len(rows), -1)[order] if len(rows) else labels
        answers = [right_answer(known, one, right) for one, right in zip(shown, of_rows, strict=True)]
        languages = np.searchsorted(first_rows(prepared, "train"), rows[order], side="right") - 1
        written = [[one.parts, answer] for one, answer in zip(shown, answers, strict=True)]
        notes = {"shots": len(rows), "selected_on": "nothing: no weight is learnt"}
        return Fitted(
            {"rows": rows[order], "languages": languages}, {"shown": written, "target": training.target}, notes
        )

    def decoder(self, fitted: Fitted) -> Decoder:
        return shared_decoder(self.folder, self.precision)

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """A few texts of the language that has most are answered, with as many demonstrations as on average."""
        test = max(corpus.test, key=len)[:TRIED]
        train = max(corpus.train, key=len, default=[])
        size = min(len(train), round(sum(len(one.rows) for one in trainings) / len(trainings)))
        english = InContext(**{**self.parameters, "template_language": SOURCE})
        prepared = packed(Corpus([train[:size]], [test], ["eng"], corpus.kind, corpus.labels))
        labels = np.zeros(sum(map(corpus.kind.input_type.units, train[:size])), np.int64)
        fitted = english.fit(prepared, Training(np.arange(size), labels, 0))
        shared_decoder(self.folder, self.precision)  # reading the checkpoint is no part of a text's time
        began = time.perf_counter()
        english.predict(prepared, fitted)
        served = max(corpus.test, key=len) if self.learns_for == EACH else [one for some in corpus.test for one in some]
        seconds = (time.perf_counter() - began) * len(served) / len(test)
        memory = (2 if self.precision == "bfloat16" else 4) * self.facts()["parameters"] + 1e9
        return Estimate(0.0, seconds, 0.0, memory, 0.0, f"{len(test)} texts tried")
