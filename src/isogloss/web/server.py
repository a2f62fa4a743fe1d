"""Run the server, and open the browser on it."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from threading import Timer

from isogloss.errors import InputError
from isogloss.extras import need
from isogloss.web.settings import ServerSettings

LATER = 20
"""Ports after the one asked for that `free_port` tries."""


def serve(
    settings: ServerSettings, *, page: str = "/", browser: bool = False, say: Callable[[str], None] = print
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    settings : ServerSettings
        For an address that other machines reach, a token is made where it has none.
    page : str, default "/"
        The page to open.
    browser : bool, default False
        Whether to open a browser.
    say : callable
        Gets the address.

    Raises
    ------
    InputError
        If the port is taken, or the evidence cannot be read.
    """
    need("fastapi", "uvicorn", "jinja2", "multipart", extra="web")
    import uvicorn

    from isogloss.web.app import create_app

    if not settings.local and settings.token is None:
        settings = replace(settings, token=secrets.token_urlsafe(24))
    bound = _bind(settings.host, settings.port)
    app = create_app(settings)
    for held in app.state.site.served.values():
        held.stamp()
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{name}:{settings.port}{page}"
    if settings.token is not None:
        address += f"?token={settings.token}"
    say(f"isogloss is at {address}")
    say("Stop it with Ctrl+C.")
    if browser:
        Timer(0.8, webbrowser.open, (address,)).start()
    config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[bound])


def free_port(host: str, port: int) -> int:
    """The first free port from this one on.

    Raises
    ------
    InputError
        If twenty in a row are taken.
    """
    for one in range(port, port + LATER):
        try:
            _bind(host, one).close()
        except InputError:
            continue
        return one
    raise InputError(f"ports {port} to {port + LATER - 1} are taken", where="port", hint=f"port={port + 1000}")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{host}:{port} cannot be used: {reason.lower()}", where="port", hint=f"give another: port={port + 1}"
        ) from None
    return bound
