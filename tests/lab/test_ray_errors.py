"""What is said, and how soon, where there is no cluster to run a grid on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from isogloss.errors import InputError, IsoglossError
from isogloss.evidence.store import Store
from isogloss.extras import MissingExtra, need
from isogloss.lab import read_grid, run_grid
from isogloss.lab.ray_cluster import _check_answers
from isogloss.lab.ray_executor import _differences_on_node


def run(grid_file: Path, address: str, executor: str = "ray") -> None:
    run_grid(read_grid(grid_file), Store(grid_file.parent / "store"), executor=executor, address=address)


def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(MissingExtra, match=r"needs no_such_library, .*pip install 'isogloss\[ray\]'"):
        need("no_such_library", extra="ray")


def test_an_address_is_of_use_to_ray_alone(grid_file: Path) -> None:
    with pytest.raises(InputError, match="executor 'processes' runs here and takes no address; choose executor 'ray'"):
        run(grid_file, "127.0.0.1:6379", executor="processes")


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:10001", "host:0", ":6379", "host:port"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"is no address of a Ray cluster; give HOST:PORT, or auto"):
        _check_answers(address)


def test_where_nothing_answers_it_is_said_at_once(grid_file: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(IsoglossError, match=rf"Ray cluster 127.0.0.1:{port}: nothing answers \(Connection refused\)"):
        run(grid_file, f"127.0.0.1:{port}")
    assert time.monotonic() - began < 10
    assert not (grid_file.parent / "store").exists()


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a server that speaks another language than Ray's."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(64)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_is_not_ray_is_told_from_it(stranger: str) -> None:
    with pytest.raises(IsoglossError, match="what answers there is not Ray"):
        _check_answers(stranger)


def test_nodes_with_other_versions_are_told_apart() -> None:
    """Versions that differ are named; what a node lacks is left to the recipes that need it."""
    import numpy

    assert _differences_on_node((("numpy", numpy.__version__), ("torch-of-tomorrow", "9"))) == ""
    assert _differences_on_node((("numpy", "1.0"),)) == f"has numpy {numpy.__version__}, not 1.0"
