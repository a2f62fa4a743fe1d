"""Routed low-rank additions: what they change, what is learnt in which stage, and a world in which languages differ."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isogloss.errors import InputError
from isogloss.lab import Corpus, Fitted, Recipe, Training, recipes

torch = pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("transformers", reason="needs the extra lab")

from isogloss.models.encoder import load_encoder_model  # noqa: E402 - torch has to be there first

TOPICS = {0: ["doctor", "fever", "hospital"], 1: ["football", "match", "goalkeeper"]}
FIRST = {"eng": "river", "deu": "bank"}
"""What all texts of a language begin with; they have the same words otherwise."""
CORE = {"max_length": 16, "batch_size": 16, "learning_rate": 1e-2, "epochs": 8, "embedding_epochs": 0,
        "shared_epochs": 0, "experts": 3, "rank": 2}  # fmt: skip


def make(checkpoint: Path, **more: Any) -> Recipe:
    return recipes.get("routed-lora").read({"checkpoint": str(checkpoint), **CORE, **more})


def learnt(recipe: Recipe, *, is_halved: bool = False) -> tuple[float, Fitted]:
    """Right answers on new texts of two languages after learning from others, and what was learnt.

    In the null world, half of the texts of each topic have the label of the other one.
    """
    chance = np.random.default_rng(0)
    topics = np.arange(32) % 2
    train, test = (
        [[" ".join([first, *chance.choice(TOPICS[topic], 3)]) for topic in topics] for first in FIRST.values()]
        for _ in range(2)
    )
    labels = np.concatenate([topics, topics])
    prepared = recipe.prepare(Corpus(train, test, [*FIRST]), map)
    learnt_from = labels ^ (np.arange(64) // 2 % 2) if is_halved else labels
    fitted = recipe.fit(prepared, Training(np.arange(64), learnt_from, 0, labels_count=2))
    return float((recipe.predict(prepared, fitted)[""] == labels).mean()), fitted


def test_topics_are_learnt_and_labels_that_say_nothing_are_not(checkpoint: Path) -> None:
    right, fitted = learnt(make(checkpoint))
    assert right > 0.95
    assert [*fitted.notes["routes"]] == ["eng", "deu"]
    assert [sum(route) for route in fitted.notes["routes"].values()] == pytest.approx([1.0, 1.0], abs=1e-3)
    assert learnt(make(checkpoint), is_halved=True)[0] < 0.8


@pytest.mark.parametrize(("stage", "moved"), [({}, set()), ({"embedding_epochs": 1}, {"words"}),
                                              ({"shared_epochs": 1}, {"layers"})])  # fmt: skip
def test_each_stage_moves_its_own_weights(checkpoint: Path, stage: dict[str, int], moved: set[str]) -> None:
    _, fitted = learnt(make(checkpoint, epochs=1, **stage))
    before = load_encoder_model(checkpoint, "float32")
    words = before.get_input_embeddings().weight.detach().numpy()
    first = next((name, module) for name, module in before.named_modules()
                 if isinstance(module, torch.nn.Linear) and "pooler" not in name)  # fmt: skip
    after = next(array for name, array in fitted.arrays.items() if name.endswith("word_embeddings.weight"))
    linear = fitted.arrays[f"encoder.{first[0]}.linear.weight"]
    changed = {"words": not np.array_equal(after, words),
               "layers": not np.array_equal(linear, first[1].weight.detach().numpy())}  # fmt: skip
    assert {name for name, is_changed in changed.items() if is_changed} == moved
    assert any(np.abs(array).max() > 0 for name, array in fitted.arrays.items() if name.endswith("expert_up"))


def test_additions_change_nothing_at_first_and_those_that_are_off_add_nothing(checkpoint: Path) -> None:
    """With the one of the largest weight alone, what the others hold makes no difference."""
    encoder = load_encoder_model(checkpoint, "float32")
    model = make(checkpoint, top=1).adapt(deepcopy(encoder)).eval()  # type: ignore[attr-defined]  # of trained recipes
    ids = torch.tensor([[2, 5, 6, 3], [2, 7, 8, 3]])
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    with torch.no_grad():
        torch.testing.assert_close(model(**given).last_hidden_state, encoder(**given).last_hidden_state)
        ups = [module for module in model.modules() if hasattr(module, "expert_up")]
        routers = [module for module in model.modules() if hasattr(module, "expert_scores")]
        for one in ups:
            torch.nn.init.normal_(one.expert_up)
        for router in routers:
            router.expert_scores.bias.copy_(torch.tensor([0.0, 9.0, 0.0]))
        changed = model(**given).last_hidden_state
        for one in ups:
            one.expert_up[:, [0, 1, 4, 5]] = 7.0
        torch.testing.assert_close(model(**given).last_hidden_state, changed)
        for router in routers:
            router.top = 0
        everything = model(**given).last_hidden_state
    assert not torch.allclose(changed, encoder(**given).last_hidden_state, atol=1e-2)
    assert not torch.allclose(everything, changed, atol=1e-4)


def test_what_cannot_be_is_refused(checkpoint: Path) -> None:
    with pytest.raises(InputError, match=r"top \(4\) is above experts \(3\); leave out top"):
        make(checkpoint, top=4)
    with pytest.raises(InputError, match="experts must be"):
        make(checkpoint, experts=1)
