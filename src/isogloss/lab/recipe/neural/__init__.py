"""What recipes with a pretrained model share: the checkpoint, its tokens, checks of parameters."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from annotated_types import Ge
from pydantic import InstanceOf

from isogloss.config import Help
from isogloss.errors import BadValue
from isogloss.lab.adaptation.chain import AdaptedCheckpoint
from isogloss.lab.byte_tokenizer import space_after
from isogloss.lab.recipe import Apply, Arrays, Corpus, Recipe
from isogloss.lab.task import NO_LABEL, TaskKind
from isogloss.metrics.correlations import rank_correlation
from isogloss.metrics.label_sets import label_ranking_precision
from isogloss.metrics.labels import confusions, macro_f1
from isogloss.models.checkpoints import describe_checkpoint, fingerprint, is_causal, locate
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import MOST_UNKNOWN, InputType, join, tokenize
from isogloss.models.runtime import Precision, device, start_torch
from isogloss.models.tokenizers import Tokenizer
from isogloss.text import first_of

TRIED = 16
"""Texts of each language that lengths are estimated from."""


@dataclass(frozen=True)
class NeuralRecipe(Recipe):
    """A recipe that starts from a checkpoint.

    Parameters
    ----------
    checkpoint : str or AdaptedCheckpoint
        A folder or a GGUF file, `package:module/path`, or the name of a model that has been downloaded before.
    called : str, default ""
        How observations name the model; by default the last part of `checkpoint`.
    max_length : int, default 128
        Tokens at most; what goes beyond is cut off.
    precision : {"float32", "bfloat16"}, default "float32"
        Of the numbers that the model computes with; bfloat16 is several times as quick where the machine
        has instructions for it, and answers differ a little.
    """

    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "labels", "value", "choice")
    packages: ClassVar[tuple[str, ...]] = ("numpy", "torch", "transformers", "tokenizers")
    unlabelled: ClassVar[tuple[str, ...]] = ("checkpoint", "called")

    checkpoint: Annotated[str | InstanceOf[AdaptedCheckpoint], Help("text")] = ""
    called: str = ""
    max_length: Annotated[int, Ge(4)] = 128
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.checkpoint:
            raise BadValue(
                f"{self.name} needs a checkpoint", hint='add checkpoint = "folder of a model", or a section [[model]]'
            )

    @property
    def folder(self) -> Path:
        """Where the checkpoint is; an adapted one is made if need be."""
        return self.adapted.make() if self.adapted else locate(self.base_checkpoint)

    @property
    def adapted(self) -> AdaptedCheckpoint | None:
        """The checkpoint, if it is an adapted one."""
        return self.checkpoint if isinstance(self.checkpoint, AdaptedCheckpoint) else None

    @property
    def base_checkpoint(self) -> str:
        """The checkpoint that an adapted one is made of; else the checkpoint."""
        return self.checkpoint.base if isinstance(self.checkpoint, AdaptedCheckpoint) else self.checkpoint

    @property
    def plain(self) -> Self:
        return replace(self, checkpoint=self.base_checkpoint) if self.adapted else self

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokeniser of the checkpoint, which takes words of copies of languages as their own texts have them."""
        return Tokenizer(self.folder, self.max_length, space_after)

    @property
    def model(self) -> str:
        return f"{self._base_model} after {self.adapted.chain.label}" if self.adapted else self._base_model

    @property
    def _base_model(self) -> str:
        return self.called or self.base_checkpoint.rstrip("/").rpartition("/")[2]

    @property
    def revision(self) -> str:
        """Hash of the checkpoint's configuration, tokenizer and weights, or of all that an adapted one is made of."""
        return self.adapted.revision if self.adapted else fingerprint(self.folder)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the checkpoint stands for its place and name."""
        parameters = {name: value for name, value in self.parameters.items() if name not in self.unlabelled}
        known = {"recipe": self.name, "version": self.version, "parameters": parameters, "checkpoint": self.revision}
        # So that jobs in which decoders answered at the first token of words are run again, and no others.
        return known | ({"words": "last"} if "tags" in self.answers and is_causal(locate(self.base_checkpoint)) else {})

    def facts(self) -> dict[str, Any]:
        return describe_checkpoint(self.folder) | ({"base_model": self._base_model} if self.adapted else {})

    @property
    def details(self) -> dict[str, Any]:
        return self.adapted.details() if self.adapted else {}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """All that cut texts alike share the tokens."""
        return ("tokens", self.revision, self.max_length)

    def reads(self, kind: TaskKind) -> InputType[Any]:
        """How inputs become sequences of tokens: by default as the kind of task has them."""
        return kind.input_type

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens once, and warn of languages that the tokenizer does not know."""
        shared_encoder_model(self.folder, "float32")  # whether it can be read at all is to be known before any job runs
        work = partial(tokenize, tokenizer=self.tokenizer, input_type=self.reads(corpus.kind))
        parts = list(apply(work, [*corpus.train, *corpus.test]))
        languages = len(corpus.train)
        train, test = parts[:languages], parts[languages:]
        self._check_lengths(max(int(one.lengths.max(initial=0)) for one in parts))
        shares = [self.tokenizer.unknown_share(one.ids) for one in parts]
        unknown = np.maximum(shares[:languages], shares[languages:])
        self._warn(corpus.languages, unknown)
        return {
            **join(train).arrays("train"), **join(test).arrays("test"), "unknown": unknown,
            "train_rows_of": np.array([len(rows) for rows in corpus.train]),
            "test_rows_of": np.array([len(rows) for rows in corpus.test]),
        }  # fmt: skip

    def _check_lengths(self, longest: int) -> None:
        """Raise BadValue if a text has more tokens than the model has places for."""
        places = self.facts().get("max_tokens")
        if places is not None and longest > places:
            raise BadValue(
                f"max_length is {self.max_length}, and there are texts of {longest} tokens",
                where=f"checkpoint {self.folder}", hint=f"the model has places for {places}: set max_length to that",
            )  # fmt: skip

    def _count_tokens(self, corpus: Corpus) -> tuple[float, float, np.ndarray[Any, Any]]:
        """Mean tokens per training text and sum over test texts, from a few of each language; and some lengths."""
        rates, some = [], []
        for texts in (*corpus.train, *corpus.test):
            tried = texts[:: max(1, len(texts) // TRIED)]
            some.append(tokenize(tried, self.tokenizer, self.reads(corpus.kind)).lengths)
            rates.append(float(some[-1].sum()) / max(1, len(tried)))
        languages = len(corpus.train)
        trained = [rate for rate, texts in zip(rates, corpus.train, strict=False) if texts]
        whole = sum(rate * len(texts) for rate, texts in zip(rates[languages:], corpus.test, strict=True))
        return float(np.mean(trained)), whole, np.concatenate(some)

    def _tokens_per_second(self, lengths: np.ndarray[Any, Any]) -> float:
        """How fast the encoder is on this machine, by one worker, on texts of the usual length."""
        torch = start_torch()
        encoder = shared_encoder_model(self.folder, self.precision)
        ids = torch.ones((8, max(4, round(float(lengths.mean())))), dtype=torch.int64, device=device())
        with torch.inference_mode():
            encoder(input_ids=ids)
            began, times = time.perf_counter(), 0
            while time.perf_counter() - began < 0.5:
                encoder(input_ids=ids)
                times += 1
        return float(times * ids.numel() / (time.perf_counter() - began))

    def _warn(self, languages: list[str], unknown: np.ndarray[Any, Any]) -> None:
        rates = {code: share for code, share in zip(languages, unknown, strict=True) if share >= MOST_UNKNOWN}
        if rates:
            worst = sorted(rates, key=lambda code: -rates[code])
            named = first_of([f"{code} {rates[code]:.0%}" for code in worst], 20)
            warnings.warn(f"unknown to the tokenizer of {self.model}, share of tokens: {named}", stacklevel=2)


def objective_of(labels: np.ndarray[Any, Any]) -> str:
    """What is learnt: one "label" of a unit, several "labels" of a row, or a "value"; see `lab.examples.Examples`.

    Shares of each label, (units, labels) of type float, are about one label of a unit.
    """
    if labels.ndim == 2:
        return "label" if labels.dtype.kind == "f" else "labels"
    return "value" if labels.dtype.kind == "f" else "label"


def validation_score(answers: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], *, words: bool) -> float:
    """What is chosen by: accuracy; for words macro-F1, as nearly all of them may have one and the same tag; of several
    labels, how early right ones are ranked, as in the beginning none may be given; of numbers, their order."""
    if labels.ndim == 2:
        return float(label_ranking_precision(labels, answers).mean())
    if labels.dtype.kind == "f":
        return rank_correlation(labels, answers)
    if not words:
        return float((answers == labels).mean())
    answers, labels = answers[labels != NO_LABEL], labels[labels != NO_LABEL]
    count = int(max(answers.max(initial=0), labels.max(initial=0))) + 1
    return float(macro_f1(confusions(labels, answers, np.zeros(len(labels), np.int64), count))[0])


def holdout(training_rows: int, seed: int, share: float = 0.2) -> np.ndarray[Any, Any]:
    """Which of the training rows are put aside to choose on, where the source has no validation data."""
    order = np.random.default_rng(seed).permutation(training_rows)
    aside = np.zeros(training_rows, dtype=bool)
    aside[order[: max(1, round(share * training_rows))]] = True
    return aside
