"""Two planted languages with words and letters of their own, and a byte transformer that has read both."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl

LETTERS = {"eng": "abcdefghij", "rus": "бвгджзклмн"}


def sentence(language: str, number: int) -> str:
    """Six of the language's twelve words, which ones the number says: the same places in every language."""
    letters = random.Random(language)
    words = ["".join(letters.choices(LETTERS[language], k=4)) for _ in range(12)]
    return " ".join(random.Random(number).choices(words, k=6))


def corpus(sentences: int = 60, first: int = 0, languages: tuple[str, ...] = tuple(LETTERS)) -> pl.DataFrame:
    """Parallel sentences."""
    return pl.DataFrame(
        [
            {"language": language, "id": number, "text": sentence(language, number)}
            for number in range(first, first + sentences)
            for language in languages
        ]
    )


def pretrained(folder: Path, steps: int = 60, width: int = 16) -> Path:
    """A byte transformer of two layers that has read both languages, and no sentence of the corpus."""
    from isogloss.lab import ByteTransformer, pretrain

    shape = ByteTransformer(layers=2, width=width, heads=1, context=64, steps=steps, batch_size=8, learning_rate=1e-2)
    pretrain(corpus(200, first=1000)["text"].to_list(), folder, shape)
    return folder
