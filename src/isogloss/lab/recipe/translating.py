"""What recipes share that translate before another recipe learns or answers."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from isogloss.errors import BadValue
from isogloss.lab.recipe import ANY, Apply, Corpus, Estimate, Training
from isogloss.lab.recipe.wrapper import Matrix, WrapperRecipe
from isogloss.lab.task import TaskKind
from isogloss.parameters import labelled
from isogloss.texts.translations import Batch, Texts, Translated, translate_texts
from isogloss.texts.translators import Translator, read_translator

APERTIUM = {"name": "apertium"}
TRIED_PAIRS, TRIED_TEXTS = 2, 64
"""How many pairs of languages, and texts of each, an estimate translates."""


@dataclass(frozen=True)
class TranslatingRecipe(WrapperRecipe):
    """Another recipe, with texts that were translated by machine.

    Parameters
    ----------
    translator : dict
        `name` and parameters of a translator, see `isogloss.texts.translators.translators`.

    Notes
    -----
    `base` is that of `WrapperRecipe`. It is prepared once for each language that texts are brought into, and the arrays
    stand beside each other under the number of that language.
    """

    answers: ClassVar[tuple[str, ...]] = ("label", "choice")
    takes_shots: ClassVar[bool] = False
    does: ClassVar[str] = "translates"
    unfit: ClassVar[str | None] = "tags belong to words, and a translation has other words"

    translator: dict[str, Any] = field(default_factory=lambda: dict(APERTIUM))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inner.learns_for != ANY:
            raise BadValue(
                f"{self.inner.label} learns for targets of its own", hint="set base to a recipe that serves any"
            )
        _ = self.by

    @cached_property
    def by(self) -> Translator:
        """The translator with its parameters."""
        return read_translator(self.translator)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the answers: the base and the translator, by their content, and what else is set."""
        own = {name: value for name, value in self.parameters.items() if name not in ("base", "translator")}
        described = {"recipe": self.name, "version": self.version, "parameters": own}
        return described | {"base": self.inner.identity, "translator": self.by.identity}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """As the base's, with what is translated."""
        translated = json.dumps(self.by.identity, sort_keys=True)
        return (self.name, translated, *self.changed("base", "translator"), self.inner.preparation)

    def variant(self, chosen: str) -> str:
        """The label, as `translate-test(ngram-logreg,apertium)`, for one of the base's answers and of its own."""
        of_base, _, own = chosen.partition(OWN)
        parts = [self.inner.variant(of_base), self.by.label, *self.changed("base", "translator")]
        return labelled(self.name, [*parts, own] if own else parts)

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        return super().fits(kind) and kind.input_type.translatable

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As the base does on texts that are not translated, and the time for those that have yet to be."""
        wanted = self._wanted(corpus)
        self.by.check(_pairs(wanted))
        estimate = self.inner.estimate(*self._as_learnt(corpus, trainings))
        batches = [batch for texts in wanted for _, batch in texts.batches(self.by) if not batch.is_there]
        rate = _seconds_per_character(self.by, batches)
        characters = sum(len(passage.text) for batch in batches for passage in batch.passages)
        several = self._preparations(corpus)
        return Estimate(
            several * estimate.shared_seconds + rate * characters, estimate.job_seconds,
            several * estimate.shared_bytes, estimate.worker_bytes, several * estimate.disk_bytes,
            f"{estimate.basis}; {characters} characters to translate",
        )  # fmt: skip

    def _as_learnt(self, corpus: Corpus, trainings: Sequence[Training]) -> tuple[Corpus, Sequence[Training]]:
        """What the base learns and answers in one job, but for the translating."""
        return corpus, trainings

    @abstractmethod
    def _preparations(self, corpus: Corpus) -> int:
        """How often the base is prepared."""

    @abstractmethod
    def _wanted(self, corpus: Corpus) -> list[Texts]:
        """Everything that is to be brought into other languages, in a fixed order."""

    def _translated(self, corpus: Corpus, apply: Apply) -> dict[tuple[str, str], Translated]:
        """All of it, by the languages that it was in and is in."""
        wanted = self._wanted(corpus)
        self.by.check(_pairs(wanted))
        found = translate_texts(wanted, self.by, apply)
        return {(texts.origin, texts.into): one for texts, one in zip(wanted, found, strict=True)}


OWN = ";"
"""Between what a variant says of the base and what it says of the recipe around it."""


def note(by: str, origin: str, into: str, figures: Matrix) -> dict[str, Any]:
    """What an observation says of the texts that were translated for it; the time is that of when it was done."""
    texts, characters, seconds, cpu_seconds = figures.sum(axis=0).tolist()
    return {
        "translated": {
            "by": by, "from": origin, "into": into, "texts": round(texts), "characters": round(characters),
            "seconds": round(seconds, 4), "cpu_seconds": round(cpu_seconds, 4),
        }
    }  # fmt: skip


def _pairs(wanted: Sequence[Texts]) -> list[tuple[str, str]]:
    return sorted({(texts.origin, texts.into) for texts in wanted if not texts.is_own})


def _seconds_per_character(translator: Translator, batches: Sequence[Batch]) -> float:
    """How long translating takes here, tried on some texts of some pairs."""
    tried = {(batch.origin, batch.into): batch for batch in reversed(batches)}
    seconds, characters = 0.0, 0
    for (origin, into), batch in sorted(tried.items(), key=lambda found: found[0])[:TRIED_PAIRS]:
        some = batch.passages[:TRIED_TEXTS]
        began = time.perf_counter()
        translator.translate(some, origin, into)
        seconds += time.perf_counter() - began
        characters += sum(len(passage.text) for passage in some)
    return seconds / max(1, characters)
