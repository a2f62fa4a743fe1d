"""The functions of the library that ask a question: `isogloss.forecast(evidence, targets)` and its like."""

from __future__ import annotations

from isogloss.questions.catalogue import question_kinds
from isogloss.questions.question import function_of

FUNCTIONS = {"next": "next_languages"}
"""Names of functions that are not those of their commands."""

for _command, _kind in question_kinds().items():
    globals()[FUNCTIONS.get(_command, _command)] = function_of(_kind, FUNCTIONS.get(_command, _command))

__all__ = [FUNCTIONS.get(command, command) for command in question_kinds()]
