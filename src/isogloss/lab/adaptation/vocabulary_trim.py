"""`vocabulary-trim`: without the tokens that some texts, or scripts, do not need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from isogloss.errors import BadFile, BadValue
from isogloss.lab.adaptation import OVERHEAD, Adaptation, Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.tokenizer_file import (
    SEPARATE,
    check_tokenizer,
    closed,
    read_tokenizer,
    token_ids,
    with_only,
    write_settings,
)
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.pieces import FastPieces, load_pieces
from isogloss.models.runtime import start_torch

WORD_MARKS = ("\u2581", "\u0120", "##")
"""What pieces begin with, beside the letters of a text: a space, or that they go on with a word."""
LARGEST_TOKENIZER = 400_000_000
"""Bytes that the tokenizer of 250,000 pieces takes while it is edited."""


@dataclass(frozen=True)
class VocabularyTrim(Adaptation):
    """Leaves out the tokens that the texts do not need, with their rows in the embeddings and in the head.

    Parameters
    ----------
    min_count : int, default 1
        How often a token must stand in the texts to be kept.
    most : int, default 0
        How many of the tokens in the texts are kept at most, the most frequent ones; 0 for all.
    scripts : list of str, default []
        ISO 15924 codes: tokens whose letters are all of these scripts are kept too, whether the texts have them or not.
    letters : bool, default True
        Whether a token for each single letter of the texts is kept, so that new words in the same letters can be spelt.

    Notes
    -----
    After Abdaoui et al. (2020, Load what you need) and Ushio et al. (2023, Efficient multilingual language model
    compression through vocabulary trimming). Special tokens, bytes, and whatever a kept token is merged from stay. A
    text all of whose tokens were kept is cut as before and gets the same states; logits of the tokens kept are the
    same.
    """

    name: ClassVar[str] = "vocabulary-trim"

    min_count: Annotated[int, Ge(1)] = 1
    most: Annotated[int, Ge(0)] = 0
    scripts: tuple[str, ...] = ()
    letters: bool = True

    @property
    def needs_texts(self) -> bool:
        return not self.scripts

    def memory(self, source: Weights) -> int:
        return 2 * source.largest + OVERHEAD + LARGEST_TOKENIZER

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        torch = start_torch()
        tokenizer = read_tokenizer(source.folder)
        pieces = load_pieces(source.folder)
        assert isinstance(pieces, FastPieces)
        texts = [text for some in inputs.texts.values() for text in some]
        kept = sorted(closed(tokenizer, self._wanted(tokenizer, pieces, texts)))
        positions = {old: new for new, old in enumerate(kept)}
        draft.write("tokenizer.json", with_only(tokenizer, positions))
        write_settings(source.folder, draft, positions)
        draft.copy_others(source, without=SEPARATE)
        check_tokenizer(pieces, draft.folder, kept, texts)
        dimensions = vocabulary_dimensions(source)
        rows = torch.tensor(kept)
        for name in draft.steps(source.names):
            whole = source[name]
            draft.put(name, {name: whole.index_select(dimensions[name], rows) if name in dimensions else whole})

    def _wanted(self, tokenizer: dict[str, Any], pieces: FastPieces, texts: Sequence[str]) -> set[int]:
        """Tokens to keep, by what texts and scripts need."""
        counts = Counter(token for ids in pieces.encode(texts) for token in ids)
        often = [token for token, count in counts.items() if count >= self.min_count]
        often.sort(key=lambda token: (-counts[token], token))
        wanted = set(often[: self.most] if self.most else often)
        spelt = token_ids(tokenizer)
        if self.letters:
            singles = {mark + letter for text in texts for letter in text for mark in ("", *WORD_MARKS)}
            wanted |= {spelt[one] for one in singles & spelt.keys()}
        if self.scripts:
            wanted |= in_scripts(pieces, list(spelt.values()), self.scripts)
        return wanted

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        sizes = [int(one.config.get("vocab_size", 0)) for one in (source, target)]
        return {"tokens_before": sizes[0], "tokens": sizes[1],
                "parameters_before": source.parameters, "parameters": target.parameters}  # fmt: skip


def in_scripts(pieces: FastPieces, ids: list[int], scripts: Sequence[str]) -> set[int]:
    """The tokens with letters, all of which are of some scripts.

    Raises
    ------
    BadValue
        If a script is unknown.
    """
    import regex

    parts = {"Hans": "Hani", "Hant": "Hani", "Kore": "Hang"}
    names = [parts.get(one, one) for one in scripts if one != "Jpan"]
    names += ["Hani", "Hira", "Kana"] if "Jpan" in scripts else []
    letters_of = "".join("\\p{Script=" + name + "}" for name in names)
    try:
        fits = regex.compile(f"[{letters_of}]+")
    except regex.error:
        raise BadValue(f"unknown script among {', '.join(scripts)}", where="scripts", hint="write Latn, Cyrl") from None
    texts = pieces.decode([[one] for one in ids])
    letters = ["".join(filter(str.isalpha, text)) for text in texts]
    return {one for one, some in zip(ids, letters, strict=True) if some and fits.fullmatch(some)}


def vocabulary_dimensions(source: Weights) -> dict[str, int]:
    """The tensors that have something for each token, to the dimension in which they have it.

    They are those that get another shape when the model is made for one token more.

    Raises
    ------
    BadFile
        If there is none, or a tensor has not as many as the configuration says.
    """
    size = source.skeleton().config.get_text_config().vocab_size
    tensors, longer = source.skeleton().state_dict(), source.skeleton(vocab_size=size + 1).state_dict()
    found = {}
    for name, one in tensors.items():
        different = [place for place in range(one.ndim) if one.shape[place] != longer[name].shape[place]]
        stored = source.stored(name)
        if different and stored is not None:
            found[stored] = different[0]
            if source.shape(stored)[different[0]] != size:
                raise BadFile(
                    f"{stored} has {source.shape(stored)[different[0]]} rows where config.json says {size} tokens",
                    where=str(source.folder), hint="copy the checkpoint again, whole",
                )  # fmt: skip
    if not found:
        raise BadFile("has no tensor with a row for each token", where=str(source.folder))
    return found
