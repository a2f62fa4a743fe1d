from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from planted_curves import LANGUAGES, SIZES, mixture, planted_scores

from isogloss.evidence import Evidence


@pytest.fixture
def planted(measured) -> Callable[..., Evidence]:
    """Curves that rise by a power law to a ceiling of their own, beside 1000 English examples."""

    def make(
        seed: int = 0,
        *,
        languages: Sequence[str] = LANGUAGES,
        sizes: Sequence[int] = SIZES,
        noise: float = 0.005,
        hidden: Callable[[str, int], bool] = lambda language, size: False,
    ) -> Evidence:
        cells = [
            (language, mixture(language, size), score)
            for language, row in zip(languages, planted_scores(seed, languages, sizes, noise), strict=True)
            for size, score in zip(sizes, row, strict=True)
            if not hidden(language, size)
        ]
        return measured(cells)

    return make
