"""Columns of item tables that few metrics need, and what people call them."""

FURTHER_ROLES: dict[str, str] = {
    "answers": "answers, gold, gold answers, gold answer, reference, references, expected, expected answer",
    "answer_from": "answer from, answer follows, answer source",
    "chance": "chance, chance level, guess rate",
    "claimant": "claimant, is claimant, language of a claimant",
    "closed_book": "closed book, right closed book, correct closed book",
    "controller": "controller, controlling country, controlled by",
    "controller_language": "controller language, language of the controller",
    "form": "form, code switched, code switching",
    "probe": "probe, edit probe, probe type",
    "same": "same, same meaning, judged same",
    "sensitivity": "sensitivity, cultural sensitivity, cultural sensitivity label",
    "source_language": "source language, original language, origin language, article language",
    "valid": "valid, is valid, valid output, in format",
    "variant": "variant, mixed variant, translated part",
    "word_type": "word type, pair type, word relation",
}
"""As `isogloss.behaviour.items.ROLES`."""
