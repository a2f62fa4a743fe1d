"""`seq2seq-back-translated`: an encoder-decoder learns from translations, and from texts that are translated back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.encoder_decoder import Seq2SeqTune
from isogloss.lab.recipe.from_texts import Seq2SeqFromTexts
from isogloss.lab.recipe.instructions import languages_of, refuse_beside
from isogloss.lab.recipe.prompted import right_answer
from isogloss.lab.recipe.prompted.prompts import About, about, queries
from isogloss.lab.tuning.lessons import Example
from isogloss.languages import resolve
from isogloss.models.generation import generate
from isogloss.models.inputs import TEXT
from isogloss.texts.translations import Texts, translate_texts
from isogloss.texts.translators import Translator, read_translator


@dataclass(frozen=True)
class Seq2SeqBackTranslated(Seq2SeqFromTexts):
    """Full fine-tuning on translations, and on texts in the language of answers with inputs that a machine made.

    Parameters
    ----------
    texts : str
        A table with the columns `language` and `text`: texts that have no translation, in the language of answers.
    most : int, default 1000
        Of these at most, in the order of the file.
    mark : str, default ""
        What stands before inputs that were made, such as "<BT> " (Caswell, Chelba and Grangier 2019); by default they
        look like any other.
    translator : dict, default none
        `name` and parameters of what translates back. By default a model of the same checkpoint and settings learns the
        other direction from the same examples first.

    Notes
    -----
    Back-translation (Sennrich, Haddow and Birch 2016): what is learnt to be written is always what people wrote, and
    only inputs are a machine's. With several languages learnt from, the texts are shared out among them in turn. Made
    inputs that are empty are left out and counted. The other parameters are those of `Seq2SeqTune`.
    """

    name: ClassVar[str] = "seq2seq-back-translated"

    mark: str = ""
    translator: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_beside(self, "is not learnt on texts that are translated back")

    @cached_property
    def by(self) -> Translator | None:
        """What translates back; None where that is learnt."""
        return read_translator(self.translator) if self.translator else None

    @property
    def identity(self) -> dict[str, Any]:
        """The translator stands there with its content, too."""
        found = super().identity
        parameters = {name: value for name, value in found["parameters"].items() if name != "translator"}
        return {**found, "parameters": parameters, **({"translator": self.by.identity} if self.by else {})}

    def changed(self, *left_out: str) -> list[str]:
        """With the translator by its label."""
        return [*super().changed(*left_out, "translator"), *([f"translator={self.by.label}"] if self.by else [])]

    def prepare(self, corpus: Corpus, apply: Any) -> Arrays:
        """As the base does; texts and translator have to be of the languages of the task."""
        known = About.of(corpus)
        learnt = [place for place, texts in enumerate(corpus.train) if texts]
        for place in learnt:
            self._texts_in(known.answer_ids[place])
        if self.by is not None:
            self.by.check([(known.answer_ids[place], known.input_ids[place]) for place in learnt])
        return super().prepare(corpus, apply)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the training rows and from texts translated back; of no rows, nothing."""
        if not len(training.rows):
            return super().fit(prepared, training)
        known, languages = about(prepared), languages_of(prepared, training.rows)
        learnt = np.unique(languages)
        made: list[Example] = []
        empty = 0
        backwards = self._backwards(prepared, training) if self.by is None else None
        marks = self.marks(known)
        wordings = self.wordings(known)
        for turn, place in enumerate(learnt.tolist()):
            texts = self._texts_in(known.answer_ids[place])[turn :: len(learnt)]
            inputs = backwards(place, texts) if backwards else self._translated(known, place, texts)
            for text, source in zip(texts, inputs, strict=True):
                if not source.strip():
                    empty += 1
                    continue
                prompt, answer = wordings.of(place).parted((source,), text)
                made.append(Example(marks[place].text + self.mark + prompt, answer, marks[place].direction))
        weights, notes = self.learn([*self.examples(prepared, training), *made], training.seed)
        notes |= {"translated_back": len(made), **({"translated_back_empty": empty} if empty else {})}
        return Fitted({"languages": learnt, **weights}, {"shown": [], "target": None}, notes)

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As the base does, for as many more texts as are translated back; translating is not counted."""
        base = Seq2SeqTune.read({one.name: getattr(self, one.name) for one in fields(Seq2SeqTune)})
        plain = base.estimate(corpus, trainings)
        learnt = sum(len(one.rows) for one in trainings) / len(trainings)
        most = max(map(len, self.own_texts.read().values()))
        seconds = plain.job_seconds * (1 + most / max(1.0, learnt))
        return replace(plain, job_seconds=seconds, basis=f"{plain.basis}; translating back is not counted")

    def _texts_in(self, language: str) -> list[str]:
        every = self.own_texts.read(self.texts)
        for code, texts in every.items():
            if resolve(code).id == language:
                return texts
        hint = f"add rows of it; there are {', '.join(every)}"
        raise BadValue(f"no text in {language}, in which the task's answers are", where=self.texts, hint=hint)

    def _translated(self, known: About, place: int, texts: Sequence[str]) -> list[str]:
        """What the translator makes of texts, which it is told as items 0, 1, ..."""
        assert self.by is not None
        wanted, items = np.ones(len(texts), bool), [str(number) for number in range(len(texts))]
        asked = Texts(texts, items, wanted, known.answer_ids[place], known.input_ids[place], TEXT)
        (found,) = translate_texts([asked], self.by, map)
        return [str(one) for one in found.inputs]

    def _backwards(self, prepared: Arrays, training: Training) -> Any:
        """A function that puts texts into the language of inputs, after the other direction was learnt."""
        known, languages = about(prepared), languages_of(prepared, training.rows)
        # Of several languages to write, each is asked for, though the way there needs no tag.
        several = self.tag == "none" and len({known.input_ids[place] for place in languages}) > 1
        recipe = replace(self, tag="prompt") if several else self
        marks = recipe.marks(replace(known, input_ids=known.answer_ids, answer_ids=known.input_ids))
        labels = training.labels.reshape(len(training.rows), -1)
        pairs: list[Example] = []
        for one, right, place in zip(
            queries(prepared, "train", training.rows), labels, languages.tolist(), strict=True
        ):
            prompt = marks[place].text + right_answer(known, one, right)
            pairs.append(Example(prompt, one.parts[0], marks[place].direction))
        weights, _ = recipe.learn(pairs, training.seed)
        decoder = recipe.decoder(Fitted({"languages": languages, **weights}, {}))

        def translated(place: int, texts: Sequence[str]) -> list[str]:
            prompts = [marks[place].text + text for text in texts]
            return generate(decoder, prompts, max_new=self.max_new, stop=self.stop, max_length=self.max_length,
                            direction=marks[place].direction)  # fmt: skip

        return translated
