"""`in-context`: a decoder is shown some examples in its prompt, or none, and learns nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, MinLen

from isogloss.errors import BadValue
from isogloss.lab.recipe import ANY, EACH, Answers, Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.in_context.prompts import About, Query, about, first_rows, packed, parts_of, queries
from isogloss.lab.recipe.in_context.templates import Wording, Wordings, of_languages
from isogloss.lab.recipe.neural import TRIED, NeuralRecipe
from isogloss.lab.task import TaskKind
from isogloss.models.chat import Chat
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.decoder import shared_decoder
from isogloss.models.generation import generate, room_for_prompts
from isogloss.models.inputs import tokenize
from isogloss.models.likelihood import score
from isogloss.models.runtime import count
from isogloss.parameters import Count

Matrix = np.ndarray[Any, Any]

SOURCE, TARGET = "source", "target"
WRITTEN = ("text", "span")
"""Answers that are written, not chosen."""

Texts = Annotated[list[str], MinLen(1)]
_WORDING = ("template", "templates", "verbalizer", "verbalizers", "separator", "content_free", "stop", "system")


@dataclass(frozen=True)
class InContext(NeuralRecipe):
    """A decoder or encoder-decoder that is prompted, with examples before the question or without.

    Parameters
    ----------
    template : str, default ""
        How an example is written: `{text}` and `{label}` (classification), `{premise}` and `{choice}`, `{sentence}`
        (cloze), `{question}` and `{answer}`, and for extractive question answering `{context}` too. By default a
        plain one in English, see the kinds of tasks.
    templates : dict of str to str
        Templates in other languages, by language.
    template_language : {"source", "target"}, default "source"
        Whose template is used: that of the language that demonstrations are in (of the first, if they are in several),
        or `template` if there is none of it; or that of the language asked about, which must be there, save for
        English.
    verbalizer : dict of str to str
        What stands for a label in prompts, by default its name; with choices, for what is asked of the premise, which
        is its last word: `{cause = "because", effect = "so"}`.
    verbalizers : dict of str to dict
        The same in other languages, by language; it goes with the template.
    separator : str, default a blank line
        Between examples.
    chat : bool, default False
        Ask in the form that the checkpoint was tuned to chat in: what stands before the answer is a user's turn, the
        answer the model's, and demonstrations are earlier turns.
    system : str, default ""
        With chat, what is said before everything else.
    demonstrations : {"any", "target"}, default "any"
        Whom a prompt with given demonstrations is for: every target, or, where they are examples of a target, that one
        alone.
    normalise : {"sum", "tokens", "characters"}, default "sum"
        Whether an answer counts with its log-likelihood, or with that per token or per character.
    calibrate : bool, default False
        Divide by how likely an answer is where nothing is asked about.
    content_free : list of str, default "N/A", "[MASK]" and nothing
        What stands for nothing.
    max_new : int, default 64
        Tokens of a generated answer at most.
    stop : list of str, default a line's end
        Where a generated answer ends.

    Notes
    -----
    The training examples of a job are its demonstrations, in an order that the seed decides: `sizes` of the grid
    counts those of the source, 0 for none, and `shots` those of the target. Nothing is learnt or chosen.

    An answer's score is log P(answer | prompt), summed over its tokens. Calibrated, with labels (Zhao et al. 2021,
    Calibrate before use): log softmax of the scores, less the logarithm of the mean over content-free inputs of
    their softmax. With choices, which differ from item to item: the score less that after the first content-free
    input (pointwise mutual information given the domain; Holtzman et al. 2021, Surface form competition).
    """

    name: ClassVar[str] = "in-context"
    answers: ClassVar[tuple[str, ...]] = ("label", "choice", "span", "text")
    zero_shot: ClassVar[bool] = True

    max_length: Annotated[int, Ge(4)] = 2048
    template: str = ""
    templates: dict[str, str] = field(default_factory=dict)
    template_language: Literal["source", "target"] = "source"
    verbalizer: dict[str, str] = field(default_factory=dict)
    verbalizers: dict[str, dict[str, str]] = field(default_factory=dict)
    separator: str = "\n\n"
    chat: bool = False
    system: str = ""
    demonstrations: Literal["any", "target"] = "any"
    normalise: Literal["sum", "tokens", "characters"] = "sum"
    calibrate: bool = False
    content_free: Texts = field(default_factory=lambda: ["N/A", "[MASK]", ""])
    max_new: Count = 64
    stop: Texts = field(default_factory=lambda: ["\n"])

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.system and not self.chat:
            raise BadValue("system is a message of a chat", hint="add chat = true")

    @property
    def preparation(self) -> tuple[Any, ...]:
        """All with one tokenizer share the texts; of whose templates there are not enough is to be known early."""
        return ("prompts", self.revision, json.dumps(self._wording(), sort_keys=True), self.calibrate, self.chat)

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        return super().fits(kind) and kind.form is not None

    @property
    def learns_for(self) -> str:
        return EACH if self.demonstrations == TARGET else ANY

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of the wording, which may be long, a short hash."""
        others = super().changed(*left_out, *_WORDING)
        plain = {name: getattr(InContext(checkpoint="any"), name) for name in _WORDING}
        if self._wording() == plain:
            return others
        return [*others, f"wording={hashlib.sha256(json.dumps(self._wording()).encode()).hexdigest()[:8]}"]

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Put the texts where every worker finds them; prompts are written by each job, as they differ.

        Raises
        ------
        BadFile, BadValue, UnknownName, UnknownLanguage
            If the checkpoint, a template or a verbalizer cannot be used for this task.
        """
        decoder = shared_decoder(self.folder, self.precision)  # whether it can be read is to be known before any job
        if corpus.kind.answer in WRITTEN:
            room_for_prompts(decoder, self.max_new, self.max_length)
        known = About.of(corpus)
        if self.calibrate and (known.answer in WRITTEN or known.form.answer is None):
            raise BadValue(f"there is nothing to calibrate in {corpus.kind.name}", hint="leave out calibrate")
        if (chat := self._chat()) is not None:
            chat.prompt([("a", "b")], "a")  # whether the template has room for such turns
        is_there = self._wordings(known).is_there
        if self.template_language == TARGET:
            for code, texts, there in zip(corpus.languages, corpus.test, is_there, strict=True):
                if texts and not there:
                    hint = f'add it: templates = {{ {code} = "..." }}'
                    raise BadValue(f"no template for '{code}'", where=self.name, hint=hint)
        unknown = [
            self.tokenizer.unknown_share(
                tokenize([" ".join(parts_of(corpus, one)) for one in some], self.tokenizer).ids
            )
            for some in (test or train for train, test in zip(corpus.train, corpus.test, strict=True))
        ]
        self._warn(corpus.languages, np.array(unknown))
        return {**packed(corpus), "unknown": np.array(unknown)}

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Keep the training rows as demonstrations, in an order that the seed decides."""
        rows, labels = training.rows, training.labels
        order = np.random.default_rng(training.seed).permutation(len(rows))
        known = about(prepared)
        shown = queries(prepared, "train", rows[order])
        of_rows = labels.reshape(len(rows), -1)[order] if len(rows) else labels
        answers = [_right(known, one, right) for one, right in zip(shown, of_rows, strict=True)]
        languages = np.searchsorted(first_rows(prepared, "train"), rows[order], side="right") - 1
        written = [[one.parts, answer] for one, answer in zip(shown, answers, strict=True)]
        notes = {"shots": len(rows), "selected_on": "nothing: no weight is learnt"}
        return Fitted(
            {"rows": rows[order], "languages": languages}, {"shown": written, "target": training.target}, notes
        )

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The likeliest answer to every test row, or the one written; one language at a time.

        Rows of targets that the training is not for get the first answer there is, or nothing.
        """
        known, starts = about(prepared), first_rows(prepared, "test")
        wordings = self._wordings(known)
        found: list[Matrix] = []
        for place, (first, last) in enumerate(pairwise(starts)):
            rows = queries(prepared, "test", range(first, last))
            if not rows or fitted.settings["target"] not in (None, place):
                found.append(np.array([""] * len(rows)) if known.answer in WRITTEN else np.zeros(len(rows), int))
                continue
            found.append(self._answer(known, rows, self._asking(wordings, fitted, place)))
        return {"": np.concatenate(found)}

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

    def _wording(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _WORDING}

    def _wordings(self, known: About) -> Wordings:
        form = known.form
        default = Wording.of(self.template or form.default, self.verbalizer, known.labels, form)
        templates = of_languages(self.templates, known.codes, known.ids)
        words = of_languages(self.verbalizers, known.codes, known.ids)
        own = [
            None if text is None and names is None
            else Wording.of(text or default.template.text, names or self.verbalizer, known.labels, form)
            for text, names in zip(templates, words, strict=True)
        ]  # fmt: skip
        is_there = [
            text is not None or identifier.partition("_")[0] == "eng"
            for text, identifier in zip(templates, known.ids, strict=True)
        ]
        return Wordings(default, own, is_there)

    def prompts(self, prepared: Arrays, fitted: Fitted, language: int) -> list[tuple[str, list[str]]]:
        """What is asked in a language, by its place in the corpus: each prompt with the ways that are scored."""
        asking = self._asking(self._wordings(about(prepared)), fitted, language)
        first, last = first_rows(prepared, "test")[language : language + 2]
        return [asking.ask(one) for one in queries(prepared, "test", range(first, last))]

    def _asking(self, wordings: Wordings, fitted: Fitted, place: int) -> _Asking:
        languages = fitted.arrays["languages"]
        source = int(languages[0]) if len(languages) else None
        wording = wordings.of(place if self.template_language == TARGET else source)
        shown = [wording.parted(parts, answer) for parts, answer in fitted.settings["shown"]]
        return _Asking(wording, self.separator, shown, self._chat())

    def _chat(self) -> Chat | None:
        return Chat(load_tokenizer(self.folder), self.system) if self.chat else None

    def _answer(self, known: About, rows: list[Query], asking: _Asking) -> Matrix:
        if known.answer in WRITTEN:
            decoder = shared_decoder(self.folder, self.precision)
            prompts = [asking.ask(one)[0] for one in rows]
            return np.array(
                generate(decoder, prompts, max_new=self.max_new, stop=self.stop, max_length=self.max_length)
            )
        scores = self._scores(asking, rows)
        if self.calibrate:
            scores = self._calibrated(scores, asking, rows)
        return np.array([int(np.argmax(one)) for one in scores])

    def _scores(self, asking: _Asking, rows: list[Query]) -> list[Matrix]:
        """The score of each answer to each row."""
        written = [asking.ask(one) for one in rows]
        found = score(
            shared_decoder(self.folder, self.precision), [prompt for prompt, _ in written],
            [ways for _, ways in written], max_length=self.max_length,
        )  # fmt: skip
        count(shortened_prompts=found.cut)
        scores = found.normalised(self.normalise)
        return [scores[first:last] for first, last in pairwise(found.starts)]

    def _calibrated(self, scores: list[Matrix], asking: _Asking, rows: list[Query]) -> list[Matrix]:
        if rows[0].choices:
            nothing = self._scores(asking, [Query((self.content_free[0],), one.choices) for one in rows])
            return [one - base for one, base in zip(scores, nothing, strict=True)]
        nothing = self._scores(asking, [Query((one,)) for one in self.content_free])
        base = np.log(np.mean([np.exp(_log_softmax(one)) for one in nothing], axis=0))
        return [_log_softmax(one) - base for one in scores]


@dataclass(frozen=True)
class _Asking:
    """How rows of one language are asked about, and what stands before."""

    wording: Wording
    separator: str
    shown: list[tuple[str, str]]
    chat: Chat | None

    def ask(self, one: Query) -> tuple[str, list[str]]:
        prompt, ways = self.wording.ways(one.parts, one.choices)
        if self.chat is None:
            return "".join(question + answer + self.separator for question, answer in self.shown) + prompt, ways
        turns = [(question, answer.strip()) for question, answer in self.shown]
        return self.chat.prompt(turns, prompt), [way.strip() for way in ways]


def _log_softmax(scores: Matrix) -> Matrix:
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def _right(known: About, one: Query, right: Matrix) -> str:
    """The right answer to a row as a text: a choice, what stands between two characters, a label or another answer."""
    if one.choices:
        return one.choices[int(right[0])]
    if known.answer == "span":
        return one.parts[0][int(right[0]) : int(right[1])].strip()
    return known.labels[int(right[0])]
