"""Pruning, rounding and fewer blocks: each changes what it says, and no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card, adaptations
from isogloss.lab.adaptation.blocks import Linear
from isogloss.lab.adaptation.quantise import compensated, rounded

torch = pytest.importorskip("torch", reason="needs the extra lab")

FIRST = "model.layers.0.self_attn.q_proj.weight"


def weights(folder: Path) -> dict:
    return load_file(folder / "model.safetensors")


def of_blocks(tensors: dict) -> set[str]:
    return {name for name in tensors if name.endswith("_proj.weight")}


def test_magnitude_takes_the_smallest_of_each_matrix_and_nothing_else(checkpoints, tmp_path):
    folder = adapt(checkpoints["decoder"], "magnitude-prune", into=tmp_path / "made", sparsity=0.25)
    before, after = weights(checkpoints["decoder"]), weights(folder)
    for name, old in before.items():
        new = after[name]
        if name not in of_blocks(before):
            assert torch.equal(old, new)
            continue
        gone = new == 0
        assert int(gone.sum()) == old.numel() // 4
        assert torch.equal(old[~gone], new[~gone])
        assert old[gone].abs().max() <= old[~gone].abs().min()
    assert adaptation_card(folder)["facts"]["zeros_in_matrices"] == 0.25


def test_wanda_weighs_by_what_goes_in(checkpoints, corpus, tmp_path):
    """The first matrix of a decoder reads normalised embeddings: the scores can be computed by hand."""
    import transformers

    made = adaptations.get("wanda-prune").read({"sparsity": 0.5})
    folder = adapt(checkpoints["decoder"], made, corpus={"eng": corpus["eng"]}, into=tmp_path / "made")
    before, after = weights(checkpoints["decoder"]), weights(folder)
    model = transformers.AutoModel.from_pretrained(checkpoints["decoder"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoints["decoder"])
    held_out = {text for text in corpus["eng"] if text not in learnt(corpus["eng"])}
    ids = [token for text in corpus["eng"] if text not in held_out for token in tokenizer(text)["input_ids"]]
    with torch.inference_mode():
        states = model.layers[0].input_layernorm(model.embed_tokens(torch.tensor(ids))).double()
    scores = before[FIRST].abs() * states.square().sum(dim=0).sqrt()
    least = scores.argsort(dim=1)[:, :16]
    assert torch.equal((after[FIRST] == 0).nonzero()[:, 1].reshape(32, 16), least.sort(dim=1).values)


def learnt(texts: list[str]) -> list[str]:
    """Of 30 texts, the 27 that are not held out."""
    order = np.random.default_rng(30).permutation(30)
    return [texts[place] for place in sorted(order[3:])]


@pytest.mark.parametrize(("bits", "group"), [(8, 0), (4, 0), (4, 16)])
def test_rounding_errs_by_half_a_step_at_most(bits, group):
    weight = torch.randn(12, 40, generator=torch.Generator().manual_seed(0))
    new = rounded(weight, bits, group)
    for part, old in zip(new.split(group or 40, dim=1), weight.split(group or 40, dim=1), strict=True):
        steps = old.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
        assert ((part - old).abs() <= steps / 2 + 1e-6).all()
        assert max(len(row.unique()) for row in part) <= 2**bits - 1


def test_rounding_what_is_rounded_changes_nothing(checkpoints, tmp_path):
    first = adapt(checkpoints["decoder"], "quantise-int8", into=tmp_path / "first")
    second = adapt(first, "quantise-int8", into=tmp_path / "second")
    for name, old in weights(first).items():
        torch.testing.assert_close(weights(second)[name], old)


def test_calibration_brings_the_outputs_nearer_on_inputs_that_go_together():
    """As GPTQ promises; on inputs without correlation it can gain nothing, and loses nothing."""
    chance = torch.Generator().manual_seed(0)
    weight = torch.randn(24, 32, generator=chance)
    mixed = torch.randn(500, 8, generator=chance) @ torch.randn(8, 32, generator=chance)
    for inputs, gain in ((mixed + 0.1 * torch.randn(500, 32, generator=chance), 0.5), (torch.eye(32), 1.001)):
        known = Linear(None, (inputs.T @ inputs).double(), len(inputs))
        errors = [
            float(((new - weight) @ inputs.T).square().sum())
            for new in (compensated(weight, known, 4), rounded(weight, 4))
        ]
        assert errors[0] <= gain * errors[1]


def test_a_folder_is_no_smaller_for_integers_and_the_card_says_so(checkpoints, tmp_path):
    facts = {}
    for name in ("quantise-int8", "quantise-int4"):
        folder = adapt(checkpoints["decoder"], name, into=tmp_path / name)
        facts[name] = adaptation_card(folder)["facts"]
        tensors = weights(folder).values()
        assert facts[name]["stored_bytes"] == sum(one.numel() * one.element_size() for one in tensors)
    packed = [one["packed_bytes"] for one in facts.values()]
    assert packed[1] < 0.65 * packed[0] < 0.2 * facts["quantise-int8"]["stored_bytes"]


def test_a_block_that_does_nothing_is_the_one_that_is_left_out(checkpoints, corpus, tmp_path):
    """The planted truth: without it, every logit is the same to the last bit."""
    import shutil

    import transformers

    idle = Path(shutil.copytree(checkpoints["decoder"], tmp_path / "idle"))
    tensors = weights(idle)
    for name in ("self_attn.o_proj", "mlp.down_proj"):
        tensors[f"model.layers.1.{name}.weight"].zero_()
    save_file(tensors, idle / "model.safetensors", metadata={"format": "pt"})
    folder = adapt(idle, "layer-drop", corpus=corpus, into=tmp_path / "made")
    card = adaptation_card(folder)
    assert card["facts"]["dropped_blocks"] == [1]
    assert [one["change"] for one in card["losses"]] == [0, 0]
    models = [transformers.AutoModelForCausalLM.from_pretrained(one) for one in (idle, folder)]
    with torch.inference_mode():
        before, after = (model(input_ids=torch.tensor([[1, 60, 70]])).logits for model in models)
    assert torch.equal(before, after)
    assert (len(models[0].model.layers), len(models[1].model.layers)) == (3, 2)


def test_no_model_is_left_without_blocks(checkpoints, tmp_path):
    with pytest.raises(BadValue, match="drop is 3, and the model has 3 blocks"):
        adapt(checkpoints["decoder"], "layer-drop", into=tmp_path / "made", drop=3, order="last")
