"""`in-context`: a decoder is shown some examples in its prompt, or none, and learns nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import ANY, EACH, Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.neural import TRIED
from isogloss.lab.recipe.prompted import SOURCE, TARGET, PromptedRecipe, right_answer
from isogloss.lab.recipe.prompted.hints import Hint, read_hint
from isogloss.lab.recipe.prompted.prompts import About, Query, about, first_rows, packed, queries
from isogloss.lab.recipe.prompted.selection import Selection, read_selection
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.decoder import Decoder, shared_decoder
from isogloss.models.runtime import count

_NAMED = ("selection", "hint")
"""Parameters that have a name and parameters of their own."""


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
    selection : dict, default none
        `name` and parameters of a way to choose demonstrations for each question, see
        `isogloss.lab.recipe.prompted.selection.selections`; by default all examples stand before every question.
    hint : dict, default none
        `name` and parameters of what stands before each question beside demonstrations, see
        `isogloss.lab.recipe.prompted.hints.hints`.

    Notes
    -----
    The training examples of a job are its demonstrations, in an order that the seed decides: `sizes` of the grid
    counts those of the source, 0 for none, and `shots` those of the target. With `selection`, they are what
    demonstrations are chosen from. Nothing is learnt. The other parameters are those of `PromptedRecipe`.
    """

    name: ClassVar[str] = "in-context"
    worded: ClassVar[tuple[str, ...]] = (
        "template", "templates", "verbalizer", "verbalizers", "separator", "content_free", "stop", "system",
    )  # fmt: skip

    separator: str = "\n\n"
    demonstrations: Literal["any", "target"] = "any"
    selection: dict[str, Any] = field(default_factory=dict)
    hint: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by is not None and self.calibrate:
            raise BadValue("calibrate takes the same demonstrations for all questions", hint="leave out selection")
        if self.hinted is not None and self.calibrate:
            raise BadValue("calibrate takes the same prompt for all questions", hint="leave out hint")

    @cached_property
    def hinted(self) -> Hint | None:
        """What stands before each question, with its parameters; None where nothing does."""
        return read_hint(self.hint) if self.hint else None

    @cached_property
    def by(self) -> Selection | None:
        """The way to choose demonstrations with its parameters; None where all are shown."""
        return read_selection(self.selection) if self.selection else None

    @property
    def identity(self) -> dict[str, Any]:
        """A selection and a hint stand there with their content, and only where they are: others keep their jobs."""
        found = super().identity
        parameters = {name: value for name, value in found["parameters"].items() if name not in _NAMED}
        return {**found, "parameters": parameters, **{name: one.identity for name, one in self._chosen.items()}}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """All with one selection share what it computes; whether a hint fits the languages is to be known early."""
        return (*super().preparation, *(json.dumps(one.identity, sort_keys=True) for one in self._chosen.values()))

    @property
    def _chosen(self) -> dict[str, Selection | Hint]:
        return {name: one for name, one in zip(_NAMED, (self.by, self.hinted), strict=True) if one is not None}

    def changed(self, *left_out: str) -> list[str]:
        """With selection and hint by their own labels."""
        return [*super().changed(*left_out, *_NAMED), *(f"{name}={one.label}" for name, one in self._chosen.items())]

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Put the texts where every worker finds them, and what the selection computes of them."""
        if self.hinted is not None:
            known = About.of(corpus).ids
            self.hinted.check([known[place] for place, texts in enumerate(corpus.test) if texts])
        found = super().prepare(corpus, apply)
        return found if self.by is None else {**found, **self.by.prepare(corpus)}

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
        shots = len(rows) if self.by is None else min(self.by.count, len(rows))
        notes = {"shots": shots, "selected_on": "nothing: no weight is learnt"}
        settings = {"shown": written, "target": training.target, "seed": training.seed}
        return Fitted({"rows": rows[order], "languages": languages}, settings, notes)

    def questions(self, prepared: Arrays, fitted: Fitted, language: int) -> list[Query]:
        """The test rows of a language, each with the demonstrations and the hint that were chosen for it."""
        asked, rows = super().questions(prepared, fitted, language), fitted.arrays["rows"]
        if self.hinted is not None and asked:
            known, cut = about(prepared), load_tokenizer(self.folder)
            lengths = partial(_tokens, cut)
            texts = self.hinted.write(asked, known.ids[language], lengths)
            count(hint_tokens=sum(map(lengths, texts)))
            asked = [replace(one, hint=text) for one, text in zip(asked, texts, strict=True)]
        if self.by is None or not asked or not len(rows):
            return asked
        chosen = self.by.choose(prepared, rows, language, fitted.settings["seed"])
        return [replace(one, shown=tuple(places)) for one, places in zip(asked, chosen.tolist(), strict=True)]

    def decoder(self, fitted: Fitted) -> Decoder:
        return shared_decoder(self.folder, self.precision)

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """A few texts of the language that has most are answered, with as many demonstrations as on average."""
        test = max(corpus.test, key=len)[:TRIED]
        train = max(corpus.train, key=len, default=[])
        size = min(len(train), round(sum(len(one.rows) for one in trainings) / len(trainings)))
        chosen = {} if self.by is None else {"name": "random", "count": self.by.count}
        english = InContext(**{**self.parameters, "template_language": SOURCE, "selection": chosen, "hint": {}})
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


def _tokens(cut: Any, text: str) -> int:
    return len(cut(text, add_special_tokens=False)["input_ids"])
