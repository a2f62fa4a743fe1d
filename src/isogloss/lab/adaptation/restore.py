"""`code-switch-restore`: an encoder-decoder learns to write texts of which some words were put into other languages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.objectives.restoring import Restoring
from isogloss.lab.adaptation.trained import TrainedAdaptation, check_languages
from isogloss.lab.adaptation.training import train
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import is_encoder_decoder, load_tokenizer
from isogloss.parameters import Count, NotNegative
from isogloss.texts.transforms.code_switch import entries_of
from isogloss.texts.word_tables import content_of_tables


@dataclass(frozen=True)
class CodeSwitchRestore(TrainedAdaptation):
    """Trains an encoder-decoder to write texts of which it reads a version with words of other languages.

    Parameters
    ----------
    dictionary : str, default ""
        Table (.tsv, .csv, .parquet, .jsonl) with the columns `source` and `target`; a word may have several rows, of
        which one is drawn. `{language}` in its name stands for the language of the texts.
    languages : tuple of str
        Languages of the texts that are learnt; by default all.
    rate : float, default 0.3
        Probability that a word of the dictionary is replaced.
    alpha : float, default 1
        Languages are drawn with probabilities proportional to (their texts)^alpha.
    batches : int, default 200
        That are read, one in each step.
    length : int, default 128
        Tokens at most of what is read, and of what is written; what goes beyond is cut off.

    Notes
    -----
    The loss is the mean cross entropy of the tokens of the text and of the one that ends it, given the text with words
    replaced (Zan et al. 2022, Bridging cross-lingual gaps during leveraging the multilingual sequence-to-sequence
    pretraining for text generation and understanding). With a rate of 0 it learns to copy, the control. Which words are
    replaced is drawn anew each time that a text is read.
    """

    name: ClassVar[str] = "code-switch-restore"
    of_encoder_decoders: ClassVar[bool] = True

    dictionary: str = ""
    languages: tuple[str, ...] = ()
    rate: Annotated[float, Ge(0), Le(1)] = 0.3
    alpha: NotNegative = 1.0
    batches: Count = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.dictionary:
            raise BadValue(f"{self.name} has no dictionary", hint='write dictionary = "words.tsv"')

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the dictionary stands for its place."""
        said = super().identity
        parameters = {name: value for name, value in said["parameters"].items() if name != "dictionary"}
        return said | {"parameters": parameters, "dictionary": content_of_tables(self.dictionary)}

    @property
    def steps(self) -> int:
        """Steps of training."""
        return self.batches

    def learns_from(self, languages: Collection[str]) -> list[str]:
        check_languages(self.languages, languages)
        return list(self.languages) or [*languages]

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        if not is_encoder_decoder(source.folder):
            raise BadValue(
                "is no encoder-decoder, and reads nothing but what it writes", where=f"checkpoint {source.folder}",
                hint="choose one such as T5 or mBART",
            )  # fmt: skip
        learnt = self.learns_from(inputs.texts)
        texts = {code: list(inputs.texts[code]) for code in learnt}
        entries = {code: entries_of(self.dictionary, code) for code in learnt}
        tokenizer = load_tokenizer(source.folder)
        train(
            self, source,
            lambda model: Restoring(tokenizer, texts, entries, self.rate, self.alpha, self.batch_size, self.length),
            inputs, draft,
        )  # fmt: skip
