"""`vocabulary-transplant`: rows of a new tokenizer's tokens, from those of the old one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lab.adaptation.conftest import WORDS, sentences
from tests.lab.checkpoints import make_checkpoint

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab import ByteTransformer, adapt, adaptation_card, adaptations, pretrain
from isogloss.lab.adaptation.weights import Weights

torch = pytest.importorskip("torch", reason="needs the extra lab")

NAME = "vocabulary-transplant"
EMBEDDINGS = {"decoder": "model.embed_tokens.weight", "masked": "bert.embeddings.word_embeddings.weight"}


def logits(folder: Path, text: str) -> np.ndarray:
    """Of every token after each token of a text."""
    import transformers

    kind = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    model = getattr(transformers, kind).from_pretrained(folder)
    ids = transformers.AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    with torch.inference_mode():
        found: np.ndarray = model(input_ids=torch.tensor([ids])).logits[0].numpy()
    return found


def tokens_of(folder: Path) -> dict[str, int]:
    import transformers

    found: dict[str, int] = transformers.AutoTokenizer.from_pretrained(folder).get_vocab()
    return found


def permuted(folder: Path, into: Path, seed: int = 0) -> Path:
    """A folder with the same tokenizer, its ids in another order."""
    settings = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = settings["model"]["vocab"]
    order = np.random.default_rng(seed).permutation(len(vocabulary)).tolist()
    settings["model"]["vocab"] = {token: order[place] for token, place in vocabulary.items()}
    for one in settings["added_tokens"]:
        one["id"] = order[one["id"]]
    for one in settings["post_processor"]["special_tokens"].values():
        one["ids"] = [order[place] for place in one["ids"]]
    into.mkdir()
    (into / "tokenizer.json").write_text(json.dumps(settings))
    shutil.copy(folder / "tokenizer_config.json", into)
    return into


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_the_same_tokenizer_with_other_ids_gives_the_same_logits(kind, checkpoints, tmp_path):
    """The planted world: nothing changes but the numbers of tokens, in embeddings, head and its bias."""
    other = permuted(checkpoints[kind], tmp_path / "tokenizer")
    made = adapt(checkpoints[kind], NAME, tokenizer=str(other), into=tmp_path / "made")
    assert adaptation_card(made)["facts"]["rows_kept"] == len(tokens_of(made))
    before, after = tokens_of(checkpoints[kind]), tokens_of(made)
    assert before != after
    order = [after[token] for token in before]
    for text in ("the doctor cures a small fever", "een kleine koorts"):
        ours, theirs = logits(made, text)[:, order], logits(checkpoints[kind], text)[:, [*before.values()]]
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def rows(folder: Path, name: str) -> dict[str, Any]:
    """Row of each token."""
    tensor = Weights(folder)[name].numpy()
    return {token: tensor[place] for token, place in tokens_of(folder).items()}


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_rows_are_those_of_shared_tokens_or_means_of_pieces(kind, checkpoints, corpus, tmp_path):
    from tokenizers import Tokenizer

    made = adapt(checkpoints[kind], NAME, corpus={"eng": sentences("eng", 200)}, into=tmp_path / "made", size=320)
    old, new = rows(checkpoints[kind], EMBEDDINGS[kind]), rows(made, EMBEDDINGS[kind])
    assert len(new) == 320
    model = Tokenizer.from_file(str(checkpoints[kind] / "tokenizer.json")).model
    fresh = [token for token in new if token not in old]
    assert fresh
    for token in new.keys() & old.keys():
        np.testing.assert_array_equal(new[token], old[token])
    for token in fresh:
        pieces = [old[one.value] for one in model.tokenize(token)]
        np.testing.assert_allclose(new[token], np.mean(pieces, axis=0), atol=1e-6)


def test_a_head_of_its_own_gets_rows_too(checkpoints, corpus, tmp_path):
    """The decoder's head is not tied to its embeddings."""
    made = adapt(checkpoints["decoder"], NAME, corpus=corpus, into=tmp_path / "made", size=320)
    old, new = (rows(folder, "lm_head.weight") for folder in (checkpoints["decoder"], made))
    shared = new.keys() & old.keys()
    assert len(shared) > 256
    for token in shared:
        np.testing.assert_array_equal(new[token], old[token])


def test_random_rows_have_mean_and_deviation_of_the_old_ones(checkpoints, corpus, tmp_path):
    given = {"corpus": corpus, "method": "random", "shared": False}
    one, other = (adapt(checkpoints["decoder"], NAME, into=tmp_path / str(seed), seed=seed, **given) for seed in (0, 1))
    old = np.stack([*rows(checkpoints["decoder"], EMBEDDINGS["decoder"]).values()])
    new = rows(one, EMBEDDINGS["decoder"])
    drawn = np.stack([row for token, row in new.items() if token not in ("<pad>", "<s>", "</s>", "<mask>")])
    assert abs(drawn.mean() - old.mean()) < 4 * old.std() / np.sqrt(drawn.size)
    assert drawn.std() == pytest.approx(old.std(), rel=0.05)
    assert not np.array_equal(drawn[0], rows(other, EMBEDDINGS["decoder"])["the"])
    assert adaptation_card(one)["facts"]["rows_kept"] == 4


def test_mean_rows_are_the_mean(checkpoints, corpus, tmp_path):
    given = {"corpus": corpus, "method": "mean", "shared": False}
    made = adapt(checkpoints["decoder"], NAME, into=tmp_path / "made", **given)
    old = np.stack([*rows(checkpoints["decoder"], EMBEDDINGS["decoder"]).values()])
    np.testing.assert_allclose(rows(made, EMBEDDINGS["decoder"])["a"], old.mean(axis=0), atol=1e-6)


def test_rows_of_similar_tokens_are_means_by_a_helper(checkpoints, corpus, tmp_path):
    """Each new token's vector in the helper is that of one shared token, whose row it gets."""
    first = adapt(checkpoints["decoder"], NAME, corpus=corpus, into=tmp_path / "first", size=320)
    helper = Path(shutil.copytree(first, tmp_path / "helper"))
    from safetensors.torch import load_file, save_file

    weights = load_file(helper / "model.safetensors")
    old, ids = tokens_of(checkpoints["decoder"]), tokens_of(helper)
    fresh = sorted(ids.keys() - old.keys())
    shared = sorted(token for token in ids.keys() & old.keys() if not token.startswith("<"))
    for name in (EMBEDDINGS["decoder"], "lm_head.weight"):
        for place, token in enumerate(fresh):
            weights[name][ids[token]] = 2 * weights[name][ids[shared[place]]]
    save_file(weights, helper / "model.safetensors", metadata={"format": "pt"})
    made = adapt(
        checkpoints["decoder"], NAME, tokenizer=str(first), helper=str(helper), method="overlap", neighbours=1,
        into=tmp_path / "made",
    )  # fmt: skip
    before, after = (rows(folder, EMBEDDINGS["decoder"]) for folder in (checkpoints["decoder"], made))
    for place, token in enumerate(fresh):
        np.testing.assert_allclose(after[token], before[shared[place]], atol=1e-6)


def test_rows_of_similar_tokens_by_texts_alone(checkpoints, corpus, tmp_path):
    made = adapt(checkpoints["decoder"], NAME, corpus=corpus, method="overlap", into=tmp_path / "made", size=320)
    facts = adaptation_card(made)["facts"]
    assert facts["rows_kept"] + facts["rows_combined"] + facts["rows_filled"] == facts["tokens"] == 320
    assert facts["rows_combined"] > 0


def test_tokens_of_other_kinds_of_tokenizers_are_told_to_be_the_same(checkpoints, tmp_path):
    """A word of WordPiece is a letter for each byte with a space before it."""
    wordpiece = make_checkpoint(tmp_path / "wordpiece")
    learnt = adapt(checkpoints["encoder"], NAME, corpus={"eng": sentences("eng", 300)}, into=tmp_path / "learnt")
    made = adapt(learnt, NAME, tokenizer=str(wordpiece), into=tmp_path / "made")
    name = "embeddings.word_embeddings.weight"
    before, after = rows(learnt, name), rows(made, name)
    for word in ("doctor", "fever", "river"):
        np.testing.assert_array_equal(after[word], before[f"\u0120{word}"])
    np.testing.assert_array_equal(after["##a"], before["a"])
    np.testing.assert_array_equal(after["[CLS]"], before["<s>"])
    np.testing.assert_array_equal(after["[MASK]"], before["<mask>"])


@pytest.mark.parametrize("kind", ["Unigram", "WordPiece"])
def test_tokenizers_of_pieces_and_words_are_learnt_too(kind, tmp_path):
    """Words that are frequent become tokens; texts are restored."""
    import transformers

    folder = make_llama(kind, tmp_path / "model")
    made = adapt(folder, NAME, corpus={"eng": sentences("eng", 200)}, into=tmp_path / "made", size=90)
    tokenizer = transformers.AutoTokenizer.from_pretrained(made)
    assert len(tokenizer) <= 90
    mark = "\u2581" if kind == "Unigram" else ""
    assert {f"{mark}hospital", f"{mark}doctor"} <= tokenizer.get_vocab().keys()
    ids = tokenizer("the doctor cures a small fever")["input_ids"]
    assert len(ids) == 6
    assert tokenizer.decode(ids).strip() == "the doctor cures a small fever"
    before, after = adaptation_card(made)["facts"]["bytes_per_token"]["eng"]
    assert after > before


def make_llama(kind: str, folder: Path) -> Path:
    """A decoder with random weights that has a tokenizer of pieces or words, learnt from Dutch and few letters more."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    unigram = kind == "Unigram"
    tokenizer = Tokenizer(models.Unigram() if unigram else models.WordPiece(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace() if unigram else pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.Metaspace() if unigram else decoders.WordPiece()
    more = {"unk_token": "<unk>"} if unigram else {}
    trainer = getattr(trainers, f"{kind}Trainer")(
        vocab_size=120, special_tokens=["<pad>", "<unk>"], show_progress=False, **more
    )
    tokenizer.train_from_iterator(sentences("nld", 100), trainer)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", eos_token="<pad>"
    ).save_pretrained(folder)
    shape = transformers.LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, pad_token_id=0,
    )  # fmt: skip
    transformers.LlamaForCausalLM(shape).save_pretrained(folder)
    return folder


def test_pieces_beat_random_rows_where_embeddings_know_something(tmp_path):
    """The planted world: a byte model that has read English gets a tokenizer of English words."""
    texts = [" ".join(WORDS["eng"])[place:] for place in range(20)] + sentences("eng", 200)
    shape = ByteTransformer(layers=1, width=32, heads=2, context=64, steps=80, batch_size=8, learning_rate=5e-3)
    pretrain(texts, tmp_path / "model", shape)
    losses = {}
    for method in ("pieces", "random"):
        made = adapt(
            tmp_path / "model", NAME, corpus={"eng": texts}, method=method, shared=False, size=300,
            into=tmp_path / method,
        )  # fmt: skip
        losses[method] = adaptation_card(made)["losses"][0]["after"]
    assert losses["pieces"] < losses["random"] - 0.2


class TestRefused:
    """The thing, the reason, what to do."""

    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ({"method": "overlap", "shared": False}, "shared: method 'overlap' makes rows from those of shared tokens"),
            ({"method": "pieces", "helper": "x"}, "helper: method 'pieces' compares no tokens"),
            ({"tokenizer": "x", "size": 9}, "size: a tokenizer that is given has its size"),
        ],
    )
    def test_parameters_that_do_not_agree(self, given, match):
        with pytest.raises(BadValue, match=match):
            adaptations.get(NAME).read(given)

    def test_a_language_without_texts(self, checkpoints, corpus):
        with pytest.raises(UnknownName, match="deu"):
            adapt(checkpoints["decoder"], NAME, corpus=corpus, languages=("deu",))

    def test_a_tokenizer_that_cannot_hide(self, checkpoints, tmp_path):
        other = permuted(checkpoints["masked"], tmp_path / "tokenizer")
        settings = json.loads((other / "tokenizer_config.json").read_text())
        del settings["mask_token"]
        (other / "tokenizer_config.json").write_text(json.dumps(settings))
        with pytest.raises(BadFile, match="has no mask token, which a model of hidden words needs"):
            adapt(checkpoints["masked"], NAME, tokenizer=str(other), into=tmp_path / "made")

    def test_a_folder_without_a_tokenizer(self, checkpoints, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(BadFile, match="empty"):
            adapt(checkpoints["decoder"], NAME, tokenizer=str(tmp_path / "empty"), into=tmp_path / "made")

    def test_a_helper_of_another_tokenizer(self, checkpoints, corpus, tmp_path):
        helper = make_llama("WordPiece", tmp_path / "helper")
        with pytest.raises(BadValue, match=r"helper: has \d+ of the \d+ tokens of the new tokenizer"):
            adapt(checkpoints["decoder"], NAME, corpus=corpus, method="overlap", helper=str(helper))
