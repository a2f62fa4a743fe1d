"""`transform`: another recipe, with the texts that it learns from or answers changed by a text transform."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Estimate, Fitted, Stage, Training
from isogloss.lab.recipe.wrapper import Matrix, WrapperRecipe, among, beside, languages_of, starts, summary
from isogloss.lab.task import NO_LABEL, TaskKind
from isogloss.languages import resolve
from isogloss.parameters import labelled
from isogloss.texts.transforms import TextTransform, read_transform
from isogloss.texts.transforms.inputs import InputsToTransform, TransformedInputs, transform_inputs
from isogloss.texts.translations import FIGURES

MOST_NAMED = 3
"""How many languages a label names; of more it has their number and a short hash."""

TRIED_TEXTS = 64
"""How many texts an estimate transforms."""


@dataclass(frozen=True)
class Transform(WrapperRecipe):
    """Another recipe, with training texts, test texts or both changed by a text transform.

    Parameters
    ----------
    transform : dict
        `name` and parameters of a text transform, see `isogloss.texts.text_transforms`.
    on : {"train", "test", "both"}, default "train"
        Which texts are changed. The demonstrations of a recipe that prompts are its training texts.
    into : str, default ""
        The language that texts are put into, for transforms that ask; nothing for the one that they are in.
    languages : list of str, default none
        Languages, as the task's file calls them, whose texts are changed; those of others stay as they are. None for
        all.

    Notes
    -----
    Training texts that cannot be transformed are not learnt from. Where some words of a sentence come back without a
    tag, a base that takes gaps learns from the others, and one that does not leaves the sentence out. Test texts that
    cannot be transformed are answered as they are, so that every recipe of a grid answers the same items. Both are
    counted by reason. Texts that no job learns from are not transformed. `base` is that of `WrapperRecipe`.
    """

    name: ClassVar[str] = "transform"
    answers: ClassVar[tuple[str, ...]] = ("label", "choice", "tags", "text")
    zero_shot: ClassVar[bool] = True
    does: ClassVar[str] = "transforms texts"
    unfit: ClassVar[str | None] = "answers stand at characters of a context, or in a slot, which other words would move"

    transform: dict[str, Any] = field(default_factory=dict)
    on: Literal["train", "test", "both"] = "train"
    into: str = ""
    languages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.inner, self.by, self._into

    @cached_property
    def by(self) -> TextTransform:
        """The text transform with its parameters."""
        return read_transform(self.transform)

    @cached_property
    def _into(self) -> str:
        return resolve(self.into, where="into").id if self.into else ""

    @property
    def takes_gaps(self) -> bool:  # type: ignore[override]  # a constant of other recipes
        return self.inner.takes_gaps

    @property
    def sequential(self) -> bool:
        return self.inner.sequential

    @property
    def learns_for(self) -> str:
        return self.inner.learns_for

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the answers: the base and the transform, by their content, and what else is set."""
        own = {"on": self.on, "into": self._into, "languages": sorted(self.languages)}
        described = {"recipe": self.name, "version": self.version, "parameters": own}
        return described | {"base": self.inner.identity, "transform": self.by.identity}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """As the base's, with what is transformed."""
        own = json.dumps(self.by.identity, sort_keys=True)
        return (self.name, own, *self.changed("base", "transform"), self.inner.preparation)

    def variant(self, chosen: str) -> str:
        """The label, as `transform(in-context,code-switch:eng-swa(rate=0.5))`, for one of the base's answers."""
        own = self.changed("base", "transform", *(["languages"] if len(self.languages) > MOST_NAMED else []))
        if len(self.languages) > MOST_NAMED:
            digest = hashlib.sha256(" ".join(sorted(self.languages)).encode()).hexdigest()[:6]
            own.append(f"languages={len(self.languages)}:{digest}")
        return labelled(self.name, [self.inner.variant(chosen), self.by.label, *own])

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        return super().fits(kind) and (kind.input_type.translatable or kind.input_type.unit == "word")

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As the base does, with the transformed texts, and what became of each."""
        for code in self.languages:
            if code not in corpus.languages:
                raise BadValue(
                    f"the grid has no language '{code}'", where="languages", hint="write it as the task does"
                )
        train, test = self._transformed(corpus, apply)
        changed = replace(corpus, train=_put(corpus.train, train), test=_put(corpus.test, test))
        prepared = self.inner.prepare(changed, apply)
        own = {
            "starts": starts(corpus.train),
            "dropped": np.array([reason for one in train for reason in one.dropped], np.str_),
            "figures": np.concatenate([np.zeros((0, len(FIGURES))), *(one.figures for one in train)]),
            "transforming": _sums([*train, *test]),
            "train": np.array([json.dumps(self._described(corpus, train))]),
            "test": np.array([json.dumps(self._notes_of_tests(corpus, test))]),
        }
        if corpus.tags:
            tags = [sentence for one in train for sentence in one.tags]
            places: dict[str | None, int] = {label: place for place, label in enumerate(corpus.labels)}
            own["units"] = starts(tags)
            own["labels"] = np.array([places.get(tag, NO_LABEL) for sentence in tags for tag in sentence], np.int64)
        return {**beside("base", prepared), **own, **summary([prepared], len(corpus.languages))}

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn as the base does, from the texts that could be transformed."""
        rows, labels = _kept(prepared, training.rows, training.labels)
        dev_rows, dev_labels = _kept(prepared, training.dev_rows, training.dev_labels)
        then = tuple(Stage(*_kept(prepared, stage.rows, stage.labels)) for stage in training.then)
        every = np.concatenate([training.rows, *(stage.rows for stage in training.then)])
        left = np.concatenate([rows, *(stage.rows for stage in then)])
        if len(every) and not len(left):
            reasons = Counter(prepared["dropped"][every].tolist()).most_common(1)
            raise BadValue(f"{self.by.name} leaves none of {len(every)} training texts: each {reasons[0][0]}")
        learnt = replace(training, rows=rows, labels=labels, dev_rows=dev_rows, dev_labels=dev_labels, then=then)
        fitted = self.inner.fit(among("base", prepared), learnt)
        notes: dict[str, Any] = {**fitted.notes}
        transformed = every[prepared["figures"][every, 0] > 0]
        if len(transformed):
            notes["transformed_train"] = _note_of_training(prepared, transformed)
        tests = json.loads(str(prepared["test"][0]))
        notes["by_target"] = {
            code: {**notes.get("by_target", {}).get(code, {}), "transformed_test": own} for code, own in tests.items()
        }
        return replace(fitted, notes=notes)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        return self.inner.predict(among("base", prepared), fitted)

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As the base does on texts as they are, and the time for those to transform, after a few were tried."""
        estimate = self.inner.estimate(corpus, trainings)
        wanted = [one for one in self._wanted(corpus) if one is not None]
        lengths = [[len(one.input_type.plain(text)) for text in one.inputs] for one in wanted]
        characters, rate = sum(map(sum, lengths)), 0.0
        if wanted:
            longest = np.argsort(lengths[0], kind="stable")[-TRIED_TEXTS:]
            tried = dict(zip(FIGURES, transform_inputs(_some(wanted[0], longest)).figures.sum(axis=0), strict=True))
            rate = tried["seconds"] / max(1.0, tried["characters"])
        return replace(
            estimate, shared_seconds=estimate.shared_seconds + rate * characters,
            basis=f"{estimate.basis}; {characters} characters to transform",
        )  # fmt: skip

    def _transformed(self, corpus: Corpus, apply: Apply) -> tuple[list[TransformedInputs], list[TransformedInputs]]:
        """What becomes of the training texts of each language, and of its test texts."""
        wanted = self._wanted(corpus)
        found = apply(transform_inputs, [one for one in wanted if one is not None])
        train_and_test = [*corpus.train, *corpus.test]
        tags = [*corpus.tags, *([] for _ in corpus.test)] if corpus.tags else [[] for _ in train_and_test]
        rows = [*self._learnt(corpus), *(np.ones(len(texts), bool) for texts in corpus.test)]
        made = [
            _as_they_are(texts, own) if one is None else _among_others(texts, own, is_wanted, next(found))
            for texts, own, is_wanted, one in zip(train_and_test, tags, rows, wanted, strict=True)
        ]
        return made[: len(corpus.train)], made[len(corpus.train) :]

    def _wanted(self, corpus: Corpus) -> list[InputsToTransform | None]:
        """What is to be transformed of each language, training texts first; None where nothing is."""
        unit = corpus.kind.input_type.unit
        if unit == "word" and self.on != "test" and not corpus.tags:
            raise BadValue("no tags of the training texts", where=self.name)
        learnt, origins = self._learnt(corpus), corpus.input_ids or corpus.ids
        wanted: list[InputsToTransform | None] = []
        for split, languages, items in (
            ("train", corpus.train, corpus.train_items), ("test", corpus.test, corpus.test_items),
        ):  # fmt: skip
            for place, texts in enumerate(languages):
                rows = np.flatnonzero(learnt[place]) if split == "train" else np.arange(len(texts))
                is_left = self.languages and corpus.languages[place] not in self.languages
                if self.on not in (split, "both") or is_left or not len(rows):
                    wanted.append(None)
                    continue
                tags = corpus.tags[place] if split == "train" and corpus.tags else None
                whole = InputsToTransform(
                    self.by, texts, items[place], origins[place], self._into or origins[place],
                    corpus.kind.input_type, tags, corpus.labels, self.inner.takes_gaps,
                )  # fmt: skip
                wanted.append(_some(whole, rows))
        return wanted

    def _learnt(self, corpus: Corpus) -> list[Matrix]:
        """Which training rows of each language some job learns from."""
        begins = starts(corpus.train)
        learnt = np.ones(begins[-1], bool) if corpus.learnt is None else corpus.learnt
        return [learnt[first:last] for first, last in pairwise(begins)]

    def _described(self, corpus: Corpus, made: Sequence[TransformedInputs]) -> list[dict[str, Any]]:
        """By language of the corpus, what transforms it, and what is measured of its texts."""
        return [
            {"by": self._by(origin), "from": origin, "into": self._into or origin, "measures": one.measures}
            if one.figures.any()
            else {}
            for origin, one in zip(corpus.input_ids or corpus.ids, made, strict=True)
        ]

    def _notes_of_tests(self, corpus: Corpus, made: Sequence[TransformedInputs]) -> dict[str, Any]:
        """By the file's own code, what an observation says of the test texts."""
        described = self._described(corpus, made)
        return {
            code: about | _counted(one.figures, one.dropped)
            for code, about, one in zip(corpus.languages, described, made, strict=True)
            if about
        }

    def _by(self, origin: str) -> str:
        more = self.by.describe(origin, self._into or origin)
        return f"{self.by.label}: {more}" if more else self.by.label


def _some(given: InputsToTransform, rows: Matrix) -> InputsToTransform:
    tags = None if given.tags is None else [given.tags[row] for row in rows]
    inputs, items = [given.inputs[row] for row in rows], [given.items[row] for row in rows]
    return replace(given, inputs=inputs, items=items, tags=tags)


def _as_they_are(texts: Sequence[Any], tags: Sequence[Any]) -> TransformedInputs:
    return TransformedInputs(list(texts), [""] * len(texts), list(tags), np.zeros((len(texts), len(FIGURES))), {})


def _among_others(
    texts: Sequence[Any], tags: Sequence[Any], is_wanted: Matrix, made: TransformedInputs
) -> TransformedInputs:
    """What became of all texts of a language of which some were transformed."""
    whole = _as_they_are(texts, tags)
    for place, row in enumerate(np.flatnonzero(is_wanted).tolist()):
        whole.inputs[row], whole.dropped[row] = made.inputs[place], made.dropped[place]
        whole.figures[row] = made.figures[place]
        if made.tags:
            whole.tags[row] = made.tags[place]
    return replace(whole, measures=made.measures)


def _put(texts: Sequence[Sequence[Any]], made: Sequence[TransformedInputs]) -> list[list[Any]]:
    return [one.inputs if some else [] for some, one in zip(texts, made, strict=True)]


def _sums(made: Sequence[TransformedInputs]) -> Matrix:
    """Texts, examples kept and dropped of those transformed, and seconds."""
    figures = np.concatenate([np.zeros((0, len(FIGURES))), *(one.figures for one in made)])
    dropped = np.array([bool(reason) for one in made for reason in one.dropped])
    is_made = figures[:, 0] > 0
    kept = int((is_made & ~dropped).sum())
    return np.array([figures[:, 0].sum(), kept, is_made.sum() - kept, figures[:, FIGURES.index("seconds")].sum()])


def _kept(prepared: Arrays, rows: Matrix, labels: Matrix) -> tuple[Matrix, Matrix]:
    """The rows that could be transformed, and what is right for them, unit by unit."""
    is_kept = prepared["dropped"][rows] == ""
    kept = rows[is_kept]
    if "units" not in prepared:
        return kept, labels[is_kept]
    units = prepared["units"]
    spans = [prepared["labels"][units[row] : units[row + 1]] for row in kept]
    return kept, np.concatenate(spans) if spans else labels[:0]


def _note_of_training(prepared: Arrays, rows: Matrix) -> dict[str, Any]:
    """What was transformed for a training, of all its languages together."""
    described = json.loads(str(prepared["train"][0]))
    languages = np.unique(languages_of(rows, prepared["starts"])).tolist()
    own = [described[place] for place in languages]
    measures = {one["from"]: one["measures"] for one in own if one["measures"]}
    joined = {key: " ".join(dict.fromkeys(one[key] for one in own)) for key in ("by", "from", "into")}
    counted = _counted(prepared["figures"][rows], prepared["dropped"][rows].tolist())
    return {**joined, "measures": measures, **counted}


def _counted(figures: Matrix, dropped: Sequence[str]) -> dict[str, Any]:
    texts, characters, seconds, cpu_seconds = figures.sum(axis=0).tolist()
    reasons = Counter(reason for reason in dropped if reason)
    return {
        "texts": round(texts), "characters": round(characters), "seconds": round(seconds, 4),
        "cpu_seconds": round(cpu_seconds, 4), "kept": len(dropped) - reasons.total(), "dropped": dict(reasons),
    }  # fmt: skip
