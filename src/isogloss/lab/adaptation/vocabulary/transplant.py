"""`vocabulary-transplant`: a model with another tokenizer, or with one that is learnt from texts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from isogloss.errors import BadFile, BadValue
from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.losses import measure_of
from isogloss.lab.adaptation.tokenizer_file import SEPARATE, SETTINGS, closed, with_only, write_settings
from isogloss.lab.adaptation.vocabulary.initialised import BY_SIMILARITY, Exchange, InitialisedAdaptation, flat
from isogloss.lab.adaptation.vocabulary.learning import learn_tokens
from isogloss.lab.adaptation.vocabulary.record import facts_of, write_record
from isogloss.lab.adaptation.vocabulary.rows import write_rows
from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary, shared_tokens
from isogloss.lab.adaptation.vocabulary_trim import WORD_MARKS
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import fingerprint, is_causal, locate

TEMPLATE = "chat_template.jinja"


@dataclass(frozen=True)
class VocabularyTransplant(InitialisedAdaptation):
    """Gives a model another tokenizer, and makes the rows of its tokens from those of the old ones.

    Parameters
    ----------
    method : {"random", "mean", "pieces", "overlap", "focus", "omp", "aligned"}, default "pieces"
        How rows are made of tokens that do not keep theirs: drawn at random, with mean and standard deviation of each
        dimension over the old tokens; that mean; the mean of the old tokens that the token's text is cut into; a mean
        of the most similar tokens that both tokenizers have, or a sparse one (focus), or the sum that comes closest
        (omp); or a mean of the old tokens of translations.
    languages : list of str, default []
        Languages whose texts tokens are learnt from, and similarity; all by default.
    tokenizer : str, default ""
        A folder with the new `tokenizer.json`, or a checkpoint; by default a tokenizer of the old kind is learnt from
        the texts.
    size : int, default 0
        Tokens of a learnt tokenizer at most; 0 for as many as before.
    min_count : int, default 2
        How often letters or pairs must stand in the texts to become tokens.
    shared : bool, default True
        Whether tokens that stand for the same text in both tokenizers keep their rows. Special tokens always do.
    helper : str, default ""
        A checkpoint with the new tokenizer, whose embeddings tell which tokens are similar; by default vectors learnt
        from the texts do.
    neighbours : int, default 10
        Tokens at most that a row is made of, by overlap and omp.
    pivot : str, default ""
        Language of the texts that the model knows, whose tokens are aligned with those of their translations.
    aligner : {"ibm1", "hmm"}, default "ibm1"
        What links words to their translations.

    Notes
    -----
    A head that is not tied, and its bias, get rows in the same way. Tokens that a method cannot tell, because no vector
    or piece is known, are drawn at random. Means of pieces are after SambaLingo (Csaki et al. 2024), overlap after
    CLP-Transfer (Ostendorff and Rehm 2023), focus after FOCUS (Dobler and de Melo 2023), aligned after
    trans-tokenization (Remy et al. 2024).
    """

    name: ClassVar[str] = "vocabulary-transplant"

    tokenizer: str = ""
    size: Annotated[int, Ge(0)] = 0
    min_count: Annotated[int, Ge(1)] = 2
    shared: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.shared and self.method in BY_SIMILARITY:
            raise BadValue(
                f"method '{self.method}' makes rows from those of shared tokens", where="shared",
                hint="leave shared at true",
            )  # fmt: skip
        if self.tokenizer and self.size:
            raise BadValue("a tokenizer that is given has its size", where="size", hint="leave size or tokenizer out")

    @property
    def needs_texts(self) -> bool:
        return not self.tokenizer or self.method == "aligned" or (self.method in BY_SIMILARITY and not self.helper)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the tokenizer stands for its place."""
        return super().identity | ({"tokenizer": fingerprint(_folder(self.tokenizer))} if self.tokenizer else {})

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        old = Vocabulary.read(source.folder)
        texts = self.texts(inputs) if self.needs_texts else {}
        new, positions = (
            (Vocabulary.read(_folder(self.tokenizer)), {}) if self.tokenizer else self._learn(old, flat(texts))
        )
        same, special = shared_tokens(old, new)
        kept = (same if self.shared else {}) | special
        _check_roles(source.folder, new, self.tokenizer)
        exchange = Exchange(old, new, old.size, kept, texts, list(inputs.texts.get(self.pivot, ())))
        both = self.combinations(exchange)
        positions = positions or {before: place for place, before in kept.items()}
        self._write_files(source.folder, new, positions, draft)
        draft.copy_others(source, without=(*SEPARATE, *([TEMPLATE] if self.tokenizer else [])))
        write_record(draft, old, new, len(kept), both[0], inputs.held_out)
        write_rows(source, draft, *both, inputs.seed)

    def _learn(self, old: Vocabulary, texts: list[str]) -> tuple[Vocabulary, dict[int, int]]:
        """Letters, bytes and special tokens of the old tokenizer, and what is learnt; old ids to new ones."""
        singles = {mark + letter for letter in {*"".join(texts)} for mark in ("", *WORD_MARKS)}
        wanted = {place for token, place in old.ids.items() if token in singles}
        kept = sorted(closed(old.tokenizer, wanted))
        positions = {before: place for place, before in enumerate(kept)}
        most = max(0, (self.size or old.size) - len(kept))
        return Vocabulary(
            learn_tokens(with_only(old.tokenizer, positions), texts, most, self.min_count), old.roles
        ), positions

    def _write_files(self, folder: Path, new: Vocabulary, positions: dict[int, int], draft: Draft) -> None:
        draft.write("tokenizer.json", new.tokenizer)
        every = new.added | new.ids
        roles = {role: every[token] for role, token in new.roles.items() if token in every}
        if not self.tokenizer:
            write_settings(folder, draft, positions, new.size, roles)
            return
        given = _folder(self.tokenizer)
        write_settings(folder, draft, positions, new.size, roles, SETTINGS[:2])
        write_settings(given, draft, {place: place for place in range(new.size)}, new.size, names=SETTINGS[2:])
        if (given / TEMPLATE).is_file():
            shutil.copyfile(given / TEMPLATE, draft.folder / TEMPLATE)

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return facts_of(source, target)


def _folder(tokenizer: str) -> Path:
    path = Path(tokenizer).expanduser()
    return path if (path / "tokenizer.json").is_file() else locate(tokenizer)


def _check_roles(folder: Path, new: Vocabulary, where: str) -> None:
    """Make sure that a model of hidden words has something to hide them with."""
    masked = measure_of(folder) == "bits_per_byte" and not is_causal(folder)
    if masked and "mask_token" not in new.roles:
        raise BadFile("has no mask token, which a model of hidden words needs", where=where or str(folder))
