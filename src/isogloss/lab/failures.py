"""Jobs that failed, noted beside the store until they succeed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isogloss.evidence.store import Store
from isogloss.files import atomic_write
from isogloss.lab.job import Bench, Job

FOLDER = "lab-failures"


class Failures:
    """Failures of jobs, one small file each, named by the job.

    Parameters
    ----------
    store : Store
        Where it is no folder of this machine, nothing is kept.
    """

    def __init__(self, store: Store):
        self._folder = Path(store.path) / FOLDER if isinstance(store.path, Path) else None

    def note(self, bench: Bench, job: Job, reason: str) -> None:
        """Note that a job failed once more."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{job.key}.json"
        noted = {
            "job": str(job), "task": bench.task.info.name, "model": bench.recipe.model, "recipe": bench.recipe.label,
            "reason": reason, "times": self._times(path) + 1, "last": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        atomic_write(path, lambda whole: whole.write_text(json.dumps(noted, ensure_ascii=False), encoding="utf-8"))

    def forget(self, job: Job) -> None:
        """A job has succeeded."""
        if self._folder is not None:
            (self._folder / f"{job.key}.json").unlink(missing_ok=True)

    def jobs(self) -> set[str]:
        """Keys of the jobs that are noted."""
        return {path.stem for path in self._folder.glob("*.json")} if self._folder is not None else set()

    @staticmethod
    def _times(path: Path) -> int:
        return int(_read(path).get("times", 0))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
