"""A group of commands that are built when they are called: help and one command do not wait for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from typer.core import TyperCommand, TyperGroup


class LazyGroup(TyperGroup):
    """The commands of a table.

    Attributes
    ----------
    summaries : mapping of str to str
        Name of each command, in the order of help, to what it says there.
    build : callable
        From the name of a command to the command.
    """

    summaries: Mapping[str, str]
    build: Callable[[str], Any]

    def __init__(self, **attributes: Any):
        super().__init__(**attributes)
        self.commands: Any = _Built(self.summaries, self.build)

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands."""
        return list(self.summaries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help and completion say of a command."""
        summary = self.summaries.get(cmd_name)
        return None if summary is None else TyperCommand(name=cmd_name, help=summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, self.commands.get(name), rest


class _Built(Mapping[str, Any]):
    """Commands by name, each built when it is looked up."""

    def __init__(self, names: Mapping[str, str], build: Callable[[str], Any]):
        self._names, self._build = names, build

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._build(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class CommandWithOthers(TyperCommand):
    """A command that has further ones: `adapt GRID` and `adapt show STORE`.

    Attributes
    ----------
    commands : dict of str to TyperCommand
    """

    commands: Mapping[str, Any]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of this command, or of the one that its first argument names."""
        other = self.commands.get(args[0]) if args else None
        if other is None:
            return super().make_context(info_name, args, parent, **extra)
        return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
