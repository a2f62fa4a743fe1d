"""Training on demonstrations as arms of the study of cultures: planted and null worlds, and bad input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="models need torch, of the extra lab")

from tests.lab.checkpoints import make_checkpoint, make_decoder

import isogloss
from isogloss.errors import InputError

TRAINING = {"steps": 15, "learning_rate": 1e-2, "preference_steps": 4, "preference_learning_rate": 1e-3, "samples": 2,
            "every": 2, "pairs": 8}  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(make_decoder(tmp_path_factory.mktemp("decoder") / "tiny"))


def drinks(of: dict[str, str | None], items: int = 8) -> pl.DataFrame:
    """What is drunk in countries: the same in every question, or at random where nothing is planted."""
    chance = np.random.default_rng(1)
    rows = [(f"{country} {item}", "English", country, f"{country} {item}", "tea|wine",
             drink or str(chance.choice(["tea", "wine"])))
            for country, drink in of.items() for item in range(items)]  # fmt: skip
    return pl.DataFrame(rows, schema=["item", "language", "country", "question", "choices", "answer"], orient="row")


def gains(result) -> dict[tuple[str, str], float]:
    """Gains by country of the demonstrations and country of the questions."""
    return {(one, other): gain for one, other, gain in
            result.gains.select("demonstrations_country", "country", "gain").iter_rows()}  # fmt: skip


def test_training_carries_a_planted_rule_to_the_country_that_shares_it_and_to_no_other(model):
    """The untrained model says `tea` of every country; Egypt and Jordan drink wine, Wales tea."""
    questions = drinks({"Egypt": "wine", "Jordan": "wine", "Wales": "tea"})
    answer = isogloss.cultural_transfer(
        questions, model=model, demonstrations=3, draws=1, arms="sft", training=TRAINING
    )
    without = dict(answer.result.gains.select("country", "zero_shot").iter_rows())
    assert without == {"Egypt": 0, "Jordan": 0, "Wales": 1}
    found = gains(answer.result)
    assert found["Egypt", "Egypt"] == found["Egypt", "Jordan"] == found["Jordan", "Egypt"] == 1
    assert found["Egypt", "Wales"] == -1
    assert found["Wales", "Egypt"] == 0
    assert answer.result.gains["arm"].unique().to_list() == ["sft"]


def test_where_nothing_is_planted_no_arm_gains(model):
    questions = drinks({"Egypt": None, "Jordan": None}, items=40)
    answer = isogloss.cultural_transfer(
        questions, model=model, demonstrations=4, draws=1, arms="sft", training=TRAINING
    )
    row = answer.result.models.row(0, named=True)
    assert row["own_lower"] <= 0 <= row["own_upper"]
    assert row["other_lower"] <= 0 <= row["other_upper"]


def test_arms_are_compared_on_the_same_questions_and_demonstrations_and_kept(model):
    questions = drinks({"Egypt": "wine", "Wales": "tea"}, items=4)
    fields = {"model": model, "demonstrations": 2, "draws": 1, "arms": "in-context,sft,ditto", "training": TRAINING}
    answer = isogloss.cultural_transfer(questions, **fields)
    assert answer.result.models["arm"].to_list() == ["in-context", "sft", "ditto"]
    means = dict(answer.result.models.select("arm", "own").iter_rows())
    own = answer.result.arms.filter(kind="own")
    assert own.select("arm", "against").rows() == [("sft", "in-context"), ("ditto", "in-context"), ("ditto", "sft")]
    for row in own.iter_rows(named=True):
        assert row["difference"] == pytest.approx(means[row["arm"]] - means[row["against"]])
        assert row["lower"] <= row["difference"] <= row["upper"]
    again = isogloss.cultural_transfer(questions, **fields)
    assert again.result.gains.equals(answer.result.gains)
    assert again.details["kept"] == again.details["prompts"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": "rlhf"}, "rlhf"),
        ({"arms": "sft", "model": "http://localhost:1/v1#ours"}, "endpoint, which cannot be trained; give a folder"),
        ({"arms": "sft", "training": ["step=3"]}, "step"),
        ({"arms": "sft", "training": ["steps=many"]}, "steps"),
    ],
)
def test_what_cannot_be_trained_is_said_with_what_to_do(model, change, message):
    asked = {"model": model, "demonstrations": 2, **change}
    with pytest.raises(InputError, match=message):
        isogloss.cultural_transfer(drinks({"Egypt": "tea", "Wales": "wine"}), **asked)


def test_a_masked_model_cannot_be_trained(tmp_path):
    masked = str(make_checkpoint(tmp_path / "bert"))
    with pytest.raises(InputError, match="a masked model cannot be trained on demonstrations; choose a decoder"):
        isogloss.cultural_transfer(
            drinks({"Egypt": "tea", "Wales": "wine"}), model=masked, demonstrations=2, arms="dpo"
        )
