"""An encoder of a made-up world: a text means what its animals are, and what they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MEANINGS = {
    "cat": [1, 0, 0], "Katze": [1, 0, 0], "猫": [1, 0, 0], "dog": [0, 1, 0], "犬": [0, 1, 0], "uncat": [-1, 0, 0],
    "sleeps": [0, 0, 1], "schläft": [0, 0, 1],
}  # fmt: skip


class Planted:
    """The sum of the meanings of the words that stand in a text."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._of(text) for text in texts], float)

    def _of(self, text: str) -> np.ndarray:
        words = text.split() if " " in text else [text] if text in MEANINGS else [*text]
        return np.sum([MEANINGS.get(word, [0, 0, 0]) for word in words], axis=0)
