"""The functions of the library that ask a question: `isogloss.forecast(evidence, targets)` and its like."""

from __future__ import annotations

from functools import cache
from typing import Any

from isogloss.questions.catalogue import QUESTIONS, question_kind
from isogloss.questions.question import function_of

OTHER_NAMES = {
    "next": "next_languages",
    "evidence import": "import_evidence",
    "evidence plan": "preview_evidence",
    "evidence show": "show_evidence",
    "languages show": "describe_languages",
    "languages distance": "compare_languages",
    "languages nearest": "nearest_languages",
    "languages list": "list_languages",
    "adapt": "adapt_models",
    "adapt show": "show_adaptations",
    "align report": "report_alignment",
    "behaviour answer": "answer_questions",
    "behaviour recall": "factual_recall",
    "behaviour confusion": "language_confusion",
    "behaviour consistency": "factual_consistency",
    "behaviour culture": "cultural_transfer",
    "behaviour pitfalls": "cross_lingual_pitfalls",
    "behaviour neurons": "relation_neurons",
    "behaviour facts": "taught_facts",
    "behaviour edits": "edited_facts",
    "behaviour difficulty": "item_difficulty",
    "behaviour experts": "expert_languages",
    "behaviour generation": "generation_quality",
    "behaviour aggregate": "aggregate_labels",
    "behaviour names": "vote_names",
    "behaviour wins": "win_rates",
    "behaviour needles": "find_needles",
    "behaviour pronouns": "translated_pronouns",
    "behaviour occupations": "expected_pronouns",
    "behaviour report": "report_behaviour",
    "behaviour score": "score_behaviour",
}
"""Names of functions that are not those of their commands."""

FUNCTIONS = {
    command: OTHER_NAMES.get(command, command)
    for command in QUESTIONS if (" " not in command and command != "demo") or command in OTHER_NAMES
}  # fmt: skip
"""Command to function; commands of a group have none where the library has a function for what they do."""

__all__ = [*FUNCTIONS.values()]


@cache
def __getattr__(name: str) -> Any:
    """The function of a name, made when it is first used."""
    commands = [command for command, function in FUNCTIONS.items() if function == name]
    if not commands:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return function_of(question_kind(commands[0]), name)
