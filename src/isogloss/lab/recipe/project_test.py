"""`project-test`: test sentences are tagged in translation, and the tags of its words go back along linked words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Fitted
from isogloss.lab.recipe.translate import TranslateTest
from isogloss.lab.recipe.wrapper import Matrix, WrapperRecipe, among, beside, starts
from isogloss.lab.task import TaskKind
from isogloss.models.inputs import TEXT
from isogloss.parameters import labelled
from isogloss.texts.aligners import Aligner, Bitext, Links, read_aligner
from isogloss.texts.projection import OUTSIDE
from isogloss.texts.projection.spans import is_spans, project_spans
from isogloss.texts.projection.tags import project_tags
from isogloss.texts.projection.translating import faults
from isogloss.texts.translations import Texts, Translated
from isogloss.texts.words import cut_words


@dataclass(frozen=True)
class ProjectTest(TranslateTest):
    """A tagger of the source for all targets, whose test sentences are tagged in the source's language.

    Parameters
    ----------
    aligner : dict
        `name` and parameters of an aligner, which links the words of a test sentence and of its translation.

    Notes
    -----
    The others are those of `TranslatingRecipe`. Tags go back as `isogloss.texts.project_tags` carries them, those of
    spans as `isogloss.texts.project_spans`. A word that none goes to has the tag that most others of its language have,
    or, of spans, `O`. A sentence whose translation is empty or the same is tagged as it is.
    """

    name: ClassVar[str] = "project-test"
    answers: ClassVar[tuple[str, ...]] = ("tags",)
    unfit: ClassVar[str | None] = "tags go back to words; for other answers take translate-test"

    aligner: dict[str, Any] = field(default_factory=lambda: {"name": "argmax"})

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.linker

    @cached_property
    def linker(self) -> Aligner:
        """The aligner with its parameters."""
        return read_aligner(self.aligner)

    @property
    def identity(self) -> dict[str, Any]:
        """As `TranslatingRecipe` has it, with the aligner by its content."""
        return {**super().identity, "aligner": self.linker.describe()}

    def variant(self, chosen: str) -> str:
        """The label, as `project-test(ngram-logreg,apertium,argmax)`, for one of the base's answers."""
        return labelled(self.name, [self.inner.variant(chosen), self.by.label, self.linker.label])

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        return super(WrapperRecipe, cls).fits(kind)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As `TranslateTest` does, with the links between test sentences and what is tagged in their place."""
        prepared = dict(super().prepare(corpus, apply))
        translated = self._translated(corpus, apply)
        for source in (place for place, texts in enumerate(corpus.train) if texts):
            own = [
                Bitext(translated[corpus.ids[place], corpus.ids[source]].inputs, texts) if texts else Bitext([], [])
                for place, texts in enumerate(corpus.test)
            ]
            links = [*apply(_linked, [(self.linker, one) for one in own])]
            prepared |= beside(source, {f"{place}.pairs": _written(*one) for place, one in
                                        enumerate(zip(own, links, strict=True))})  # fmt: skip
        return {**prepared, "test_starts": starts(corpus.test), "tags": np.array(corpus.labels, np.str_)}

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        own, names = among(fitted.settings["source"], prepared), prepared["tags"]
        several = [_read(own[f"{place}.pairs"]) for place in range(len(prepared["test_starts"]) - 1)]
        return {
            variant: _carried_back(several, answers, names)
            for variant, answers in super().predict(prepared, fitted).items()
        }

    def _wanted(self, corpus: Corpus) -> list[Texts]:
        """The sentences as texts."""
        return [
            replace(one, inputs=[" ".join(map(str, words)) for words in one.inputs], input_type=TEXT)
            for one in super()._wanted(corpus)
        ]

    def _translated(self, corpus: Corpus, apply: Apply) -> dict[tuple[str, str], Translated]:
        """The words of translations; those of the sentence itself where it has none."""
        words = {code: texts for code, texts in zip(corpus.ids, corpus.test, strict=True) if texts}
        found = {}
        for (origin, into), one in super()._translated(corpus, apply).items():
            given = [" ".join(map(str, sentence)) for sentence in words[origin]]
            wrong = {} if origin == into else faults(given, one.inputs)
            found[origin, into] = replace(one, inputs=[
                sentence if origin == into or place in wrong else tuple(cut_words(text))
                for place, (sentence, text) in enumerate(zip(words[origin], one.inputs, strict=True))
            ])  # fmt: skip
        return found


def _linked(given: tuple[Aligner, Bitext]) -> list[Links]:
    """Links of each sentence; each word with itself where nothing was translated."""
    aligner, bitext = given
    places = [place for place in range(len(bitext)) if tuple(bitext.sources[place]) != tuple(bitext.targets[place])]
    links = [Links.of({(word, word): 1.0 for word in range(len(words))}) for words in bitext.targets]
    some = Bitext([bitext.sources[place] for place in places], [bitext.targets[place] for place in places])
    for place, one in zip(places, aligner.align(some) if places else [], strict=True):
        links[place] = one
    return links


def _written(bitext: Bitext, links: Sequence[Links]) -> Matrix:
    rows = [
        {"sources": list(source), "targets": list(target), "pairs": one.pairs.tolist(), "weights": one.weights.tolist()}
        for source, target, one in zip(bitext.sources, bitext.targets, links, strict=True)
    ]
    return np.array([json.dumps(rows)])


def _read(written: Matrix) -> tuple[Bitext, list[Links]]:
    rows = json.loads(str(written[0]))
    links = [
        Links.of({tuple(pair): weight for pair, weight in zip(one["pairs"], one["weights"], strict=True)})
        for one in rows
    ]
    return Bitext([one["sources"] for one in rows], [one["targets"] for one in rows]), links


def _carried_back(several: Sequence[tuple[Bitext, list[Links]]], answers: Matrix, names: Matrix) -> Matrix:
    """Answers to the words of translations, language by language, as answers to the words of the sentences."""
    places = {str(name): place for place, name in enumerate(names)}
    spans, first, found = is_spans([[*places]]), 0, []
    for bitext, links in several:
        if not len(bitext):
            continue
        begins = first + np.cumsum([0, *map(len, bitext.sources)])
        tags = [names[answers[begin:end]].tolist() for begin, end in pairwise(begins)]
        first = int(begins[-1])
        if spans:
            labels, common = project_spans(bitext, tags, links).labels, OUTSIDE
        else:
            labels = project_tags(bitext, tags, links).labels
            counts = Counter(label for sentence in labels for label in sentence if label is not None)
            common = counts.most_common(1)[0][0] if counts else str(names[0])
        found += [places[label or common] for sentence in labels for label in sentence]
    return np.array(found, np.int64)
