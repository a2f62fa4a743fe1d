"""Executors: where jobs run. The answers are the same from each, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from isogloss.errors import BadValue, IsoglossError
from isogloss.lab.recipe import Arrays, Outcome, Recipe, Training
from isogloss.lab.saving import save
from isogloss.models.runtime import metered
from isogloss.registry import Registry

executors: Registry[type[Executor]] = Registry(
    "executor",
    {
        "serial": "isogloss.lab.executor:Serial",
        "processes": "isogloss.lab.executor:Processes",
        "ray": "isogloss.lab.ray_executor:Ray",
    },
    "isogloss.executors",
    base="isogloss.lab.executor:Executor",
)
"""Executors by name; other packages announce theirs in the entry-point group `isogloss.executors`."""


BEGUN = "begun"
"""File in the folder of `Processes` that the first worker writes when it is ready."""


def never() -> bool:
    """No reason to stop."""
    return False


class Executor(ABC):
    """Runs jobs; used as a context, which owns whatever has to be cleaned up.

    Parameters
    ----------
    workers : int or None
        How many jobs at once; None for as many as there are processors for.
    address : str, optional
        Of the cluster that jobs run on, for executors that have one.

    Raises
    ------
    BadValue
        If there are less than one worker, or an address that is of no use.
    """

    name: ClassVar[str]
    takes_address: ClassVar[bool] = False

    def __init__(self, workers: int | None = None, address: str | None = None):
        if workers is not None and workers < 1:
            raise BadValue(f"{workers} workers", hint="give 1 or more")
        if address is not None and not self.takes_address:
            raise BadValue(f"executor '{self.name}' runs here and takes no address", hint="choose executor 'ray'")
        self.address = address
        self.workers = workers or _processors()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, stack: ExitStack) -> None:  # noqa: B027 - most have something to start, not all
        """Start what jobs need, and have the stack end it."""

    @abstractmethod
    def apply(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        """The function's result for each value, in their order."""

    @abstractmethod
    def run(
        self, recipe: Recipe, prepared: Arrays, trainings: Sequence[Training], stop: Callable[[], bool] = never
    ) -> Iterator[tuple[int, Outcome]]:
        """The outcome of each training with its position, as they finish; none is begun once `stop` says so."""


class Serial(Executor):
    """One job after the other, in this process."""

    name = "serial"

    def apply(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        yield from map(function, values)

    def start(self, stack: ExitStack) -> None:
        """Have the threads of torch restored in the end."""
        from isogloss.models.runtime import threads_restored

        stack.enter_context(threads_restored())

    def run(
        self, recipe: Recipe, prepared: Arrays, trainings: Sequence[Training], stop: Callable[[], bool] = never
    ) -> Iterator[tuple[int, Outcome]]:
        """The outcome of each training with its position, in their order."""
        with one_thread():
            for position, training in enumerate(trainings):
                if stop():
                    return
                yield position, measure(recipe, prepared, training)


class Processes(Executor):
    """Jobs in several processes of this machine, which share the prepared texts through files mapped into memory.

    Notes
    -----
    Workers end, and the shared files go, when the main process does, even if that is killed.
    """

    name = "processes"

    def start(self, stack: ExitStack) -> None:
        """Make the folder of shared files and the pool of processes."""
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="isogloss-lab-")))
        self._pool = self._new_pool()
        stack.callback(lambda: self._pool.shutdown(cancel_futures=True))

    def apply(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        try:
            yield from self._pool.map(function, values)
        except BrokenProcessPool:
            raise self._worker_died() from None

    def run(
        self, recipe: Recipe, prepared: Arrays, trainings: Sequence[Training], stop: Callable[[], bool] = never
    ) -> Iterator[tuple[int, Outcome]]:
        """The outcome of each training with its position, as they finish.

        If a worker dies, those that were under way are run again, each alone: one that kills its worker once
        more has failed, and the others go on.
        """
        folder = tempfile.mkdtemp(dir=self._folder)
        for name, array in prepared.items():
            np.save(Path(folder) / f"{name}.npy", array, allow_pickle=False)
        left, suspects = deque(range(len(trainings))), deque[int]()
        while left or suspects:
            alone = bool(suspects)
            taken = deque([suspects.popleft()]) if alone else left
            under_way: dict[Future[Outcome], int] = {}
            try:
                while (taken and not stop()) or under_way:
                    # Few are handed out at a time, so that little is under way when it is time to stop.
                    while taken and len(under_way) < 2 * self.workers and not stop():
                        # Taken off the list only when it is handed out: a pool that has broken refuses.
                        future = self._pool.submit(_measure_in_worker, folder, recipe, trainings[taken[0]])
                        under_way[future] = taken.popleft()
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        outcome = future.result()
                        yield under_way.pop(future), outcome
                if stop():
                    break
            except BrokenProcessPool:
                if not self._has_begun():
                    raise self._worker_died() from None
                self._pool.shutdown(cancel_futures=True)
                self._pool = self._new_pool()
                if alone:
                    yield next(iter(under_way.values())), Outcome(None, {}, self._worker_died().reason)
                else:
                    suspects.extend(sorted(under_way.values()))
        shutil.rmtree(folder, ignore_errors=True)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers,
            # Forking a process that has threads, as polars and BLAS do, can hang; a fresh one cannot.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_worker,
            initargs=(str(self._folder),),
        )

    def _has_begun(self) -> bool:
        """Whether any worker has ever been ready to work."""
        return (self._folder / BEGUN).exists()

    def _worker_died(self) -> IsoglossError:
        if not self._has_begun():
            return IsoglossError(
                "worker processes cannot start: each imports the program, which would start workers again",
                hint="put what runs under if __name__ == \"__main__\": in a file, or choose executor='serial'",
            )
        return IsoglossError(
            "a worker process died, most likely for want of memory",
            hint="run it again with fewer workers; what is finished is kept",
        )


def measure(recipe: Recipe, prepared: Arrays, training: Training) -> Outcome:
    """Train and answer; whatever goes wrong in a recipe is this job's failure, not the run's."""
    seconds, wall, began = {}, time.perf_counter(), time.process_time()
    try:
        with metered() as counts:
            fitted = recipe.fit(prepared, training)
            seconds["fit"], began = time.process_time() - began, time.process_time()
            answers = dict(recipe.predict(prepared, fitted))
            seconds["predict"] = time.process_time() - began
        if training.keep:
            save(recipe, fitted, training.keep, prepared=prepared)
    except IsoglossError as error:
        return Outcome(None, seconds, str(error))
    except Exception as error:
        return Outcome(None, seconds, f"{type(error).__name__}: {error}".splitlines()[0], transient=True)
    seconds["wall"] = time.perf_counter() - wall
    return Outcome(answers, seconds, counts=counts, notes=fitted.notes)


def _measure_in_worker(folder: str, recipe: Recipe, training: Training) -> Outcome:
    return measure(recipe, _mapped(folder), training)


@lru_cache(maxsize=1)
def _mapped(folder: str) -> Arrays:
    return {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in sorted(Path(folder).glob("*.npy"))}


def _begin_worker(folder: str) -> None:
    global _limits  # kept for as long as the worker lives
    _limits = one_thread()
    (Path(folder) / BEGUN).touch()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which ends the workers
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


_limits: Any = None


def _end_with_parent(folder: str) -> None:
    """Wait for the main process to go; a pool's workers would otherwise wait for its orders for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def one_thread() -> Any:
    """One thread per worker: sums come out the same, and workers do not crowd each other out.

    A limit reaches only libraries that are loaded already, so those with threads of their own are loaded
    first; without that, fitting takes five times as long.
    """
    import scipy.linalg  # noqa: F401 - loaded for its threads
    import sklearn.linear_model  # noqa: F401 - likewise
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
