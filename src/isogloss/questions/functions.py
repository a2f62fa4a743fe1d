"""The functions of the library that ask a question: `isogloss.forecast(evidence, targets)` and its like."""

from __future__ import annotations

from isogloss.questions.catalogue import question_kinds
from isogloss.questions.question import function_of

OTHER_NAMES = {"next": "next_languages"}
"""Names of functions that are not those of their commands."""

FUNCTIONS = {command: OTHER_NAMES.get(command, command) for command in question_kinds() if " " not in command}
"""Command to function; commands of a group have none, as the library has functions for what they show."""

for _command, _name in FUNCTIONS.items():
    globals()[_name] = function_of(question_kinds()[_command], _name)

__all__ = [*FUNCTIONS.values()]
