"""Claim: reading what prompts share once takes a fraction of the CPU time of reading every sequence, scores alike.

The usual way: each prompt with each of its answers is a sequence of its own, and sequences of like lengths are read
together. Both score the same answers to the same texts of SIB-200 and XCOPA with the same decoder, whose weights are
random, as time does not depend on them. Writes benchmarks/results/lab_prompts.json; without the research data it says
so and ends.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.lab.byte_tokenizer import vocabulary_size, write_byte_tokenizer
from isogloss.lab.reading import read_task
from isogloss.lab.recipe import Corpus, Training, recipes
from isogloss.lab.task_file import read_info
from isogloss.models.decoder import Decoder, load_decoder
from isogloss.models.likelihood import Likelihoods, score
from isogloss.models.runtime import metered, start_torch

SHAPE = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 8, "intermediate_size": 1024}
TEXTS, LENGTH = 6, 4096
CASES = (("sib200", "eng_Latn", 0), ("sib200", "eng_Latn", 4), ("xcopa", "et", 0), ("xcopa", "et", 4))


def main() -> None:
    """Score every case in both ways."""
    if not have_data("sib200.parquet", "xcopa.parquet"):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_decoder(folder)
        decoder = load_decoder(folder, "float32")
        found = [compare(decoder, folder, *case) for case in CASES]
    ours, usual = (sum(one[name] for one in found) for name in ("ours_cpu_s", "peer_cpu_s"))
    write_result(
        "lab_prompts",
        {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine() + "; one thread",
            "versions": versions("torch", "transformers"),
            "input": f"{TEXTS} texts of each task, bytes as tokens, a decoder of {SHAPE}",
            "ours_cpu_s": round(ours, 1),
            "peer_cpu_s": round(usual, 1),
            "ratio": round(usual / ours, 2),
            "max_abs_difference": max(one["max_abs_difference"] for one in found),
            "cases": found,
        },
    )


def make_decoder(folder: Path) -> None:
    """A decoder with random weights."""
    torch = start_torch()
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    size = vocabulary_size(0)
    LlamaForCausalLM(
        LlamaConfig(vocab_size=size, bos_token_id=257, eos_token_id=257, max_position_embeddings=LENGTH, **SHAPE)
    ).save_pretrained(folder)
    write_byte_tokenizer(folder, 0, LENGTH)


def compare(decoder: Decoder, folder: Path, use: str, language: str, shots: int) -> dict[str, Any]:
    """Time and scores of one case, shared and not."""
    prompts, ways = written(folder, use, language, shots)
    ours, our_seconds, our_tokens = timed(decoder, prompts, ways, share=True)
    theirs, their_seconds, their_tokens = timed(decoder, prompts, ways, share=False)
    return {
        "task": use, "shots": shots, "prompts": len(prompts), "answers": sum(map(len, ways)),
        "ours_cpu_s": round(our_seconds, 2), "peer_cpu_s": round(their_seconds, 2),
        "ratio": round(their_seconds / our_seconds, 2), "ours_tokens": our_tokens, "peer_tokens": their_tokens,
        "max_abs_difference": float(np.abs(ours.sums - theirs.sums).max()),
    }  # fmt: skip


def written(folder: Path, use: str, language: str, shots: int) -> tuple[list[str], list[list[str]]]:
    """Prompts and answers as the recipe writes them."""
    task = read_task(read_info({"use": use}, DATA, "benchmark"))
    recipe: Any = recipes.get("in-context").read({"checkpoint": str(folder)})
    train, test = task.train[language], task.test[language]
    rows = train.sample(shots, 0)
    corpus = Corpus([list(train.inputs)], [list(test.inputs[:TEXTS])], [language], task.info.kind, task.labels)
    prepared = recipe.prepare(corpus, map)
    asked = recipe.prompts(prepared, recipe.fit(prepared, Training(rows, train.labels_of(rows), 0)), 0)
    return [prompt for prompt, _ in asked], [ways for _, ways in asked]


def timed(
    decoder: Decoder, prompts: list[str], ways: list[list[str]], *, share: bool
) -> tuple[Likelihoods, float, int]:
    """Scores, CPU seconds and tokens that were read."""
    began = time.process_time()
    with metered() as counts:
        found = score(decoder, prompts, ways, max_length=LENGTH, share=share)
    return found, time.process_time() - began, int(counts["tokens"])


if __name__ == "__main__":
    main()
