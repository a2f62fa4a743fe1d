"""Jobs on a Ray cluster: the same answers as from one machine, whichever nodes come and go."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.lab.executor import Executor, measure, never, one_thread
from isogloss.lab.ray_cluster import ClusterError, connected
from isogloss.lab.recipe import Arrays, Outcome, Recipe, Training

TRIES = 3
"""How often a piece of work is handed out whose worker is lost."""

_PACKAGES = ("isogloss", "numpy", "scipy", "scikit-learn", "torch", "transformers", "peft")
_FEATURES = "ISOGLOSS_FEATURES"


class Ray(Executor):
    """Jobs on a Ray cluster, which is started on this machine if no address is given.

    Parameters
    ----------
    workers : int or None
        How many jobs at once; None for as many as the cluster has processors, or GPUs for recipes that use them,
        also of nodes that join later.
    address : str, optional
        `host:port` of a cluster that this machine is part of, or "auto" for the one that runs here.

    Notes
    -----
    What jobs share is put into Ray's object store once, and mapped from there by all workers of a node. Ray is
    told not to retry: a job whose worker or node is lost is handed out again from here, `TRIES` times in all, so
    that each job has one outcome. Nodes must have the same versions of all that is computed with, since otherwise
    results would differ, and observations would tell the wrong ones.
    """

    name = "ray"
    takes_address = True
    patience = 300.0
    """Seconds that a cluster may be without any node to work on, as while one is started."""

    def __init__(self, workers: int | None = None, address: str | None = None):
        super().__init__(workers, address)
        self._wanted = workers

    def start(self, stack: ExitStack) -> None:
        """Connect to the cluster, and see that its nodes can run jobs."""
        self._ray, self._is_own = stack.enter_context(connected(self.address, self.workers))
        self._here = _Here(os.environ.get(_FEATURES), _versions())
        self._shared: tuple[Arrays, Any] | None = None
        stack.callback(setattr, self, "_shared", None)
        self._check_nodes()

    def apply(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        self._shared = None  # new texts are being prepared: the old ones need no room any more
        gpu = self._gpu_share() if self._resource("GPU") else 0.0
        remote = self._remote(_apply_on_node, gpu)
        whole = list(values)
        early: dict[int, Any] = {}
        expected = 0
        for position, result, error in self._results(
            whole, lambda value: remote.remote(self._here, function, value), gpu
        ):
            if error is not None:
                raise _original(error) from None
            # Arrays lie in the object store, where all of a preparation would leave no room for the next values.
            early[position] = deepcopy(result)
            del result
            while expected in early:
                yield early.pop(expected)
                expected += 1

    def run(
        self, recipe: Recipe, prepared: Arrays, trainings: Sequence[Training], stop: Callable[[], bool] = never
    ) -> Iterator[tuple[int, Outcome]]:
        if self._shared is None or self._shared[0] is not prepared:
            self._shared = None
            self._shared = prepared, self._ray.put(dict(prepared))
        shared = self._shared[1]
        gpu = self._gpu_share() if "torch" in recipe.packages and self._resource("GPU") else 0.0
        remote = self._remote(_measure_on_node, gpu)
        for position, outcome, error in self._results(
            trainings, lambda training: remote.remote(self._here, recipe, shared, training), gpu, stop
        ):
            if error is not None:
                original = _original(error)
                named = "" if isinstance(original, IsoglossError) else f"{type(original).__name__}: "
                lines = str(original).splitlines() or [""]
                outcome = Outcome(None, {}, getattr(original, "reason", f"{named}{lines[0]}"))
            yield position, outcome

    def _results(
        self, values: Sequence[Any], submit: Callable[[Any], Any], gpu: float, stop: Callable[[], bool] = never
    ) -> Iterator[tuple[int, Any, Exception | None]]:
        """Position, and result or error, of each piece of work as they finish; none is begun once `stop` says so."""
        from ray.exceptions import RayError, RayTaskError

        left, losses, under_way = deque(range(len(values))), Counter[int](), dict[Any, int]()
        idle_since: float | None = None
        while (left and not stop()) or under_way:
            # Few are handed out at a time, so that little is under way when it is time to stop.
            while left and len(under_way) < self._room(gpu) and not stop():
                position = left.popleft()
                under_way[submit(values[position])] = position
            if not under_way:
                return
            done, _ = self._ray.wait(list(under_way), timeout=1.0)
            idle_since = None if done else self._still_idle(idle_since, gpu)
            for reference in done:
                position = under_way.pop(reference)
                try:
                    yield position, self._ray.get(reference), None
                except RayTaskError as error:
                    yield position, None, error
                except RayError:  # worker, node or memory is gone
                    losses[position] += 1
                    if losses[position] < TRIES:
                        left.appendleft(position)
                    else:
                        yield (
                            position,
                            None,
                            IsoglossError(
                                f"its worker was lost {TRIES} times, most likely for want of memory",
                                hint="run it again with fewer workers; what is finished is kept",
                            ),
                        )

    def _still_idle(self, since: float | None, gpu: float) -> float | None:
        """Since when the cluster has had nothing to work on; Ray would wait for ever."""
        if self._resource("GPU" if gpu else "CPU"):
            return None
        since = time.monotonic() if since is None else since
        if time.monotonic() - since > self.patience:
            raise ClusterError(
                f"the cluster has had no node to work on for {self.patience:.0f} seconds",
                hint="add nodes and run it again; what is finished is kept",
            )
        return since

    def _room(self, gpu: float) -> int:
        """How much to hand out: what can be worked on and as much again, so that no worker waits for the next."""
        if self._wanted is not None and not self._is_own:
            return self._wanted  # on a bigger cluster, Ray would begin what is only to wait
        can = self._resource("GPU") / gpu if gpu else self._resource("CPU")
        return max(2, 2 * int(can))

    def _gpu_share(self) -> float:
        """Which part of a GPU a job gets: all of one, unless there are to be more jobs at once than GPUs."""
        wanted = self.workers if self._is_own else self._wanted
        share = min(1.0, self._resource("GPU") / (wanted or 1))
        return max(0.01, int(share * 100) / 100)

    def _resource(self, name: str) -> float:
        return float(self._ray.cluster_resources().get(name, 0))

    def _remote(self, function: Callable[..., Any], gpu: float) -> Any:
        return self._ray.remote(num_cpus=1, num_gpus=gpu, max_retries=0)(function)

    def _check_nodes(self) -> None:
        """Raise ClusterError, naming it, for a node that cannot run jobs as this machine would."""
        if self._is_own:
            return
        from ray.exceptions import RayError, RayTaskError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        remote = self._ray.remote(num_cpus=0, max_retries=0)(version_differences)
        asked = [
            (
                node["NodeManagerHostname"],
                remote.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
                    self._here.versions
                ),
            )
            for node in self._ray.nodes()
            if node["Alive"] and node["Resources"].get("CPU", 0)
        ]
        for host, answer in asked:
            try:
                different = self._ray.get(answer, timeout=60)
            except RayTaskError as error:
                raise _unlike(host, f"cannot run isogloss ({str(error).strip().splitlines()[-1].strip()})") from None
            except RayError:
                continue  # it has died or is slow; should it come back, its workers compare versions too
            if different:
                raise _unlike(host, different)


@dataclass(frozen=True)
class _Here:
    """What workers take from the machine where the run was started."""

    features: str | None
    versions: tuple[tuple[str, str], ...]


def _measure_on_node(here: _Here, recipe: Recipe, prepared: Arrays, training: Training) -> Outcome:
    _begin(here)
    return measure(recipe, prepared, training)


def _apply_on_node(here: _Here, function: Callable[[Any], Any], value: Any) -> Any:
    _begin(here)
    return function(value)


@lru_cache(maxsize=1)
def _begin(here: _Here) -> Any:
    """What a worker process does before its first piece of work; kept for as long as it lives."""
    different = version_differences(here.versions)
    if different:
        raise _unlike(os.uname().nodename, different)
    if here.features is not None:
        os.environ[_FEATURES] = here.features
    return one_thread()


def version_differences(expected: tuple[tuple[str, str], ...]) -> str:
    """How versions differ from those expected; what a node lacks is told by the recipes that need it."""
    found = dict(_versions())
    return ", ".join(
        f"has {name} {found[name]}, not {wanted}" for name, wanted in expected if found.get(name, wanted) != wanted
    )


@lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    """Of what is computed with; builds of torch for processor and GPU are the same version."""
    found = []
    for name in _PACKAGES:
        try:
            found.append((name, version(name).partition("+")[0]))
        except PackageNotFoundError:
            continue
    return tuple(found)


def _original(error: Exception) -> Exception:
    """What was raised on the node, without Ray's account of how it got here."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else error


def _unlike(host: str, reason: str) -> ClusterError:
    return ClusterError(reason, where=f"node {host}", hint="install there what is installed here")
