"""Checkpoints and texts for adaptations: a decoder whose tokens are merged from bytes, and an encoder with its head."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra lab")

WORDS = {
    "eng": "the doctor cures a small fever in the big hospital by the river bank".split(),
    "nld": "de dokter geneest een kleine koorts in het grote ziekenhuis bij de rivier".split(),
}


def sentences(language: str, count: int = 30) -> list[str]:
    """Different sentences of a language."""
    chance = random.Random(language)
    return [" ".join([*chance.choices(WORDS[language], k=6), str(number)]) for number in range(count)]


def texts() -> dict[str, list[str]]:
    """Texts of two languages."""
    return {language: sentences(language) for language in WORDS}


@pytest.fixture
def corpus() -> dict[str, list[str]]:
    """The same, for a test to spoil."""
    return texts()


def tokenizer_of(folder: Path, texts: list[str], size: int = 320) -> int:
    """Write a tokenizer of byte pairs, learnt from texts; how many tokens it has."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<pad>", "<s>", "</s>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", mask_token="<mask>",
        cls_token="<s>", sep_token="</s>",
    ).save_pretrained(folder)  # fmt: skip
    return tokenizer.get_vocab_size()


def make(kind: str, folder: Path) -> Path:
    """A decoder, a model of hidden words, or an encoder without a head, of three layers with random weights."""
    import torch
    import transformers

    texts = [text for language in WORDS for text in sentences(language)]
    size = tokenizer_of(folder, [*texts, "ein anderer Satz mit anderen Wörtern, die sonst nirgends stehen " * 9])
    shape = {
        "vocab_size": size, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2,
        "intermediate_size": 64, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(3)
        configuration = transformers.LlamaConfig(**shape) if kind == "decoder" else transformers.BertConfig(**shape)
        names = {"decoder": "LlamaForCausalLM", "masked": "BertForMaskedLM", "encoder": "BertModel"}
        getattr(transformers, names[kind])(configuration).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    return folder


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of each kind."""
    return {kind: make(kind, tmp_path_factory.mktemp(kind)) for kind in ("decoder", "masked", "encoder")}
