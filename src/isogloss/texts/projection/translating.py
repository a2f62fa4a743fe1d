"""Translations of labelled sentences, and why some of them cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.models.inputs import TEXT
from isogloss.texts.projection.files import Sentences
from isogloss.texts.translations import Texts, translate_texts
from isogloss.texts.translators import Translator
from isogloss.texts.words import cut_words

EMPTY = "no translation"
UNCHANGED = "came back as it was"


def translate_sentences(sentences: Sentences, translator: Translator, origin: str, into: str) -> Sentences:
    """Sentences in another language, cut into words; translations are kept in the cache folder.

    Raises
    ------
    IsoglossError
        If the translator does not translate between the languages, or fails.
    """
    translator.check([(origin, into)])
    wanted = Texts(sentences.texts, sentences.ids, np.ones(len(sentences.ids), bool), origin, into, TEXT)
    (translated,) = translate_texts([wanted], translator, map)
    words = [cut_words(text) for text in translated.inputs]
    return Sentences(sentences.ids, translated.inputs, words, [[] for _ in words])


def faults(sources: Sequence[str], translations: Sequence[str]) -> dict[int, str]:
    """Places of translations that cannot be used, to the reason; a sentence of one word may stay as it is."""
    found = {}
    for place, (source, translation) in enumerate(zip(sources, translations, strict=True)):
        if not translation.strip():
            found[place] = EMPTY
        elif " ".join(source.split()) == " ".join(translation.split()) and len(source.split()) > 2:
            found[place] = UNCHANGED
    return found
