"""`translate-train` and `translate-test`: what is learnt from, or what is answered, is translated by machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.lab.recipe import ALL, Answers, Apply, Arrays, Corpus, Fitted, Training
from isogloss.lab.recipe.translating import OWN, TranslatingRecipe, note
from isogloss.lab.recipe.wrapper import Matrix, among, beside, languages_of, starts, summary
from isogloss.texts.translations import Texts, Translated

TRANSLATED = "+translated"


@dataclass(frozen=True)
class TranslateTrain(TranslatingRecipe):
    """A model for each target, or one for all, from the source's training examples in the targets' languages.

    Parameters
    ----------
    models : {"each", "all"}, default "each"
        A model for each target, learnt from examples in its language; or one for all targets, learnt from the examples
        in all their languages together.
    with_source : bool, default False
        Whether the examples as they are in the source's language are learnt from as well.

    Notes
    -----
    The others are those of `TranslatingRecipe`. A model for one target is tested on that target alone. Where source
    and target are one language, nothing is translated. Examples keep their labels, and what the base selects on, of
    the source, is translated too.
    """

    name: ClassVar[str] = "translate-train"

    models: Literal["each", "all"] = "each"
    with_source: bool = False

    @property
    def learns_for(self) -> str:
        return self.models

    def learnt_from(self, sizes: Mapping[str, int], targets: Sequence[str]) -> dict[str, int]:
        """Translated examples in every target's language, and those of the sources where they are learnt from."""
        own = {source: size for source, size in sizes.items() if self.with_source or source in targets}
        translated = {
            f"{target}{TRANSLATED}": sum(size for source, size in sizes.items() if source != target)
            for target in targets
        }
        return own | translated

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """For each target, or for all, every source's training texts in the language, and the test texts."""
        translated = self._translated(corpus, apply)
        parts, arrays = [], {
            "starts": starts(corpus.train), "test_starts": starts(corpus.test), "ids": np.array(corpus.ids),
        }  # fmt: skip
        for name, targets in self._groups(corpus).items():
            blocks = [self._block(corpus, translated, target) for target in targets]
            train: list[list[Any]] = [texts for block, _ in blocks for texts in block]
            train += corpus.train if self.with_source else []
            test = [texts if place in targets else [] for place, texts in enumerate(corpus.test)]
            several = len(train) // len(test)
            whole = Corpus(
                train, test + [[] for _ in train[len(test) :]], corpus.languages * several, corpus.kind, corpus.labels
            )
            parts.append(self.inner.prepare(whole, apply))
            extra = {
                "targets": np.array(targets),
                "figures": np.stack([counted for _, counted in blocks]),  # (targets, training rows, figures)
                "by": np.array([json.dumps(self._descriptions(corpus, targets))]),
            }
            arrays |= beside(name, {**parts[-1], **extra})
        return arrays | summary(parts, len(corpus.languages))

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn as the base does from the source's examples in the languages of the targets."""
        name: object = ALL if training.target is None else training.target
        own = among(name, prepared)
        begins, targets = prepared["starts"], own["targets"].tolist()
        rows, labels = self._as_translated(training.rows, training.labels, begins, targets)
        dev_rows, dev_labels = self._as_translated(training.dev_rows, training.dev_labels, begins, targets)
        learnt = replace(training, rows=rows, labels=labels, dev_rows=dev_rows, dev_labels=dev_labels, target=None)
        fitted = self.inner.fit(own, learnt)
        languages, counts = np.unique(languages_of(training.rows, begins), return_counts=True)
        sources = prepared["ids"][languages].tolist()
        mix = "+".join(f"{source}:{count}" for source, count in zip(sources, counts.tolist(), strict=True))
        identifier = mix if len(sources) > 1 else sources[0]
        spent = _spent(own, training.rows, identifier, sources, prepared["ids"][targets].tolist())
        notes = {**fitted.notes, **spent}
        settings = {"for": name, "from": identifier, "base": fitted.settings}
        return Fitted(fitted.arrays, settings, notes)

    def _as_translated(self, rows: Matrix, labels: Matrix, begins: Matrix, targets: list[int]) -> tuple[Matrix, Matrix]:
        """Rows in the block of each target, and as they are where their language is not among the targets."""
        count = int(begins[-1])
        blocks = [(rows + place * count, labels) for place in range(len(targets))]
        if self.with_source:
            own = ~np.isin(languages_of(rows, begins), targets)
            blocks.append((rows[own] + len(targets) * count, labels[own]))
        return np.concatenate([some for some, _ in blocks]), np.concatenate([some for _, some in blocks])

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """Answer as the base does; where a model is for one target, the others' rows are filled with 0."""
        name = fitted.settings["for"]
        found = self.inner.predict(among(name, prepared), Fitted(fitted.arrays, fitted.settings["base"]))
        if name != ALL:
            begins = prepared["test_starts"]
            rows = slice(begins[name], begins[name + 1])
            found = {variant: _placed(answers, rows, begins[-1]) for variant, answers in found.items()}
        # Otherwise the mix would not tell which language the translations are from.
        own = "" if self.with_source else f"{OWN}from={fitted.settings['from']}"
        return {f"{variant}{own}": answers for variant, answers in found.items()}

    def _groups(self, corpus: Corpus) -> dict[object, list[int]]:
        """The targets that one preparation is for, by what it is called."""
        targets = [place for place, texts in enumerate(corpus.test) if texts]
        return {ALL: targets} if self.models == ALL else {target: [target] for target in targets}

    def _block(
        self, corpus: Corpus, translated: dict[tuple[str, str], Translated], target: int
    ) -> tuple[list[list[Any]], Matrix]:
        """Every language's training texts in that of a target, and what translating each took."""
        found = [translated[corpus.ids[place], corpus.ids[target]] if texts else None for place, texts in
                 enumerate(corpus.train)]  # fmt: skip
        figures = [one.figures for one in found if one is not None]
        return [one.inputs if one is not None else [] for one in found], np.concatenate(figures)

    def _descriptions(self, corpus: Corpus, targets: list[int]) -> dict[str, list[str]]:
        """By source, what translates into the language of each target."""
        into = [corpus.ids[target] for target in targets]
        origins = [corpus.ids[place] for place, texts in enumerate(corpus.train) if texts]
        return {origin: [self.by.describe(origin, one) for one in into if one != origin] for origin in origins}

    def _preparations(self, corpus: Corpus) -> int:
        return 1 if self.models == ALL else len(self._groups(corpus))

    def _as_learnt(self, corpus: Corpus, trainings: Sequence[Training]) -> tuple[Corpus, Sequence[Training]]:
        targets = [place for place, texts in enumerate(corpus.test) if texts]
        if self.models == ALL:
            times = len(targets) + self.with_source
            several = [(np.tile(one.rows, times), np.tile(one.labels, times), one) for one in trainings]
            return corpus, [replace(one, rows=rows, labels=labels) for rows, labels, one in several]
        alone = [texts if place == targets[0] else [] for place, texts in enumerate(corpus.test)]
        return replace(corpus, test=alone), trainings

    def _wanted(self, corpus: Corpus) -> list[Texts]:
        begins = starts(corpus.train)
        learnt = np.ones(begins[-1], bool) if corpus.learnt is None else corpus.learnt
        return [
            Texts(
                texts,
                corpus.train_items[place],
                learnt[first:last],
                corpus.ids[place],
                corpus.ids[target],
                corpus.kind.input_type,
            )
            for target in (place for place, texts in enumerate(corpus.test) if texts)
            for place, (texts, (first, last)) in enumerate(zip(corpus.train, pairwise(begins), strict=True))
            if texts
        ]


def _placed(answers: Matrix, rows: slice, height: int) -> Matrix:
    whole = np.zeros(height, answers.dtype)
    whole[rows] = answers
    return whole


def _spent(own: Arrays, rows: Matrix, origin: str, sources: list[str], targets: list[str]) -> dict[str, Any]:
    """What was translated for a training."""
    into = [target for target in targets if sources != [target]]
    if not into:
        return {}
    described = json.loads(str(own["by"][0]))
    by = [one for source in sources for one in described[source]]
    return note("; ".join(dict.fromkeys(by)), origin, " ".join(into), own["figures"][:, rows].sum(axis=0))


@dataclass(frozen=True)
class TranslateTest(TranslatingRecipe):
    """A model of the source for all targets, whose test texts are translated into the source's language.

    Notes
    -----
    The parameters are those of `TranslatingRecipe`. Every text that is ever answered has to be translated.
    """

    name: ClassVar[str] = "translate-test"
    takes_mixes: ClassVar[bool] = False

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
        begins = prepared["starts"]
        source = int(languages_of(training.rows[:1], begins)[0])
        first = begins[source]
        own = among(source, prepared)
        fitted = self.inner.fit(
            own, replace(training, rows=training.rows - first, dev_rows=training.dev_rows - first)
        )  # fmt: skip
        notes: dict[str, Any] = {**fitted.notes, "by_target": json.loads(str(own["notes"][0]))}
        return Fitted(fitted.arrays, {"source": source, "base": fitted.settings}, notes)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
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
