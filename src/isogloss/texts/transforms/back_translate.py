"""`back-translate`: each text into another language and back, which leaves its label and changes its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.texts.identification import UNKNOWN, codes_of, identify
from isogloss.texts.projection.translating import EMPTY
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.transforms.translate import OTHER_WORDS, translated_words
from isogloss.texts.translators import read_translator

OTHER_LANGUAGE = "came back in another language"


@dataclass(frozen=True)
class BackTranslate(TextTransform):
    """Translate texts into a pivot language and back; what comes back empty or in another language is dropped.

    Parameters
    ----------
    pivot : str
        The language between.
    translator : dict
        `name` and parameters of the translator into the pivot.
    back : dict, default the same
        The same of the translator back.
    checked : bool, default True
        Whether the language of what comes back is identified, with py3langid, of the extra `behaviour`. A language that
        it does not know is not checked, nor is a text that it is unsure about.

    Notes
    -----
    It gives a text the marks of translated text without changing its language (Artetxe et al. 2020, Translation
    artifacts in cross-lingual transfer learning, who train on such texts for tests that are translated). Measures:
    `unchanged`, the share of texts that come back as they were, and `identified`, 1 where languages were checked.
    """

    name: ClassVar[str] = "back-translate"

    pivot: str = ""
    translator: dict[str, Any] = field(default_factory=lambda: {"name": "apertium"})
    back: dict[str, Any] = field(default_factory=dict)
    checked: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.pivot:
            raise BadValue("back-translate has no pivot", hint='write pivot = "eng"')
        resolve(self.pivot, where="pivot")

    @property
    def identity(self) -> dict[str, Any]:
        """With the translators by their content."""
        there, back = (read_translator(one).identity for one in (self.translator, self.back or self.translator))
        parameters = {"pivot": resolve(self.pivot).id, "checked": self.checked, "seed": self.seed}
        return super().identity | {"parameters": parameters, "translator": there, "back": back}

    @property
    def label(self) -> str:
        """The name with the pivot and the translators."""
        by = [read_translator(one).label for one in (self.translator, self.back) if one]
        return f"{self.name}({','.join([f'pivot={self.pivot}', *by, *self.changed('pivot', 'translator', 'back')])})"

    def describe(self, origin: str, into: str) -> str:
        """Both translators with their versions."""
        pivot = resolve(self.pivot).id
        back = read_translator(self.back or self.translator).describe(pivot, origin)
        return f"{read_translator(self.translator).describe(origin, pivot)}, {back}"

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        pivot = resolve(self.pivot).id
        if pivot == origin:
            raise BadValue(f"the pivot {pivot} is the language of the texts", where=self.name, hint="choose another")
        _, there, _ = translated_words(items, self.translator, origin, pivot)
        between = [item._replace(text=text) for item, text in zip(items, there, strict=True)]
        words, texts, _ = translated_words(between, self.back or self.translator, pivot, origin)
        dropped = {item.id: EMPTY for item, text in zip(items, texts, strict=True) if not text.strip()}
        codes = codes_of(origin) if self.checked else frozenset()
        if codes:
            said = identify(texts)
            strange = [
                item.id
                for item, text in zip(items, texts, strict=True)
                if said[text] not in (UNKNOWN, *codes) and len(text.split()) > 2
            ]
            dropped = dict.fromkeys(strange, OTHER_LANGUAGE) | dropped
        made = [
            Item(item.id, own, item.label, text=text if item.text else "", part=item.part)
            for item, own, text in zip(items, words, texts, strict=True)
            if item.id not in dropped
        ]
        lost = sum(len(item.tags) for item in items if item.id not in dropped)
        unchanged = sum(item.written.split() == text.split() for item, text in zip(items, texts, strict=True))
        measures = {"unchanged": unchanged / max(1, len(items)), "identified": float(bool(codes))}
        return Outcome(made, dropped, {OTHER_WORDS: lost} if lost else {}, measures)
