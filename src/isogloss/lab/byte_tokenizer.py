"""A tokenizer whose tokens are bytes, and texts that are copies of others in bytes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.runtime import start_torch

BYTES = 256
SPECIALS = ("<pad>", "<s>")
Integers = np.ndarray[Any, Any]
_PRIVATE = 0xF0000  # plane 15 is for private use: no text in any language has these
MOST_COPIES = (0xFFFFD - _PRIVATE) // BYTES


def clone_text(text: str, copy: int = 1) -> str:
    """The same text in a language that shares no byte with it.

    Parameters
    ----------
    text : str
    copy : int, default 1
        Which of the copies, from 1: any two of them share nothing either.

    Returns
    -------
    str
        One character per byte of `text` in UTF-8, from U+F0000 + 256 (copy - 1) up. The tokenizer of a byte
        transformer with that many copies has one token for each, so that text and copy are the same but for the
        names of their tokens (cloned languages, after Schäfer et al. 2024).

    Raises
    ------
    BadValue
        If there is no such copy.
    """
    if isinstance(copy, bool) or not isinstance(copy, int) or not 1 <= copy <= MOST_COPIES:
        raise BadValue(f"copy must be a whole number from 1 to {MOST_COPIES}, not {copy!r}")
    first = _PRIVATE + BYTES * (copy - 1)
    return "".join(chr(first + byte) for byte in text.encode("utf-8", "surrogatepass"))


def clone_ids(ids: Integers, copy: int = 1) -> Integers:
    """Tokens of texts as those of the same texts in a copy, see `clone_text`; what is no byte stays.

    Parameters
    ----------
    ids : array of int
    copy : int, default 1
    """
    return np.where(ids < BYTES, ids + BYTES * copy + len(SPECIALS), ids)


def space_after(word: str) -> str:
    """The space between a word and the next, in the copy that the word is in; empty if the word brings its own."""
    if word[-1:].isspace():
        return ""
    copy, byte = divmod(ord(word[-1:] or "\0") - _PRIVATE, BYTES)
    if not 0 <= copy < MOST_COPIES:
        return " "
    return "" if byte == ord(" ") else chr(_PRIVATE + BYTES * copy + ord(" "))


def write_byte_tokenizer(folder: Path, copies: int, longest: int) -> None:
    """Write the tokenizer of a byte transformer as transformers reads it.

    Parameters
    ----------
    folder : pathlib.Path
    copies : int
        How many copies of languages have tokens of their own.
    longest : int
        Positions of the model.

    Notes
    -----
    Byte b is token b; then come padding and what stands between texts, then 256 tokens per copy. It is byte-pair
    encoding without any merge but those that make up the characters of copies.
    """
    start_torch()
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary, merges = _vocabulary(copies)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        # Byte-pair encoding takes its time over long stretches, and nothing is merged beyond four bytes.
        [pre_tokenizers.FixedLength(length=64), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    padding, between = SPECIALS
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{between} $A", pair=f"{between} $A {between} $B", special_tokens=[(between, vocabulary[between])],
    )  # fmt: skip
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=padding, bos_token=between, eos_token=between,
        model_max_length=longest, clean_up_tokenization_spaces=False,
    ).save_pretrained(folder)  # fmt: skip


def vocabulary_size(copies: int) -> int:
    """How many tokens such a tokenizer has, those of unfinished characters of copies among them."""
    return len(_vocabulary(copies)[0])


def _vocabulary(copies: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    letters = byte_letters()
    tokens = [letters[byte] for byte in range(BYTES)] + list(SPECIALS)
    whole: list[str] = []
    merges: dict[tuple[str, str], None] = {}
    parts: dict[str, None] = {}
    for place in range(copies * BYTES):
        spelt = [letters[byte] for byte in chr(_PRIVATE + place).encode()]
        whole.append("".join(spelt))
        joined = spelt[0]
        for letter in spelt[1:]:
            merges[joined, letter] = None
            joined += letter
            parts[joined] = None
    shortest_first = sorted(merges, key=lambda pair: len(pair[0]))
    finished = set(whole)
    tokens += whole + [part for part in parts if part not in finished]
    return {token: place for place, token in enumerate(tokens)}, shortest_first


def byte_letters() -> list[str]:
    """The printable character that stands for each byte in byte-level vocabularies (Radford et al. 2019)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(BYTES) if byte not in plain]
    stands = {byte: chr(byte) for byte in plain} | {byte: chr(BYTES + n) for n, byte in enumerate(others)}
    return [stands[byte] for byte in range(BYTES)]
