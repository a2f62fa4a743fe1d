"""Help: what several commands take is said in the same words and in the same order by all of them."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from isogloss.cli import COMMANDS as LISTED
from isogloss.cli import app
from isogloss.questions.catalogue import QUESTIONS, question_kind

ORDER = "evidence language scale better task model metric recipe shots pair out json why".split()
ASKING = [*QUESTIONS]
"""Commands that ask about evidence."""


def commands(group: Any, name: str = "") -> dict[str, Any]:
    """Every command by its full name."""
    own = {} if isinstance(group, TyperGroup) else {name.strip(): group}
    return own | {
        full: one
        for short, inner in getattr(group, "commands", {}).items()
        for full, one in commands(inner, f"{name} {short}").items()
    }


GROUP = typer.main.get_command(app)
COMMANDS = commands(GROUP)


def names(command: Any) -> list[str]:
    return [option.opts[0].removeprefix("--") for option in command.params]


@pytest.mark.parametrize("command", ASKING)
def test_a_question_is_found_by_the_name_of_its_command(command):
    assert question_kind(command).command == command


@pytest.mark.parametrize("command", LISTED)
def test_the_list_of_commands_says_what_each_says_of_itself(command):
    summary = GROUP.commands[command].help.partition("\n\n")[0]
    assert " ".join(summary.split()) == LISTED[command]


@pytest.mark.parametrize("command", ASKING)
def test_shared_options_stand_in_one_order(command):
    shared = [name for name in names(COMMANDS[command]) if name in ORDER]
    assert shared == [name for name in ORDER if name in shared]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained_in_a_sentence(command):
    assert COMMANDS[command].help
    for option in COMMANDS[command].params:
        assert option.help, option.name
        assert option.help.endswith("."), option.help


@pytest.mark.parametrize("command", ASKING)
def test_every_answer_is_printed_as_json_or_written_where_that_is_wanted(command):
    assert names(COMMANDS[command])[-3:] == ["out", "json", "why"]
