"""Settings: every key that is read from a user's file, and every environment variable, is explained somewhere."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from isogloss.evidence.importers import mapping, task_names
from isogloss.lab import ByteTransformer, grid, pretraining, tasks
from isogloss.languages.variety_files import FIELDS
from isogloss.planning import costs

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "isogloss"
READERS = ("expect", "take", "section", "sections", "flag")
"""Methods of a section of a grid file that are told a key."""


def keys_taken(*files: str) -> set[str]:
    """Keys that modules ask a section for, as they stand in the source."""
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS
    ]
    told = [part for call in calls for part in (call.args if call.func.attr == "expect" else call.args[:1])]
    return {part.value for part in told if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def names_of(kind: type) -> set[str]:
    return {one.name for one in fields(kind)}


KINDS = [one() for _, one in tasks.items()]
COLUMNS = {name for kind in KINDS for name in (*kind.needed, *kind.optional, *kind.several, *kind.options)}
GRID = {*grid.GridFile.model_fields, *grid.GridTable.model_fields, *grid.RecipeTable.model_fields}
FILES = {
    "grid": ("measure.md", GRID | keys_taken("lab/task_file.py", "lab/copies.py") | COLUMNS),
    "pretraining": ("measure.md", names_of(pretraining.Texts) | names_of(ByteTransformer)),
    "costs, to plan": ("budget.md", {"currency", "exchange_rates", "caps", costs.DEFAULT, *costs.PRICED_KINDS}),
    "costs, to compare": (
        "compare.md",
        {"currency", "compute", "recipes", *costs.ComputeCost.model_fields, *costs.RecipeCost.model_fields},
    ),
    "mapping": (
        "import.md",
        {*mapping.ColumnMapping.model_fields, *mapping.TrainColumns.model_fields, *mapping.READABLE},
    ),
    "rules": ("result-files.md", {"rule", *task_names.RuleTable.model_fields}),
    "varieties": ("languages.md", {"variety", *FIELDS}),
}


@pytest.mark.parametrize("file", FILES)
def test_every_key_of_a_file_is_explained_in_its_how_to(file):
    name, keys = FILES[file]
    text = (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    assert len(keys) > 4
    assert [key for key in sorted(keys) if not re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", code)] == []


def test_every_environment_variable_that_is_read_is_in_the_page_of_commands():
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    read = {
        name
        for found in re.findall(r'environ\.get\("(\w+)"|"(\w+)" in os\.environ|"(ISOGLOSS_\w+)"', source)
        for name in found
    }
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert {"ISOGLOSS_CACHE", "ISOGLOSS_VARIETIES", "ISOGLOSS_FEATURES"} <= read
    assert [name for name in sorted(read - {""}) if f"`{name}`" not in page] == []
