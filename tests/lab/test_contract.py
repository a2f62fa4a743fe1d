"""What every recipe promises, for every kind of task it is for."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_decoder, make_masked, make_seq2seq

from isogloss.errors import BadFile, BadValue
from isogloss.lab import Corpus, Recipe, Training, load, recipes, save, tasks
from isogloss.lab.recipe import EACH
from isogloss.lab.recipe.encoder_decoder import Seq2SeqTune
from isogloss.lab.recipe.prompted import PromptedRecipe
from isogloss.lab.recipe.wrapper import WrapperRecipe
from isogloss.models.inputs import SLOT, Choice, Cloze, Pair, Question

HEALTH, SPORT = ["doctor", "fever", "hospital", "cures"], ["goalkeeper", "football", "match", "plays"]
QUICK: dict[str, dict[str, Any]] = {
    "in-context": {"max_length": 1024, "max_new": 4},
    "robust-prompt": {"max_length": 256, "epochs": 1, "length": 2, "neighbours": 2},
    "context-tuning": {"max_length": 1300, "max_new": 4, "epochs": 1},
    "instruction-tune": {"max_length": 1024, "max_new": 4, "epochs": 1, "learning_rate": 1e-3},
    "instruction-lora": {"max_length": 1024, "max_new": 4, "epochs": 1, "rank": 2},
    "instruction-prompt": {"max_length": 1024, "max_new": 4, "epochs": 1, "length": 3},
    "stacked-encoder": {"epochs": 1, "rank": 2},
    "mapped-encoder": {"max_length": 1024, "max_new": 4, "epochs": 1, "vectors": "slots", "rank": 2},
    "seq2seq-tune": {"max_new": 4, "epochs": 1, "max_length": 128, "tag": "prompt"},
    "seq2seq-lora": {"max_new": 4, "epochs": 2, "rank": 2, "max_length": 128, "frozen_epochs": 1},
    "seq2seq-back-translated": {"max_new": 4, "epochs": 1, "max_length": 128},
    "seq2seq-back-parsed": {"max_new": 4, "epochs": 1, "generator_epochs": 1, "max_length": 128},
    "seq2seq-posterior": {"max_new": 4, "epochs": 1, "max_length": 128, "transport": 0.0, "discrepancy": 0.0},
    "seq2seq-prompt": {"max_new": 4, "epochs": 1, "length": 3, "max_length": 128},
    "linear-probe": {"C": 1.0},
    "fine-tune": {"epochs": 2, "learning_rate": 1e-3},
    "lora": {"epochs": 2},
    "bitfit": {"epochs": 2, "learning_rate": 1e-2},
    "checkpoint-average": {"epochs": 2, "averaged": 2, "learning_rate": 1e-3},
    "run-average": {"epochs": 2, "runs": 2, "learning_rate": 1e-3},
    "prompt-tuning": {"epochs": 2, "length": 5, "max_length": 32},
    "hyper-adapter": {"epochs": 2, "learning_rate": 1e-2},
    "template-prompt": {"epochs": 2, "template": "the doctor plays", "max_length": 32},
    "lottery-ticket": {"epochs": 2, "length": 5, "max_length": 32, "by": "magnitude"},
    "entailment": {"epochs": 2, "learning_rate": 1e-3, "hypothesis": "the {label}"},
    "label-encoder": {"epochs": 2, "learning_rate": 1e-3},
    "bi-encoder": {"epochs": 2, "learning_rate": 1e-3, "teacher": {"name": "lora", "epochs": 1}},
    "late-interaction": {"epochs": 2, "learning_rate": 1e-3, "dimension": 8},
    "mad-x": {"epochs": 2, "text_epochs": 1},
    "modular-late-interaction": {"epochs": 2, "learning_rate": 1e-3, "dimension": 8, "text_epochs": 1},
    "masked-prompt": {
        "epochs": 2,
        "template": "{text} the {mask}",
        "words": {"health": "hospital", "sport": "match"},
    },
    "layer-distil": {"epochs": 2, "learning_rate": 1e-3},
    "parallel-distil": {"epochs": 2, "learning_rate": 1e-3},
    "prototype-distil": {"epochs": 2, "learning_rate": 1e-3},
    "self-distil": {"epochs": 2, "learning_rate": 1e-3},
    "domain-invariant": {"epochs": 2, "learning_rate": 1e-3},
    "sequential-transfer": {"settings": {"epochs": 2, "learning_rate": 1e-3}},
}
KINDS = ("text-classification", "token-tagging", "multiple-choice", "cloze", "extractive-qa", "generation")
SAVED = (*KINDS, "multi-label-classification", "similarity", "ranking")
CASES = [(name, kind) for name in recipes.names() for kind in SAVED if recipes.get(name).fits(tasks.get(kind)())]


def make(name: str, checkpoint: Path) -> Recipe:
    parameters = QUICK.get(name, {})
    if issubclass(recipes.get(name), WrapperRecipe):
        base = {"name": "fine-tune", "checkpoint": str(checkpoint), "max_length": 64, **QUICK["fine-tune"]}
        own = {"translator": {"name": "file", "file": translations(checkpoint)}}
        if name == "transform":
            own = {"transform": {"name": "code-switch", "dictionary": dictionary(checkpoint)}}
        return recipes.get(name).read({"base": base, **own})
    if name == "hyper-adapter":
        parameters = {**parameters, "file": vectors(checkpoint)}
    if name in ("mapped-encoder", "stacked-encoder"):
        parameters = {**parameters, "encoder": str(checkpoint)}
    if issubclass(recipes.get(name), Seq2SeqTune):
        checkpoint = make_seq2seq(checkpoint.with_name("seq2seq"))
    elif issubclass(recipes.get(name), PromptedRecipe):
        checkpoint = make_decoder(checkpoint.with_name("decoder"))
    if name in ("mad-x", "modular-late-interaction", "seq2seq-back-translated", "seq2seq-back-parsed"):
        parameters = {**parameters, "texts": texts(checkpoint)}
    if name in ("masked-prompt", "mad-x", "modular-late-interaction"):
        checkpoint = make_masked(checkpoint.with_name("masked"))
    return recipes.get(name).read(
        parameters if name == "ngram-logreg" else {"checkpoint": str(checkpoint), "max_length": 64, **parameters}
    )


def vectors(checkpoint: Path) -> str:
    """A file with a number for each language, beside a checkpoint."""
    path = checkpoint.parent / "vectors.csv"
    path.write_text("language,number\neng,1\nnld,2\ndeu,4\n")
    return str(path)


def texts(checkpoint: Path) -> str:
    """A file with a few texts of each language, beside a checkpoint."""
    path, chance = checkpoint.parent / "texts.csv", random.Random(3)
    rows = [{"language": code, "text": " ".join([*chance.choices([*HEALTH, *SPORT], k=4), str(place)])}
            for code in ("eng", "nld") for place in range(12)]  # fmt: skip
    pl.DataFrame(rows).write_csv(path)
    return str(path)


def dictionary(checkpoint: Path) -> str:
    """A table of words, beside a checkpoint."""
    path = checkpoint.parent / "words.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{word}\t{word[::-1]}\n" for word in (*HEALTH, *SPORT)))
    return str(path)


def translations(checkpoint: Path) -> str:
    """A file with something in the other language for every part of every item, beside a checkpoint."""
    pairs, items, parts = [("eng", "nld"), ("nld", "eng")], range(40), range(3)
    rows = [
        {"from": one, "language": other, "item": str(item), "part": part, "text": f"{SPORT[item % 4]} {item + part}"}
        for (one, other), item, part in product(pairs, items, parts)
    ]
    path = checkpoint.parent / "translations.tsv"
    if not path.exists():
        pl.DataFrame(rows).write_csv(path, separator="\t")
    return str(path)


def examples(kind: str, count: int, seed: int) -> tuple[list[Any], np.ndarray[Any, Any]]:
    """Texts about health or sport; their words, tagged so; which word fits a text, or is health's; where it stands."""
    chance = random.Random(seed)
    inputs, labels = [], []
    for place in range(count):
        label = place % 2
        words = chance.choices((HEALTH, SPORT)[label], k=chance.randint(2, 7))
        if kind == "token-tagging":
            words = [chance.choice([*HEALTH, *SPORT]) for _ in words]
            inputs.append(tuple(words))
            labels += [int(word in SPORT) for word in words]
        elif kind == "multiple-choice":
            inputs.append(Choice(" ".join(words), (chance.choice(HEALTH), chance.choice(SPORT))))
            labels.append(label)
        elif kind == "cloze":
            candidates = chance.choices(SPORT, k=chance.randint(1, 3))
            right = chance.randint(0, len(candidates))
            candidates.insert(right, chance.choice(HEALTH))
            inputs.append(Cloze(f"the {SLOT} sleeps", tuple(candidates)))
            labels.append(right)
        elif kind == "extractive-qa":
            context, answer = chance.choices(SPORT, k=chance.randint(3, 80)), chance.choice(HEALTH)
            before = context[: chance.randint(0, len(context))]
            begin = len(" ".join([*before, ""]))
            inputs.append(Question("who cures", " ".join([*before, answer, *context[len(before) :]])))
            labels += [begin, begin + len(answer)]
        elif kind == "multi-label-classification":
            inputs.append(" ".join([*words, *chance.choices(SPORT, k=place % 3)]))
            labels.append([int(any(word in some for word in inputs[-1].split())) for some in (HEALTH, SPORT)])
        elif kind == "similarity":
            inputs.append(Pair(" ".join(words), " ".join(words[: 1 + place % 3])))
            labels.append(1.5 * (place % 3))
        elif kind == "ranking":
            several = [chance.choice((HEALTH, SPORT)[one]) for one in (label, 1 - label, *range(place % 2))]
            inputs.append(Choice(" ".join(words), tuple(several)))
            labels += [int(word in (HEALTH, SPORT)[label]) for word in several]
        else:
            inputs.append(" ".join(words))
            labels.append(label)
    return inputs, np.array(labels)


def prepare(recipe: Recipe, kind: str) -> tuple[Any, Training, np.ndarray[Any, Any]]:
    train, labels = examples(kind, 40, seed=1)
    test, gold = examples(kind, 20, seed=2)
    names = ["health", "sport"]
    languages, items = ["eng", "nld"], [[str(place) for place in range(count)] for count in (40, 0, 7, 13)]
    unlabelled = examples(kind, 40, seed=4)[0] if recipe.reads_unlabelled else []
    items[1] = [str(place) for place in range(len(unlabelled))]
    tags = iter(names[label] for label in labels)
    corpus = Corpus(
        [train, unlabelled], [test[:7], test[7:]], languages, tasks.get(kind)(), names, languages, items[:2], items[2:],
        tags=[[tuple(next(tags) for _ in one) for one in train], []] if kind == "token-tagging" else [],
    )  # fmt: skip
    target = 1 if recipe.learns_for == EACH else None
    learnt = 0 if recipe.name == "cosine" else len(train)
    training = Training(np.arange(learnt), labels[: len(labels) * learnt // 40], 3, labels_count=2, target=target)
    return recipe.prepare(corpus, map), training, gold


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_what_was_learnt_is_saved_and_answers_the_same_when_read(
    name: str, kind: str, checkpoint: Path, tmp_path: Path
) -> None:
    """Train, save, read in another object: the same answers, unit by unit, and one for each unit."""
    recipe = make(name, checkpoint)
    prepared, training, gold = prepare(recipe, kind)
    fitted = recipe.fit(prepared, training)
    answers = recipe.predict(prepared, fitted)
    save(recipe, fitted, tmp_path)
    again, read = load(tmp_path)
    assert again == recipe
    assert {variant: found.tolist() for variant, found in again.predict(prepared, read).items()} == {
        variant: found.tolist() for variant, found in answers.items()
    }
    rows = 20 if kind == "extractive-qa" else len(gold)  # there spans have two ends, and texts that are written one
    wanted = {"U": (rows,), "i": gold.shape, "f": gold.shape}
    assert all(found.shape == wanted[found.dtype.kind] for found in answers.values())
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".safetensors"]


@pytest.mark.parametrize("name", recipes.names())
def test_the_seed_decides_the_answers(name: str, checkpoint: Path) -> None:
    """Trained twice with one seed, the numbers are the same to the last bit."""
    recipe = make(name, checkpoint)
    prepared, training, _ = prepare(recipe, next(kind for of, kind in CASES if of == name))
    one, other = recipe.fit(prepared, training), recipe.fit(prepared, training)
    assert one.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(one.arrays[part], other.arrays[part]) for part in one.arrays)


@pytest.mark.parametrize(
    ("name", "kind", "parameters"),
    [
        *[("linear-probe", kind, {"layer": 1, "C": 1.0}) for kind in KINDS[:4]],
        *[("fine-tune", kind, {"epochs": 15, "learning_rate": 3e-3}) for kind in KINDS[:2]],
        ("fine-tune", "multiple-choice", {"epochs": 60, "learning_rate": 3e-3}),
        ("fine-tune", "cloze", {"epochs": 15, "learning_rate": 3e-3}),
        ("fine-tune", "extractive-qa", {"epochs": 15, "learning_rate": 3e-3, "max_length": 64}),
        ("lora", "text-classification", {"epochs": 15, "learning_rate": 1e-2}),
        ("bitfit", "text-classification", {"epochs": 30, "learning_rate": 3e-2}),
        ("checkpoint-average", "text-classification", {"epochs": 15, "learning_rate": 3e-3}),
        *[
            ("prompt-tuning", kind, {"epochs": 15, "length": 5, "max_length": 32, "deep": kind == KINDS[1]})
            for kind in KINDS[:2]
        ],
        ("run-average", "text-classification", {"epochs": 15, "learning_rate": 3e-3, "runs": 2}),
    ],
)
def test_recipes_learn_what_there_is_to_learn(
    name: str, kind: str, parameters: dict[str, Any], checkpoint: Path
) -> None:
    """Words tell the label: nine in ten answers are right, of all kinds of task, in texts not learnt from."""
    recipe = recipes.get(name).read({"checkpoint": str(checkpoint), **parameters})
    prepared, training, gold = prepare(recipe, kind)
    answers = recipe.predict(prepared, recipe.fit(prepared, training))[""]
    wanted = 0.6 if kind == "multiple-choice" else 0.9
    assert (answers == gold).mean() >= wanted


def test_only_what_a_recipe_learns_is_saved(checkpoint: Path) -> None:
    """Biases, additions of low rank, or everything; and always the head."""
    learnt = {}
    for name in ("bitfit", "prompt-tuning", "lora", "fine-tune"):
        recipe = make(name, checkpoint)
        prepared, training, _ = prepare(recipe, "text-classification")
        learnt[name] = recipe.fit(prepared, training).arrays
    assert all(part.endswith(".bias") or part.startswith("head.") for part in learnt["bitfit"])
    assert all("lora_" in part or part.startswith("head.") for part in learnt["lora"])
    assert all("prompt_encoder" in part or part.startswith("head.") for part in learnt["prompt-tuning"])
    sizes = {name: sum(array.size for array in arrays.values()) for name, arrays in learnt.items()}
    assert sizes["bitfit"] < sizes["lora"] < sizes["fine-tune"]


def test_the_average_is_that_of_the_last_epochs(checkpoint: Path) -> None:
    """Over one epoch it is fine-tuning."""
    plain = recipes.get("fine-tune").read({"checkpoint": str(checkpoint), "epochs": 3})
    one = recipes.get("checkpoint-average").read({"checkpoint": str(checkpoint), "epochs": 3, "averaged": 1})
    three = recipes.get("checkpoint-average").read({"checkpoint": str(checkpoint), "epochs": 3, "averaged": 3})
    prepared, training, _ = prepare(plain, "text-classification")
    found = [recipe.fit(prepared, training).arrays["head.weight"] for recipe in (plain, one, three)]
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_the_average_of_runs_is_the_mean_of_where_each_ends(checkpoint: Path) -> None:
    """One run is fine-tuning; the average of two is half-way between the first and one that saw another order."""
    plain = recipes.get("fine-tune").read({"checkpoint": str(checkpoint), "epochs": 2})
    one, two = (
        recipes.get("run-average").read({"checkpoint": str(checkpoint), "epochs": 2, "runs": n}) for n in (1, 2)
    )
    prepared, training, _ = prepare(plain, "text-classification")
    tuned, alone, averaged = (recipe.fit(prepared, training).arrays for recipe in (plain, one, two))
    assert all(np.array_equal(tuned[part], alone[part]) for part in tuned)
    other = {part: 2 * averaged[part] - alone[part] for part in alone}
    assert not np.array_equal(other["head.weight"], alone["head.weight"])
    # Both began with one head and took small steps from it: a head of another run's own would be far away.
    apart = np.linalg.norm(other["head.weight"] - alone["head.weight"])
    assert apart < 0.2 * np.linalg.norm(alone["head.weight"])
    with pytest.raises(BadValue, match="leaves nothing to select"):
        recipes.get("run-average").read({"checkpoint": str(checkpoint), "select": "best"})


def test_a_layer_is_chosen_on_the_source_and_the_notes_say_so(checkpoint: Path) -> None:
    recipe = make("linear-probe", checkpoint)
    prepared, training, _ = prepare(recipe, "text-classification")
    with_dev = Training(training.rows[:30], training.labels[:30], 0, training.rows[30:], training.labels[30:])
    assert recipe.fit(prepared, with_dev).notes["selected_on"] == "validation data of the source"
    assert recipe.fit(prepared, training).notes["selected_on"].startswith("a fifth of the source's training examples")
    prepared, training, _ = prepare(make("fine-tune", checkpoint), "text-classification")
    tuned = recipes.get("fine-tune").read({"checkpoint": str(checkpoint), "epochs": 2, "select": "best"})
    assert tuned.fit(prepared, with_dev).notes["selected_on"] == "validation data of the source"
    assert make("fine-tune", checkpoint).fit(prepared, with_dev).notes["selected_on"].startswith("nothing")


def test_all_layers_answer_from_one_encoding(checkpoint: Path) -> None:
    """Embeddings and two layers: three recipes to compare, each the same as if it had been asked for alone."""
    every = recipes.get("linear-probe").read({"checkpoint": str(checkpoint), "layer": "all"})
    prepared, training, _ = prepare(every, "text-classification")
    answers = every.predict(prepared, every.fit(prepared, training))
    assert list(answers) == ["layer=0", "layer=1", "layer=2"]
    assert [every.variant(variant) for variant in answers][1] == "linear-probe(layer=1)"
    second = recipes.get("linear-probe").read({"checkpoint": str(checkpoint), "layer": -1})
    assert second.predict(prepared, second.fit(prepared, training))[""].tolist() == answers["layer=2"].tolist()


def test_damaged_recipes_are_refused_in_one_line(checkpoint: Path, tmp_path: Path) -> None:
    recipe = make("linear-probe", checkpoint)
    prepared, training, _ = prepare(recipe, "text-classification")
    save(recipe, recipe.fit(prepared, training), tmp_path)
    arrays = tmp_path / "arrays.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-100])
    with pytest.raises(BadFile, match="is damaged"):
        load(tmp_path)
    (tmp_path / "recipe.json").write_text(json.dumps({"recipe": "linear-probe"}))
    with pytest.raises(BadFile, match="is damaged"):
        load(tmp_path)
    with pytest.raises(BadFile, match="holds no trained recipe"):
        load(tmp_path / "elsewhere")
