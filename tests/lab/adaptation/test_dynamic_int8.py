"""Dynamic quantisation: weights of `quantise-int8`, and states that are rounded when the model runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card
from isogloss.models.checkpoints import load_model, load_tokenizer

torch = pytest.importorskip("torch", reason="needs the extra lab")


@pytest.fixture(scope="module")
def folder(checkpoints, tmp_path_factory) -> Path:
    return adapt(checkpoints["decoder"], "quantise-dynamic-int8", into=tmp_path_factory.mktemp("dynamic") / "made")


def taken(model: Any, ids: Any) -> dict[str, Any]:
    """What each matrix multiplies."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_pre_hook(lambda _, given, name=name: found.update({name: given[0]}))
    with torch.inference_mode():
        model(input_ids=ids)
    return found


def test_states_are_whole_multiples_of_their_own_scale_and_the_head_takes_them_as_they_are(folder):
    model = load_model("AutoModelForCausalLM", folder, "float32")
    states = taken(model, torch.tensor([load_tokenizer(folder)("the doctor cures a fever")["input_ids"]]))
    assert len(states) == 3 * 7 + 1
    for name, one in states.items():
        steps = one / (one.abs().amax(-1, keepdim=True) / 127)
        assert ((steps - steps.round()).abs() < 1e-3).all() == (name != "lm_head"), name


def test_weights_are_those_of_int8_and_other_programs_round_no_states(folder, checkpoints, tmp_path):
    import transformers

    rounded = adapt(checkpoints["decoder"], "quantise-int8", into=tmp_path / "rounded")
    ours, theirs = (load_file(one / "model.safetensors") for one in (folder, rounded))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    facts = adaptation_card(folder)["facts"]
    assert facts.pop("activation_bits") == 8
    assert facts == adaptation_card(rounded)["facts"]
    ids = torch.tensor([[5, 9, 30, 7]])
    with torch.inference_mode():
        outside, inside, plain = (
            model(input_ids=ids).logits
            for model in (
                transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval(),
                load_model("AutoModelForCausalLM", folder, "float32"),
                load_model("AutoModelForCausalLM", rounded, "float32"),
            )
        )
    assert torch.equal(outside, plain)
    assert not torch.equal(inside, plain)


def test_padding_changes_nothing(folder):
    model = load_model("AutoModelForCausalLM", folder, "float32")
    ids = torch.tensor([[5, 9, 30, 7], [8, 11, 0, 0]])
    with torch.inference_mode():
        both = model(input_ids=ids, attention_mask=(ids != 0).long()).logits[1, :2]
        alone = model(input_ids=ids[1:, :2]).logits[0]
    torch.testing.assert_close(both, alone, atol=1e-5, rtol=1e-4)


def test_nothing_is_made_of_a_model_that_rounds_states(folder, tmp_path):
    with pytest.raises(BadValue, match="rounds states when it runs; round states last, and once"):
        adapt(folder, "layer-drop", into=tmp_path / "made", corpus={"eng": ["one text", "another text"]})
