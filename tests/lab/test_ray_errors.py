"""What is said, and how soon, where there is no cluster to run a grid on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from isogloss.errors import InputError, IsoglossError
from isogloss.evidence.store import Store
from isogloss.extras import MissingExtra, need
from isogloss.lab import ray_cluster, read_grid, run_grid
from isogloss.lab.ray_executor import version_differences


def run(grid_file: Path, address: str, executor: str = "ray") -> None:
    run_grid(read_grid(grid_file), Store(grid_file.parent / "store"), executor=executor, address=address)


def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(MissingExtra, match=r"needs no_such_library, .*pip install 'isogloss\[ray\]'"):
        need("no_such_library", extra="ray")


def test_an_address_is_of_use_to_ray_alone(grid_file: Path) -> None:
    with pytest.raises(InputError, match="executor 'processes' runs here and takes no address; choose executor 'ray'"):
        run(grid_file, "127.0.0.1:6379", executor="processes")


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:10001", "host:0", ":6379", "host:port"])
def test_what_is_no_address_is_refused(grid_file: Path, address: str) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    with pytest.raises(InputError, match=r"is no address of a Ray cluster; give HOST:PORT, or auto"):
        run(grid_file, address)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that is not Ray's and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_where_no_cluster_answers_it_is_said_in_time(
    grid_file: Path, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    monkeypatch.setattr(ray_cluster, "CONNECT_SECONDS", 3.0)
    with pytest.raises(IsoglossError, match=f"^{silent}: no Ray cluster answers within 3 seconds; start it"):
        run(grid_file, silent)
    assert not (grid_file.parent / "store").exists()


def test_nodes_with_other_versions_are_told_apart() -> None:
    """Versions that differ are named; what a node lacks is left to the recipes that need it."""
    import numpy

    assert version_differences((("numpy", numpy.__version__), ("torch-of-tomorrow", "9"))) == ""
    assert version_differences((("numpy", "1.0"),)) == f"has numpy {numpy.__version__}, not 1.0"
