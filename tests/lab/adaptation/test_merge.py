"""Merging: means of tensors, and blocks of one checkpoint between those of another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptations

torch = pytest.importorskip("torch", reason="needs the extra lab")


@pytest.fixture
def partner(checkpoints, tmp_path) -> Path:
    """The decoder with 1 added to every number."""
    folder = Path(shutil.copytree(checkpoints["decoder"], tmp_path / "partner"))
    tensors = {name: one + 1 for name, one in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def added(folder: Path, base: Path) -> dict[str, float]:
    """What was added to each tensor."""
    old, new = (load_file(one / "model.safetensors") for one in (base, folder))
    return {name: round(float((new[name] - old[name]).mean()), 4) for name in old}


@pytest.mark.parametrize(("weights", "share"), [((), 0.5), ((3.0, 1.0), 0.25), ((0.0, 1.0), 1.0)])
def test_an_average_is_a_weighted_mean_of_every_tensor(weights, share, checkpoints, partner, tmp_path):
    given = {"others": (str(partner),), "weights": weights}
    folder = adapt(checkpoints["decoder"], "merge-average", into=tmp_path / "made", **given)
    assert set(added(folder, checkpoints["decoder"]).values()) == {share}


@pytest.mark.parametrize(
    ("given", "shares"),
    [({}, [1, 0, 1]), ({"bottom": 2, "top": 0}, [1, 1, 0]), ({"bottom": 1, "top": 0, "transition": 1}, [1, 0.5, 0])],
)
def test_outer_blocks_and_all_else_are_those_of_the_language(given, shares, checkpoints, partner, tmp_path):
    folder = adapt(checkpoints["decoder"], "layer-swap", into=tmp_path / "made", other=str(partner), **given)
    found = added(folder, checkpoints["decoder"])
    for block, share in enumerate(shares):
        assert {one for name, one in found.items() if f"layers.{block}." in name} == {share}
    assert {one for name, one in found.items() if "layers." not in name} == {1}


def test_checkpoints_of_another_shape_are_named_tensor_by_tensor(checkpoints, partner, tmp_path):
    merge = {"others": (str(checkpoints["encoder"]),)}
    with pytest.raises(BadValue, match=r"has other tensors than .*: lm_head.weight is missing; .* is missing.*more;"):
        adapt(checkpoints["decoder"], "merge-average", into=tmp_path / "made", **merge)
    tensors = load_file(partner / "model.safetensors")
    tensors["model.norm.weight"] = torch.ones(16)
    save_file(tensors, partner / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadValue, match=r"model.norm.weight is \(16,\), not \(32,\)"):
        adapt(checkpoints["decoder"], "merge-average", into=tmp_path / "made", others=(str(partner),))


def test_tokenizers_that_disagree_are_refused(checkpoints, partner, tmp_path):
    held = json.loads((partner / "tokenizer.json").read_text())
    held["model"]["vocab"] = {token: place for place, token in enumerate(reversed(held["model"]["vocab"]))}
    (partner / "tokenizer.json").write_text(json.dumps(held))
    with pytest.raises(BadValue, match=r"has other tokens than .*one tokenizer"):
        adapt(checkpoints["decoder"], "merge-average", into=tmp_path / "made", others=(str(partner),))


def test_what_to_merge_with_is_needed():
    with pytest.raises(BadValue, match="others: no checkpoint to merge with"):
        adaptations.get("merge-average").read({})
    with pytest.raises(BadValue, match="weights: 3 weights for 2 checkpoints"):
        adaptations.get("merge-average").read({"others": ("a",), "weights": (1.0, 1.0, 1.0)})
    with pytest.raises(BadValue, match="other: no checkpoint to take blocks from"):
        adaptations.get("layer-swap").read({})


EXPERT = {"tokens": 128, "length": 16, "batch_size": 2, "parts": 1, "measured": 0, "learning_rate": 1e-2}


def test_what_experts_learnt_in_other_blocks_is_whole_in_a_swap(checkpoints, corpus, tmp_path):
    """The middle is the task's and the ends are the language's, to the last bit."""
    base, given = checkpoints["decoder"], {"corpus": corpus, **EXPERT}
    task, language = (
        adapt(base, "continued-pretraining", into=tmp_path / part, languages=(code,), trained=part, **given)
        for code, part in (("eng", "middle"), ("nld", "ends"))
    )
    swapped = adapt(task, "layer-swap", into=tmp_path / "swapped", other=str(language))
    old, theirs, ours, both = (load_file(one / "model.safetensors") for one in (base, language, task, swapped))
    for name, tensor in both.items():
        middle = "layers.1." in name
        learnt, held = (ours, theirs) if middle else (theirs, ours)
        assert torch.equal(held[name], old[name]), name
        assert not torch.equal(learnt[name], old[name]), name
        assert torch.equal(tensor, learnt[name]), name


def test_ends_that_leave_no_middle_are_refused(checkpoints, corpus, tmp_path):
    with pytest.raises(BadValue, match="ends: 2 at either end leave no middle of 3 blocks; give less"):
        adapt(checkpoints["decoder"], "continued-pretraining", corpus=corpus, into=tmp_path / "made", trained="middle",
              ends=2, **EXPERT)  # fmt: skip
