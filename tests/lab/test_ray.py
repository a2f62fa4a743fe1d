"""Grids on a Ray cluster: the same results as anywhere else, whatever becomes of its nodes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from polars.testing import assert_frame_equal
from tests.lab.test_engine import NEURAL
from tests.lab.test_run import SCRIPT, measured, wait_until
from tests.lab.troubled import Troubled
from tests.lab.wandering import Wandering

from isogloss.errors import InputError, IsoglossError
from isogloss.evidence.store import Store
from isogloss.lab import Training, read_grid, recipes, run_grid
from isogloss.lab.ray_executor import Ray
from isogloss.lab.recipe import Outcome

pytest.importorskip("ray", reason="needs the extra ray")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a processor each."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    started.add_node(num_cpus=1)
    yield started
    started.shutdown()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def with_recipe(grid_file: Path, recipe: str, **parameters: object) -> None:
    lines = "".join(f"\n{name} = {json.dumps(value)}" for name, value in parameters.items())
    grid_file.write_text(grid_file.read_text().replace('name = "ngram-logreg"', f'name = "{recipe}"{lines}'))


def test_results_do_not_depend_on_executor_workers_or_nodes(grid_file: Path, tmp_path: Path, cluster: Any) -> None:
    """Serial, and one or as many workers as there are on two nodes: equal scores and predictions."""
    stores = []
    ways: list[dict[str, Any]] = [
        {"executor": "serial"},
        {"executor": "ray", "workers": 1, "address": cluster.address},
        {"executor": "ray", "address": cluster.address},
    ]
    for number, way in enumerate(ways):
        stores.append(Store(tmp_path / str(number)))
        assert run_grid(read_grid(grid_file), stores[-1], **way).run == 12
    keys = ["observation", "item"]
    for other in stores[1:]:
        assert_frame_equal(measured(stores[0]), measured(other), check_exact=True)
        assert_frame_equal(stores[0].read_items().sort(keys), other.read_items().sort(keys), check_exact=True)


def trainings(number: int) -> list[Training]:
    """As many as are asked for, from which a label is to be learnt."""
    return [Training(np.array([row]), np.array([0]), seed=0) for row in range(number)]


@pytest.fixture(scope="class")
def joined(cluster: Any) -> Iterator[Any]:
    """The same, to which this program is connected, so that its workers go from test to test."""
    import ray

    ray.init(cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()


class TestJobs:
    """What becomes of jobs, on whichever node."""

    @pytest.mark.filterwarnings("ignore:unknown to the tokenizer")
    def test_neural_results_are_the_same_on_two_nodes(
        self, grid_file: Path, tmp_path: Path, checkpoint: Path, joined: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nodes keep features where the run was started from keeps them, which was decided after they were started."""
        grid_file.write_text(NEURAL.format(checkpoint=checkpoint))
        stores = []
        for name, way in (("serial", {}), ("ray", {"address": joined.address})):
            monkeypatch.setenv("ISOGLOSS_FEATURES", str(tmp_path / f"features of {name}"))
            stores.append(Store(tmp_path / name))
            assert run_grid(read_grid(grid_file), stores[-1], executor=name, **way).run == 4
            assert list((tmp_path / f"features of {name}").rglob("*.npy"))
        assert_frame_equal(measured(stores[0]), measured(stores[1]), check_exact=True)

    def test_a_node_is_killed_and_every_job_is_done_once(
        self, grid_file: Path, tmp_path: Path, scratch: Path, joined: Any
    ) -> None:
        """One of two nodes dies with all its processes while it works: its job is begun again on the other, and the
        store is that of a run left alone, each job a single part of it."""
        recipes.register("wandering")(Wandering)
        with_recipe(grid_file, "wandering", scratch=str(scratch))
        doomed = joined.add_node(num_cpus=1)

        def begun_on(node: str) -> set[str]:
            return {path.name.split()[1] for path in scratch.iterdir() if path.name.startswith(node)}

        def kill() -> None:
            try:
                wait_until(lambda: len(begun_on(doomed.node_id)) >= 2)
            finally:  # or the other nodes would wait for ever
                doomed.kill_all_processes(check_alive=False, allow_graceful=False)
                (scratch / "gone").touch()

        killer = threading.Thread(target=kill)
        killer.start()
        store = Store(tmp_path / "store")
        report = run_grid(read_grid(grid_file), store, executor="ray", address=joined.address)
        killer.join()
        joined.worker_nodes.discard(doomed)

        assert (report.run, report.failed, report.left) == (12, [], 0)
        (scratch / "gone").unlink()
        begun = Counter(path.name.split()[1] for path in scratch.iterdir())
        assert len(begun) == 12
        lost = {job for job, times in begun.items() if times > 1}
        assert lost
        assert lost <= begun_on(doomed.node_id)
        origins = store.read().observations["origin"]
        assert (origins.n_unique(), len(store.parts())) == (12, 12)

        grid_file.write_text(grid_file.read_text().replace('name = "wandering"', 'name = "ngram-logreg"'))
        grid_file.write_text(grid_file.read_text().replace(f'scratch = "{scratch}"\n', ""))
        undisturbed = Store(tmp_path / "undisturbed")
        run_grid(read_grid(grid_file), undisturbed)
        plain = [measured(one).drop("recipe", "origin") for one in (store, undisturbed)]
        assert_frame_equal(*plain, check_exact=True)

    def test_a_job_that_kills_its_worker_fails_in_the_end_and_the_others_go_on(
        self, grid_file: Path, tmp_path: Path, scratch: Path, joined: Any
    ) -> None:
        """Seed 1 kills whatever works on it, three times; seed 2 fails once, in a way that may pass."""
        recipes.register("troubled")(Troubled)
        with_recipe(grid_file, "troubled", scratch=str(scratch))
        text = grid_file.read_text().replace("{ 12 = [0, 1], 30 = [0] }", "{ 12 = [0, 1], 30 = [2] }")
        grid_file.write_text(text.replace("[grid]", '[grid]\nsources = ["eng"]'))
        store = Store(tmp_path / "store")
        report = run_grid(read_grid(grid_file), store, executor="ray", address=joined.address)
        assert report.run == 2
        assert report.failed == [("eng:12 seed 1", "its worker was lost 3 times, most likely for want of memory")]
        assert len(list((store.path / "lab-failures").iterdir())) == 1

    def test_a_budget_ends_a_run_on_a_cluster_and_the_next_goes_on(
        self, grid_file: Path, tmp_path: Path, joined: Any
    ) -> None:
        store = Store(tmp_path / "store")
        first = run_grid(read_grid(grid_file), store, executor="ray", address=joined.address, max_jobs=5)
        assert (first.run, first.left) == (5, 7)
        assert run_grid(read_grid(grid_file), store, executor="ray", address=joined.address).run == 7

    def test_none_is_begun_once_it_is_time_to_stop(self, joined: Any, scratch: Path) -> None:
        """Asked to stop after the first outcome, two nodes do few of a hundred jobs."""
        done: list[Outcome] = []
        recipe, prepared = Troubled(scratch=str(scratch)), {"rows": np.array([4])}
        with Ray(address=joined.address) as executor:
            for _, outcome in executor.run(recipe, prepared, trainings(100), lambda: bool(done)):
                done.append(outcome)
        assert 1 <= len(done) <= 6
        assert all(outcome.error is None for outcome in done)

    def test_what_goes_wrong_while_texts_are_prepared_is_raised_as_it_was(self, joined: Any) -> None:
        with Ray(address=joined.address) as executor:
            assert list(executor.apply(abs, [-3, 2, -1])) == [3, 2, 1]
            with pytest.raises(TypeError, match="bad operand"):
                list(executor.apply(abs, [1, "two"]))

    def test_what_is_prepared_may_be_more_than_the_object_store_holds(self, joined: Any) -> None:
        """300 MB of results through stores of 150 MB: what has arrived is no longer kept in them."""
        with Ray(address=joined.address) as executor:
            arrays = list(executor.apply(np.zeros, [2_500_000] * 15))
        assert len(arrays) == 15
        assert all(array.flags.owndata for array in arrays)


@pytest.fixture(scope="module")
def empty() -> Iterator[Any]:
    """A cluster whose only node has no processor for jobs."""
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield started
    started.shutdown()


def test_a_cluster_without_nodes_to_work_on_is_not_waited_for_for_ever(
    empty: Any, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ray, "patience", 2.0)
    with (
        Ray(address=empty.address) as executor,
        pytest.raises(IsoglossError, match="no node to work on for 2 seconds; add nodes and run it again"),
    ):
        list(executor.run(Troubled(scratch=str(scratch)), {"rows": np.array([4])}, trainings(1)))


def test_another_version_of_ray_or_python_is_named(empty: Any) -> None:
    import ray
    from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_put

    ray.init(empty.address, log_to_driver=False)
    told = json.loads(_internal_kv_get("CLUSTER_METADATA", namespace="cluster"))
    told = json.dumps(told | {"ray_version": "2.1.0", "python_version": "3.11.1"})
    _internal_kv_put("CLUSTER_METADATA", told, overwrite=True, namespace="cluster")
    ray.shutdown()
    with (
        pytest.raises(IsoglossError, match=r"the cluster has Ray 2\.1\.0 on Python 3\.11\.1, this machine Ray"),
        Ray(address=empty.address),
    ):
        pass
    assert not ray.is_initialized()


def test_what_a_program_is_connected_to_is_used_and_left_open(cluster: Any) -> None:
    import ray

    ray.init(cluster.address, log_to_driver=False)
    try:
        with Ray() as executor:
            assert list(executor.apply(abs, [-1])) == [1]
        assert ray.is_initialized()
        with pytest.raises(InputError, match="this program is connected to the Ray cluster at"), Ray(address="host:1"):
            pass
    finally:
        ray.shutdown()


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds processes in /proc")
def test_a_killed_run_takes_its_own_cluster_along(grid_file: Path, tmp_path: Path) -> None:
    """Without an address a cluster is started here; it ends with the program, and what is finished is kept."""
    seeds = [*range(15)]
    text = grid_file.read_text()
    grid_file.write_text(text.replace("{ 12 = [0, 1], 30 = [0] }", f"{{ 12 = {seeds}, 30 = [0] }}"))
    script, store = tmp_path / "run.py", Store(tmp_path / "store")
    script.write_text(SCRIPT)
    others = ray_processes()
    process = subprocess.Popen([sys.executable, str(script), str(grid_file), str(store.path), "ray"])
    wait_until(lambda: len(store.parts()) >= 3 or process.poll() is not None)
    own = ray_processes() - others
    assert own
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = store.read().observations["origin"].n_unique()
    assert 3 <= finished < 64
    wait_until(lambda: not own & ray_processes())
    report = run_grid(read_grid(grid_file), store)
    assert (report.skipped, report.run) == (finished, 64 - finished)


def ray_processes() -> set[str]:
    """Numbers of the processes that belong to clusters which runs have started for themselves."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            if b"/isogloss-ray-" in path.read_bytes():
                found.add(path.parent.name)
    return found
