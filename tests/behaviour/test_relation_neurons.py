"""Neurons of relations: planted ones are found and take their facts with them, and labels drawn at random have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.behaviour.worlds import relations_world
from tests.lab.checkpoints import make_decoder

import isogloss
from isogloss.behaviour import read_questions
from isogloss.behaviour.prompts import ranked_prompt
from isogloss.errors import InputError
from isogloss.models.neurons import firing_shares
from isogloss.models.respondents import Meter, open_respondent
from isogloss.models.tokenizers import Tokenizer


@pytest.fixture(scope="session")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A decoder that knows nothing."""
    return str(make_decoder(tmp_path_factory.mktemp("decoder")))


def test_questions_of_two_relations_have_neurons_and_their_own_rows(decoder: str) -> None:
    answer = isogloss.relation_neurons(relations_world(), model=decoder, draws=2)
    result = answer.result
    assert result.neurons["relation"].unique().sort().to_list() == ["capital", "currency"]
    assert (result.neurons["share"] > result.neurons["others"]).all()
    assert result.neurons["q"].max() <= 0.05
    assert result.effects.select("off", "relation", "language").unique().height == 8
    assert result.effects["items"].unique().to_list() == [6]


def test_relations_that_are_labels_drawn_at_random_have_no_neurons(decoder: str) -> None:
    """Any is found in 3 of 20 worlds at most, at a false discovery rate of .05: more has a probability of .016."""
    world, found = relations_world(), 0
    items = world["item"].unique(maintain_order=True)
    for seed in range(20):
        labels = np.random.default_rng(seed).permutation(["capital", "currency"] * 12)
        drawn = world.with_columns(relation=pl.col("item").replace_strict(items, labels))
        found += isogloss.relation_neurons(drawn, model=decoder, draws=1, seed=seed).result.neurons.height > 0
    assert found <= 3


def test_neurons_are_source_the_language_that_is_named_and_again_with_the_same_seed(decoder: str) -> None:
    one, again, other = (
        isogloss.relation_neurons(relations_world(), model=decoder, draws=1, source=name).result.neurons
        for name in ("German", "deu", "English")
    )
    assert one.equals(again)
    assert not one.equals(other)


def test_masked_models_have_neurons_of_relations(masked: str) -> None:
    effects = isogloss.relation_neurons(relations_world(), model=masked, draws=1).result.effects
    assert effects["accuracy"].is_between(0, 1).all()


@pytest.fixture(scope="session")
def masked(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tests.lab.checkpoints import make_checkpoint
    from transformers import BertConfig, BertForMaskedLM

    folder = make_checkpoint(tmp_path_factory.mktemp("masked"))
    BertForMaskedLM(BertConfig.from_pretrained(folder)).save_pretrained(folder)
    return str(folder)


def decided_by(folder: Path, count: int = 6) -> tuple[pl.DataFrame, dict[str, set[int]]]:
    """Questions that a decoder answers right, and neurons of its last layer that decide these answers, by relation.

    They fire most at one relation; what they add is made a hundred times as strong, and what the model then says is
    taken as right.
    """
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(make_decoder(folder))
    world = relations_world(24)
    questions = read_questions(world)
    tokens = Tokenizer(folder, 256).encode([text.partition(" <mask>")[0] for text in questions["question"]])
    fires = firing_shares(model, [np.array(ids) for ids in tokens])[:, -1]
    is_capital = (questions["relation"] == "capital").to_numpy()
    order = np.argsort(fires[is_capital].mean(0) - fires[~is_capital].mean(0))
    with torch.no_grad():
        model.model.layers[-1].mlp.down_proj.weight[:, [*order[:count], *order[-count:]]] *= 100
    model.save_pretrained(folder)
    scores: list[list[float]] = []
    prompts = [ranked_prompt(*row) for row in questions.select("question", "choices").iter_rows()]
    open_respondent(str(folder)).score([prompts], lambda _, values: scores.extend(values), Meter())
    answered = world.with_columns(answer=pl.Series([int(np.argmax(one)) for one in scores]))
    return answered, {"capital": {*order[-count:].tolist()}, "currency": {*order[:count].tolist()}}


def test_neurons_that_decide_answers_are_found_and_answers_are_lost_without_them(tmp_path: Path) -> None:
    """Their loss is measured in both languages, and random neurons lose nothing."""
    world, planted = decided_by(tmp_path / "model")
    result = isogloss.relation_neurons(world, model=str(tmp_path / "model"), share=0.1).result
    for relation, numbers in planted.items():
        assert len(numbers & {*np.flatnonzero(result.chosen[relation][-1]).tolist()}) >= 4
    own = result.effects.filter(pl.col("off") == pl.col("relation"))
    assert own["accuracy"].to_list() == [1.0] * 4
    assert (own["excess"] > 0.1).all()
    assert (result.effects["random"].abs() < 0.05).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: world.drop("relation"), "has no column 'relation'"),
        (lambda world: world.filter(relation="capital"), "one relation cannot be told from others"),
        (lambda world: world.filter(pl.col("item").str.ends_with("1")), "items, fewer than 8"),
        (lambda world: world.drop("choices"), "has no relation, no choices or no right one"),
        (
            lambda world: world.with_columns(relation=pl.concat_str("relation", "language")),
            "is of several relations",
        ),
    ],
)
def test_bad_tables_are_refused(decoder: str, change: Any, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        isogloss.relation_neurons(change(relations_world()), model=decoder)


def test_an_endpoint_has_no_neurons() -> None:
    with pytest.raises(InputError, match="an endpoint shows no neurons"):
        isogloss.relation_neurons(relations_world(), model="http://localhost:1/v1#m")
