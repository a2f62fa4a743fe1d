"""`vocabulary-trim`: nothing changes for texts whose tokens are kept, whatever the kind of tokenizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.lab.adaptation.conftest import sentences

from isogloss.errors import BadValue
from isogloss.lab import ByteTransformer, adapt, adaptation_card, adaptations, clone_text, pretrain

torch = pytest.importorskip("torch", reason="needs the extra lab")


def logits(folder: Path, text: str) -> tuple[np.ndarray, list[str]]:
    """Of every token after each token of a text, and the tokens as they are spelt."""
    import transformers

    kind = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    model, tokenizer = (
        one.from_pretrained(folder) for one in (getattr(transformers, kind), transformers.AutoTokenizer)
    )
    with torch.inference_mode():
        found = model(input_ids=torch.tensor([tokenizer(text)["input_ids"]])).logits[0].numpy()
    return found, tokenizer.convert_ids_to_tokens(range(len(tokenizer)))


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_logits_of_kept_tokens_are_the_same_to_the_last_bit(kind, checkpoints, corpus, tmp_path):
    folder = adapt(checkpoints[kind], "vocabulary-trim", corpus=corpus, into=tmp_path / "made")
    for text in ("the doctor cures a small fever", "het grote ziekenhuis"):
        before, tokens = logits(checkpoints[kind], text)
        after, kept = logits(folder, text)
        assert len(kept) < len(tokens)
        np.testing.assert_array_equal(before[:, [tokens.index(token) for token in kept]], after)


def test_a_model_of_bytes_loses_the_copy_of_a_language_and_nothing_else(tmp_path):
    """The planted world: the language is expected as before, to the last bit; no token of the copy is left."""
    shape = ByteTransformer(layers=1, width=16, heads=2, context=32, steps=20, batch_size=4, copies=1)
    texts = sentences("eng")
    pretrain([*texts, *map(clone_text, texts)], tmp_path / "model", shape)
    folder = adapt(tmp_path / "model", "vocabulary-trim", corpus={"eng": texts}, into=tmp_path / "made")
    before, tokens = logits(tmp_path / "model", texts[0])
    after, kept = logits(folder, texts[0])
    assert len(kept) == 258 < len(tokens)
    np.testing.assert_array_equal(before[:, [tokens.index(token) for token in kept]], after)
    # The probability that tokens of the copy had goes to the others.
    assert all(one["change"] <= 0 for one in adaptation_card(folder)["losses"])


@pytest.mark.parametrize("kind", ["Unigram", "WordPiece", "WordLevel"])
def test_other_kinds_of_tokenizers_cut_kept_text_as_before(kind, checkpoints, tmp_path):
    """On texts that were not learnt from, wherever the old tokenizer needs kept tokens alone."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    model = {"Unigram": models.Unigram(), "WordPiece": models.WordPiece(unk_token="<unk>"),
             "WordLevel": models.WordLevel(unk_token="<unk>")}[kind]  # fmt: skip
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace() if kind == "Unigram" else pre_tokenizers.Whitespace()
    more = {"unk_token": "<unk>"} if kind == "Unigram" else {}
    special = ["<pad>", "<unk>"]
    trainer = getattr(trainers, f"{kind}Trainer")(vocab_size=200, special_tokens=special, show_progress=False, **more)
    tokenizer.train_from_iterator([*sentences("eng", 200), *sentences("nld", 200)], trainer)
    folder = tmp_path / "model"
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", eos_token="<pad>"
    ).save_pretrained(folder)
    shape = transformers.LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, pad_token_id=0,
    )  # fmt: skip
    transformers.LlamaForCausalLM(shape).save_pretrained(folder)
    made = adapt(folder, "vocabulary-trim", corpus={"eng": sentences("eng")}, into=tmp_path / "made")
    old, new = (transformers.AutoTokenizer.from_pretrained(one) for one in (folder, made))
    kept, same = set(new.get_vocab()), 0
    assert len(kept) < len(old)
    for text in (*sentences("eng", 200), *sentences("nld", 50)):
        tokens = old.tokenize(text)
        if kept.issuperset(tokens):
            assert new.tokenize(text) == tokens
            same += 1
    assert same > 50


def test_tokens_are_kept_by_how_often_they_stand_there_and_by_script(checkpoints, corpus, tmp_path):
    sizes = {}
    for name, given in {
        "all": {}, "often": {"min_count": 20}, "three": {"most": 3, "letters": False}, "latin": {"scripts": ("Latn",)},
        "greek": {"scripts": ("Grek",), "most": 3, "letters": False},
    }.items():  # fmt: skip
        folder = adapt(checkpoints["decoder"], "vocabulary-trim", corpus=corpus, into=tmp_path / name, **given)
        sizes[name] = adaptation_card(folder)["facts"]["tokens"]
    assert sizes["greek"] <= sizes["three"] < sizes["all"] < sizes["latin"]
    assert sizes["often"] < sizes["all"]


def test_a_script_that_there_is_not_is_refused(checkpoints):
    trim = adaptations.get("vocabulary-trim").read({"scripts": ("Latin-1",)})
    with pytest.raises(BadValue, match="scripts: unknown script among Latin-1"):
        adapt(checkpoints["decoder"], trim)
