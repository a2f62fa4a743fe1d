"""`translate-test`: what is to be answered is translated into the language that a model was trained in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from isogloss.lab.outcome import Training
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Fitted
from isogloss.lab.translate.recipe import TranslatingRecipe, among, beside, language_of, note, starts, summary
from isogloss.lab.translate.texts import Texts


@dataclass(frozen=True)
class TranslateTest(TranslatingRecipe):
    """A model of the source for all targets, whose test texts are translated into the source's language.

    Notes
    -----
    The parameters are those of `TranslatingRecipe`. Every text that is ever answered has to be translated.
    """

    name: ClassVar[str] = "translate-test"

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """For each source, its training texts as they are and all test texts in its language."""
        translated = self._translated(corpus, apply)
        arrays, parts = {"starts": starts(corpus.train)}, []
        for source in _sources(corpus):
            into = corpus.ids[source]
            found = {place: translated[corpus.ids[place], into] for place, texts in enumerate(corpus.test) if texts}
            own = replace(
                corpus,
                train=[texts if place == source else [] for place, texts in enumerate(corpus.train)],
                test=[found[place].inputs if place in found else [] for place in range(len(corpus.test))],
            )
            notes = {
                corpus.languages[at]: note(self.by.describe(corpus.ids[at], into), corpus.ids[at], into, one.figures)
                for at, one in found.items()
                if corpus.ids[at] != into
            }
            parts.append(self.inner.prepare(own, apply))
            arrays |= beside(source, {**parts[-1], "notes": np.array([json.dumps(notes)])})
        return arrays | summary(parts, len(corpus.languages))

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn as the base does from the source."""
        begins = prepared["starts"]
        source = language_of(training.rows[0], begins)
        first = begins[source]
        own = among(source, prepared)
        fitted = self.inner.fit(
            own, replace(training, rows=training.rows - first, dev_rows=training.dev_rows - first)
        )  # fmt: skip
        notes: dict[str, Any] = {**fitted.notes, "by_target": json.loads(str(own["notes"][0]))}
        return Fitted(fitted.arrays, {"source": source, "base": fitted.settings}, notes)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """Answer the translations as the base does."""
        own = among(fitted.settings["source"], prepared)
        return self.inner.predict(own, Fitted(fitted.arrays, fitted.settings["base"]))

    def _preparations(self, corpus: Corpus) -> int:
        return len(_sources(corpus))

    def _wanted(self, corpus: Corpus) -> list[Texts]:
        return [
            Texts(
                texts,
                corpus.test_items[place],
                np.ones(len(texts), bool),
                corpus.ids[place],
                corpus.ids[source],
                corpus.kind.input_type,
            )
            for source in _sources(corpus)
            for place, texts in enumerate(corpus.test)
            if texts
        ]


def _sources(corpus: Corpus) -> list[int]:
    """The languages that there is something to learn from in."""
    return [place for place, texts in enumerate(corpus.train) if texts]
