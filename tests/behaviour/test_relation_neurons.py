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
from isogloss.errors import InputError
from isogloss.lab.byte_transformer import ByteTransformer, pretrain


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


@pytest.mark.slow
def test_without_the_neurons_of_a_relation_its_facts_are_lost_in_both_languages(tmp_path: Path) -> None:
    """A byte model that learnt two relations in English and German."""
    world = relations_world(items=16)
    texts = [
        question.replace("<mask>", choices.split("|")[place])
        for question, choices, place in world.select("question", "choices", "answer").iter_rows()
    ]
    rng = np.random.default_rng(0)
    shape = ByteTransformer(layers=2, width=48, heads=4, context=96, steps=500, batch_size=16)
    pretrain([texts[at] for at in rng.integers(len(texts), size=6_000)], tmp_path / "model", shape)
    effects = isogloss.relation_neurons(world, model=str(tmp_path / "model"), share=0.1).result.effects
    own = effects.filter(pl.col("off") == pl.col("relation"))
    assert own["accuracy"].to_numpy().mean() > 0.9
    assert own["excess"].to_numpy().mean() > 0.05


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
