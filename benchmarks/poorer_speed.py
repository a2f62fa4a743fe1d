"""Claim: questions about languages poorer than every measured one cost little CPU time.

Each case runs in a fresh process without a cache. `first` counts from the start of the interpreter to the first answer,
imports included; `again` is the next answer in the same process: the same question, or one about 2,000 languages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.common import DATA, have_data, machine, versions, write_result

GOALS = {
    "sheet": {"first": 1.5, "again": 0.1}, "2,000 targets": {"again": 2.0}, "MTEB": {"first": 5.0},
}  # fmt: skip
"""CPU seconds."""
LANGUAGES, MODELS, TARGETS = 50, 20, 2000
MTEB_TASK = "MassiveIntentClassification"


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system


def sheet() -> Any:
    """Fractions of 20 models in the 50 languages with most web text, as somebody's sheet would have them."""
    import polars as pl

    from isogloss.languages import resources

    sizes = resources("cc100")
    richest = sorted(sizes, key=lambda language: -sizes[language])[:LANGUAGES]
    rows = [
        {"model": f"model {model}", "language": language, "score": 0.9 - 0.008 * place - 0.01 * model}
        for model in range(MODELS)
        for place, language in enumerate(richest)
    ]
    return pl.DataFrame(rows).with_columns(task=pl.lit("support"), metric=pl.lit("accuracy"))


def mteb() -> Any:
    """All MTEB scores of one language each, as a table."""
    import polars as pl

    scores = pl.read_parquet(DATA / "observations/mteb/scores.parquet")
    code = pl.col("languages").str.split("|").list.filter(pl.element() != "eng-Latn")
    alone = scores.with_columns(code=code).filter(pl.col("code").list.len() <= 1)
    language = pl.col("code").list.first().fill_null("eng-Latn")
    score, metric = pl.col("main_score"), pl.lit("accuracy")
    fractions = score.is_between(0, 1)  # a few are correlations below zero
    chosen = alone.filter(fractions).select("model", "task", language=language, score=score, metric=metric)
    keys = ("model", "task", "metric", "language")
    return chosen.group_by(*keys).agg(pl.col("score").mean()).sort(*keys)


def ask(name: str) -> dict[str, float]:
    """CPU seconds of one case, in this process."""
    import isogloss

    if name == "MTEB":
        table = mteb()
        model = table.filter(task=MTEB_TASK)["model"][0]
        isogloss.forecast(table, ["yor", "wol"], task=MTEB_TASK, model=model)
        return {"first": _cpu()}
    evidence = sheet()
    if name == "sheet":
        isogloss.forecast(evidence, ["yor", "wol", "quy"])
        first = _cpu()
        isogloss.forecast(evidence, ["yor", "wol", "quy"])
        return {"first": first, "again": _cpu() - first}
    from isogloss.languages.groups import every_language

    known = isogloss.read_evidence(evidence)
    isogloss.forecast(known, ["yor"], model="model 0")
    first = _cpu()
    isogloss.forecast(known, list(every_language())[:TARGETS], model="model 0")
    return {"first": first, "again": _cpu() - first}


def measure(name: str) -> dict[str, Any]:
    """One case in a process of its own, with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "ISOGLOSS_CACHE": cache}
        command = [sys.executable, "-m", "benchmarks.poorer_speed", name]
        printed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    spent = {part: round(seconds, 2) for part, seconds in json.loads(printed).items()}
    return {"cpu_s": spent, "goal_s": GOALS[name]}


def main() -> None:
    if sys.argv[1:]:
        print(json.dumps(ask(sys.argv[1])))
        return
    if not have_data("observations/mteb"):
        return
    write_result(
        "poorer_speed",
        {
            "claim": "a first answer about poorer languages costs seconds of CPU, the next one a tenth of that",
            "machine": machine(),
            "versions": versions("numpy", "polars"),
            "input": f"a sheet of {LANGUAGES} languages x {MODELS} models, three targets; one model and {TARGETS:,} "
            "targets; all of MTEB with one language to a score, one model and two targets",
            "cases": {name: measure(name) for name in GOALS},
        },
    )


if __name__ == "__main__":
    main()
