"""Long work: answers are computed in threads, once for all who ask the same, with progress, until they are stopped."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from isogloss.errors import InputError, IsoglossError
from isogloss.progress import Progress
from isogloss.questions.answer import Answer

KEPT = 256
"""Answers that are kept, the last used."""
MOST_WAITING = 200
"""Answers that wait or are worked on, beyond which no more are begun."""
QUICK, SLOW = 3, 1
"""Threads for answers that take a moment, and for those that take longer: these leave the others a processor."""
BROKEN = IsoglossError("something went wrong on the server", hint="its log says what; other questions can be asked")


class Busy(InputError):
    """The server has more to do than it takes on."""


log = logging.getLogger("isogloss.web")


class Stopped(Exception):
    """The work was stopped because nobody waits for it any more."""


class Job(Progress):
    """One answer: waited for, being worked on, or there.

    Attributes
    ----------
    key : str
        Checksum of evidence and question.
    stage : str
    total, done : int
        Steps of the stage.
    owners : set of str
        Sessions that wait for it.
    future : Future of Answer
    """

    def __init__(self, key: str, owner: str):
        self.key, self.owners = key, {owner}
        self.stage, self.total, self.done = "", 0, 0
        self.future: Future[Answer] = Future()

    def begin(self, stage: str, total: int | None) -> None:
        """A stage begins."""
        self._check()
        self.stage, self.total, self.done = stage, total or 0, 0

    def advance(self, steps: int = 1) -> None:
        """Some steps are done."""
        self._check()
        self.done += steps

    def _check(self) -> None:
        if not self.owners:
            raise Stopped

    @property
    def state(self) -> str:
        """`waiting`, `working`, `done` or `failed`."""
        if self.future.done():
            return "failed" if self.future.exception() is not None else "done"
        return "working" if self.stage or self.future.running() else "waiting"


class Worker:
    """Answers questions in threads, and keeps the answers."""

    def __init__(self) -> None:
        self._pools = {
            False: ThreadPoolExecutor(QUICK, thread_name_prefix="answer"),
            True: ThreadPoolExecutor(SLOW, thread_name_prefix="long answer"),
        }
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: str, owner: str, work: Callable[[Progress], Answer], *, slow: bool = False) -> Job:
        """The job of an answer, begun if it is not known."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not (job.future.done() and isinstance(job.future.exception(), Stopped)):
                job.owners.add(owner)
                self._jobs.move_to_end(key)
                return job
            if sum(not one.future.done() for one in self._jobs.values()) >= MOST_WAITING:
                raise Busy("the server is busy", hint="ask again in a minute")
            job = self._jobs[key] = Job(key, owner)
            for old in [name for name, one in self._jobs.items() if one.future.done()][: len(self._jobs) - KEPT]:
                del self._jobs[old]
        self._pools[slow].submit(_run, job, work)
        return job

    def find(self, key: str, owner: str) -> Job | None:
        """The job of a key that a session asked for."""
        job = self._jobs.get(key)
        return job if job is not None and owner in job.owners else None

    def stop(self, job: Job, owner: str) -> None:
        """A session does not wait any more; the work ends when nobody does."""
        job.owners.discard(owner)

    def close(self) -> None:
        """Stop all work."""
        for job in list(self._jobs.values()):
            job.owners.clear()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def _run(job: Job, work: Callable[[Progress], Answer]) -> None:
    job.future.set_running_or_notify_cancel()
    try:
        if not job.owners:
            raise Stopped
        job.future.set_result(work(job))
    except (IsoglossError, Stopped) as error:
        job.future.set_exception(error)
    except Exception:  # whatever it is, who waits gets an answer, and the log has the trace
        log.exception("a question could not be answered")
        job.future.set_exception(BROKEN)
