"""`structured-prune`: tensors shrink, and what is left out is what matters least."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.lab.adaptation.test_vocabulary_transplant import logits
from tests.lab.adaptation.worlds import COPY, copied, sentences, trained

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import measure_texts

torch = pytest.importorskip("torch", reason="needs the extra lab")
from safetensors.torch import load_file, save_file  # noqa: E402 - torch has to be there first

NAME = "structured-prune"
TEXT = "the doctor cures a small fever"


def changed(checkpoint: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The checkpoint with other weights."""
    shutil.copytree(checkpoint, folder)
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def shapes(folder: Path, block: int = 1) -> dict[str, tuple[int, ...]]:
    """Of the matrices of a block of a decoder."""
    tensors = load_file(folder / "model.safetensors")
    prefix = f"model.layers.{block}."
    return {name.removeprefix(prefix): tuple(one.shape) for name, one in tensors.items() if name.startswith(prefix)}


def test_units_that_add_nothing_go_and_logits_stay(checkpoints, tmp_path):
    """The planted truth: sixteen of 64 units of a block lead nowhere and are led to by nothing."""
    gone = list(range(3, 64, 4))

    def kill(tensors: dict[str, Any]) -> None:
        for block in range(3):
            for name in ("gate_proj", "up_proj"):
                tensors[f"model.layers.{block}.mlp.{name}.weight"][gone] = 0
            tensors[f"model.layers.{block}.mlp.down_proj.weight"][:, gone] = 0

    idle = changed(checkpoints["decoder"], tmp_path / "idle", kill)
    made = adapt(idle, NAME, units=0.25, into=tmp_path / "made")
    assert abs(logits(made, TEXT) - logits(idle, TEXT)).max() < 1e-5
    assert shapes(made)["mlp.down_proj.weight"] == (32, 48)
    assert shapes(made)["mlp.up_proj.weight"] == (48, 32)
    assert json.loads((made / "config.json").read_text())["intermediate_size"] == 48
    facts = adaptation_card(made)["facts"]
    assert facts["parameters_before"] - facts["parameters"] == 3 * 3 * 16 * 32
    assert (made / "model.safetensors").stat().st_size < (idle / "model.safetensors").stat().st_size


def test_units_that_texts_never_use_go_however_large_their_weights(checkpoints, corpus, tmp_path):
    def shut(tensors: dict[str, Any]) -> None:
        for block in range(3):
            tensors[f"model.layers.{block}.mlp.gate_proj.weight"][:16] = 0
            tensors[f"model.layers.{block}.mlp.up_proj.weight"][:16] *= 9

    idle = changed(checkpoints["decoder"], tmp_path / "idle", shut)
    apart = {}
    for score in ("activation", "magnitude"):
        made = adapt(idle, NAME, score=score, corpus=corpus, into=tmp_path / score)
        apart[score] = abs(logits(made, TEXT) - logits(idle, TEXT)).max()
    assert apart["activation"] < 1e-5 < 1e-3 < apart["magnitude"]


@pytest.mark.parametrize("score", ["activation", "magnitude"])
def test_a_head_that_adds_nothing_goes_and_logits_stay(score, checkpoints, corpus, tmp_path):
    def idle_head(tensors: dict[str, Any]) -> None:
        for block in range(3):
            tensors[f"model.layers.{block}.self_attn.o_proj.weight"][:, 16:] = 0
            for name in ("q_proj", "k_proj", "v_proj"):
                tensors[f"model.layers.{block}.self_attn.{name}.weight"][16:] *= 0.01

    idle = changed(checkpoints["decoder"], tmp_path / "idle", idle_head)
    made = adapt(idle, NAME, units=0, heads=0.5, score=score, corpus=corpus, into=tmp_path / "made")
    assert abs(logits(made, TEXT) - logits(idle, TEXT)).max() < 1e-5
    assert shapes(made)["self_attn.q_proj.weight"] == (16, 32)
    assert shapes(made)["self_attn.o_proj.weight"] == (32, 16)
    config = json.loads((made / "config.json").read_text())
    assert (config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]) == (1, 1, 16)


def test_heads_that_share_keys_go_together(tmp_path, checkpoints):
    import transformers

    folder = Path(shutil.copytree(checkpoints["decoder"], tmp_path / "grouped"))
    read = transformers.AutoConfig.from_pretrained(folder)
    read.num_attention_heads, read.num_key_value_heads, read.head_dim = 4, 2, 8
    with torch.random.fork_rng():
        torch.manual_seed(1)
        transformers.LlamaForCausalLM(read).save_pretrained(folder)
    made = adapt(folder, NAME, heads=0.5, into=tmp_path / "made")
    assert shapes(made)["self_attn.q_proj.weight"] == (16, 32)
    assert shapes(made)["self_attn.k_proj.weight"] == (8, 32)
    assert logits(made, TEXT).shape == logits(folder, TEXT).shape


@pytest.mark.parametrize("kind", ["masked", "encoder"])
def test_units_of_encoders_go_with_their_biases(kind, checkpoints, tmp_path):
    made = adapt(checkpoints[kind], NAME, units=0.5, into=tmp_path / "made")
    tensors = load_file(made / "model.safetensors")
    found = {name.rpartition("layer.0.")[2]: tuple(one.shape) for name, one in tensors.items() if "layer.0." in name}
    assert found["intermediate.dense.weight"] == (32, 32)
    assert found["intermediate.dense.bias"] == (32,)
    assert found["output.dense.bias"] == (32,)


def test_heads_without_a_width_of_their_own_are_refused(checkpoints):
    with pytest.raises(BadValue, match="heads: the width of its heads follows from their number, so that none can go"):
        adapt(checkpoints["masked"], NAME, heads=0.5)


def test_the_language_that_units_are_chosen_by_pays_less(tmp_path):
    """A planted world: a decoder that has read a language and a copy in other letters; the untrained one shows less."""
    model = trained("decoder", tmp_path, steps=60)
    texts = {"eng": sentences(40, 5), COPY: [copied(one) for one in sentences(40, 6)]}
    costs = {}
    for learnt in texts:
        made = adapt(model, NAME, units=0.5, score="activation", corpus={learnt: texts[learnt]}, into=tmp_path / learnt)
        losses = adaptation_loss(model, made, texts)
        costs[learnt] = losses
    others = {"eng": COPY, COPY: "eng"}
    for learnt, other in others.items():
        assert costs[learnt][learnt] < costs[other][learnt]


def adaptation_loss(before: Path, after: Path, texts: dict[str, list[str]]) -> dict[str, float]:
    """Change in bits per byte of each language."""
    tables = [measure_texts(one, texts).group_by("language").mean() for one in (before, after)]
    means = [dict(zip(one["language"], one["loss"], strict=True)) for one in tables]
    return {code: means[1][code] - means[0][code] for code in texts}
