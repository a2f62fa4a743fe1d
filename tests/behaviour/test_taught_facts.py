"""Facts taught by an adapter: changes counted by hand, what is learnt where, and bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.behaviour.worlds import taught_world

import isogloss
from isogloss.behaviour import mark_taught, read_questions, score_taught_facts
from isogloss.errors import InputError, IsoglossError

QUICK = {"epochs": 60, "learning_rate": 5e-3, "rank": 16, "alpha": 32, "adapter_dropout": 0.0, "batch_size": 8}


def candidates(right: dict[str, str], items: int = 8) -> pl.DataFrame:
    """Three candidates of each item, of which the first is right: `1` where the model takes it."""
    rows = [(language, str(item), place, 9.0 if place == (0 if hits[item] == "1" else 2) else -place, place == 0)
            for language, hits in right.items() for item in range(items) for place in range(3)]  # fmt: skip
    schema = ["language", "item", "candidate", "score", "correct"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(model=pl.lit("m"))


def test_changes_counted_by_hand() -> None:
    """Items 0 to 3 are taught in English; there three become right and one is lost, in German one becomes right."""
    marked = pl.DataFrame(
        [(str(item), language, language == "eng" and item < 4) for item in range(8) for language in ("eng", "deu")],
        schema=["item", "language", "taught"], orient="row",
    )  # fmt: skip
    result = score_taught_facts(marked, {
        "before": candidates({"eng": "10000000", "deu": "00000000"}),
        "after": candidates({"eng": "01110000", "deu": "00010000"}),
        "exchanged": candidates({"eng": "10000000", "deu": "00000001"}),
    })  # fmt: skip
    rows = {(row["kind"], row["language"]): row for row in result.changes.iter_rows(named=True)}
    counted = {key: (row["items"], row["before"], row["after"], row["exchanged"], row["excess"])
               for key, row in rows.items()}  # fmt: skip
    assert counted == {
        ("taught", "eng"): (4, 0.25, 0.75, 0, 0.5), ("taught elsewhere", "deu"): (4, 0, 0.25, 0, 0.25),
        ("held out", "eng"): (4, 0, 0, 0, 0), ("held out", "deu"): (4, 0, 0, 0.25, -0.25),
    }  # fmt: skip
    assert rows["taught", "eng"]["lower"] < 0 < rows["taught", "eng"]["upper"]
    same = result.consistency.filter(kind="held out").row(0, named=True)
    assert (same["language"], same["other"], round(same["before"], 9)) == ("eng", "deu", 1)


def test_half_of_each_relation_is_taught_in_the_languages_named_and_the_same_again() -> None:
    questions = read_questions(taught_world(8))
    marked = mark_taught(questions, ["eng"])
    counts = marked.filter("taught").group_by("relation", "language").len().sort("relation").rows()
    assert counts == [("capital", "eng", 4), ("currency", "eng", 4)]
    assert marked.equals(mark_taught(questions, ["eng"]))
    assert not marked.equals(mark_taught(questions, ["eng"], seed=1))
    said = mark_taught(questions.with_columns(taught=pl.lit("yes")))
    assert said["taught"].all()


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A decoder that knows nothing."""
    pytest.importorskip("peft", reason="adapters need peft, of the extra lab")
    from tests.lab.checkpoints import make_decoder

    return str(make_decoder(tmp_path_factory.mktemp("decoder") / "tiny"))


def test_taught_facts_are_known_and_an_adapter_stands_beside_the_model(decoder: str, cache: Path) -> None:
    """Even a model of random weights learns twelve facts by heart, and no fact that was held out."""
    world = taught_world(12).filter(pl.col("language") != "German")
    answer = isogloss.taught_facts(world, model=decoder, taught_in="English", training=QUICK)
    rows = {(row["kind"], row["language"]): row for row in answer.result.changes.iter_rows(named=True)}
    assert rows["taught", "eng"]["lower"] > 0
    assert rows["taught", "eng"]["excess_lower"] > 0
    assert rows["held out", "eng"]["lower"] <= 0 <= rows["held out", "eng"]["upper"]
    made = sorted(cache.glob("adapted/answers-lora-*/adapter/adapter_model.safetensors"))
    assert len(made) == 2
    after = answer.details["checkpoints"]["after"]
    assert after in [str(one.parents[1]) for one in made]
    again = isogloss.taught_facts(
        world.with_columns(taught=pl.lit(False)).with_columns(
            taught=(pl.col("language") == "English") & pl.col("item").is_in(_taught(world).implode())
        ),
        model=decoder, adapted=after, languages={},
    )  # fmt: skip
    assert "control" not in again.tables
    assert again.result.changes["exchanged"].null_count() == again.result.changes.height
    same = ["kind", "language", "before", "after", "change"]
    assert again.result.changes.select(same).equals(answer.result.changes.select(same))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _taught(world: pl.DataFrame) -> pl.Series:
    return mark_taught(read_questions(world), ["eng"]).filter("taught")["item"]


@pytest.mark.parametrize(
    ("change", "fields", "reason"),
    [
        (lambda world: world, {}, "no language to teach in"),
        (lambda world: world, {"taught_in": "Hindi"}, "unknown language of the questions 'hin'"),
        (lambda world: world.drop("choices"), {"taught_in": "English"}, "has no choices, or no right one"),
        (lambda world: world.head(9), {"taught_in": "English"}, "facts are taught, fewer than 4"),
        (lambda world: world.with_columns(taught=pl.lit("perhaps")), {}, "'perhaps' in .* rows is not known"),
        (lambda world: world.with_columns(taught=pl.lit(1)), {"taught_in": "English"}, "both languages and a column"),
        (lambda world: world, {"taught_in": "English", "training": {"epoch": 3}}, "epoch"),
        (
            lambda world: world,
            {"taught_in": "English", "adapted": "m", "training": {"epochs": 3}},
            "exclude each other",
        ),
        (lambda world: world, {"taught_in": "English", "model": "http://localhost:1/v1#m"}, "cannot be trained"),
    ],
)
def test_bad_input_is_refused(decoder: str, change: Any, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(IsoglossError, match=reason):
        isogloss.taught_facts(change(taught_world(8)), **{"model": decoder} | fields)


def test_masked_models_are_refused_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="adapters need peft, of the extra lab")
    from tests.lab.checkpoints import make_checkpoint
    from transformers import BertConfig, BertForMaskedLM

    folder = make_checkpoint(tmp_path / "masked")
    BertForMaskedLM(BertConfig.from_pretrained(folder)).save_pretrained(folder)
    with pytest.raises(InputError, match="cannot be trained on demonstrations"):
        isogloss.taught_facts(taught_world(8), model=str(folder), taught_in="English")
