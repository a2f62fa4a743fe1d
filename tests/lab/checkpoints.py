"""Tiny models with random weights, made on the spot, for tests of what does not depend on what a model knows."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

WORDS = "the a doctor fever hospital goalkeeper football match river bank sleeps sees plays cures big small".split()


def make_checkpoint(folder: Path, seed: int = 5) -> Path:
    """A BERT of two layers, 32 numbers wide, whose vocabulary is a few words, all letters and one script."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip
    fast.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        configuration = BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=64,
        )  # fmt: skip
        BertModel(configuration).save_pretrained(folder)
    return folder


def make_masked(folder: Path) -> Path:
    """The same encoder with a head for hidden words, of other weights."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    make_checkpoint(folder)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        BertForMaskedLM(BertConfig.from_pretrained(folder)).save_pretrained(folder)
    return folder


def make_decoder(folder: Path, seed: int = 5, width: int = 32) -> Path:
    """A decoder of two layers whose tokens are bytes; one that is there already is taken."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from isogloss.lab.byte_tokenizer import write_byte_tokenizer

    if not (folder / "config.json").is_file():
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            configuration = LlamaConfig(
                vocab_size=258, hidden_size=width, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
                bos_token_id=257, eos_token_id=257, pad_token_id=256,
            )  # fmt: skip
            LlamaForCausalLM(configuration).save_pretrained(folder)
        write_byte_tokenizer(folder, 0, 2048)
    return folder


def make_taught(folder: Path, draw: Callable[[random.Random], tuple[str, str]], steps: int = 120) -> Path:
    """The decoder of `make_decoder` after training on the first token of answers to prompts, all of one length.

    `draw` gives a prompt and the letter that is to follow it, so that a rule can be planted in a second or two.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    make_decoder(folder)
    model, cut, chance = (
        AutoModelForCausalLM.from_pretrained(folder),
        AutoTokenizer.from_pretrained(folder),
        random.Random(0),
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        drawn = [draw(chance) for _ in range(64)]
        ids = torch.tensor([cut(prompt + answer, add_special_tokens=False)["input_ids"] for prompt, answer in drawn])
        loss = torch.nn.functional.cross_entropy(model(input_ids=ids[:, :-1]).logits[:, -1], ids[:, -1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder


def make_seq2seq(folder: Path, *, copies: int = 0, is_aligned: bool = True, seed: int = 5) -> Path:
    """A T5 of two layers whose tokens are bytes; those of copies are to it as the bytes, if it is aligned."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    from isogloss.lab.byte_tokenizer import clone_text, vocabulary_size, write_byte_tokenizer
    from isogloss.models.checkpoints import load_tokenizer

    if (folder / "config.json").is_file():
        return folder
    write_byte_tokenizer(folder, copies, 512)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        configuration = T5Config(
            vocab_size=vocabulary_size(copies), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2,
            dropout_rate=0.0, pad_token_id=256, eos_token_id=257, decoder_start_token_id=256,
        )  # fmt: skip
        model = T5ForConditionalGeneration(configuration)
    if is_aligned and copies:
        tokenizer = load_tokenizer(folder)
        with torch.no_grad():
            for copy in range(1, copies + 1):
                for byte in range(32, 127):
                    (token,) = tokenizer(clone_text(chr(byte), copy), add_special_tokens=False)["input_ids"]
                    model.shared.weight[token] = model.shared.weight[byte]
    model.save_pretrained(folder)
    return folder
