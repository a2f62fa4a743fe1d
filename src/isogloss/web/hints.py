"""Hints as a browser user follows them: labels of forms, and options of the shell for what no page takes."""

from __future__ import annotations

import ast
import re

from isogloss.errors import IsoglossError, hint_at
from isogloss.evidence.reading.decisions import BY_MAPPING
from isogloss.questions.evidence import reading_options

SCALES = {
    "": "as the file says",
    "percent": "percentages, 0 to 100",
    "fraction": "fractions, 0 to 1",
    "raw": "another scale",
}
DIRECTIONS = {"": "as the metric says", "higher": "higher is better", "lower": "lower is better"}
DUPLICATES = {"": "ask", "mean": "take the mean", "last": "take the last"}
LABELS = {
    "task": ("Task", {}),
    "metric": ("Metric", {}),
    "model": ("Model", {}),
    "scale": ("Scores are", SCALES),
    "better": ("Better is", DIRECTIONS),
    "duplicates": ("If a score is there twice", DUPLICATES),
}
"""Fields that say how a file is read: their labels on the page that checks it, and what that calls their values."""
_FIELD = re.compile(rf"\b({'|'.join(LABELS)})=('[^']*'|\"[^\"]*\"|\.\.\.|[\w/]+)")
_MAPPING_IN_THE_SHELL = (
    "a mapping file in the shell (`isogloss evidence plan FILE --write-mapping map.toml` writes one to edit, "
    "`isogloss evidence import FILE --map map.toml --into STORE` reads it)"
)


def hint_on_page(text: str) -> str:
    """A hint about reading a file, with the labels of the page that checks it: `“Metric: f1/em”`."""
    text = _FIELD.sub(_labelled, text.replace(BY_MAPPING, _MAPPING_IN_THE_SHELL))
    return hint_at(text, reading_options(), (), "`isogloss evidence import` in the shell")


def _labelled(field: re.Match[str]) -> str:
    label, values = LABELS[field[1]]
    if field[2] == "...":
        return f"“{label}”"
    value = ast.literal_eval(field[2]) if field[2][0] in "'\"" else field[2]
    return f"“{label}: {values.get(value, value)}”"


def error_on_page(error: IsoglossError) -> str:
    """An error in reading a file, as one line for the page that checks it."""
    error.hint = error.hint and hint_on_page(error.hint)
    return error.line()
