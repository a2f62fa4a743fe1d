"""The page of commands: what each does, how it is called, and every argument and option."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperGroup

from docs.generator.markdown import anchor, code, fence, link, page, plain, prose, table
from isogloss.cli import app

_TYPES = {str: "text", int: "whole number", float: "number", Path: "path", bool: "flag"}
_PAGES = Path(__file__).parents[1] / "how-to"
_INTRODUCTION = """Each command says the same with `--help`. What is worked out step by step stands in the
[how-to pages](../README.md); what can be named in options, in [names](names.md);
[environment variables](#environment-variables) at the end.

Exit codes: 0 if all went well; 1 if something failed on the way (a job, a download, a store that cannot be written);
2 if the input cannot be used as it is; 130 after Ctrl-C. Errors are one line on standard error: where, what, how to
fix it."""
_HOW_TO = {
    "evidence": "evidence", "evidence import": "import", "evidence fetch": "import", "evidence sources": "import",
    "languages": "languages", "forecast": "forecast", "curve": "curves", "benchmark": "benchmark",
    "trust": "benchmark", "explain": "explain", "sources": "sources", "plan": "budget", "next": "next",
    "compare": "compare", "fair": "fair", "lab": "measure", "goal": "budget", "kinds": "budget",
    "additions": "explain", "adapt": "adapt", "align probe": "probe", "align report": "alignment-report",
    "align transfer": "probe", "align compare": "stability",
}  # fmt: skip
"""Where commands, or all commands of a group, are used on a worked case."""
_ENVIRONMENT = {
    "ISOGLOSS_API_KEY": "key of endpoints that answer questions; of one host: `ISOGLOSS_API_KEY_HOST_NAME`; "
    "[behaviour](../how-to/behaviour.md#let-isogloss-ask-the-model)",
    "ISOGLOSS_CACHE": "folder for what can be made again (translations, features, tables read once), instead of the "
    "user's cache folder; may be deleted at any time",
    "ISOGLOSS_CACHE_SIZE": "megabytes of fitted forecasters that are kept there, those last used (2000); 0 keeps none",
    "ISOGLOSS_FEATURES": "folder for features of frozen models alone, which can take gigabytes; "
    "[measuring](../how-to/measure.md#what-if-a-run-is-stopped)",
    "ISOGLOSS_READ_MEMORY": "megabytes of memory that reading one file may take (1024); "
    "[importing](../how-to/import.md#what-if-something-is-wrong)",
    "ISOGLOSS_SIMILARITIES": "folder for similarities that `align score --as-similarity` keeps, instead of the user's "
    "data folder; [alignment](../how-to/alignment.md#can-i-use-it-as-a-distance)",
    "ISOGLOSS_VARIETIES": "folder for varieties that were added, instead of the user's data folder; "
    "[languages](../how-to/languages.md#my-dialect-is-not-in-it)",
    "RAY_ADDRESS": "the cluster that `--address auto` means; [clusters](../how-to/cluster.md)",
    "RAY_AUTH_MODE": "of Ray: whether clusters ask for a token; those that isogloss starts do, unless this is set",
    "RAY_USE_TLS": "of Ray: where it is set, isogloss leaves it to Ray to find out whether a cluster answers",
}


def commands_page() -> str:
    """Markdown of all commands, in the order in which `isogloss --help` lists them."""
    group = typer.main.get_command(app)
    found = dict(walk(group, "isogloss"))
    rows = [(link(code(name), f"#{anchor(name)}"), plain(_summary(one))) for name, one in found.items()]
    parts = [_command(name, one) for name, one in found.items()]
    contents = table(("command", "what it does"), rows)
    return page("Commands", _INTRODUCTION, contents, _of_all(group), *parts, _environment())


def walk(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command below `group` by its full name."""
    for short, one in group.commands.items():
        if not isinstance(one, TyperGroup):
            yield f"{name} {short}", one
        if hasattr(one, "commands"):
            yield from walk(one, f"{name} {short}")


def _summary(command: Any) -> str:
    return str(inspect.cleandoc(command.help).partition("\n")[0])


def _of_all(group: Any) -> str:
    rows = [_row(option, {}) for option in group.params]
    return "Without a command:\n\n" + table(("option", "type", "default", "what it says"), rows)


def _environment() -> str:
    rows = [(code(name), says) for name, says in _ENVIRONMENT.items()]
    return "## Environment variables\n\n" + table(("variable", "what it says"), rows)


def _command(name: str, command: Any) -> str:
    annotations = inspect.get_annotations(inspect.unwrap(command.callback), eval_str=True)
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    parts = [f"## {name}", prose(inspect.cleandoc(command.help)), fence(_usage(name, arguments, options), "text")]
    for title, some in (("argument", arguments), ("option", options)):
        if some:
            header = (title, "type", "default", "what it says")
            parts.append(table(header, [_row(one, annotations) for one in some]))
    short = name.removeprefix("isogloss ")
    if how_to := _HOW_TO.get(short) or _HOW_TO.get(short.partition(" ")[0]):
        title = (_PAGES / f"{how_to}.md").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        parts.append(f"A worked case: {link(title, f'../how-to/{how_to}.md')}")
    return "\n\n".join(parts)


def _usage(name: str, arguments: list[Any], options: list[Any]) -> str:
    """How it is called with what it needs; all else is `[options]`."""
    needed = [f"{one.opts[0]} {_metavar(one)}" for one in options if one.required]
    rest = ["[options]"] if any(not one.required for one in options) else []
    given = [_metavar(one) + ("..." if one.nargs == -1 else "") for one in arguments]
    given = [text if one.required else f"[{text}]" for text, one in zip(given, arguments, strict=True)]
    return " ".join([name, *given, *needed, *rest])


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper().replace("_", "-"))


def _row(parameter: Any, annotations: dict[str, Any]) -> tuple[str, str, str, str]:
    is_option = parameter.param_type_name == "option"
    spelt = [*parameter.opts, *parameter.secondary_opts] if is_option else [_metavar(parameter)]
    return (
        ", ".join(map(code, spelt)),
        _type(annotations.get(parameter.name, bool)),
        _default(parameter),
        plain(parameter.help or ""),
    )


def _type(annotation: Any) -> str:
    """What a user writes: the annotation without what typer alone reads, in words."""
    if hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    choices = [one for one in get_args(annotation) if one is not type(None)]
    if get_origin(annotation) is list:
        return f"{_type(choices[0])}, repeatable"
    if choices:
        return " or ".join(_type(one) for one in choices)
    return _TYPES.get(annotation) or str(annotation.__name__)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    if parameter.default in (None, False, ()):
        return ""
    return code(str(parameter.default)) if parameter.default != "" else "empty"
