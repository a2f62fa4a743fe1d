"""Help: what several commands take is said in the same words and in the same order by all of them."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from isogloss.cli import app

ORDER = "evidence task model metric recipe language level forecaster out json".split()
ALIKE = "evidence language weights tau forecaster json".split()
ASKING = "forecast curve benchmark trust sources plan next compare fair explain".split()
"""Commands that ask about evidence."""


def commands(group: Any, name: str = "") -> dict[str, Any]:
    """Every command by its full name."""
    if not hasattr(group, "commands"):
        return {name.strip(): group}
    return {
        full: one for short, inner in group.commands.items() for full, one in commands(inner, f"{name} {short}").items()
    }


COMMANDS = commands(typer.main.get_command(app))


def names(command: Any) -> list[str]:
    return [option.opts[0].removeprefix("--") for option in command.params]


@pytest.mark.parametrize("command", ASKING)
def test_common_options_stand_in_one_order(command):
    found = [name for name in names(COMMANDS[command]) if name in ORDER]
    rules = [name for name in ORDER if name in found]
    # Where a command holds the model, that stands with the metric and the recipe.
    assert [name for name in found if name != "model"] == [name for name in rules if name != "model"]


@pytest.mark.parametrize("name", ALIKE)
def test_options_of_one_name_have_one_explanation(name):
    texts = {option.help for command in ASKING for option in COMMANDS[command].params if option.opts[0] == f"--{name}"}
    assert len(texts) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained_in_a_sentence(command):
    assert COMMANDS[command].help
    for option in COMMANDS[command].params:
        assert option.help, option.name
        assert option.help.endswith("."), option.help


@pytest.mark.parametrize("command", COMMANDS)
def test_what_prints_a_table_prints_it_as_json_too(command):
    without = {"evidence describe", "languages map", "languages table"}  # they write files only
    assert ("json" in names(COMMANDS[command])) == (command not in without)
