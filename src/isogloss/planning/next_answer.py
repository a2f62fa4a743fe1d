"""The question which languages to test next, from start to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isogloss.evidence import read_evidence
from isogloss.planning.next import choose_next
from isogloss.planning.sources_answer import Answer


def answer_next(
    evidence: Sequence[str], *, candidates: str, k: int = 5, languages: Mapping[str, str] | None = None, **asked: Any
) -> Answer:
    """Read evidence and choose; `asked` is `task`, `model`, `metric` and `recipe`, see `choose_next`."""
    read = read_evidence(*evidence, languages=languages)
    found = choose_next(read, candidates, k=k, languages=languages, **asked)
    return Answer(
        {"next": found.table, "baselines": found.baselines},
        {"next": "Test these next", "baselines": f"How unsure the rest is after {k} more"},
        found.notes,
        found,
    )
