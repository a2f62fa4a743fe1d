"""`seq2seq-back-parsed`: a parser learns from utterances of other languages that a model made of meanings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.encoder_decoder import Seq2SeqTune
from isogloss.lab.recipe.from_texts import Seq2SeqFromTexts
from isogloss.lab.recipe.instructions import languages_of
from isogloss.lab.recipe.prompted.prompts import About, about
from isogloss.lab.tuning.lessons import Example, Moved
from isogloss.languages import resolve
from isogloss.models.generation import generate
from isogloss.parameters import Count

UNUSED = (*Seq2SeqTune.beside, "tag", "template", "templates")
"""What would put words or tags around utterances."""


@dataclass(frozen=True)
class Seq2SeqBackParsed(Seq2SeqFromTexts):
    """Full fine-tuning of a parser on a source, and on utterances of other languages made of the source's meanings.

    Parameters
    ----------
    texts : str
        A table with the columns `language` and `text`: utterances without meanings, of the languages to make.
    most : int, default 1000
        Of these at most of each language, in the order of the file.
    generator_epochs : int, default 3
        How often the generator goes through meanings and texts.

    Notes
    -----
    Cross-lingual back-parsing (Kang et al. 2024): a generator of the same checkpoint, whose encoder stays as it is,
    learns to write the source's utterances from their meanings; and to write every text of each language l after states
    of that text moved to the source, h - mean of l + mean of the source. What it writes of each meaning in each other
    language is kept if it is new and a parser of the source alone gives it that meaning. The parser then learns from
    the source and from what was kept. The generator's language to write is said by `<2deu> ` before what is read; the
    paper has adapters in the decoder for it. The other parameters are those of `Seq2SeqTune`.
    """

    name: ClassVar[str] = "seq2seq-back-parsed"

    generator_epochs: Count = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        defaults = self.defaults()
        for name in UNUSED:
            if getattr(self, name) != defaults[name]:
                raise BadValue("utterances are made, and parsed, as they stand", where=name, hint="leave it out")

    def prepare(self, corpus: Corpus, apply: Any) -> Arrays:
        """As the base does; there have to be texts of a language that is not learnt from."""
        known = About.of(corpus)
        self._others([known.ids[place] for place, texts in enumerate(corpus.train) if texts])
        return super().prepare(corpus, apply)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the training rows, and from utterances made of their meanings; of no rows, nothing."""
        if not len(training.rows):
            return super().fit(prepared, training)
        known, examples = about(prepared), self.examples(prepared, training)
        learnt = np.unique(languages_of(prepared, training.rows))
        others = self._others([known.ids[place] for place in learnt])
        meanings = list(dict.fromkeys(one.answer for one in examples))
        generator = self._generator(examples, others, training.seed)
        first, _ = self.learn(examples, training.seed)
        parser = self.decoder(Fitted({"languages": learnt, **first}))
        kept: list[Example] = []
        counts: dict[str, Any] = {}
        for language in others:
            written = self._write(generator, [f"{_tag(language)}{meaning}" for meaning in meanings])
            parsed = self._write(parser, [*written])
            seen = {one.prompt for one in examples}
            right = [
                Example(text, meaning) for text, meaning, again in zip(written, meanings, parsed, strict=True)
                if text.strip() and again == meaning.strip() and text not in seen
            ]  # fmt: skip
            kept += right
            counts[language] = len(right)
        weights, notes = self.learn([*examples, *kept], training.seed)
        notes |= {"made": len(meanings), "kept": counts}
        return Fitted({"languages": learnt, **weights}, {"shown": [], "target": None}, notes)

    def _generator(self, examples: Sequence[Example], others: dict[str, list[str]], seed: int) -> Any:
        """A model that writes utterances of meanings, in each language."""
        recipe = Seq2SeqTune.read(
            {one.name: getattr(self, one.name) for one in fields(Seq2SeqTune)}
            | {"epochs": self.generator_epochs, "frozen_epochs": self.generator_epochs}
        )
        own = [one.prompt for one in examples]
        lessons = [Example(f"{_tag('')}{one.answer}", one.prompt) for one in examples]
        groups = [""] * len(lessons)
        for language, texts in {"": own, **others}.items():
            lessons += [Example(f"{_tag(language)}{text}", text) for text in texts]
            groups += [language or "source"] * len(texts)
        weights, _ = recipe.learn(lessons, seed, Moved(tuple(groups), "source"))
        return recipe.decoder(Fitted({"languages": np.zeros(1, int), **weights}))

    def _write(self, decoder: Any, prompts: list[str]) -> list[str]:
        return generate(decoder, prompts, max_new=self.max_new, stop=self.stop, max_length=self.max_length)

    def _others(self, learnt: Sequence[str]) -> dict[str, list[str]]:
        """The texts of each language that is not learnt from."""
        every = {resolve(code).id: texts for code, texts in self.own_texts.read(self.texts).items()}
        found = {code: texts for code, texts in every.items() if code not in learnt}
        if not found:
            raise BadValue("no text in a language that is not learnt from", where=self.texts,
                           hint=f"add rows of a target; there are {', '.join(every)}")  # fmt: skip
        return found

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As of the base, thrice for what is learnt, and once for every text."""
        base = Seq2SeqTune.read({one.name: getattr(self, one.name) for one in fields(Seq2SeqTune)})
        plain = base.estimate(corpus, trainings)
        return replace(plain, job_seconds=plain.job_seconds * 4, basis=f"{plain.basis}; made utterances not counted")


def _tag(language: str) -> str:
    """What says which language to write, before what the generator reads; empty for the source."""
    return f"<2{language or 'source'}> "
