"""What tokens of a tokenizer stand for, so that those of tokenizers of different kinds can be told to be the same."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from isogloss.lab.adaptation.tokenizer_file import read_tokenizer, token_ids
from isogloss.lab.byte_tokenizer import byte_letters
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.pieces import FastPieces
from isogloss.models.tokenizers import Ids

SPACE = "\u2581"
"""What stands for a space in pieces of SentencePiece."""
BYTE = re.compile(r"<0x([0-9A-F]{2})>")
LETTERS = byte_letters()
VALUES = {letter: value for value, letter in enumerate(LETTERS)}


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a tokenizer, as it spells them and as bytes of text.

    Attributes
    ----------
    tokenizer : dict
        What `tokenizer.json` holds.
    roles : dict of str to str
        What a special token is for (`pad_token`, `mask_token`, ...) to its text.
    """

    tokenizer: dict[str, Any]
    roles: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> Vocabulary:
        """That of a folder.

        Raises
        ------
        BadFile
            If there is no `tokenizer.json`, or one of an unknown kind.
        """
        tokenizer = read_tokenizer(folder)
        special = load_tokenizer.__wrapped__(folder).special_tokens_map  # not kept: it takes hundreds of megabytes
        return cls(tokenizer, {role: str(token) for role, token in special.items() if not isinstance(token, list)})

    @cached_property
    def pieces(self) -> FastPieces:
        """The tokenizer itself."""
        return FastPieces.parse(json.dumps(self.tokenizer))

    def release(self) -> None:
        """Let go of the tokenizer itself, which is made again when it is needed."""
        self.__dict__.pop("pieces", None)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Tokens of the model as they are spelt, without the added ones."""
        return {token: place for token, place in token_ids(self.tokenizer).items() if token not in self.added}

    @cached_property
    def added(self) -> dict[str, int]:
        """Added and special tokens."""
        return {one["content"]: one["id"] for one in self.tokenizer.get("added_tokens", ())}

    @cached_property
    def size(self) -> int:
        """One more than the highest id."""
        return 1 + max([*self.ids.values(), *self.added.values()])

    @cached_property
    def style(self) -> str:
        """How text is spelt: `bytes`, a letter for each byte; `words`, words and ends of words; or `pieces`."""
        model = self.tokenizer["model"]
        parts = [self.tokenizer.get(name) for name in ("normalizer", "pre_tokenizer", "decoder")]
        if '"ByteLevel"' in json.dumps(parts):
            return "bytes"
        return "words" if model["type"] in ("WordPiece", "WordLevel") else "pieces"

    @property
    def prefix(self) -> str:
        """What the end of a word begins with, where text is spelt in words."""
        return str(self.tokenizer["model"].get("continuing_subword_prefix") or "\0")

    def text_of(self, token: str) -> bytes:
        """The text that a token stands for, in UTF-8, with a space before it where it begins a word."""
        if self.style == "bytes":
            return bytes(VALUES[letter] for letter in token) if VALUES.keys() >= set(token) else token.encode()
        if self.style == "words":
            return token.removeprefix(self.prefix).encode() if token.startswith(self.prefix) else f" {token}".encode()
        single = BYTE.fullmatch(token)
        return bytes([int(single[1], 16)]) if single else token.replace(SPACE, " ").encode()

    @cached_property
    def texts(self) -> dict[bytes, int]:
        """Texts that tokens stand for, to the first of these tokens."""
        found: dict[bytes, int] = {}
        for token, place in sorted(self.ids.items(), key=lambda one: one[1]):
            found.setdefault(self.text_of(token), place)
        return found

    def cut(self, text: bytes) -> list[int]:
        """The tokens of a text that begins with a space or within a word; none for what they cannot spell."""
        model = self.pieces.inner.model
        if self.style == "bytes":
            return self._known(model.tokenize("".join(LETTERS[value] for value in text)))
        try:
            written = text.decode()
        except UnicodeDecodeError:
            return [self.ids[one] for one in (f"<0x{value:02X}>" for value in text) if one in self.ids]
        rest = written.lstrip(" ")
        normalizer = self.pieces.inner.normalizer
        plain = (normalizer.normalize_str(rest) if normalizer else rest).strip(f" {SPACE}") if rest else ""
        if self.style == "words":
            found = self._known(model.tokenize(plain)) if plain else []
            return found if rest != written else self._within(found)
        spaces = SPACE * (len(written) - len(rest))
        spelt = spaces + plain.replace(" ", SPACE)
        return self._known(model.tokenize(spelt)) if spelt else []

    def _known(self, tokens: Sequence[Any]) -> list[int]:
        return [one.id for one in tokens if one.id != self.pieces.unknown]

    def _within(self, ids: list[int]) -> list[int]:
        """The same, the first as it is spelt within a word, where it is."""
        spelt = {place: token for token, place in self.ids.items()} if ids else {}
        return [self.ids.get(f"{self.prefix}{spelt[one]}", one) for one in ids[:1]] + ids[1:]

    def encode(self, texts: Sequence[str]) -> Ids:
        """Ids of the tokens of texts, special ones left out."""
        return self.pieces.encode(texts)


def shared_tokens(old: Vocabulary, new: Vocabulary) -> tuple[dict[int, int], dict[int, int]]:
    """Tokens that two vocabularies share, each the new id to the old one.

    Returns
    -------
    texts : dict of int to int
        Tokens that stand for the same text.
    special : dict of int to int
        Added tokens of the same text, or else of the same role.
    """
    every = old.added | old.ids
    by_role = {new.roles[role]: every.get(token) for role, token in old.roles.items() if role in new.roles}
    special = {}
    for token, place in new.added.items():
        before = old.added.get(token, by_role.get(token))
        if before is not None:
            special[place] = before
    texts = {place: old.texts[text] for token, place in new.ids.items() if (text := new.text_of(token)) in old.texts}
    return texts, special
