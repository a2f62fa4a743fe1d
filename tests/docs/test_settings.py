"""Settings: every key that is read from a user's file, and every environment variable, is explained somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from isogloss.config import Table
from isogloss.evidence.importers import mapping, task_names
from isogloss.lab import ByteTransformer, adaptation_tables, grid, pretraining, task_file, tasks
from isogloss.languages.variety_files import FIELDS
from isogloss.planning import costs

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "isogloss"


def keys_of(*tables: type[Table]) -> set[str]:
    """Keys that tables of a file may have."""
    return {field.alias or name for table in tables for name, field in table.model_fields.items()}


def names_of(kind: type) -> set[str]:
    return {one.name for one in fields(kind)}


KINDS = [one() for _, one in tasks.items()]
COLUMNS = {name for kind in KINDS for name in (*kind.needed, *kind.optional, *kind.several, *kind.options)}
GRID = (grid.GridFile, grid.GridTable, grid.RecipeTable, task_file.TaskTable, task_file.SplitsTable)
ADAPTED = (adaptation_tables.TextsTable, adaptation_tables.AdaptationTable)
FILES = {
    "grid": ("measure.md", keys_of(*GRID, *ADAPTED, task_file.CopyTable) | {"use", "columns"} | COLUMNS),
    "grid of adaptations": ("adapt.md", keys_of(*ADAPTED)),
    "pretraining": ("pretrain.md", names_of(pretraining.Texts) | names_of(ByteTransformer)),
    "costs, to plan": ("budget.md", {"currency", "exchange_rates", "caps", costs.DEFAULT, *costs.PRICED_KINDS}),
    "costs of adaptations": ("budget-adaptations.md", {"offers", "compute", "hour"} | keys_of(costs.OfferCost)),
    "costs, to compare": (
        "compare.md",
        {"currency", "compute", "recipes"} | keys_of(costs.ComputeCost, costs.RecipeCost),
    ),
    "mapping": (
        "import.md",
        keys_of(mapping.ColumnMapping, mapping.TrainColumns) | {*mapping.READABLE},
    ),
    "rules": ("result-files.md", {"rule"} | keys_of(task_names.RuleTable)),
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
