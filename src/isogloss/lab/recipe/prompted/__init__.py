"""What recipes share that ask a decoder in prompts: how these are written, and how answers are scored or written."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, MinLen

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Fitted
from isogloss.lab.recipe.neural import NeuralRecipe
from isogloss.lab.recipe.prompted.prompts import About, Query, about, first_rows, packed, parts_of, queries
from isogloss.lab.recipe.prompted.templates import Wording, Wordings, named, of_languages
from isogloss.lab.task import Form, TaskKind
from isogloss.models.chat import Chat
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.decoder import PLAIN, Decoder, Direction, shared_decoder
from isogloss.models.generation import generate, room_for_prompts
from isogloss.models.inputs import tokenize
from isogloss.models.likelihood import score
from isogloss.models.runtime import count
from isogloss.parameters import Count

if TYPE_CHECKING:
    import polars as pl

Matrix = np.ndarray[Any, Any]

SOURCE, TARGET = "source", "target"
WRITTEN = ("text", "span")
"""Answers that are written, not chosen."""

Texts = Annotated[list[str], MinLen(1)]


@dataclass(frozen=True)
class PromptedRecipe(NeuralRecipe):
    """A recipe whose model is asked in prompts.

    Parameters
    ----------
    template : str, default ""
        How an example is written: `{text}` and `{label}` (classification), `{premise}` and `{choice}`, `{sentence}`
        (cloze), `{instruction}` and `{output}`, `{question}` and `{answer}`, and for extractive question answering
        `{context}` too. By default a plain one in English, see the kinds of tasks. `{from}` and `{into}` stand for the
        names of the languages that are read and written; every example is then written with its own.
    templates : dict of str to str
        Templates in other languages, by language.
    template_language : {"source", "target"}, default "source"
        Whose template is used: that of the language that was learnt from (of the first, if there are several),
        or `template` if there is none of it; or that of the language asked about, which must be there, save for
        English.
    verbalizer : dict of str to str
        What stands for a label in prompts, by default its name; with choices, for what is asked of the premise, which
        is its last word: `{cause = "because", effect = "so"}`.
    verbalizers : dict of str to dict
        The same in other languages, by language; it goes with the template.
    chat : bool, default False
        Ask in the form that the checkpoint was tuned to chat in: what stands before the answer is a user's turn, the
        answer the model's, and demonstrations are earlier turns.
    system : str, default ""
        With chat, what is said before everything else.
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
    An answer's score is log P(answer | prompt), summed over its tokens. Calibrated, with labels (Zhao et al. 2021,
    Calibrate before use): log softmax of the scores, less the logarithm of the mean over content-free inputs of
    their softmax. With choices, which differ from item to item: the score less that after the first content-free
    input (pointwise mutual information given the domain; Holtzman et al. 2021, Surface form competition).
    """

    answers: ClassVar[tuple[str, ...]] = ("label", "choice", "span", "text")
    zero_shot: ClassVar[bool] = True
    worded: ClassVar[tuple[str, ...]] = (
        "template", "templates", "verbalizer", "verbalizers", "content_free", "stop", "system",
    )  # fmt: skip
    """Parameters that are long: labels have a hash of them."""

    max_length: Annotated[int, Ge(4)] = 2048
    template: str = ""
    templates: dict[str, str] = field(default_factory=dict)
    template_language: Literal["source", "target"] = "source"
    verbalizer: dict[str, str] = field(default_factory=dict)
    verbalizers: dict[str, dict[str, str]] = field(default_factory=dict)
    chat: bool = False
    system: str = ""
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

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of the wording, which may be long, a short hash."""
        others = super().changed(*left_out, *self.worded)
        defaults = self.defaults()
        if self._wording() == {name: defaults[name] for name in self.worded}:
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
        if (chat := self.conversation()) is not None:
            chat.prompt([("a", "b")], "a")  # whether the template has room for such turns
        is_there = self.wordings(known).is_there
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

    @property
    def between(self) -> str:
        """What stands between demonstrations, where there are any."""
        return ""

    @abstractmethod
    def decoder(self, fitted: Fitted) -> Decoder:
        """The model as it answers."""

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The likeliest answer to every test row, or the one written; one language at a time.

        Rows of targets that the training is not for get the first answer there is, or nothing.
        """
        known, languages = about(prepared), len(prepared["test_rows_of"])
        wordings, decoder = self.wordings(known), self.decoder(fitted)
        found: list[Matrix] = []
        for place in range(languages):
            rows = self.questions(prepared, fitted, place)
            if not rows or fitted.settings["target"] not in (None, place):
                found.append(np.array([""] * len(rows)) if known.answer in WRITTEN else np.zeros(len(rows), int))
                continue
            found.append(self.answered(decoder, known, wordings, fitted, place, rows))
        return {"": np.concatenate(found)}

    def answered(
        self, decoder: Decoder, known: About, wordings: Wordings, fitted: Fitted, place: int, rows: list[Query]
    ) -> Matrix:
        """The answers to rows of a language, by its place in the corpus."""
        return self._answer(decoder, known, rows, self._asking(known, wordings, fitted, place))

    def _wording(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.worded}

    def wordings(self, known: About) -> Wordings:
        """How examples are written in each language."""
        form = known.form
        usual = self.template or self.usual(form)
        templates = of_languages(self.templates, known.codes, known.ids)
        sides = [*zip(known.input_ids, known.answer_ids, strict=True)]
        default = Wording.of(named(usual, *sides[0]), self.verbalizer, known.labels, form)
        is_directed = default.template.text != usual
        templates = [
            None if text is None and not is_directed else named(text or usual, *own)
            for text, own in zip(templates, sides, strict=True)
        ]
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
        return Wordings(default, own, is_there, is_directed)

    def usual(self, form: Form) -> str:
        """The template that is used where none is given."""
        return form.chat if self.chat and form.chat else form.default

    def prompts(self, prepared: Arrays, fitted: Fitted, language: int) -> list[tuple[str, list[str]]]:
        """What is asked in a language, by its place in the corpus: each prompt with the ways that are scored."""
        known = about(prepared)
        asking = self._asking(known, self.wordings(known), fitted, language)
        return [asking.ask(one) for one in self.questions(prepared, fitted, language)]

    def every_prompt(self, prepared: Arrays, fitted: Fitted) -> pl.DataFrame:
        """What is asked in all languages that the training is for: columns `language`, `id` and `text`."""
        import polars as pl

        known, rows = about(prepared), []
        for place, code in enumerate(known.codes):
            if fitted.settings["target"] in (None, place):
                asked = zip(self.questions(prepared, fitted, place), self.prompts(prepared, fitted, place), strict=True)
                rows += [(code, one.item or str(at), prompt) for at, (one, (prompt, _)) in enumerate(asked)]
        return pl.DataFrame(rows, schema=["language", "id", "text"], orient="row")

    def questions(self, prepared: Arrays, fitted: Fitted, language: int) -> list[Query]:
        """The test rows of a language, by its place in the corpus."""
        first, last = first_rows(prepared, "test")[language : language + 2]
        return queries(prepared, "test", range(first, last))

    def _asking(self, known: About, wordings: Wordings, fitted: Fitted, place: int) -> Asking:
        languages = fitted.arrays["languages"]
        source = int(languages[0]) if len(languages) else None
        wording = wordings.of(place if self.template_language == TARGET or wordings.is_directed else source)
        shown = [
            (wordings.of(int(languages[number])) if wordings.is_directed else wording).parted(parts, answer)
            for number, (parts, answer) in enumerate(fitted.settings["shown"])
        ]
        mark = self.marks(known)[place]
        return Asking(wording, self.between, shown, self.conversation(), mark.text, mark.direction)

    def marks(self, known: About) -> list[Mark]:
        """What says which language to answer in, by language; nothing by default."""
        return [Mark()] * len(known.codes)

    def conversation(self) -> Chat | None:
        """The form of a chat, if that is asked for."""
        return Chat(load_tokenizer(self.folder), self.system) if self.chat else None

    def as_read(self, one: Query) -> Query:
        """A row as the decoder reads it in its prompt."""
        return one

    def leads(self, decoder: Decoder, rows: Sequence[Query]) -> list[list[int]] | None:
        """Tokens that stand before the prompt of each row alone; none by default."""
        return None

    def _answer(self, decoder: Decoder, known: About, rows: list[Query], asking: Asking) -> Matrix:
        if known.answer in WRITTEN:
            prompts = [asking.ask(self.as_read(one))[0] for one in rows]
            return np.array(
                generate(decoder, prompts, max_new=self.max_new, stop=self.stop, max_length=self.max_length,
                         direction=asking.direction, leads=self.leads(decoder, rows))
            )  # fmt: skip
        scores = self._scores(decoder, asking, rows)
        if self.calibrate:
            scores = self._calibrated(decoder, scores, asking, rows)
        return np.array([int(np.argmax(one)) for one in scores])

    def _scores(self, decoder: Decoder, asking: Asking, rows: list[Query]) -> list[Matrix]:
        """The score of each answer to each row."""
        written = [asking.ask(self.as_read(one)) for one in rows]
        found = score(
            decoder, [prompt for prompt, _ in written], [ways for _, ways in written], max_length=self.max_length,
            leads=self.leads(decoder, rows),
        )  # fmt: skip
        count(shortened_prompts=found.cut)
        scores = found.normalised(self.normalise)
        return [scores[first:last] for first, last in pairwise(found.starts)]

    def _calibrated(self, decoder: Decoder, scores: list[Matrix], asking: Asking, rows: list[Query]) -> list[Matrix]:
        if rows[0].choices:
            nothing = self._scores(decoder, asking, [Query((self.content_free[0],), one.choices) for one in rows])
            return [one - base for one, base in zip(scores, nothing, strict=True)]
        nothing = self._scores(decoder, asking, [Query((one,)) for one in self.content_free])
        base = np.log(np.mean([np.exp(_log_softmax(one)) for one in nothing], axis=0))
        return [_log_softmax(one) - base for one in scores]


@dataclass(frozen=True)
class Mark:
    """What says which language to answer in: a text before the prompt, or tokens."""

    text: str = ""
    direction: Direction = PLAIN


@dataclass(frozen=True)
class Asking:
    """How rows of one language are asked about, and what stands before."""

    wording: Wording
    separator: str
    shown: list[tuple[str, str]]
    chat: Chat | None
    before: str = ""
    direction: Direction = PLAIN

    def ask(self, one: Query) -> tuple[str, list[str]]:
        prompt, ways = self.wording.ways(one.parts, one.choices)
        prompt = one.hint + prompt
        shown = self.shown if one.shown is None else [self.shown[place] for place in one.shown]
        prompt = self.before + prompt
        if self.chat is None:
            return "".join(question + answer + self.separator for question, answer in shown) + prompt, ways
        turns = [(question, answer.strip()) for question, answer in shown]
        return self.chat.prompt(turns, prompt), [way.strip() for way in ways]


def _log_softmax(scores: Matrix) -> Matrix:
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def right_answer(known: About, one: Query, right: Matrix) -> str:
    """The right answer to a row as a text: a choice, what stands between two characters, a label or another answer."""
    if one.choices:
        return one.choices[int(right[0])]
    if known.answer == "span":
        return one.parts[0][int(right[0]) : int(right[1])].strip()
    return known.labels[int(right[0])]
