"""Claim: ten million observations are imported, narrowed down and summed up on a laptop.

One task, model or language in under a second, with less than 3 GB of memory; eight writers at once lose nothing and
double nothing; MTEB's 217,783 scores are read in under 5 s, its result files at 500 per second on one core. Each step
runs in a process of its own, so that its peak of memory is its own. Writes benchmarks/results/evidence_scale.json;
what needs the research data is left out without them.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence import Store, compact, import_files, read_evidence

TASKS, MODELS, SEEDS, FILES = 50, 100, 10, 10
WRITERS, PARTS = 8, 1_000
COPIES = 60
"""Of the two models whose original MTEB files are at hand: 1,080 files."""


def main() -> None:
    """Run every step in a process of its own and write down what it took."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="isogloss-scale-") as name:
        folder = Path(name)
        steps = {step: run(step, folder) for step in ("tables", "import_files", "task", "model", "language", "summary")}
        steps["import_one_file"] = run("import_one_file", folder)
        shutil.rmtree(folder / "one", ignore_errors=True)
        steps |= {step: run(step, folder) for step in ("writers", "read_parts", "compact_parts")}
        if have_data("observations/mteb", "fixtures/mteb"):
            steps |= {step: run(step, folder) for step in ("mteb_table", "mteb_files")}
    write_result(
        "evidence_scale",
        {
            "claim": "ten million observations: one task in under 1 s and 3 GB; eight writers lose nothing",
            "machine": machine(),
            "others_at_work": f"load average {load:.1f} at the beginning",
            "versions": versions("polars", "numpy"),
            "input": {"tasks": TASKS, "models": MODELS, "seeds": SEEDS, "languages": len(languages()),
                      "observations": TASKS * MODELS * SEEDS * len(languages())},
            "steps": steps,
        },
    )  # fmt: skip


def run(step: str, folder: Path) -> dict[str, Any]:
    """One step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.evidence_scale", step, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    print(step, done.stdout.strip(), file=sys.stderr)
    return dict(json.loads(done.stdout))


def measure(step: str, folder: Path) -> None:
    """Do a step and print what it took; steps that repeat themselves say so."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = STEPS[step](folder)
    took = {"wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(time.process_time() - cpu, 2)}
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps(took | {"peak_mb": round(peak / 1024)} | found))


def languages() -> list[str]:
    """Two hundred and five languages, those of the evidence that ships."""
    return read_evidence("isogloss:sib200-ngram").targets


def table(models: range) -> pl.DataFrame:
    """All scores of some models, as a table that any tool might write."""
    targets = languages()
    shape = (len(models), TASKS, len(targets), SEEDS)
    model, task, target, seed = (np.ravel(index) for index in np.indices(shape, dtype=np.int32))
    names = {
        "model": (pl.Series([f"org-{number % 17}/model-{number}" for number in models]), model),
        "task": (pl.Series([f"task-{number}" for number in range(TASKS)]), task),
        "target": (pl.Series(targets), target),
    }
    columns = {name: values.gather(index) for name, (values, index) in names.items()}
    score = np.random.default_rng(models.start).random(len(model)).round(4)
    frame = pl.DataFrame({**columns, "seed": seed.astype(np.int64), "score": score})
    return frame.with_columns(metric=pl.lit("accuracy"), train=pl.lit("eng:1000"), split=pl.lit("test"))


def make_tables(folder: Path) -> dict[str, Any]:
    (folder / "tables").mkdir()
    share = MODELS // FILES
    for number in range(FILES):
        path = folder / "tables" / f"{number}.parquet"
        table(range(number * share, (number + 1) * share)).write_parquet(path)
    return {"files": FILES, "mb": round(sum(path.stat().st_size for path in (folder / "tables").iterdir()) / 2**20)}


def import_many(folder: Path) -> dict[str, Any]:
    kept = sum(
        import_files([path], into=folder / "store").files[0].kept for path in sorted((folder / "tables").iterdir())
    )
    return {"kept": kept, "store_mb": round(sum(part.stat().st_size for part in parts(folder / "store")) / 2**20)}


def import_one(folder: Path) -> dict[str, Any]:
    pl.scan_parquet(folder / "tables" / "*.parquet").sink_parquet(folder / "one.parquet")
    started = time.perf_counter()
    kept = import_files([folder / "one.parquet"], into=folder / "one").files[0].kept
    return {"kept": kept, "import_s": round(time.perf_counter() - started, 2)}


def narrow(**equal: str) -> Callable[[Path], dict[str, Any]]:
    """Read what has some value, three times over: the first also checks that all parts are whole."""

    def read(folder: Path) -> dict[str, Any]:
        store, seconds, found = Store(folder / "store"), [], 0
        for _ in range(3):
            started = time.perf_counter()
            found = len(store.read(**equal))
            seconds.append(round(time.perf_counter() - started, 3))
        return {"found": found, "first_s": seconds[0], "later_s": min(seconds[1:])}

    return read


def summarise(folder: Path) -> dict[str, Any]:
    return {"settings": Store(folder / "store").summary().height}


def write_at_once(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.evidence_scale", "writer", str(folder / "shared")]
    started = time.perf_counter()
    writers = [subprocess.Popen([*command, str(number)]) for number in range(WRITERS)]
    while any(writer.poll() is None for writer in writers):
        time.sleep(0.5)
    seconds = time.perf_counter() - started
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    seeds = Store(folder / "shared").read().observations.group_by("model").agg(pl.col("seed").n_unique(), rows=pl.len())
    return {
        "writers": WRITERS,
        "parts_each": PARTS,
        "parts_per_s": round(WRITERS * PARTS / seconds),
        "lost": int(WRITERS * PARTS - seeds["seed"].sum()),
        "double": int(seeds["rows"].sum() - seeds["seed"].sum()),
    }


def write(folder: Path, number: str) -> None:
    """One of the writers: a thousand parts with one observation each."""
    usual = {"model": f"writer-{number}", "task": "topics", "metric": "accuracy", "target": "deu", "train": ""}
    rows = read_evidence(pl.DataFrame([usual | {"score": 0.5}])).observations
    store = Store(folder)
    for seed in range(PARTS):
        store.append(rows.with_columns(seed=pl.lit(seed, dtype=pl.Int64)))


def read_parts(folder: Path) -> dict[str, Any]:
    store = Store(folder / "shared")
    return {"parts": len(store.parts()), "observations": len(store.read())}


def compact_parts(folder: Path) -> dict[str, Any]:
    store = Store(folder / "shared")
    report = compact(store)
    return {"parts": report.parts_before, "left": report.parts_after, "observations": len(store.read())}


def mteb_table(folder: Path) -> dict[str, Any]:
    file = import_files([DATA / "observations" / "mteb" / "scores.parquet"], into=folder / "mteb").files[0]
    return {"rows": file.rows, "kept": file.kept}


def mteb_files(folder: Path) -> dict[str, Any]:
    """Copies of the files at hand under other models' names, read on one core."""
    results = folder / "results"
    for number in range(COPIES):
        for path in sorted((DATA / "fixtures" / "mteb").rglob("*.json")):
            if path.name != "model_meta.json":
                place = results / f"copy__{path.parts[-3]}-{number}" / path.parts[-2] / path.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
    files = sum(1 for _ in results.rglob("*.json"))
    started = time.process_time()
    report = import_files([results], into=folder / "files").files[0]
    cpu = time.process_time() - started
    return {"files": files, "rows": report.rows, "kept": report.kept, "files_per_cpu_s": round(files / cpu)}


def parts(folder: Path) -> list[Path]:
    return [Path(part) for part in Store(folder).parts()]


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "tables": make_tables,
    "import_files": import_many,
    "import_one_file": import_one,
    "task": narrow(task="task-7"),
    "model": narrow(model="org-5/model-5"),
    "language": narrow(target="swh"),
    "summary": summarise,
    "writers": write_at_once,
    "read_parts": read_parts,
    "compact_parts": compact_parts,
    "mteb_table": mteb_table,
    "mteb_files": mteb_files,
}


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "writer":
        write(Path(sys.argv[2]), sys.argv[3])
    else:
        measure(sys.argv[1], Path(sys.argv[2]))
