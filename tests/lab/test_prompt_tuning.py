"""Prompts that are learnt: what reads them, what is left of them in the answer, and which models take none."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lab.checkpoints import make_decoder

from isogloss.errors import BadValue
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe.neural import holdout
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import metered

torch = pytest.importorskip("torch", reason="needs the extra lab")
transformers = pytest.importorskip("transformers", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from isogloss.lab.recipe.lottery_ticket import _of_layers  # noqa: E402 - torch has to be there first
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


@pytest.mark.parametrize(("share", "encoded"), [(0.0, 0), (0.01, 1), (0.5, 2), (0.99, 3), (1.0, 4)])
def test_a_share_of_the_prompts_comes_out_of_a_network(
    checkpoint: Path, encoder: Any, share: float, encoded: int
) -> None:
    """A dual prompt has at least one of each; plain ones are pieces of the vocabulary, encoded ones are not."""
    recipe = recipes.get("prompt-tuning").read(
        {"checkpoint": str(checkpoint), "length": 4, "max_length": 8, "encoded": share}
    )
    model = recipe.adapt(deepcopy(encoder))  # type: ignore[attr-defined]  # of recipes that are trained
    found = model.model.prompt_encoder["default"](torch.arange(4))
    vocabulary = encoder.get_input_embeddings().weight
    pieces = [bool((vocabulary == prompt).all(dim=1).any()) for prompt in found]
    assert pieces == [True] * (4 - encoded) + [False] * encoded
    with torch.no_grad():  # they are read where they stand
        states = model(IDS[1:], THERE[1:]).last_hidden_state
        whole = torch.cat([found[None], encoder.get_input_embeddings()(IDS[1:])], dim=1)
        wanted = encoder(inputs_embeds=whole, attention_mask=torch.ones(1, 10)).last_hidden_state[:, 4:]
    assert torch.allclose(states, wanted, atol=1e-5)


WORDS = {0: ["doctor", "fever", "hospital"], 1: ["football", "match", "goalkeeper"]}


def accuracy(name: str, checkpoint: Path, *, told: bool, **parameters: Any) -> float:
    """Right answers to new texts in one language after training on 32 of two others, whose labels may tell nothing."""
    chance = np.random.default_rng(0)
    labels = np.arange(64) % 2
    texts = [" ".join(chance.choice(WORDS[label], 3)) for label in labels]
    trained = labels[:32] if told else chance.permutation(labels[:32])
    settings = {
        "checkpoint": str(checkpoint),
        "max_length": 16,
        "length": 4,
        "epochs": 8,
        "batch_size": 8,
        "learning_rate": 0.02,
    }
    chosen = {name: value for name, value in (settings | parameters).items() if value is not None}
    recipe = recipes.get(name).read(chosen)
    prepared = recipe.prepare(Corpus([texts[:16], texts[16:32], []], [[], [], texts[32:]], ["eng", "nld", "deu"]), map)
    fitted = recipe.fit(prepared, Training(np.arange(32), trained, 0, labels_count=2))
    return float((recipe.predict(prepared, fitted)[""] == labels[32:]).mean())


@pytest.mark.parametrize("encoded", [0.5, 1.0])
def test_encoded_prompts_learn_what_can_be_learnt_and_nothing_else(checkpoint: Path, encoded: float) -> None:
    assert accuracy("prompt-tuning", checkpoint, told=True, encoded=encoded) > 0.9
    assert abs(accuracy("prompt-tuning", checkpoint, told=False, encoded=encoded) - 0.5) < 0.25


@pytest.fixture(scope="module")
def trained(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder after a training that moved one matrix, and a little a second one."""
    folder = tmp_path_factory.mktemp("trained") / "encoder"
    shutil.copytree(checkpoint, folder)
    model = transformers.AutoModel.from_pretrained(folder)
    with torch.no_grad():
        model.encoder.layer[1].intermediate.dense.weight[:8] += 0.5
        model.encoder.layer[0].output.dense.weight += 0.01
    model.save_pretrained(folder)
    return folder


def learnt(checkpoint: Path, **parameters: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The weights of the ticket that are learnt, by the tensor that they are added to."""
    settings = {"checkpoint": str(checkpoint), "max_length": 16, "length": 2, "epochs": 1}
    recipe = recipes.get("lottery-ticket").read(settings | parameters)
    prepared = recipe.prepare(Corpus([["doctor", "match"]], [["fever"]], ["eng"]), map)
    fitted = recipe.fit(prepared, Training(np.arange(2), np.arange(2), 0, labels_count=2))
    return {name: one for name, one in fitted.arrays.items() if name.endswith(".ticket")}


def test_a_ticket_is_what_training_moved_farthest(checkpoint: Path, trained: Path) -> None:
    """8 rows of 32 weights were moved most; a random ticket of that size lies everywhere."""
    size = 256 / sum(one.size for one in _of_layers(load_encoder_model(checkpoint)).values())
    found = learnt(checkpoint, trained=str(trained), share=size)
    assert [(name.split("layer.")[1].split(".param")[0], one.size) for name, one in found.items()] == [
        ("1.intermediate.dense", 256)
    ]
    assert all(np.abs(one).min() > 0 for one in found.values())
    random = learnt(checkpoint, by="random", share=size)
    assert sum(one.size for one in random.values()) == 256
    assert len(random) > 8


def test_tickets_learn_what_can_be_learnt_and_nothing_else(checkpoint: Path, trained: Path) -> None:
    found = {told: accuracy("lottery-ticket", checkpoint, told=told, trained=str(trained)) for told in (True, False)}
    assert found[True] > 0.9
    assert abs(found[False] - 0.5) < 0.25


def test_weights_that_did_not_move_are_no_ticket(checkpoint: Path) -> None:
    with pytest.raises(BadValue, match="no weight of a layer differs from the checkpoint; train it on text"):
        learnt(checkpoint, trained=str(checkpoint))
    with pytest.raises(BadValue, match='needs the checkpoint after further training; add trained = "folder of it"'):
        learnt(checkpoint)


@pytest.mark.parametrize("layer", [0, 1])
def test_states_of_a_template_are_read_by_the_upper_layers_alone(checkpoint: Path, encoder: Any, layer: int) -> None:
    """As the layers compute it one by one; padding does not count, and below the text is read by itself."""
    template = {"template": "the football match", "layer": layer}
    recipe = recipes.get("template-prompt").read({"checkpoint": str(checkpoint), "max_length": 8, **template})
    model = recipe.adapt(deepcopy(encoder)).eval()  # type: ignore[attr-defined]  # of recipes that are trained
    with torch.no_grad():
        below = encoder(input_ids=IDS[1:], output_hidden_states=True).hidden_states[layer]
        wanted = torch.cat([below, model.prompts[None]], dim=1)
        for one in encoder.encoder.layer[layer:]:
            found = one(wanted)
            wanted = found[0] if isinstance(found, tuple) else found
        states = model(IDS, THERE).last_hidden_state
        alone = model(IDS[:1, :5], THERE[:1, :5]).last_hidden_state
    assert torch.allclose(states[1:], wanted[:, :6], atol=1e-5)
    assert torch.allclose(states[:1, :5], alone, atol=1e-5)


def test_templates_learn_what_can_be_learnt_and_nothing_else(checkpoint: Path) -> None:
    template = {"template": "the football match"}
    settings = {"length": None, **template}
    found = {told: accuracy("template-prompt", checkpoint, told=told, **settings) for told in (True, False)}
    assert found[True] > 0.9
    assert abs(found[False] - 0.5) < 0.25


WHOLE = {"template": "the {mask} match", "learnt": "all", "labels": "means"}


def test_all_weights_and_label_vectors_learn_what_can_be_learnt_and_nothing_else(checkpoint: Path) -> None:
    """From the mask of a template that a copy of the lower layers reads."""
    settings = {"length": None, "learning_rate": 3e-3, **WHOLE}
    found = {told: accuracy("template-prompt", checkpoint, told=told, **settings) for told in (True, False)}
    assert found[True] > 0.9
    assert abs(found[False] - 0.5) < 0.25


@pytest.mark.parametrize("learnt", ["states", "all"])
def test_the_mask_of_a_template_answers_with_the_nearest_mean(checkpoint: Path, encoder: Any, learnt: str) -> None:
    """Before anything is learnt; a label without examples is at the mean of all, and rows set aside count nowhere."""
    more = WHOLE | {"learnt": learnt, "max_length": 16, "learning_rate": 1e-12, "epochs": 1, "select": "best"}
    recipe = recipes.get("template-prompt").read({"checkpoint": str(checkpoint), **more})
    texts = [" ".join(WORDS[place % 2][: 1 + place // 2]) for place in range(6)]
    prepared = recipe.prepare(Corpus([texts], [texts], ["eng"]), map)
    labels = np.array([0, 1, 0, 1, 0, 1])
    fitted = recipe.fit(prepared, Training(np.arange(6), labels, 0, labels_count=3))
    model = recipe.adapt(deepcopy(encoder)).eval()  # type: ignore[attr-defined]  # of recipes that are trained
    tokens = Tokens.of(prepared, "train")
    states = []
    with torch.no_grad():
        for place in range(6):
            ids = torch.from_numpy(tokens.sequence(place).astype("int64"))[None]
            model(ids, torch.ones_like(ids))
            below = torch.cat([model.below, model.read[None]], dim=1)
            found = model.encoder.encoder.layer[1](below)
            found = found[0] if isinstance(found, tuple) else found
            states.append(found[0, ids.shape[1] + 2].numpy())  # [CLS] the [MASK]
    kept = ~holdout(6, 0)
    means = [np.mean(np.array(states)[kept & (labels == label)], axis=0) for label in (0, 1)]
    means.append(np.mean(np.array(states)[kept], axis=0))
    assert np.allclose(fitted.arrays["head.weight"], (np.array(means) - means[-1]) / 32**0.5, atol=1e-5)
    nearest = [int(np.argmin([((one - mean) ** 2).sum() for mean in means])) for one in states]
    assert recipe.predict(prepared, fitted)[""].tolist() == nearest


def test_all_weights_are_learnt_and_a_copy_reads_the_template(checkpoint: Path) -> None:
    """What is kept is enough to answer alike, and the layers below moved apart."""
    settings = {"checkpoint": str(checkpoint), "max_length": 16, "epochs": 1, "learning_rate": 1e-3}
    recipe = recipes.get("template-prompt").read(settings | WHOLE)
    prepared = recipe.prepare(Corpus([["doctor", "match"]], [["fever"]], ["eng"]), map)
    fitted = recipe.fit(prepared, Training(np.arange(2), np.arange(2), 0, labels_count=2))
    name = "encoder.layer.0.output.dense.weight"
    begun = load_encoder_model(checkpoint, "float32").state_dict()[name].numpy()
    one, other = fitted.arrays[f"encoder.encoder.{name}"], fitted.arrays[f"encoder.copy.{name}"]
    assert not any(np.allclose(*pair, atol=1e-6) for pair in ((one, other), (one, begun), (other, begun)))
    assert "encoder.prompts" not in fitted.arrays


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"template": "a {mask} {mask}"}, "the template has several {mask}; write it once"),
        ({"learnt": "all", "states": "vocabulary"}, "random states have no template for layers to read; leave out"),
        ({"template": "the match " * 20 + "{mask}", "max_length": 8}, "0 masks are left of the template in 8 tokens"),
    ],
)
def test_masks_that_cannot_answer_are_refused(checkpoint: Path, encoder: Any, more: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        recipes.get("template-prompt").read(  # type: ignore[attr-defined]  # of recipes that are trained
            {"checkpoint": str(checkpoint), "template": "a match", **more}
        ).adapt(encoder)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"template": "a {mask}"}, "one {mask} cannot answer for each word; leave"),
        ({"labels": "means"}, "only labels of whole texts have means"),
    ],
)
def test_words_have_no_mask_of_their_own(checkpoint: Path, more: dict[str, Any], said: str) -> None:
    settings = {"checkpoint": str(checkpoint), "template": "a match", "max_length": 16}
    recipe = recipes.get("template-prompt").read(settings | more)
    words = [("doctor", "match"), ("match", "doctor")]
    prepared = recipe.prepare(Corpus([words], [words], ["eng"], tasks.get("token-tagging")()), map)
    with pytest.raises(BadValue, match=said):
        recipe.fit(prepared, Training(np.arange(2), np.array([0, 1, 1, 0]), 0, labels_count=2))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "template-prompt has no template; add template"),
        ({"template": "the match", "layer": 2}, "there is no layer 2 to read states before; the model has 0 to 1"),
        (
            {"template": "the match " * 20, "max_length": 60},
            "are more than the 64 positions of the model; set max_length",
        ),
    ],
)
def test_templates_that_cannot_be_are_refused(checkpoint: Path, encoder: Any, more: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        recipes.get("template-prompt").read({"checkpoint": str(checkpoint), **more}).adapt(encoder)  # type: ignore[attr-defined]


def test_models_that_never_look_ahead_take_no_template(tmp_path: Path) -> None:
    """States stand behind the text, and layers are told the positions of a whole text."""
    folder = make_decoder(tmp_path / "decoder")
    recipe = recipes.get("template-prompt").read({"checkpoint": str(folder), "template": "a text"})
    with pytest.raises(BadValue, match="type llama cannot be given states of a template"):
        recipe.adapt(load_encoder_model(folder, "float32"))  # type: ignore[attr-defined]  # of recipes that are trained


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
    ("parameters", "said"),
    [
        ({"length": 0}, "length must be"),
        ({"deep": "yes"}, "deep must be true or false"),
        ({"encoded": 1.5}, "encoded must be"),
        ({"encoded": 0.5, "deep": True}, "prompts of layers are not encoded; leave out encoded, or deep"),
        ({"encoded": 0.5, "length": 1}, "a dual prompt has two vectors or more"),
    ],
)
def test_bad_parameters_are_refused(checkpoint: Path, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        recipes.get("prompt-tuning").read({"checkpoint": str(checkpoint), **parameters})
