"""`isogloss open` and `isogloss serve`: the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HostOption = Annotated[
    str, typer.Option(help="Address to listen on. Any but this machine's own needs the token that is printed.")
]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


def open_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Spreadsheets or result files; by default what ships.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; by default the first free from 8000.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
) -> None:
    """Look at scores in the browser: check how they are read, ask, see whether to believe it."""
    from isogloss.cli.commands import say
    from isogloss.files import open_input
    from isogloss.web.server import free_port, serve
    from isogloss.web.settings import ServerSettings

    for file in files or []:
        with open_input(file):
            pass
    settings = ServerSettings(files=tuple(map(str, files or [])), port=port or free_port("127.0.0.1", 8000))
    serve(settings, page="/open" if files else "/", browser=browser, say=say)


def serve_(
    evidence: Annotated[
        list[str] | None, typer.Option("--evidence", "-e", help="Store, file or isogloss:NAME. Repeatable.")
    ] = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
) -> None:
    """Serve pages and a JSON API about evidence to browsers."""
    from isogloss.cli.commands import say
    from isogloss.web.server import serve
    from isogloss.web.settings import ServerSettings

    serve(ServerSettings(evidence=tuple(evidence or ()), host=host, port=port), say=say)
