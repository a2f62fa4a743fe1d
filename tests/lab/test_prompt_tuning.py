"""Prompts that are learnt: what reads them, what is left of them in the answer, and which models take none."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isogloss.errors import BadValue
from isogloss.lab import Corpus, Training, recipes
from isogloss.models.runtime import metered

torch = pytest.importorskip("torch", reason="needs the extra lab")
transformers = pytest.importorskip("transformers", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from isogloss.lab.recipe.soft_prompts import Prompted  # noqa: E402 - likewise
from isogloss.models.encoder import load_encoder_model  # noqa: E402 - torch has to be there first

IDS = torch.tensor([[2, 5, 6, 7, 3, 0], [2, 8, 9, 10, 11, 3]])
THERE = (IDS != 0).long()
SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 60}


def prompted(encoder: Any, *, deep: bool, length: int = 4) -> Prompted:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return Prompted(deepcopy(encoder).eval(), length, 8, deep=deep).eval()


@pytest.fixture
def encoder(checkpoint: Path) -> Any:
    """The tiny encoder of the other tests."""
    return load_encoder_model(checkpoint, "float32")


@pytest.mark.parametrize("deep", [False, True])
def test_states_are_those_of_the_text_alone(encoder: Any, deep: bool) -> None:
    """As many as the text has tokens, moved by the prompts, and the same whatever padding stands beside them."""
    model = prompted(encoder, deep=deep)
    with torch.no_grad():
        states = model(IDS, THERE).last_hidden_state
        alone = model(IDS[:1, :5], THERE[:1, :5]).last_hidden_state
        without = encoder(input_ids=IDS, attention_mask=THERE).last_hidden_state
    assert states.shape == without.shape
    assert torch.allclose(states[:1, :5], alone, atol=1e-5)
    assert not torch.allclose(states, without, atol=1e-3)


def test_soft_prompts_are_read_as_pieces_of_a_text_before_it_would_be(encoder: Any) -> None:
    """Prompts that are vectors of the vocabulary give what those very pieces before the text give."""
    model = prompted(encoder, deep=False)
    pieces = torch.tensor([12, 13, 14, 15])
    with torch.no_grad():
        model.prompts().copy_(encoder.get_input_embeddings().weight[pieces])
        whole = torch.cat([pieces[None], IDS[1:]], dim=1)
        wanted = encoder(input_ids=whole, attention_mask=torch.ones_like(whole)).last_hidden_state[:, 4:]
        found = model(IDS[1:], THERE[1:]).last_hidden_state
    assert torch.allclose(found, wanted, atol=1e-5)


def test_prompts_begin_alike_with_one_seed(encoder: Any) -> None:
    one, other = (prompted(encoder, deep=False).prompts() for _ in range(2))
    assert torch.equal(one, other)
    vocabulary = encoder.get_input_embeddings().weight
    assert all((vocabulary == prompt).all(dim=1).any() for prompt in one)


@pytest.mark.parametrize("deep", [False, True])
def test_models_that_count_positions_from_padding_take_prompts(deep: bool) -> None:
    """RoBERTa and XLM-R begin behind the number of their padding, so that two positions are never used."""
    configuration = transformers.XLMRobertaConfig(**SHAPE, max_position_embeddings=18, pad_token_id=1)
    model = transformers.XLMRobertaModel(configuration).eval()
    assert prompted(model, deep=deep, length=8)(IDS + 1, THERE).last_hidden_state.shape == (2, 6, 32)
    with pytest.raises(BadValue, match="9 prompts and 8 tokens are more than the 16 positions of the model"):
        prompted(model, deep=deep, length=9)


@pytest.mark.parametrize(("kind", "reason"), [("DistilBert", "Please specify"), ("ModernBert", "it takes no notice")])
def test_models_whose_layers_take_no_prompts_are_refused(kind: str, reason: str) -> None:
    """Some have no place for keys and values of others, some never look at them; at the input all read them."""
    configuration = getattr(transformers, f"{kind}Config")(**SHAPE, pad_token_id=0)
    if kind == "DistilBert":
        configuration = transformers.DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, vocab_size=60)
    model = getattr(transformers, f"{kind}Model")(configuration).eval()
    with pytest.raises(BadValue, match=rf"type {kind.lower()} cannot .* \({reason}.*set deep = false"):
        prompted(model, deep=True)
    assert prompted(model, deep=False)(IDS, THERE).last_hidden_state.shape == (2, 6, 32)


def test_operations_of_prompts_are_counted(checkpoint: Path) -> None:
    """The same tokens of text; more operations for every prompt at the input, fewer for prompts of layers."""
    spent = {}
    for name, parameters in {"none": None, "deep": {"deep": True}, "soft": {}}.items():
        settings = {"checkpoint": str(checkpoint), "max_length": 32, "epochs": 1}
        recipe = recipes.get("bitfit" if parameters is None else "prompt-tuning").read(settings | (parameters or {}))
        texts = ["the doctor sleeps", "a match"]
        prepared = recipe.prepare(Corpus([texts, []], [[], texts], ["eng", "nld"]), map)
        with metered() as counts:
            fitted = recipe.fit(prepared, Training(np.arange(2), np.arange(2), 0, labels_count=2))
            recipe.predict(prepared, fitted)
        spent[name] = counts
    assert spent["none"]["tokens"] == spent["soft"]["tokens"] == spent["deep"]["tokens"]
    assert spent["none"]["flops"] < spent["deep"]["flops"] < spent["soft"]["flops"]


@pytest.mark.parametrize(
    ("parameters", "said"), [({"length": 0}, "length must be"), ({"deep": "yes"}, "deep must be true or false")]
)
def test_bad_parameters_are_refused(checkpoint: Path, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        recipes.get("prompt-tuning").read({"checkpoint": str(checkpoint), **parameters})
