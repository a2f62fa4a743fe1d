"""Tokenisers alone, without a model: texts as pieces of a vocabulary, and pieces as text again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, first_line
from isogloss.extras import need
from isogloss.files import read_input
from isogloss.models.checkpoints import load_tokenizer, locate
from isogloss.models.encoder import is_attribute, read_attribute
from isogloss.models.tokenizers import Ids

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What stands in decoded text for bytes that are no whole character."""


class Pieces(ABC):
    """A tokeniser, whose special tokens are left out.

    Attributes
    ----------
    unknown : int or None
        Id of what it has no piece for.
    """

    unknown: int | None

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Ids:
        """Ids of the pieces of each text."""

    @abstractmethod
    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """The text of each sequence of ids."""


@dataclass(frozen=True)
class FastPieces(Pieces):
    """A tokeniser of the library tokenizers, which `tokenizer.json` holds."""

    inner: Any
    unknown: int | None

    @classmethod
    def read(cls, path: Path) -> FastPieces:
        """From `tokenizer.json`."""
        return cls.parse(read_input(path), path)

    @classmethod
    def parse(cls, content: bytes | str, path: Path = Path("tokenizer.json")) -> FastPieces:
        """From what `tokenizer.json` holds."""
        need("tokenizers")
        from tokenizers import Tokenizer

        try:
            inner = Tokenizer.from_buffer(content.encode() if isinstance(content, str) else content)
        except Exception as error:  # the library has one class for all that is wrong
            raise _damaged(path, error) from None
        inner.no_truncation()
        inner.no_padding()
        unknown = getattr(inner.model, "unk_token", None) or _unknown_piece(inner)
        return cls(inner, None if unknown is None else inner.token_to_id(unknown))

    def encode(self, texts: Sequence[str]) -> Ids:
        return [one.ids for one in self.inner.encode_batch(list(texts), add_special_tokens=False)]

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        decoded: list[str] = self.inner.decode_batch([list(one) for one in sequences], skip_special_tokens=False)
        return decoded


@dataclass(frozen=True)
class SentencePieces(Pieces):
    """A model of the library SentencePiece."""

    inner: Any
    unknown: int | None

    @classmethod
    def read(cls, path: Path) -> SentencePieces:
        """From its file."""
        need("sentencepiece")
        from sentencepiece import SentencePieceProcessor

        try:
            inner = SentencePieceProcessor(model_proto=read_input(path))
        except (RuntimeError, OSError) as error:
            raise _damaged(path, error) from None
        return cls(inner, inner.unk_id())

    def encode(self, texts: Sequence[str]) -> Ids:
        ids: Ids = self.inner.encode(list(texts))
        return ids

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        decoded: list[str] = self.inner.decode([list(one) for one in sequences])
        return decoded


@dataclass(frozen=True)
class SlowPieces(Pieces):
    """A tokeniser of transformers that is written in Python."""

    inner: Any
    unknown: int | None

    def encode(self, texts: Sequence[str]) -> Ids:
        ids: Ids = self.inner(list(texts), add_special_tokens=False, return_attention_mask=False)["input_ids"]
        return ids

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        decoded: list[str] = self.inner.batch_decode([list(one) for one in sequences])
        return decoded


@dataclass(frozen=True)
class FunctionPieces(Pieces):
    """A tokeniser of another package: `encode` from a text to ids, and `decode` from ids to text."""

    encode_one: Callable[[str], Sequence[int]]
    decode_one: Callable[[list[int]], str]
    unknown: int | None

    def encode(self, texts: Sequence[str]) -> Ids:
        return [list(self.encode_one(text)) for text in texts]

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        try:
            return [self.decode_one(list(one)) for one in sequences]
        except Exception as error:  # code of another package, which can fail in any way
            reason = f"cannot decode what it encodes ({first_line(error)})"
            raise BadValue(reason, where="tokenizer", hint="take another one") from None


def load_pieces(source: Any) -> Pieces:
    """A tokeniser by name.

    Parameters
    ----------
    source : str, pathlib.Path or object
        A folder with a `tokenizer.json`, or that file; a SentencePiece model (`.model`); a checkpoint, as
        `isogloss.models.locate` takes it; `module:attribute`, an object with methods `encode` from a text to ids and
        `decode` from ids to a text; or such an object.

    Raises
    ------
    BadFile, BadValue
        If there is none, or it cannot be read.
    """
    if isinstance(source, Pieces):
        return source
    if not isinstance(source, str | Path):
        return _of_object(source)
    name = str(source)
    if is_attribute(name):
        return _of_object(read_attribute(name, "tokenizer"))
    path = Path(name).expanduser()
    if path.suffix == ".model":
        return SentencePieces.read(path)
    if path.suffix == ".json":
        return FastPieces.read(path)
    folder = path if (path / "tokenizer.json").is_file() else locate(name)
    if (folder / "tokenizer.json").is_file():
        return FastPieces.read(folder / "tokenizer.json")
    inner = load_tokenizer(folder)
    return SlowPieces(inner, inner.unk_token_id)


def _of_object(source: Any) -> Pieces:
    encode, decode = (getattr(source, name, None) for name in ("encode", "decode"))
    if not callable(encode) or not callable(decode):
        raise BadValue(
            "has no methods `encode` and `decode`", where=f"tokenizer {source!r}", hint="name another object"
        )
    return FunctionPieces(encode, decode, getattr(source, "unk_id", None))


def _unknown_piece(inner: Any) -> str | None:
    """Of a unigram model, which tells its id alone."""
    import json

    model = json.loads(inner.to_str())["model"]
    place = model.get("unk_id")
    return None if place is None else str(model["vocab"][place][0])


def _damaged(path: Path, error: Exception) -> BadFile:
    return BadFile(f"is no tokenizer ({first_line(error)})", where=str(path), hint="copy it again, whole")
