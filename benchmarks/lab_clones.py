"""Claim: a copy of a language of which little is read is learnt better the more of the language is read beside it.

Byte models read English and a copy of it in bytes of its own, in balance and out of it, with the same text in the copy.
Run: python -m benchmarks.lab_clones
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.charts import Canvas, draw_clones, save
from isogloss.lab import ByteTransformer, CloneStudy, study_clones

SHAPE = ByteTransformer(layers=2, width=64, heads=4, context=64, batch_size=8, steps=120, learning_rate=5e-3)
SHARES = (0.25, 0.05)
SEEDS = 5


def main() -> None:
    """Train, measure, write and draw."""
    if not have_data("sib200.parquet"):
        return
    texts = pl.read_parquet(DATA / "sib200.parquet").filter(lang="eng_Latn")["text"].to_list()
    study = study_clones(texts, SHAPE, shares=SHARES, equal="copy", seeds=SEEDS)
    save(draw_clones(study.arms, canvas=Canvas()), ROOT / "docs" / "images" / "clones.png")
    write_result(
        "lab_clones",
        {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine() + "; one thread",
            "versions": versions("torch", "transformers"),
            "input": {"texts": "SIB-200, English", "bytes": sum(len(text.encode()) for text in texts)},
            "the same text in the copy": _said(study),
        },
    )


def _said(study: CloneStudy) -> dict[str, Any]:
    rounded = study.arms.with_columns(pl.selectors.float().round(4))
    steps = study.runs.group_by("arm", maintain_order=True).agg(pl.col("steps", "copy_bytes").first())
    return {
        "shape": asdict(SHAPE), "seeds": study.runs["seed"].n_unique(), "stretches": study.stretches,
        "steps": steps.to_dicts(), "arms": rounded.to_dicts(),
    }  # fmt: skip


if __name__ == "__main__":
    main()
