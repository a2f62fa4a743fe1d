"""Adapters: trained on instructions and put into the weights, exchanged, and summed; as peft has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

import torch
from tests.lab.adaptation.adapters import TASK, make_adapter, rotated, write_parallel, write_task
from tests.lab.checkpoints import make_decoder

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.lab import adapt, adaptation_card, adaptations
from isogloss.lab.adaptation.weights import Weights
from isogloss.models import load_decoder
from isogloss.models.generation import generate

QUICK = {"learning_rate": 0.01, "epochs": 30, "batch_size": 8, "adapter_dropout": 0.0, "rank": 8}
PROMPT = "### Input:\n{}\n\n### Output:\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny decoder, and what adapters of two languages, whose answers differ, make of it."""
    folder = tmp_path_factory.mktemp("adapters")
    task, base = write_task(folder), make_decoder(folder / "base")
    return {"base": base, "task": task} | {
        code: adapt(base, "instruction-lora", task=str(task), languages=(code,), settings=QUICK, into=folder / code)
        for code in ("eng", "deu")
    }


def answers(folder: Path) -> list[str]:
    """What a model writes to the instructions of the test split."""
    prompts = [PROMPT.format(f"{filler} {word}") for filler in ("please", "now") for word in TASK]
    return generate(load_decoder(folder), prompts, max_new=6, stop=(), max_length=200)


def logits(model: Any, ids: Any) -> Any:
    with torch.inference_mode():
        return model(input_ids=ids).logits


def test_an_adapter_is_one_that_peft_reads_and_the_weights_have_it(made: dict[str, Path]) -> None:
    """The model with the adapter of the folder says what the merged weights say."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    ids = torch.arange(20)[None] + 40
    base, merged = (AutoModelForCausalLM.from_pretrained(made[name]) for name in ("base", "eng"))
    before = logits(base, ids)
    with_adapter = logits(PeftModel.from_pretrained(base, made["eng"] / "adapter").eval(), ids)
    assert (with_adapter - logits(merged.eval(), ids)).abs().max() < 1e-4
    assert (with_adapter - before).abs().max() > 0.1


def test_adapters_are_exchanged(made: dict[str, Path], tmp_path: Path) -> None:
    """Each language's adapter makes the base answer in that language; the weights are those that training made."""
    eng, deu = answers(made["eng"]), answers(made["deu"])
    assert sum(one in TASK.values() for one in eng) >= 6
    assert sum(one[::-1] in TASK.values() for one in deu) >= 6
    for code in ("eng", "deu"):
        again = adapt(made["base"], "merge-adapters", adapters=(str(made[code]),), into=tmp_path / code)
        for name in Weights(again).names:
            assert torch.equal(Weights(again)[name], Weights(made[code])[name])


def test_products_are_summed_and_taken_away(made: dict[str, Path], tmp_path: Path) -> None:
    """W + a (alpha / r) B A + b (alpha / r) B' A'; what was put in is taken out again by a weight of -1."""
    both = tuple(str(made[code]) for code in ("eng", "deu"))
    mixed = Weights(adapt(made["base"], "merge-adapters", adapters=both, weights=(0.5, -0.25), into=tmp_path / "both"))
    base, eng, deu = (Weights(made[name]) for name in ("base", "eng", "deu"))
    for name in base.names:
        wanted = base[name] + 0.5 * (eng[name] - base[name]) - 0.25 * (deu[name] - base[name])
        assert torch.allclose(mixed[name], wanted, atol=1e-5)
    out = Weights(adapt(made["eng"], "merge-adapters", adapters=both[:1], weights=(-1.0,), into=tmp_path / "out"))
    assert all(torch.allclose(out[name], base[name], atol=1e-5) for name in base.names)


@pytest.mark.slow
def test_preference_turns_the_language_of_answers_and_keeps_english(made: dict[str, Path], tmp_path: Path) -> None:
    """A model that answers everything in English answers German in German; with weight 0 and one step it does not."""
    confused, right = (write_parallel(tmp_path / name, confused=name == "confused") for name in ("confused", "right"))
    base = adapt(made["base"], "instruction-lora", task=str(confused), settings=QUICK, into=tmp_path / "base")
    turned = adapt(base, "language-preference", task=str(right), settings=QUICK, beta=0.1, into=tmp_path / "turned")
    asked = [f"{filler} {word}" for filler in ("please", "now") for word in TASK]

    def shares(folder: Path) -> tuple[float, float]:
        prompts = [PROMPT.format(put(one)) for put in (str, rotated) for one in asked]
        said = generate(load_decoder(folder), prompts, max_new=6, stop=(), max_length=200)
        english = sum(one in TASK.values() for one in said[: len(asked)]) / len(asked)
        return english, sum(rotated(one) in TASK.values() for one in said[len(asked) :]) / len(asked)

    before, after = shares(base), shares(turned)
    assert before[1] == 0
    assert after[1] >= 0.5
    assert after[0] >= before[0] - 0.25


def test_preference_needs_items_in_two_languages(made: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="no item has answers in two languages"):
        adapt(made["base"], "language-preference", task=str(made["task"]), languages=("eng",), into=tmp_path / "made")


def test_the_card_says_what_was_learnt_from(made: dict[str, Path]) -> None:
    card = adaptation_card(made["eng"])
    assert (card["facts"]["task"], card["facts"]["examples"]) == ("words", {"eng": 19})
    assert card["label"].startswith("instruction-lora(task=words,languages=eng,settings=")


def test_whose_instructions_are_learnt_from_is_known(made: dict[str, Path]) -> None:
    """In whichever code the texts are that losses are measured on; and another seed is another adapter."""
    one = adaptations.get("instruction-lora")(task=str(made["task"]), languages=("eng",))
    assert (one.learns_from(["eng_Latn", "deu", "nld"]), one.is_random) == (["eng_Latn"], True)


def test_the_examples_stand_for_the_file(made: dict[str, Path], tmp_path: Path) -> None:
    moved = adaptations.get("instruction-lora")(task=str(write_task(tmp_path)), languages=("eng",))
    there = adaptations.get("instruction-lora")(task=str(made["task"]), languages=("eng",))
    other = adaptations.get("instruction-lora")(task=str(made["task"]), languages=("deu",))
    assert moved.identity == there.identity != other.identity


def test_another_models_adapter_is_refused_module_by_module(made: dict[str, Path], tmp_path: Path) -> None:
    names = ("model.layers.0.self_attn.q_proj", "model.layers.9.mlp.up_proj")
    make_adapter(tmp_path / "other", dict.fromkeys(names, (8, 8)))
    said = r"is no adapter of .*9.mlp.up_proj is missing; model.layers.0.self_attn.q_proj is \(32, 32\), not \(8, 8\)"
    with pytest.raises(BadValue, match=said):
        adapt(made["base"], "merge-adapters", adapters=(str(tmp_path / "other"),), into=tmp_path / "made")


@pytest.mark.parametrize(("changed", "match"), [
    ({"peft_type": "LOHA"}, "is a LOHA, not a plain LoRA.*merge it with peft itself"),
    ({"use_dora": True}, "is use_dora = True, not a plain LoRA"),
    ({"r": 0}, "cannot be read"),
])  # fmt: skip
def test_other_kinds_of_adapters_are_refused(
    changed: dict[str, Any], match: str, made: dict[str, Path], tmp_path: Path
) -> None:
    folder = make_adapter(tmp_path / "adapter", {"model.layers.0.self_attn.q_proj": (32, 32)})
    settings = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(settings | changed))
    with pytest.raises(InputError, match=match):
        adapt(made["base"], "merge-adapters", adapters=(str(folder),), into=tmp_path / "made")


def test_what_is_no_adapter_is_named(made: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"holds no adapter_config.json.*in safetensors"):
        adapt(made["base"], "merge-adapters", adapters=(str(tmp_path),))
    folder = make_adapter(tmp_path / "adapter", {"model.layers.0.self_attn.q_proj": (32, 32)})
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-50])
    with pytest.raises(BadFile, match="is damaged"):
        adapt(made["base"], "merge-adapters", adapters=(str(folder),), into=tmp_path / "made")


@pytest.mark.parametrize(("name", "given", "match"), [
    ("merge-adapters", {}, "no adapter to put in"),
    ("merge-adapters", {"adapters": ("a",), "weights": (1.0, 2.0)}, "2 weights for 1 adapters"),
    ("instruction-lora", {}, "no task to learn from"),
    ("instruction-lora", {"task": "a.toml", "settings": {"rang": 2}}, "rang"),
])  # fmt: skip
def test_what_is_wrong_is_known_before_the_work(name: str, given: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        adaptations.get(name).read(given)
