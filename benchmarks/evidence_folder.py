"""Claim: a folder of 10,000 small JSON files, one run each, of several formats is imported in under 60 s of CPU.

The files are made here: results of lm-evaluation-harness, records of Every Eval Ever, nested JSON and records of one
run, in folders of their own, with files that hold no scores beside them. Writes
benchmarks/results/evidence_folder.json.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import machine, versions, write_result
from isogloss.evidence import import_files

FILES = 10_000
LANGUAGES = ("de", "fr", "es", "ru", "zh", "ar", "hi", "sw", "th", "tr", "ur", "vi", "el", "bg", "en")


def lm_eval(run: int, language: str) -> dict[str, Any]:
    """A results file with one task."""
    task = f"xnli_{language}"
    return {
        "results": {task: {"alias": task, "acc,none": (run % 97) / 97, "acc_stderr,none": 0.01}},
        "versions": {task: 1.0},
        "n-shot": {task: 0},
        "higher_is_better": {task: {"acc": True}},
        "n-samples": {task: {"original": 2490, "effective": 2490}},
        "config": {"model_args": f"pretrained=org/model-{run // 15}"},
        "date": 1785587400.0 + run,
    }


def every_eval_ever(run: int, language: str) -> dict[str, Any]:
    """A record with one score."""
    return {
        "schema_version": "0.3.0",
        "evaluation_id": f"run/{run}",
        "retrieved_timestamp": "1700000000",
        "source_metadata": {"source_name": "board"},
        "eval_library": {"name": "lighteval", "version": "1"},
        "model_info": {"id": f"org/model-{run // 15}"},
        "evaluation_results": [
            {
                "evaluation_name": f"belebele ({language})",
                "metric_config": {"metric_name": "accuracy", "max_score": 1.0, "lower_is_better": False},
                "score_details": {"score": (run % 97) / 97},
            }
        ],
    }


def nested(run: int, language: str) -> dict[str, Any]:
    """Scores by task, language and metric."""
    return {"model": f"org/model-{run // 15}", "results": {"xcopa": {language: {"accuracy": (run % 97) / 97}}}}


def record(run: int, language: str) -> dict[str, Any]:
    """One run as a record of names."""
    return {"model": f"org/model-{run // 15}", "task": "mgsm", "language": language, "accuracy": (run % 97) / 97}


MAKERS = {"lm_eval": lm_eval, "every_eval_ever": every_eval_ever, "nested": nested, "records": record}


def write_files(folder: Path, count: int) -> None:
    """The files, and some that hold no scores."""
    for name in MAKERS:
        (folder / name).mkdir(parents=True)
    for number in range(count):
        name = list(MAKERS)[number % len(MAKERS)]
        run = number // len(MAKERS)
        content = MAKERS[name](run, LANGUAGES[run % len(LANGUAGES)])
        (folder / name / f"results_{run}.json").write_text(json.dumps(content, indent=1))
    for name in ("config.json", "notes.txt"):
        (folder / name).write_text(json.dumps({"hidden_size": 768, "layers": 12}))


def main() -> None:
    """Write the files, import them, and say how long that took."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "runs")
        write_files(folder, FILES)
        wall, cpu = time.perf_counter(), time.process_time()
        report = import_files([folder], into=Path(place, "store"))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    write_result(
        "evidence_folder",
        {
            "claim": "a folder of 10,000 small JSON files of several formats is imported in under 60 s of CPU",
            "machine": machine(),
            "versions": versions("isogloss", "polars"),
            "files": FILES + 2,
            "observations": report.observations.height,
            "notes": [note for note in report.files[0].notes if "file" in note or "left aside" in note],
            "wall_s": round(wall, 1),
            "cpu_s": round(cpu, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        },
    )


if __name__ == "__main__":
    main()
