"""The command line: thin doors, each opening on one function of the library."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from isogloss import __version__
from isogloss.cli.group import CommandWithOthers, LazyGroup
from isogloss.cli.output import BROKEN_PIPE, safe_output
from isogloss.errors import DamageWarning, IsoglossError
from isogloss.questions.catalogue import QUESTIONS, question_kind
from isogloss.text import printable

COMMANDS = {
    "forecast": "Forecast scores in languages and training mixes that nobody measured.",
    "trust": "Report how far forecasts can be trusted, by asking for measured languages as if they were not measured.",
    "explain": "Explain the forecast for a language; without one, which factors drive transfer or set models apart.",
    "sources": "Rank the languages to train on for a target; for several targets, choose the few that serve them all.",
    "next": "Choose the languages to test next, so that the others are known best.",
    "plan": "Plan how many examples of which language to buy, and which adaptation.",
    "curve": "Show how a score grows with examples of the target or another amount, and how much a goal needs.",
    "goal": "Tell what a score costs at least in one language, in labelled and translated examples.",
    "kinds": "Weigh labelled against translated examples of one language.",
    "additions": "Tell what adding a language to a training mix does to the others.",
    "compare": "Compare recipes: quality, cost to make, cost to run, latency; Pareto front and break-even volumes.",
    "adapt": "Adapt models: train on, prune, round, trim or merge them, and measure what each language gains or loses.",
    "rank": "Rank models or recipes over the languages that all were measured in, with intervals of means and ranks.",
    "fair": "Tell which model is best by utility, demand, inequality, minimum, leximin and priority to the worst-off.",
    "benchmark": "Withhold measured scores, ask forecasters for them, and report error and coverage of the answers.",
    "report": "Write two pages for a funder: what is known, what is not, and what to test first.",
    "chart": "Draw the picture of an answer.",
    "open": "Look at scores in the browser: check how they are read, ask, see whether to believe it.",
    "serve": "Serve pages and a JSON API about evidence to browsers.",
    "demo": "Forecast languages nobody measured from the evidence that ships with isogloss.",
    "evidence": "Bring measured scores together.",
    "languages": "Tell who the languages are and how far apart.",
    "background": "Look at public evidence, and learn from your own with it.",
    "align": "Compare what a model makes of the same sentences in many languages, without labels.",
    "behaviour": "Tell what a model knows, confuses and contradicts across languages, item by item.",
    "project": "Carry labels of words or spans over to translations of their sentences, and count what is dropped.",
    "lab": "Measure transfer on real models.",
}
"""Name of each command and group to the first sentence of its help, in the order of help."""
OWN = {"chart": "chart:app", "open": "web:open_", "serve": "web:serve_"}
"""Commands and groups that ask no question of their own, with their module and function or app."""


@cache
def _build(name: str) -> Any:
    """A command, or a group with its commands, each made from its question."""
    if name in OWN:
        module, _, attribute = OWN[name].partition(":")
        return _command(name, getattr(import_module(f"isogloss.cli.{module}"), attribute))
    from isogloss.cli.commands import command_of

    commands = [one for one in QUESTIONS if one.split()[0] == name]
    if commands[0] == name:
        return _with_others(name, commands[1:])
    group = typer.Typer(no_args_is_help=True, help=COMMANDS[name])
    for command in commands:
        group.command(command.split()[-1])(command_of(question_kind(command)))
    return typer.main.get_group(group)


def _with_others(name: str, others: Sequence[str]) -> Any:
    """A command of a question, and those whose names begin with its own."""
    from isogloss.cli.commands import command_of

    opened = command_of(question_kind(name))
    if not others:
        return _command(name, opened)
    alone = typer.Typer(add_completion=False)
    named = " and ".join(f"isogloss {other}" for other in others)
    alone.command(name, cls=CommandWithOthers, epilog=f"See also: {named} --help")(opened)
    built: Any = typer.main.get_command(alone)
    built.commands = {other.split()[-1]: _command(other, command_of(question_kind(other))) for other in others}
    return built


def _command(name: str, opened: Any) -> Any:
    if isinstance(opened, typer.Typer):
        return typer.main.get_group(opened)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(opened)
    return typer.main.get_command(alone)


class _Commands(LazyGroup):
    summaries, build = COMMANDS, staticmethod(_build)


app = typer.Typer(
    cls=_Commands,
    name="isogloss",
    help="Forecast how well a multilingual model does in the languages nobody has tested.",
    epilog="Start here: isogloss forecast scores.xlsx --targets Yoruba,Wolof",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _print_version(version: bool) -> None:
    if version:
        typer.echo(f"isogloss {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that hold for every command."""


def main() -> None:
    """Run the command line; errors a user can act on end as one line and an exit code, damaged evidence as 1."""
    damaged = False

    def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        # One line, as for errors; where in our code it arose is of no use to who runs a command.
        nonlocal damaged
        damaged |= issubclass(category, DamageWarning)
        print(f"warning: {printable(str(message))}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        try:
            with safe_output():
                code = app(prog_name="isogloss", standalone_mode=False)
        except IsoglossError as error:
            if error.exit_code != BROKEN_PIPE:  # whoever stops reading, as `head` does, wants to hear no more
                print(f"error: {_in_options(error)}", file=sys.stderr)
            sys.exit(error.exit_code)
        except _USAGE_ERROR as error:
            sys.exit(_refuse(error))
        except typer.Abort:
            print("error: interrupted", file=sys.stderr)
            sys.exit(130)
    sys.exit(code if isinstance(code, int) and code else int(damaged))


def _in_options(error: IsoglossError) -> str:
    """An error as one line that names options of the command that was called, or of the one that reads files."""
    if error.taken is None:
        return error.line(_options(sys.argv[1:]))
    from isogloss.cli.commands import IMPORT
    from isogloss.questions.evidence import reading_options

    return error.line(reading_options(), IMPORT)


def _options(words: Sequence[str]) -> dict[str, str]:
    """Names of fields to the options of the command that was called, which errors name instead.

    What may be given several times is one list or mapping in the library, and is called by its plural there.
    """
    command: Any = typer.main.get_command(app)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    return {
        field: flag for parameter in command.params for flag in parameter.opts[:1] if flag.startswith("--")
        for field in (parameter.name, flag.removeprefix("--").replace("-", "_"), f"{parameter.name}s")
    }  # fmt: skip


_USAGE_ERROR: Any = typer.BadParameter.__base__
"""What typer raises for options and arguments that a command does not have or lacks."""


def _refuse(error: Any) -> int:
    """Say in one line what is wrong with how a command was called; without any argument, show its help."""
    if error.ctx is not None and not sys.argv[1 + error.ctx.command_path.count(" ") :]:
        print(error.ctx.get_help())
        return 2
    message = printable(" ".join(error.format_message().split()).rstrip("."))
    command = "isogloss" if error.ctx is None else error.ctx.command_path
    print(f"error: {message}; see '{command} --help'", file=sys.stderr)
    return int(error.exit_code)
