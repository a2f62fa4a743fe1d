"""Claim: whatever is killed, and whenever, a store opens and holds every part that was acknowledged.

Two hundred processes that import, run a grid or compact are killed (SIGKILL) at random moments. After each the store
is read with every warning an error, all that the process had acknowledged is looked for, and what was cut short is
done to its end. Writes benchmarks/results/evidence_faults.json.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.evidence import Store, compact, import_files, read_evidence

KEY = pl.format("{}/{}", pl.col("origin").fill_null("table 0"), "seed")
"""How a process says what it has written: where a score came from, and its seed."""

KILLS = {"import": 80, "grid": 40, "compact": 80}
SMALL_PARTS = 40
GRID = """
[task]
name = "made-up topics"
file = "topics.parquet"

[task.columns]
language = "lang"
label = "topic"
item = "id"

[recipe]
name = "ngram-logreg"

[grid]
sizes = [12]
seeds = { 12 = [%s] }
"""


def main() -> None:
    """Kill two hundred processes and see what is left."""
    chance = random.Random(13)
    found = {}
    for activity, kills in KILLS.items():
        outcomes = [trial(activity, chance) for _ in range(kills)]
        found[activity] = {
            "kills": kills,
            "killed_at_work": sum(outcome["at_work"] for outcome in outcomes),
            "acknowledged": sum(outcome["acknowledged"] for outcome in outcomes),
            "lost": sum(outcome["lost"] for outcome in outcomes),
            "stores_that_did_not_open": sum(outcome["closed"] for outcome in outcomes),
            "half_files_among_the_parts": sum(outcome["half"] for outcome in outcomes),
            "left_unfinished_beside_them": sum(outcome["left"] for outcome in outcomes),
        }
        print(activity, found[activity], file=sys.stderr)
    write_result(
        "evidence_faults",
        {
            "claim": "after SIGKILL at any moment a store opens and holds every part that was acknowledged",
            "machine": machine(),
            "versions": versions("polars"),
            "kills": sum(KILLS.values()),
            "activities": found,
        },
    )


def trial(activity: str, chance: random.Random) -> dict[str, int]:
    """Start a process, kill it at a random moment, and compare what it said with what the store holds."""
    with tempfile.TemporaryDirectory(prefix="isogloss-faults-") as name:
        folder = Path(name)
        before = PREPARE[activity](folder)
        command = [sys.executable, "-m", "benchmarks.evidence_faults", activity, str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        process.stdout.readline()  # it is at work
        time.sleep(chance.uniform(0, LONGEST[activity]))
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read().splitlines(keepends=True)
        process.wait()
        acknowledged = before | {line.strip() for line in said if line.endswith("\n")}
        return judge(folder, activity, acknowledged) | {"at_work": int(process.returncode == -signal.SIGKILL)}


def judge(folder: Path, activity: str, acknowledged: set[str]) -> dict[str, int]:
    """What became of the store, now and after what was cut short is done to its end."""
    store, lost, closed = Store(folder / "store"), 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for finish in (False, True):
            if not store.parts():
                lost += len(acknowledged)
                continue
            try:
                if finish:
                    compact(store)
                lost += len(acknowledged - names(store))
            except Exception:  # whatever it is: a store that refuses is counted, not one that loses
                closed += 1
    files = list((folder / "store").iterdir()) if store.path.exists() else []
    half = [path for path in files if path.suffix == ".parquet" and path.read_bytes()[-4:] != b"PAR1"]
    left = [path for path in files if path.name.endswith(".tmp")]
    return {"acknowledged": len(acknowledged), "lost": lost, "closed": closed, "half": len(half), "left": len(left)}


def names(store: Store) -> set[str]:
    """What a store holds, as the processes acknowledge it."""
    return set(store.read().observations.select(KEY).to_series())


def no_store(folder: Path) -> set[str]:
    return set()


def small_parts(folder: Path) -> set[str]:
    """A store of many small parts, all of them acknowledged."""
    store = Store(folder / "store")
    for seed in range(SMALL_PARTS):
        store.append(read_evidence(scores(seed)).observations)
    return names(store)


def grid_file(folder: Path) -> set[str]:
    """A made-up task in four languages, and a grid over it."""
    chance = random.Random(7)
    rows = [
        {"lang": language, "split": "train" if item < 30 else "test", "id": str(item), "topic": f"topic {item % 3}",
         "text": " ".join(f"{language}{item % 3}{chance.randrange(9)}" for _ in range(5))}
        for item in range(48) for language in ("eng", "nld", "fin", "ell")
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "topics.parquet")
    (folder / "grid.toml").write_text(GRID % ", ".join(map(str, range(40))))
    return set()


def scores(seed: int) -> pl.DataFrame:
    usual = {"model": "toy", "task": "topics", "metric": "accuracy", "train": "eng:100", "score": 0.5, "seed": seed}
    return pl.DataFrame([usual | {"target": target} for target in ("deu", "fra", "swa")])


def import_on_and_on(folder: Path) -> None:
    """Import one table after another, saying so after each."""
    print("at work", flush=True)
    for seed in range(100_000):
        import_files([scores(seed)], into=folder / "store")
        print(f"table 0/{seed}", flush=True)


def run_a_grid(folder: Path) -> None:
    """Run a grid, saying of each job that its scores are kept."""
    from isogloss.lab import read_grid, run_grid

    begun: list[None] = []

    class Saying(Store):
        def append(
            self, observations: pl.DataFrame, *rest: pl.DataFrame | None, **more: pl.DataFrame | None
        ) -> Path | str:
            part = super().append(observations, *rest, **more)
            if not begun:
                begun.append(print("at work", flush=True))
            for key in observations.select(KEY).to_series().unique():
                print(key, flush=True)
            return part

    run_grid(read_grid(folder / "grid.toml"), Saying(folder / "store"), executor="serial")


def compact_it(folder: Path) -> None:
    """Compact a store of small parts, a few at a time."""
    print("at work", flush=True)
    for rows in range(6, 3 * SMALL_PARTS, 6):
        compact(Store(folder / "store"), rows=rows)


PREPARE: dict[str, Callable[[Path], set[str]]] = {"import": no_store, "grid": grid_file, "compact": small_parts}
WORK: dict[str, Callable[[Path], None]] = {"import": import_on_and_on, "grid": run_a_grid, "compact": compact_it}
LONGEST = {"import": 0.4, "grid": 0.4, "compact": 0.5}
"""Seconds within which a process is killed after it has begun."""


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        WORK[sys.argv[1]](Path(sys.argv[2]))
