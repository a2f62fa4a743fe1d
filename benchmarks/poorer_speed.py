"""Claim: questions about languages poorer than every measured one cost little CPU time.

Each case runs twice, each time in a fresh process. The first time no cache is there, and facts about languages are
read from the wheels that hold them (`first ever`); then only what was learnt from evidence is forgotten (`first`). Both
count from the start of the interpreter to the first answer, imports included; `again` is the next answer in the same
process: the same question, or one about 2,000 languages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
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
    """All MTEB scores of one language each, as a table; `ber` may be several languages."""
    import polars as pl

    scores = pl.read_parquet(DATA / "observations/mteb/scores.parquet")
    code = pl.col("languages").str.split("|").list.filter(pl.element() != "eng-Latn")
    alone = scores.with_columns(code=code).filter(pl.col("code").list.len() <= 1)
    language = pl.col("code").list.first().fill_null("eng-Latn")
    score, metric = pl.col("main_score"), pl.lit("accuracy")
    fractions, one = score.is_between(0, 1), ~language.str.starts_with("ber-")  # a few are correlations below zero
    chosen = alone.filter(fractions, one).select("model", "task", language=language, score=score, metric=metric)
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
    from isogloss.languages.groups import ALL, every_language

    known = isogloss.read_evidence(evidence)
    isogloss.forecast(known, ["yor"], model="model 0")
    first = _cpu()
    targets = [code for code in every_language() if code != ALL]  # a language has the code that names them all
    isogloss.forecast(known, targets[:TARGETS], model="model 0")
    return {"first": first, "again": _cpu() - first}


def measure(name: str) -> dict[str, Any]:
    """One case in processes of its own, with a cache of its own."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "ISOGLOSS_CACHE": cache}
        command = [sys.executable, "-m", "benchmarks.poorer_speed", name]
        runs = []
        for _ in range(2):
            printed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
            runs.append(json.loads(printed))
            shutil.rmtree(Path(cache) / "forecasters")
    spent = {"first ever": runs[0]["first"]} | runs[1]
    return {"cpu_s": {part: round(seconds, 2) for part, seconds in spent.items()}, "goal_s": GOALS[name]}


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
