"""Tiny encoder-decoders with random weights, one of them with a tokeniser that is written in Python."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from isogloss.lab.byte_tokenizer import write_byte_tokenizer

TEXTS = ["the doctor cures a fever", "der arzt heilt das fieber", "a goalkeeper plays football in the match"]


def make_t5(folder: Path) -> Path:
    """Two layers on either side; its tokens are bytes."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(3)
    shape = {"d_model": 32, "d_ff": 64, "d_kv": 16, "num_layers": 2, "num_heads": 2}
    special = {"pad_token_id": 256, "eos_token_id": 257, "decoder_start_token_id": 256}
    T5ForConditionalGeneration(T5Config(vocab_size=258, **shape, **special)).save_pretrained(folder)
    write_byte_tokenizer(folder, 0, 96)
    return folder


def make_marian(folder: Path) -> Path:
    """Two layers on either side; a SentencePiece model of a few sentences, which has no form in Rust."""
    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir()
    (folder / "texts.txt").write_text("\n".join(TEXTS * 50))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "texts.txt"), model_prefix=str(folder / "pieces"), vocab_size=31, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "pieces.model"))
    vocabulary = {pieces.id_to_piece(place): place for place in range(pieces.get_piece_size())}
    vocabulary["<pad>"] = len(vocabulary)
    for name in ("source.spm", "target.spm"):
        shutil.copy(folder / "pieces.model", folder / name)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    MarianTokenizer(
        source_spm=str(folder / "source.spm"), target_spm=str(folder / "target.spm"),
        vocab=str(folder / "vocab.json"), model_max_length=64,
    ).save_pretrained(folder)  # fmt: skip
    sides = {f"{side}_{name}": 2 for side in ("encoder", "decoder") for name in ("layers", "attention_heads")}
    special = {"pad_token_id": 31, "decoder_start_token_id": 31, "eos_token_id": vocabulary["</s>"]}
    torch.manual_seed(3)
    shape = {"vocab_size": 32, "d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    config = MarianConfig(max_position_embeddings=64, forced_eos_token_id=None, **shape, **sides, **special)
    MarianMTModel(config).save_pretrained(folder)
    return folder
