"""Persons in translations: planted models that read the pronoun or the profession alone, and what scores say."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_decoder, make_taught

import isogloss
from isogloss.behaviour import Pronouns, behaviour_metrics, read_pronouns, score_pronouns
from isogloss.behaviour.metrics.gender import translated_gender
from isogloss.errors import InputError
from isogloss.models.attribution import integrated_gradients
from isogloss.models.decoder import load_decoder

pytest.importorskip("torch", reason="needs the extra lab")

PROFESSIONS = {"doc": "male", "vet": "male", "nan": "female", "aid": "female"}
PRONOUNS = {"he": "male", "it": "female"}
"""As long as each other, so that all sentences have one length."""
TEMPLATE = "{question}={translation}"


def table(professions: list[str]) -> pl.DataFrame:
    """Every profession with either pronoun; the translation of a person is one letter."""
    return pl.DataFrame([
        {"language": "spa", "item": f"{profession}-{pronoun}", "question": f"a {profession} if {pronoun}",
         "pronoun": pronoun, "gender": gender, "male": "x", "female": "y",
         "stereotype": "pro" if PROFESSIONS[profession] == gender else "anti"}
        for profession, (pronoun, gender) in product(professions, PRONOUNS.items())
    ])  # fmt: skip


def taught(folder: Path, *, by_pronoun: bool) -> Path:
    """A model that translates by the pronoun, or by what the profession suggests."""

    def draw(chance: random.Random) -> tuple[str, str]:
        row = chance.choice(table([*PROFESSIONS]).to_dicts())
        gender = row["gender"] if by_pronoun else PROFESSIONS[row["question"].split()[1]]
        return f"{row['question']}=", "x" if gender == "male" else "y"

    return make_taught(folder / "bytes", draw, steps=60)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taught(tmp_path_factory.mktemp("reader"), by_pronoun=True)


def scores(found: Pronouns) -> dict[str, float]:
    return dict(found.scores.filter(pl.col("language") == "spa").select("metric", "value").iter_rows())


def test_a_model_that_reads_the_pronoun_is_right_and_its_attributions_say_so(reader: Path) -> None:
    items = read_pronouns(table([*PROFESSIONS]))
    found = score_pronouns(load_decoder(str(reader)), items, template=TEMPLATE)
    assert scores(found) == {
        "gender_accuracy": 1.0, "gender_coverage": 1.0, "gender_gap": 0.0, "stereotype_gap": 0.0,
    }  # fmt: skip
    assert (found.items["pronoun_share"] > 0.5).all()  # two of eleven letters: 18 % if all were alike
    assert (found.items["unexplained"].abs() < 0.01).all()
    assert (found.items["margin"] > 1).all()


def test_a_model_that_goes_by_stereotypes_is_right_where_they_are_and_hardly_reads_the_pronoun(tmp_path: Path) -> None:
    items = read_pronouns(table([*PROFESSIONS]))
    found = score_pronouns(load_decoder(str(taught(tmp_path, by_pronoun=False))), items, template=TEMPLATE)
    assert scores(found) == {
        "gender_accuracy": 0.5, "gender_coverage": 1.0, "gender_gap": 0.0, "stereotype_gap": 1.0,
    }  # fmt: skip
    assert (found.items["pronoun_share"] < 0.25).all()
    assert found.items["pronoun_share"].mean() < 0.15
    assert found.items.filter(pl.col("correct"))["stereotype"].unique().to_list() == ["pro"]


def test_attributions_add_up_to_what_the_sentence_changes(reader: Path) -> None:
    decoder = load_decoder(str(reader))
    prompt, within = "a doc if he=", (0, 11)
    found = integrated_gradients(decoder, prompt, ("x", "y"), within=within, steps=64)
    rough = integrated_gradients(decoder, prompt, ("x", "y"), within=within, steps=1)
    assert abs(found.unexplained) < 0.001
    assert abs(rough.unexplained) > abs(found.unexplained)
    turned = integrated_gradients(decoder, prompt, ("y", "x"), within=within, steps=64)
    assert np.allclose(turned.values, -found.values, atol=1e-4)
    assert found.share(0, 11) == pytest.approx(1.0)
    with pytest.raises(InputError, match="no token of the prompt is of the sentence"):
        integrated_gradients(decoder, prompt, ("x", "y"), within=(0, 0))


def test_demonstrations_are_of_both_genders_and_those_whose_pronoun_is_least_read(reader: Path, tmp_path: Path) -> None:
    table(["doc", "nan"]).write_csv(tmp_path / "items.csv")
    table(["vet", "aid"]).write_csv(tmp_path / "pool.csv")
    answer = isogloss.translated_pronouns(
        str(tmp_path / "items.csv"), model=str(reader), pool=str(tmp_path / "pool.csv"), demonstrations=2,
        template=TEMPLATE, points=4,
    )  # fmt: skip
    found, pool = answer.result, read_pronouns(table(["vet", "aid"]))
    assert sorted({*found.items["arm"]}) == ["least read demonstrations", "plain", "random demonstrations"]
    read = score_pronouns(load_decoder(str(reader)), pool, template=TEMPLATE, points=4).items
    least = [read.filter(gender=one).sort("pronoun_share")["item"][0] for one in ("male", "female")]
    assert found.chosen["least read demonstrations", "spa"] == least
    assert found.gains["items"].to_list() == [4, 4]
    assert answer.sentences[0].startswith("Spanish: the gender of the pronoun in 100 % of 4 persons (100 to 100)")
    assert answer.picture() is not None


def test_written_translations_are_read_by_forms() -> None:
    assert translated_gender("La Doctora, Ana, duerme.", "el doctor|doctor", "la doctora|doctora") == "female"
    assert translated_gender("El estudiante duerme.", "el estudiante", "la estudiante") == "male"
    assert translated_gender("El doctor y la doctora.", "doctor", "doctora") == "unclear"
    assert translated_gender("Nada.", "doctor", "doctora") == translated_gender(None, "doctor", "doctora") == "unclear"


def test_gender_is_scored_by_hand() -> None:
    """Two of three men and one of three women are right; one woman is unclear."""
    said = ["m", "m", "f", "f", "m", "neither"]
    items = pl.DataFrame({
        "item": range(6), "gender": ["male"] * 3 + ["F"] * 3, "text": said, "male": "m", "female": "f",
        "stereotype": ["pro", "anti", "anti", "pro", "anti", "pro"],
    })  # fmt: skip
    found = isogloss.score_behaviour(items).result.scores
    values = dict(found.filter(pl.col("language").is_null()).select("metric", "value").iter_rows())
    f1_men, f1_women = 2 * 2 / (3 + 3), 2 * 1 / (2 + 3)
    assert values == pytest.approx({
        "gender_accuracy": 0.5, "gender_coverage": 5 / 6, "gender_gap": f1_men - f1_women,
        "stereotype_gap": 2 / 3 - 1 / 3,
    })  # fmt: skip
    assert float(behaviour_metrics.get("gender_gap")(2, 3, 3, 1, 2, 3)) == pytest.approx(f1_men - f1_women)
    with pytest.raises(InputError, match="item 0 has no form; write how the person is called"):
        isogloss.score_behaviour(items.with_columns(male=pl.lit("")))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pronoun": "she"}, "'she' is no word of 'a doc if he'; write the pronoun as it stands there"),
        ({"female": "x"}, "item doc-he: has no two translations that differ"),
        ({"gender": "both"}, "unknown gender 'both'"),
    ],
)
def test_items_that_cannot_be_asked_are_refused(change: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_pronouns(table(["doc"]).head(1).with_columns(**{name: pl.lit(one) for name, one in change.items()}))
    assert said in str(caught.value)


def test_demonstrations_that_cannot_be_are_refused(tmp_path: Path) -> None:
    make_decoder(tmp_path / "decoder")
    decoder, items = load_decoder(str(tmp_path / "decoder")), read_pronouns(table(["doc"]))
    with pytest.raises(InputError, match="is also asked about; show other sentences"):
        score_pronouns(decoder, items, items, demonstrations=2)
    with pytest.raises(InputError, match="3 demonstrations cannot be of both genders alike"):
        score_pronouns(decoder, items, read_pronouns(table(["vet"])), demonstrations=3)
    with pytest.raises(InputError, match="1 sentences with a male person in 'spa'; give 2 or more"):
        score_pronouns(decoder, items, read_pronouns(table(["vet"])), demonstrations=4)
    with pytest.raises(InputError, match="template: has not each place once"):
        score_pronouns(decoder, items, template="{question}")
