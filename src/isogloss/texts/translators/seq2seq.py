"""`seq2seq`: any encoder-decoder that translates, such as NLLB, from a checkpoint on this machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge

from isogloss.errors import BadValue, InputError
from isogloss.models.checkpoints import fingerprint, load_tokenizer, locate
from isogloss.models.runtime import Precision
from isogloss.models.tokenizers import shorten
from isogloss.parameters import Count
from isogloss.texts.translators import Passage, Translator

if TYPE_CHECKING:
    from isogloss.models.decoder import Decoder, Direction


@dataclass(frozen=True)
class Seq2Seq(Translator):
    """Greedy translation by an encoder-decoder.

    Parameters
    ----------
    checkpoint : str
        A folder, `package:module/folder`, or the name of a model that has been downloaded before.
    codes : dict
        What the model calls languages, such as `{ srp = "srp_Cyrl" }`; with several languages in its vocabulary, only
        those have to be named that it does not call by code and script as `spa_Latn`, or by code alone.
    prefix : str, default ""
        What is put before each text, such as "translate English to German: ". With one, and for models of one pair of
        languages, `codes` stay empty and `pairs` say what can be translated.
    pairs : list of str
        Pairs of languages, as "eng-deu", that models translate in which languages have no codes.
    max_length : int, default 256
        Tokens of a text, and of its translation, at most.
    batch_size : int, default 16
        How many texts are translated in one go.
    precision : {"float32", "bfloat16"}, default "float32"
        Of the numbers that the model computes with.

    Notes
    -----
    The first token of a translation is the code of its language where the model has one (as M2M-100 and NLLB do). No
    chance is in it, and nothing that a checkpoint says of sampling or of beams is heeded.
    """

    name: ClassVar[str] = "seq2seq"
    unlabelled: ClassVar[tuple[str, ...]] = ("checkpoint", "batch_size")

    checkpoint: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    prefix: str = ""
    pairs: list[str] = field(default_factory=list)
    max_length: Annotated[int, Ge(4)] = 256
    batch_size: Count = 16
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.checkpoint:
            raise BadValue("translator 'seq2seq' needs a checkpoint", hint='write checkpoint = "folder of a model"')
        if not all("-" in one for one in self.pairs):
            raise BadValue(f'pairs must be a list, as ["eng-deu"], not {self.pairs!r}')

    @property
    def label(self) -> str:
        return self.checkpoint.rstrip("/").rpartition("/")[2]

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the checkpoint stands for its place; what is translated in one go rounds differently."""
        described = super().identity | {"checkpoint": fingerprint(self._folder)}
        return described | {"together": self.together}

    @property
    def together(self) -> int:
        return self.batch_size

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Raise unless the model has codes for all of these languages, or is said to translate the pairs."""
        for origin, into in pairs:
            if not self.pairs:
                _ = self._code(origin), self._code(into)
            elif (origin, into) not in self._declared:
                raise InputError(
                    f"translates {', '.join(self.pairs)}, not from {origin} into {into}", where=self.checkpoint,
                    hint="add it to `pairs` if it does",
                )  # fmt: skip

    def describe(self, origin: str, into: str) -> str:
        return f"{self.label} {fingerprint(self._folder)}"

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        """The translations, from one batch, or from smaller ones where memory runs out."""
        from isogloss.models.generation import generate

        decoder, direction = self.decoder(), self.direction(origin, into)  # before texts are shortened
        prompts = [self._prompt(decoder.tokenizer, passage.text) for passage in passages]
        return generate(
            decoder, prompts, max_new=self.max_length, stop=(), max_length=self.max_length, direction=direction
        )  # fmt: skip

    def decoder(self) -> Decoder:
        """The model, loaded once per process."""
        from isogloss.models.decoder import shared_decoder

        return shared_decoder(self._folder, self.precision)

    def direction(self, origin: str, into: str) -> Direction:
        """What its tokens say of two canonical languages; texts are cut as those of the first from now on."""
        from isogloss.models.decoder import PLAIN, Direction

        if self.pairs:
            return PLAIN
        tokenizer = self.decoder().tokenizer
        tokenizer.src_lang = self._code(origin)
        return Direction(self._code(origin), (tokenizer.convert_tokens_to_ids(self._code(into)),))

    def _prompt(self, tokenizer: Any, text: str) -> str:
        """What the model reads; of a text that is too long, the end is left out."""
        prompt = self.prefix + " ".join(text.split())
        return shorten(tokenizer, prompt, self.max_length - len(tokenizer("")["input_ids"]))

    @cached_property
    def _folder(self) -> Path:
        return locate(self.checkpoint)

    @cached_property
    def _declared(self) -> set[tuple[str, str]]:
        from isogloss.languages import resolve

        found = (one.partition("-") for one in self.pairs)
        return {(resolve(origin, where="pairs").id, resolve(into, where="pairs").id) for origin, _, into in found}

    def _code(self, language: str) -> str:
        """The token that stands for a language."""
        hint = f'name it: codes = {{ {language} = "..." }}, or say which `pairs` it translates'
        known = load_tokenizer(self._folder).get_vocab()
        return language_token(known, language, self.codes.get(language), where=self.checkpoint, hint=hint)


def language_token(known: Collection[str], language: str, named: str | None, *, where: str, hint: str) -> str:
    """The token of a vocabulary that stands for a language: the one named, else its code, as models usually write it.

    Raises
    ------
    InputError
        If there is none.
    """
    from isogloss.languages import resolve

    tried = [named]
    if named is None:
        found = resolve(language)
        code = found.iso639_3 or language
        tried = [language, f"{code}_{found.script}", code, f"__{code}__"]
    for one in tried:
        if one in known:
            return str(one)
    looked = ", ".join(dict.fromkeys(map(str, tried)))
    raise InputError(f"has no token for {language} (looked for {looked})", where=where, hint=hint)
