"""Ray clusters: starting one on this machine, reaching one elsewhere, and saying what is wrong with it."""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

from isogloss.errors import BadValue, IsoglossError, first_line
from isogloss.extras import need

CONNECT_SECONDS = 30.0
"""How long a cluster may take to answer at all; Ray itself would try for two minutes."""

_LONGEST_FOLDER = 30


class ClusterError(IsoglossError):
    """A cluster that cannot be reached or used."""


@contextmanager
def connected(address: str | None, workers: int) -> Iterator[tuple[Any, bool]]:
    """The module ray, connected to a cluster, and whether that was started for this.

    Parameters
    ----------
    address : str or None
        `host:port`, or "auto" for the cluster that this machine is part of; None for the one that this program
        is connected to already or, if it is to none, for one that is started here and ended afterwards.
    workers : int
        How many jobs at once a cluster that is started here runs.

    Raises
    ------
    MissingExtra
        If Ray is not installed.
    BadValue, ClusterError
        If the address is none, nothing answers there, or its versions are not those of this machine.
    """
    need("ray", extra="ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # Ray reports to its makers unless told not to, before it starts
    with ExitStack() as stack:
        own = address is None and not _is_connected()
        if own:
            _lock(stack)
        import ray

        if own:
            _start(ray, workers, stack)
        elif ray.is_initialized():
            _check_same(ray, address)
        else:
            stack.callback(ray.shutdown)  # even if it is left half connected
            _connect(ray, str(address))
        yield ray, own


def _is_connected() -> bool:
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())


def _check_same(ray: Any, address: str | None) -> None:
    there = ray.get_runtime_context().gcs_address
    if address not in (None, "auto", there):
        raise BadValue(f"this program is connected to the Ray cluster at {there}", hint="give no other address")


def _start(ray: Any, workers: int, stack: ExitStack) -> None:
    """Start a cluster of this machine alone, with a folder of its own and closed to other users."""
    # The names of sockets, which are in it, must not be longer than 107 characters.
    base = tempfile.gettempdir() if len(tempfile.gettempdir()) <= _LONGEST_FOLDER else "/tmp"
    folder = tempfile.mkdtemp(prefix="isogloss-ray-", dir=base)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    stack.callback(ray.shutdown)  # before its folder goes, and even if it is left half started
    try:
        ray.init(
            "local", num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR,
            _temp_dir=folder, _node_ip_address="127.0.0.1",
        )  # fmt: skip
    except (Exception, SystemExit) as error:
        raise ClusterError(
            f"Ray does not start here ({_reason(error)})", hint="use executor 'processes' on a single machine"
        ) from None


def _lock(stack: ExitStack) -> None:
    """Have Ray ask for a password, as it listens on every network interface and whoever reaches it can run code.

    Raises
    ------
    ClusterError
        If Ray was imported before it was told to, and so would not ask.
    """
    if "RAY_AUTH_MODE" in os.environ:
        return  # the user has seen to it
    if "ray" in sys.modules and not _token.cache_info().currsize:
        raise ClusterError(
            "Ray was imported by this program before, too late to close what it starts to others",
            hint="call ray.init() yourself: that cluster is used then",
        )
    for name, value in (("RAY_AUTH_MODE", "token"), ("RAY_AUTH_TOKEN", _token())):
        os.environ[name] = value
        stack.callback(os.environ.pop, name, None)


@lru_cache(maxsize=1)
def _token() -> str:
    return secrets.token_hex(32)  # one for as long as this process lives, since Ray remembers it


def _connect(ray: Any, address: str) -> None:
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS", address)
    if address != "auto":
        _check_answers(address)
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (Exception, SystemExit) as error:
        said = str(error)
        versions = re.findall(r"Ray: (\S+)\s+Python: (\S+)", said)
        if len(versions) == 2:
            (their_ray, their_python), (our_ray, our_python) = versions
            raise ClusterError(
                f"the cluster has Ray {their_ray} on Python {their_python}, this machine Ray {our_ray} on Python "
                f"{our_python}",
                where=address,
                hint="install the same versions here",
            ) from None
        if address == "auto":
            raise ClusterError("no Ray cluster runs here", hint="ray start, or give its address as HOST:PORT") from None
        raise ClusterError(
            f"cannot be joined ({_reason(error)})",
            where=f"Ray cluster {address}",
            hint="run this on a machine of the cluster, where ray start has been run",
        ) from None


def _check_answers(address: str) -> None:
    """Raise unless Ray answers in time. Another process tries, because Ray ends the one that cannot connect."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadValue(f"'{address}' is no address of a Ray cluster", hint="give HOST:PORT, or auto")
    attempt = [sys.executable, "-c", f"import ray; ray.init({address!r}, log_to_driver=False)"]
    try:
        subprocess.run(attempt, capture_output=True, timeout=CONNECT_SECONDS)
    except subprocess.TimeoutExpired:
        raise ClusterError(
            f"no Ray cluster answers within {CONNECT_SECONDS:g} seconds",
            where=address, hint="start it (ray start --head), or correct the address",
        ) from None  # fmt: skip


def _reason(error: BaseException) -> str:
    return type(error).__name__ if isinstance(error, SystemExit) else first_line(error)  # it says a number only
