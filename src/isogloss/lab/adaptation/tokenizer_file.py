"""`tokenizer.json` as plain values: which tokens need which, and the same tokenizer with some of its tokens."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, IsoglossError
from isogloss.files import read_input
from isogloss.lab.adaptation.draft import Draft
from isogloss.models.pieces import FastPieces

SEPARATE = (
    "vocab.json", "merges.txt", "vocab.txt", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model",
    "source.spm", "target.spm", "added_tokens.json", "special_tokens_map.json",
)  # fmt: skip
"""Files that hold a vocabulary beside `tokenizer.json`."""
SETTINGS = ("config.json", "generation_config.json", "tokenizer_config.json")
"""Files that name tokens by number."""
CHECKED = 2_000
"""Texts that the new tokenizer is compared with the old one on."""


def read_tokenizer(folder: Path) -> dict[str, Any]:
    """What `tokenizer.json` holds.

    Raises
    ------
    BadFile
        If there is none, or its model is of a kind that is not known here.
    """
    if not (folder / "tokenizer.json").is_file():
        raise BadFile("has no tokenizer.json", where=str(folder), hint="convert its tokenizer to a fast one")
    read: dict[str, Any] = json.loads(read_input(folder / "tokenizer.json"))
    kind = read["model"].get("type")
    if kind not in ("BPE", "Unigram", "WordPiece", "WordLevel"):
        raise BadFile(f"its tokenizer is of kind {kind}", where=str(folder), hint="take BPE, Unigram or WordPiece")
    return read


def token_ids(tokenizer: Mapping[str, Any]) -> dict[str, int]:
    """Every token of the model of a tokenizer, as it is spelt there, and its id."""
    vocabulary = tokenizer["model"]["vocab"]
    if isinstance(vocabulary, dict):
        return dict(vocabulary)
    return {piece: place for place, (piece, _) in enumerate(vocabulary)}


def closed(tokenizer: Mapping[str, Any], wanted: set[int]) -> set[int]:
    """Some tokens with all that a tokenizer needs to cut a text into them as it did.

    These are the added tokens, the one for what is unknown, those of single bytes, whatever a token is merged from, and
    of a unigram model the piece with the lowest score, which decides what an unknown letter costs.
    """
    model, spelt = tokenizer["model"], token_ids(tokenizer)
    kept = wanted | {one["id"] for one in tokenizer.get("added_tokens", ())}
    kept |= {place for token, place in spelt.items() if token.startswith("<0x") and token.endswith(">")}
    unknown = model.get("unk_token")
    kept |= {spelt[unknown]} if unknown in spelt else set()
    if model["type"] == "Unigram":
        lowest = min(range(len(model["vocab"])), key=lambda place: model["vocab"][place][1])
        return kept | {lowest} | ({model["unk_id"]} if model.get("unk_id") is not None else set())
    if model["type"] != "BPE":
        return kept
    if '"ByteLevel"' in json.dumps([tokenizer.get("pre_tokenizer"), tokenizer.get("decoder")]):
        kept |= {place for token, place in spelt.items() if len(token) == 1}
    parts: dict[int, list[int]] = defaultdict(list)
    for first, second in merges_of(model):
        parts[spelt[first + second]] += [spelt[first], spelt[second]]
    left = list(kept)
    while left:
        new = [part for part in parts[left.pop()] if part not in kept]
        kept.update(new)
        left += new
    return kept


def merges_of(model: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of tokens that are merged, in their order; older files have each pair as one text."""
    pairs = [tuple(one.split(" ")) if isinstance(one, str) else tuple(one) for one in model["merges"]]
    return [(first, second) for first, second in pairs]


def with_only(tokenizer: Mapping[str, Any], positions: Mapping[int, int]) -> dict[str, Any]:
    """The tokenizer with some of its tokens.

    Parameters
    ----------
    tokenizer : mapping
    positions : mapping of int to int
        Old id of a token that is kept to its new one, in the same order; see `closed`.
    """
    changed: dict[str, Any] = json.loads(json.dumps(tokenizer))
    model = changed["model"]
    spelt = token_ids(tokenizer)
    if model["type"] == "Unigram":
        model["vocab"] = [one for place, one in enumerate(model["vocab"]) if place in positions]
        model["unk_id"] = positions.get(model.get("unk_id"))
    else:
        model["vocab"] = {token: positions[place] for token, place in spelt.items() if place in positions}
    if model["type"] == "BPE":
        pairs = merges_of(model)
        there = [{first, second, first + second} <= model["vocab"].keys() for first, second in pairs]
        model["merges"] = [one for one, kept in zip(model["merges"], there, strict=True) if kept]
    for one in changed.get("added_tokens", ()):
        one["id"] = positions[one["id"]]
    if changed.get("padding"):
        changed["padding"]["pad_id"] = positions[changed["padding"]["pad_id"]]
    _renumber(changed.get("post_processor"), positions)
    return changed


def _renumber(processor: Any, positions: Mapping[int, int]) -> None:
    """The ids of what is put before and after texts."""
    if not processor:
        return
    for one in processor.get("processors", ()):
        _renumber(one, positions)
    for one in (processor.get("special_tokens") or {}).values():
        one["ids"] = [positions[place] for place in one["ids"]]
    for end in ("sep", "cls"):
        if end in processor:
            token, place = processor[end]
            processor[end] = [token, positions[place]]


def write_settings(
    folder: Path, draft: Draft, positions: Mapping[int, int], size: int | None = None,
    roles: Mapping[str, int] | None = None, names: Sequence[str] = SETTINGS,
) -> None:  # fmt: skip
    """Write the settings of a checkpoint that name tokens by number.

    Parameters
    ----------
    folder : pathlib.Path
        Of the checkpoint.
    draft : Draft
    positions, size
        See `with_ids`.
    roles : mapping of str to int, optional
        What special tokens are for (`pad_token`) to their ids, which go before `positions`.
    names : sequence of str
        Of the files.
    """
    for name in names:
        path = folder / name
        if path.is_file():
            settings = with_ids(json.loads(path.read_text(encoding="utf-8")), positions, size)
            for role, place in (roles or {}).items():
                if isinstance(settings.get(f"{role}_id"), int):
                    settings[f"{role}_id"] = place
            if name == "tokenizer_config.json":
                settings["tokenizer_class"] = "PreTrainedTokenizerFast"  # others make theirs from files left out
            draft.write(name, settings)


def with_ids(settings: Any, positions: Mapping[int, int], size: int | None = None) -> Any:
    """Settings of a model with the new ids of tokens, and how many there are; None for tokens without one.

    Parameters
    ----------
    settings
        As JSON has them.
    positions : mapping of int to int
        Old id of a token to its new one.
    size : int, optional
        How many tokens there are; by default as many as have a new id.
    """
    if isinstance(settings, list):
        return [with_ids(one, positions, size) for one in settings]
    if not isinstance(settings, dict):
        return settings
    changed = {name: with_ids(value, positions, size) for name, value in settings.items()}
    for name, value in settings.items():
        if name == "vocab_size":
            changed[name] = len(positions) if size is None else size
        elif name == "added_tokens_decoder":
            changed[name] = {str(positions[int(place)]): one for place, one in value.items() if int(place) in positions}
        elif name.endswith(("_token_id", "_token_ids", "_tokens_ids")) or name == "suppress_tokens":
            changed[name] = _new_ids(value, positions)
    return changed


def _new_ids(value: Any, positions: Mapping[int, int]) -> Any:
    if isinstance(value, list):
        return [_new_ids(one, positions) for one in value]
    return positions.get(value) if isinstance(value, int) else value


def check_tokenizer(old: FastPieces, folder: Path, kept: Sequence[int], texts: Sequence[str]) -> None:
    """Make sure that the new tokenizer cuts texts as the old one did, wherever it has all the tokens.

    Raises
    ------
    IsoglossError
        If it does not.
    """
    new, there = FastPieces.read(folder / "tokenizer.json"), set(kept)
    some = list(texts[:CHECKED])
    for text, before, after in zip(some, old.encode(some), new.encode(some), strict=True):
        if there.issuperset(before) and before != [kept[one] for one in after]:
            raise IsoglossError(
                f"the tokenizer of the new checkpoint cuts {text[:40]!r} in another way", where=str(folder),
                hint="its kind cannot be trimmed",
            )  # fmt: skip
